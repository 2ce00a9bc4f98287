/**
 * `waveform_width_integral`: between which times a share of a record's charge lies.
 *
 * The signal is `baseline - sample` where the polarity is negative, else `sample - baseline`. Its samples above 0 are summed up
 * to `q[i] = s[0] + ... + s[i]`; the time of a share `f` is where `q` reaches `f q[n - 1]`, interpolated linearly between samples.
 *
 * Differences from WaveformAnalysis: times are interpolated (there they are whole samples) and in ps (there ns); they are NaN where
 * there is no charge (there 0); the interval is that of the record, not an option; `event_index` is `record_id`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { waveformWidthIntegral } from "@millrace/plugins-signal/pulses/waveform-width-integral";
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
 *   wave: [[100, 100, 98, 98, 96, 100]],
 * });
 * await using ctx = new Context({ config: { waveform_width_integral: { qLow: 0.25, qHigh: 0.75 } } });
 * ctx.register(tableSource("records", one), waveformWidthIntegral);
 * const { t_low, t_high, width_samples, q_total } = (await ctx.getData("run_1", "waveform_width_integral")).row(0);
 * assert.deepEqual([t_low, t_high, width_samples, q_total], [4000, 7000, 1.5, 8]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { contradictionOf } from "../_channel_checks.ts";
import { integralQuantilesInto } from "../kernels/integral_quantiles.ts";
import { copyKeys, forEachSignal, RECORD_KEYS, useFiltered, WAVE_INPUT } from "../records/_wave_input.ts";

/** Between which times a share of the charge lies. Options: `useFiltered`, `qLow`, `qHigh`. */
export const waveformWidthIntegral: Plugin = definePlugin({
  module: import.meta.url,
  export: "waveformWidthIntegral",
  provides: "waveform_width_integral",
  ...WAVE_INPUT,
  version: "1.2.0",
  help: "Times between which a share of the charge of each record lies",
  dataKind: "records",
  schema: {
    ...RECORD_KEYS,
    t_low: "f32",
    t_high: "f32",
    width: "f32",
    t_low_samples: "f32",
    t_high_samples: "f32",
    width_samples: "f32",
    q_total: "f64",
  },
  columnHelp: {
    t_low: ["ps", "where `qLow` of the charge is reached, from the first sample"],
    t_high: ["ps", "where `qHigh` of the charge is reached, from the first sample"],
    width: ["ps", "`t_high - t_low`"],
    t_low_samples: ["sample", "`t_low` in samples"],
    t_high_samples: ["sample", "`t_high` in samples"],
    width_samples: ["sample", "`width` in samples"],
    q_total: ["ADC x sample", "the charge: sum of the signal above 0"],
  },
  options: {
    useFiltered: useFiltered(false),
    qLow: option.number({
      default: 0.1,
      min: 0,
      max: 1,
      perChannel: true,
      help: "Share of the charge before the start of the width",
    }),
    qHigh: option.number({
      default: 0.9,
      min: 0,
      max: 1,
      perChannel: true,
      help: "Share of the charge before its end",
    }),
  },
  checkOptions: ({ qLow, qHigh }) =>
    contradictionOf(
      { qLow, qHigh },
      ({ qLow: low, qHigh: high }) =>
        low < high
          ? undefined
          : `there is no width from ${low} to ${high} of the charge: set waveform_width_integral.qLow below .qHigh`,
    ),
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { qLow, qHigh } = options;
    const shares = [0, 0];
    const out = emit(length), to = out.columns;
    copyKeys(columns, to);
    forEachSignal(columns, (signal, i, board, channel) => {
      shares[0] = qLow.at(board, channel);
      shares[1] = qHigh.at(board, channel);
      const dt = columns.dt[i]!;
      if (work.length < signal.length) work = new Float64Array(signal.length);
      integralQuantilesInto(signal, shares, places, work);
      const [low, high] = places as unknown as [number, number];
      to.t_low[i] = low * dt;
      to.t_high[i] = high * dt;
      to.width[i] = (high - low) * dt;
      to.t_low_samples[i] = low;
      to.t_high_samples[i] = high;
      to.width_samples[i] = high - low;
      to.q_total[i] = signal.length > 0 ? work[signal.length - 1]! : 0;
    });
    return out;
  },
});

const places = new Float64Array(2);
let work = new Float64Array(0);
