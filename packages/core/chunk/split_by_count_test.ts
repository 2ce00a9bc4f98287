import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, END, hits, shape, sortedRows } from "./_testing.ts";
import { checkContinuity } from "./continuity.ts";
import { concat } from "./concat.ts";
import { splitByCount } from "./split_by_count.ts";

Deno.test("splitByCount() makes parts as large as allowed, rows at equal times together (rule 1)", () => {
  fc.assert(fc.property(sortedRows, fc.integer({ min: 1, max: 9 }), (rows, count) => {
    const chunk = chunkOfRows(rows, 0, END);
    const parts = splitByCount(chunk, count);
    checkContinuity(parts);
    assert.deepEqual(shape(concat(parts)), shape(chunk));
    parts.forEach((part, k) => {
      const times = part.columns.time;
      if (part.length > count) assert.equal(new Set(times).size, 1);
      const next = parts[k + 1];
      if (!next) return;
      assert.equal(part.end, next.table.row(0).time);
      const nextTime = [...next.table.times()].filter((time) => time === next.table.row(0).time).length;
      assert.ok(part.length + nextTime > count, "the next rows would have fitted");
    });
  }));
});

Deno.test("splitByCount() keeps a chunk of few or no rows whole", () => {
  assert.equal(splitByCount(chunkOfRows([], 0, 9), 3).length, 1);
  assert.equal(splitByCount(chunkOfRows(hits([1, 2], [2, 3]), 0, 9), 2).length, 1);
});

Deno.test("splitByCount() refuses a count that is no integer above 0", () => {
  for (const count of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => splitByCount(chunkOfRows([], 0, 9), count), {
      name: "RangeError",
      message: /an integer above 0/,
    });
  }
});
