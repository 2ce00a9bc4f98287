/**
 * `basic_features`: height, amplitude, area and steepest step of every record.
 *
 * The signal is `baseline - sample` where the record's polarity is negative and `sample - baseline` where it is positive.
 * Ranges are `[start, end)` in samples, clamped to the record.
 *
 * Differences from WaveformAnalysis:
 * - only the record's own samples count, also where it is shorter than others; there, zeros behind a short trace are samples;
 * - polarity comes from `records`, a value for each channel, whatever the trace was read from;
 * - a range without samples gives NaN for `height` and `amp` (there an error) and 0 for `area`; a record with fewer than two samples
 *   gives NaN for `max_abs_diff`;
 * - the area is summed in integers and has one rounding, that of `count x baseline`;
 * - `event_index`, the position in the array there, is `record_id`, which names the same record in every type;
 * - `fixed_baseline` is not there: a baseline is a column of `records`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [8000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [4],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 90, 60, 100]],
 * });
 * await using ctx = new Context({ config: { "basic_features.heightRange": [0, null] } });
 * ctx.register(tableSource("records", one), basicFeatures);
 * const { height, area } = (await ctx.getData("run_1", "basic_features")).row(0);
 * assert.deepEqual([height, area], [40, 50]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option, type OptionRange } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { recordFeatureRows } from "../kernels/record_feature_rows.ts";
import { copyKeys, RECORD_KEYS, useFiltered, WAVE_INPUT, type WaveValues } from "../records/_wave_input.ts";
import { realFeatures } from "./_real_features.ts";

const MOST = 2 ** 30; // more samples than a record has

/** Height, amplitude, area and steepest step of every record. Options: `useFiltered`, `heightRange`, `areaRange`. */
export const basicFeatures: Plugin = definePlugin({
  module: import.meta.url,
  export: "basicFeatures",
  provides: "basic_features",
  ...WAVE_INPUT,
  knownAs: ["df"],
  version: "1.1.0",
  help: "Height, amplitude, area and steepest step of every record",
  dataKind: "records",
  schema: {
    ...RECORD_KEYS,
    height: "f32",
    amp: "f32",
    area: "f32",
    max_abs_diff: "f32",
  },
  columnHelp: {
    height: ["ADC", "highest signal in the height range; NaN where it has no sample"],
    amp: ["ADC", "highest less lowest sample in the height range; NaN where it has no sample"],
    area: ["ADC x sample", "sum of the signal over the area range"],
    max_abs_diff: [
      "ADC",
      "highest step from a sample to the next in the whole record; NaN below two samples",
    ],
  },
  options: {
    useFiltered: useFiltered(false),
    heightRange: option.range({
      default: [40, 90],
      integer: true,
      min: 0,
      max: MOST,
      unit: "sample",
      perChannel: true,
      help: "Samples searched for the pulse",
    }),
    areaRange: option.range({
      default: [0, null],
      integer: true,
      min: 0,
      max: MOST,
      unit: "sample",
      perChannel: true,
      help: "Samples that are summed",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { board, channel, baseline, polarity } = columns;
    const { offsets } = columns.wave, values = columns.wave.values as WaveValues;
    const { heightRange, areaRange } = options;
    const out = emit(length);
    const to = out.columns;
    copyKeys(columns, to);
    if (values instanceof Float32Array) {
      for (let i = 0; i < length; i++) {
        const [h0, h1] = heightRange.at(board[i]!, channel[i]!),
          [a0, a1] = areaRange.at(board[i]!, channel[i]!);
        const wave = values.subarray(offsets[i], offsets[i + 1]);
        realFeatures(wave, baseline[i]!, polarity[i]!, [h0, h1 ?? MOST], [a0, a1 ?? MOST], to, i);
      }
      return out;
    }
    const uniform = heightRange.uniform && areaRange.uniform;
    const ranges = uniform ? new Int32Array(4) : roomFor(length);
    if (uniform) setRanges(ranges, 0, heightRange.default, areaRange.default);
    else {
      for (let i = 0; i < length; i++) {
        setRanges(ranges, i, heightRange.at(board[i]!, channel[i]!), areaRange.at(board[i]!, channel[i]!));
      }
    }
    recordFeatureRows(values, offsets, length, baseline, polarity, ranges, to);
    return out;
  },
});

// Kept from chunk to chunk: a chunk is computed without a pause.
let room = new Int32Array(0);

/** Room for the ranges of so many records. */
function roomFor(rows: number): Int32Array {
  // One record more: four numbers alone would be those of every record.
  if (room.length < 4 * (rows + 1)) room = new Int32Array(4 * (rows + 1));
  return room;
}

function setRanges(ranges: Int32Array, i: number, height: OptionRange, area: OptionRange): void {
  ranges[4 * i] = height[0];
  ranges[4 * i + 1] = height[1] ?? MOST;
  ranges[4 * i + 2] = area[0];
  ranges[4 * i + 3] = area[1] ?? MOST;
}
