import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, coverOf, cuts, END, hits, shape, sortedRows, streamOf } from "./_testing.ts";
import { breakRows, splitByBreaks } from "./split_by_breaks.ts";

const threshold = fc.bigInt({ min: 0n, max: 6n });

Deno.test("splitByBreaks() cuts at every break and nowhere else (rule 29)", () => {
  fc.assert(fc.property(sortedRows, threshold, (rows, threshold) => {
    const chunk = chunkOfRows(rows, 0, END);
    const breaks = rows.filter((row, i) => i > 0 && BigInt(row.time) - coverOf(rows.slice(0, i)) > threshold)
      .map((row) => row.time);
    assert.deepEqual(splitByBreaks(chunk, threshold).map(shape), streamOf(rows, breaks).map(shape));
  }));
});

Deno.test("breakRows() finds the same breaks in every chunking (rule 29)", () => {
  fc.assert(fc.property(sortedRows, threshold, cuts, (rows, threshold, cuts) => {
    const whole = [...breakRows(chunkOfRows(rows, 0, END), threshold)].map((row) => rows[row]!.id);
    const parts = streamOf(rows, cuts).flatMap((chunk) =>
      [...breakRows(chunk, threshold)].map((row) => chunk.table.row(row).id)
    );
    assert.deepEqual(parts, whole);
  }));
});

Deno.test("splitByBreaks() measures from the cover of all earlier chunks (rule 29)", () => {
  // [0,0) [4,4) cut at 1, threshold 3: looked at alone, neither chunk has a break.
  const [, second] = streamOf(hits([0, 0], [4, 4]), [1], { end: 6 });
  assert.deepEqual(splitByBreaks(second!, 3n).map(({ start, end }) => [start, end]), [[1n, 4n], [4n, 6n]]);
  assert.deepEqual(splitByBreaks(second!, 4n).length, 1);
});

Deno.test("splitByBreaks() finds breaks inside one chunk (rule 29)", () => {
  const parts = splitByBreaks(chunkOfRows(hits([0, 0], [4, 4]), 0, 6), 3n);
  assert.deepEqual(parts.map(({ start, end, length }) => [start, end, length]), [[0n, 4n, 1], [4n, 6n, 1]]);
});

Deno.test("splitByBreaks() does not break below a long row (rule 2)", () => {
  const chunk = chunkOfRows(hits([0, 20], [1, 2], [15, 16]), 0, 30);
  assert.equal(splitByBreaks(chunk, 5n).length, 1);
});

Deno.test("splitByBreaks() of a chunk that starts at a break makes no empty part", () => {
  const chunk = chunkOfRows(hits([10, 11]), 10, 20, { coverBefore: 2n });
  assert.deepEqual([...breakRows(chunk, 5n)], [0]);
  assert.equal(splitByBreaks(chunk, 5n).length, 1);
});

Deno.test("breakRows() has none in a chunk without rows, and refuses a negative threshold", () => {
  assert.deepEqual([...breakRows(chunkOfRows([], 0, 9, { coverBefore: -50n }), 3n)], []);
  assert.throws(() => breakRows(chunkOfRows([], 0, 9), -1n), {
    name: "RangeError",
    message: /threshold of 0 or more/,
  });
});
