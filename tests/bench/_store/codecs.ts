// Codecs of chunk files: speed of writing and reading 16-bit waveforms, and size, against plain zstd-1 in the same run. The waveforms
// are the simulator's with noise of a sigma of 3 ADC, without pulses and with its default ones.

import { Context } from "@millrace/core";
import { decodeTable, encodeTable } from "@millrace/core/arrow";
import { codecNames } from "@millrace/core/codecs";
import type { CodecName } from "@millrace/core/codecs";
import { type Schema, schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { signalPlugins } from "@millrace/plugins-signal";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { type Measure, paired, report } from "../_report.ts";

const ROUNDS = 9;
const RUN = { channels: 4, rate: 2500, samples: 800, duration: 1e12, seed: 5, noise: 3 };
const WAVES = schema({ time: "time", wave: "i16[800]" }) as Schema;

/** Simulated records. */
async function records(amplitude: readonly [number, number]): Promise<Table> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_bench_codecs_" });
  try {
    const { truth, files } = await simulateFiles(folder, { ...RUN, amplitude });
    truth.release();
    await using context = new Context({ config: { "raw_files.input": files } });
    context.register(signalPlugins);
    return await context.getData("run", "records");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The records' samples with the baseline subtracted, as `int16`. */
function signed(table: Table): Table {
  const { values } = table.get("wave", "u16[]");
  const wave = Int16Array.from(values, (x) => x - 14746);
  return Table.wrap(WAVES, table.length, { time: table.get("time", "time"), wave }, { t0: table.t0 });
}

async function measure(label: string, table: Table, budgets: boolean): Promise<Measure[]> {
  const files = new Map<CodecName, Uint8Array>();
  for (const codec of codecNames()) {
    const parts = await encodeTable(table, { codec });
    files.set(codec, await new Blob(parts as Uint8Array<ArrayBuffer>[]).bytes());
  }
  const order: CodecName[] = ["waveform", "zstd", "none"];
  const writing = await paired(
    ROUNDS,
    2,
    Object.fromEntries(order.map((codec) => [codec, () => encodeTable(table, { codec })])),
  );
  const reading = await paired(
    ROUNDS,
    2,
    Object.fromEntries(order.map((codec) => [codec, async () => {
      using _ = await decodeTable(files.get(codec)!);
    }])),
  );
  const speed = (ms: number) => table.nbytes / ms / 1000;
  const measures: Measure[] = [];
  for (const codec of codecNames()) {
    measures.push(
      { name: `${label}: encode, ${codec}`, value: speed(writing.ms[codec]!), unit: "MB/s" },
      { name: `${label}: decode, ${codec}`, value: speed(reading.ms[codec]!), unit: "MB/s" },
      { name: `${label}: ratio, ${codec}`, value: table.nbytes / files.get(codec)!.length, unit: "x" },
    );
  }
  const budget = (value: number) => budgets ? { budget: value, atLeast: true } : {};
  const smaller = files.get("zstd")!.length / files.get("waveform")!.length;
  measures.push(
    { name: `${label}: encode, waveform / zstd`, value: writing.ratio["zstd"]!, unit: "x", ...budget(2.3) },
    { name: `${label}: decode, waveform / zstd`, value: reading.ratio["zstd"]!, unit: "x", ...budget(2.3) },
    { name: `${label}: zstd's size / waveform's`, value: smaller, unit: "x", ...budget(1.3) },
  );
  return measures;
}

const measures: Measure[] = [];
for (const [label, amplitude, budgets] of [["noise", [0, 0], true], ["pulses", [50, 4000], false]] as const) {
  using table = await records(amplitude);
  measures.push(...await measure(`int16 ${label}`, signed(table), budgets));
  measures.push(...await measure(`records, ${label}`, table, false));
}
report("Codecs of chunk files: waveforms of 800 samples, sigma 3 ADC", measures);
