import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "@millrace/core/buffers";
import { Context } from "@millrace/core/context";
import { acquireRegion } from "@millrace/core/kernel-memory";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { randomPulses, rawTable, WIDTH } from "./_testing.ts";
import * as plain from "./kernels/find_strax_hits.ts";
import * as vectors from "./kernels/wasm_hits.ts";
import { filteredRecords } from "./filtered_records.ts";
import { straxHits } from "./hits.ts";
import { straxRecords } from "./records.ts";
import { straxHitsSchema, type StraxRecordTypes } from "./schemas.ts";

const config = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": { default: 3, channels: { "0:1": 0.5 } },
  "hits.minHeightOverNoise": { default: 0, channels: { "0:2": 2 } },
};

Deno.test("hits are the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomPulses(),
      (pulses) =>
        testPlugin(straxHits, {
          inputs: { raw_records: rawTable(pulses) },
          register: [straxRecords],
          options: config,
          chunkings: 4,
          ranges: 3,
        }),
    ),
    { numRuns: 5 },
  );
});

Deno.test("hits cover exactly the samples at or above the threshold", async () => {
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const plugins = [tableSource("raw_records", rawTable(pulses)), straxRecords, straxHits];
      const records = await rowsOf(plugins, "records", config), hits = await rowsOf(plugins, "hits", config);
      const covered = new Set<string>();
      for (const hit of hits) {
        const start = (hit.time as bigint) - 2n * BigInt(hit.left as number);
        const record = records.find((r) => r.channel === hit.channel && r.time === start)!;
        const data = record.data as Int16Array, left = hit.left as number, right = hit.right as number;
        const fraction = (record.baseline as number) % 1 - (record.baseline as number < 0 ? -1 : 0);
        const wave = data.slice(left, right);
        assert.deepEqual(hit.wave, wave);
        assert.equal(hit.length, right - left);
        assert.ok(
          Math.abs((hit.area as number) - (wave.reduce((a, b) => a + b, 0) + wave.length * (fraction % 1))) <
            0.01,
        );
        assert.equal(hit.max_time, start + 2n * BigInt(left + wave.indexOf(Math.max(...wave))));
        for (let i = left; i < right; i++) covered.add(`${hit.channel} ${start + 2n * BigInt(i)}`);
      }
      for (const record of records) {
        const least = record.channel === 1
          ? 0.5
          : record.channel === 2
          ? Math.max(3, 2 * (record.baseline_rms as number))
          : 3;
        (record.data as Int16Array).forEach((sample, i) => {
          const key = `${record.channel} ${(record.time as bigint) + 2n * BigInt(i)}`;
          assert.equal(covered.has(key), i < (record.length as number) && sample >= least, key);
        });
      }
    }),
    { numRuns: 40 },
  );
});

/** The 11 cases of strax's test: samples of a record, and its hits. */
const CASES: readonly [samples: readonly number[], hits: readonly (readonly [number, number])[]][] = [
  [[0, 0, 0], []],
  [[1, 0, 0], [[0, 1]]],
  [[1, 1, 0], [[0, 2]]],
  [[1, 1, 1], [[0, 3]]],
  [[0, 1, 0], [[1, 2]]],
  [[0, 1, 1], [[1, 3]]],
  [[0, 0, 1], [[2, 3]]],
  [[1, 0, 1], [[0, 1], [2, 3]]],
  [[1, 0, 1, 0, 1], [[0, 1], [2, 3], [4, 5]]],
  [[0, 1, 1, 0, 1, 1], [[1, 3], [4, 6]]],
  [[], []],
];

const input = (rows: readonly (readonly number[])[], width: number, dt = 10) => ({
  time: Float64Array.from(rows, (_, i) => 7 * dt * i),
  channel: Uint16Array.from(rows, (_, i) => (5 * i) % 3),
  dt: new Int32Array(rows.length).fill(dt),
  length: Int32Array.from(rows, (row) => row.length),
  record_i: new Int32Array(rows.length),
  baseline: Float32Array.from(rows, (_, i) => 100 + i / 8),
  baseline_rms: Float32Array.from(rows, (_, i) => i % 4),
  data: Int16Array.from(
    rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(30000)]),
  ),
});

const all = (value: number) => new Float64Array(65536).fill(value);

const pool = new BufferPool(), there = { acquire: (bytes: number) => acquireRegion(bytes, Infinity)! };
/** Every other table lies where the kernels work. */
let inPlace = false;

function tableOf(
  find: typeof plain.findStraxHits,
  from: plain.HitInput,
  rows: number,
  width: number,
  noise = 0,
  amplitude = 1,
) {
  const table = find(
    from,
    rows,
    width,
    { amplitude: all(amplitude), noise: all(noise) },
    (hits, samples) =>
      Table.allocate(straxHitsSchema, hits, { values: { wave: samples }, pool: inPlace ? there : pool }),
  );
  inPlace = !inPlace;
  using _ = table;
  return table.rows().map((row) => ({ ...row, wave: [...row.wave as Int16Array] }));
}

Deno.test("hits: tabulated cases; samples behind a record's length are none", () => {
  for (const [samples, hits] of CASES) {
    for (const { findStraxHits } of [plain, vectors]) {
      const rows = tableOf(findStraxHits, input([samples], 6), 1, 6);
      assert.deepEqual(rows.map(({ left, right }) => [left, right]), hits);
    }
  }
});

Deno.test("hits: vectors and the readable form give the same bits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 200 }), { maxLength: 12 }),
      fc.constantFrom(0, 0.7, 1e6),
      fc.constantFrom(1, 10, 10_000),
      (width, lists, noise, dt) => {
        const from = input(lists.map((list) => list.slice(0, width)), width, dt);
        // Times that are no multiples of the interval.
        if (dt === 10) from.time.forEach((t, i) => from.time[i] = t + (i > 1 ? 3 : 0));
        const expected = tableOf(plain.findStraxHits, from, lists.length, width, noise);
        for (let k = 0; k < 2; k++) {
          assert.deepEqual(tableOf(vectors.findStraxHits, from, lists.length, width, noise), expected);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("hits: the highest sample there is reaches a threshold of 32767 and none above", () => {
  for (const { findStraxHits } of [plain, vectors]) {
    const from = input([[32767, 5]], 2);
    assert.equal(tableOf(findStraxHits, from, 1, 2, 0, 32767).length, 1);
    assert.equal(tableOf(findStraxHits, from, 1, 2, 0, 32767.5).length, 0);
  }
});

Deno.test("hits: a record without a baseline has none", () => {
  for (const { findStraxHits } of [plain, vectors]) {
    const from = input([[5, 5, 5], [5, 0, 5]], 3);
    from.baseline[0] = from.baseline_rms[0] = NaN;
    assert.deepEqual(tableOf(findStraxHits, from, 2, 3).map(({ left, baseline }) => [left, baseline]), [
      [0, 100.125],
      [2, 100.125],
    ]);
  }
});

Deno.test("hits: there are as many as samples allow", () => {
  const rows = Array.from({ length: 2 }, () => Array.from({ length: 32767 }, (_, i) => 1 - i % 2));
  assert.equal(tableOf(vectors.findStraxHits, input(rows, 32767), 2, 32767).length, 2 * 16384);
});

Deno.test("records too far apart to be sorted by the kernel come out in order all the same", async () => {
  const rows = [[0, 5], [5, 5]];
  const types: StraxRecordTypes = straxRecordsTypes();
  const table = Table.from(schema(types), {
    time: [0n, 2n ** 52n - 5n],
    endtime: [14n, 2n ** 52n],
    channel: [65535, 0],
    dt: [7, 1],
    length: [2, 2],
    pulse_length: [2, 2],
    record_i: [0, 0],
    area: [0, 0],
    reduction_level: [0, 0],
    baseline: [0, 0],
    baseline_rms: [0, 0],
    data: rows,
  });
  const hits = await rowsOf([tableSource("records", table), straxHits], "hits", { "hits.minAmplitude": 1 });
  assert.deepEqual(hits.map(({ time }) => time), [7n, 2n ** 52n - 5n]);
});

function straxRecordsTypes(): StraxRecordTypes {
  return {
    time: "time",
    endtime: "time",
    channel: "u16",
    dt: "i32",
    length: "i32",
    pulse_length: "i32",
    record_i: "i32",
    area: "i32",
    reduction_level: "u8",
    baseline: "f32",
    baseline_rms: "f32",
    data: "i16[n]",
  };
}

Deno.test("hits find what a record of one fragment holds, whatever is in the memory from before", () => {
  const a = input([[0, 4, 4]], WIDTH), b = input([[9, 0, 0]], WIDTH);
  assert.equal(tableOf(vectors.findStraxHits, a, 1, WIDTH)[0]!.left, 1);
  assert.equal(tableOf(vectors.findStraxHits, b, 1, WIDTH)[0]!.left, 0);
});

Deno.test("hits of filtered records are those of records with these samples, for every chunking", async () => {
  const filtered = { "filtered_records.response": ["1", "2", "1"], "hits.useFiltered": true };
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const raw = tableSource("raw_records", rawTable(pulses));
      const options = { ...config, ...filtered };
      const found = await rowsOf([raw, straxRecords, filteredRecords, straxHits], "hits", options);
      await using ctx = new Context({ config: { ...config, "filtered_records.response": ["1", "2", "1"] } });
      ctx.register(raw, straxRecords, filteredRecords, straxHits);
      const table = await ctx.getData("run", "filtered_records");
      const { "hits.minAmplitude": minAmplitude, "hits.minHeightOverNoise": minHeightOverNoise } = config;
      assert.deepEqual(
        found,
        await rowsOf([tableSource("records", table), straxHits], "hits", {
          hits: { minAmplitude, minHeightOverNoise },
        }),
      );
      await testPlugin(straxHits, {
        inputs: { raw_records: rawTable(pulses) },
        register: [straxRecords, filteredRecords],
        options: { ...options, "filtered_records.maxRecord": 12 },
        chunkings: 2,
        ranges: 2,
      });
    }),
    { numRuns: 15 },
  );
});
