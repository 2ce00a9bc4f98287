import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, cuts, hits, shape, sortedRows, streamOf } from "./_testing.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk, MAX_CHUNK_PS } from "./chunk.ts";
import { concat } from "./concat.ts";

Deno.test("concat() undoes every chunking (rule 1)", () => {
  fc.assert(fc.property(sortedRows, cuts, (rows, cuts) => {
    const [whole] = streamOf(rows, []);
    assert.deepEqual(shape(concat(streamOf(rows, cuts))), shape(whole!));
  }));
});

Deno.test("concat() keeps the cover from before the first chunk (rule 2)", () => {
  const first = chunkOfRows([], 0, 5, { coverBefore: 12n });
  const second = chunkOfRows(hits([5, 6]), 5, 10, { coverBefore: 12n });
  const all = concat([first, second]);
  assert.deepEqual([all.coverBefore, all.coverEnd, all.sealed], [12n, 12n, false]);
});

Deno.test("concat() takes an empty chunk of width 0 with any width (rule 6)", () => {
  const wide = schema({ time: "time", wave: "u16[n]" });
  const empty = new Chunk(Table.empty(wide), { start: 0n, end: 1n });
  const full = new Chunk(Table.from(wide, { time: [1n], wave: [[1, 2, 3]] }), { start: 1n, end: 2n });
  const more = new Chunk(Table.from(wide, { time: [3n], wave: [[4, 5, 6]] }), { start: 2n, end: 4n });
  const all = concat([empty, full, more]);
  assert.equal(all.start, 0n);
  assert.equal(all.table.width("wave"), 3);
  assert.deepEqual([...all.columns.wave], [1, 2, 3, 4, 5, 6]);
});

Deno.test("concat() refuses different widths", () => {
  const wide = schema({ time: "time", wave: "u16[n]" });
  const a = new Chunk(Table.from(wide, { time: [0n], wave: [[1]] }), { start: 0n, end: 1n });
  const b = new Chunk(Table.from(wide, { time: [1n], wave: [[1, 2]] }), { start: 1n, end: 2n });
  assert.throws(() => concat([a, b]), {
    name: "RangeError",
    message: 'Cannot join tables: column "wave" is 1 wide in one and 2 in another',
  });
});

Deno.test("concat() refuses a gap, an overlap and chunks in reverse", () => {
  const at = (start: number, end: number) => chunkOfRows([], start, end);
  for (const list of [[at(0, 5), at(6, 9)], [at(0, 5), at(4, 9)], [at(5, 9), at(0, 5)]]) {
    assert.throws(() => concat(list), { name: "RangeError", message: /does not start where .* ends/ });
  }
});

Deno.test("concat() refuses other runs, types and schemas, and an empty list", () => {
  const first = chunkOfRows([], 0, 5);
  assert.throws(() => concat([first, chunkOfRows([], 5, 9, { runId: "other" })]), {
    name: "TypeError",
    message: /run "other"/,
  });
  assert.throws(() => concat([first, chunkOfRows([], 5, 9, { dataType: "peaks" })]), /different data types/);
  const other: Chunk = new Chunk(Table.empty(schema({ time: "time" })), { start: 5n, end: 9n });
  assert.throws(() => concat([first as Chunk, other]), { name: "TypeError", message: /schemas differ/ });
  assert.throws(() => concat([]), { name: "RangeError", message: /the list is empty/ });
});

Deno.test("concat() refuses more than 2^53 ps and hands the buffer back", () => {
  const account = new Account();
  const time = schema({ time: "time" });
  const a = new Chunk(Table.from(time, { time: [1n] }), { start: 0n, end: MAX_CHUNK_PS });
  const b = new Chunk(Table.empty(time), { start: MAX_CHUNK_PS, end: MAX_CHUNK_PS + 1n });
  assert.throws(() => concat([a, b], { account }), /at most 2\^53 ps/);
  assert.equal(account.used, 0);
});

Deno.test("concat() makes one allocation, charged to the account", () => {
  const pool = new BufferPool(), account = new Account();
  const all = concat(streamOf(hits([1, 2], [5, 6], [9, 9]), [4, 8]), { pool, account });
  assert.equal(pool.made, 1);
  assert.equal(account.used, all.table.heldBytes);
  all.release();
  assert.equal(account.used, 0);
});

Deno.test("concat() shares the rows where only one chunk has any", () => {
  const [first, second] = streamOf(hits([1, 2]), [4]);
  const all = concat([first!, second!]);
  assert.equal(all.columns.time.buffer, first!.columns.time.buffer);
  first!.release();
  assert.equal(all.table.row(0).time, 1n);
});

Deno.test("concat() finds the cover of chunks that each knew their own rows only (rule 2)", () => {
  const all = concat([chunkOfRows(hits([0, 20]), 0, 5), chunkOfRows(hits([5, 6]), 5, 10)]);
  assert.deepEqual([all.coverEnd, all.sealed], [20n, false]);
});
