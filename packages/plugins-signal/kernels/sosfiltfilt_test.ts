import assert from "node:assert/strict";
import fc from "fast-check";
import { butterworth } from "./butterworth.ts";
import { sosDesign } from "./sos_design.ts";
import { sosfiltfilt, sosfiltfiltInto } from "./sosfiltfilt.ts";

const trace = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 40, maxLength: 90 });
const sos = butterworth(4, [0.05, 0.4], { btype: "band" });
const near = (a: Float64Array, b: Float64Array) =>
  a.forEach((v, i) => assert.ok(Math.abs(v - b[i]!) < 1e-7, `[${i}]`));

Deno.test("sosfiltfilt() is linear", () => {
  fc.assert(fc.property(trace, (x) => {
    const other = x.map((v, i) => v * Math.cos(i));
    const a = sosfiltfilt(sos, Float64Array.from(x)), b = sosfiltfilt(sos, Float64Array.from(other));
    const mixed = sosfiltfilt(sos, Float64Array.from(x, (v, i) => v - 2 * other[i]!));
    near(mixed, a.map((v, i) => v - 2 * b[i]!));
  }));
});

Deno.test("sosfiltfilt() shifts nothing: a pulse keeps its place and its symmetry", () => {
  const x = Float64Array.from({ length: 2001 }, (_, i) => 100 * Math.exp(-(((i - 1000) / 12) ** 2)));
  for (const rows of [sos, butterworth(5, 0.2), butterworth(2, 0.02, { btype: "high" })]) {
    const y = sosfiltfilt(rows, x);
    assert.equal(y.indexOf(Math.max(...y)), 1000);
    near(y, y.slice().reverse());
  }
});

Deno.test("sosfiltfilt() lets a constant pass or takes it out", () => {
  const x = new Float64Array(100).fill(5000);
  near(sosfiltfilt(butterworth(4, 0.2), x), x);
  near(sosfiltfilt(sos, x), new Float64Array(100));
});

Deno.test("sosfiltfiltInto() gives the same in place, with more work space, for any type of samples", () => {
  const numbers = Array.from({ length: 60 }, (_, i) => (i * i * 31) % 1000);
  const expected = sosfiltfilt(sos, Float64Array.from(numbers)), design = sosDesign(sos);
  const work = new Float64Array(60 + 2 * design.padding + 5).fill(NaN);
  for (const type of [Float32Array, Int16Array, Int32Array, Uint16Array, Uint32Array]) {
    assert.deepEqual(sosfiltfiltInto(design, type.from(numbers), new Float64Array(60), work), expected);
  }
  const x = Float64Array.from(numbers);
  assert.deepEqual(sosfiltfiltInto(design, x, x, work), expected);
  const single = sosfiltfiltInto(design, Int16Array.from(numbers), new Float32Array(60), work);
  assert.deepEqual(single, Float32Array.from(expected));
});

Deno.test("sosfiltfilt() refuses traces that aren't longer than the padding", () => {
  assert.equal(sosfiltfilt(sos, new Float64Array(28)).length, 28);
  assert.throws(
    () => sosfiltfilt(sos, new Float64Array(27)),
    /RangeError: Cannot filter a trace of 27 samples forwards and backwards: 4 sections need more than 27/,
  );
  const design = sosDesign(sos), x = new Float64Array(40);
  assert.throws(
    () => sosfiltfiltInto(design, x, new Float64Array(40), new Float64Array(93)),
    /give one with 94/,
  );
  assert.throws(
    () => sosfiltfiltInto(design, x, new Float64Array(4), new Float64Array(94)),
    /give one with 40/,
  );
});
