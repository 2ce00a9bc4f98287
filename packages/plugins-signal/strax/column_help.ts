/**
 * Units and meanings of the columns of the strax plugin set, as `millrace plugins` and the pages say them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { straxHitsHelp } from "@millrace/plugins-signal/strax/column-help";
 *
 * assert.deepEqual(straxHitsHelp.length, ["sample", "samples"]);
 * ```
 * @module
 */

/** Unit and meaning by column. */
export type ColumnTexts = Readonly<Record<string, readonly [unit: string, help: string]>>;

const channel = ["", "channel of the detector"] as const;
const dt = ["ps", "sampling interval"] as const;

const fragment = {
  time: ["ps", "first sample"],
  endtime: ["ps", "behind the last sample that counts"],
  channel,
  dt,
  length: ["sample", "samples that count; those behind are filled up"],
  pulse_length: ["sample", "samples of the whole pulse"],
  record_i: ["", "number of the fragment in its pulse, from 0"],
} as const;

/** Columns of `raw_records`. */
export const rawRecordsHelp: ColumnTexts = {
  ...fragment,
  polarity: ["", "-1 for negative pulses, 1 for positive ones, 0 where it is not known"],
  data: ["ADC", "samples"],
};

/** Columns of `records`, and of those that are made of them. */
export const straxRecordsHelp: ColumnTexts = {
  ...fragment,
  area: ["ADC x sample", "sum of the samples and of the baseline's fraction"],
  reduction_level: [
    "",
    "what was taken from the samples: 0 nothing, 1 those at the pulse's ends, 2 those far from hits",
  ],
  baseline: ["ADC", "mean of the pulse's first samples; NaN where they are missing"],
  baseline_rms: ["ADC", "standard deviation of these samples"],
  data: ["ADC", "signal above the whole part of the baseline, upwards; 0 behind length"],
};

/** Columns of `hits` and `lone_hits`. */
export const straxHitsHelp: ColumnTexts = {
  time: ["ps", "start of the first sample"],
  endtime: ["ps", "end of the last sample"],
  max_time: ["ps", "start of the highest sample, the first of several"],
  channel,
  dt,
  length: ["sample", "samples"],
  left: ["sample", "the first, in the record"],
  right: ["sample", "behind the last, in the record"],
  record_i: ["", "number of the record in its pulse"],
  area: ["ADC x sample", "sum of the samples and of the baseline's fraction"],
  height: ["ADC", "highest sample, the baseline's fraction included"],
  threshold: ["ADC", "what the samples reach"],
  baseline: ["ADC", "baseline of the record"],
  wave: ["ADC", "samples as the record has them"],
};

/** Columns of `extended_hits`. */
export const extendedHitsHelp: ColumnTexts = {
  ...straxHitsHelp,
  before: ["sample", "samples of `wave` before the hit"],
  wave: ["ADC", "samples as the record has them, with those around the hit"],
};

/** Columns of `peaks`, and of those that are made of them. */
export const peaksHelp: ColumnTexts = {
  time: ["ps", "start of the first sample"],
  endtime: ["ps", "end of the last sample"],
  center_time: ["ps", "mean of the samples' middles, weighted with them"],
  dt: ["ps", "sampling interval of data"],
  length: ["sample", "samples of data that count"],
  n_hits: ["", "hits"],
  type: ["", "class; 0 until a later plugin decides"],
  area: ["PE", "integral"],
  area_per_channel: ["PE", "integral by channel"],
  area_fraction_top: ["", "share of the area in the top array; NaN without one or without area"],
  data: ["PE", "summed waveform, a sample; 0 behind length"],
  median_time: ["ps", "from the start to where half of the area was seen"],
  width: ["ps", "around the median, with 0, 10, ... 100 % of the area, half on each side"],
  area_decile_from_midpoint: ["ps", "from the median to where 0, 10, ... 100 % of the area was seen"],
  saturated_channel: ["", "1 for channels at the end of their range"],
  n_saturated_channels: ["", "channels at the end of their range"],
  tight_coincidence: ["", "channels with a hit whose maximum is close to the peak's"],
  max_gap: ["ps", "longest time without a hit between two"],
  max_goodness_of_split: ["", "best goodness of the last split that was tried; -1 where none was"],
  first_channel: ["", "channel of the first hit"],
  last_channel: ["", "channel of the last hit"],
};

/** Columns of `hitlets`. */
export const hitletsHelp: ColumnTexts = {
  time: ["ps", "start of the first sample"],
  endtime: ["ps", "end of the last sample"],
  channel,
  dt,
  length: ["sample", "samples"],
  area: ["PE", "integral"],
  amplitude: ["PE", "highest sample"],
  time_amplitude: ["ps", "from the start to the highest sample"],
  range_50p_area: ["ps", "from 25 to 75 % of the area"],
  range_80p_area: ["ps", "from 10 to 90 % of the area"],
  left_area: ["ps", "from the start to 25 % of the area"],
  low_left_area: ["ps", "from the start to 10 % of the area"],
  left_fwhm: ["ps", "from the start to the left edge at half of the amplitude"],
  fwhm: ["ps", "full width at half of the amplitude; NaN where all samples are higher"],
  left_fwtm: ["ps", "from the start to the left edge at a tenth of the amplitude"],
  fwtm: ["ps", "full width at a tenth of the amplitude; NaN where all samples are higher"],
  entropy: ["", "conditional entropy given a flat hitlet: 0 for a flat one, else negative"],
  data: ["PE", "samples"],
};

/** Columns of `lone_hit_areas`. */
export const loneHitAreasHelp: ColumnTexts = {
  time: ["ps", "start of the hit"],
  endtime: ["ps", "end of the hit"],
  channel,
  left_integration: ["sample", "the first that is integrated, in the record"],
  right_integration: ["sample", "behind the last that is integrated, in the record"],
  integral: ["ADC x sample", "sum of these samples and of the baseline's fraction"],
};
