import assert from "node:assert/strict";
import fc from "fast-check";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { replaceMerged } from "./merge_peaks.ts";
import { definePeakReplacement } from "./peak_replacement.ts";

const types = { time: "time", endtime: "time", channel: "u16", data: "f32[3]", parts: "i16[]" } as const;
type Row = readonly [start: number, length: number];

/** Rows with an identity of their own, so that a row taken from the wrong place is found. */
function table(rows: readonly Row[], id: number): Table<typeof types> {
  const sorted = [...rows].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return Table.from(schema(types), {
    time: sorted.map(([start]) => BigInt(start)),
    endtime: sorted.map(([start, length]) => BigInt(start + length)),
    channel: sorted.map(() => id),
    data: sorted.map((_, k) => [id, k, 0]),
    parts: sorted.map((_, k) => new Array<number>(k % 3).fill(id)),
  }, { t0: 0n });
}

const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 9 })), {
  maxLength: 14,
});
const all = definePeakReplacement({ provides: "all", dependsOn: ["peaks", "merged"], schema: types });

const touch = (a: { time: bigint; endtime: bigint }, b: { time: bigint; endtime: bigint }) =>
  a.time < b.endtime && (a.endtime > b.time || a.time >= b.time);
type Interval = { time: bigint; endtime: bigint };

Deno.test("replaceMerged() is the merged rows and those that touch none of them, in order", () => {
  fc.assert(
    fc.property(rows, rows, (first, second) => {
      const peaks = table(first, 1), merged = table(second, 2);
      const order = replaceMerged(peaks.columns, merged.columns);
      const a = peaks.rows() as unknown as Interval[], b = merged.rows() as unknown as Interval[];
      const kept = a.flatMap((row, k) => b.some((other) => touch(row, other)) ? [] : [k]);
      assert.deepEqual([...order].filter((k) => k >= 0), kept);
      assert.deepEqual([...order].filter((k) => k < 0), b.map((_, m) => -1 - m));
      const times = [...order].map((k) => k < 0 ? b[-1 - k]!.time : a[k]!.time);
      times.forEach((time, k) => assert.ok(k === 0 || time >= times[k - 1]!));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a peak replacement is the same for every chunking, all columns of each row from one place", () =>
  fc.assert(
    fc.asyncProperty(rows, rows, async (first, second) => {
      const peaks = table(first, 1) as unknown as Table, merged = table(second, 2) as unknown as Table;
      await testPlugin(all, { inputs: { peaks, merged }, chunkings: 4, ranges: 3 });
      const made = await rowsOf([tableSource("peaks", peaks), tableSource("merged", merged), all], "all");
      const key = (row: object) => JSON.stringify(row, (_, x) => typeof x === "bigint" ? `${x}` : x);
      const given = new Set([...peaks.rows(), ...merged.rows()].map(key));
      for (const row of made) assert.ok(given.has(key(row)), key(row));
      assert.equal(made.filter(({ channel }) => channel === 2).length, merged.length);
    }),
    { numRuns: 40 },
  ));
