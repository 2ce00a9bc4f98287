/**
 * `simple_summed_waveform` of the strax set: what all records have in the time of a peak, summed over channels.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | the peak, ps: rows are those of `peaks` |
 * | `record_data` | sum over the records of `(sample + fraction of the baseline) x gain`, PE a sample, on the samples of the peak's `data`; the fraction is added to samples other than 0 |
 *
 * Where `data` of a peak holds the samples of its hits, this holds those between them too, and those of channels without a hit. It shows
 * shapes; as an integral it is biased, for the fraction of the baseline is left out where a sample is 0.
 *
 * `gain` has to be that of `peaks`: a run with another is refused before it begins. `gain` alone (`--set gain=0.01`) sets it for all
 * plugins that have one. Of peaks that come from a table nothing is known: there it is up to you.
 *
 * This is `simple_summed_waveform` of strax (Aalbers et al., strax, doi:10.5281/zenodo.1340632).
 *
 * Differences from strax: the peak keeps its own `data`; samples are placed by their distance from the peak's start, not by `time // dt` of the clock.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { simpleSummedWaveform } from "@millrace/plugins-signal/strax/simple-summed-waveform";
 *
 * assert.deepEqual(simpleSummedWaveform.dependsOn, ["peaks", "records"]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { touchingWindows } from "@millrace/core/intervals";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
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
import { sampledDown } from "./kernels/sampled_down.ts";
import { addRecords } from "./kernels/simple_sum.ts";
import { PEAK_SAMPLES, straxRecordsSchema } from "./schemas.ts";

/** What all records have in the time of a peak, summed over channels. Option: `gain`. */
export const simpleSummedWaveform: Plugin = definePlugin({
  module: import.meta.url,
  export: "simpleSummedWaveform",
  provides: "simple_summed_waveform",
  dependsOn: ["peaks", "records"],
  needs: { peaks: PEAK_GRID, records: straxRecordsSchema.types },
  version: "1.0.0",
  help: "What all records have in the time of a peak, summed over channels",
  dataKind: "peaks",
  schema: { ...PEAK_KEYS, record_data: "f32[200]" },
  columnHelp: {
    ...PEAK_KEYS_HELP,
    record_data: ["PE", "sum of all records, a sample of the peak's; 0 behind its end"],
  },
  halo: { left: 0, right: 0 },
  checkInputs: sameAsPeaks("simple_summed_waveform", ["gain"]),
  options: { gain: peakGain },
  computeChunk(chunk, { inputs, options, own, emit }) {
    const { columns } = chunk, { records } = inputs, shift = Number(chunk.t0 - records.t0);
    const toPe = gainsOf(options, chunk.table.width("saturated_channel"));
    const width = records.table.width("data");
    const windows = touchingWindows(records.columns, shifted(columns, shift));
    const out = emit(own.to - own.from), to = out.columns;
    copyColumns(["time", "endtime"], columns, to, own);
    for (let p = own.from, row = 0; p < own.to; p++, row++) {
      const from = windows[2 * p]!, last = windows[2 * p + 1]!;
      const { place, factor } = samplesOf(columns, p, records.columns, from, last, shift);
      const sum = new Float32Array(place.length);
      addRecords(records.columns, width, place, from, last, toPe, sum);
      sampledDown(sum, factor, to.record_data.subarray(row * PEAK_SAMPLES, (row + 1) * PEAK_SAMPLES));
    }
    return out;
  },
});
