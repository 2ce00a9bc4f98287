import assert from "node:assert/strict";
import fc from "fast-check";
import { integralQuantiles, integralQuantilesInto } from "./integral_quantiles.ts";

const signal = fc.array(fc.integer({ min: -3, max: 5 }), { minLength: 1, maxLength: 30 });

Deno.test("integralQuantiles() interpolates the cumulated signal, of a flat stretch the last point", () => {
  fc.assert(fc.property(signal, fc.double({ min: 0, max: 1, noNaN: true }), (s, fraction) => {
    const cumulated: number[] = [];
    for (const v of s) cumulated.push((cumulated.at(-1) ?? 0) + Math.max(0, v));
    const total = cumulated.at(-1)!, charge = fraction * total;
    const [position] = integralQuantiles(Int16Array.from(s), [fraction]);
    if (total === 0) return assert.equal(position, NaN);
    const low = cumulated.findLastIndex((q) => q <= charge);
    if (low < 0) return assert.equal(position, 0);
    if (low === s.length - 1) return assert.equal(position, low);
    const expected = low + (charge - cumulated[low]!) / (cumulated[low + 1]! - cumulated[low]!);
    assert.ok(Math.abs(position! - expected) < 1e-12);
  }));
});

Deno.test("integralQuantiles() don't depend on the scale, and rise with the fraction", () => {
  fc.assert(fc.property(signal, (s) => {
    const fractions = [0, 0.1, 0.5, 0.9, 1];
    const positions = integralQuantiles(Float64Array.from(s), fractions);
    assert.deepEqual(integralQuantiles(Float64Array.from(s, (v) => 8 * v), fractions), positions);
    for (let k = 1; k < 5; k++) assert.ok(!(positions[k]! < positions[k - 1]!));
  }));
});

Deno.test("integralQuantiles() of no charge, no samples or NaN are NaN", () => {
  assert.deepEqual([...integralQuantiles(new Float64Array([-1, 0, -2]), [0.5])], [NaN]);
  assert.deepEqual([...integralQuantiles(new Float64Array(0), [0.5])], [NaN]);
  assert.deepEqual([...integralQuantiles(new Float64Array([1, NaN, 2]), [0.5])], [NaN]);
});

Deno.test("integralQuantiles() refuse what is no fraction, and too little room", () => {
  const s = new Float64Array([1, 2]);
  for (const bad of [-0.1, 1.1, NaN]) {
    assert.throws(() => integralQuantiles(s, [0.5, bad]), new RegExp(`RangeError: .*a fraction is ${bad}`));
  }
  assert.throws(() => integralQuantilesInto(s, [0.5], new Float64Array(2), s), /the output has 2 values/);
  assert.throws(
    () => integralQuantilesInto(s, [0.5], new Float64Array(1), new Float64Array(1)),
    /give one with at least 2/,
  );
});
