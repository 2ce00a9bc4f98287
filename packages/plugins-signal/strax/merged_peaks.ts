/**
 * `merged_peaks` of the strax set: peaks that follow one another closely as one.
 *
 * A peak that starts less than `maxGap` behind the end of all before it belongs to the same merged one, unless it starts `maxDuration` or more
 * behind the first. Columns are those of `peaks`: waveforms are put on the greatest common interval (a sample's area is shared out
 * evenly), added and sampled down again; areas, hits and saturated channels are added up, `tight_coincidence`, `max_gap` and
 * `max_goodness_of_split` are the highest of the parts. What is not merged stays as it is.
 *
 * Differences from strax (`merge_peaks`, `replace_merged`): which peaks are merged is decided here by their distance, in strax by the plugin of the
 * experiment; peaks may overlap; the buffer for the common waveform has no fixed length.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mergedPeaks } from "@millrace/plugins-signal/strax/merged-peaks";
 *
 * assert.deepEqual(mergedPeaks.dependsOn, ["peaks"]);
 * ```
 * @module
 */
import { clusterStarts } from "@millrace/core/clusters";
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import type { Columns } from "@millrace/core/schema";
import { copyRows, type Table } from "@millrace/core/table";
import { type HitSum, PeakBuilder } from "./kernels/peak_builder.ts";
import { PEAK_SAMPLES, peaksSchema, type PeakTypes } from "./schemas.ts";

/** Peaks that follow one another closely as one. Options: `maxGap`, `maxDuration`, `topChannels`. */
export const mergedPeaks: Plugin = definePlugin({
  module: import.meta.url,
  export: "mergedPeaks",
  provides: "merged_peaks",
  dependsOn: ["peaks"],
  needs: { peaks: peaksSchema.types },
  version: "1.0.0",
  help: "Peaks that follow one another closely as one",
  schema: peaksSchema,
  boundary: ({ maxGap, maxDuration }) => ({ gap: maxGap, maxSpan: maxDuration }),
  reach: { left: 0, right: 0 },
  options: {
    maxGap: option.time({
      default: "1 us",
      min: 0,
      help: "Peaks with a shorter gap between them are merged",
    }),
    maxDuration: option.time({
      default: "50 us",
      min: 1,
      help: "A peak that far behind the first is merged with it no more",
    }),
    topChannels: option.integer({
      default: null,
      min: 0,
      max: 65536,
      help: "Channels below it belong to the top array; default: there is none",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { table, columns } = chunk;
    const channels = table.width("area_per_channel");
    const starts = clusterStarts(columns.time, columns.endtime, {
      gap: options.maxGap,
      maxSpan: options.maxDuration,
    });
    const out = emit(starts.length, { widths: { area_per_channel: channels, saturated_channel: channels } });
    const settings = {
      toPe: new Float64Array(channels),
      channels,
      topChannels: options.topChannels ?? -1,
      tightLeft: 0,
      tightRight: 0,
    };
    for (let row = 0; row < starts.length; row++) {
      const from = starts[row]!, to = starts[row + 1] ?? chunk.length;
      if (to === from + 1) copyRows(table as unknown as Table, from, to, out as unknown as Table, row);
      else merge(columns, from, to, settings, out.columns, row);
    }
    return out;
  },
});

const noHits = new Float64Array(0);

function merge(
  peaks: Columns<PeakTypes>,
  from: number,
  to: number,
  settings: ConstructorParameters<typeof PeakBuilder>[1],
  out: Columns<PeakTypes>,
  row: number,
): void {
  const { channels } = settings;
  const time = peaks.time[from]!;
  let dt = 0, end = -Infinity, hits = 0, area = 0, tight = 0, maxGap = 0, goodness = -1;
  for (let p = from; p < to; p++) {
    dt = commonDivisor(commonDivisor(dt, peaks.dt[p]!), peaks.time[p]! - time);
    end = Math.max(end, peaks.endtime[p]!);
    hits += peaks.n_hits[p]!;
    area += peaks.area[p]!;
    tight = Math.max(tight, peaks.tight_coincidence[p]!);
    maxGap = Math.max(maxGap, peaks.max_gap[p]!);
    goodness = Math.max(goodness, peaks.max_goodness_of_split[p]!);
  }
  const length = Math.round((end - time) / dt);
  const waveform = new Float32Array(length),
    perChannel = new Float32Array(channels),
    saturated = new Uint8Array(channels);
  for (let p = from; p < to; p++) {
    const factor = peaks.dt[p]! / dt, shift = (peaks.time[p]! - time) / dt;
    for (let k = 0; k < peaks.length[p]!; k++) {
      const part = peaks.data[p * PEAK_SAMPLES + k]! / factor;
      for (let i = 0; i < factor; i++) waveform[shift + k * factor + i]! += part;
    }
    for (let ch = 0; ch < channels; ch++) {
      perChannel[ch]! += peaks.area_per_channel[p * channels + ch]!;
      saturated[ch]! |= peaks.saturated_channel[p * channels + ch]!;
    }
  }
  const sum: HitSum = {
    waveform,
    perChannel,
    saturated,
    area,
    hits,
    maxGap,
    firstChannel: peaks.first_channel[from]!,
    lastChannel: peaks.last_channel[to - 1]!,
    saturatedChannels: saturated.reduce((a, b) => a + b, 0),
  };
  const none = { time: noHits, endtime: noHits, max_time: noHits } as ConstructorParameters<
    typeof PeakBuilder
  >[0];
  new PeakBuilder(none, settings, () => sum).build({ time, length, dt, from: 0, to: 0 }, out, row);
  out.tight_coincidence[row] = tight;
  out.max_goodness_of_split[row] = goodness;
}

function commonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
