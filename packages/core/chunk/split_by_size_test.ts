import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, END, shape, sortedRows } from "./_testing.ts";
import { checkContinuity } from "./continuity.ts";
import { concat } from "./concat.ts";
import { splitBySize } from "./split_by_size.ts";

Deno.test("splitBySize() makes parts as large as allowed, rows at equal times together (rule 1)", () => {
  fc.assert(fc.property(sortedRows, fc.integer({ min: 1, max: 400 }), (rows, bytes) => {
    const chunk = chunkOfRows(rows, 0, END);
    const parts = splitBySize(chunk, bytes);
    checkContinuity(parts);
    assert.deepEqual(shape(concat(parts)), shape(chunk));
    // A table of n rows has n + 1 offsets, and n rows take n of them.
    const sizes = parts.map((part) => part.table.nbytes - 4);
    parts.forEach((part, k) => {
      if (sizes[k]! > bytes) assert.equal(new Set(part.columns.time).size, 1);
      const next = parts[k + 1];
      if (!next) return;
      const first = next.columns.time.findLastIndex((time) => time === next.columns.time[0]);
      assert.ok(
        sizes[k]! + next.table.slice(0, first + 1).nbytes - 4 > bytes,
        "the next rows would have fitted",
      );
    });
  }));
});

Deno.test("splitBySize() refuses a size that is not above 0", () => {
  for (const bytes of [0, -1, NaN]) {
    assert.throws(() => splitBySize(chunkOfRows([], 0, 9), bytes), {
      name: "RangeError",
      message: /a size above 0/,
    });
  }
});
