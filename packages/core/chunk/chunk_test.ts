import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, coverOf, END, hits, sortedRows, tableOf } from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk, coverEndOf, lowerBound, MAX_CHUNK_PS, NO_COVER, rowAt } from "./chunk.ts";

Deno.test("Chunk refuses an empty interval (rule 1)", () => {
  for (const end of [5n, 4n]) {
    assert.throws(() => new Chunk(tableOf([]), { start: 5n, end, dataType: "hits" }), {
      name: "RangeError",
      message:
        `Cannot make chunk hits[5 .. ${end}) ps, 0 rows: its interval is empty; an interval has start < end`,
    });
  }
});

Deno.test("Chunk refuses a first or last row that starts outside (rule 1)", () => {
  assert.throws(() => chunkOfRows(hits([4, 9]), 5, 10), /row 0 starts at 4 ps, outside it/);
  assert.throws(() => chunkOfRows(hits([5, 6], [10, 11]), 5, 10), /row 1 starts at 10 ps, outside it/);
  assert.equal(chunkOfRows(hits([5, 6], [9, 50]), 5, 10).length, 2);
});

Deno.test("Chunk refuses more than 2^53 ps", () => {
  assert.throws(() => new Chunk(tableOf([]), { start: 0n, end: MAX_CHUNK_PS + 1n }), /longer than 2\^53 ps/);
  assert.equal(new Chunk(tableOf([]), { start: 0n, end: MAX_CHUNK_PS }).length, 0);
});

Deno.test("Chunk computes coverEnd over its own and all earlier rows (rule 2)", () => {
  fc.assert(fc.property(sortedRows, fc.option(fc.integer({ min: -5, max: 45 })), (rows, before) => {
    const coverBefore = before === null ? NO_COVER : BigInt(before);
    const chunk = chunkOfRows(rows, 0, END, { coverBefore });
    const own = coverOf(rows);
    assert.equal(chunk.coverEnd, own > coverBefore ? own : coverBefore);
    assert.equal(chunk.coverBefore, coverBefore);
    assert.equal(chunk.sealed, chunk.coverEnd <= BigInt(END));
  }));
});

Deno.test("Chunk knows coverBefore where a given coverEnd lies beyond its rows (rule 2)", () => {
  assert.equal(chunkOfRows(hits([1, 3]), 0, 9, { coverEnd: 12n }).coverBefore, 12n);
  assert.equal(chunkOfRows(hits([1, 3]), 0, 9, { coverEnd: 3n }).coverBefore, NO_COVER);
  assert.equal(chunkOfRows([], 0, 9).coverBefore, NO_COVER);
});

Deno.test("Chunk refuses a coverEnd below coverBefore (rule 2)", () => {
  assert.throws(() => chunkOfRows([], 0, 9, { coverBefore: 5n, coverEnd: 4n }), {
    name: "RangeError",
    message: /coverEnd 4 ps is below coverBefore 5 ps/,
  });
});

Deno.test("Chunk is not sealed by a container that ends behind an inner row (rule 2)", () => {
  const container = chunkOfRows(hits([0, 2]), 0, 1);
  const inner = chunkOfRows(hits([1, 1]), 1, 2, { coverBefore: container.coverEnd });
  assert.deepEqual([container.sealed, inner.coverEnd, inner.sealed], [false, 2n, true]);
  const early = chunkOfRows(hits([1, 1]), 1, 2, { coverBefore: 3n });
  assert.equal(early.sealed, false); // its own rows end at 1
});

Deno.test("Chunk without endtime has rows without length", () => {
  const table = Table.from(schema({ time: "time" }), { time: [3n, 7n] });
  assert.equal(new Chunk(table, { start: 0n, end: 10n }).coverEnd, 7n);
  assert.equal(coverEndOf(table, 9n), 9n);
});

Deno.test("Chunk throws on access after release, and prints itself all the same", () => {
  const chunk = chunkOfRows(hits([1, 2]), 0, 9);
  {
    using _chunk = chunk;
    assert.equal(`${chunk}`, "hits[0 .. 9) ps, 1 rows");
  }
  assert.throws(() => chunk.columns, { name: "TypeError", message: "Cannot use a table after its release" });
  assert.equal(`${chunk}`, "hits[0 .. 9) ps, released");
  chunk.release();
});

Deno.test("Chunk takes the data kind from the data type", () => {
  assert.equal(chunkOfRows([], 0, 9).dataKind, "hits");
  assert.equal(chunkOfRows([], 0, 9, { dataKind: "base" }).dataKind, "base");
});

Deno.test("lowerBound() and rowAt() find the first row at or behind a time", () => {
  fc.assert(
    fc.property(
      sortedRows,
      fc.integer({ min: -3, max: 40 }),
      fc.bigInt({ min: -9n, max: 9n }),
      (rows, time, t0) => {
        const wanted = rows.filter((row) => row.time < time).length;
        assert.equal(rowAt(tableOf(rows, t0), BigInt(time)), wanted);
        assert.equal(lowerBound(Float64Array.from(rows, (row) => row.time), time), wanted);
      },
    ),
  );
  const table = tableOf(hits([1, 2]));
  assert.deepEqual([rowAt(table, -(2n ** 62n)), rowAt(table, 2n ** 62n)], [0, 1]);
});
