/**
 * Coefficients of the Savitzky-Golay filter, as `scipy.signal.savgol_coeffs`.
 *
 * The filter replaces a sample by the value (or a derivative) of the polynomial that fits the samples around it best
 * (Savitzky and Golay, Anal. Chem. 36, 1627, 1964). The value is a weighted sum of the samples; the weights come from
 * polynomials that are orthogonal on the window (Gorry, Anal. Chem. 62, 570, 1990) and are right to 1e-15 for any degree. (SciPy
 * solves for powers of the position: from 51 samples and degree 6 on its own error is 1e-9 and more.)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { savgolCoeffs } from "@millrace/plugins-signal/kernels";
 *
 * const expected = [-3 / 35, 12 / 35, 17 / 35, 12 / 35, -3 / 35];
 * savgolCoeffs(5, 2).forEach((c, i) => assert(Math.abs(c - expected[i]!) < 1e-15));
 * assert.deepEqual([...savgolCoeffs(3, 1, { deriv: 1 })], [0.5, 0, -0.5]); // to be convolved with
 * ```
 * @module
 */
import { checkInteger, checkPositive } from "./_check.ts";

/** Which derivative of the fit is taken. */
export interface SavgolOptions {
  /** Order of the derivative; 0 for the value. Default 0. */
  readonly deriv?: number;
  /** Distance between samples, for derivatives. Default 1. */
  readonly delta?: number;
}

/**
 * `[window]` coefficients in the order of a convolution.
 *
 * @param window Samples that are fitted, odd.
 * @param poly Degree of the polynomial, less than `window`.
 * @throws {TypeError} On what isn't an integer. @throws {RangeError} On an even window, or a degree as high as the window.
 */
export function savgolCoeffs(window: number, poly: number, options: SavgolOptions = {}): Float64Array {
  return savgolWeights(window, poly, (window - 1) / 2, options).reverse();
}

/**
 * `[window]` weights of the samples, from the first to the last, for the fit at sample `at` of the window.
 *
 * @throws {TypeError} On what isn't an integer. @throws {RangeError} On an even window, or a degree as high as the window.
 */
export function savgolWeights(
  window: number,
  poly: number,
  at: number,
  { deriv = 0, delta = 1 }: SavgolOptions = {},
): Float64Array {
  checkSavgol(window, poly, deriv, delta);
  const weights = new Float64Array(window);
  if (deriv > poly) return weights;
  const half = (window - 1) / 2, t = at - half;
  // Monic polynomials orthogonal on -half .. half: p[k + 1] = x p[k] - b[k] p[k - 1].
  let before = new Float64Array(window), current = new Float64Array(window).fill(1);
  // Their derivatives at t: derivatives of x p are x p^(d) + d p^(d - 1).
  let beforeAt = new Float64Array(deriv + 1), currentAt = new Float64Array(deriv + 1);
  currentAt[0] = 1;
  let beforeNorm = 0;
  for (let k = 0; k <= poly; k++) {
    let norm = 0;
    for (const value of current) norm += value * value;
    const factor = currentAt[deriv]! / norm;
    for (let i = 0; i < window; i++) weights[i]! += factor * current[i]!;
    const b = k === 0 ? 0 : norm / beforeNorm;
    const next = current.map((value, i) => (i - half) * value - b * before[i]!);
    const nextAt = currentAt.map((value, d) =>
      t * value + (d > 0 ? d * currentAt[d - 1]! : 0) - b * beforeAt[d]!
    );
    [before, current, beforeAt, currentAt, beforeNorm] = [current, next, currentAt, nextAt, norm];
  }
  const scale = delta ** deriv;
  if (scale !== 1) { for (let i = 0; i < window; i++) weights[i]! /= scale; }
  return weights;
}

function checkSavgol(window: number, poly: number, deriv: number, delta: number): void {
  const action = "make a Savitzky-Golay filter";
  checkInteger(action, "window", window, 1);
  if (window % 2 === 0) {
    throw new RangeError(
      `Cannot ${action}: the window of ${window} samples has no middle; take ${window - 1} or ${window + 1}`,
    );
  }
  checkInteger(action, "poly", poly, 0);
  if (poly >= window) {
    throw new RangeError(
      `Cannot ${action}: a polynomial of degree ${poly} isn't determined by ${window} samples; take a degree below ${window}`,
    );
  }
  checkInteger(action, "deriv", deriv, 0);
  checkPositive(action, "delta", delta);
}
