import assert from "node:assert/strict";
import fc from "fast-check";
import { layOut, readHeader, writeHeader } from "./layout.ts";
import { type ColumnTypes, schema } from "./schema.ts";

const TYPES = schema({ time: "time", flag: "bool", wave: "u16[n]", samples: "i64[]", height: "f32" });

Deno.test("layOut() puts columns behind each other at multiples of 64 bytes", () => {
  const sizes = fc.tuple(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 70 }), fc.nat({ max: 500 }));
  fc.assert(fc.property(sizes, ([rows, width, values]) => {
    const layout = layOut(TYPES, rows, [1, 1, width, 0, 1], [0, 0, 0, values, 0]);
    let end = 64 + 32 * 5;
    layout.places.forEach((place, k) => {
      const column = TYPES.columns[k]!;
      assert.equal(place.offset % 64, 0);
      assert.ok(place.offset >= end);
      end = place.offset + place.values * column.bytes;
      if (column.kind !== "ragged") return;
      assert.equal(place.offsets % 64, 0);
      assert.ok(place.offsets >= end);
      end = place.offsets + 4 * (rows + 1);
    });
    assert.ok(layout.bytes >= end && layout.bytes < end + 64);
    assert.deepEqual(layout.places.map(({ values }) => values), [rows, rows, rows * width, values, rows]);
  }));
});

Deno.test("layOut() gives no room to columns that lie elsewhere", () => {
  const wide = schema({ a: "u8[1000]", b: "u8" });
  const layout = layOut(wide, 10, [1000, 1], [0, 0], [true, false]);
  assert.equal(layout.places[0]!.values, 0);
  assert.ok(layout.bytes < 1000);
});

function written(rows: number): ArrayBuffer {
  const layout = layOut(TYPES, rows, [1, 1, 4, 0, 1], [0, 0, 0, 5, 0]);
  const buffer = new ArrayBuffer(layout.bytes);
  writeHeader(buffer, TYPES, rows, -(2n ** 60n) - 1n, layout);
  return buffer;
}

Deno.test("readHeader() reads what writeHeader() wrote", () => {
  const { schema: read, rows, t0, layout } = readHeader(written(3));
  assert.deepEqual([read.text, rows, t0], [TYPES.text, 3, -(2n ** 60n) - 1n]);
  assert.deepEqual(layout, layOut(TYPES, 3, [1, 1, 4, 0, 1], [0, 0, 0, 5, 0]));
});

const u32 = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
const u64 = (at: number, value: bigint) => (view: DataView) => view.setBigUint64(at, value, true);
const entry = (k: number) => 64 + 32 * k;

/** What is damaged, how, and what the error says. */
const DAMAGED: [string, (view: DataView) => void, RegExp][] = [
  ["another magic", u32(0, 1), /it starts with 0x00000001/],
  ["a newer version", (view) => view.setUint16(4, 2, true), /its version is 2/],
  ["another number of columns", (view) => view.setUint16(6, 4, true), /schema/],
  ["a schema beyond its end", u32(8, 2 ** 31), /its schema lies outside it/],
  ["a schema that is no JSON", (view) => view.setUint8(entry(5), 0), /its schema is damaged/],
  ["a schema that is no UTF-8", (view) => view.setUint8(entry(5) + 2, 0xff), /its schema is damaged/],
  ["more rows", u64(16, 4n), /values for 4 rows/],
  ["more rows than numbers can count", u64(16, 2n ** 60n), /the number of rows is/],
  ["more bytes in use than there are", u64(32, 2n ** 40n), /bytes are in use/],
  ["a column over the header", u64(entry(0), 64n), /outside bytes|misaligned/],
  ["a column over another", u64(entry(4), 512n), /outside bytes|misaligned/],
  ["a misaligned column", (view) => view.setUint8(entry(0), 1), /misaligned/],
  ["a column beyond the end", u64(entry(4), 2n ** 30n), /outside bytes/],
  ["a scalar of width 2", u32(entry(0) + 24, 2), /a scalar is 1/],
  ["a fixed column of width 0", (view) => {
    view.setBigUint64(entry(2) + 8, 0n, true);
    view.setUint32(entry(2) + 24, 0, true);
  }, /is 0 wide with 3 rows/],
  ["another width", u32(entry(2) + 24, 5), /12 values for 3 rows of 5/],
  ["offsets of a scalar", u64(entry(0) + 16, 64n), /only ragged samples have/],
  ["ragged offsets beyond the end", u64(entry(3) + 16, 2n ** 30n), /has its offsets at byte/],
  ["a ragged width", u32(entry(3) + 24, 1), /ragged samples are 0/],
  ["decreasing ragged offsets", (view) => {
    const at = Number(view.getBigUint64(entry(3) + 16, true));
    view.setUint32(at, 2, true);
    view.setUint32(at + 4, 1, true);
  }, /decreasing offsets at row 0/],
  ["ragged offsets beyond the pool", (view) => {
    const at = Number(view.getBigUint64(entry(3) + 16, true));
    view.setUint32(at + 12, 6, true);
  }, /ends at value 6 of 5/],
];

for (const [what, damage, message] of DAMAGED) {
  Deno.test(`readHeader() refuses ${what}`, () => {
    const buffer = written(3);
    damage(new DataView(buffer));
    assert.throws(() => readHeader(buffer), { name: "SyntaxError", message });
  });
}

Deno.test("readHeader() refuses a buffer that is cut short, wherever", () => {
  const buffer = written(3);
  for (let bytes = 0; bytes < buffer.byteLength; bytes += 7) {
    assert.throws(() => readHeader(buffer.slice(0, bytes)), SyntaxError);
  }
});

Deno.test("readHeader() refuses a width that differs from the type", () => {
  const fixed: ColumnTypes = { wave: "u8[3]" };
  const layout = layOut(schema(fixed), 2, [3], [0]);
  const buffer = new ArrayBuffer(layout.bytes);
  writeHeader(buffer, schema(fixed), 2, 0n, layout);
  u32(entry(0) + 24, 2)(new DataView(buffer));
  assert.throws(() => readHeader(buffer), { name: "SyntaxError", message: /is 2 wide, its type says 3/ });
});
