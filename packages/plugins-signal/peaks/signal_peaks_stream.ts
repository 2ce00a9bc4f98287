/**
 * `signal_peaks_stream`: the pulses of every record, as `scipy.signal.find_peaks` finds them: `signal_peaks` by its streaming name.
 *
 * The searched signal is the waveform's step from each sample to the next (`useDerivative`, the default), or the waveform less its
 * baseline; it is turned over where the record's polarity is negative, so that pulses rise in it. It has to fulfil `height`,
 * `threshold`, `distance`, `prominence` and `width`, each as in `scipy.signal.find_peaks`. Edges are at half of the prominence
 * (`scipy.signal.peak_widths`, `rel_height=0.5`).
 *
 * `heightMethod` `"diff"`: how far the waveform rises from the left edge to the right one (rounded to samples, halves to the even
 * one); `"minmax"`: highest less lowest sample between the edges, `heightWindowExtension` samples wider on both sides.
 *
 * Differences from WaveformAnalysis: every record's polarity is heeded (there all pulses count as negative ones); all times are
 * ps and exact at any distance from the start (doubles lose single ps behind 2^53 ps); edges enclose the peak in time too
 * (`time`, `endtime`), `timestamp` is `peakTime`; prominence and width are given; `integral`, always 0 there, is that of the
 * signal; options may differ by channel.
 * Chunks are in time order over all channels (there they go channel by channel).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { filteredSchema } from "@millrace/plugins-signal/filters/filtered-waveforms";
 * import { signalPeaksStream } from "@millrace/plugins-signal/peaks/signal-peaks-stream";
 *
 * const one = Table.from(filteredSchema, {
 *   time: [0n],
 *   endtime: [20_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [10],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 90, 60, 20, 60, 90, 100, 100, 100]],
 * });
 * await using ctx = new Context({ config: { signal_peaks_stream: { useDerivative: false, width: 2, heightMethod: "minmax" } } });
 * ctx.register(tableSource("filtered_waveforms", one), signalPeaksStream);
 * const { peakTime, position, height, prominence, width } = (await ctx.getData("run_1", "signal_peaks_stream")).row(0);
 * assert.deepEqual([peakTime, position, height, prominence, width], [8000n, 4, 80, 80, 2]);
 * ```
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import { pulsePlugin } from "./_pulses.ts";

/**
 * Pulses of records as signal_peaks has them, by the name of its streaming form. Options: `useFiltered`, `useDerivative`, `height`, `threshold`, `distance`, `prominence`, `width`,
 * `heightMethod`, `heightWindowExtension`.
 */
export const signalPeaksStream: Plugin = pulsePlugin({
  module: import.meta.url,
  export: "signalPeaksStream",
  provides: "signal_peaks_stream",
  version: "1.2.0",
  help: "Pulses of records as signal_peaks has them, by the name of its streaming form",
  heightMethod: "diff",
  heightWindowExtension: 2,
});
