// Plugins that are made of records, hits and peaks.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { hitTable, randomHits, randomPulses, rawTable, WIDTH } from "./_testing.ts";
import { filteredRecords } from "./filtered_records.ts";
import { straxHits } from "./hits.ts";
import { loneHits } from "./lone_hits.ts";
import { mergedPeaks } from "./merged_peaks.ts";
import { straxPeaks } from "./peaks.ts";
import { straxRecords } from "./records.ts";
import { reducedRecords } from "./reduced_records.ts";

const options = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": 3,
  "filtered_records.maxRecord": 12,
  "filtered_records.response": ["1", "4", "2", "-1"],
  "reduced_records.leftExtension": 3,
  "reduced_records.rightExtension": 7,
  "peaks.channels": 3,
  "peaks.gapThreshold": 60,
  "peaks.leftExtension": 20,
  "peaks.rightExtension": 30,
  "merged_peaks.maxGap": 90,
  "merged_peaks.maxDuration": 400,
};

/** The options of some plugins. */
const config = (...plugins: readonly string[]) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => plugins.includes(name.split(".")[0]!)));

type Item = Parameters<typeof testPlugin>[0];

const same = (
  plugin: Item,
  register: Item[],
  names: readonly string[],
  inputs: fc.Arbitrary<Parameters<typeof testPlugin>[1]["inputs"]>,
) =>
  fc.assert(
    fc.asyncProperty(inputs, (inputs) =>
      testPlugin(plugin, { inputs, register, options: config(...names), chunkings: 3, ranges: 2 })),
    { numRuns: 5 },
  );
const raw = randomPulses().map((pulses) => ({ raw_records: rawTable(pulses) as unknown as Table }));
const hits = randomHits().map((list) => ({ hits: hitTable(list) as unknown as Table }));

Deno.test("filtered_records are the same for every chunking", () =>
  same(filteredRecords, [straxRecords], ["records", "filtered_records"], raw));
Deno.test("reduced_records are the same for every chunking", () =>
  same(reducedRecords, [straxRecords, straxHits], ["records", "hits", "reduced_records"], raw));
Deno.test("lone_hits are the same for every chunking", () => same(loneHits, [straxPeaks], ["peaks"], hits));
Deno.test("merged_peaks are the same for every chunking", () =>
  same(mergedPeaks, [straxPeaks], ["peaks", "merged_peaks"], hits));

Deno.test("filtered_records are the convolution of the whole pulse", async () => {
  await fc.assert(
    fc.asyncProperty(randomPulses(2), async (pulses) => {
      const plugins = [tableSource("raw_records", rawTable(pulses)), straxRecords, filteredRecords];
      const rows = await rowsOf(plugins, "records", config("records", "filtered_records")),
        made = await rowsOf(plugins, "filtered_records", config("records", "filtered_records"));
      const response = [1, 4, 2, -1].map((x) => x / 6);
      rows.forEach((row, i) => {
        const start = (row.time as bigint) - BigInt((row.record_i as number) * WIDTH * 2);
        const pulse = rows.filter((r) =>
          r.channel === row.channel &&
          (r.time as bigint) - BigInt((r.record_i as number) * WIDTH * 2) === start
        ).flatMap((r) => [...r.data as Int16Array]);
        const expected = Array.from({ length: WIDTH }, (_, s) => {
          if (s >= (row.length as number)) return 0;
          const at = (row.record_i as number) * WIDTH + s;
          const y = response.reduce((sum, h, k) => sum + h * (pulse[at - (k - 1)] ?? 0), 0);
          return Math.min(32767, Math.max(-32768, y));
        });
        (made[i]!.data as Int16Array).forEach((y, s) => assert.ok(Math.abs(y - expected[s]!) <= 0.5 + 1e-9));
        assert.equal(made[i]!.baseline, row.baseline);
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("reduced_records keep exactly the samples close to hits", async () => {
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const plugins = [tableSource("raw_records", rawTable(pulses)), straxRecords, straxHits, reducedRecords];
      const rows = await rowsOf(plugins, "records", config("records", "hits", "reduced_records")),
        made = await rowsOf(plugins, "reduced_records", config("records", "hits", "reduced_records"));
      const hits = await rowsOf(plugins, "hits", config("records", "hits", "reduced_records"));
      rows.forEach((row, i) => {
        const expected = (row.data as Int16Array).map((sample, s) => {
          const time = (row.time as bigint) + BigInt(2 * s);
          const kept = hits.some((hit) =>
            hit.channel === row.channel && time >= (hit.time as bigint) - 3n &&
            time < (hit.endtime as bigint) + 7n
          );
          return kept ? sample : 0;
        });
        assert.deepEqual(made[i], { ...row, data: expected, reduction_level: 2 });
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("every hit touches a peak or is lone, never both", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits(), async (list) => {
      const plugins = [tableSource("hits", hitTable(list)), straxPeaks, loneHits];
      const [hits, peaks, lone] = await Promise.all(
        ["hits", "peaks", "lone_hits"].map((type) => rowsOf(plugins, type, config("peaks"))),
      );
      const expected = hits!.filter((hit) =>
        !peaks!.some((peak) =>
          (hit.time as bigint) < (peak.endtime as bigint) && (hit.endtime as bigint) > (peak.time as bigint)
        )
      );
      assert.deepEqual(lone, expected);
    }),
    { numRuns: 40 },
  );
});

Deno.test("merged_peaks keep area, hits and channels, and are further apart than the gap", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits(), async (list) => {
      const plugins = [tableSource("hits", hitTable(list)), straxPeaks, mergedPeaks];
      const [peaks, merged] = await Promise.all(
        ["peaks", "merged_peaks"].map((type) => rowsOf(plugins, type, config("peaks", "merged_peaks"))),
      );
      const near = (a: number, b: number) =>
        assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b)), `${a} ${b}`);
      const total = (rows: typeof peaks, name: string) =>
        rows!.reduce((sum, row) => sum + (row[name] as number), 0);
      near(total(merged, "area"), total(peaks, "area"));
      assert.equal(total(merged, "n_hits"), total(peaks, "n_hits"));
      merged!.forEach((row, k) => {
        const data = (row.data as Float32Array).subarray(0, row.length as number);
        const inside = peaks!.filter((peak) =>
          (peak.time as bigint) >= (row.time as bigint) && (peak.time as bigint) < (row.endtime as bigint)
        );
        near((row.area_per_channel as Float32Array).reduce((a, b) => a + b, 0), total(inside, "area"));
        if (
          (row.length as number) * (row.dt as number) ===
            Number((row.endtime as bigint) - (row.time as bigint)) && inside.length === 1
        ) {
          assert.deepEqual(row, inside[0]);
        }
        if (row.dt === 10) near(data.reduce((a, b) => a + b, 0), row.area as number);
        if (k > 0) {
          const gap = (row.time as bigint) - (merged![k - 1]!.endtime as bigint);
          assert.ok(gap >= 90n || (row.time as bigint) - (merged![k - 1]!.time as bigint) >= 400n);
        }
      });
    }),
    { numRuns: 40 },
  );
});

Deno.test("merged_peaks keep the sampling interval of hits at any picosecond", async () => {
  const hits = [{ time: 0, channel: 0, wave: [5, 9] }, { time: 19_943, channel: 1, wave: [7] }];
  const plugins = [tableSource("hits", hitTable(hits)), straxPeaks, mergedPeaks];
  const options = {
    ...config("peaks"),
    "peaks.minChannels": 1,
    "merged_peaks.maxGap": 50_000,
    "merged_peaks.maxDuration": 100_000,
  };
  const [merged, ...others] = await rowsOf(plugins, "merged_peaks", options);
  assert.equal(others.length, 0);
  assert.deepEqual([merged!.dt, merged!.area], [100, 21]); // 2000 samples of 10 ps in 200
  assert.equal((merged!.data as Float32Array).reduce((a, b) => a + b, 0), 21);
});
