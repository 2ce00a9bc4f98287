/**
 * `peaks_with_lone_hits` of the strax set: merged peaks with the lone hits that they contain.
 *
 * A lone hit that lies fully in a merged peak (between what it was merged from) belongs to it: its `integral` times `gain` is added to the
 * sample that the hit starts in, to `area` and to `area_per_channel`, and `n_hits` counts it. Times and widths are computed anew, all
 * other columns are those of `merged_peaks`.
 *
 * `gain` and `topChannels` have to be those of `peaks`: a run with others is refused before it begins. Of peaks that come from a table
 * nothing is known: there it is up to you.
 *
 * This is `add_lone_hits` of strax with `compute_properties` behind it (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: `n_hits` counts the lone hits; of overlapping peaks the first that contains a hit gets it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peaksWithLoneHits } from "@millrace/plugins-signal/strax/peaks-with-lone-hits";
 *
 * assert.deepEqual(peaksWithLoneHits.dependsOn, ["merged_peaks", "lone_hit_areas"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { splitByContainment } from "@millrace/core/intervals";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyRows, type Table } from "@millrace/core/table";
import { peaksHelp } from "./column_help.ts";
import { peakGain } from "./_peak_samples.ts";
import { sameAsPeaks } from "./_same_as_peaks.ts";
import { buildPeak } from "./kernels/peak_builder.ts";
import { loneHitAreasSchema, PEAK_SAMPLES, peaksSchema } from "./schemas.ts";

/** Merged peaks with the lone hits that they contain. Options: `gain`, `topChannels`. */
export const peaksWithLoneHits: Plugin = definePlugin({
  module: import.meta.url,
  export: "peaksWithLoneHits",
  provides: "peaks_with_lone_hits",
  dependsOn: ["merged_peaks", "lone_hit_areas"],
  needs: { merged_peaks: peaksSchema.types, lone_hit_areas: loneHitAreasSchema.types },
  version: "1.0.0",
  help: "Merged peaks with the lone hits that they contain",
  schema: peaksSchema,
  columnHelp: peaksHelp,
  // Of overlapping peaks the first gets a hit: peaks before that are needed too.
  halo: { left: 0, right: 0 },
  checkInputs: sameAsPeaks("peaks_with_lone_hits", ["gain", "topChannels"]),
  options: {
    gain: peakGain,
    topChannels: option.integer({
      default: null,
      min: 0,
      max: 65536,
      help: "Channels below it belong to the top array; default: there is none",
    }),
  },
  computeChunk(chunk, { inputs, options, own, emit }) {
    const { table, columns } = chunk, hits = inputs.lone_hit_areas.columns;
    const shift = Number(inputs.lone_hit_areas.t0 - chunk.t0);
    const shifted = (times: Float64Array) => (shift === 0 ? times : times.map((time) => time + shift));
    const time = shifted(hits.time);
    const { rows, offsets } = splitByContainment({ time, endtime: shifted(hits.endtime) }, columns);
    const channels = table.width("area_per_channel");
    const out = emit(own.to - own.from, {
      widths: { area_per_channel: channels, saturated_channel: channels },
    });
    const to = out.columns;
    for (let p = own.from; p < own.to; p++) {
      const row = p - own.from, count = offsets[p + 1]! - offsets[p]!;
      copyRows(table as unknown as Table, p, p + 1, out as unknown as Table, row);
      if (count === 0) continue;
      const length = columns.length[p]!, dt = columns.dt[p]!;
      const waveform = columns.data.slice(p * PEAK_SAMPLES, p * PEAK_SAMPLES + length);
      const perChannel = columns.area_per_channel.slice(p * channels, (p + 1) * channels);
      let area = columns.area[p]!;
      for (let k = offsets[p]!; k < offsets[p + 1]!; k++) {
        const h = rows[k]!, channel = hits.channel[h]!;
        if (channel >= channels) {
          throw new RangeError(
            `There is a lone hit in channel ${channel}, the peaks have ${channels} channels`,
          );
        }
        const pe = hits.integral[h]! * options.gain.at(0, channel);
        area += pe;
        perChannel[channel]! += pe;
        waveform[Math.min(length - 1, Math.floor((time[h]! - columns.time[p]!) / dt))]! += pe;
      }
      const sum = {
        waveform,
        perChannel,
        saturated: columns.saturated_channel.subarray(p * channels, (p + 1) * channels),
        area,
        hits: columns.n_hits[p]! + count,
        maxGap: columns.max_gap[p]!,
        firstChannel: columns.first_channel[p]!,
        lastChannel: columns.last_channel[p]!,
        saturatedChannels: columns.n_saturated_channels[p]!,
      };
      buildPeak({ time: columns.time[p]!, length, dt }, sum, options.topChannels, to, row);
      to.type[row] = columns.type[p]!;
      to.tight_coincidence[row] = columns.tight_coincidence[p]!;
      to.max_goodness_of_split[row] = columns.max_goodness_of_split[p]!;
    }
    return out;
  },
});
