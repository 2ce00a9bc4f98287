/**
 * Stretches of a record at or beyond a threshold.
 *
 * With `s = baseline - sample` for negative pulses and `sample - baseline` for positive ones, a hit is a longest run of
 * samples with `s >= threshold`. Its window is the run with so many samples more on both sides, within the record; height,
 * position and integral are those of the window.
 *
 * As samples are integers, `s >= threshold` is one comparison of integers: the limit is found once a record, and positive
 * pulses are turned over by `sample ^ 65535`. The comparison is exactly that of the formula in double precision. Integrals
 * are sums of integers with one multiplication by the baseline. O(samples), no allocation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { findThresholdHits, type ThresholdHits } from "@millrace/plugins-signal/kernels/find-threshold-hits";
 *
 * const out: ThresholdHits = {
 *   edge_start: new Int32Array(4),
 *   edge_end: new Int32Array(4),
 *   position: new Int32Array(4),
 *   height: new Float32Array(4),
 *   integral: new Float32Array(4),
 * };
 * const wave = new Uint16Array([100, 101, 80, 60, 99, 100]);
 * const hits = findThresholdHits(wave, 0, 6, 100, -1, { threshold: 10, left: 1, right: 1, truncate: false }, out, 0);
 * assert.equal(hits, 1);
 * assert.deepEqual([out.edge_start[0], out.edge_end[0], out.position[0]], [1, 5, 3]);
 * assert.deepEqual([out.height[0], out.integral[0]], [40, 20 + 40 + 1]);
 * ```
 * @module
 */

/** Where {@linkcode findThresholdHits} writes: a value a hit each. */
export interface ThresholdHits {
  /** First sample of the window, from the record's first on. */
  readonly edge_start: Int32Array;
  /** Sample behind the window. */
  readonly edge_end: Int32Array;
  /** Sample with the highest `s` of the window, the first of several. */
  readonly position: Int32Array;
  /** The highest `s` of the window, ADC counts. */
  readonly height: Float32Array;
  /** Sum of all `s` above 0 in the window, ADC counts x samples. */
  readonly integral: Float32Array;
}

/** What is a hit, and how far its window reaches. */
export interface HitWindow {
  /** Lowest `s` of a hit's samples, ADC counts, at least 0. */
  readonly threshold: number;
  /** Samples before the run that belong to the window. */
  readonly left: number;
  /** Samples behind the run that belong to the window. */
  readonly right: number;
  /** Whether windows of neighbouring hits are cut so that they share no sample: the earlier one has the samples between. */
  readonly truncate: boolean;
}

/** Most hits that a record of `length` samples can have. */
export function mostHits(length: number): number {
  return (length + 1) >>> 1;
}

/**
 * The hits of one record, in order, written to `out` from row `at` on, where there must be room for
 * {@linkcode mostHits} of the record. Gives their number. Without a baseline (NaN) there are none.
 *
 * @param values Samples, ADC counts.
 * @param first Index of the record's first sample in `values`.
 * @param end Index behind its last sample.
 * @param baseline Baseline, ADC counts.
 * @param polarity Below 0 for negative pulses, above for positive ones.
 */
export function findThresholdHits(
  values: Uint16Array,
  first: number,
  end: number,
  baseline: number,
  polarity: number,
  window: HitWindow,
  out: ThresholdHits,
  at: number,
): number {
  const negative = polarity < 0;
  const { left, right, truncate } = window;
  // Turned samples are low where s is high: s >= threshold where turned <= limit.
  const turn = negative ? 0 : 65535;
  const limit = turnedLimit(baseline, negative, window.threshold);
  let row = at;
  let before = first; // end of the window before, where windows may not overlap
  for (let k = first; k < end;) {
    if ((values[k]! ^ turn) > limit) {
      k++;
      continue;
    }
    const start = k;
    do k++; while (k < end && (values[k]! ^ turn) <= limit);
    let a = start - left, b = k + right;
    if (a < before) a = before;
    if (b > end) b = end;
    if (truncate) {
      let next = k;
      while (next < b && (values[next]! ^ turn) > limit) next++;
      before = b = next;
    }
    out.edge_start[row] = a - first;
    out.edge_end[row] = b - first;
    out.position[row] = measure(values, a, b, baseline, negative, turn, out, row) - first;
    row++;
  }
  return row - at;
}

/** Height and integral of the samples `a` to `b`; gives the position (in `values`). */
function measure(
  values: Uint16Array,
  a: number,
  b: number,
  baseline: number,
  negative: boolean,
  turn: number,
  out: ThresholdHits,
  row: number,
): number {
  const zero = zeroLimit(baseline, negative);
  let best = 65536, position = a, count = 0, sum = 0;
  for (let k = a; k < b; k++) {
    const turned = values[k]! ^ turn;
    if (turned < best) {
      best = turned;
      position = k;
    }
    if (turned <= zero) {
      count++;
      sum += turned;
    }
  }
  const top = best ^ turn;
  const samples = negative ? sum : count * 65535 - sum;
  out.height[row] = negative ? baseline - top : top - baseline;
  out.integral[row] = negative ? count * baseline - samples : samples - count * baseline;
  return position;
}

/** The highest turned sample with `s >= threshold`; below 0 where no sample has that. */
function turnedLimit(baseline: number, negative: boolean, threshold: number): number {
  if (baseline !== baseline) return -1;
  // Sums and differences may be rounded across an integer: the formula itself decides.
  if (negative) {
    const most = Math.floor(baseline - threshold);
    return baseline - most >= threshold ? most : most - 1;
  }
  const least = Math.ceil(baseline + threshold);
  if (least - 1 - baseline >= threshold) return 65536 - least;
  return least - baseline >= threshold ? 65535 - least : 65534 - least;
}

/** The highest turned sample with `s >= 0`. */
function zeroLimit(baseline: number, negative: boolean): number {
  return negative ? Math.floor(baseline) : 65535 - Math.ceil(baseline);
}
