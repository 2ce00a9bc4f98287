/**
 * The plugin of `streaming_features.ts` as a class.
 *
 * A module to import: run alone, it prints nothing.
 * @module
 */
import {
  type Chunk,
  type ClassContext,
  type ExecutorType,
  option,
  type OptionRange,
  type OptionSpecs,
  type Schema,
  schema,
  StreamingPlugin,
  type Table,
} from "@millrace/core";

/** Peak height (ADC counts) and charge (ADC counts x samples) of each waveform, for negative pulses. */
export class StreamingFeatures extends StreamingPlugin {
  static override readonly module: string = import.meta.url;
  override readonly provides: string = "features_stream";
  override readonly dependsOn: readonly string[] = ["st_waveforms"];
  override readonly schema: Schema = schema({ time: "time", peak: "f32", charge: "f32" }) as Schema;
  override dataKind = "records";
  override version = "1.0.0";
  override help = "Peak height and charge of each waveform";
  override options: OptionSpecs = {
    heightRange: option.range({
      default: [40, 90],
      min: 0,
      integer: true,
      unit: "sample",
      help: "Samples searched for the peak",
    }),
  };
  // Where and how it runs changes no result.
  override parallel = true;
  override executorType: ExecutorType = "process";
  override maxWorkers = 4;
  override chunkSize = 50_000; // rows

  override computeChunk({ table, length: rows }: Chunk, { options, emit }: ClassContext): Table | null {
    if (rows === 0) return null;
    const wave = table.get("wave", "u16[n]"), width = table.width("wave");
    const length = table.get("length", "u32"), baseline = table.get("baseline", "f64");
    const [from, to] = options.heightRange as OptionRange;
    const out = emit(rows);
    const peak = out.get("peak", "f32"), charge = out.get("charge", "f32");
    for (let i = 0, first = 0; i < rows; i++, first += width) {
      const end = first + length[i]!;
      const stop = to === null ? end : Math.min(end, first + to);
      let low = Infinity, high = -Infinity, sum = 0;
      for (let k = first + from; k < stop; k++) {
        if (wave[k]! < low) low = wave[k]!;
        if (wave[k]! > high) high = wave[k]!;
      }
      for (let k = first; k < end; k++) sum += wave[k]!;
      peak[i] = high >= low ? high - low : NaN;
      charge[i] = length[i]! * baseline[i]! - sum;
    }
    return out;
  }
}
