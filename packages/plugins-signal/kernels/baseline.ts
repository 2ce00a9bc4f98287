/**
 * Baselines of records: the mean of their first samples.
 *
 * The sum is exact (integers below 2^53) and divided once, so that a baseline is the correctly rounded mean and depends on
 * nothing but the record's own samples. O(samples of the range), no allocation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { baselines } from "@millrace/plugins-signal/kernels/baseline";
 *
 * const values = new Uint16Array([10, 12, 90, 7]); // two records: 10 12 90 and 7
 * const out = new Float64Array(2);
 * baselines(values, new Uint32Array([0, 3, 4]), 2, 0, 2, out);
 * assert.deepEqual([...out], [11, 7]);
 * ```
 * @module
 */

/**
 * The mean of samples `start` to `end` (excluded) of each record, clamped to the record; NaN where nothing is left.
 *
 * @param values Samples of all records, ADC counts.
 * @param offsets `[rows + 1]` record `i` is `values[offsets[i]] .. values[offsets[i + 1]]`.
 * @param rows Records.
 * @param start First sample of the range, at least 0.
 * @param end End of the range (excluded); `Infinity` for the end of the record.
 * @param out `[rows]` baselines, ADC counts.
 */
export function baselines(
  values: Uint16Array,
  offsets: Uint32Array,
  rows: number,
  start: number,
  end: number,
  out: Float64Array,
): void {
  for (let i = 0; i < rows; i++) out[i] = baselineOf(values, offsets[i]!, offsets[i + 1]!, start, end);
}

/**
 * The mean of samples `start` to `end` (excluded) of one record; NaN where nothing is left.
 *
 * @param values Samples of all records, ADC counts.
 * @param first Where the record begins in them.
 * @param last Where it ends (excluded).
 * @param start First sample of the range, counted in the record, at least 0.
 * @param end End of the range (excluded); `Infinity` for the end of the record.
 */
export function baselineOf(
  values: Uint16Array,
  first: number,
  last: number,
  start: number,
  end: number,
): number {
  const length = last - first;
  const from = first + (start < length ? start : length), to = first + (end < length ? end : length);
  let sum = 0;
  for (let k = from; k < to; k++) sum += values[k]!;
  return to > from ? sum / (to - from) : NaN;
}
