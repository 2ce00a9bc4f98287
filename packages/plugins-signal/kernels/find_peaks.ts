/**
 * Peaks of a trace by height, distance, prominence and width, with the semantics of `scipy.signal.find_peaks` 1.10.
 *
 * Peaks are local maxima, of a flat top its middle sample. Conditions drop them in scipy's order: `plateauSize`, `height`,
 * `threshold`, `distance`, `prominence`, `width`; later ones see only what is left. The indices are those of scipy, also where
 * `distance` has to choose among equally high peaks. NaN compares with nothing: beside it there is no peak.
 *
 * O(samples), and for prominences and widths O(peaks x distance to the next higher sample). With a lowest `prominence` above 0
 * (one number, no `wlen`, a `distance` of at most 2) only the maxima that reach it are looked at.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findPeaks, findPeaksInto, peakConditions, peakRoom } from "@millrace/plugins-signal/kernels";
 *
 * const x = new Float64Array([0, 1, 0, 4, 4, 1, 2, 0]);
 * const { peaks, prominences, leftBases } = findPeaks(x, { prominence: 2 });
 * assert.deepEqual([...peaks], [3]);
 * assert.deepEqual([...prominences!], [4]);
 * assert.deepEqual([...leftBases!], [2]);
 *
 * // Many traces without allocation: conditions and room are made once.
 * const conditions = peakConditions({ height: [null, 3] }), room = peakRoom(x.length);
 * assert.equal(findPeaksInto(x, conditions, room), 2);
 * assert.deepEqual([...room.peaks.subarray(0, 2)], [1, 6]);
 * ```
 * @module
 */
import { argsort } from "./_argsort.ts";
import { localMaxima } from "./_local_maxima.ts";
import { prominentMaxima } from "./_prominent_maxima.ts";
import {
  type FindPeaksOptions,
  type PeakConditions,
  peakConditions,
  type PropertyLimits,
} from "./peak_conditions.ts";
import { peakProminencesInto } from "./peak_prominences.ts";
import { mostPeaks, type PeakRoom, peakRoom } from "./peak_room.ts";
import { peakWidthsInto } from "./peak_widths.ts";
import type { Samples } from "./samples.ts";

/** Peaks in order, and the properties that the options ask for: a value a peak each. */
export interface Peaks {
  /** Index of the peak. */
  peaks: Int32Array;
  /** With `plateauSize`: samples of the flat top. */
  plateauSizes?: Int32Array;
  /** With `plateauSize`: its first sample. */
  leftEdges?: Int32Array;
  /** With `plateauSize`: its last sample. */
  rightEdges?: Int32Array;
  /** With `height`: height of the peak. */
  peakHeights?: Float64Array;
  /** With `threshold`: height above the sample before. */
  leftThresholds?: Float64Array;
  /** With `threshold`: height above the sample behind. */
  rightThresholds?: Float64Array;
  /** With `prominence` or `width`: prominence. */
  prominences?: Float64Array;
  /** With `prominence` or `width`: index of the left base. */
  leftBases?: Int32Array;
  /** With `prominence` or `width`: index of the right base. */
  rightBases?: Int32Array;
  /** With `width`: width, samples. */
  widths?: Float64Array;
  /** With `width`: height at which it was measured. */
  widthHeights?: Float64Array;
  /** With `width`: interpolated position of its start, samples. */
  leftIps?: Float64Array;
  /** With `width`: interpolated position of its end, samples. */
  rightIps?: Float64Array;
}

/**
 * The peaks of a trace, with the properties that scipy gives for the same options.
 *
 * @param x `[n]` the trace.
 * @throws {RangeError} On options out of range, or limits per sample of another length than the trace.
 */
export function findPeaks(x: Samples, options: FindPeaksOptions = {}): Peaks {
  const conditions = peakConditions(options), room = peakRoom(x.length);
  const n = findPeaksInto(x, conditions, room);
  const found: Peaks = { peaks: room.peaks.slice(0, n) };
  if (conditions.plateauSize) {
    found.plateauSizes = room.plateauSizes.slice(0, n);
    found.leftEdges = room.leftEdges.slice(0, n);
    found.rightEdges = room.rightEdges.slice(0, n);
  }
  if (conditions.height) found.peakHeights = room.peakHeights.slice(0, n);
  if (conditions.threshold) {
    found.leftThresholds = room.leftThresholds.slice(0, n);
    found.rightThresholds = room.rightThresholds.slice(0, n);
  }
  if (conditions.prominence || conditions.width) {
    found.prominences = room.prominences.slice(0, n);
    found.leftBases = room.leftBases.slice(0, n);
    found.rightBases = room.rightBases.slice(0, n);
  }
  if (conditions.width) {
    found.widths = room.widths.slice(0, n);
    found.widthHeights = room.widthHeights.slice(0, n);
    found.leftIps = room.leftIps.slice(0, n);
    found.rightIps = room.rightIps.slice(0, n);
  }
  return found;
}

/**
 * The peaks of a trace, written to `room`; gives their number. Only the columns that the conditions ask for are written.
 *
 * @throws {RangeError} If the room is too small, or limits per sample have another length than the trace.
 */
export function findPeaksInto(x: Samples, conditions: PeakConditions, room: PeakRoom): number {
  const { plateauSize, height, threshold, distance, prominence, width } = conditions;
  if (room.peaks.length < mostPeaks(x.length)) {
    throw new RangeError(
      `Cannot find peaks: a trace of ${x.length} samples may have ${
        mostPeaks(x.length)
      } peaks and there is room for ${room.peaks.length}; use peakRoom(${x.length})`,
    );
  }
  const { peaks, keep } = room;
  const least = searchesProminent(conditions) ? prominence!.min : 0;
  let n = least > 0
    ? prominentMaxima(x, least, room)
    : localMaxima(x, peaks, room.leftEdges, room.rightEdges);
  // Prominences that are known already move with the peaks.
  const isKnown = least > 0 && n >= 0, filled = isKnown ? PROMINENCE : 0;
  if (n < 0) n = -n - 1;
  if (plateauSize) {
    for (let p = 0; p < n; p++) room.plateauSizes[p] = room.rightEdges[p]! - room.leftEdges[p]! + 1;
    within(x, room.plateauSizes, plateauSize, peaks, n, keep);
    n = compact(room, n, filled || PLATEAU);
  }
  if (height) {
    for (let p = 0; p < n; p++) room.peakHeights[p] = x[peaks[p]!]!;
    within(x, room.peakHeights, height, peaks, n, keep);
    n = compact(room, n, filled || HEIGHT);
  }
  if (threshold) {
    withinSteps(x, threshold, room, n);
    n = compact(room, n, filled || THRESHOLD);
  }
  if (distance > 0) {
    apart(x, distance, room, n);
    n = compact(room, n, filled || THRESHOLD);
  }
  if ((prominence || width) && !isKnown) peakProminencesInto(x, peaks, n, conditions.half, room);
  if (prominence) {
    within(x, room.prominences, prominence, peaks, n, keep);
    n = compact(room, n, PROMINENCE);
  }
  if (width) {
    peakWidthsInto(x, peaks, n, conditions.relHeight, room, room);
    within(x, room.widths, width, peaks, n, keep);
    n = compact(room, n, WIDTH);
  }
  return n;
}

/**
 * Whether maxima of too low a prominence may be left out from the start: where the prominence is that of the whole trace, and no
 * peak is dropped because of another one (two maxima are always 2 samples apart).
 */
function searchesProminent({ prominence, half, distance }: PeakConditions): boolean {
  return prominence !== undefined && prominence.mins === undefined && half === Infinity && distance <= 2;
}

/** Mark the peaks whose property is within the limits. */
function within(
  x: Samples,
  property: Float64Array | Int32Array,
  limits: PropertyLimits,
  peaks: Int32Array,
  n: number,
  keep: Uint8Array,
): void {
  const { min, max, mins, maxs } = limits;
  checkLength(x, mins);
  checkLength(x, maxs);
  for (let p = 0; p < n; p++) {
    const low = mins ? mins[peaks[p]!]! : min, high = maxs ? maxs[peaks[p]!]! : max;
    keep[p] = low <= property[p]! && property[p]! <= high ? 1 : 0;
  }
}

function checkLength(x: Samples, given: Float64Array | undefined): void {
  if (given === undefined || given.length === x.length) return;
  throw new RangeError(
    `Cannot find peaks: there are limits for ${given.length} samples and the trace has ${x.length}`,
  );
}

function withinSteps(x: Samples, { min, max, mins, maxs }: PropertyLimits, room: PeakRoom, n: number): void {
  const { peaks, leftThresholds, rightThresholds, keep } = room;
  checkLength(x, mins);
  checkLength(x, maxs);
  for (let p = 0; p < n; p++) {
    const peak = peaks[p]!;
    const left = x[peak]! - x[peak - 1]!, right = x[peak]! - x[peak + 1]!;
    leftThresholds[p] = left;
    rightThresholds[p] = right;
    const low = mins ? mins[peak]! : min, high = maxs ? maxs[peak]! : max;
    keep[p] = low <= (left < right ? left : right) && (left < right ? right : left) <= high ? 1 : 0;
  }
}

/** From the highest peak to the lowest: each one that is left drops those that are too near. */
function apart(x: Samples, distance: number, { peaks, heights, order, keep }: PeakRoom, n: number): void {
  for (let p = 0; p < n; p++) {
    heights[p] = x[peaks[p]!]!;
    keep[p] = 1;
  }
  argsort(heights, n, order);
  for (let i = n - 1; i >= 0; i--) {
    const p = order[i]!;
    if (keep[p] === 0) continue;
    for (let k = p - 1; k >= 0 && peaks[p]! - peaks[k]! < distance; k--) keep[k] = 0;
    for (let k = p + 1; k < n && peaks[k]! - peaks[p]! < distance; k++) keep[k] = 0;
  }
}

// How many of the columns, in the order of the steps, hold something.
const PLATEAU = 4, HEIGHT = 5, THRESHOLD = 7, PROMINENCE = 10, WIDTH = 14;

/** Move the kept peaks together in the first `filled` columns; gives their number. */
function compact(room: PeakRoom, n: number, filled: number): number {
  const { keep, columns } = room;
  let first = 0;
  while (first < n && keep[first] === 1) first++;
  if (first === n) return n;
  let to = first;
  for (let c = 0; c < filled; c++) {
    const column = columns[c]!;
    to = first;
    for (let p = first; p < n; p++) if (keep[p] === 1) column[to++] = column[p]!;
  }
  return to;
}
