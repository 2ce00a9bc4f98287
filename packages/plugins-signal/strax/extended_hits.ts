/**
 * `extended_hits` of the strax set: hits with the samples around them.
 *
 * Rows and columns are those of `hits`, but that `wave` has the record's samples from `leftExtension` before the hit to `rightExtension` behind it,
 * and `before` says how many of them lie before the hit. They stay within the hit's own pulse, whatever fragments that has; they end
 * where the next hit of the channel starts, and begin no earlier than where those of the hit before end, so that no sample counts twice.
 *
 * With `peaks.useExtended` peaks are the sums of these samples. In a peak only those count that lie in it. The samples are those of `records` also
 * where `hits.useFiltered` finds hits in filtered ones: with extensions of 0, peaks of such hits are sums of samples as they were recorded.
 *
 * These are `find_hit_integration_bounds` with `allow_bounds_beyond_records`, and the part of `sum_waveform` that looks up samples, of strax
 * (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: a pulse is looked through as far as the extensions reach, where strax looks into the fragments next to that of the
 * hit; there the extensions end at the edges of peaks too, which is the same where they are not longer than those of `peaks`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { extendedHits } from "@millrace/plugins-signal/strax/extended-hits";
 * import { straxHits } from "@millrace/plugins-signal/strax/hits";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const records = Table.from(straxRecordsSchema, {
 *   time: [0n],
 *   endtime: [60_000n],
 *   channel: [3],
 *   dt: [10_000],
 *   length: [6],
 *   pulse_length: [6],
 *   record_i: [0],
 *   area: [60],
 *   reduction_level: [0],
 *   baseline: [16000],
 *   baseline_rms: [1],
 *   data: [[0, 4, 30, 20, 5, 1]],
 * });
 * const config = { extended_hits: { leftExtension: "20 ns", rightExtension: "10 ns" } };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", records), straxHits, extendedHits);
 * const { time, before, wave } = (await ctx.getData("run_1", "extended_hits")).row(0);
 * assert.deepEqual([time, before, wave], [20_000n, 2, Int16Array.of(0, 4, 30, 20, 5)]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { extendedHitsHelp } from "./column_help.ts";
import { integrationBounds } from "./kernels/integration_bounds.ts";
import { PulseSamples } from "./kernels/pulse_samples.ts";
import { extendedHitsSchema, straxHitsSchema, straxRecordsSchema } from "./schemas.ts";

const { wave: _, ...same } = straxHitsSchema.types;
const SAME = Object.keys(same) as (keyof typeof same)[];
const NONE = { time: new Float64Array(0), endtime: new Float64Array(0), shift: 0 };

/** Hits with the samples around them. Options: `leftExtension`, `rightExtension`. */
export const extendedHits: Plugin = definePlugin({
  module: import.meta.url,
  export: "extendedHits",
  provides: "extended_hits",
  dependsOn: ["hits", "records"],
  needs: { hits: straxHitsSchema.types, records: straxRecordsSchema.types },
  version: "1.0.0",
  help: "Hits with the samples around them, for peaks that are summed with those",
  dataKind: "strax_hits",
  schema: extendedHitsSchema,
  columnHelp: extendedHitsHelp,
  // The hit before in the channel may have taken samples up to both extensions before this one.
  halo: ({ leftExtension, rightExtension }) => ({
    left: leftExtension + rightExtension,
    right: rightExtension + 1,
  }),
  options: {
    leftExtension: option.time({
      default: "20 ns",
      min: 0,
      help: "How long before a hit samples belong to it",
    }),
    rightExtension: option.time({
      default: "150 ns",
      min: 0,
      help: "How long behind a hit samples belong to it",
    }),
  },
  computeChunk(chunk, { inputs, options, own, emit }) {
    const { columns } = chunk, { records } = inputs, shift = Number(records.t0 - chunk.t0);
    const samples = new PulseSamples(records.columns, records.table.width("data"));
    const bounds = integrationBounds(columns, { ...records.columns, shift }, NONE, options, samples.spans);
    const { dt, time, endtime, channel } = columns;
    // From the sample that the extension begins in on.
    const startOf = (h: number) => time[h]! - Math.ceil((time[h]! - bounds.from[h]!) / dt[h]!) * dt[h]!;
    const endOf = (h: number) => endtime[h]! + Math.floor((bounds.to[h]! - endtime[h]!) / dt[h]!) * dt[h]!;
    let count = 0;
    for (let h = own.from; h < own.to; h++) {
      if (bounds.record[h]! < 0) {
        throw new RangeError(
          `Cannot extend the hit in channel ${channel[h]} at ${
            chunk.t0 + BigInt(time[h]!)
          } ps: it is in no record; ` +
            "give the records that the hits were found in",
        );
      }
      count += (endOf(h) - startOf(h)) / dt[h]!;
    }
    const out = emit(own.to - own.from, { values: { wave: count } }), to = out.columns;
    copyColumns(SAME, columns, to, own);
    const { values, offsets } = to.wave;
    offsets[0] = 0;
    for (let h = own.from, row = 0; h < own.to; h++, row++) {
      const start = startOf(h), n = (endOf(h) - start) / dt[h]!;
      to.before[row] = (time[h]! - start) / dt[h]!;
      samples.copy(bounds.record[h]!, start - shift, n, values, offsets[row]!);
      offsets[row + 1] = offsets[row]! + n;
    }
    return out;
  },
});
