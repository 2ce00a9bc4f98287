/**
 * The Savitzky-Golay filter of a trace, as `scipy.signal.savgol_filter` with `mode="interp"`.
 *
 * Each sample is replaced by the value of the polynomial that fits the window around it best; the first and last half
 * windows by the polynomials that fit the first and last window. O(samples x window), no allocation in
 * {@linkcode savgolFilterInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { savgolDesign, savgolFilter, savgolFilterInto } from "@millrace/plugins-signal/kernels";
 *
 * // A parabola is what it fits: nothing changes but noise.
 * const x = Int16Array.from({ length: 20 }, (_, k) => k * k);
 * savgolFilter(x, 5, 2).forEach((y, k) => assert(Math.abs(y - k * k) < 1e-9));
 *
 * // Many traces without allocation: the design is made once.
 * const design = savgolDesign(5, 2), out = new Float32Array(20);
 * savgolFilterInto(x, design, out);
 * assert.equal(Math.round(out[7]!), 49);
 * ```
 * @module
 */
import { checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";
import { type SavgolOptions, savgolWeights } from "./savgol_coeffs.ts";

/** How {@linkcode savgolFilter} treats the ends of the trace, and which derivative it gives. */
export interface SavgolFilterOptions extends SavgolOptions {
  /** At the ends: the polynomials of the first and last window. The only mode there is. */
  readonly mode?: "interp";
}

/** A Savitzky-Golay filter with all its weights. */
export interface SavgolDesign {
  /** Samples that are fitted, odd. */
  readonly window: number;
  /** Degree of the polynomial. */
  readonly poly: number;
  /** Order of the derivative. */
  readonly deriv: number;
  /** `[window x window]` row `i` holds the weights of the samples for the fit at sample `i` of the window. */
  readonly weights: Float64Array;
}

/**
 * Weights of a filter, made once for many traces.
 *
 * @throws {TypeError} On what isn't an integer. @throws {RangeError} On an even window, or a degree as high as the window.
 */
export function savgolDesign(window: number, poly: number, options: SavgolOptions = {}): SavgolDesign {
  const rows = Array.from(
    { length: Math.max(1, window) },
    (_, at) => savgolWeights(window, poly, at, options),
  );
  const weights = new Float64Array(window * window);
  rows.forEach((row, at) => weights.set(row, at * window));
  return { window, poly, deriv: options.deriv ?? 0, weights };
}

/**
 * The filtered trace.
 *
 * @param x `[n]` the trace.
 * @param window Samples that are fitted: odd, at most `n`.
 * @param poly Degree of the polynomial, less than `window`.
 * @throws {TypeError} On another mode, or what isn't an integer.
 * @throws {RangeError} On an even window, one longer than the trace, or a degree as high as the window.
 */
export function savgolFilter(
  x: Samples,
  window: number,
  poly: number,
  options: SavgolFilterOptions = {},
): Float64Array {
  const { mode = "interp" } = options;
  if (mode !== "interp") {
    throw new TypeError(
      `Cannot filter with mode "${mode}": ends are fitted by the polynomials of the first and last window; leave mode out`,
    );
  }
  return savgolFilterInto(x, savgolDesign(window, poly, options), new Float64Array(x.length));
}

/**
 * The filtered trace, written to `out`; gives `out`.
 *
 * @param out `[n]` not `x` itself.
 * @throws {RangeError} If the trace is shorter than the window, or `out` has another length.
 */
export function savgolFilterInto<T extends RealSamples>(x: Samples, design: SavgolDesign, out: T): T {
  const { window, weights } = design;
  const n = x.length, half = (window - 1) / 2;
  if (n < window) {
    throw new RangeError(
      `Cannot filter a trace of ${n} samples with a window of ${window}; take a window of at most ${n}`,
    );
  }
  checkRoom("filter", out, n);
  for (let i = 0; i < half; i++) {
    out[i] = weighted(x, 0, weights, i * window, window);
    out[n - half + i] = weighted(x, n - window, weights, (half + 1 + i) * window, window);
  }
  for (let i = half; i < n - half; i++) out[i] = weighted(x, i - half, weights, half * window, window);
  return out;
}

function weighted(x: Samples, at: number, weights: Float64Array, row: number, window: number): number {
  let sum = 0;
  for (let j = 0; j < window; j++) sum += weights[row + j]! * x[at + j]!;
  return sum;
}
