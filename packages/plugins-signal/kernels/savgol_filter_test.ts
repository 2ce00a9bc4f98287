import assert from "node:assert/strict";
import fc from "fast-check";
import { savgolDesign, savgolFilter, savgolFilterInto } from "./savgol_filter.ts";

const trace = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 11, maxLength: 60 });

Deno.test("savgolFilter() is linear", () => {
  fc.assert(fc.property(trace, fc.double({ min: -3, max: 3, noNaN: true }), (x, factor) => {
    const other = x.map((v, i) => v * Math.sin(i));
    const mixed = savgolFilter(Float64Array.from(x, (v, i) => v + factor * other[i]!), 11, 3);
    const a = savgolFilter(Float64Array.from(x), 11, 3), b = savgolFilter(Float64Array.from(other), 11, 3);
    mixed.forEach((y, i) => assert.ok(Math.abs(y - (a[i]! + factor * b[i]!)) < 1e-9));
  }));
});

Deno.test("savgolFilter() of a reversed trace is reversed", () => {
  fc.assert(fc.property(trace, (x) => {
    const back = savgolFilter(Float64Array.from(x).reverse(), 7, 2).reverse();
    savgolFilter(Float64Array.from(x), 7, 2).forEach((y, i) => assert.ok(Math.abs(y - back[i]!) < 1e-9));
  }));
});

Deno.test("savgolFilter() gives derivatives of a polynomial at every sample, the ends too", () => {
  const x = Float64Array.from({ length: 30 }, (_, i) => (0.5 * i) ** 3);
  savgolFilter(x, 7, 3, { deriv: 1, delta: 0.5 }).forEach((y, i) =>
    assert.ok(Math.abs(y - 3 * (0.5 * i) ** 2) < 1e-9)
  );
});

Deno.test("savgolFilter() gives the same for any type of samples, rounded once in a Float32Array", () => {
  const numbers = Array.from({ length: 40 }, (_, i) => (i * i * 37) % 200);
  const expected = savgolFilter(Float64Array.from(numbers), 11, 2);
  for (const type of [Float32Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array]) {
    assert.deepEqual(savgolFilter(type.from(numbers), 11, 2), expected);
  }
  const design = savgolDesign(11, 2), out = new Float32Array(40);
  assert.equal(savgolFilterInto(Int16Array.from(numbers), design, out), out);
  assert.deepEqual(out, Float32Array.from(expected));
});

Deno.test("savgolFilter() of a trace as long as the window is the fit", () => {
  const x = Float64Array.from([0, 1, 4, 9, 16]);
  savgolFilter(x, 5, 2).forEach((y, i) => assert.ok(Math.abs(y - i * i) < 1e-12));
});

Deno.test("savgolFilter() spreads NaN no further than the window", () => {
  const x = new Float64Array(30);
  x[15] = NaN;
  const y = savgolFilter(x, 5, 2);
  assert.deepEqual([...y.keys()].filter((i) => Number.isNaN(y[i])), [13, 14, 15, 16, 17]);
});

Deno.test("savgolFilter() refuses what it cannot do", () => {
  const x = new Float64Array(10);
  assert.throws(
    () => savgolFilter(x, 11, 2),
    /RangeError: Cannot filter a trace of 10 samples with a window of 11/,
  );
  assert.throws(() => savgolFilter(x, 4, 2), /no middle/);
  assert.throws(() => savgolFilter(x, 5, 5), /degree below 5/);
  assert.throws(
    () => savgolFilter(x, 5, 2, { mode: "mirror" as "interp" }),
    /TypeError: Cannot filter with mode "mirror"/,
  );
  assert.throws(
    () => savgolFilterInto(x, savgolDesign(5, 2), new Float64Array(9)),
    /the output has 9 values/,
  );
});
