// What records keep that other ones are made of.

/** Columns of records that those have too. */
export const KEPT = [
  "time",
  "endtime",
  "channel",
  "dt",
  "length",
  "pulse_length",
  "record_i",
  "area",
  "baseline",
  "baseline_rms",
] as const;
