/**
 * A plugin: height and charge of every waveform.
 *
 * It has the kind of its input, one row for each waveform: the engine fills in the columns that tell a row (`time`), only the
 * new ones are written here.
 *
 * A module to import, as `script.ts` does: run alone, it prints nothing.
 * @module
 */
import { definePlugin, option, type Plugin } from "@millrace/core";

/**
 * Peak height (ADC counts) and charge (ADC counts x samples) of each waveform, for negative pulses. Option: `heightRange`.
 */
export const streamingFeatures: Plugin = definePlugin({
  module: import.meta.url, // a worker loads it from here
  export: "streamingFeatures",
  provides: "features_stream",
  dependsOn: ["st_waveforms"],
  needs: { st_waveforms: { time: "time", length: "u32", baseline: "f64", wave: "u16[n]" } },
  version: "1.0.0",
  help: "Peak height and charge of each waveform",
  dataKind: "records",
  schema: { time: "time", peak: "f32", charge: "f32" },
  options: {
    heightRange: option.range({
      default: [40, 90],
      min: 0,
      integer: true,
      unit: "sample",
      help: "Samples searched for the peak",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    if (chunk.length === 0) return null;
    const { length, baseline, wave } = chunk.columns; // wave is an [n, width] block in row order
    const width = chunk.table.width("wave");
    const [from, to] = options.heightRange;
    const out = emit(chunk.length); // a pooled table with the columns of the schema
    const { peak, charge } = out.columns;
    for (let i = 0, first = 0; i < chunk.length; i++, first += width) {
      const end = first + length[i]!; // behind it there are only zeros that fill up the block
      const stop = to === null ? end : Math.min(end, first + to);
      let low = Infinity, high = -Infinity, sum = 0;
      for (let k = first + from; k < stop; k++) {
        if (wave[k]! < low) low = wave[k]!;
        if (wave[k]! > high) high = wave[k]!;
      }
      for (let k = first; k < end; k++) sum += wave[k]!;
      peak[i] = high >= low ? high - low : NaN; // no sample in the range
      charge[i] = length[i]! * baseline[i]! - sum;
    }
    return out;
  },
});
