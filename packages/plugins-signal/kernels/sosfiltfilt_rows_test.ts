import assert from "node:assert/strict";
import fc from "fast-check";
import { randomRows, toRows } from "./_rows_testing.ts";
import { butterworth } from "./butterworth.ts";
import { sosDesign } from "./sos_design.ts";
import { sosfiltfiltInto } from "./sosfiltfilt.ts";
import { sosfiltfiltRows } from "./sosfiltfilt_rows.ts";

// One to five sections; zeros at +-1 (two and two), one of each (odd orders), anywhere, and a gain in a later section.
const DESIGNS = [
  butterworth(1, 0.3),
  butterworth(2, 0.1, { btype: "high" }),
  butterworth(3, 0.2),
  butterworth(4, 0.4),
  butterworth(3, [0.1, 0.5], { btype: "band" }),
  butterworth(4, [0.02, 0.2], { btype: "band" }),
  butterworth(5, [0.2, 0.4], { btype: "bandstop" }),
  [...butterworth(2, 0.3), [0.5, 1, 0.5, 1, -0.1, 0.2]],
].map(sosDesign);

for (const [type, low, high] of [[Uint16Array, 0, 65535], [Int16Array, -32768, 32767]] as const) {
  Deno.test(`sosfiltfiltRows() is exactly the filter of each record, rounded: ${type.name}`, () => {
    fc.assert(
      fc.property(randomRows(40, 80, low, high), fc.constantFrom(...DESIGNS), (list, design) => {
        const { values, offsets, rows, row } = toRows(type, list);
        const before = values.slice(), out = new Float32Array(offsets[rows]! - 3);
        sosfiltfiltRows(values, offsets, rows, design, out);
        assert.deepEqual(values, before);
        const work = new Float64Array(80 + 2 * design.padding);
        for (let i = 0; i < rows; i++) {
          const expected = sosfiltfiltInto(design, row(i), new Float32Array(row(i).length), work);
          assert.deepEqual(out.subarray(offsets[i]! - 3, offsets[i + 1]! - 3), expected);
        }
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("sosfiltfiltRows() filters records longer than a block, from shared memory too", () => {
  const long = Array.from({ length: 70_000 }, (_, k) => (k * k * 7 + k) % 16384), design = DESIGNS[5]!;
  const expected = sosfiltfiltInto(
    design,
    Float64Array.from(long),
    new Float32Array(long.length),
    new Float64Array(long.length + 2 * design.padding),
  );
  for (const buffer of [ArrayBuffer, SharedArrayBuffer]) {
    const { values, offsets } = toRows(Uint16Array, [long, long], buffer), out = new Float32Array(140_000);
    sosfiltfiltRows(values, offsets, 2, design, out);
    assert.deepEqual(out.subarray(0, 70_000), expected);
    assert.deepEqual(out.subarray(70_000), expected);
  }
});

Deno.test("sosfiltfiltRows() refuses records as short as the padding, and too little room", () => {
  const design = DESIGNS[3]!, values = new Uint16Array(60), offsets = Uint32Array.of(0, 40, 55);
  const out = new Float32Array(60);
  sosfiltfiltRows(values, Uint32Array.of(0, 16), 1, design, out);
  assert.throws(
    () => sosfiltfiltRows(values, offsets, 2, design, out),
    /RangeError: Cannot filter record 1 of 15 samples forwards and backwards: 2 sections need more than 15/,
  );
  assert.throws(() => sosfiltfiltRows(values, offsets, 1, design, out.subarray(0, 39)), /give one with 40/);
  assert.throws(
    () => sosfiltfiltRows(values, Uint32Array.of(0, 61), 1, design, out),
    /ends at sample 61 of 60/,
  );
});
