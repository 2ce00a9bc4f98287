/**
 * Which rows lie in or touch which intervals of time.
 *
 * All functions take rows as columns of times, `time` ascending, with all times of one call counted from one origin; endtimes need
 * not be in order. Rows are half-open, `[time, endtime)`.
 *
 * - A row is **contained** in a container if `container.time <= time`, `endtime <= container.endtime` and
 *   `time < container.endtime`: a row without length at the container's end is not.
 * - A row **touches** a container with a margin `window` if `time < container.endtime + window`, and `endtime` is behind or `time` at or
 *   behind `container.time - window`. A negative window asks for more than touching.
 *
 * Both relations do not depend on where a stream of rows is cut.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fullyContainedIn, touchingWindows } from "@millrace/core/intervals";
 *
 * const hits = { time: Float64Array.of(1, 4, 8), endtime: Float64Array.of(3, 9, 9) };
 * const peaks = { time: Float64Array.of(0, 7), endtime: Float64Array.of(5, 10) };
 * assert.deepEqual([...fullyContainedIn(hits, peaks)], [0, -1, 1]);
 * assert.deepEqual([...touchingWindows(hits, peaks)], [0, 2, 1, 3]); // hits 0 to 2 touch peak 0, 1 to 3 touch peak 1
 * ```
 * @module
 */
import { lowerBound } from "../chunk/chunk.ts";

/** Rows as columns: starts in ascending order, and ends. A chunk's `columns` are such. */
export interface Intervals {
  /** Starts, ps (offsets), ascending. */
  readonly time: Float64Array;
  /** Ends, ps (offsets from the same origin). */
  readonly endtime: Float64Array;
}

/** Check that there is an end for every start, that none is before it, and that starts ascend. O(rows). */
function check(what: string, { time, endtime }: Intervals): void {
  if (time.length !== endtime.length) {
    throw new RangeError(
      `Cannot compare ${what}: there are ${time.length} times and ${endtime.length} endtimes`,
    );
  }
  for (let i = 0; i < time.length; i++) {
    if (!(endtime[i]! >= time[i]!)) {
      throw new RangeError(
        `Cannot compare ${what}: row ${i} is [${time[i]}, ${endtime[i]}); give endtime >= time`,
      );
    }
    if (i > 0 && time[i]! < time[i - 1]!) {
      throw new RangeError(
        `Cannot compare ${what}: row ${i} starts at ${time[i]}, before row ${i - 1}; sort them by time`,
      );
    }
  }
}

/** The highest endtime of every row and all before it. */
function covers({ endtime }: Intervals): Float64Array {
  const out = new Float64Array(endtime.length);
  let cover = -Infinity;
  for (let i = 0; i < endtime.length; i++) out[i] = cover = Math.max(cover, endtime[i]!);
  return out;
}

/** First index whose value is above `value`, of ascending values. */
function firstAbove(values: Float64Array, value: number): number {
  let from = 0, to = values.length;
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (values[mid]! > value) to = mid;
    else from = mid + 1;
  }
  return from;
}

/**
 * The container that each row is contained in: its number, or -1. Of several, the first by time. O((rows + containers) log containers),
 * more where many containers overlap.
 *
 * @param out Where to write, one number a row; default: a new array.
 * @throws {RangeError} On rows out of order or that end before they start.
 */
export function fullyContainedIn(
  things: Intervals,
  containers: Intervals,
  out: Int32Array = new Int32Array(things.time.length),
): Int32Array {
  check("things", things);
  check("containers", containers);
  const { time, endtime } = containers;
  const cover = covers(containers);
  for (let i = 0; i < things.time.length; i++) {
    const start = things.time[i]!, end = things.endtime[i]!;
    // The first container that can end late enough; none behind the row's start holds it.
    let c = lowerBound(cover, end);
    while (c < time.length && time[c]! <= start && !(endtime[c]! >= end && start < endtime[c]!)) c++;
    out[i] = c < time.length && time[c]! <= start ? c : -1;
  }
  return out;
}

/**
 * For each container, the smallest stretch of rows that holds all that touch it: first row and the one behind the last, one pair after the
 * other. Where rows overlap, some between may not touch it. O(rows + containers log rows).
 *
 * @param window Margin on both sides of a container, ps.
 * @param out Where to write, two numbers a container; default: a new array.
 * @throws {RangeError} On rows out of order or that end before they start, or a window that is no number.
 */
export function touchingWindows(
  things: Intervals,
  containers: Intervals,
  window = 0,
  out: Uint32Array = new Uint32Array(2 * containers.time.length),
): Uint32Array {
  check("things", things);
  check("containers", containers);
  if (!Number.isFinite(window)) {
    throw new RangeError(`Cannot find touching rows: the window is ${window}; give ps`);
  }
  const cover = covers(things);
  for (let c = 0; c < containers.time.length; c++) {
    const from = containers.time[c]! - window, to = containers.endtime[c]! + window;
    const right = lowerBound(things.time, to);
    // The first row that ends behind the start, or starts there: whatever is before it does neither.
    const left = Math.min(firstAbove(cover, from), lowerBound(things.time, from));
    out[2 * c] = Math.min(left, right);
    out[2 * c + 1] = right;
  }
  return out;
}

/** Rows by container: those of container `c` are `rows[offsets[c]] .. rows[offsets[c + 1]]` (end excluded). */
export interface RowsOfContainers {
  /** Row numbers, ascending for each container. */
  readonly rows: Uint32Array;
  /** `containers + 1` positions in `rows`. */
  readonly offsets: Uint32Array;
}

/**
 * Rows by the container that they are contained in; a row in several belongs to the first. Rows that are in none are left out. Complexity
 * as {@linkcode fullyContainedIn}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { splitByContainment } from "@millrace/core/intervals";
 *
 * const hits = { time: Float64Array.of(1, 4, 8), endtime: Float64Array.of(3, 9, 9) };
 * const peaks = { time: Float64Array.of(0, 7), endtime: Float64Array.of(5, 10) };
 * const { rows, offsets } = splitByContainment(hits, peaks);
 * assert.deepEqual([[...rows], [...offsets]], [[0, 2], [0, 1, 2]]);
 * ```
 * @throws {RangeError} On rows out of order or that end before they start.
 */
export function splitByContainment(things: Intervals, containers: Intervals): RowsOfContainers {
  const containerOf = fullyContainedIn(things, containers);
  const offsets = new Uint32Array(containers.time.length + 1);
  for (const c of containerOf) if (c >= 0) offsets[c + 1]!++;
  for (let c = 0; c < containers.time.length; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice(), rows = new Uint32Array(offsets.at(-1)!);
  for (let i = 0; i < containerOf.length; i++) {
    const c = containerOf[i]!;
    if (c >= 0) rows[next[c]!++] = i;
  }
  return { rows, offsets };
}

/**
 * Rows by the containers that they touch; a row that touches several is listed for each. O(rows + containers log rows + pairs listed or
 * looked at).
 *
 * @param window Margin on both sides of a container, ps.
 * @throws {RangeError} On rows out of order or that end before they start, or a window that is no number.
 */
export function splitTouchingWindows(things: Intervals, containers: Intervals, window = 0): RowsOfContainers {
  const windows = touchingWindows(things, containers, window);
  const offsets = new Uint32Array(containers.time.length + 1);
  let room = 0;
  for (let c = 0; c < windows.length; c += 2) room += windows[c + 1]! - windows[c]!;
  const rows = new Uint32Array(room);
  let n = 0;
  for (let c = 0; c < containers.time.length; c++) {
    const from = containers.time[c]! - window;
    for (let i = windows[2 * c]!; i < windows[2 * c + 1]!; i++) {
      if (things.endtime[i]! > from || things.time[i]! >= from) rows[n++] = i;
    }
    offsets[c + 1] = n;
  }
  return { rows: rows.subarray(0, n), offsets };
}

/**
 * The part that two ranges of numbers have in common, as it is counted in each: `[aFrom, aTo, bFrom, bTo]`; all 0 without one. O(1).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { overlapIndices } from "@millrace/core/intervals";
 *
 * assert.deepEqual(overlapIndices(10, 5, 12, 9), [2, 5, 0, 3]); // 12, 13 and 14
 * assert.deepEqual(overlapIndices(0, 3, 3, 3), [0, 0, 0, 0]);
 * ```
 * @param a First number of the first range.
 * @param na Its length.
 * @param b First number of the second range.
 * @param nb Its length.
 * @throws {RangeError} On a negative length.
 */
export function overlapIndices(
  a: number,
  na: number,
  b: number,
  nb: number,
): [aFrom: number, aTo: number, bFrom: number, bTo: number] {
  if (!(na >= 0 && nb >= 0)) {
    throw new RangeError(`Cannot overlap ranges of lengths ${na} and ${nb}; give 0 or more`);
  }
  const from = Math.max(a, b), to = Math.min(a + na, b + nb);
  return to <= from ? [0, 0, 0, 0] : [from - a, to - a, from - b, to - b];
}

/**
 * How long before each row's start the last interval ended, and how long behind its end the next one starts, ps; -1 where there is none. An
 * interval that overlaps the row is neither. O(intervals + rows log intervals).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { timeToPreviousAndNext } from "@millrace/core/intervals";
 *
 * const events = { time: Float64Array.of(5, 20), endtime: Float64Array.of(6, 21) };
 * const vetoes = { time: Float64Array.of(0, 9), endtime: Float64Array.of(2, 12) };
 * const { previous, next } = timeToPreviousAndNext(events, vetoes);
 * assert.deepEqual([[...previous], [...next]], [[3, 8], [3, -1]]);
 * ```
 * @throws {RangeError} On rows out of order or that end before they start.
 */
export function timeToPreviousAndNext(
  things: Intervals,
  intervals: Intervals,
): { previous: Float64Array; next: Float64Array } {
  check("things", things);
  check("intervals", intervals);
  const ends = intervals.endtime.slice().sort();
  const previous = new Float64Array(things.time.length), next = new Float64Array(things.time.length);
  for (let i = 0; i < things.time.length; i++) {
    const time = things.time[i]!, end = things.endtime[i]!;
    const before = firstAbove(ends, time) - 1, after = lowerBound(intervals.time, end);
    previous[i] = before < 0 ? -1 : time - ends[before]!;
    next[i] = after === intervals.time.length ? -1 : intervals.time[after]! - end;
  }
  return { previous, next };
}
