import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, coverOf, END, expected, hits, inside, rowsOf, sortedRows } from "./_testing.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk, NO_COVER } from "./chunk.ts";
import { split } from "./split.ts";
import { validate } from "./validate.ts";

Deno.test("split() keeps every row once, by start (rule 1)", () => {
  fc.assert(fc.property(sortedRows, inside, (rows, t) => {
    const [left, right] = split(chunkOfRows(rows, 0, END), BigInt(t));
    assert.deepEqual(rowsOf(left), expected(rows.filter((row) => row.time < t)));
    assert.deepEqual(rowsOf(right), expected(rows.filter((row) => row.time >= t)));
    assert.deepEqual([left.start, left.end, right.start, right.end], [0n, BigInt(t), BigInt(t), BigInt(END)]);
  }));
});

Deno.test("split() gives both halves the cover of all rows before their end (rule 2)", () => {
  fc.assert(fc.property(sortedRows, inside, fc.integer({ min: -5, max: 40 }), (rows, t, before) => {
    const whole = chunkOfRows(rows, 0, END, { coverBefore: BigInt(before) });
    const [left, right] = split(whole, BigInt(t));
    const cover = coverOf([...rows.filter((row) => row.time < t), { ...hits([0, 0])[0]!, endtime: before }]);
    assert.deepEqual(
      [left.coverBefore, left.coverEnd, right.coverBefore, right.coverEnd],
      [BigInt(before), cover, cover, whole.coverEnd],
    );
    for (const half of [left, right]) {
      assert.deepEqual(validate(half).problems.filter((p) => p.level === "error"), []);
    }
  }));
});

Deno.test("split() leaves a half unsealed that an older row still crosses (rule 2)", () => {
  const whole = chunkOfRows(hits([0, 4], [1, 1], [5, 6]), 0, 10);
  const [left, rest] = split(whole, 1n);
  const [middle] = split(rest, 2n);
  assert.equal(left.sealed, false);
  assert.equal(middle.coverEnd, 4n);
  assert.equal(middle.sealed, false); // its own row ends at 1
});

Deno.test("split() puts a zero-length row at the cut on the right (rule 1)", () => {
  const [left, right] = split(chunkOfRows(hits([2, 5], [5, 5]), 0, 10), 5n);
  assert.deepEqual([left.length, right.length], [1, 1]);
});

Deno.test("split() never separates rows at equal times (rule 1)", () => {
  const whole = chunkOfRows(hits([5, 6], [5, 7, 1], [5, 5, 2]), 0, 10);
  for (let t = 1n; t < 10n; t++) {
    const [left, right] = split(whole, t);
    assert.ok(left.length === 0 || right.length === 0);
  }
});

Deno.test("split() refuses a time that is not strictly inside", () => {
  const chunk = chunkOfRows([], 10, 20);
  for (const t of [9n, 10n, 20n, 21n]) {
    assert.throws(() => split(chunk, t), {
      name: "RangeError",
      message: `Cannot split chunk hits[10 .. 20) ps, 0 rows at ${t} ps: choose a time strictly inside it`,
    });
  }
});

Deno.test("split() of an empty chunk keeps its cover", () => {
  const [left, right] = split(chunkOfRows([], 10, 20, { coverBefore: 17n }), 15n);
  assert.deepEqual([left.coverEnd, left.sealed, right.coverEnd, right.sealed], [17n, false, 17n, true]);
  const [first] = split(chunkOfRows([], 10, 20), 15n);
  assert.equal(first.coverEnd, NO_COVER);
});

Deno.test("split() shares the buffer, which lives until all parts are released", () => {
  const pool = new BufferPool();
  const table = Table.from(schema({ time: "time" }), { time: [1n, 8n] }, { pool });
  const chunk = new Chunk(table, { start: 0n, end: 10n });
  const [left, right] = split(chunk, 5n);
  assert.equal(left.columns.time.buffer, chunk.columns.time.buffer);
  assert.equal(right.columns.time.buffer, chunk.columns.time.buffer);
  chunk.release();
  left.release();
  assert.equal(pool.idleBytes, 0);
  assert.deepEqual([...right.table.times()], [8n]);
  right.release();
  assert.ok(pool.idleBytes > 0);
});

Deno.test("split() keeps the names of run, type and kind", () => {
  const info = { runId: "r", dataType: "peaks", dataKind: "peaks-of-s1" };
  for (const half of split(chunkOfRows([], 0, 10, info), 5n)) {
    assert.deepEqual([half.runId, half.dataType, half.dataKind], ["r", "peaks", "peaks-of-s1"]);
  }
});

Deno.test("split() works at times beyond 2^53 ps", () => {
  const t0 = 2n ** 60n;
  const table = Table.from(schema({ time: "time" }), { time: [t0 + 1n, t0 + 2n] });
  const [left, right] = split(new Chunk(table, { start: t0, end: t0 + 10n }), t0 + 2n);
  assert.deepEqual([[...left.table.times()], [...right.table.times()]], [[t0 + 1n], [t0 + 2n]]);
});
