/**
 * Stretches of a signal at or above a threshold, several in a trace.
 *
 * A hit is a longest run of samples with `signal >= threshold`; it ends with the trace. (For records of unsigned samples with
 * baseline and polarity, see `findThresholdHits`.) O(samples), no allocation in {@linkcode findHitsInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findHits } from "@millrace/plugins-signal/kernels";
 *
 * const { starts, ends, peaks, heights, integrals } = findHits(new Float64Array([0, 3, 5, 0, 4]), 3);
 * assert.deepEqual([[...starts], [...ends], [...peaks]], [[1, 4], [3, 5], [2, 4]]);
 * assert.deepEqual([[...heights], [...integrals]], [[5, 4], [8, 4]]);
 * ```
 * @module
 */
import type { Samples } from "./samples.ts";

/** Hits in order: a value a hit each. */
export interface Hits {
  /** First sample. */
  readonly starts: Int32Array;
  /** Sample behind the last. */
  readonly ends: Int32Array;
  /** Highest sample, the first of several. */
  readonly peaks: Int32Array;
  /** Signal of the highest sample. */
  readonly heights: Float64Array;
  /** Sum of the samples. */
  readonly integrals: Float64Array;
}

/** Room for the hits of traces of up to `samples` samples. */
export function hitRoom(samples: number): Hits {
  const n = (samples + 1) >>> 1;
  return {
    starts: new Int32Array(n),
    ends: new Int32Array(n),
    peaks: new Int32Array(n),
    heights: new Float64Array(n),
    integrals: new Float64Array(n),
  };
}

/**
 * The hits of a signal.
 *
 * @param signal `[n]` the signal, with pulses above 0.
 * @param threshold Lowest signal of a hit's samples.
 * @throws {RangeError} If the threshold is NaN.
 */
export function findHits(signal: Samples, threshold: number): Hits {
  const room = hitRoom(signal.length), n = findHitsInto(signal, threshold, room);
  return {
    starts: room.starts.slice(0, n),
    ends: room.ends.slice(0, n),
    peaks: room.peaks.slice(0, n),
    heights: room.heights.slice(0, n),
    integrals: room.integrals.slice(0, n),
  };
}

/**
 * The hits of a signal, written to `out`; gives their number.
 *
 * @throws {RangeError} If the threshold is NaN, or `out` has no room for a hit every other sample ({@linkcode hitRoom}).
 */
export function findHitsInto(signal: Samples, threshold: number, out: Hits): number {
  const n = signal.length;
  if (threshold !== threshold) throw new RangeError("Cannot find hits: the threshold is NaN; give a number");
  if (out.starts.length < (n + 1) >>> 1) {
    throw new RangeError(
      `Cannot find hits: a trace of ${n} samples may have ${
        (n + 1) >>> 1
      } and there is room for ${out.starts.length}; use hitRoom(${n})`,
    );
  }
  let found = 0;
  for (let i = 0; i < n; i++) {
    if (!(signal[i]! >= threshold)) continue;
    const start = i;
    let height = -Infinity, peak = i, sum = 0;
    for (; i < n && signal[i]! >= threshold; i++) {
      const sample = signal[i]!;
      sum += sample;
      if (sample > height) {
        height = sample;
        peak = i;
      }
    }
    out.starts[found] = start;
    out.ends[found] = i;
    out.peaks[found] = peak;
    out.heights[found] = height;
    out.integrals[found++] = sum;
  }
  return found;
}
