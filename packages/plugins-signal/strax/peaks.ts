/**
 * `peaks` of the strax set: clusters of hits, summed over channels.
 *
 * A hit that starts `gapThreshold` or more behind the end of all hits before it opens a new peak, and so does one that starts
 * `maxDuration` or more behind the first hit of its peak. A peak reaches from `leftExtension` before its first hit to
 * `rightExtension` behind its last; those with less than `minArea` or fewer than `minChannels` channels are dropped.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | the peak, ps |
 * | `dt`, `length`, `data` | summed waveform, PE a sample: sum over hits of `(sample + fraction of the baseline) x gain`. What is longer than 200 samples is summed in groups, with a longer `dt`; the last, incomplete group is left out |
 * | `area`, `area_per_channel` | integral of the hits, PE |
 * | `area_fraction_top` | part of it in channels below `topChannels`; NaN without that option or without area |
 * | `n_hits`, `max_gap` | hits, and the longest time without any between them, ps |
 * | `center_time` | mean of the samples' middles, weighted with them, ps |
 * | `median_time`, `width`, `area_decile_from_midpoint` | where 50 % and other parts of the area lie, ps, linear within a sample |
 * | `saturated_channel`, `n_saturated_channels` | channels with a hit as high as the baseline: the sample was 0 |
 * | `tight_coincidence` | channels with a hit whose maximum is within `tightLeft` before and `tightRight` behind the peak's highest sample |
 * | `max_goodness_of_split` | best goodness of the last split that was tried (natural breaks), else -1 |
 * | `first_channel`, `last_channel` | channels of the first and the last hit |
 *
 * With `split`, peaks are divided `splitIterations` times: at prominent local minima, where the waveform rises again by more than
 * `splitMinHeight` and `splitMinRatio` from a minimum, or at the natural break (Jenks) with the highest goodness if that is above
 * `splitThreshold`. Parts are made anew from their hits.
 *
 * Differences from strax (`find_peaks`, `sum_waveform`, `compute_properties`, `split_peaks`): `maxDuration` counts from the first
 * hit to the start of the next; samples are placed by their distance from the peak's start, not by `time // dt` of the clock; `n_hits` of parts is
 * counted (strax leaves it 0), and so is their `max_gap`; the last part of a natural break has its last sample (strax drops it);
 * the moving average that smooths a waveform subtracts the first sample when it leaves (strax never does); `center_time` is
 * exact to 1 ps; the summed waveform holds the hits' own samples, with `useExtended` those around them that `extended_hits` has too;
 * `data_top` and `data_start` are in `peak_waveforms`, `min_diff` and `max_diff` in `peak_hit_times`, which are computed where they are asked
 * for; `first_channel` and `last_channel` are of the hits that start first and last (in strax's own terms, those with the first and last maximum).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxPeaks } from "@millrace/plugins-signal/strax/peaks";
 * import { straxHitsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const hits = Table.from(straxHitsSchema, {
 *   time: [100_000n, 120_000n],
 *   endtime: [120_000n, 130_000n],
 *   max_time: [110_000n, 120_000n],
 *   channel: [3, 1],
 *   dt: [10_000, 10_000],
 *   length: [2, 1],
 *   left: [0, 0],
 *   right: [2, 1],
 *   record_i: [0, 0],
 *   area: [50, 16],
 *   height: [30, 16],
 *   threshold: [15, 15],
 *   baseline: [16000, 16000],
 *   wave: [[20, 30], [16]],
 * });
 * await using ctx = new Context({ config: { "peaks.channels": 4, "peaks.gain": 0.5 } });
 * ctx.register(tableSource("hits", hits), straxPeaks);
 * const peaks = await ctx.getData("run_1", "peaks");
 * assert.deepEqual([peaks.row(0).time, peaks.row(0).area], [80_000n, 33]);
 * const data = peaks.get("data", "f32[n]"), area = peaks.get("area_per_channel", "f32[n]");
 * assert.deepEqual([...data.subarray(0, 6)], [0, 0, 10, 15, 8, 0]); // two samples before the first hit
 * assert.deepEqual([...area], [0, 8, 0, 25]);
 * ```
 * @module
 */
import { clusterStarts } from "@millrace/core/clusters";
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { PerChannel } from "@millrace/core/per-channel";
import type { Plugin } from "@millrace/core/plugin";
import type { Columns } from "@millrace/core/schema";
import type { Table } from "@millrace/core/table";
import { extendedColumns } from "./kernels/extended_columns.ts";
import { PeakBuilder, type PeakHits, type PeakPlace, type PeakSettings } from "./kernels/peak_builder.ts";
import { findPeakPlaces } from "./kernels/peak_places.ts";
import { splitPeaks, type SplitSettings } from "./kernels/split_peaks.ts";
import { sumHits } from "./kernels/sum_hits.ts";
import { type ClusterSettings, ResidentHits } from "./kernels/wasm_peaks.ts";
import { peaksHelp } from "./column_help.ts";
import { splitOptions } from "./_split_options.ts";
import {
  extendedHitsSchema,
  type ExtendedHitTypes,
  peaksSchema,
  type PeakTypes,
  straxHitsSchema,
} from "./schemas.ts";

const distance = (text: string, help: string) => option.time({ default: text, min: 0, help });

/** Clusters of hits, summed over channels. */
export const straxPeaks: Plugin = definePlugin({
  module: import.meta.url,
  export: "straxPeaks",
  provides: "peaks",
  dependsOn: ["hits", "extended_hits"],
  reads: ({ useExtended }) => [useExtended ? "extended_hits" : "hits"],
  needs: { hits: straxHitsSchema.types, extended_hits: extendedHitsSchema.types },
  version: "1.1.0",
  help: "Clusters of hits, with summed waveform, widths and areas by channel",
  schema: peaksSchema,
  columnHelp: peaksHelp,
  boundary: ({ gapThreshold, maxDuration, leftExtension, rightExtension }) => {
    if (gapThreshold <= leftExtension + rightExtension) {
      throw new RangeError(
        `peaks.gapThreshold is ${gapThreshold} ps: it must be more than leftExtension + rightExtension ` +
          `(${leftExtension + rightExtension} ps), or peaks would overlap`,
      );
    }
    return { gap: gapThreshold, maxSpan: maxDuration };
  },
  reach: ({ leftExtension, split }) => ({ left: leftExtension, ...(split === "none" ? { right: 0 } : {}) }),
  options: {
    gapThreshold: option.time({
      default: "300 ns",
      min: 1,
      help: "Shortest gap between the hits of two peaks",
    }),
    leftExtension: distance("20 ns", "How long a peak begins before its first hit"),
    rightExtension: distance("150 ns", "How long a peak lasts behind its last hit"),
    maxDuration: option.time({
      default: "10 ms",
      min: 1,
      help: "A hit that far behind a peak's first opens another",
    }),
    useExtended: option.boolean({
      default: false,
      help: "Whether the samples around hits are summed too, those of extended_hits",
    }),
    minArea: option.number({ default: 0, unit: "PE", help: "Smallest area of a peak" }),
    minChannels: option.integer({ default: 2, min: 1, help: "Fewest channels of a peak" }),
    channels: option.integer({ default: 494, min: 1, max: 65536, help: "Channels of the detector" }),
    topChannels: option.integer({
      default: null,
      min: 0,
      max: 65536,
      help: "Channels below it belong to the top array; default: there is none",
    }),
    gain: option.number({
      default: 1,
      unit: "PE/ADC",
      perChannel: true,
      help: "PE of one ADC count and sample",
    }),
    tightLeft: distance("50 ns", "How long before a peak's highest sample a hit is coincident"),
    tightRight: distance("50 ns", "How long behind a peak's highest sample a hit is coincident"),
    split: option.choice(["none", "local_minimum", "natural_breaks"], {
      default: "none",
      help: "How peaks are divided",
    }),
    ...splitOptions("peaks"),
    splitThreshold: option.number({ default: 0.4, help: "Least goodness of a natural break" }),
    splitLow: option.boolean({ default: true, help: "Prefer natural breaks where the waveform is low" }),
    splitFilter: distance("70 ns", "Wing of the moving average that smooths the waveform for splitLow"),
  },
  checkOptions: ({ channels, topChannels }) =>
    topChannels === null || topChannels <= channels
      ? undefined
      : `${topChannels} top channels are more than the ${channels} that there are: set peaks.topChannels to less, or peaks.channels to more`,
  computeChunk(chunk, { options, emit }) {
    const hits: PeakHits = chunk.columns;
    const settings = settingsOf(options);
    using resident = "before" in chunk.columns ? null : new ResidentHits(hits, settings.toPe);
    const { places, builder } = resident
      ? {
        places: resident.places(options),
        builder: new PeakBuilder(hits, settings, resident.sum, resident),
      }
      : ofExtended(chunk.columns as unknown as Columns<ExtendedHitTypes>, settings, options);
    const room = (rows: number) =>
      emit(rows, { widths: { area_per_channel: settings.channels, saturated_channel: settings.channels } });
    let out: Table<PeakTypes> = room(places.length);
    for (let row = 0; row < places.length; row++) builder.build(places[row]!, out.columns, row);
    if (options.split !== "none") out = splitPeaks(out, places, splitOf(options), builder, room);
    return out;
  },
});

/** The same places, summed with the samples around the hits. */
function ofExtended(
  hits: Columns<ExtendedHitTypes>,
  settings: PeakSettings,
  options: ClusterSettings,
): { places: PeakPlace[]; builder: PeakBuilder } {
  const starts = clusterStarts(hits.time, hits.endtime, {
    gap: options.gapThreshold,
    maxSpan: options.maxDuration,
  });
  return {
    places: findPeakPlaces(hits, starts, settings.toPe, options),
    builder: new PeakBuilder(hits, settings, sumHits(extendedColumns(hits), settings.toPe, hits)),
  };
}

const known = new WeakMap<object, PeakSettings>();

interface PeakOptions {
  readonly channels: number;
  readonly topChannels: number | null;
  readonly gain: PerChannel<number>;
  readonly tightLeft: number;
  readonly tightRight: number;
}

/** The options as the kernels take them: made once for every run. */
function settingsOf(options: PeakOptions): PeakSettings {
  let settings = known.get(options);
  if (settings) return settings;
  const { channels, topChannels, gain, tightLeft, tightRight } = options;
  const toPe = Float64Array.from({ length: channels }, (_, ch) => gain.at(0, ch));
  settings = { toPe, channels, topChannels: topChannels ?? -1, tightLeft, tightRight };
  known.set(options, settings);
  return settings;
}

function splitOf(options: {
  readonly split: "none" | "local_minimum" | "natural_breaks";
  readonly splitIterations: number;
  readonly splitMinArea: number;
  readonly splitMinHeight: number;
  readonly splitMinRatio: number;
  readonly splitThreshold: number;
  readonly splitLow: boolean;
  readonly splitFilter: number;
}): SplitSettings {
  return {
    algorithm: options.split === "natural_breaks" ? "natural_breaks" : "local_minimum",
    iterations: options.splitIterations,
    minArea: options.splitMinArea,
    minHeight: options.splitMinHeight,
    minRatio: options.splitMinRatio,
    threshold: options.splitThreshold,
    splitLow: options.splitLow,
    filter: options.splitFilter,
  };
}
