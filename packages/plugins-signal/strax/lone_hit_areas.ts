/**
 * `lone_hit_areas` of the strax set: the integral of each lone hit with the samples around it.
 *
 * A row for each of `lone_hits`: `integral` is the sum of the record's samples from `leftExtension` before the hit to
 * `rightExtension` behind it, and the fraction of the baseline for each. It ends with the record, at a peak, where the next lone hit of the
 * channel starts, and it begins no earlier than where that of the one before ended, so that no sample counts twice.
 *
 * These are `find_hit_integration_bounds` and `integrate_lone_hits` of strax
 * (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: the area of the hit itself stays in `lone_hits`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loneHitAreas } from "@millrace/plugins-signal/strax/lone-hit-areas";
 *
 * assert.deepEqual(loneHitAreas.dependsOn, ["lone_hits", "records", "peaks"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { loneHitAreasHelp } from "./column_help.ts";
import { integrationBounds } from "./kernels/integration_bounds.ts";
import { loneHitAreasSchema, peaksSchema, straxHitsSchema, straxRecordsSchema } from "./schemas.ts";

/** Integrals of lone hits with the samples around them. Options: `leftExtension`, `rightExtension`. */
export const loneHitAreas: Plugin = definePlugin({
  module: import.meta.url,
  export: "loneHitAreas",
  provides: "lone_hit_areas",
  dependsOn: ["lone_hits", "records", "peaks"],
  needs: {
    lone_hits: straxHitsSchema.types,
    records: straxRecordsSchema.types,
    peaks: { time: "time", endtime: peaksSchema.types.endtime },
  },
  version: "1.0.0",
  help: "Integrals of lone hits with the samples around them",
  dataKind: "lone_hits",
  schema: loneHitAreasSchema,
  columnHelp: loneHitAreasHelp,
  // The hit before in the channel may have taken samples up to both extensions before this one.
  halo: ({ leftExtension, rightExtension }) => ({
    left: leftExtension + rightExtension,
    right: rightExtension + 1,
  }),
  options: {
    leftExtension: option.time({
      default: "30 ns",
      min: 0,
      help: "How long before a hit samples are integrated",
    }),
    rightExtension: option.time({
      default: "200 ns",
      min: 0,
      help: "How long behind a hit samples are integrated",
    }),
  },
  computeChunk(chunk, { inputs, options, own, emit }) {
    const { records, peaks } = inputs;
    const bounds = integrationBounds(
      chunk.columns,
      { ...records.columns, shift: Number(records.t0 - chunk.t0) },
      { ...peaks.columns, shift: Number(peaks.t0 - chunk.t0) },
      options,
    );
    const { dt, baseline, data } = records.columns, width = records.table.width("data");
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(["time", "endtime", "channel"], chunk.columns, to, own);
    for (let h = own.from; h < own.to; h++) {
      const record = bounds.record[h]!, start = bounds.recordTime[h]!;
      if (record < 0) {
        throw new RangeError(
          `Cannot integrate the hit in channel ${chunk.columns.channel[h]} at ${
            chunk.t0 + BigInt(chunk.columns.time[h]!)
          } ps: it is in no record; give the records that the hits were found in`,
        );
      }
      const left = Math.floor((bounds.from[h]! - start) / dt[record]!);
      const right = Math.floor((bounds.to[h]! - start) / dt[record]!);
      let sum = 0;
      for (let s = left; s < right; s++) sum += data[record * width + s]!;
      const row = h - own.from;
      to.left_integration[row] = left;
      to.right_integration[row] = right;
      to.integral[row] = sum + (right - left) * (baseline[record]! - Math.floor(baseline[record]!));
    }
    return out;
  },
});
