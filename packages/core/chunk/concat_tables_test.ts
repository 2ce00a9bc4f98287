import assert from "node:assert/strict";
import fc from "fast-check";
import { BIG, expected, HITS, hits, rowsOf, tableOf, unsortedRows } from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { concatTables } from "./concat_tables.ts";

Deno.test("concatTables() keeps all rows in the order given, whatever the origins", () => {
  const parts = fc.array(fc.tuple(unsortedRows, fc.bigInt({ min: -1000n, max: 1000n })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(fc.property(parts, (parts) => {
    const all = concatTables(parts.map(([rows, t0]) => tableOf(rows, t0)));
    assert.deepEqual(rowsOf(all), expected(parts.flatMap(([rows]) => rows)));
  }));
});

Deno.test("concatTables() joins slices of ragged and fixed columns", () => {
  const table = tableOf(hits([0, 1], [1, 2], [2, 3], [3, 4], [4, 5]));
  const all = concatTables([table.slice(3, 5), table.slice(1, 2), table.slice(2, 2)]);
  assert.deepEqual(rowsOf(all), [3, 4, 1].map((i) => table.row(i)));
  assert.equal(all.row(0).big, BIG + 3n);
});

Deno.test("concatTables() takes the origin from the first table with rows, or from the options", () => {
  const empty = tableOf([], 5n), full = tableOf(hits([9, 10]), 7n);
  assert.equal(concatTables([empty, full]).t0, 7n);
  const moved = concatTables([empty, full], { t0: -3n });
  assert.equal(moved.t0, -3n);
  assert.equal(moved.row(0).time, 9n);
});

Deno.test("concatTables() ignores the origin of a table without rows", () => {
  const time = schema({ time: "time" });
  const all = concatTables([Table.from(time, { time: [2n ** 60n] }), Table.empty(time, 0n)]);
  assert.deepEqual([...all.times()], [2n ** 60n]);
});

Deno.test("concatTables() refuses times that are not exact from one origin", () => {
  const time = schema({ time: "time" });
  const near = Table.from(time, { time: [2n ** 52n] }, { t0: 0n });
  const far = Table.from(time, { time: [2n ** 53n + 2n] }, { t0: 2n ** 52n });
  assert.throws(() => concatTables([near, far]), { name: "RangeError", message: /2\^53 ps/ });
  assert.deepEqual([...concatTables([far, near]).times()], [2n ** 53n + 2n, 2n ** 52n]);
});

Deno.test("concatTables() refuses different schemas and an empty list", () => {
  assert.throws(() => concatTables<Record<string, "time">>([]), RangeError);
  const other: Table = Table.empty(schema({ time: "time" }));
  assert.throws(() => concatTables([Table.empty(HITS) as Table, other]), {
    name: "TypeError",
    message: /schemas differ/,
  });
});
