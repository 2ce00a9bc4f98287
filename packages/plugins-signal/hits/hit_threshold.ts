/**
 * `hit_threshold`: the stretches of every record at or beyond a threshold.
 *
 * The signal is `baseline - sample` where the record's polarity is negative and `sample - baseline` where it is positive. A hit
 * is a longest run of samples with `signal >= threshold`; its window is wider by `leftExtension` and `rightExtension`,
 * but stays in the record.
 *
 * Windows of neighbouring hits of one record may overlap (`overlap: "keep"`, as in WaveformAnalysis): samples between them
 * then count in both integrals, and the highest sample of a window may belong to the neighbour. With `overlap: "truncate"` every
 * sample belongs to one hit at most, as in strax; the earlier hit has the samples between.
 *
 * Differences from WaveformAnalysis: `time` and `endtime` are the window's edges and the time of the maximum is `peakTime`, which is
 * `timestamp` there; all times are ps (there, rise and fall are ns and the interval is taken for ps by some functions);
 * offsets of times are exact integers at any distance from the run's start, where doubles lose single ps beyond 2^53 ps (2.5 h);
 * every record's polarity is heeded; each record counts with its own length.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { hitThreshold } from "@millrace/plugins-signal/hits/hit-threshold";
 * import { recordsSchema } from "@millrace/plugins-signal/records/records";
 *
 * const one = Table.from(recordsSchema, {
 *   time: [1000n],
 *   endtime: [13_000n],
 *   board: [0],
 *   channel: [0],
 *   record_id: [0n],
 *   dt: [2000],
 *   length: [6],
 *   flags: [0],
 *   baseline: [100],
 *   polarity: [-1],
 *   wave: [[100, 100, 100, 60, 100, 100]],
 * });
 * await using ctx = new Context({ config: { "hit_threshold.leftExtension": 1, "hit_threshold.rightExtension": 1 } });
 * ctx.register(tableSource("records", one), hitThreshold);
 * const hits = await ctx.getData("run_1", "hit_threshold");
 * const { time, endtime, peakTime, height } = hits.row(0);
 * assert.deepEqual([time, peakTime, endtime, height], [5000n, 7000n, 11_000n, 40]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { halves } from "../_halves.ts";
import { findThresholdHits, mostHits } from "../kernels/find_threshold_hits.ts";
import { signalOf, useFiltered, WAVE_INPUT, type WaveValues } from "../records/_wave_input.ts";
import { HIT_START, HIT_VALUES } from "./_hit_columns.ts";
import { findSignalHits } from "./_signal_hits.ts";

/**
 * Stretches of records at or beyond a threshold. Options: `useFiltered`, `threshold`, `leftExtension`, `rightExtension`, `overlap`.
 */
export const hitThreshold: Plugin = definePlugin({
  module: import.meta.url,
  export: "hitThreshold",
  provides: "hit_threshold",
  ...WAVE_INPUT,
  version: "1.1.0",
  help: "Stretches of records at or beyond a threshold",
  dataKind: "hits",
  schema: { ...HIT_START, edge_start: "i32", edge_end: "i32", ...HIT_VALUES },
  columnHelp: {
    time: ["ps", "start of the window's first sample"],
    endtime: ["ps", "end of the window's last sample"],
    peakTime: ["ps", "time of the highest sample"],
    position: ["sample", "the highest sample, in the record; the first of several"],
    edge_start: ["sample", "first of the window, in the record"],
    edge_end: ["sample", "behind the window, in the record"],
    height: ["ADC", "signal of the highest sample"],
    integral: ["ADC x sample", "sum of the signal above 0 in the window"],
    width: ["sample", "length of the window"],
    rise_time: ["ps", "from the first sample of the window to the highest"],
    fall_time: ["ps", "from the highest sample to the last of the window"],
    dt: ["ps", "sampling interval"],
  },
  reach: { left: 0 },
  options: {
    useFiltered: useFiltered(false),
    threshold: option.number({
      default: 10,
      min: 0,
      unit: "ADC",
      perChannel: true,
      help: "Lowest signal of a hit's samples",
    }),
    leftExtension: option.integer({
      default: 2,
      min: 0,
      max: 2 ** 30,
      unit: "sample",
      perChannel: true,
      help: "Samples before the first at the threshold that belong to a hit",
    }),
    rightExtension: option.integer({
      default: 2,
      min: 0,
      max: 2 ** 30,
      unit: "sample",
      perChannel: true,
      help: "Samples behind the last at the threshold that belong to a hit",
    }),
    overlap: option.choice(["keep", "truncate"], {
      default: "keep",
      help: "Whether windows of neighbouring hits may overlap, or are cut so that they share no sample",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { board, channel, baseline, polarity } = columns;
    const { offsets } = columns.wave, values = columns.wave.values as WaveValues;
    const { threshold, leftExtension, rightExtension } = options;
    const window = {
      threshold: threshold.default,
      left: leftExtension.default,
      right: rightExtension.default,
      truncate: options.overlap === "truncate",
    };
    const id = halves(columns.record_id);
    const out = emit(length);
    let { columns: to } = out;
    let outId = halves(to.record_id);
    let hits = 0;
    for (let i = 0; i < length; i++) {
      const first = offsets[i]!, end = offsets[i + 1]!;
      const room = hits + mostHits(end - first);
      if (room > out.length) {
        out.resize(Math.max(room, 2 * out.length));
        to = out.columns;
        outId = halves(to.record_id);
      }
      window.threshold = threshold.at(board[i]!, channel[i]!);
      window.left = leftExtension.at(board[i]!, channel[i]!);
      window.right = rightExtension.at(board[i]!, channel[i]!);
      const found = values instanceof Float32Array
        ? findSignalHits(signalOf(values, first, end, baseline[i]!, polarity[i]!), window, to, hits)
        : findThresholdHits(values, first, end, baseline[i]!, polarity[i]!, window, to, hits);
      const time = columns.time[i]!, dt = columns.dt[i]!;
      for (const stop = hits + found; hits < stop; hits++) {
        const a = to.edge_start[hits]!, b = to.edge_end[hits]!, top = to.position[hits]!;
        to.time[hits] = time + a * dt;
        to.endtime[hits] = time + b * dt;
        to.peakTime[hits] = time + top * dt;
        to.board[hits] = board[i]!;
        to.channel[hits] = channel[i]!;
        outId[2 * hits] = id[2 * i]!;
        outId[2 * hits + 1] = id[2 * i + 1]!;
        to.width[hits] = b - a;
        to.rise_time[hits] = (top - a) * dt;
        to.fall_time[hits] = (b - 1 - top) * dt;
        to.dt[hits] = dt;
      }
    }
    return out.resize(hits);
  },
});
