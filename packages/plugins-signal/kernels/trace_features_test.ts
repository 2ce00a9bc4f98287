import assert from "node:assert/strict";
import fc from "fast-check";
import { baseline, basicFeatures } from "./trace_features.ts";

const trace = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 });

Deno.test("basicFeatures() are those of the definitions", () => {
  fc.assert(fc.property(trace, fc.integer({ min: 1, max: 70 }), (x, n) => {
    const first = x.slice(0, n), mean = first.reduce((a, b) => a + b, 0) / first.length;
    const spread = Math.sqrt(first.reduce((a, b) => a + (b - mean) ** 2, 0) / first.length);
    const found = basicFeatures(Int16Array.from(x), { baseline: n });
    const { area, rms, ...exact } = found;
    const min = Math.min(...x), max = Math.max(...x);
    assert.deepEqual(exact, { baseline: mean, min, max, argmin: x.indexOf(min), argmax: x.indexOf(max) });
    assert.equal(baseline(Int16Array.from(x), n), mean);
    assert.ok(Math.abs(area - x.reduce((a, b) => a + mean - b, 0)) < 1e-9);
    assert.ok(Math.abs(rms - spread) < 1e-12);
  }));
});

Deno.test("basicFeatures() write to the caller's object", () => {
  const out = basicFeatures(new Float64Array([1, 2]));
  assert.equal(basicFeatures(new Float64Array([3, 9]), { baseline: 1 }, out), out);
  assert.deepEqual([out.baseline, out.max, out.area], [3, 9, -6]);
});

Deno.test("basicFeatures() of no samples, and of NaN", () => {
  assert.deepEqual(basicFeatures(new Float64Array(0)), {
    baseline: NaN,
    rms: NaN,
    min: NaN,
    max: NaN,
    argmin: -1,
    argmax: -1,
    area: 0,
  });
  const { min, max, area } = basicFeatures(new Float64Array([1, NaN, 3]), { baseline: 1 });
  assert.deepEqual([min, max, area], [1, 3, NaN]);
});

Deno.test("baseline() refuses a number of samples below 1", () => {
  for (const n of [0, -1, NaN]) {
    assert.throws(() => baseline(new Float64Array(3), n), /RangeError: .*at least 1/);
  }
});
