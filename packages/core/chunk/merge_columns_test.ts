import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, expected, HITS, hits, sortedRows, tableOf } from "./_testing.ts";
import { type ColumnTypes, schema } from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { Chunk, type ChunkInfo } from "./chunk.ts";
import { mergeColumns } from "./merge_columns.ts";

const INFO = { start: 0n, end: 100n, dataKind: "hits", runId: "run" };

function chunk(
  types: ColumnTypes,
  input: Record<string, ColumnInput>,
  info: Partial<ChunkInfo> = {},
  t0 = 0n,
): Chunk {
  return new Chunk(Table.from(schema(types), input, { t0 }), { ...INFO, ...info });
}

Deno.test("mergeColumns() puts back together what project() took apart, without a copy (rule 5)", () => {
  fc.assert(fc.property(sortedRows, fc.bigInt({ min: -99n, max: 99n }), (rows, t0) => {
    const { big, wave, block, open, ...rest } = HITS.types;
    const table = tableOf(rows, t0), other = tableOf(rows, 5n);
    const info = { start: 0n, end: 40n, dataKind: "hits" };
    const left: Chunk = new Chunk(table.project(schema(rest)), info);
    const right: Chunk = new Chunk(other.project(schema({ time: "time", big, wave, block, open })), info);
    const both = mergeColumns([left, right]);
    const wanted = expected(rows).map((row) => ({ ...row }));
    assert.deepEqual(both.table.rows().map((row) => ({ ...row })), wanted);
    assert.deepEqual(Object.keys(both.schema.types), [
      "time",
      "endtime",
      "channel",
      "id",
      "big",
      "wave",
      "block",
      "open",
    ]);
    assert.equal((both.columns.block as Int16Array).buffer, other.columns.block.buffer);
    assert.equal((both.columns.id as Int32Array).buffer, table.columns.id.buffer);
  }));
});

Deno.test("mergeColumns() keeps the rows alive when the inputs are released", () => {
  const a = chunk({ time: "time", a: "u8" }, { time: [1n], a: [1] });
  const b = chunk({ time: "time", b: "u8" }, { time: [1n], b: [2] });
  const both = mergeColumns([a, b], { dataType: "both" });
  a.release();
  b.release();
  assert.deepEqual(both.table.row(0), { time: 1n, a: 1, b: 2 });
  assert.deepEqual([both.dataType, both.dataKind, both.runId], ["both", "hits", "run"]);
  both.release();
});

Deno.test("mergeColumns() sees that rows of another channel have the same times (rule 5)", () => {
  // Two filters kept different rows of two simultaneous ones.
  const a = chunk({ time: "time", channel: "i16", a: "u8" }, { time: [3n], channel: [0], a: [1] });
  const b = chunk({ time: "time", channel: "i16", b: "u8" }, { time: [3n], channel: [1], b: [2] });
  assert.throws(() => mergeColumns([a, b]), {
    name: "RangeError",
    message: /row 0 of .* has channel 0, of .* channel 1; types of one kind have the same rows/,
  });
});

Deno.test("mergeColumns() compares time, board, channel and endtime of every row (rule 5)", () => {
  for (const name of ["time", "board", "channel", "endtime"]) {
    for (const row of [0, 1, 2]) {
      const types: ColumnTypes = { time: "time", board: "u8", channel: "i16", endtime: "time" };
      const values = (): Record<string, number[]> => ({
        time: [1, 4, 6],
        board: [0, 0, 0],
        channel: [0, 1, 2],
        endtime: [9, 9, 9],
      });
      const other = values();
      other[name]![row]!++;
      const b = chunk(types, other);
      assert.doesNotThrow(() => mergeColumns([chunk(types, values()), chunk(types, values(), {}, 0n)]));
      assert.throws(
        () => mergeColumns([chunk(types, values()), b]),
        new RegExp(`row ${row} of .* has ${name}`),
      );
    }
  }
});

Deno.test("mergeColumns() compares times of different origins", () => {
  const a = chunk({ time: "time", a: "u8" }, { time: [5n, 8n], a: [1, 2] }, {}, 5n);
  const b = chunk({ time: "time", b: "u8" }, { time: [5n, 8n], b: [1, 2] }, {}, -7n);
  assert.deepEqual([...mergeColumns([a, b]).table.times()], [5n, 8n]);
  const c = chunk({ time: "time", b: "u8" }, { time: [5n, 9n], b: [1, 2] }, {}, -7n);
  assert.throws(() => mergeColumns([a, c]), /row 1 .* has time 8, .* time 9/);
});

Deno.test("mergeColumns() compares keys that only later inputs have in common", () => {
  const a = chunk({ time: "time", a: "u8" }, { time: [1n], a: [1] });
  const b = chunk({ time: "time", channel: "u8", b: "u8" }, { time: [1n], channel: [1], b: [1] });
  const c = chunk({ time: "time", channel: "u8", c: "u8" }, { time: [1n], channel: [2], c: [1] });
  assert.throws(() => mergeColumns([a, b, c]), /has channel 1/);
});

Deno.test("mergeColumns() refuses another number of rows (rule 5)", () => {
  const a = chunk({ time: "time", a: "u8" }, { time: [1n, 2n], a: [1, 2] });
  const b = chunk({ time: "time", b: "u8" }, { time: [1n], b: [1] });
  assert.throws(() => mergeColumns([a, b]), { name: "RangeError", message: /different numbers of rows/ });
});

Deno.test("mergeColumns() names a column that two inputs have", () => {
  const a = chunk({ time: "time", height: "f32" }, { time: [1n], height: [1] });
  assert.throws(() => mergeColumns([a, a]), {
    name: "TypeError",
    message: /column "height" is in more than one/,
  });
});

Deno.test("mergeColumns() refuses other kinds, runs and intervals, and an empty list", () => {
  const a = chunk({ time: "time", a: "u8" }, { time: [], a: [] });
  const other = (info: Partial<ChunkInfo>) => chunk({ time: "time", b: "u8" }, { time: [], b: [] }, info);
  assert.throws(() => mergeColumns([a, other({ dataKind: "peaks" })]), {
    name: "TypeError",
    message: /of kind "peaks"/,
  });
  assert.throws(() => mergeColumns([a, other({ runId: "other" })]), TypeError);
  assert.throws(() => mergeColumns([a, other({ end: 50n })]), {
    name: "RangeError",
    message: /different intervals/,
  });
  assert.throws(() => mergeColumns([]), RangeError);
});

Deno.test("mergeColumns() takes the cover from the input that knows the rows' ends", () => {
  const starts = chunk({ time: "time", a: "u8" }, { time: [1n], a: [1] });
  const both = mergeColumns([starts, chunkOfRows(hits([1, 70]), 0, 100, { dataKind: "hits" }) as Chunk]);
  assert.equal(both.coverEnd, 70n);
});
