/**
 * Groups of rows with no gap between them.
 *
 * Complexity: O(rows).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clusterStarts } from "@millrace/core/clusters";
 *
 * const time = Float64Array.of(0, 1, 9, 30), endtime = Float64Array.of(8, 2, 12, 31);
 * assert.deepEqual(clusterStarts(time, endtime, { gap: 5 }), Uint32Array.of(0, 3)); // 9 is 1 behind the first row's end
 * ```
 * @module
 */

/** What makes a new cluster. */
export interface ClusterOptions {
  /** Least distance, ps, from the end of all rows of a cluster to the next row that opens another one. */
  readonly gap: number;
  /** A row at or behind the cluster's first time + `maxSpan` (ps) opens another one, without a gap. Default `Infinity`. */
  readonly maxSpan?: number;
}

/**
 * Numbers of the rows that open a cluster; the first row does.
 *
 * A row opens one if `time - cover >= gap`, where `cover` is the highest endtime of the cluster so far, or if
 * `time >= first time of the cluster + maxSpan`. Rows at equal times are never separated.
 *
 * The gap is `>=`; for clusters that only a distance above `x` divides, use `gap: x + 1`.
 *
 * @param time Starts in time order, ps (offsets).
 * @param endtime Ends, ps (offsets from the same origin); `time` itself for rows without length.
 * @throws {RangeError} On a `gap` below 0, a `maxSpan` that is not above 0, or arrays of different lengths.
 */
export function clusterStarts(
  time: Float64Array,
  endtime: Float64Array,
  options: ClusterOptions,
): Uint32Array {
  const { gap, maxSpan = Infinity } = options;
  if (!(gap >= 0)) throw new RangeError(`Cannot cluster rows: gap is ${gap} ps; give 0 or more`);
  if (!(maxSpan > 0)) throw new RangeError(`Cannot cluster rows: maxSpan is ${maxSpan} ps; give more than 0`);
  if (time.length !== endtime.length) {
    throw new RangeError(
      `Cannot cluster rows: there are ${time.length} times and ${endtime.length} endtimes`,
    );
  }
  const n = time.length;
  const starts = new Uint32Array(n);
  let count = 0;
  let previous = -Infinity, cover = -Infinity, limit = -Infinity;
  for (let i = 0; i < n; i++) {
    const start = time[i]!, end = endtime[i]!;
    if (start > previous && (start - cover >= gap || start >= limit)) {
      starts[count++] = i;
      cover = end;
      limit = start + maxSpan;
    } else if (end > cover) cover = end;
    previous = start;
  }
  return starts.slice(0, count);
}
