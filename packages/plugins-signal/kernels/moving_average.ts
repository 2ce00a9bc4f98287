/**
 * The mean of the samples around each sample.
 *
 * The window is centred; at the ends only the samples that are there count. O(samples), no allocation in
 * {@linkcode movingAverageInto}. The sum is carried from window to window: exact for integers, and for other samples rounded
 * to about `samples x 1e-16` of the largest one. A sample that isn't finite spoils all behind it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { movingAverage } from "@millrace/plugins-signal/kernels";
 *
 * assert.deepEqual([...movingAverage(new Int16Array([0, 6, 0, 0, 9]), 3)], [3, 2, 2, 3, 4.5]);
 * ```
 * @module
 */
import { checkInteger, checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/**
 * The smoothed trace.
 *
 * @param x `[n]` the trace.
 * @param window Samples of the window, odd; it may be longer than the trace.
 * @throws {TypeError} On what isn't an integer. @throws {RangeError} On an even window or one below 1.
 */
export function movingAverage(x: Samples, window: number): Float64Array {
  return movingAverageInto(x, window, new Float64Array(x.length));
}

/**
 * The smoothed trace, written to `out`; gives `out`.
 *
 * @param out `[n]` not `x` itself.
 * @throws {TypeError} On what isn't an integer. @throws {RangeError} On an even window, or `out` of another length.
 */
export function movingAverageInto<T extends RealSamples>(x: Samples, window: number, out: T): T {
  checkInteger("average", "window", window, 1);
  if (window % 2 === 0) {
    throw new RangeError(
      `Cannot average: the window of ${window} samples has no middle; take ${window - 1} or ${window + 1}`,
    );
  }
  checkRoom("average", out, x.length);
  const n = x.length, half = (window - 1) / 2;
  let sum = 0, count = 0;
  for (let i = 0; i < half && i < n; i++) {
    sum += x[i]!;
    count++;
  }
  for (let i = 0; i < n; i++) {
    if (i + half < n) {
      sum += x[i + half]!;
      count++;
    }
    if (i > half) {
      sum -= x[i - half - 1]!;
      count--;
    }
    out[i] = sum / count;
  }
  return out;
}
