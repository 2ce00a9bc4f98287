/**
 * `waveform_width`: rise time, fall time and width of every pulse of `hit`.
 *
 * The pulse's peak is the highest sample from the hit's position on (which, of a hit found in the steps of the waveform, lies on
 * the rising edge), as long as the signal is not below half of the highest so far. With `s` the signal (`baseline - sample` where the polarity is negative, else
 * `sample - baseline`) and `h = s[peak]`, a rising edge crosses the level `f h` between the last sample before the peak that is
 * below the level and the next one, a falling edge between the first sample behind the peak that is at or below it and the one
 * before; both are interpolated linearly (`interpolation`), or taken at the sample at the pulse's side of the crossing.
 *
 * - `rise_time` is from `riseLow` to `riseHigh`, `fall_time` from `fallHigh` to `fallLow`, and `total_width` from `riseLow`
 *   to `fallLow`.
 * - Where the record has no crossing, or the peak is not above the baseline, a value is NaN; also where `records` has no record
 *   of the hit (then `peak_position` is -1).
 *
 * Differences from WaveformAnalysis: the polarity of the record is heeded (there negative pulses have no row); edges are those
 * nearest to the peak (there the first sample of the record above the level, mostly noise); the baseline is the record's
 * (there the mean of the first 50 samples); every hit has a row; a record is found in one look-up (there all are searched for
 * every hit); the sampling interval is the record's, not an option; times are ps.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { hit } from "@millrace/plugins-signal/peaks/hit";
 * import { waveformWidth } from "@millrace/plugins-signal/pulses/waveform-width";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [22_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [11],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 80, 60, 40, 20, 0, 50, 100, 100, 100]],
 * });
 * const config = { useFiltered: false, hit: { useDerivative: false, width: 1 } };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", one), hit, waveformWidth);
 * const { peak_position, rise_time, fall_time, total_width } = (await ctx.getData("run_1", "waveform_width")).row(0);
 * assert.deepEqual([peak_position, rise_time, fall_time, total_width], [6, 8000, 3200, 12_600].map(Math.fround));
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { halves, rowsById, wholeOf } from "../_halves.ts";
import { HIT_KEY_NAMES, HIT_KEYS } from "../hits/_hit_columns.ts";
import { signalOf, useFiltered, WAVE_INPUT, type WaveValues } from "../records/_wave_input.ts";

const level = (byDefault: number, help: string) =>
  option.number({ default: byDefault, min: 0, max: 1, perChannel: true, help });

/**
 * Rise time, fall time and width of pulses. Options: `useFiltered`, `riseLow`, `riseHigh`, `fallHigh`, `fallLow`,
 * `interpolation`.
 */
export const waveformWidth: Plugin = definePlugin({
  module: import.meta.url,
  export: "waveformWidth",
  provides: "waveform_width",
  dependsOn: ["hit", "records", "filtered_waveforms"],
  reads: ({ useFiltered }) => ["hit", useFiltered ? "filtered_waveforms" : "records"],
  needs: {
    hit: { ...HIT_KEYS, position: "i32" },
    ...WAVE_INPUT.needs,
  },
  version: "1.0.0",
  help: "Rise time, fall time and width of every pulse of hit",
  dataKind: "hit",
  schema: {
    ...HIT_KEYS,
    peak_position: "i32",
    peak_height: "f32",
    rise_time: "f32",
    fall_time: "f32",
    total_width: "f32",
    rise_time_samples: "f32",
    fall_time_samples: "f32",
    total_width_samples: "f32",
  },
  columnHelp: {
    time: ["ps", "start of the hit"],
    endtime: ["ps", "end of the hit"],
    peak_position: ["sample", "highest sample of the pulse, in the record"],
    peak_height: ["ADC", "signal there"],
    rise_time: ["ps", "from `riseLow` to `riseHigh` of the height; NaN where the record has no such edge"],
    fall_time: ["ps", "from `fallHigh` to `fallLow` of the height; NaN where the record has no such edge"],
    total_width: ["ps", "from `riseLow` to `fallLow`; NaN where the record has no such edges"],
    rise_time_samples: ["sample", "`rise_time` in samples"],
    fall_time_samples: ["sample", "`fall_time` in samples"],
    total_width_samples: ["sample", "`total_width` in samples"],
  },
  halo: { left: 0, right: 0, by: "touch" },
  options: {
    useFiltered: useFiltered(false),
    riseLow: level(0.1, "Share of the height where the rising edge starts"),
    riseHigh: level(0.9, "Share of the height where the rising edge ends"),
    fallHigh: level(0.9, "Share of the height where the falling edge starts"),
    fallLow: level(0.1, "Share of the height where the falling edge ends"),
    interpolation: option.boolean({ default: true, help: "Whether crossings lie between samples" }),
  },
  computeChunk(chunk, { options, inputs, own, emit }) {
    const { columns } = chunk;
    const waves = inputs.filtered_waveforms ?? inputs.records;
    const { baseline, polarity, dt, board, channel } = waves.columns;
    const { offsets } = waves.columns.wave, values = waves.columns.wave.values as WaveValues;
    const { interpolation } = options;
    const rowOf = rowsById(halves(waves.columns.record_id), waves.length);
    const id = halves(columns.record_id);
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(HIT_KEY_NAMES, columns, to, own);
    for (let i = own.from, row = 0; i < own.to; i++, row++) {
      const wave = rowOf.get(wholeOf(id, i));
      if (wave === undefined) {
        // Of a time range that does not begin with the run, hits before it may come without their records; nobody sees them.
        unknown(to, row);
        continue;
      }
      const first = offsets[wave]!, end = offsets[wave + 1]!, b = board[wave]!, c = channel[wave]!;
      const signal = signalOf(values, first, end, baseline[wave]!, polarity[wave]!);
      const peak = peakFrom(signal, columns.position[i]!), height = signal[peak]!;
      const up = (share: number) => rising(signal, peak, share * height, interpolation);
      const down = (share: number) => falling(signal, peak, share * height, interpolation);
      const low = up(options.riseLow.at(b, c)), foot = down(options.fallLow.at(b, c));
      const rise = up(options.riseHigh.at(b, c)) - low, fall = foot - down(options.fallHigh.at(b, c));
      to.peak_position[row] = peak;
      to.peak_height[row] = height;
      to.rise_time[row] = rise * dt[wave]!;
      to.fall_time[row] = fall * dt[wave]!;
      to.total_width[row] = (foot - low) * dt[wave]!;
      to.rise_time_samples[row] = rise;
      to.fall_time_samples[row] = fall;
      to.total_width_samples[row] = foot - low;
    }
    return out;
  },
});

const MEASURES = [
  "peak_height",
  "rise_time",
  "fall_time",
  "total_width",
  "rise_time_samples",
  "fall_time_samples",
  "total_width_samples",
] as const;

function unknown(
  to: { readonly [K in typeof MEASURES[number]]: Float32Array } & { readonly peak_position: Int32Array },
  row: number,
): void {
  to.peak_position[row] = -1;
  for (const name of MEASURES) to[name][row] = NaN;
}

/** The highest sample from `position` on, the first of several, up to where the signal is below half of it. */
function peakFrom(signal: Float64Array, position: number): number {
  // A step lies between two samples: the one behind it counts in any case.
  let peak = signal[position + 1]! > signal[position]! ? position + 1 : position;
  for (let k = position + 2; k < signal.length && signal[k]! >= signal[peak]! / 2; k++) {
    if (signal[k]! > signal[peak]!) peak = k;
  }
  return peak;
}

/** Where the edge before the peak crosses the level; NaN where it doesn't. */
function rising(signal: Float64Array, peak: number, level: number, interpolation: boolean): number {
  if (!(signal[peak]! > 0)) return NaN;
  let k = peak;
  while (k >= 0 && signal[k]! >= level) k--;
  if (k < 0) return NaN;
  return interpolation ? k + (level - signal[k]!) / (signal[k + 1]! - signal[k]!) : k + 1;
}

/** Where the edge behind the peak crosses the level; NaN where it doesn't. */
function falling(signal: Float64Array, peak: number, level: number, interpolation: boolean): number {
  if (!(signal[peak]! > 0)) return NaN;
  let k = peak + 1;
  while (k < signal.length && signal[k]! > level) k++;
  if (k >= signal.length) return NaN;
  return interpolation ? k - (level - signal[k]!) / (signal[k - 1]! - signal[k]!) : k - 1;
}
