import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chunkOfRows,
  compareRows,
  cuts,
  END,
  hits,
  type Row,
  streamOf,
  tableOf,
  unsortedRows,
} from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk } from "./chunk.ts";
import { assertValid, type Rule, validate } from "./validate.ts";

function found(chunk: Chunk, previous?: Chunk): [Rule, number | undefined, number][] {
  const { problems } = validate(chunk, previous ? { previous } : {});
  return problems.map(({ rule, row, count }) => [rule, row, count]);
}

Deno.test("validate() finds nothing but duplicates in legal chunks", () => {
  fc.assert(fc.property(unsortedRows, cuts, (rows, cuts) => {
    const sorted = [...rows].sort(compareRows);
    let previous: Chunk | undefined;
    for (const chunk of streamOf(sorted, cuts)) {
      const report = validate(chunk, previous ? { previous } : {});
      assert.equal(report.ok, true);
      assert.ok(report.problems.every(({ rule, level }) => rule === "duplicate" && level === "warning"));
      previous = chunk as Chunk;
    }
  }));
});

Deno.test("validate() counts rows out of order and equal rows (rules 3, 4)", () => {
  fc.assert(fc.property(unsortedRows, (rows) => {
    // The constructor looks at the first and last row only, here all are inside.
    const report = validate(chunkOfRows(rows, 0, END));
    const pairs = rows.slice(1).map((row, i) => compareRows(rows[i]!, row));
    const count = (rule: Rule) => report.problems.find((problem) => problem.rule === rule)?.count ?? 0;
    assert.equal(count("order"), pairs.filter((c) => c > 0).length);
    assert.equal(count("duplicate"), pairs.filter((c) => c === 0).length);
    assert.equal(report.ok, pairs.every((c) => c <= 0));
  }));
});

Deno.test("validate() finds rows outside the interval between good ones", () => {
  const rows = hits([1, 2], [40, 41], [-3, 41], [9, 10]);
  const chunk = chunkOfRows(rows, 0, 10);
  const problem = validate(chunk).problems.find(({ rule }) => rule === "interval")!;
  assert.deepEqual([problem.row, problem.count, problem.level], [1, 2, "error"]);
  assert.equal(problem.message, "row 1 starts at t0 + 40 ps, outside the interval (and 1 more rows)");
});

Deno.test("validate() finds rows that end before they start", () => {
  assert.deepEqual(found(chunkOfRows(hits([1, 1], [5, 4]), 0, 10) as Chunk), [["endtime", 1, 1]]);
});

Deno.test("validate() finds times that are no exact integers", () => {
  for (const bad of [1.5, NaN, 2 ** 53, Infinity]) {
    const peaks = schema({ time: "time", endtime: "time", peakTime: "time" });
    const columns = { time: Float64Array.of(1), endtime: Float64Array.of(2), peakTime: Float64Array.of(bad) };
    const chunk: Chunk = new Chunk(Table.wrap(peaks, 1, columns), { start: 0n, end: 10n });
    assert.deepEqual(found(chunk), [["integer", 0, 1]]);
    assert.match(validate(chunk).problems[0]!.message, /peakTime of row 0 is/);
  }
});

Deno.test("validate() finds a wrong coverEnd, too high or too low (rule 2)", () => {
  const wrong = (coverEnd: bigint) =>
    chunkOfRows(hits([1, 8]), 0, 10, { coverBefore: 2n, coverEnd }) as Chunk;
  assert.deepEqual(found(wrong(8n)), []);
  assert.deepEqual(found(wrong(7n)), [["cover", undefined, 1]]);
  assert.deepEqual(found(wrong(9n)), [["cover", undefined, 1]]);
});

Deno.test("validate() takes the cover from the chunk before (rule 2)", () => {
  const [first, second] = streamOf(hits([0, 9], [3, 4]), [2], { end: 5 }) as Chunk[];
  assert.deepEqual(found(second!, first), []);
  const alone = chunkOfRows(hits([3, 4]), 2, 5) as Chunk;
  assert.deepEqual(found(alone), []);
  assert.deepEqual(found(alone, first).map(([rule]) => rule), ["cover", "continuity"]);
});

Deno.test("validate() finds a chunk that does not follow", () => {
  const first = chunkOfRows([], 0, 5) as Chunk;
  assert.deepEqual(found(chunkOfRows([], 6, 9) as Chunk, first), [["continuity", undefined, 1]]);
  assert.deepEqual(found(chunkOfRows([], 5, 9, { runId: "b" }) as Chunk, first), [[
    "continuity",
    undefined,
    1,
  ]]);
});

Deno.test("validate() finds ragged offsets that decrease or leave the pool", () => {
  const types = schema({ time: "time", wave: "u16[]" });
  const chunkOf = (offsets: number[]): Chunk =>
    new Chunk(
      Table.wrap(types, 2, {
        time: Float64Array.of(1, 2),
        wave: { values: new Uint16Array(4), offsets: Uint32Array.from(offsets) },
      }),
      { start: 0n, end: 9n },
    );
  assert.deepEqual(found(chunkOf([0, 3, 4])), []);
  assert.deepEqual(found(chunkOf([0, 3, 2])), [["ragged", 1, 1]]);
  assert.deepEqual(found(chunkOf([0, 9, 4])), [["ragged", 0, 2]]);
});

Deno.test("validate() orders by what it is told", () => {
  const chunk = chunkOfRows(hits([1, 5, 1], [2, 3, 0]), 0, 9);
  assert.equal(validate(chunk).ok, true);
  assert.equal(validate(chunk, { order: ["channel"] }).ok, false);
});

Deno.test("assertValid() names every broken law, and lets warnings pass", () => {
  const twice: Row[] = hits([1, 2], [1, 2]);
  assertValid(new Chunk(tableOf(twice), { start: 0n, end: 5n }));
  assert.throws(() => assertValid(chunkOfRows(hits([3, 2], [1, 1]), 0, 5)), {
    name: "RangeError",
    message: "Chunk hits[0 .. 5) ps, 2 rows breaks the laws of chunks: row 0 ends 1 ps before it starts; " +
      "row 1 comes before row 0 by time, channel, endtime",
  });
});
