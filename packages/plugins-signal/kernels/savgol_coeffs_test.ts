import assert from "node:assert/strict";
import fc from "fast-check";
import { savgolCoeffs, savgolWeights } from "./savgol_coeffs.ts";

const sizes = fc.tuple(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 0, max: 8 }),
  fc.integer({ min: 0, max: 3 }),
)
  .map(([half, poly, deriv]) => ({ window: 2 * half + 1, poly: Math.min(poly, 2 * half), deriv }));

/** The derivative of t^k. */
function power(t: number, k: number, deriv: number): number {
  let factor = 1;
  for (let d = 0; d < deriv; d++) factor *= k - d;
  return factor === 0 ? 0 : factor * t ** (k - deriv);
}

Deno.test("savgolWeights() reproduce every polynomial up to the degree, and its derivatives", () => {
  fc.assert(fc.property(sizes, fc.nat(), ({ window, poly, deriv }, pick) => {
    const at = pick % window, half = (window - 1) / 2, scale = Math.max(1, half);
    const weights = savgolWeights(window, poly, at, { deriv, delta: 1 / scale });
    for (let k = 0; k <= poly; k++) {
      // Positions from -1 to 1: the samples' distance is 1 / scale.
      const sum = weights.reduce((a, w, i) => a + w * ((i - half) / scale) ** k, 0);
      const size = weights.reduce((a, w) => a + Math.abs(w), 1);
      assert.ok(Math.abs(sum - power((at - half) / scale, k, deriv)) < 1e-10 * size, `t^${k}`);
    }
  }));
});

Deno.test("savgolWeights() are the shortest that do: they lie in the space of the polynomials", () => {
  fc.assert(fc.property(sizes, ({ window, poly, deriv }) => {
    const weights = savgolWeights(window, poly, 0, { deriv });
    // What a fit of the degree makes of them is they themselves.
    const size = Math.max(...weights.map(Math.abs));
    for (let at = 0; at < window; at += 3) {
      const fitted = savgolWeights(window, poly, at).reduce((a, w, i) => a + w * weights[i]!, 0);
      assert.ok(Math.abs(fitted - weights[at]!) <= 1e-10 * size);
    }
  }));
});

Deno.test("savgolCoeffs() are those of the tables of Savitzky and Golay", () => {
  const near = (actual: Float64Array, expected: readonly number[], norm: number) =>
    expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value / norm) < 1e-15));
  near(savgolCoeffs(7, 3), [-2, 3, 6, 7, 6, 3, -2], 21);
  near(savgolCoeffs(9, 2), [-21, 14, 39, 54, 59, 54, 39, 14, -21], 231);
  near(savgolCoeffs(5, 2, { deriv: 1 }), [2, 1, 0, -1, -2], 10);
  near(savgolCoeffs(5, 2, { deriv: 2, delta: 0.5 }), [8, -4, -8, -4, 8], 7);
});

Deno.test("savgolCoeffs() of a derivative beyond the degree are 0", () => {
  assert.deepEqual([...savgolCoeffs(5, 1, { deriv: 2 })], [0, 0, 0, 0, 0]);
});

for (
  const [window, poly, options, problem] of [
    [4, 2, {}, /window of 4 samples has no middle; take 3 or 5/],
    [5, 5, {}, /degree 5 isn't determined by 5 samples; take a degree below 5/],
    [5, -1, {}, /poly is -1/],
    [-3, 1, {}, /window is -3/],
    [2.5, 1, {}, /window is 2.5/],
    [NaN, 1, {}, /window is NaN/],
    [5, NaN, {}, /poly is NaN/],
    [5, 2, { deriv: -1 }, /deriv is -1/],
    [5, 2, { delta: 0 }, /delta is 0/],
    [5, 2, { delta: NaN }, /delta is NaN/],
  ] as const
) {
  Deno.test(`savgolCoeffs(${window}, ${poly}, ${JSON.stringify(options)}) is refused`, () => {
    assert.throws(() => savgolCoeffs(window, poly, options), problem);
  });
}
