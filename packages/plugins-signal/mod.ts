/**
 * Signal processing for Millrace: file formats, records, features and hits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context } from "@millrace/core";
 * import { signalPlugins } from "@millrace/plugins-signal";
 * import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
 *
 * const folder = await Deno.makeTempDir();
 * const { truth } = await simulateFiles(folder, { channels: 2, duration: 1e10, samples: 200, seed: 1 });
 * await using ctx = new Context({ config: { "raw_files.input": folder } });
 * ctx.register(signalPlugins);
 * const features = await ctx.getData("run_1", "basic_features");
 * assert((await ctx.getData("run_1", "hit_threshold")).length > 0);
 * assert(features.length > 0);
 * truth.release();
 * await Deno.remove(folder, { recursive: true });
 * ```
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import { pluginSet } from "@millrace/core/plugin-set";
import { basicFeatures } from "./features/basic_features.ts";
import { filteredWaveforms } from "./filters/filtered_waveforms.ts";
import { hitThreshold } from "./hits/hit_threshold.ts";
import { signalPeaksStream } from "./peaks/signal_peaks_stream.ts";
import { chargePe } from "./features/charge_pe.ts";
import { events } from "./events/events.ts";
import { pairedEvents } from "./events/paired_events.ts";
import { s1S2 } from "./events/s1_s2.ts";
import { hitGrouped } from "./hits/hit_grouped.ts";
import { hitMerged } from "./hits/hit_merged.ts";
import { liveHistogram } from "./live/live_histogram.ts";
import { liveRate } from "./live/live_rate.ts";
import { hit } from "./peaks/hit.ts";
import { signalPeaks } from "./peaks/signal_peaks.ts";
import { waveformWidth } from "./pulses/waveform_width.ts";
import { wavePool } from "./records/wave_pool.ts";
import { waveformWidthIntegral } from "./pulses/waveform_width_integral.ts";
import { pulseShape } from "./pulses/pulse_shape.ts";
import { cfdTime } from "./pulses/cfd_time.ts";
import { trapezoidalEnergy } from "./pulses/trapezoidal_energy.ts";
import { powerSpectra } from "./pulses/power_spectrum.ts";
import { recordQuality } from "./pulses/record_quality.ts";
import { records } from "./records/records.ts";
import { stWaveforms } from "./records/st_waveforms.ts";
import { rawFiles } from "./sources/raw_files.ts";

export { basicFeatures } from "./features/basic_features.ts";
export { filteredSchema, type FilteredTypes, filteredWaveforms } from "./filters/filtered_waveforms.ts";
export { hitThreshold } from "./hits/hit_threshold.ts";
export { signalPeaksStream } from "./peaks/signal_peaks_stream.ts";
export { chargePe } from "./features/charge_pe.ts";
export { events } from "./events/events.ts";
export { pairedEvents } from "./events/paired_events.ts";
export { s1S2 } from "./events/s1_s2.ts";
export { hitGrouped } from "./hits/hit_grouped.ts";
export { hitMerged } from "./hits/hit_merged.ts";
export { liveHistogram } from "./live/live_histogram.ts";
export { liveRate } from "./live/live_rate.ts";
export { hit } from "./peaks/hit.ts";
export { signalPeaks } from "./peaks/signal_peaks.ts";
export { waveformWidth } from "./pulses/waveform_width.ts";
export { wavePool } from "./records/wave_pool.ts";
export { waveformWidthIntegral } from "./pulses/waveform_width_integral.ts";
export { pulseShape } from "./pulses/pulse_shape.ts";
export { cfdTime } from "./pulses/cfd_time.ts";
export { trapezoidalEnergy } from "./pulses/trapezoidal_energy.ts";
export { powerSpectra } from "./pulses/power_spectrum.ts";
export { recordQuality } from "./pulses/record_quality.ts";
export { records, recordsSchema, type RecordTypes } from "./records/records.ts";
export { stWaveforms } from "./records/st_waveforms.ts";
export { rawFiles } from "./sources/raw_files.ts";
export {
  type CompassOptions,
  type CompassPiece,
  openCompass,
  rawSchema,
  type RawTypes,
} from "./formats/compass/reader.ts";

export { straxPlugins } from "./strax/mod.ts";

/** The plugins that follow WaveformAnalysis, to be registered together; `straxPlugins` are the other set. */
export const signalPlugins: readonly Plugin[] = pluginSet("signalPlugins of @millrace/plugins-signal", [
  rawFiles,
  records,
  wavePool,
  stWaveforms,
  filteredWaveforms,
  basicFeatures,
  chargePe,
  events,
  pairedEvents,
  hitThreshold,
  hitMerged,
  hitGrouped,
  hit,
  signalPeaks,
  signalPeaksStream,
  waveformWidth,
  waveformWidthIntegral,
  s1S2,
  pulseShape,
  cfdTime,
  trapezoidalEnergy,
  powerSpectra,
  recordQuality,
  liveRate,
  liveHistogram,
]);
