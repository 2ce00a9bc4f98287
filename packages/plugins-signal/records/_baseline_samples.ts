// The option for the samples that a baseline is taken from: a number of samples, or a range.

import { option, type OptionRange, type OptionSpec } from "@millrace/core/option";

const range: OptionSpec<OptionRange> = option.range({
  default: [0, 40],
  integer: true,
  min: 0,
  unit: "sample",
  validate: ([start, end]) => end !== null && end <= start ? "a baseline needs at least 1 sample" : undefined,
  help:
    "Samples that the baseline is the mean of: their number, or a range; what lies beyond the record is left out",
});

const COUNT = /^\s*\d+\s*$/;

/** A range of samples `[start, end)`; a number `n` stands for `[0, n]`. */
export const baselineSamples: OptionSpec<OptionRange> = Object.freeze({
  ...range,
  parse(input: unknown, name: string, source?: string) {
    const isCount = typeof input === "number" || (typeof input === "string" && COUNT.test(input));
    return range.parse(isCount ? [0, input] : input, name, source);
  },
});
