/**
 * Height, amplitude, area and steepest step of a record.
 *
 * With `s = baseline - sample` for negative pulses and `sample - baseline` for positive ones:
 *
 * | feature | formula |
 * |---|---|
 * | `height` | highest `s` in the height range |
 * | `amp` | highest less lowest sample in the height range |
 * | `area` | sum of `s` over the area range |
 * | `max_abs_diff` | highest `|sample[k + 1] - sample[k]|` of the record |
 *
 * Samples are summed as integers, so that an area is rounded only where the baseline enters (and where it is stored as
 * f32) and depends on nothing but the record. O(samples), no allocation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { basicFeatures } from "@millrace/plugins-signal/kernels/basic-features";
 *
 * const wave = new Uint16Array([100, 100, 70, 90]);
 * const out = {
 *   height: new Float32Array(1),
 *   amp: new Float32Array(1),
 *   area: new Float32Array(1),
 *   max_abs_diff: new Float32Array(1),
 * };
 * basicFeatures(wave, 0, 4, 100, -1, 0, Infinity, 0, Infinity, out, 0);
 * assert.deepEqual([out.height[0], out.amp[0], out.area[0], out.max_abs_diff[0]], [30, 30, 40, 30]);
 * ```
 * @module
 */

/** Where {@linkcode basicFeatures} writes: one value a record each. */
export interface BasicFeatureColumns {
  /** Height, ADC counts; NaN where the height range holds no sample. */
  readonly height: Float32Array;
  /** Amplitude, ADC counts; NaN where the height range holds no sample. */
  readonly amp: Float32Array;
  /** Area, ADC counts x samples; 0 where the area range holds no sample. */
  readonly area: Float32Array;
  /** Steepest step from a sample to the next, ADC counts; NaN with fewer than two samples. */
  readonly max_abs_diff: Float32Array;
}

// So many samples of at most 65535 can be added as 32-bit integers, which is twice as fast as adding doubles.
const BLOCK = 32768;

/**
 * The features of one record, written to row `row` of `out`. Without a baseline (NaN), height and area are NaN.
 *
 * @param values Samples, ADC counts.
 * @param first Index of the record's first sample in `values`.
 * @param end Index behind its last sample.
 * @param baseline Baseline, ADC counts.
 * @param polarity Below 0 for negative pulses, above for positive ones.
 * @param heightFrom First sample of the height range, from the record's first on; ranges are clamped to the record.
 * @param heightTo End of the height range (excluded).
 * @param areaFrom First sample of the area range.
 * @param areaTo End of the area range (excluded).
 */
export function basicFeatures(
  values: Uint16Array,
  first: number,
  end: number,
  baseline: number,
  polarity: number,
  heightFrom: number,
  heightTo: number,
  areaFrom: number,
  areaTo: number,
  out: BasicFeatureColumns,
  row: number,
): void {
  const length = end - first;
  const h0 = first + (heightFrom < length ? heightFrom : length);
  const h1 = first + (heightTo < length ? heightTo : length);
  let low = 65535, high = 0;
  for (let k = h0; k < h1; k++) {
    const sample = values[k]!;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  const found = h1 > h0;
  out.height[row] = found ? (polarity < 0 ? baseline - low : high - baseline) : NaN;
  out.amp[row] = found ? high - low : NaN;

  const a0 = first + (areaFrom < length ? areaFrom : length);
  const a1 = first + (areaTo < length ? areaTo : length);
  let sum = 0, steepest = 0;
  let previous = length > 0 ? values[first]! : 0;
  // The record in up to three parts, of which the middle one is summed; parts are cut into blocks.
  for (let from = first; from < end;) {
    const summed = from >= a0 && from < a1;
    const part = summed ? a1 : from < a0 && a0 < a1 ? a0 : end;
    const to = part - from > BLOCK ? from + BLOCK : part;
    let block = 0;
    for (let k = from; k < to; k++) {
      const sample = values[k]!;
      block = (block + sample) | 0;
      const step = Math.abs(sample - previous);
      if (step > steepest) steepest = step;
      previous = sample;
    }
    if (summed) sum += block;
    from = to;
  }
  const count = a1 > a0 ? a1 - a0 : 0;
  out.area[row] = polarity < 0 ? count * baseline - sum : sum - count * baseline;
  out.max_abs_diff[row] = length > 1 ? steepest : NaN;
}
