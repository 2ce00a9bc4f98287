import assert from "node:assert/strict";
import fc from "fast-check";
import { before, type Keys, permute, sortRows } from "./order.ts";

function keysOf(rows: readonly (readonly [number, number, number])[]): Keys {
  return {
    hi: Uint32Array.from(rows, (row) => row[0]),
    lo: Uint32Array.from(rows, (row) => row[1]),
    place: Uint32Array.from(rows, (row) => row[2]),
  };
}

Deno.test("sortRows() orders by time, then place, and keeps ties as they were", () => {
  const key = fc.tuple(fc.nat(2), fc.oneof(fc.nat(3), fc.constantFrom(0xffffffff, 0x80000000)), fc.nat(2));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (rows) => {
      const keys = keysOf(rows), n = rows.length;
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      sortRows(keys, order, n, new Uint32Array((n >> 1) + 1));
      const expected = rows.map((_, i) => i).sort((a, b) =>
        rows[a]![0] - rows[b]![0] || rows[a]![1] - rows[b]![1] || rows[a]![2] - rows[b]![2] || a - b
      );
      assert.deepEqual([...order], expected);
    }),
    { numRuns: 300 },
  );
});

Deno.test("sortRows() touches only what is out of order", () => {
  const n = 5000;
  // Neighbours swapped across every run's edge, and one row far from its place.
  const times = Array.from({ length: n }, (_, i) => i % 16 === 15 ? i + 1 : i % 16 === 0 ? i - 1 : i);
  times[0] = 0;
  times[4000] = 17;
  const keys = keysOf(times.map((t) => [0, t, 0]));
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  sortRows(keys, order, n, new Uint32Array(n / 2 + 1));
  for (let i = 1; i < n; i++) assert(!before(keys, order[i]!, order[i - 1]!), `row ${i}`);
  assert.equal(new Set(order).size, n);
});

Deno.test("permute() moves rows behind the start alone", () => {
  const column = Uint32Array.of(9, 8, 30, 10, 20);
  permute(column, Uint32Array.of(3, 4, 2), 3, 2, new Float64Array(3));
  assert.deepEqual([...column], [9, 8, 10, 20, 30]);
});
