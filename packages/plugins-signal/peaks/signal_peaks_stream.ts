/**
 * `signal_peaks_stream`: the peaks of every filtered record, as `scipy.signal.find_peaks` finds them.
 *
 * | column | what |
 * |---|---|
 * | `time`, `endtime` | from the sample at or before the left edge to behind the one at or behind the right edge, ps |
 * | `peakTime` | time of the peak, ps |
 * | `board`, `channel`, `record_id` | the record |
 * | `position` | the peak, sample of the record |
 * | `edge_start`, `edge_end` | where the signal falls to half of the prominence, interpolated, samples of the record |
 * | `height` | of the pulse in the waveform, ADC counts: see `heightMethod` |
 * | `prominence` | of the peak in the searched signal |
 * | `width` | `edge_end - edge_start`, samples |
 * | `dt` | sampling interval, ps a sample |
 *
 * The searched signal is the waveform's step from each sample to the next (`useDerivative`, the default), or the waveform less its
 * baseline; it is turned over where the record's polarity is negative, so that pulses rise in it. It has to fulfil `height`,
 * `threshold`, `distance`, `prominence` and `width`, each as in scipy.
 *
 * `heightMethod` `"diff"`: how far the waveform rises from the left edge to the right one (rounded to samples, halves to the even
 * one); `"minmax"`: highest less lowest sample between the edges, `heightWindowExtension` samples wider on both sides.
 *
 * Differences from WaveformAnalysis: every record's polarity is heeded (there all pulses count as negative ones); all times are
 * ps and exact; edges enclose the peak in time too (`time`, `endtime`), `timestamp` is `peakTime`; prominence and width are
 * given; `integral`, which is always 0 there, isn't.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { filteredSchema } from "@millrace/plugins-signal/filters/filtered-waveforms";
 * import { signalPeaksStream } from "@millrace/plugins-signal/peaks/signal-peaks-stream";
 *
 * const one = Table.from(filteredSchema, {
 *   time: [0n],
 *   endtime: [20_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [10],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 90, 60, 20, 60, 90, 100, 100, 100]],
 * });
 * await using ctx = new Context({
 *   config: { "signal_peaks_stream": { useDerivative: false, width: 2, heightMethod: "minmax" } },
 * });
 * ctx.register(tableSource("filtered_waveforms", one), signalPeaksStream);
 * const { peakTime, position, height, prominence, width } = (await ctx.getData("run_1", "signal_peaks_stream")).row(0);
 * assert.deepEqual([peakTime, position, height, prominence, width], [8000n, 4, 80, 80, 2]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { findPeaksInto } from "../kernels/find_peaks.ts";
import { peakConditions } from "../kernels/peak_conditions.ts";
import { type PeakRoom, peakRoom } from "../kernels/peak_room.ts";

/**
 * Peaks of filtered records. Options: `useDerivative`, `height`, `threshold`, `distance`, `prominence`, `width`, `heightMethod`,
 * `heightWindowExtension`.
 */
export const signalPeaksStream: Plugin = definePlugin({
  module: import.meta.url,
  export: "signalPeaksStream",
  provides: "signal_peaks_stream",
  dependsOn: ["filtered_waveforms"],
  needs: {
    filtered_waveforms: {
      time: "time",
      board: "u16",
      channel: "u16",
      record_id: "i64",
      dt: "i32",
      baseline: "f64",
      polarity: "i8",
      wave: "f32[]",
    },
  },
  version: "1.0.0",
  help: "Peaks of filtered records",
  dataKind: "signal_peaks",
  schema: {
    time: "time",
    endtime: "time",
    peakTime: "time",
    board: "u16",
    channel: "u16",
    record_id: "i64",
    position: "i32",
    edge_start: "f32",
    edge_end: "f32",
    height: "f32",
    prominence: "f32",
    width: "f32",
    dt: "i32",
  },
  reach: { left: 0 },
  options: {
    useDerivative: option.boolean({
      default: true,
      help: "Whether the steps from sample to sample are searched, or the waveform less its baseline",
    }),
    height: option.number({ default: 30, help: "Lowest peak of the searched signal" }),
    threshold: option.number({
      default: null,
      help: "Lowest step from a peak to its neighbours; default: any",
    }),
    distance: option.number({
      default: 2,
      min: 1,
      unit: "sample",
      help: "Fewest samples from peak to peak: of two that are nearer the lower one is left out",
    }),
    prominence: option.number({ default: 0.7, min: 0, help: "Lowest prominence in the searched signal" }),
    width: option.number({
      default: 4,
      min: 0,
      unit: "sample",
      help: "Shortest width at half of the prominence",
    }),
    heightMethod: option.choice(["diff", "minmax"], {
      default: "diff",
      help: "Height of a pulse: its rise from edge to edge, or the range of its samples",
    }),
    heightWindowExtension: option.integer({
      default: 2,
      min: 0,
      max: 2 ** 20,
      unit: "sample",
      help: "Samples beyond the edges that minmax looks at",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { board, channel, baseline, polarity } = columns;
    const { values, offsets } = columns.wave;
    const { useDerivative, heightMethod, heightWindowExtension: extension } = options;
    const { height, threshold, distance, prominence, width } = options;
    const conditions = peakConditions({ height, threshold, distance, prominence, width });
    const id = halves(columns.record_id);
    const out = emit(length);
    let { columns: to } = out;
    let outId = halves(to.record_id);
    let row = 0;
    for (let i = 0; i < length; i++) {
      const wave = values.subarray(offsets[i], offsets[i + 1]), sign = polarity[i]! < 0 ? -1 : 1;
      const searched = signalOf(wave, useDerivative, sign, baseline[i]!);
      const found = findPeaksInto(searched, conditions, room);
      if (row + found > out.length) {
        out.resize(Math.max(row + found, 2 * out.length));
        to = out.columns;
        outId = halves(to.record_id);
      }
      const time = columns.time[i]!, dt = columns.dt[i]!, last = wave.length - 1;
      for (let p = 0; p < found; p++, row++) {
        const left = room.leftIps[p]!, right = room.rightIps[p]!, peak = room.peaks[p]!;
        to.time[row] = time + Math.floor(left) * dt;
        to.endtime[row] = time + Math.min(last, Math.ceil(right) + (useDerivative ? 1 : 0)) * dt + dt;
        to.peakTime[row] = time + peak * dt;
        to.board[row] = board[i]!;
        to.channel[row] = channel[i]!;
        outId[2 * row] = id[2 * i]!;
        outId[2 * row + 1] = id[2 * i + 1]!;
        to.position[row] = peak;
        to.edge_start[row] = left;
        to.edge_end[row] = right;
        const a = roundEven(left), b = roundEven(right);
        to.height[row] = heightMethod === "diff"
          ? sign * (wave[b]! - wave[a]!)
          : range(wave, a - extension, b + extension);
        to.prominence[row] = room.prominences[p]!;
        to.width[row] = room.widths[p]!;
        to.dt[row] = dt;
      }
    }
    return out.resize(row);
  },
});

// Work space for one record at a time: a chunk is computed without a pause.
let signal = new Float64Array(0);
let room: PeakRoom = peakRoom(0);

/** What is searched: a pulse rises in it. */
function signalOf(wave: Float32Array, useDerivative: boolean, sign: number, baseline: number): Float64Array {
  const n = useDerivative ? Math.max(0, wave.length - 1) : wave.length;
  if (signal.length < n) {
    signal = new Float64Array(n);
    room = peakRoom(n);
  }
  if (useDerivative) { for (let k = 0; k < n; k++) signal[k] = sign * (wave[k + 1]! - wave[k]!); }
  else for (let k = 0; k < n; k++) signal[k] = sign * (wave[k]! - baseline);
  return signal.subarray(0, n);
}

/** Rounded to an integer, halves to the even one. */
function roundEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Highest less lowest of the samples `from` to `to` (excluded) that are there. */
function range(wave: Float32Array, from: number, to: number): number {
  let low = Infinity, high = -Infinity;
  for (let k = Math.max(0, from), end = Math.min(wave.length, to); k < end; k++) {
    const sample = wave[k]!;
    if (sample < low) low = sample;
    if (sample > high) high = sample;
  }
  return high - low;
}

/** 64-bit integers as pairs of 32-bit ones, so that none is made a bigint. */
function halves(column: BigInt64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, 2 * column.length);
}
