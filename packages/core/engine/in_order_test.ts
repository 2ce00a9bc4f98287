import assert from "node:assert/strict";
import fc from "fast-check";
import { coverEndOf } from "../chunk/chunk.ts";
import { isSorted } from "../chunk/order.ts";
import { sortRows } from "../chunk/sort_rows.ts";
import { highestEndOf, isOrdered, sliceOrdered } from "../data/_ordered.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { partsOf, tableOf } from "../data/handoff.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { coverOf, inOrder } from "./_in_order.ts";

const ROWS = schema({ time: "time", endtime: "time", channel: "i16", id: "i32" });
const pool = new BufferPool({ shared: true });

function rowsOf(list: readonly (readonly [time: number, length: number, channel: number])[]): Table {
  return Table.from(ROWS, {
    time: list.map(([time]) => time),
    endtime: list.map(([time, length]) => time + length),
    channel: list.map(([, , channel]) => channel),
    id: list.map((_, k) => k),
  }, { t0: 7n, pool }) as unknown as Table;
}

Deno.test("inOrder() gives what sortRows() gives, and knows its cover here and in another thread", () => {
  const row = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(2));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 12 }), fc.boolean(), (list, given) => {
      using table = rowsOf(given ? list.toSorted((a, b) => a[0] - b[0] || a[2] - b[2] || a[1] - b[1]) : list);
      using sorted = sortRows(table), found = inOrder(table, "rows", { pool });
      assert.deepEqual(found.rows(), sorted.rows());
      assert.ok(isSorted(found) && isOrdered(found) && !isOrdered(table));
      assert.equal(coverOf(found, 3n), coverEndOf(sorted, 3n));
      using again = inOrder(found, "rows", { pool });
      assert.equal(again.columns.time, found.columns.time);
      const buffers: ArrayBufferLike[] = [];
      using there = tableOf(structuredClone(partsOf(found, buffers)), buffers);
      assert.ok(isOrdered(there));
      assert.equal(coverOf(there, 3n), coverEndOf(sorted, 3n));
      using slice = found.slice(0, list.length >> 1);
      assert.equal(coverOf(slice, 3n), coverEndOf(slice, 3n));
    }),
    { numRuns: 300 },
  );
});

Deno.test("inOrder() refuses times that are none", () => {
  const bad = [[NaN, 1], [0.5, 1], [0, 0.5], [1, 0], [0, NaN], [-Infinity, 0], [0, Infinity], [
    2 ** 53,
    2 ** 54,
  ]];
  for (const [time, endtime] of bad) {
    for (const at of [0, 1, 2]) {
      using table = rowsOf([[0, 1, 0], [0, 1, 0], [0, 1, 0]]);
      const columns = table.columns as { time: Float64Array; endtime: Float64Array };
      columns.time[at] = time!;
      columns.endtime[at] = endtime!;
      assert.throws(() => inOrder(table, "rows", {}), {
        name: "RangeError",
        message: new RegExp(`row ${at} of "rows"`),
      });
    }
  }
});

Deno.test("sliceOrdered() knows the highest end of most rows, or none", () => {
  const table = Table.from(schema({ time: "time", endtime: "time" }), {
    time: [0n, 10n, 20n, 30n, 40n],
    endtime: [90n, 15n, 60n, 60n, 50n],
  }, { t0: 0n });
  using plain = sliceOrdered(table, 1, 5);
  assert.ok(!isOrdered(plain));
  using rows = inOrder(table, "rows", {});
  for (
    const [from, to, end] of [[0, 5, 90], [0, 4, 90], [1, 5, undefined], [0, 1, undefined], [
      4,
      5,
      undefined,
    ]] as const
  ) {
    using slice = sliceOrdered(rows, from, to);
    assert.ok(isOrdered(slice));
    assert.equal(highestEndOf(slice), end);
    const ends = [90n, 15n, 60n, 60n, 50n].slice(from, to);
    assert.equal(coverOf(slice), ends.reduce((a, b) => a > b ? a : b));
  }
});
