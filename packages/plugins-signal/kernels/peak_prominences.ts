/**
 * How far peaks stand out from what surrounds them, as `scipy.signal.peak_prominences`.
 *
 * From a peak a line is drawn to both sides up to the first sample above the peak (or the end of the trace, or of the
 * window). The lowest sample on each side is a base, of several the one nearest to the peak; the prominence is the height
 * above the higher base.
 *
 * O(peaks x distance to the next higher sample), no allocation in {@linkcode peakProminencesInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peakProminences } from "@millrace/plugins-signal/kernels";
 *
 * const x = new Float64Array([0, 5, 3, 4, 1, 9]);
 * const { prominences, leftBases, rightBases } = peakProminences(x, new Int32Array([1, 3]));
 * assert.deepEqual([...prominences], [4, 1]); // 5 above 1 (at 4); 4 above 3 (at 2)
 * assert.deepEqual([...leftBases], [0, 2]);
 * assert.deepEqual([...rightBases], [4, 4]);
 * ```
 * @module
 */
import type { Samples } from "./samples.ts";

/** Prominences of peaks: a value a peak each. */
export interface PeakProminences {
  /** Height above the higher base; 0 where the sample is no peak. */
  readonly prominences: Float64Array;
  /** Index of the lowest sample on the left. */
  readonly leftBases: Int32Array;
  /** Index of the lowest sample on the right. */
  readonly rightBases: Int32Array;
}

/**
 * Prominences of the peaks of a trace.
 *
 * @param x `[n]` the trace.
 * @param peaks `[p]` indices of its peaks.
 * @param wlen Samples of the window around each peak that is looked at, rounded up to an odd integer; default: all.
 * @throws {RangeError} On an index outside the trace, or a window of 1 or less.
 */
export function peakProminences(x: Samples, peaks: Int32Array, wlen?: number): PeakProminences {
  const out = {
    prominences: new Float64Array(peaks.length),
    leftBases: new Int32Array(peaks.length),
    rightBases: new Int32Array(peaks.length),
  };
  peakProminencesInto(x, peaks, peaks.length, halfWindow(wlen), out);
  return out;
}

/** Samples on either side that belong to the window `wlen`. @throws {RangeError} On a window of 1 or less. */
export function halfWindow(wlen: number | null | undefined): number {
  if (wlen === undefined || wlen === null) return Infinity;
  if (!(wlen > 1)) {
    throw new RangeError(
      `Cannot find prominences: wlen is ${wlen}; it takes more than 1 sample, or leave it out`,
    );
  }
  return Math.floor(Math.ceil(wlen) / 2);
}

/**
 * Prominences of the first `count` of `peaks`, written to `out`.
 *
 * @param half Samples on either side of a peak that are looked at, see {@linkcode halfWindow}; `Infinity` for all.
 * @throws {RangeError} On an index outside the trace.
 */
export function peakProminencesInto(
  x: Samples,
  peaks: Int32Array,
  count: number,
  half: number,
  out: PeakProminences,
): void {
  const { prominences, leftBases, rightBases } = out;
  for (let p = 0; p < count; p++) {
    const peak = peaks[p]!;
    if (!(peak >= 0 && peak < x.length)) {
      throw new RangeError(
        `Cannot find prominences: peak ${peak} is outside the trace of ${x.length} samples`,
      );
    }
    const from = peak - half > 0 ? peak - half : 0;
    const to = peak + half < x.length ? peak + half : x.length - 1;
    const top = x[peak]!;
    let left = top, leftBase = peak;
    for (let i = peak; i >= from && x[i]! <= top; i--) {
      if (x[i]! < left) {
        left = x[i]!;
        leftBase = i;
      }
    }
    let right = top, rightBase = peak;
    for (let i = peak; i <= to && x[i]! <= top; i++) {
      if (x[i]! < right) {
        right = x[i]!;
        rightBase = i;
      }
    }
    prominences[p] = top - (left > right ? left : right);
    leftBases[p] = leftBase;
    rightBases[p] = rightBase;
  }
}
