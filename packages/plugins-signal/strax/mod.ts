/**
 * The plugin set that follows strax (Aalbers et al., doi:10.5281/zenodo.1340632): fragments of pulses, hits, peaks.
 *
 * The set is registered as a whole, instead of `signalPlugins`: both have a `records`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context } from "@millrace/core";
 * import { straxPlugins } from "@millrace/plugins-signal/strax";
 *
 * await using ctx = new Context({ config: { "raw_files.input": "./DAQ/run_7/RAW/*.BIN", "peaks.channels": 4 } });
 * ctx.register(straxPlugins);
 * assert(ctx.providers.has("peaks"));
 * ```
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import { pluginSet } from "@millrace/core/plugin-set";
import { rawFiles } from "../sources/raw_files.ts";
import { extendedHits } from "./extended_hits.ts";
import { peakHitTimes } from "./peak_hit_times.ts";
import { peakWaveforms } from "./peak_waveforms.ts";
import { simpleSummedWaveform } from "./simple_summed_waveform.ts";
import { filteredRecords } from "./filtered_records.ts";
import { hitlets } from "./hitlets.ts";
import { straxHits } from "./hits.ts";
import { loneHitAreas } from "./lone_hit_areas.ts";
import { loneHits } from "./lone_hits.ts";
import { mergedPeaks } from "./merged_peaks.ts";
import { straxPeaks } from "./peaks.ts";
import { peaksWithLoneHits } from "./peaks_with_lone_hits.ts";
import { rawRecords } from "./raw_records.ts";
import { straxRecords } from "./records.ts";
import { reducedRecords } from "./reduced_records.ts";
import { trimmedRecords } from "./trimmed_records.ts";

export { extendedHits } from "./extended_hits.ts";
export { peakHitTimes } from "./peak_hit_times.ts";
export { peakWaveforms } from "./peak_waveforms.ts";
export { simpleSummedWaveform } from "./simple_summed_waveform.ts";
export { filteredRecords } from "./filtered_records.ts";
export { hitlets } from "./hitlets.ts";
export { straxHits } from "./hits.ts";
export { loneHitAreas } from "./lone_hit_areas.ts";
export { loneHits } from "./lone_hits.ts";
export { mergedPeaks } from "./merged_peaks.ts";
export { definePeakReplacement, type IntervalTypes, type PeakReplacementSpec } from "./peak_replacement.ts";
export { straxPeaks } from "./peaks.ts";
export { peaksWithLoneHits } from "./peaks_with_lone_hits.ts";
export { rawRecords } from "./raw_records.ts";
export { straxRecords } from "./records.ts";
export { reducedRecords } from "./reduced_records.ts";
export { trimmedRecords } from "./trimmed_records.ts";
export * from "./schemas.ts";

/** All plugins of the set, to be registered together. */
export const straxPlugins: readonly Plugin[] = pluginSet("straxPlugins of @millrace/plugins-signal/strax", [
  rawFiles,
  rawRecords,
  straxRecords,
  filteredRecords,
  trimmedRecords,
  straxHits,
  reducedRecords,
  hitlets,
  extendedHits,
  straxPeaks,
  peakHitTimes,
  peakWaveforms,
  simpleSummedWaveform,
  loneHits,
  loneHitAreas,
  mergedPeaks,
  peaksWithLoneHits,
]);
