/**
 * Where given fractions of a pulse's charge are reached.
 *
 * Samples below 0 count as 0. The cumulated sum `q[i] = s[0] + ... + s[i]` is read as a curve through its points and
 * interpolated linearly, as `numpy.interp(f * q[-1], q, arange(n))` does: of a flat stretch the last point counts, and below
 * the first point the position is 0. O(samples + quantiles x log samples), no allocation in {@linkcode integralQuantilesInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { integralQuantiles } from "@millrace/plugins-signal/kernels";
 *
 * const signal = new Float64Array([0, 2, -1, 2, 4, 0]); // cumulated 0 2 2 4 8 8
 * assert.deepEqual([...integralQuantiles(signal, [0.125, 0.25, 0.5, 0.75])], [0.5, 2, 3, 3.5]);
 * ```
 * @module
 */
import { checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/**
 * Positions in samples, one a fraction; NaN for all where the signal has no sample above 0.
 *
 * @param signal `[n]` the signal, with the pulse above 0 (the baseline subtracted, a negative pulse turned over).
 * @param fractions `[q]` fractions of the sum, each from 0 to 1.
 * @throws {RangeError} On a fraction that isn't from 0 to 1.
 */
export function integralQuantiles(signal: Samples, fractions: ArrayLike<number>): Float64Array {
  return integralQuantilesInto(
    signal,
    fractions,
    new Float64Array(fractions.length),
    new Float64Array(signal.length),
  );
}

/**
 * Positions in samples, written to `out`; gives `out`.
 *
 * @param work At least `n` values, overwritten with the cumulated signal.
 * @throws {RangeError} On a fraction that isn't from 0 to 1, `out` of another length or `work` that is too short.
 */
export function integralQuantilesInto<T extends RealSamples>(
  signal: Samples,
  fractions: ArrayLike<number>,
  out: T,
  work: Float64Array,
): T {
  const n = signal.length;
  checkRoom("find quantiles", out, fractions.length);
  if (work.length < n) {
    throw new RangeError(
      `Cannot find quantiles: the work space has ${work.length} values; give one with at least ${n}`,
    );
  }
  let sum = 0;
  for (let i = 0; i < n; i++) {
    // NaN passes, so that a sum that isn't known is seen.
    const sample = signal[i]!;
    work[i] = sum += sample < 0 ? 0 : sample;
  }
  for (let k = 0; k < fractions.length; k++) {
    const fraction = fractions[k]!;
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new RangeError(`Cannot find quantiles: a fraction is ${fraction}; it takes 0 to 1`);
    }
    out[k] = sum > 0 ? position(work, n, fraction * sum) : NaN;
  }
  return out;
}

/** `numpy.interp(charge, cumulated, arange(n))`. */
function position(cumulated: Float64Array, n: number, charge: number): number {
  if (charge < cumulated[0]!) return 0;
  if (charge >= cumulated[n - 1]!) return n - 1;
  let low = 0, high = n - 1; // cumulated[low] <= charge < cumulated[high]
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cumulated[middle]! <= charge) low = middle;
    else high = middle;
  }
  return low + (charge - cumulated[low]!) / (cumulated[low + 1]! - cumulated[low]!);
}
