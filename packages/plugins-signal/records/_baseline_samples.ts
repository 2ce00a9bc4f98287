// The option for the samples that a baseline is taken from: a number of samples, or a range.

import { option, type OptionRange, type OptionSpec, type PerChannel } from "@millrace/core/option";

const range: OptionSpec<PerChannel<OptionRange>> = option.range({
  default: [0, 40],
  integer: true,
  min: 0,
  unit: "sample",
  perChannel: true,
  validate: ([start, end]) => end !== null && end <= start ? "a baseline needs at least 1 sample" : undefined,
  help:
    "Samples that the baseline is the mean of: their number, or a range; what lies beyond the record is left out",
});

const COUNT = /^\s*\d+\s*$/;

/** A range of samples `[start, end)`, by channel; a number `n` stands for `[0, n]`. */
export const baselineSamples: OptionSpec<PerChannel<OptionRange>> = Object.freeze({
  ...range,
  parse(input: unknown, name: string, source?: string) {
    const toRange = (value: unknown, of: string): unknown => {
      if (typeof value !== "number" && (typeof value !== "string" || value.includes(".."))) return value;
      const count = typeof value === "number" || COUNT.test(value) ? Number(value) : NaN;
      if (Number.isSafeInteger(count) && count > 0) return [0, count];
      const from = source === undefined ? "" : ` (${source})`;
      const why = count === 0 ? "a baseline needs at least 1 sample" : "that is no number of samples";
      const message = `Cannot set "${of}"${from} to ${JSON.stringify(value)}: ${why}; ` +
        "it takes a number of samples or a range start..end, such as 30 or 10..40";
      throw Number.isNaN(count) ? new TypeError(message) : new RangeError(message);
    };
    return range.parse(withRanges(input, name, toRange), name, source);
  },
});

/** The same with every value that stands where one may stand replaced; what has no such form is left to the option's own check. */
function withRanges(input: unknown, name: string, toRange: (value: unknown, of: string) => unknown): unknown {
  if (!isObject(input)) return toRange(input, name);
  const { groups, channels } = input;
  return {
    ...input,
    ...(Object.hasOwn(input, "default") ? { default: toRange(input.default, `${name}.default`) } : {}),
    ...(Array.isArray(groups)
      ? {
        groups: groups.map((group: unknown, k) =>
          isObject(group) && Object.hasOwn(group, "value")
            ? { ...group, value: toRange(group.value, `${name}.groups[${k}].value`) }
            : group
        ),
      }
      : {}),
    ...(isObject(channels)
      ? {
        channels: Object.fromEntries(
          Object.entries(channels).map(([key, value]) => [key, toRange(value, `${name}.channels["${key}"]`)]),
        ),
      }
      : {}),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
