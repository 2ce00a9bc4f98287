/**
 * Widths of peaks at a fraction of their prominence, as `scipy.signal.peak_widths`.
 *
 * The width is measured at `height - relHeight x prominence`. From the peak to both sides, but not beyond its bases, the first
 * sample at or below that height ends it; the crossing is interpolated linearly between that sample and the one before.
 *
 * O(peaks x width), no allocation in {@linkcode peakWidthsInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peakWidths } from "@millrace/plugins-signal/kernels";
 *
 * const x = new Float64Array([0, 0, 4, 8, 4, 0, 0]);
 * const { widths, widthHeights, leftIps, rightIps } = peakWidths(x, new Int32Array([3]), 0.75);
 * assert.deepEqual([widths[0], widthHeights[0], leftIps[0], rightIps[0]], [3, 2, 1.5, 4.5]);
 * ```
 * @module
 */
import { type PeakProminences, peakProminences } from "./peak_prominences.ts";
import type { Samples } from "./samples.ts";

/** Widths of peaks: a value a peak each. */
export interface PeakWidths {
  /** Width, samples. */
  readonly widths: Float64Array;
  /** Height at which it was measured. */
  readonly widthHeights: Float64Array;
  /** Interpolated position where the width starts, samples. */
  readonly leftIps: Float64Array;
  /** Interpolated position where it ends, samples. */
  readonly rightIps: Float64Array;
}

/**
 * Widths of the peaks of a trace.
 *
 * @param x `[n]` the trace.
 * @param peaks `[p]` indices of its peaks.
 * @param relHeight Where the width is measured, from 0 at the peak to 1 at its base.
 * @param prominenceData What {@linkcode peakProminences} gives for the peaks, where it is known.
 * @param wlen Window of the prominences, where they aren't given.
 * @throws {RangeError} On an index outside the trace, bases that don't enclose the peak, or a negative `relHeight`.
 */
export function peakWidths(
  x: Samples,
  peaks: Int32Array,
  relHeight = 0.5,
  prominenceData?: PeakProminences,
  wlen?: number,
): PeakWidths {
  checkRelHeight(relHeight);
  const out = {
    widths: new Float64Array(peaks.length),
    widthHeights: new Float64Array(peaks.length),
    leftIps: new Float64Array(peaks.length),
    rightIps: new Float64Array(peaks.length),
  };
  peakWidthsInto(x, peaks, peaks.length, relHeight, prominenceData ?? peakProminences(x, peaks, wlen), out);
  return out;
}

/** @throws {RangeError} On a negative or no number. */
export function checkRelHeight(relHeight: number): void {
  if (!(relHeight >= 0)) {
    throw new RangeError(
      `Cannot find widths: relHeight is ${relHeight}; it takes 0 (the peak) to 1 (its base)`,
    );
  }
}

/**
 * Widths of the first `count` of `peaks`, written to `out`.
 *
 * @throws {RangeError} On bases that don't enclose the peak or lie outside the trace.
 */
export function peakWidthsInto(
  x: Samples,
  peaks: Int32Array,
  count: number,
  relHeight: number,
  { prominences, leftBases, rightBases }: PeakProminences,
  out: PeakWidths,
): void {
  const { widths, widthHeights, leftIps, rightIps } = out;
  for (let p = 0; p < count; p++) {
    const peak = peaks[p]!, first = leftBases[p]!, last = rightBases[p]!;
    if (!(first >= 0 && first <= peak && peak <= last && last < x.length)) {
      throw new RangeError(
        `Cannot find widths: the bases ${first} and ${last} don't enclose peak ${peak} of a trace of ${x.length} samples`,
      );
    }
    const height = x[peak]! - prominences[p]! * relHeight;
    let i = peak;
    while (i > first && height < x[i]!) i--;
    let left = i;
    if (x[i]! < height) left += (height - x[i]!) / (x[i + 1]! - x[i]!);
    i = peak;
    while (i < last && height < x[i]!) i++;
    let right = i;
    if (x[i]! < height) right -= (height - x[i]!) / (x[i - 1]! - x[i]!);
    widths[p] = right - left;
    widthHeights[p] = height;
    leftIps[p] = left;
    rightIps[p] = right;
  }
}
