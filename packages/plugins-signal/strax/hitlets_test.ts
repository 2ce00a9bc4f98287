import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { type Pulse, randomPulses, rawTable, WIDTH } from "./_testing.ts";
import { hitlets } from "./hitlets.ts";
import { straxHits } from "./hits.ts";
import { straxRecords } from "./records.ts";

const DT = 2;
const config = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": 3,
  "hitlets.leftExtension": 2,
  "hitlets.rightExtension": 3,
  "hitlets.gain": { default: 1, channels: { "0:1": 0.5 } },
  "hitlets.maxDuration": 2000,
};
const split = { "hitlets.split": "local_minimum", "hitlets.splitIterations": 2 };

const run = (pulses: readonly Pulse[], type: string, more: Record<string, unknown> = {}) =>
  rowsOf([tableSource("raw_records", rawTable(pulses)), straxRecords, straxHits, hitlets], type, {
    ...config,
    ...more,
  });

/** Pulses of two channels over a time much longer than a hitlet may be. */
const longRun: fc.Arbitrary<Pulse[]> = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 30 }),
    channel: fc.integer({ min: 0, max: 1 }),
    samples: fc.array(fc.constantFrom(100, 100, 100, 98, 90, 40), { minLength: 1, maxLength: 9 }),
  }),
  { maxLength: 30 },
).map((list) => {
  const free = [0, 0];
  return list.map(({ gap, channel, samples }) => {
    const time = free[channel]! + gap * DT;
    free[channel] = time + Math.ceil(samples.length / WIDTH) * WIDTH * DT;
    return { time, channel, samples };
  });
});
const short = { "hitlets.maxDuration": 80 };

for (const [name, more] of [["whole", short], ["divided", { ...short, ...split }]] as const) {
  Deno.test(`hitlets, ${name}, are the same for every chunking, with halos much shorter than the run`, () =>
    fc.assert(
      fc.asyncProperty(longRun, async (pulses) => {
        const rows = await run(pulses, "hitlets", more).catch((error: Error) => {
          assert.match(String(error.cause), /is longer than 80 ps/);
        });
        fc.pre(rows !== undefined);
        await testPlugin(hitlets, {
          inputs: { raw_records: rawTable(pulses) as unknown as Table },
          register: [straxRecords, straxHits],
          options: { ...config, ...more },
          chunkings: 4,
          ranges: 3,
        });
      }),
      { numRuns: 25 },
    ));
}

Deno.test("hitlets are what is recorded around hits, sample by sample", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const [records, hits, found] = await Promise.all(
        ["records", "hits", "hitlets"].map((type) => run(pulses, type)),
      );
      const expected = [0, 1, 2].flatMap((channel) => {
        const samples = new Map<number, number>();
        for (const row of records!.filter((row) => row.channel === channel)) {
          const baseline = row.baseline as number;
          for (let s = 0; s < (row.length as number); s++) {
            const x = (row.data as Int16Array)[s]! + baseline - Math.floor(baseline);
            samples.set(Number(row.time) + DT * s, x * (channel === 1 ? 0.5 : 1));
          }
        }
        const stretches: [number, number][] = [];
        for (const hit of hits!.filter((hit) => hit.channel === channel)) {
          const from = Number(hit.time) - 2 * DT, to = Number(hit.endtime) + 3 * DT, last = stretches.at(-1);
          if (last && last[1] >= from) last[1] = to;
          else stretches.push([from, to]);
        }
        return stretches.map(([from, to]) => {
          const times = [...samples.keys()].filter((time) => time >= from && time < to);
          const time = Math.min(...times), n = (Math.max(...times) - time) / DT + 1;
          const data = Float32Array.from({ length: n }, (_, k) => samples.get(time + DT * k) ?? 0);
          return { time, channel, data };
        });
      }).sort((a, b) => a.time - b.time || a.channel - b.channel);
      assert.deepEqual(
        found!.map(({ time, channel, data }) => ({ time: Number(time), channel, data })),
        expected,
      );
      for (const { data, area, amplitude, length, time, endtime, fwhm, fwtm } of found!) {
        const wave = data as Float32Array;
        assert.equal(length, wave.length);
        assert.equal(endtime, (time as bigint) + BigInt(DT * wave.length));
        assert.equal(amplitude, Math.max(...wave));
        assert.equal(area, Math.fround(wave.reduce((a, b) => a + b, 0)));
        assert.ok(!((fwtm as number) < (fwhm as number)));
      }
    }),
    { numRuns: 60 },
  ));

Deno.test("divided hitlets are the samples of whole ones, each once", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const samplesOf = (rows: Awaited<ReturnType<typeof run>>) =>
        rows.flatMap(({ time, channel, data }) =>
          [...data as Float32Array].map((x, k) => `${channel} ${Number(time) + DT * k} ${x}`)
        ).sort();
      const whole = await run(pulses, "hitlets"), parts = await run(pulses, "hitlets", split);
      assert.ok(parts.length >= whole.length);
      assert.deepEqual(samplesOf(parts), samplesOf(whole));
    }),
    { numRuns: 40 },
  ));

Deno.test("hitlets: two pulses with a short gap between them are one, with 0 where nothing was recorded", async () => {
  const pulse = (time: number) => ({ time, channel: 0, samples: [100, 100, 100, 40, 90, 100] });
  const [hitlet, ...others] = await run([pulse(0), pulse(6 * DT + 2 * DT)], "hitlets", {
    "hitlets.leftExtension": 3,
  });
  assert.equal(others.length, 0);
  assert.deepEqual([...hitlet!.data as Float32Array], [0, 0, 0, 60, 10, 0, 0, 0, 0, 0, 0, 60, 10, 0]);
});

Deno.test("a hitlet longer than maxDuration is an error that names the options, however the data are cut", async () => {
  const pulses = [{ time: 0, channel: 1, samples: [100, 100, 100, ...new Array<number>(15).fill(50)] }];
  const fails = async (cuts: bigint[]) => {
    await using ctx = new Context({ config: { ...config, "hitlets.maxDuration": 20 } });
    ctx.register(tableSource("raw_records", rawTable(pulses), { cuts }), straxRecords, straxHits, hitlets);
    await assert.rejects(
      ctx.getData("run", "hitlets"),
      ({ cause }: Error) =>
        /hitlet in channel 1 at 2 ps is longer than 20 ps: set hitlets.maxDuration/.test(String(cause)),
    );
  };
  await fails([]);
  await fails([12n, 24n]);
});

Deno.test("a hitlet without area above 0 has no quantiles", async () => {
  const samples = [100, 100, 100, 95, 140, 140, 140, 140];
  const [hitlet] = await run([{ time: 0, channel: 0, samples }], "hitlets");
  assert.ok((hitlet!.area as number) < 0);
  for (const name of ["left_area", "low_left_area", "range_50p_area", "range_80p_area"]) {
    assert.equal(hitlet![name], NaN);
  }
});
