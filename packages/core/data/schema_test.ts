import assert from "node:assert/strict";
import {
  arrayOver,
  columnOf,
  type ColumnTypes,
  elementOf,
  ELEMENTS,
  hasColumn,
  isSchema,
  schema,
  toSchema,
} from "./schema.ts";

Deno.test("schema() parses every kind of column", () => {
  const { columns } = schema({ time: "time", a: "i16", b: "u16[800]", c: "f32[n]", d: "u8[]", e: "bool" });
  assert.deepEqual(columns, [
    { name: "time", type: "time", kind: "time", element: "f64", width: 1, bytes: 8 },
    { name: "a", type: "i16", kind: "scalar", element: "i16", width: 1, bytes: 2 },
    { name: "b", type: "u16[800]", kind: "fixed", element: "u16", width: 800, bytes: 2 },
    { name: "c", type: "f32[n]", kind: "fixed", element: "f32", width: 0, bytes: 4 },
    { name: "d", type: "u8[]", kind: "ragged", element: "u8", width: 0, bytes: 1 },
    { name: "e", type: "bool", kind: "scalar", element: "bool", width: 1, bytes: 1 },
  ]);
});

Deno.test("schema() text is equal for equal columns in equal order only", () => {
  assert.equal(schema({ a: "u8", b: "u8" }).text, schema({ a: "u8", b: "u8" }).text);
  assert.notEqual(schema({ a: "u8", b: "u8" }).text, schema({ b: "u8", a: "u8" }).text);
});

const BAD_TYPES = [
  "",
  "u12",
  "int16",
  "u16[",
  "u16]",
  "u16[-1]",
  "u16[1.5]",
  "u16[m]",
  "time[3]",
  "time[]",
  " u8",
  "u8\n",
  "U8",
  "toString",
];

for (const type of BAD_TYPES) {
  Deno.test(`schema() refuses the type ${JSON.stringify(type)}`, () => {
    assert.throws(() => schema({ x: type } as unknown as ColumnTypes), {
      name: "TypeError",
      message: /column "x" has the unknown type/,
    });
  });
}

Deno.test("schema() refuses widths that no column can have", () => {
  assert.throws(() => schema({ x: "u8[0]" }), { name: "RangeError", message: /column "x" is 0 wide/ });
  assert.throws(() => schema({ x: "u8[2147483648]" }), RangeError);
  assert.equal(schema({ x: "u8[2147483647]" }).columns[0]!.width, 2 ** 31 - 1);
});

Deno.test("schema() refuses no columns and names that are none", () => {
  assert.throws(() => schema({}), { name: "TypeError", message: /without columns/ });
  assert.throws(() => schema({ "": "u8" }), { name: "TypeError", message: /a column name is empty/ });
  assert.throws(() => schema(JSON.parse('{"__proto__": "u8"}')), {
    name: "TypeError",
    message: /"__proto__"/,
  });
});

Deno.test("columnOf() and hasColumn() find columns, not what objects inherit", () => {
  const hits = schema({ time: "time", height: "f32" });
  assert.equal(columnOf(hits, "height").element, "f32");
  assert.throws(() => columnOf(hits, "toString"), {
    name: "RangeError",
    message: 'Unknown column "toString": there are time, height',
  });
  assert.deepEqual([hasColumn(hits, "time"), hasColumn(hits, "toString")], [true, false]);
});

Deno.test("toSchema() takes schemas and bare types", () => {
  const hits = schema({ time: "time" });
  assert.equal(toSchema(hits), hits);
  assert.equal(toSchema({ time: "time" }).text, hits.text);
  assert.deepEqual([isSchema(hits), isSchema({ columns: "u8", text: "u8" })], [true, false]);
});

Deno.test("elementOf() is what arrayOver() was told", () => {
  for (const element of ELEMENTS) {
    const array = arrayOver(element, new ArrayBuffer(64), 8, 3);
    assert.equal(elementOf(array), element === "bool" ? "u8" : element);
    assert.deepEqual([array.byteOffset, array.length], [8, 3]);
  }
  assert.throws(() => elementOf(new DataView(new ArrayBuffer(1)) as unknown as Uint8Array), TypeError);
});
