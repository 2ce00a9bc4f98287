/**
 * `trapezoidal_energy`: the energy of a pulse as the height of a trapezoid, with the decay of the preamplifier taken out.
 *
 * The signal (`baseline - sample` where the polarity is negative, else `sample - baseline`) goes through the trapezoidal filter of
 * Jordanov and Knoll (Nucl. Instrum. Meth. A 345, 337, 1994): the mean over `rise` less the mean over the `rise` that lies
 * `rise + flat` earlier, of the signal with a decay of time constant `tau` corrected (pole-zero). Times are rounded to samples of the record,
 * `rise` to at least one. A step of height `h` has the energy `h`, and so has one that decays with `tau`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { trapezoidalEnergy } from "@millrace/plugins-signal/pulses/trapezoidal-energy";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [18000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [9],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 100, 92, 92, 92, 92, 92, 92]],
 * });
 * await using ctx = new Context({ config: { trapezoidal_energy: { rise: "4 ns", flat: "4 ns" } } });
 * ctx.register(tableSource("records", one), trapezoidalEnergy);
 * const { energy, position } = (await ctx.getData("run_1", "trapezoidal_energy")).row(0);
 * assert.deepEqual([energy, position], [8, 4]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { trapezoidalFilterInto } from "../kernels/trapezoidal_filter.ts";
import {
  copyKeys,
  forEachSignal,
  highest,
  RECORD_KEYS,
  useFiltered,
  WAVE_INPUT,
} from "../records/_wave_input.ts";

/** Height of the trapezoid of each record. Options: `rise`, `flat`, `tau`. */
export const trapezoidalEnergy: Plugin = definePlugin({
  module: import.meta.url,
  export: "trapezoidalEnergy",
  provides: "trapezoidal_energy",
  ...WAVE_INPUT,
  version: "1.1.0",
  help: "Energy of each record by a trapezoidal filter with pole-zero correction",
  dataKind: "records",
  schema: { ...RECORD_KEYS, energy: "f32", position: "i32" },
  columnHelp: {
    energy: ["ADC", "highest value of the trapezoid; NaN without samples or baseline"],
    position: ["sample", "where it is in the record; -1 where there is none"],
  },
  options: {
    useFiltered: useFiltered(false),
    rise: option.time({
      default: "200 ns",
      min: 1,
      perChannel: true,
      help: "Length of the trapezoid's edges",
    }),
    flat: option.time({
      default: "100 ns",
      min: 0,
      perChannel: true,
      help: "Length of its flat top, at least that of the pulse's rising edge",
    }),
    tau: option.time({
      default: null,
      min: 1,
      perChannel: true,
      help: "Time constant of the decay; default: none is corrected",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { rise, flat, tau } = options;
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    forEachSignal(columns, (signal, i, board, channel) => {
      const dt = columns.dt[i]!;
      const n = signal.length;
      if (work.length < n) work = new Float64Array(n);
      const decay = tau.at(board, channel);
      const shape = {
        rise: Math.max(1, Math.round(rise.at(board, channel) / dt)),
        flat: Math.round(flat.at(board, channel) / dt),
        tau: decay === null ? Infinity : decay / dt,
      };
      const filtered = trapezoidalFilterInto(signal, shape, work.subarray(0, n)),
        position = highest(filtered);
      to.energy[i] = position < 0 ? NaN : filtered[position]!;
      to.position[i] = position;
    });
    return out;
  },
});

let work = new Float64Array(0);
