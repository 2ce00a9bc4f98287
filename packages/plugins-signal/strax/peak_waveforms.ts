/**
 * `peak_waveforms` of the strax set: waveforms of peaks beside their sum: of the top array, and of the first samples.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | the peak, ps: rows are those of `peaks` |
 * | `data_top` | summed waveform of the channels below `topChannels`, PE a sample, on the samples of the peak's `data`; NaN without that option |
 * | `data_start` | the first 200 samples of the peak's sum before it was sampled down, PE a sample of the hits' own `dt` |
 *
 * Both are 0 behind the peak's end. They are `store_data_top` and `store_data_start` of strax's `sum_waveform`
 * (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * `gain` and `useExtended` have to be those of `peaks`, and `topChannels` too where both set it: a run with others is refused before it
 * begins. `gain` alone (`--set gain=0.01`) sets it for all plugins that have one. Of peaks that come from a table nothing is known: there it is
 * up to you.
 *
 * Differences from strax: they are a data type of their own, so that `peaks` does not take longer where nobody wants them. They hold all hits in
 * the time of the peak, also those that belong to the next one where `peaks.maxDuration` ended it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { peakWaveforms } from "@millrace/plugins-signal/strax/peak-waveforms";
 *
 * assert.deepEqual(peakWaveforms.dependsOn, ["peaks", "hits", "extended_hits"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { touchingWindows } from "@millrace/core/intervals";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import type { Columns } from "@millrace/core/schema";
import {
  gainsOf,
  PEAK_GRID,
  PEAK_KEYS,
  PEAK_KEYS_HELP,
  peakGain,
  samplesOf,
  shifted,
} from "./_peak_samples.ts";
import { sameAsPeaks } from "./_same_as_peaks.ts";
import { extendedColumns } from "./kernels/extended_columns.ts";
import type { PeakHits } from "./kernels/peak_builder.ts";
import { refuse } from "./kernels/peak_places.ts";
import { sampledDown } from "./kernels/sampled_down.ts";
import { sumHits } from "./kernels/sum_hits.ts";
import { extendedHitsSchema, type ExtendedHitTypes, PEAK_SAMPLES, straxHitsSchema } from "./schemas.ts";

/**
 * Waveforms of peaks of the top array, and of the first samples. Options: `topChannels`, `gain`, `useExtended`, `maxExtension`.
 */
export const peakWaveforms: Plugin = definePlugin({
  module: import.meta.url,
  export: "peakWaveforms",
  provides: "peak_waveforms",
  dependsOn: ["peaks", "hits", "extended_hits"],
  reads: ({ useExtended }) => ["peaks", useExtended ? "extended_hits" : "hits"],
  needs: { peaks: PEAK_GRID, hits: straxHitsSchema.types, extended_hits: extendedHitsSchema.types },
  version: "1.0.0",
  help: "Waveforms of peaks: of the top array, and of the first samples as they were recorded",
  dataKind: "peaks",
  schema: { ...PEAK_KEYS, data_top: "f32[200]", data_start: "f32[200]" },
  columnHelp: {
    ...PEAK_KEYS_HELP,
    data_top: ["PE", "summed waveform of the top array, a sample of the peak's; NaN without topChannels"],
    data_start: ["PE", "first samples of the sum, of the hits' sampling interval"],
  },
  checkInputs: sameAsPeaks("peak_waveforms", ["gain", "useExtended"], ["topChannels"]),
  halo: ({ useExtended, maxExtension }) => {
    const around = useExtended ? maxExtension : 0;
    return { left: around, right: around };
  },
  options: {
    topChannels: option.integer({
      default: null,
      min: 0,
      max: 65536,
      help: "Channels below it belong to the top array; default: there is none",
    }),
    gain: peakGain,
    useExtended: option.boolean({
      default: false,
      help: "Whether the samples around hits are summed too, as in peaks",
    }),
    maxExtension: option.time({
      default: "1 us",
      min: 0,
      help: "With useExtended: longest extension of a hit, how far around a peak hits are looked for",
    }),
  },
  computeChunk(chunk, { inputs, options, own, emit }) {
    const { columns } = chunk, input = inputs.extended_hits ?? inputs.hits;
    const given = input.columns as PeakHits, shift = Number(chunk.t0 - input.t0);
    const around = "before" in input.columns ? options.maxExtension : 0;
    const hits = "before" in input.columns
      ? extendedColumns(input.columns as unknown as Columns<ExtendedHitTypes>)
      : given;
    checkExtensions(given, hits, around, input.t0);
    const channels = chunk.table.width("saturated_channel"), top = options.topChannels;
    const toPe = gainsOf(options, channels), topToPe = toPe.map((gain, ch) => (ch < (top ?? 0) ? gain : 0));
    const all = sumHits(hits, toPe), ofTop = sumHits(hits, topToPe);
    const windows = touchingWindows(given, shifted(columns, shift), around);
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(["time", "endtime"], columns, to, own);
    for (let p = own.from, row = 0; p < own.to; p++, row++) {
      const from = windows[2 * p]!, last = windows[2 * p + 1]!;
      for (let h = from; h < last; h++) if (hits.channel[h]! >= channels) refuse(hits, h, channels);
      const { place, factor } = samplesOf(columns, p, hits, from, last, shift);
      const whole = { ...place, from, to: last };
      const room = (data: Float32Array) => data.subarray(row * PEAK_SAMPLES, (row + 1) * PEAK_SAMPLES);
      sampledDown(all(whole).waveform, 1, room(to.data_start));
      if (top === null) room(to.data_top).fill(NaN);
      else sampledDown(ofTop(whole).waveform, factor, room(to.data_top));
    }
    return out;
  },
});

/** @throws {RangeError} On a hit whose samples reach further than is looked for. */
function checkExtensions(hits: PeakHits, extended: PeakHits, longest: number, t0: bigint): void {
  for (let h = 0; h < hits.time.length; h++) {
    const before = hits.time[h]! - extended.time[h]!, behind = extended.endtime[h]! - hits.endtime[h]!;
    if (before <= longest && behind <= longest) continue;
    throw new RangeError(
      `The hit in channel ${hits.channel[h]} at ${t0 + BigInt(hits.time[h]!)} ps is extended by ${
        Math.max(before, behind)
      } ps: set peak_waveforms.maxExtension to at least that, it is ${longest} ps`,
    );
  }
}
