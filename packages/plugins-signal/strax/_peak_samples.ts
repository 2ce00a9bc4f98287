// What plugins have in common that look up samples of peaks once more.

import { option, type OptionSpec, type PerChannel } from "@millrace/core/option";
import type { Columns } from "@millrace/core/schema";
import type { SumPlace } from "./kernels/simple_sum.ts";
import type { PeakTypes } from "./schemas.ts";

/** The option for the gain of each channel. */
export const peakGain: OptionSpec<PerChannel<number>> = option.number({
  default: 1,
  unit: "PE/ADC",
  perChannel: true,
  help: "PE of one ADC count and sample, as that of peaks",
});

/** Columns that say which peak a row is. */
export const PEAK_KEYS = { time: "time", endtime: "time" } as const;

/** What they hold. */
export const PEAK_KEYS_HELP = {
  time: ["ps", "start of the peak"],
  endtime: ["ps", "end of the peak"],
} as const;

/** Columns of peaks that say where their samples lie. */
export const PEAK_GRID = {
  ...PEAK_KEYS,
  dt: "i32",
  length: "i32",
  saturated_channel: "u8[n]",
} as const;

/** Rows that peaks are compared with, in time order. */
interface Sampled {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly dt: Int32Array;
}

/**
 * The samples that peak `p` was summed from, `shift` later, of the interval that the first of rows `from` to `to` (excluded) in it has; and how
 * many of them are one of the peak's.
 */
export function samplesOf(
  peaks: Pick<Columns<PeakTypes>, "time" | "endtime" | "dt" | "length">,
  p: number,
  rows: Sampled,
  from: number,
  to: number,
  shift: number,
): { readonly place: SumPlace; readonly factor: number } {
  const time = peaks.time[p]! + shift, end = peaks.endtime[p]! + shift;
  while (from < to && !(rows.endtime[from]! > time && rows.time[from]! < end)) from++;
  const dt = from < to ? rows.dt[from]! : peaks.dt[p]!, factor = Math.round(peaks.dt[p]! / dt);
  return { place: { time, length: peaks.length[p]! * factor, dt }, factor };
}

/** The same stretches of time, counted from another origin. */
export function shifted(
  { time, endtime }: { readonly time: Float64Array; readonly endtime: Float64Array },
  shift: number,
): { readonly time: Float64Array; readonly endtime: Float64Array } {
  return shift === 0
    ? { time, endtime }
    : { time: time.map((t) => t + shift), endtime: endtime.map((t) => t + shift) };
}

const known = new WeakMap<object, Float64Array>();

/** Gains by channel: made once for every run and number of channels. */
export function gainsOf(options: { readonly gain: PerChannel<number> }, channels: number): Float64Array {
  let gains = known.get(options);
  if (gains?.length !== channels) {
    gains = Float64Array.from({ length: channels }, (_, ch) => options.gain.at(0, ch));
    known.set(options, gains);
  }
  return gains;
}
