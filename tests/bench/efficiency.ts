// What the plugins find of what is really there: `deno task bench:efficiency` simulates runs and compares with their truth.
//
// The same seeds give the same numbers everywhere: the bounds are on the physics, not on the machine.
import { Context } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { type Measure, report } from "./_report.ts";

const NOISE = 3, THRESHOLD = 5 * NOISE, DT = 2000;
const SHAPES = [{ name: "fast", rise: 5_000, fall: 30_000 }, { name: "slow", rise: 10_000, fall: 150_000 }];
/** Bounds by shape: charge resolution in %, time resolution in ps of low and of high pulses. */
const BOUNDS = [{ charge: 1, low: 250, high: 60 }, { charge: 0.3, low: 700, high: 40 }];

type Row = Record<string, number | bigint>;

/** Truth and results of one simulated run. */
async function run(
  simulation: Parameters<typeof simulateFiles>[1],
  types: readonly string[],
  config: Record<string, unknown> = {},
): Promise<Record<string, Row[]>> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_efficiency_" });
  try {
    const { truth } = await simulateFiles(folder, {
      noise: NOISE,
      dt: DT,
      shapes: SHAPES,
      seed: 11,
      ...simulation,
    });
    const found: Record<string, Row[]> = { truth: truth.rows() as Row[] };
    truth.release();
    await using ctx = new Context({
      config: { "raw_files.input": folder, "hit_threshold.threshold": THRESHOLD, ...config },
    });
    ctx.register(signalPlugins);
    for (const type of types) {
      using table = await ctx.getData("run", type);
      found[type] = table.rows() as Row[];
    }
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
const rms = (values: readonly number[]) => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - centre) ** 2)));
};

/** When a shape is highest, ps behind its start. */
const peakAt = ({ rise, fall }: typeof SHAPES[number]) => Math.log(fall / rise) * rise * fall / (fall - rise);

/** Charge of a pulse of height 1, samples. */
function chargeOf(shape: typeof SHAPES[number]): number {
  const { rise, fall } = shape, t = peakAt(shape);
  return (fall - rise) / (Math.exp(-t / fall) - Math.exp(-t / rise)) / DT;
}

const measures: Measure[] = [];
const bound = (name: string, value: number, unit: string, budget: number, atLeast = false) =>
  measures.push({ name, value, unit, budget, atLeast });

// Hits: pulses from far below the threshold to far above it.
{
  const { truth, hit_threshold: hits } = await run(
    { channels: 4, rate: 2000, duration: 1e12, amplitude: [3, 60] },
    ["hit_threshold"],
  );
  const byRecord = Map.groupBy(hits!, ({ record_id }) => record_id!);
  const isFound = (pulse: Row) => {
    const peak = Number(pulse.time) + peakAt(SHAPES[Number(pulse.shape)]!);
    return (byRecord.get(pulse.record_id!) ?? []).some(({ time, endtime }) =>
      Number(time) - 4 * DT <= peak && peak <= Number(endtime) + 4 * DT
    );
  };
  const efficiency = (from: number, to: number) => {
    const pulses = truth!.filter(({ amplitude }) =>
      Number(amplitude) >= from * NOISE && Number(amplitude) < to * NOISE
    );
    return pulses.filter(isFound).length / pulses.length;
  };
  bound("hit efficiency, height 1 to 3 x noise (threshold 5 x)", efficiency(1, 3), "of 1", 0.1);
  measures.push({ name: "hit efficiency, height 3 to 5 x noise", value: efficiency(3, 5), unit: "of 1" });
  bound("hit efficiency, height 5 to 7 x noise", efficiency(5, 7), "of 1", 0.99, true);
  bound("hit efficiency, height 7 to 20 x noise", efficiency(7, 20), "of 1", 0.999, true);

  // Where no pulse is: hits before the pulse of each record.
  const start = new Map(truth!.map(({ record_id, time }) => [record_id, Number(time)]));
  const early = hits!.filter(({ record_id, endtime }) => Number(endtime) < start.get(record_id!)!);
  const seconds = truth!.length * 100 * DT * 1e-12; // 100 samples of each record
  bound("false hits before the pulse (threshold 5 x noise)", early.length / seconds, "Hz", 1000);
}

// Charge and time: clear pulses.
{
  const { truth, basic_features, cfd_time, records, hit_threshold } = await run(
    { channels: 4, rate: 2000, duration: 1e12, amplitude: [50, 4000] },
    ["basic_features", "cfd_time", "records", "hit_threshold"],
    { "cfd_time.delay": 5, "cfd_time.fraction": 0.4, "records.baselineSamples": 90 },
  );
  for (const [kind, shape] of SHAPES.entries()) {
    const pulses = truth!.filter((pulse) => Number(pulse.shape) === kind);
    const most = BOUNDS[kind]!;
    const among = (from: number, to: number) =>
      pulses.filter(({ amplitude }) => Number(amplitude) >= from && Number(amplitude) < to);
    const errors = (list: readonly Row[]) =>
      list.map(({ record_id, amplitude }) =>
        Number(basic_features![Number(record_id)]!.area) / (Number(amplitude) * chargeOf(shape)) - 1
      );
    const high = among(1000, 4000);
    bound(`charge bias, ${shape.name} pulses above 1000 ADC`, Math.abs(100 * mean(errors(high))), "%", 0.05);
    bound(
      `charge resolution, ${shape.name} pulses above 1000 ADC`,
      100 * rms(errors(high)),
      "%",
      most.charge,
    );
    const integrals = Map.groupBy(hit_threshold!, ({ record_id }) => record_id!);
    const biases = high.map(({ record_id, amplitude }) =>
      (integrals.get(record_id!) ?? []).reduce((sum, { integral }) => sum + Number(integral), 0) /
        (Number(amplitude) * chargeOf(shape)) - 1
    );
    bound(`charge bias of hits, ${shape.name} pulses above 1000 ADC`, Math.abs(100 * mean(biases)), "%", 0.6);
    const offsets = (list: readonly Row[]) =>
      list.map(({ record_id, time }) => {
        const i = Number(record_id);
        return Number(BigInt(records![i]!.time!) - BigInt(time!)) + Number(cfd_time![i]!.cfd_offset);
      });
    for (const [from, to, limit] of [[50, 200, most.low], [1000, 4000, most.high]] as const) {
      const found = offsets(among(from, to)).filter(Number.isFinite);
      bound(
        `time resolution, ${shape.name} pulses of ${from} to ${to} ADC`,
        rms(found),
        "ps",
        limit,
      );
      bound(
        `  of these with a time`,
        found.length / among(from, to).length,
        "of 1",
        0.999,
        true,
      );
    }
  }
}

report(
  `Simulated runs with known truth: 4 channels, noise ${NOISE} ADC rms, ${
    DT / 1000
  } ns a sample, threshold ${THRESHOLD} ADC`,
  measures,
);
