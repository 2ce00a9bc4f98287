import assert from "node:assert/strict";
import fc from "fast-check";
import { compareRows, expected, hits, type Row, rowsOf, tableOf, unsortedRows } from "./_testing.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { sortRows } from "./sort_rows.ts";

Deno.test("sortRows() gives the total order, stable in full ties (rules 3, 4)", () => {
  fc.assert(fc.property(unsortedRows, (rows) => {
    assert.deepEqual(rowsOf(sortRows(tableOf(rows))), expected([...rows].sort(compareRows)));
  }));
});

Deno.test("sortRows() is the same stable sort for thousands of rows", () => {
  const many = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 3 })), {
    minLength: 900,
    maxLength: 2000,
  });
  const narrow = schema({ time: "time", channel: "u8", id: "u32" });
  fc.assert(
    fc.property(many, fc.boolean(), (pairs, alternate) => {
      // Few ordered stretches or many: presort the halves in some runs.
      const rows: Row[] = pairs.map(([time, channel], id) => ({ time, channel, endtime: 0, id }));
      if (alternate) rows.splice(0, rows.length / 2, ...rows.slice(0, rows.length / 2).sort(compareRows));
      const table = Table.from(narrow, {
        time: Float64Array.from(rows, (row) => row.time),
        channel: rows.map((row) => row.channel),
        id: rows.map((row) => row.id),
      });
      const sorted = sortRows(table, { order: ["time", "channel"] });
      const wanted = [...rows].sort((a, b) => a.time - b.time || a.channel - b.channel);
      assert.deepEqual([...sorted.columns.id], wanted.map((row) => row.id));
    }),
    { numRuns: 20 },
  );
});

Deno.test("sortRows() takes another order", () => {
  const table = tableOf(hits([0, 1, 2], [1, 2, 0], [2, 3, 2], [3, 4, 1]));
  assert.deepEqual([...sortRows(table, { order: ["channel", "time"] }).columns.id], [1, 3, 0, 2]);
});

Deno.test("sortRows() shares rows that are in order", () => {
  const pool = new BufferPool();
  const table = tableOf(hits([0, 1], [0, 2], [3, 3]));
  const sorted = sortRows(table, { pool });
  assert.equal(sorted.columns.time.buffer, table.columns.time.buffer);
  assert.equal(pool.made, 0);
  table.release();
  assert.equal(sorted.row(2).time, 3n);
});

Deno.test("sortRows() gives the same rows for every chunking of their production (rule 3)", () => {
  // Two channels walked one after the other, each with a row at 3.
  const rows = hits([3, 4, 1], [3, 5, 0]);
  assert.deepEqual([...sortRows(tableOf(rows)).columns.channel], [0, 1]);
  assert.deepEqual([...sortRows(tableOf(rows.toReversed())).columns.channel], [0, 1]);
});
