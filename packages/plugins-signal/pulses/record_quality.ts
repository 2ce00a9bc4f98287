/**
 * `record_quality`: whether a record is saturated, and whether pulses pile up in it.
 *
 * The signal is `baseline - sample` where the polarity is negative, else `sample - baseline`. The first and the last sample are no maxima; a record
 * without a baseline has no pulses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { recordQuality } from "@millrace/plugins-signal/pulses/record-quality";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [12000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [6],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 40, 90, 0, 100, 100]],
 * });
 * await using ctx = new Context({ config: { record_quality: { prominence: 20 } } });
 * ctx.register(tableSource("records", one), recordQuality);
 * const { saturated, saturated_samples, pulses, pile_up } = (await ctx.getData("run_1", "record_quality")).row(0);
 * assert.deepEqual([saturated, saturated_samples, pulses, pile_up], [true, 1, 2, true]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { findPeaksInto } from "../kernels/find_peaks.ts";
import { type PeakConditions, peakConditions } from "../kernels/peak_conditions.ts";
import { type PeakRoom, peakRoom } from "../kernels/peak_room.ts";
import { copyKeys, RECORD_KEYS, signalOf, WAVE_INPUT } from "../records/_wave_input.ts";

/** Saturation and pile-up of each record. Options: `adcRange`, `prominence`. */
export const recordQuality: Plugin = definePlugin({
  module: import.meta.url,
  export: "recordQuality",
  provides: "record_quality",
  dependsOn: ["records"],
  needs: { records: WAVE_INPUT.needs.records },
  version: "1.1.0",
  help: "Whether a record is saturated, and whether pulses pile up in it",
  dataKind: "records",
  schema: { ...RECORD_KEYS, saturated_samples: "u32", saturated: "bool", pulses: "u32", pile_up: "bool" },
  columnHelp: {
    saturated_samples: ["sample", "samples at or beyond the ends of `adcRange`"],
    saturated: ["", "whether there are any"],
    pulses: [
      "",
      "pulses: maxima of the signal with a prominence of at least `prominence`, as `scipy.signal.find_peaks` finds them",
    ],
    pile_up: ["", "whether there is more than one"],
  },
  options: {
    adcRange: option.range({
      default: [0, 16383],
      integer: true,
      min: 0,
      max: 65535,
      unit: "ADC",
      perChannel: true,
      help: "Lowest and highest sample that the digitizer can give; no end: it has none",
    }),
    prominence: option.number({
      default: 50,
      min: 0,
      unit: "ADC",
      perChannel: true,
      help: "Lowest prominence of a pulse",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { baseline, polarity } = columns;
    const { values, offsets } = columns.wave;
    const { adcRange, prominence } = options;
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    for (let i = 0; i < length; i++) {
      const board = columns.board[i]!,
        channel = columns.channel[i]!,
        first = offsets[i]!,
        end = offsets[i + 1]!;
      const [lowest, limit] = adcRange.at(board, channel), most = limit ?? Infinity;
      let saturated = 0;
      for (let k = first; k < end; k++) if (values[k]! <= lowest || values[k]! >= most) saturated++;
      const signal = signalOf(values, first, end, baseline[i]!, polarity[i]!);
      if (size < signal.length) room = peakRoom(size = signal.length);
      const pulses = findPeaksInto(signal, conditionsOf(prominence.at(board, channel)), room);
      to.saturated_samples[i] = saturated;
      to.saturated[i] = saturated > 0 ? 1 : 0;
      to.pulses[i] = pulses;
      to.pile_up[i] = pulses > 1 ? 1 : 0;
    }
    return out;
  },
});

let size = 0;
let room: PeakRoom = peakRoom(0);
let latest: { readonly prominence: number; readonly conditions: PeakConditions } | undefined;

/** Neighbouring records mostly have the same. */
function conditionsOf(prominence: number): PeakConditions {
  if (latest?.prominence !== prominence) latest = { prominence, conditions: peakConditions({ prominence }) };
  return latest.conditions;
}
