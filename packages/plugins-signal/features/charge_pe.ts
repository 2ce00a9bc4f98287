/**
 * `charge_pe`: area and height of every record in photoelectrons.
 *
 * `area_pe = area / gain` and `height_pe = height / gain`, with the gain of the record's channel: how much of `area` one
 * photoelectron makes, from a calibration. Channels without a gain have NaN, and the run says so.
 *
 * Differences from WaveformAnalysis (`df`): both columns are always there (there with gains only); rows are those of
 * `basic_features` in the order of all rows (there sorted anew, rows of equal time in any order).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
 * import { chargePe } from "@millrace/plugins-signal/features/charge-pe";
 *
 * const features = Table.from(basicFeatures.schemas.basic_features!, {
 *   time: [1000n],
 *   board: [0],
 *   channel: [3],
 *   record_id: [0n],
 *   height: [20],
 *   amp: [20],
 *   area: [100],
 *   max_abs_diff: [5],
 * });
 * await using ctx = new Context({ config: { "charge_pe.gain": { channels: { "0:3": 40 } } } });
 * ctx.register(tableSource("basic_features", features, { dataKind: "records" }), chargePe);
 * const { area_pe, height_pe } = (await ctx.getData("run_1", "charge_pe")).row(0);
 * assert.deepEqual([area_pe, height_pe], [2.5, 0.5]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyKeys, RECORD_KEYS } from "../records/_wave_input.ts";

/** Area and height in photoelectrons. Option: `gain`. */
export const chargePe: Plugin = definePlugin({
  module: import.meta.url,
  export: "chargePe",
  provides: "charge_pe",
  dependsOn: ["basic_features"],
  needs: { basic_features: { ...RECORD_KEYS, height: "f32", area: "f32" } },
  version: "1.0.0",
  help: "Area and height of every record in photoelectrons",
  dataKind: "records",
  schema: { ...RECORD_KEYS, area_pe: "f32", height_pe: "f32" },
  columnHelp: {
    area_pe: ["PE", "`area / gain`; NaN without a gain"],
    height_pe: ["PE / sample", "`height / gain`; NaN without a gain"],
  },
  options: {
    gain: option.number({
      default: null,
      min: 1e-9,
      unit: "ADC x sample / PE",
      perChannel: true,
      aliases: ["gainAdcPerPe"],
      help: "Area that one photoelectron makes; default: not known",
    }),
  },
  computeChunk(chunk, { options, emit, notice }) {
    const { columns, length } = chunk;
    const { board, channel, area, height } = columns;
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    let unknown = false;
    for (let i = 0; i < length; i++) {
      const gain = options.gain.at(board[i]!, channel[i]!);
      unknown ||= gain === null;
      to.area_pe[i] = gain === null ? NaN : area[i]! / gain;
      to.height_pe[i] = gain === null ? NaN : height[i]! / gain;
    }
    // The same text for every chunk: it is told once.
    if (unknown) notice("Some channels have no gain: their charges are NaN; set charge_pe.gain");
    return out;
  },
});
