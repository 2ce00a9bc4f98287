import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chunkOfRows,
  compareRows,
  coverOf,
  expected,
  hits,
  rowsOf,
  tableOf,
  unsortedRows,
} from "./_testing.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { mergeRows } from "./merge_rows.ts";

const inputs = fc.array(fc.tuple(unsortedRows, fc.bigInt({ min: -500n, max: 500n })), {
  minLength: 1,
  maxLength: 5,
});

Deno.test("mergeRows() is a stable sort of all rows, earlier inputs first (rules 3, 4)", () => {
  fc.assert(fc.property(inputs, fc.boolean(), (inputs, sorted) => {
    const lists = inputs.map(([rows]) => sorted ? [...rows].sort(compareRows) : rows);
    const out = mergeRows(lists.map((rows, k) => tableOf(rows, inputs[k]![1])));
    assert.deepEqual(rowsOf(out), expected(lists.flat().sort(compareRows)));
  }));
});

Deno.test("mergeRows() of chunks keeps interval and cover", () => {
  fc.assert(fc.property(inputs, (inputs) => {
    const lists = inputs.map(([rows]) => [...rows].sort(compareRows));
    const out = mergeRows(
      lists.map((rows, k) => chunkOfRows(rows, 0, 40, { dataType: `hits_${k}`, dataKind: `hits_${k}` })),
    );
    assert.deepEqual(rowsOf(out), expected(lists.flat().sort(compareRows)));
    assert.deepEqual([out.start, out.end, out.coverEnd], [0n, 40n, coverOf(lists.flat())]);
    const name = lists.map((_, k) => `hits_${k}`).join("+");
    assert.deepEqual([out.dataType, out.dataKind, out.runId], [name, name, "run"]);
  }));
});

Deno.test("mergeRows() keeps the highest cover from before", () => {
  const out = mergeRows([
    chunkOfRows([], 0, 9, { coverBefore: 4n }),
    chunkOfRows([], 0, 9, { coverBefore: 12n }),
  ]);
  assert.deepEqual([out.coverBefore, out.coverEnd], [12n, 12n]);
});

Deno.test("mergeRows() orders by what it is told", () => {
  const out = mergeRows([tableOf(hits([5, 6, 0])), tableOf(hits([1, 2, 3]))], { order: ["channel", "time"] });
  assert.deepEqual([...out.columns.channel], [0, 3]);
});

Deno.test("mergeRows() shares a single ordered input and joins inputs that follow each other", () => {
  const rows = tableOf(hits([1, 2], [5, 6]));
  const pool = new BufferPool();
  const one = mergeRows([tableOf([]), rows, tableOf([])], { pool });
  assert.equal(one.columns.time.buffer, rows.columns.time.buffer);
  assert.equal(pool.made, 0);
  const two = mergeRows([rows, tableOf(hits([7, 8]))], { pool });
  assert.deepEqual([...two.times()], [1n, 5n, 7n]);
  assert.equal(pool.made, 1);
  assert.equal(mergeRows([tableOf([])]).length, 0);
});

Deno.test("mergeRows() names merged chunks of one type or kind as they were", () => {
  const a = chunkOfRows([], 0, 9, { dataType: "hits", dataKind: "kind" });
  assert.deepEqual([mergeRows([a, a]).dataType, mergeRows([a, a]).dataKind], ["hits", "kind"]);
  const named = mergeRows([a, chunkOfRows([], 0, 9, { dataType: "more" })], { dataType: "all" });
  assert.deepEqual([named.dataType, named.dataKind], ["all", "all"]);
});

Deno.test("mergeRows() refuses different intervals and runs, and an empty list", () => {
  const a = chunkOfRows([], 0, 9);
  assert.throws(() => mergeRows([a, chunkOfRows([], 0, 8)]), {
    name: "RangeError",
    message: /different intervals/,
  });
  assert.throws(() => mergeRows([a, chunkOfRows([], 0, 9, { runId: "other" })]), TypeError);
  assert.throws(() => mergeRows<Record<string, "time">>([]), RangeError);
});

Deno.test("mergeRows() releases what it allocated when it fails", () => {
  const account = new Account();
  const a = tableOf(hits([0, 1], [9, 9]));
  const b = tableOf(hits([5, 6]), 8n - 2n ** 53n); // a row at 9 is 2^53 + 1 ps from its origin
  assert.throws(() => mergeRows([b, a], { account }), RangeError);
  assert.equal(account.used, 0);
});
