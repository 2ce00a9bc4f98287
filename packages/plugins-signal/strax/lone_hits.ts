/**
 * `lone_hits` of the strax set: hits that touch no peak.
 *
 * The columns are those of `hits`.
 *
 * Differences from strax: a hit belongs to a peak if it touches it, where strax asks for full containment, so that the end of a long peak that
 * sampling down leaves out makes no lone hits; the area is that of the hit itself, where strax adds samples around it
 * (`integrate_lone_hits`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loneHits } from "@millrace/plugins-signal/strax/lone-hits";
 *
 * assert.deepEqual(loneHits.dependsOn, ["hits", "peaks"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { touchingWindows } from "@millrace/core/intervals";
import type { Plugin } from "@millrace/core/plugin";
import { copyRows, type Table } from "@millrace/core/table";
import { straxHitsHelp } from "./column_help.ts";
import { peaksSchema, straxHitsSchema } from "./schemas.ts";

/** Hits that touch no peak. */
export const loneHits: Plugin = definePlugin({
  module: import.meta.url,
  export: "loneHits",
  provides: "lone_hits",
  dependsOn: ["hits", "peaks"],
  needs: { hits: straxHitsSchema.types, peaks: peaksSchema.types },
  version: "1.0.0",
  help: "Hits that touch no peak",
  schema: straxHitsSchema,
  columnHelp: straxHitsHelp,
  halo: { left: 0, right: 0 },
  computeChunk(chunk, { inputs, own, emit }) {
    const shift = Number(inputs.peaks.t0 - chunk.t0);
    const shifted = (times: Float64Array) => (shift === 0 ? times : times.map((time) => time + shift));
    const { time, endtime } = inputs.peaks.columns;
    const peaks = { time: shifted(time), endtime: shifted(endtime) };
    const windows = touchingWindows(peaks, chunk.columns);
    const { offsets } = chunk.columns.wave;
    const lone: number[] = [];
    let samples = 0;
    for (let h = own.from; h < own.to; h++) {
      let touched = false;
      for (let p = windows[2 * h]!; p < windows[2 * h + 1]! && !touched; p++) {
        touched = peaks.endtime[p]! > chunk.columns.time[h]!;
      }
      if (touched) continue;
      lone.push(h);
      samples += offsets[h + 1]! - offsets[h]!;
    }
    const out = emit(lone.length, { values: { wave: samples } });
    const source = chunk.table as unknown as Table, target = out as unknown as Table;
    lone.forEach((h, row) => copyRows(source, h, h + 1, target, row));
    return out;
  },
});
