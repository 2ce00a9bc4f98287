/**
 * `merged_peaks` of the strax set: peaks that follow one another closely as one.
 *
 * A peak that starts less than `maxGap` behind the end of all before it belongs to the same merged one, unless it starts `maxDuration` or more
 * behind the first. Columns are those of `peaks`: waveforms are put on the greatest interval that is a part of all of theirs (a sample's
 * area is shared out evenly), added and sampled down again; areas, hits and saturated channels are added up, `tight_coincidence`, `max_gap` and
 * `max_goodness_of_split` are the highest of the parts. What is not merged stays as it is.
 *
 * `topChannels` has to be that of `peaks`: a run with another is refused before it begins. Of peaks that come from a table nothing is
 * known: there it is up to you.
 *
 * Differences from strax (`merge_peaks`, `replace_merged`): which peaks are merged is decided here by their distance, in strax by the plugin of the
 * experiment; peaks may overlap; the buffer for the common waveform has no fixed length; `tight_coincidence` is the highest of the parts (in strax that of the part with
 * the highest sample), and so are `max_gap` (there -1) and `max_goodness_of_split` (there NaN).
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
import { copyRows, type Table } from "@millrace/core/table";
import { peaksHelp } from "./column_help.ts";
import { sameAsPeaks } from "./_same_as_peaks.ts";
import { mergePeaks } from "./merge_peaks.ts";
import { peaksSchema } from "./schemas.ts";

/** Peaks that follow one another closely as one. Options: `maxGap`, `maxDuration`, `topChannels`. */
export const mergedPeaks: Plugin = definePlugin({
  module: import.meta.url,
  export: "mergedPeaks",
  provides: "merged_peaks",
  dependsOn: ["peaks"],
  needs: { peaks: peaksSchema.types },
  version: "1.1.0",
  help: "Peaks that follow one another closely as one",
  schema: peaksSchema,
  columnHelp: peaksHelp,
  boundary: ({ maxGap, maxDuration }) => ({ gap: maxGap, maxSpan: maxDuration }),
  reach: { left: 0, right: 0 },
  checkInputs: sameAsPeaks("merged_peaks", ["topChannels"]),
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
    for (let row = 0; row < starts.length; row++) {
      const from = starts[row]!, to = starts[row + 1] ?? chunk.length;
      if (to === from + 1) copyRows(table as unknown as Table, from, to, out as unknown as Table, row);
      else mergePeaks(columns, from, to, options.topChannels, out.columns, row);
    }
    return out;
  },
});
