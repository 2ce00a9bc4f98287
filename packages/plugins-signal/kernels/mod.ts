/**
 * Kernels for traces: filters, peaks, features, spectra. Functions on typed arrays, with the numbers of SciPy where SciPy has
 * the same function.
 *
 * Each comes in two forms: one that gives its result in new arrays, and one named `...Into` (for {@linkcode basicFeatures} an
 * argument) that writes to arrays of the caller and allocates nothing a trace. Samples may be of any number type; the work is done
 * in double precision, and a result in a `Float32Array` is rounded to a relative 6e-8. The functions named `...Rows` take a block of records
 * of 16-bit samples at once, with 128-bit vectors (WebAssembly), and give the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { baseline, butterworth, findPeaks, sosfiltfilt } from "@millrace/plugins-signal/kernels";
 *
 * const trace = Uint16Array.from({ length: 500 }, (_, i) => 1000 - 300 * Math.exp(-(((i - 200) / 9) ** 2)));
 * const level = baseline(trace, 40);
 * const signal = Float64Array.from(trace, (sample) => level - sample);
 * const smooth = sosfiltfilt(butterworth(4, 0.2), signal);
 * const { peaks, widths } = findPeaks(smooth, { prominence: 50, width: 3 });
 * assert.deepEqual([...peaks], [200]);
 * assert.equal(Math.round(widths![0]!), 15); // 2 sqrt(ln 2) x 9
 * ```
 * @module
 */
export { baselines } from "./baseline.ts";
export { type BasicFeatureColumns, basicFeatures as recordFeatures } from "./basic_features.ts";
export { type BandType, butterworth, type ButterworthOptions } from "./butterworth.ts";
export { constantFraction, constantFractionInto, type ConstantFractionOptions } from "./constant_fraction.ts";
export { basicFeatureRows, featureColumns, type TraceFeatureColumns } from "./feature_rows.ts";
export { findHits, findHitsInto, hitRoom, type Hits } from "./find_hits.ts";
export { findPeaks, findPeaksInto, type Peaks } from "./find_peaks.ts";
export { findThresholdHits, type HitWindow, mostHits, type ThresholdHits } from "./find_threshold_hits.ts";
export { integralQuantiles, integralQuantilesInto } from "./integral_quantiles.ts";
export { movingAverage, movingAverageInto } from "./moving_average.ts";
export {
  type FindPeaksOptions,
  type Limits,
  type PeakConditions,
  peakConditions,
  type PeakLimits,
  type PropertyLimits,
} from "./peak_conditions.ts";
export {
  halfWindow,
  type PeakProminences,
  peakProminences,
  peakProminencesInto,
} from "./peak_prominences.ts";
export { mostPeaks, type PeakRoom, peakRoom, type Zigzag } from "./peak_room.ts";
export { type PeakWidths, peakWidths, peakWidthsInto } from "./peak_widths.ts";
export { poleZero, poleZeroInto } from "./pole_zero.ts";
export { rcCr, rcCrInto, type RcCrOptions } from "./rc_cr.ts";
export { powerSpectrum, RealFft, rfft, type Spectrum } from "./rfft.ts";
export type { RealSamples, Samples, WordSamples } from "./samples.ts";
export { savgolCoeffs, type SavgolOptions, savgolWeights } from "./savgol_coeffs.ts";
export {
  type SavgolDesign,
  savgolDesign,
  savgolFilter,
  savgolFilterInto,
  type SavgolFilterOptions,
} from "./savgol_filter.ts";
export { savgolFilterRows } from "./savgol_rows.ts";
export { recordFeatureRows } from "./record_feature_rows.ts";
export { type Sections, type SosDesign, sosDesign } from "./sos_design.ts";
export { sosfilt, sosfiltInto } from "./sosfilt.ts";
export { sosfiltfilt, sosfiltfiltInto } from "./sosfiltfilt.ts";
export { sosfiltfiltRows } from "./sosfiltfilt_rows.ts";
export { baseline, basicFeatures, type TraceFeatureOptions, type TraceFeatures } from "./trace_features.ts";
export { trapezoidalFilter, trapezoidalFilterInto, type TrapezoidOptions } from "./trapezoidal_filter.ts";
