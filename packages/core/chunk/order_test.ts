import assert from "node:assert/strict";
import fc from "fast-check";
import { compareRows, hits, tableOf, unsortedRows } from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { isSorted, orderOf } from "./order.ts";

Deno.test("orderOf() takes time, board, channel and endtime as far as there are such columns (rule 3)", () => {
  assert.deepEqual(
    orderOf(schema({ endtime: "time", channel: "i16", board: "u8", time: "time", height: "f32" })),
    ["time", "board", "channel", "endtime"],
  );
  assert.deepEqual(orderOf(schema({ time: "time", height: "f32" })), ["time"]);
  assert.throws(() => orderOf(schema({ height: "f32" })), { name: "TypeError", message: /name the columns/ });
});

Deno.test("isSorted() agrees with comparing all neighbours", () => {
  fc.assert(fc.property(unsortedRows, (rows) => {
    const wanted = rows.every((row, i) => i === 0 || compareRows(rows[i - 1]!, row) <= 0);
    assert.equal(isSorted(tableOf(rows)), wanted);
    assert.equal(isSorted(tableOf([...rows].sort(compareRows))), true);
  }));
});

Deno.test("isSorted() looks at every column of the order", () => {
  const table = tableOf(hits([0, 5, 1], [0, 4, 1]));
  assert.equal(isSorted(table), false);
  assert.equal(isSorted(table, ["time", "channel"]), true);
  assert.equal(isSorted(table, ["endtime"]), false);
});

Deno.test("isSorted() compares 64-bit integers exactly", () => {
  const big = (values: bigint[], type: "i64" | "u64") =>
    Table.from<Record<string, "i64" | "u64">>(schema({ n: type }), { n: values });
  const ascending = [
    -(2n ** 63n),
    -(2n ** 53n) - 1n,
    -(2n ** 53n),
    -1n,
    0n,
    1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
  ];
  assert.equal(isSorted(big(ascending, "i64"), ["n"]), true);
  for (let i = 1; i < ascending.length; i++) {
    assert.equal(isSorted(big([ascending[i]!, ascending[i - 1]!], "i64"), ["n"]), false);
  }
  assert.equal(isSorted(big([2n ** 63n, 2n ** 63n - 1n], "u64"), ["n"]), false);
  assert.equal(isSorted(big([2n ** 63n - 1n, 2n ** 63n], "u64"), ["n"]), true);
});

Deno.test("isSorted() takes NaN as the last", () => {
  const heights = schema({ height: "f32" });
  assert.equal(isSorted(Table.from(heights, { height: [1, NaN, NaN] }), ["height"]), true);
  assert.equal(isSorted(Table.from(heights, { height: [NaN, 1] }), ["height"]), false);
});

Deno.test("isSorted() refuses samples, unknown columns and no column", () => {
  const table = tableOf([]);
  for (const name of ["wave", "block"]) {
    assert.throws(() => isSorted(table, [name]), { name: "TypeError", message: /holds samples/ });
  }
  assert.throws(() => isSorted(table, ["nothing"]), {
    name: "RangeError",
    message: /Unknown column "nothing"/,
  });
  assert.throws(() => isSorted(table, []), RangeError);
});
