/**
 * Baseline, extremes and area of a trace.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { baseline, basicFeatures } from "@millrace/plugins-signal/kernels";
 *
 * const x = new Int16Array([10, 12, 3, 11, 14]);
 * assert.equal(baseline(x, 2), 11);
 * const { rms, min, argmin, max, argmax, area } = basicFeatures(x, { baseline: 2 });
 * assert.deepEqual([rms, min, argmin, max, argmax, area], [1, 3, 2, 14, 4, 5]);
 * ```
 * @module
 */
import type { Samples } from "./samples.ts";

/** Features of a trace; in ADC counts where nothing else is said. */
export interface TraceFeatures {
  /** Mean of the first samples. */
  baseline: number;
  /** Standard deviation of the first samples (divided by their number, as `numpy.std`). */
  rms: number;
  /** Lowest sample. */
  min: number;
  /** Highest sample. */
  max: number;
  /** Index of the lowest sample, the first of several. */
  argmin: number;
  /** Index of the highest sample, the first of several. */
  argmax: number;
  /** Sum of `baseline - sample` over the trace, ADC counts x samples: positive for a negative pulse. */
  area: number;
}

/** Options of {@linkcode basicFeatures}. */
export interface TraceFeatureOptions {
  /** Samples at the start that are the baseline. Default 40. */
  readonly baseline?: number;
}

/**
 * The mean of the first `n` samples, or of all if there are fewer; NaN where there is none. Integers are summed exactly. O(n).
 *
 * @throws {RangeError} If `n` isn't at least 1.
 */
export function baseline(x: Samples, n: number): number {
  if (!(n >= 1)) throw new RangeError(`Cannot find a baseline of ${n} samples; it takes at least 1`);
  const end = Math.min(Math.floor(n), x.length);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += x[i]!;
  return end > 0 ? sum / end : NaN;
}

/**
 * Features of a trace, written to `out` where that is given. NaN counts for baseline and area, and is neither lowest nor
 * highest; a trace without samples has NaN for all but the area (0) and the indices (-1). O(samples).
 *
 * @throws {RangeError} If the baseline isn't of at least 1 sample.
 */
export function basicFeatures(
  x: Samples,
  options: TraceFeatureOptions = {},
  out: TraceFeatures = { baseline: 0, rms: 0, min: 0, max: 0, argmin: 0, argmax: 0, area: 0 },
): TraceFeatures {
  const { baseline: samples = 40 } = options;
  const level = baseline(x, samples), end = Math.min(Math.floor(samples), x.length);
  let squares = 0;
  for (let i = 0; i < end; i++) squares += (x[i]! - level) ** 2;
  let low = Infinity, high = -Infinity, argmin = -1, argmax = -1, area = 0;
  for (let i = 0; i < x.length; i++) {
    const sample = x[i]!;
    if (sample < low) {
      low = sample;
      argmin = i;
    }
    if (sample > high) {
      high = sample;
      argmax = i;
    }
    area += level - sample;
  }
  out.baseline = level;
  out.rms = end > 0 ? Math.sqrt(squares / end) : NaN;
  out.min = argmin < 0 ? NaN : low;
  out.max = argmax < 0 ? NaN : high;
  out.argmin = argmin;
  out.argmax = argmax;
  out.area = area;
  return out;
}
