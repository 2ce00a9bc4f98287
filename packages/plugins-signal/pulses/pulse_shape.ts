/**
 * `pulse_shape`: how much of a pulse's charge is in its tail, which tells particles apart.
 *
 * The signal is `baseline - sample` where the polarity is negative, else `sample - baseline`. Both gates start `preGate` samples before
 * the highest sample and have `shortGate` and `longGate` samples; they end with the record. This is the charge comparison
 * method (Knoll, Radiation Detection and Measurement, ch. 17; CAEN's DPP-PSD firmware has the same ratio).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { pulseShape } from "@millrace/plugins-signal/pulses/pulse-shape";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [14000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [7],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 70, 60, 90, 94, 98]],
 * });
 * await using ctx = new Context({ config: { pulse_shape: { preGate: 1, shortGate: 3, longGate: 5 } } });
 * ctx.register(tableSource("records", one), pulseShape);
 * const { position, charge_short, charge_long, psd } = (await ctx.getData("run_1", "pulse_shape")).row(0);
 * assert.deepEqual([position, charge_short, charge_long, psd], [3, 80, 88, Math.fround(8 / 88)]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { contradictionOf } from "../_channel_checks.ts";
import {
  copyKeys,
  forEachSignal,
  highest,
  RECORD_KEYS,
  useFiltered,
  WAVE_INPUT,
} from "../records/_wave_input.ts";

const MOST = 2 ** 30;

/** Tail to total of the charge. Options: `preGate`, `shortGate`, `longGate`. */
export const pulseShape: Plugin = definePlugin({
  module: import.meta.url,
  export: "pulseShape",
  provides: "pulse_shape",
  ...WAVE_INPUT,
  version: "1.1.0",
  help: "Charge of each record in a short and a long gate, and the share of the tail",
  dataKind: "records",
  schema: { ...RECORD_KEYS, position: "i32", charge_short: "f32", charge_long: "f32", psd: "f32" },
  columnHelp: {
    position: ["sample", "highest sample of the signal, the first of several; -1 where there is none"],
    charge_short: ["ADC x sample", "sum of the signal in the short gate"],
    charge_long: ["ADC x sample", "sum of the signal in the long gate"],
    psd: ["", "`(charge_long - charge_short) / charge_long`; NaN where the long gate has no charge above 0"],
  },
  options: {
    useFiltered: useFiltered(false),
    preGate: option.integer({
      default: 10,
      min: 0,
      max: MOST,
      unit: "sample",
      perChannel: true,
      help: "Samples of both gates before the highest one",
    }),
    shortGate: option.integer({
      default: 30,
      min: 1,
      max: MOST,
      unit: "sample",
      perChannel: true,
      help: "Length of the short gate",
    }),
    longGate: option.integer({
      default: 200,
      min: 1,
      max: MOST,
      unit: "sample",
      perChannel: true,
      help: "Length of the long gate",
    }),
  },
  checkOptions: ({ shortGate, longGate }) =>
    contradictionOf(
      { shortGate, longGate },
      ({ shortGate: short, longGate: long }) =>
        short < long
          ? undefined
          : `the short gate has ${short} samples and the long one ${long}: set pulse_shape.longGate to more than .shortGate`,
    ),
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { preGate, shortGate, longGate } = options;
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    forEachSignal(columns, (signal, i, board, channel) => {
      const short = shortGate.at(board, channel), long = longGate.at(board, channel);
      const position = highest(signal), start = Math.max(0, position - preGate.at(board, channel));
      const inShort = sumOf(signal, start, start + short), inLong = sumOf(signal, start, start + long);
      to.position[i] = position;
      to.charge_short[i] = inShort;
      to.charge_long[i] = inLong;
      to.psd[i] = inLong > 0 ? (inLong - inShort) / inLong : NaN;
    });
    return out;
  },
});

function sumOf(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let k = from, end = Math.min(to, x.length); k < end; k++) sum += x[k]!;
  return sum;
}
