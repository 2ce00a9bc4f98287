import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { defineMerge } from "@millrace/core/define";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { basicFeatures } from "./basic_features.ts";

const run = (list: readonly TestRecord[], config: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), basicFeatures], "basic_features", config);

const perChannel = {
  "basic_features.heightRange": { default: [1, 9], channels: { "0:1": [0, null], "1:2": [3, 4] } },
  "basic_features.areaRange": { default: [0, null], channels: { "0:2": [2, 6] } },
};

Deno.test("basic_features are the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), (list) =>
      testPlugin(basicFeatures, {
        inputs: { records: recordTable(list) },
        options: perChannel,
        chunkings: 3,
        ranges: 3,
      })),
    { numRuns: 10 },
  );
});

Deno.test("basic_features are those of the formulas with each channel's ranges", async () => {
  const ranges = (board: number, channel: number) =>
    ({
      height: board === 0 && channel === 1 ? [0, undefined] : board === 1 && channel === 2 ? [3, 4] : [1, 9],
      area: board === 0 && channel === 2 ? [2, 6] : [0, undefined],
    }) as const;
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, perChannel);
      const expected = recordTable(list).rows().map((record) => {
        const { time, board, channel, record_id } = record;
        const { height, area } = ranges(board as number, channel as number);
        const wave = [...record.wave as Uint16Array], baseline = record.baseline as number;
        const sign = record.polarity as number;
        const searched = wave.slice(...height), summed = wave.slice(...area);
        const total = summed.reduce((a, b) => a + b, 0), zero = summed.length * baseline;
        const steps = wave.slice(1).map((sample, k) => Math.abs(sample - wave[k]!));
        const low = Math.min(...searched), high = Math.max(...searched);
        return {
          time,
          board,
          channel,
          record_id,
          height: f32(searched.length === 0 ? NaN : sign < 0 ? baseline - low : high - baseline),
          amp: f32(searched.length === 0 ? NaN : high - low),
          area: f32(sign < 0 ? zero - total : total - zero),
          max_abs_diff: f32(steps.length === 0 ? NaN : Math.max(...steps)),
        };
      });
      assert.deepEqual(rows, expected);
    }),
    { numRuns: 60 },
  );
});

Deno.test("basic_features of a short record are not corrupted by padding", async () => {
  const long = { time: 0n, baseline: 100, samples: Array(200).fill(100) };
  const short = { time: 1n, baseline: 100, samples: [...Array(60).fill(100), 70, ...Array(3).fill(100)] };
  const [, features] = await run([long, short]);
  assert.deepEqual([features!.height, features!.amp, features!.area, features!.max_abs_diff], [
    30,
    30,
    30,
    30,
  ]);
});

Deno.test("basic_features heed the polarity of each record", async () => {
  const samples = [...Array(50).fill(100), 160, 100, 90, ...Array(50).fill(100)];
  const rows = await run([
    { time: 0n, channel: 0, baseline: 100, polarity: -1, samples },
    { time: 0n, channel: 1, baseline: 100, polarity: 1, samples },
  ]);
  assert.deepEqual(rows.map(({ height, area }) => [height, area]), [[10, -50], [60, 50]]);
});

Deno.test("basic_features see samples above 32767 as what they are", async () => {
  const samples = [...Array(50).fill(60000), 30000, ...Array(50).fill(60000)];
  const [row] = await run([{ time: 0n, baseline: 60000, samples }]);
  assert.deepEqual([row!.height, row!.amp, row!.area, row!.max_abs_diff], [30000, 30000, 30000, 30000]);
});

Deno.test("basic_features search samples 40 to 90 for the pulse and sum all by default", async () => {
  const samples = Array(120).fill(100);
  samples[39] = 10;
  samples[40] = 95;
  samples[89] = 96;
  samples[90] = 20;
  const [row] = await run([{ time: 0n, baseline: 100, samples }]);
  assert.deepEqual([row!.height, row!.amp, row!.area], [5, 5, 90 + 5 + 4 + 80]);
});

Deno.test("basic_features are NaN where a range holds no sample, with an area of 0", async () => {
  const [empty, one] = await run([{ time: 0n, baseline: 7, samples: [] }, {
    time: 1n,
    baseline: 7,
    samples: [5],
  }]);
  const values = (row: typeof empty) => [row!.height, row!.amp, row!.area, row!.max_abs_diff];
  assert.deepEqual(values(empty), [NaN, NaN, 0, NaN]);
  assert.deepEqual(values(one), [NaN, NaN, 2, NaN]);
});

Deno.test("basic_features merge with records, column by column", async () => {
  const both = defineMerge({ provides: "both", dependsOn: ["records", "basic_features"] });
  const list = [{ time: 3n, baseline: 100, samples: Array(60).fill(90) }];
  await using ctx = new Context();
  ctx.register(tableSource("records", recordTable(list)), basicFeatures, both);
  using table = await ctx.getData("run", "both");
  const { time, record_id, baseline, height } = table.row(0);
  assert.deepEqual([time, record_id, baseline, height], [3n, 0n, 100, 10]);
});

Deno.test("basic_features have the rows of records whatever their kind is called", async () => {
  const one = { board: 1, channel: 2, samples: [1, 2], baseline: 5 };
  const table = recordTable([{ time: 3n, ...one }, { time: 9n, ...one }]);
  const [, row] = await rowsOf(
    [tableSource("records", table, { dataKind: "mine" }), basicFeatures],
    "basic_features",
  );
  assert.deepEqual([row!.time, row!.board, row!.channel], [9n, 1, 2]);
});
