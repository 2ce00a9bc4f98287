/**
 * `cfd_time`: the time of a pulse by constant fraction discrimination, which does not depend on its height.
 *
 * With the signal `s` (`baseline - sample` where the polarity is negative, else `sample - baseline`), the time is where
 * `fraction s[i] - s[i - delay]` falls through 0 behind its maximum, interpolated linearly (Knoll, Radiation Detection and
 * Measurement, ch. 17). A record whose signal does not reach `threshold` has no pulse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { cfdTime } from "@millrace/plugins-signal/pulses/cfd-time";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [0n],
 *   endtime: [20000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [10],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 100, 80, 60, 40, 20, 20, 20, 20]],
 * });
 * await using ctx = new Context({ config: { cfd_time: { fraction: 0.5, delay: 4 } } });
 * ctx.register(tableSource("records", one), cfdTime);
 * const { cfd_samples, cfd_offset } = (await ctx.getData("run_1", "cfd_time")).row(0);
 * assert.deepEqual([cfd_samples, cfd_offset], [8, 16_000]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { constantFractionInto } from "../kernels/constant_fraction.ts";
import { copyKeys, forEachSignal, RECORD_KEYS, useFiltered, WAVE_INPUT } from "../records/_wave_input.ts";

/** Time of the pulse by constant fraction. Options: `fraction`, `delay`, `threshold`. */
export const cfdTime: Plugin = definePlugin({
  module: import.meta.url,
  export: "cfdTime",
  provides: "cfd_time",
  ...WAVE_INPUT,
  version: "1.1.0",
  help: "Time of the pulse of each record by constant fraction discrimination",
  dataKind: "records",
  schema: { ...RECORD_KEYS, cfd_samples: "f64", cfd_offset: "f64" },
  columnHelp: {
    cfd_samples: ["sample", "the time in the record; NaN where there is no pulse"],
    cfd_offset: ["ps", "the time from the record's `time`; NaN where there is no pulse"],
  },
  options: {
    useFiltered: useFiltered(false),
    fraction: option.number({
      default: 0.5,
      min: 0.01,
      max: 0.99,
      perChannel: true,
      help: "Fraction of the pulse",
    }),
    delay: option.integer({
      default: 5,
      min: 1,
      max: 2 ** 20,
      unit: "sample",
      perChannel: true,
      help: "Delay of the other part, about the length of the rising edge",
    }),
    threshold: option.number({
      default: 10,
      min: 0,
      unit: "ADC",
      perChannel: true,
      help: "Lowest maximum of a pulse",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { fraction, delay, threshold } = options;
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    forEachSignal(columns, (signal, i, board, channel) => {
      const n = signal.length;
      if (work.length < n) work = new Float64Array(n);
      const settings = {
        fraction: fraction.at(board, channel),
        delay: delay.at(board, channel),
        threshold: threshold.at(board, channel),
      };
      const at = constantFractionInto(signal, settings, work.subarray(0, n));
      to.cfd_samples[i] = at;
      to.cfd_offset[i] = at * columns.dt[i]!;
    });
    return out;
  },
});

let work = new Float64Array(0);
