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
    if (typeof input !== "number" && (typeof input !== "string" || input.includes(".."))) {
      return range.parse(input, name, source);
    }
    const count = typeof input === "number" || COUNT.test(input) ? Number(input) : NaN;
    if (Number.isSafeInteger(count) && count > 0) return range.parse([0, count], name, source);
    const from = source === undefined ? "" : ` (${source})`;
    const why = count === 0 ? "a baseline needs at least 1 sample" : "that is no number of samples";
    const message = `Cannot set "${name}"${from} to ${JSON.stringify(input)}: ${why}; ` +
      "it takes a number of samples or a range start..end, such as 30 or 10..40";
    throw Number.isNaN(count) ? new TypeError(message) : new RangeError(message);
  },
});
