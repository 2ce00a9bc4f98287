/**
 * Columns of the strax plugin set.
 *
 * Times, `dt` and all distances are ps (strax: ns); a pulse is divided into records (fragments) of equally many samples.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rawRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * assert.equal(rawRecordsSchema.types.data, "i16[n]"); // all records of a run are equally wide
 * ```
 * @module
 */
import { type Schema, schema } from "@millrace/core/schema";

/** Columns that every fragment of a pulse has, raw or not. */
export type FragmentTypes = {
  /** Time of the first sample, ps. */
  readonly time: "time";
  /** Time behind the last sample that counts, ps. */
  readonly endtime: "time";
  /** Channel of the detector. */
  readonly channel: "u16";
  /** Sampling interval, ps a sample. */
  readonly dt: "i32";
  /** Samples that count; those behind are filled up. */
  readonly length: "i32";
  /** Samples of the whole pulse. */
  readonly pulse_length: "i32";
  /** Number of the fragment in its pulse, from 0. */
  readonly record_i: "i32";
};

/** Column types of {@linkcode rawRecordsSchema}. */
export type RawRecordTypes = FragmentTypes & {
  /** -1 for negative pulses, 1 for positive ones, 0 where it is not known. */
  readonly polarity: "i8";
  /** Samples, ADC counts. */
  readonly data: "i16[n]";
};

/** Column types of {@linkcode straxRecordsSchema}. */
export type StraxRecordTypes = FragmentTypes & {
  /** Integral: sum of the samples and of the baseline's fraction, ADC counts x samples. */
  readonly area: "i32";
  /** What was taken from the samples: 0 nothing, 1 baseline, 2 all outside hits, 3 the waveform was replaced, 4 all. */
  readonly reduction_level: "u8";
  /** Mean of the pulse's first samples, ADC counts. */
  readonly baseline: "f32";
  /** Standard deviation of these samples, ADC counts. */
  readonly baseline_rms: "f32";
  /** Signal above the whole part of the baseline, upwards, ADC counts; 0 behind `length`. */
  readonly data: "i16[n]";
};

/** Column types of {@linkcode straxHitsSchema}. */
export type StraxHitTypes = {
  /** Start of the first sample, ps. */
  readonly time: "time";
  /** End of the last sample, ps. */
  readonly endtime: "time";
  /** Start of the highest sample, ps. */
  readonly max_time: "time";
  /** Channel of the detector. */
  readonly channel: "u16";
  /** Sampling interval, ps a sample. */
  readonly dt: "i32";
  /** Samples. */
  readonly length: "i32";
  /** First sample, in the record. */
  readonly left: "i16";
  /** Behind the last sample, in the record. */
  readonly right: "i16";
  /** Number of the record in its pulse. */
  readonly record_i: "i32";
  /** Integral, the baseline's fraction included, ADC counts x samples. */
  readonly area: "f32";
  /** Highest sample, the baseline's fraction included, ADC counts. */
  readonly height: "f32";
  /** Threshold that the samples reach, ADC counts. */
  readonly threshold: "f32";
  /** Baseline of the record, ADC counts. */
  readonly baseline: "f32";
  /** The hit's samples as the record has them, ADC counts. */
  readonly wave: "i16[]";
};

/** Column types of {@linkcode peaksSchema}. */
export type PeakTypes = {
  /** Start of the first sample, ps. */
  readonly time: "time";
  /** End of the last sample, ps. */
  readonly endtime: "time";
  /** Area-weighted mean time, ps. */
  readonly center_time: "time";
  /** Sampling interval of `data`, ps a sample. */
  readonly dt: "i32";
  /** Samples of `data` that count. */
  readonly length: "i32";
  /** Hits. */
  readonly n_hits: "i32";
  /** Classification; 0 until a later plugin decides. */
  readonly type: "i8";
  /** Integral, PE. */
  readonly area: "f32";
  /** Integral by channel, PE. */
  readonly area_per_channel: "f32[n]";
  /** Part of the area that the top array saw; NaN without area. */
  readonly area_fraction_top: "f32";
  /** Summed waveform, PE a sample; 0 behind `length`. */
  readonly data: "f32[200]";
  /** Time from the start at which half of the area was seen, ps. */
  readonly median_time: "f32";
  /** Shortest time around the median that holds 0, 10, ... 100 % of the area, half on each side, ps. */
  readonly width: "f32[11]";
  /** Time from the median at which 0, 10, ... 100 % of the area was seen, ps. */
  readonly area_decile_from_midpoint: "f32[11]";
  /** Whether a channel was at the end of its range. */
  readonly saturated_channel: "u8[n]";
  /** Channels at the end of their range. */
  readonly n_saturated_channels: "i32";
  /** Channels with a hit whose maximum is close to the peak's. */
  readonly tight_coincidence: "i32";
  /** Longest gap between hits, ps. */
  readonly max_gap: "f64";
  /** Goodness of the best split that was found, whether or not it was good enough; -1 where none was tried. */
  readonly max_goodness_of_split: "f32";
  /** Channel of the first hit. */
  readonly first_channel: "u16";
  /** Channel of the last hit. */
  readonly last_channel: "u16";
};

/** Column types of {@linkcode hitletsSchema}. */
export type HitletTypes = {
  /** Start of the first sample, ps. */
  readonly time: "time";
  /** End of the last sample, ps. */
  readonly endtime: "time";
  /** Channel of the detector. */
  readonly channel: "u16";
  /** Sampling interval, ps a sample. */
  readonly dt: "i32";
  /** Samples. */
  readonly length: "i32";
  /** Integral, PE. */
  readonly area: "f32";
  /** Highest sample, PE a sample. */
  readonly amplitude: "f32";
  /** Start of the highest sample, from `time`, ps. */
  readonly time_amplitude: "f32";
  /** Width of the central 50 % of the area, ps. */
  readonly range_50p_area: "f32";
  /** Width of the central 80 % of the area, ps. */
  readonly range_80p_area: "f32";
  /** Where 25 % of the area was seen, from `time`, ps. */
  readonly left_area: "f32";
  /** Where 10 % of the area was seen, from `time`, ps. */
  readonly low_left_area: "f32";
  /** Left edge at half of the amplitude, from `time`, ps. */
  readonly left_fwhm: "f32";
  /** Full width at half of the amplitude, ps. */
  readonly fwhm: "f32";
  /** Left edge at a tenth of the amplitude, from `time`, ps. */
  readonly left_fwtm: "f32";
  /** Full width at a tenth of the amplitude, ps. */
  readonly fwtm: "f32";
  /** Conditional entropy of the samples given that they are equal: 0 where they are, else negative. */
  readonly entropy: "f32";
  /** Samples, PE. */
  readonly data: "f32[]";
};

/** Column types of {@linkcode loneHitAreasSchema}. */
export type LoneHitAreaTypes = {
  /** Start of the hit, ps. */
  readonly time: "time";
  /** End of the hit, ps. */
  readonly endtime: "time";
  /** Channel of the detector. */
  readonly channel: "u16";
  /** First sample that is integrated, in the record. */
  readonly left_integration: "i32";
  /** Behind the last sample that is integrated, in the record. */
  readonly right_integration: "i32";
  /** Integral of these samples, the baseline's fraction included, ADC counts x samples. */
  readonly integral: "f32";
};

/** Column types of {@linkcode extendedHitsSchema}. */
export type ExtendedHitTypes = StraxHitTypes & {
  /** Samples of `wave` before the hit. */
  readonly before: "i32";
};

const fragment = {
  time: "time",
  endtime: "time",
  channel: "u16",
  dt: "i32",
  length: "i32",
  pulse_length: "i32",
  record_i: "i32",
} as const;

/** Columns of `raw_records`. */
export const rawRecordsSchema: Schema<RawRecordTypes> = schema({
  ...fragment,
  polarity: "i8",
  data: "i16[n]",
});

/** Columns of `records`. */
export const straxRecordsSchema: Schema<StraxRecordTypes> = schema({
  ...fragment,
  area: "i32",
  reduction_level: "u8",
  baseline: "f32",
  baseline_rms: "f32",
  data: "i16[n]",
});

/** Columns of `hits`. */
export const straxHitsSchema: Schema<StraxHitTypes> = schema({
  time: "time",
  endtime: "time",
  max_time: "time",
  channel: "u16",
  dt: "i32",
  length: "i32",
  left: "i16",
  right: "i16",
  record_i: "i32",
  area: "f32",
  height: "f32",
  threshold: "f32",
  baseline: "f32",
  wave: "i16[]",
});

const { wave: _wave, ...hitTypes } = straxHitsSchema.types;

/** Columns of `extended_hits`. */
export const extendedHitsSchema: Schema<ExtendedHitTypes> = schema({
  ...hitTypes,
  before: "i32",
  wave: "i16[]",
});

/** Samples of a peak's summed waveform. */
export const PEAK_SAMPLES = 200;

/** Columns of `peaks`. */
export const peaksSchema: Schema<PeakTypes> = schema({
  time: "time",
  endtime: "time",
  center_time: "time",
  dt: "i32",
  length: "i32",
  n_hits: "i32",
  type: "i8",
  area: "f32",
  area_per_channel: "f32[n]",
  area_fraction_top: "f32",
  data: "f32[200]",
  median_time: "f32",
  width: "f32[11]",
  area_decile_from_midpoint: "f32[11]",
  saturated_channel: "u8[n]",
  n_saturated_channels: "i32",
  tight_coincidence: "i32",
  max_gap: "f64",
  max_goodness_of_split: "f32",
  first_channel: "u16",
  last_channel: "u16",
});

/** Columns of `hitlets`. */
export const hitletsSchema: Schema<HitletTypes> = schema({
  time: "time",
  endtime: "time",
  channel: "u16",
  dt: "i32",
  length: "i32",
  area: "f32",
  amplitude: "f32",
  time_amplitude: "f32",
  range_50p_area: "f32",
  range_80p_area: "f32",
  left_area: "f32",
  low_left_area: "f32",
  left_fwhm: "f32",
  fwhm: "f32",
  left_fwtm: "f32",
  fwtm: "f32",
  entropy: "f32",
  data: "f32[]",
});

/** Columns of `lone_hit_areas`. */
export const loneHitAreasSchema: Schema<LoneHitAreaTypes> = schema({
  time: "time",
  endtime: "time",
  channel: "u16",
  left_integration: "i32",
  right_integration: "i32",
  integral: "f32",
});
