/**
 * Room for the peaks of a trace, to be used again and again.
 * @module
 */
import { type Zigzag, zigzagRoom } from "./_prominent_maxima.ts";
import type { PeakProminences } from "./peak_prominences.ts";
import type { PeakWidths } from "./peak_widths.ts";

export type { Zigzag } from "./_prominent_maxima.ts";

/** Columns that {@linkcode findPeaksInto} writes: a value a peak each, named as in its result. */
export interface PeakRoom extends PeakProminences, PeakWidths {
  /** Index of the peak. */
  readonly peaks: Int32Array;
  /** Samples of the flat top. */
  readonly plateauSizes: Int32Array;
  /** First sample of the flat top. */
  readonly leftEdges: Int32Array;
  /** Last sample of the flat top. */
  readonly rightEdges: Int32Array;
  /** Height of the peak. */
  readonly peakHeights: Float64Array;
  /** Height above the sample before. */
  readonly leftThresholds: Float64Array;
  /** Height above the sample behind. */
  readonly rightThresholds: Float64Array;
  /** All of these columns in the order in which the conditions fill them. */
  readonly columns: readonly (Int32Array | Float64Array)[];
  /** Which peaks stay. */
  readonly keep: Uint8Array;
  /** Heights while peaks are put apart. */
  readonly heights: Float64Array;
  /** Peaks from the lowest to the highest. */
  readonly order: Int32Array;
  /** Ways up and down of the trace. */
  readonly zigzag: Zigzag;
}

/** Most peaks that a trace of `samples` samples can have. */
export function mostPeaks(samples: number): number {
  return samples > 2 ? (samples - 1) >> 1 : 0;
}

/** Room for the peaks of traces of up to `samples` samples. */
export function peakRoom(samples: number): PeakRoom {
  const n = mostPeaks(samples);
  const ints = () => new Int32Array(n), reals = () => new Float64Array(n);
  const room = {
    peaks: ints(),
    plateauSizes: ints(),
    leftEdges: ints(),
    rightEdges: ints(),
    peakHeights: reals(),
    leftThresholds: reals(),
    rightThresholds: reals(),
    prominences: reals(),
    leftBases: ints(),
    rightBases: ints(),
    widths: reals(),
    widthHeights: reals(),
    leftIps: reals(),
    rightIps: reals(),
  };
  return {
    ...room,
    columns: Object.values(room),
    keep: new Uint8Array(n),
    heights: reals(),
    order: ints(),
    zigzag: zigzagRoom(n),
  };
}
