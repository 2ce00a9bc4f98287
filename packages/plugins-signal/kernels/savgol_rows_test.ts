import assert from "node:assert/strict";
import fc from "fast-check";
import { randomRows, toRows } from "./_rows_testing.ts";
import { savgolDesign, savgolFilterInto } from "./savgol_filter.ts";
import { savgolFilterRows } from "./savgol_rows.ts";

// With integer weights: 11/2 (429ths), 5/3, 21/4, 7/1, the slope of 9/2, and 1/0; without: 31/4, and a slope of steps of 1/3.
const DESIGNS = [
  savgolDesign(11, 2),
  savgolDesign(5, 3),
  savgolDesign(21, 4),
  savgolDesign(7, 1),
  savgolDesign(9, 2, { deriv: 1 }),
  savgolDesign(1, 0),
  savgolDesign(31, 4),
  savgolDesign(9, 2, { deriv: 1, delta: 1 / 3 }),
];

for (const [type, low, high] of [[Uint16Array, 0, 65535], [Int16Array, -32768, 32767]] as const) {
  Deno.test(`savgolFilterRows() is the filter of each record to 1 unit in the last place: ${type.name}`, () => {
    fc.assert(
      fc.property(randomRows(31, 90, low, high), fc.constantFrom(...DESIGNS), (list, design) => {
        const { values, offsets, rows, row } = toRows(type, list);
        const before = values.slice(), out = new Float32Array(offsets[rows]! - 3);
        savgolFilterRows(values, offsets, rows, design, out);
        assert.deepEqual(values, before);
        for (let i = 0; i < rows; i++) {
          const x = row(i), expected = savgolFilterInto(x, design, new Float64Array(x.length));
          const scale = Math.max(...Array.from(x, Math.abs), 1);
          expected.forEach((value, k) => {
            const got = out[offsets[i]! - 3 + k]!;
            // What cancels is exact but for the rounding of the double precision that it is compared with.
            assert.ok(
              Math.abs(got - value) <= 1.2e-7 * Math.abs(value) + 1e-11 * scale,
              `${i}[${k}] ${got} ${value}`,
            );
          });
        }
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("savgolFilterRows() gives a record the same whatever is beside it, also from shared memory", () => {
  const long = Array.from({ length: 40_000 }, (_, k) => (k * k * 7 + k) % 16384);
  const list = [long.slice(0, 17), long, long.slice(5, 300), long.slice(0, 12), long.slice(9, 800)];
  const design = savgolDesign(11, 2),
    alone = list.map((row) => {
      const { values, offsets } = toRows(Uint16Array, [row]), out = new Float32Array(row.length);
      savgolFilterRows(values, offsets, 1, design, out);
      return out;
    });
  for (const buffer of [ArrayBuffer, SharedArrayBuffer]) {
    const { values, offsets, rows } = toRows(Uint16Array, list, buffer);
    const out = new Float32Array(offsets[rows]!).fill(-1);
    savgolFilterRows(values, offsets, rows, design, out);
    alone.forEach((row, i) => assert.deepEqual(out.subarray(offsets[i]! - 3, offsets[i + 1]! - 3), row));
    assert.deepEqual([...out.subarray(-3)], [-1, -1, -1]);
  }
});

Deno.test("savgolFilterRows() refuses short records, offsets that are none and too little room", () => {
  const design = savgolDesign(5, 2), values = new Uint16Array(20), out = new Float32Array(20);
  const filter = (offsets: number[], rows: number, room = out) =>
    savgolFilterRows(values, Uint32Array.from(offsets), rows, design, room);
  filter([0, 5, 20], 2);
  filter([0], 0);
  assert.throws(
    () => filter([0, 5, 9], 2),
    /RangeError: Cannot filter record 1 of 4 samples with a window of 5/,
  );
  assert.throws(() => filter([0, 5], 2), /there are 2 offsets; give 3/);
  assert.throws(() => filter([0, 9, 5], 2), /record 1: it starts at 9 and ends at 5/);
  assert.throws(() => filter([0, 21], 1), /record 0: it ends at sample 21 of 20/);
  assert.throws(() => filter([0, 20], 1, new Float32Array(19)), /the output has 19 values; give one with 20/);
});
