import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { basicFeatures } from "../features/basic_features.ts";
import { hit } from "../peaks/hit.ts";
import { waveformWidth } from "../pulses/waveform_width.ts";
import { s1S2 } from "./s1_s2.ts";

const between = [hit, waveformWidth, basicFeatures];
const config = {
  useFiltered: false,
  hit: { useDerivative: false, height: 1, prominence: 2, width: 0.5, distance: 3 },
  "basic_features.heightRange": [0, null],
};
const ranges = {
  s1WidthRange: [0, 0.006], // ns; the tests' dt is 2 ps
  s2HeightRange: { default: [10, null], channels: { "0:1": [40, 90] } },
  s2AreaRange: [0, 400],
};
const run = (list: readonly TestRecord[], options: Record<string, unknown>, type = "s1_s2") =>
  rowsOf([tableSource("records", recordTable(list), { dataKind: "records" }), ...between, s1S2], type, {
    ...config,
    s1_s2: options,
  });

Deno.test("s1_s2 is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(24), (list) =>
      testPlugin(s1S2, {
        inputs: { records: recordTable(list) },
        dataKinds: { records: "records" },
        register: between,
        options: { ...config, s1_s2: ranges },
        chunkings: 4,
        ranges: 4,
      })),
    { numRuns: 10 },
  );
});

for (const [conflictPolicy, both] of [["unknown", 0], ["prefer_s1", 1], ["prefer_s2", 2]] as const) {
  Deno.test(`s1_s2 labels pulses by the ranges of width, area and height: ${conflictPolicy}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), async (list) => {
        const widths = await run(list, {}, "waveform_width"),
          features = await run(list, {}, "basic_features");
        const rows = await run(list, { ...ranges, conflictPolicy });
        const expected = widths.map(({ total_width, record_id, board, channel }) => {
          const { height, area } = features[Number(record_id)] as Record<string, number>;
          const isS1 = (total_width as number) / 1000 <= 0.006 && (total_width as number) >= 0;
          const [low, high] = board === 0 && channel === 1 ? [40, 90] : [10, Infinity];
          const isS2 = height! >= low! && height! <= high! && area! >= 0 && area! <= 400;
          return { label: isS1 && isS2 ? both : isS1 ? 1 : isS2 ? 2 : 0, width: total_width, height, area };
        });
        assert.deepEqual(
          rows.map(({ label, width, height, area }) => ({ label, width, height, area })),
          expected,
        );
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("s1_s2 without ranges knows nothing", async () => {
  const samples = [0, 20, 60, 100, 60, 20, 0].map((s) => 1000 + s);
  const rows = await run([{ time: 0n, baseline: 1000, polarity: 1, samples }], {});
  assert.deepEqual(rows.map(({ label }) => label), [0]);
});

Deno.test("s1_s2 has the features of the pulse's own record, where records before it have no pulse", async () => {
  const flat = Array(7).fill(1000), samples = [0, 20, 60, 100, 60, 20, 0].map((s) => 1000 + s);
  const list = [0, 1, 2].map((k) => ({
    time: BigInt(k),
    baseline: 1000,
    polarity: 1,
    samples: k < 2 ? flat : samples,
  }));
  const [row] = await run(list, { s2HeightRange: [99, 101] });
  assert.deepEqual([row!.record_id, row!.height, row!.label], [2n, 100, 2]);
});

Deno.test("s1_s2 refuses features and records of different kinds, whose rows would find nothing", async () => {
  const samples = [0, 20, 60, 100, 60, 20, 0].map((s) => 1000 + s);
  const list = [{ time: 0n, baseline: 1000, polarity: 1, samples }] as const;
  const records = recordTable(list);
  await using ctx = new Context({ config });
  ctx.register(tableSource("records", records, { dataKind: "records" }), ...between);
  const features = await ctx.getData("run", "basic_features");
  const result = (kind: string) =>
    rowsOf(
      [
        tableSource("records", recordTable(list), { dataKind: "records" }),
        tableSource("basic_features", features, { dataKind: kind }),
        hit,
        waveformWidth,
        s1S2,
      ],
      "s1_s2",
      { useFiltered: false, hit: config.hit },
    );
  assert.deepEqual((await result("records")).map(({ height, area }) => [height, area]), [[100, 260]]);
  await assert.rejects(result("features"), {
    name: "RangeError",
    message:
      'Cannot run "s1_s2": the rows of "basic_features" are of the kind "features", those of "records" of ' +
      '"records": give features and records of the same rows, both with the dataKind "records"',
  });
});
