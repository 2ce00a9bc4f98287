import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, coverOf, cuts, END, expected, hits, rowsOf, sortedRows, streamOf } from "./_testing.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { selectTime } from "./select_time.ts";
import { validate } from "./validate.ts";

const range = fc.tuple(fc.integer({ min: -2, max: 36 }), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => [start, start + length] as const);

Deno.test("selectTime() selects by start, each row once over adjacent ranges (rule 35)", () => {
  fc.assert(fc.property(sortedRows, cuts, (rows, cuts) => {
    const chunk = chunkOfRows(rows, 0, END);
    const edges = [0, ...cuts, END];
    const parts = edges.slice(1).map((end, k) => selectTime(chunk, BigInt(edges[k]!), BigInt(end))!);
    const wanted = streamOf(rows, cuts);
    assert.deepEqual(
      parts.map((part) => [part.start, part.end, part.coverBefore, part.coverEnd, rowsOf(part)]),
      wanted.map((part) => [part.start, part.end, part.coverBefore, part.coverEnd, rowsOf(part)]),
    );
  }));
});

Deno.test("selectTime() gives exactly the rows that touch the range (rule 35)", () => {
  fc.assert(fc.property(sortedRows, range, (rows, [start, end]) => {
    const part = selectTime(chunkOfRows(rows, 0, END), BigInt(start), BigInt(end), { touching: true });
    const wanted = rows.filter((row) => row.time < end && (row.endtime > start || row.time >= start));
    assert.deepEqual(part ? rowsOf(part) : [], expected(wanted));
    if (!part) return;
    assert.deepEqual(validate(part).problems.filter(({ level }) => level === "error"), []);
    assert.equal(part.start, BigInt(Math.max(0, Math.min(start, wanted[0]?.time ?? start))));
    assert.ok(part.coverEnd >= coverOf(wanted));
  }));
});

Deno.test("selectTime() by start gives [0,10) once for [0,5) and [5,10), touching twice (rule 35)", () => {
  const chunk = chunkOfRows(hits([0, 10]), 0, 10);
  const lengths = (touching: boolean) =>
    [[0n, 5n], [5n, 10n]].map(([a, b]) => selectTime(chunk, a!, b!, { touching })?.length);
  assert.deepEqual(lengths(false), [1, 0]);
  assert.deepEqual(lengths(true), [1, 1]);
});

Deno.test("selectTime() shares the buffer unless rows between don't touch", () => {
  const pool = new BufferPool();
  const chunk = chunkOfRows(hits([0, 20], [2, 9], [6, 7]), 0, 10);
  const view = selectTime(chunk, 5n, 10n, { touching: true, pool })!;
  assert.equal(view.columns.time.buffer, chunk.columns.time.buffer);
  assert.equal(pool.made, 0);
  const some = selectTime(chunk, 9n, 10n, { touching: true, pool })!;
  assert.deepEqual([...some.table.times()], [0n]);
  assert.equal(pool.made, 0);
  const apart = selectTime(chunkOfRows(hits([0, 20], [2, 3], [6, 7]), 0, 10), 5n, 10n, {
    touching: true,
    pool,
  })!;
  assert.deepEqual([...apart.table.times()], [0n, 6n]);
  assert.equal(pool.made, 1);
});

Deno.test("selectTime() finds a row that reaches out of its chunk into the range", () => {
  const chunk = chunkOfRows(hits([8, 15]), 0, 10);
  assert.equal(selectTime(chunk, 12n, 14n), undefined);
  const part = selectTime(chunk, 12n, 14n, { touching: true })!;
  assert.deepEqual([part.start, part.end, part.length], [8n, 10n, 1]);
  assert.equal(selectTime(chunk, 15n, 16n, { touching: true }), undefined);
});

Deno.test("selectTime() is undefined beside the chunk and refuses an empty range", () => {
  const chunk = chunkOfRows([], 10, 20);
  assert.equal(selectTime(chunk, 0n, 10n), undefined);
  assert.equal(selectTime(chunk, 20n, 30n), undefined);
  assert.equal(selectTime(chunk, -(2n ** 62n), 11n)?.end, 11n);
  assert.throws(() => selectTime(chunk, 12n, 12n), { name: "RangeError", message: /the range is empty/ });
});
