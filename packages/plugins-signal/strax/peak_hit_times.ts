/**
 * `peak_hit_times` of the strax set: how far apart in time the maxima of a peak's hits lie.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | the peak, ps: rows are those of `peaks` |
 * | `min_diff`, `max_diff` | shortest and longest time from the maximum (`max_time`) of a hit to that of the next one in time, of the hits whose maximum lies in the peak, ps; NaN with fewer than two |
 *
 * There are no options: the peaks' own times and hits are used, whatever `peaks` are made with.
 *
 * strax has these columns in `peaks`, for plugins of its experiments to fill (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: they are a data type of their own, so that `peaks` does not take longer where nobody wants them; a hit belongs to the
 * peak that its maximum lies in, so that of a peak that was divided no hit is left out; NaN stands where strax has -1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peakHitTimes } from "@millrace/plugins-signal/strax/peak-hit-times";
 *
 * assert.deepEqual(peakHitTimes.dependsOn, ["peaks", "hits"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { touchingWindows } from "@millrace/core/intervals";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { PEAK_KEYS, PEAK_KEYS_HELP, shifted } from "./_peak_samples.ts";

/** How far apart in time the maxima of a peak's hits lie. */
export const peakHitTimes: Plugin = definePlugin({
  module: import.meta.url,
  export: "peakHitTimes",
  provides: "peak_hit_times",
  dependsOn: ["peaks", "hits"],
  needs: {
    peaks: PEAK_KEYS,
    hits: { time: "time", endtime: "time", max_time: "time" },
  },
  version: "1.0.0",
  help: "Shortest and longest time between the maxima of the hits of a peak",
  dataKind: "peaks",
  schema: { ...PEAK_KEYS, min_diff: "f64", max_diff: "f64" },
  columnHelp: {
    ...PEAK_KEYS_HELP,
    min_diff: [
      "ps",
      "shortest time between the maxima of hits that follow each other; NaN with fewer than two",
    ],
    max_diff: [
      "ps",
      "longest time between the maxima of hits that follow each other; NaN with fewer than two",
    ],
  },
  halo: { left: 0, right: 0 },
  computeChunk(chunk, { inputs, own, emit }) {
    const { time, endtime } = chunk.columns, hits = inputs.hits.columns;
    const shift = Number(inputs.hits.t0 - chunk.t0);
    const maxTime = shift === 0 ? hits.max_time : hits.max_time.map((t) => t + shift);
    const windows = touchingWindows(shifted(hits, shift), chunk.columns);
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(["time", "endtime"], chunk.columns, to, own);
    for (let p = own.from, row = 0; p < own.to; p++, row++) {
      const start = time[p]!, end = endtime[p]!;
      const tops = maxTime.slice(windows[2 * p], windows[2 * p + 1]).filter((t) => t >= start && t < end)
        .sort();
      let least = Infinity, most = -Infinity;
      for (let k = 1; k < tops.length; k++) {
        const diff = tops[k]! - tops[k - 1]!;
        if (diff < least) least = diff;
        if (diff > most) most = diff;
      }
      to.min_diff[row] = tops.length > 1 ? least : NaN;
      to.max_diff[row] = tops.length > 1 ? most : NaN;
    }
    return out;
  },
});
