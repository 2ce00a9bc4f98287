import assert from "node:assert/strict";
import fc from "fast-check";
import { copyRows } from "./copy_rows.ts";
import { schema } from "./schema.ts";
import { exactOffset, Table } from "./table.ts";

const TYPES = schema({ time: "time", n: "i64", wave: "u16[]", block: "u8[2]" });

function table(rows: number, t0 = 0n): Table<typeof TYPES.types> {
  const list = Array.from({ length: rows }, (_, i) => i);
  return Table.from(TYPES, {
    time: list.map((i) => BigInt(i * 10)),
    n: list.map((i) => 2n ** 60n + BigInt(i)),
    wave: list.map((i) => Array.from({ length: i % 3 }, (_, k) => i * 10 + k)),
    block: list.map((i) => [i, 255 - i]),
  }, { t0 });
}

Deno.test("copyRows() joins any parts of tables of any origin", () => {
  const part = fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 }), fc.bigInt({ min: -99n, max: 99n }));
  fc.assert(fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
    const pieces = parts.map(([a, b, t0]) => ({
      from: Math.min(a, b),
      to: Math.max(a, b),
      source: table(8, t0),
    }));
    const rows = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
    const target = Table.allocate(TYPES, rows, { t0: 5n, values: { wave: 3 * rows } });
    let at = 0;
    for (const { source, from, to } of pieces) {
      copyRows(source as Table, from, to, target as Table, at);
      at += to - from;
    }
    assert.deepEqual(target.rows(), pieces.flatMap(({ from, to }) => table(8).rows().slice(from, to)));
  }));
});

Deno.test("copyRows() refuses other widths and too little room", () => {
  const open = schema({ wave: "u8[n]" });
  const narrow: Table = Table.from(open, { wave: [[1, 2]] });
  const wide: Table = Table.allocate(open, 1, { widths: { wave: 3 } });
  assert.throws(() => copyRows(narrow, 0, 1, wide, 0), {
    name: "RangeError",
    message: /it is 2 wide here and 3 there/,
  });
  const ragged = Table.allocate(TYPES, 8, { values: { wave: 1 } });
  assert.throws(() => copyRows(table(8) as Table, 0, 8, ragged as Table, 0), RangeError);
});

Deno.test("copyRows() refuses times that would not be exact", () => {
  const time = schema({ time: "time" });
  const late: Table = Table.from(time, { time: [2 ** 53 - 1] }, { t0: 1n });
  const target: Table = Table.allocate(time, 1, { t0: 0n });
  assert.throws(() => copyRows(late, 0, 1, target, 0), { name: "RangeError", message: /2\^53 ps/ });
  const early: Table = Table.from(time, { time: [1 - 2 ** 53] }, { t0: -1n });
  assert.throws(() => copyRows(early, 0, 1, target, 0), RangeError);
});

Deno.test("exactOffset() is exact up to 2^53 ps and refuses more", () => {
  const far = 2n ** 60n + 1n;
  assert.equal(exactOffset(far + 2n ** 53n - 1n, far), 2 ** 53 - 1);
  assert.equal(exactOffset(far, far + 3n), -3);
  for (const distance of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n]) {
    assert.throws(() => exactOffset(far + distance, far), {
      name: "RangeError",
      message: /read a shorter time range/,
    });
  }
});
