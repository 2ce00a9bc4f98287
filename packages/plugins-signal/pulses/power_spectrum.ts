/**
 * `power_spectrum`: the power spectrum of every record.
 *
 * `X[k] = sum s[n] exp(-2 pi i k n / N)` as `numpy.fft.rfft` gives it, of the samples less what `subtract` says: the record's baseline, the mean
 * of its samples, or nothing. A record without a baseline has NaN with `baseline`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { powerSpectra } from "@millrace/plugins-signal/pulses/power-spectrum";
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
 *   wave: [[110, 90, 110, 90]],
 * });
 * await using ctx = new Context({ config: { power_spectrum: { subtract: "mean" } } });
 * ctx.register(tableSource("records", one), powerSpectra);
 * const { df, power } = (await ctx.getData("run_1", "power_spectrum")).row(0);
 * assert.deepEqual([df, [...power as Float64Array]], [1.25e8, [0, 0, 1600]]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { RealFft } from "../kernels/rfft.ts";
import {
  copyKeys,
  RECORD_KEYS,
  signalOf,
  useFiltered,
  WAVE_INPUT,
  type WaveValues,
} from "../records/_wave_input.ts";

/** Power spectrum of every record. Option: `subtract`. */
export const powerSpectra: Plugin = definePlugin({
  module: import.meta.url,
  export: "powerSpectra",
  provides: "power_spectrum",
  ...WAVE_INPUT,
  version: "1.1.0",
  help: "Power spectrum of every record",
  dataKind: "records",
  schema: { ...RECORD_KEYS, df: "f64", power: "f64[]" },
  columnHelp: {
    df: ["Hz", "distance of the frequencies: `1 / (length dt)`; NaN without samples"],
    power: ["ADC^2", "`|X[k]|^2` at the frequencies `k df`, `k` from 0 to `length / 2`, without scaling"],
  },
  options: {
    useFiltered: useFiltered(false),
    subtract: option.choice(["baseline", "mean", "none"], {
      default: "baseline",
      help: "What is subtracted from the samples before",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { baseline } = columns;
    const { offsets } = columns.wave, values = columns.wave.values as WaveValues;
    let bins = 0;
    for (let i = 0; i < length; i++) bins += binsOf(offsets[i + 1]! - offsets[i]!);
    const out = emit(length, { values: { power: bins } }), to = out.columns;
    copyKeys(columns, to);
    to.power.offsets[0] = 0;
    for (let i = 0; i < length; i++) {
      const first = offsets[i]!, n = offsets[i + 1]! - first, from = to.power.offsets[i]!;
      to.power.offsets[i + 1] = from + binsOf(n);
      to.df[i] = n > 0 ? 1e12 / (n * columns.dt[i]!) : NaN;
      if (n === 0) continue;
      // The sign of the pulse changes no power.
      const level = options.subtract === "baseline"
        ? baseline[i]!
        : options.subtract === "mean"
        ? meanOf(values, first, n)
        : 0;
      const signal = signalOf(values, first, first + n, level, 1);
      transformOf(n).powerSpectrum(signal, to.power.values.subarray(from, from + binsOf(n)));
    }
    return out;
  },
});

const binsOf = (samples: number) => samples > 0 ? (samples >> 1) + 1 : 0;

function meanOf(values: WaveValues, first: number, n: number): number {
  let sum = 0;
  for (let k = first; k < first + n; k++) sum += values[k]!;
  return sum / n;
}

// Records of a run mostly have one length; of many lengths the latest transform alone is kept.
let latest: RealFft | undefined;

function transformOf(samples: number): RealFft {
  if (latest?.size !== samples) latest = new RealFft(samples);
  return latest;
}
