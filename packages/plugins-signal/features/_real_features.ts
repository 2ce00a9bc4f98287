// Features of a record whose samples are no integers: the formulas of the kernel in double precision.

import type { BasicFeatureColumns } from "../kernels/basic_features.ts";

/** The features of one record, written to row `row` of `out`; ranges are `[start, end)` in samples, clamped to the record. */
export function realFeatures(
  wave: Float32Array,
  baseline: number,
  polarity: number,
  height: readonly [start: number, end: number],
  area: readonly [start: number, end: number],
  out: BasicFeatureColumns,
  row: number,
): void {
  const n = wave.length, sign = polarity < 0 ? -1 : 1;
  let low = Infinity, high = -Infinity;
  for (let k = height[0], end = Math.min(height[1], n); k < end; k++) {
    const sample = wave[k]!;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  out.height[row] = high < low ? NaN : sign < 0 ? baseline - low : high - baseline;
  out.amp[row] = high < low ? NaN : high - low;
  let sum = 0, steepest = n > 1 ? 0 : NaN;
  for (let k = area[0], end = Math.min(area[1], n); k < end; k++) sum += sign * (wave[k]! - baseline);
  for (let k = 1; k < n; k++) steepest = Math.max(steepest, Math.abs(wave[k]! - wave[k - 1]!));
  out.area[row] = sum;
  out.max_abs_diff[row] = steepest;
}
