/**
 * `live_histogram`: how a quantity of the records is distributed, for each channel and interval of the run.
 *
 * Intervals are `[k interval, (k + 1) interval)` from the start of the run. `range` is cut into `bins` bins of one width; a value
 * `v` is in bin `floor((v - low) / (high - low) * bins)`, one at `high` in the last bin (as `numpy.histogram` has it). What lies
 * outside is counted in `below` and `above`; NaN is counted nowhere. The histogram of a longer time is the sum of its rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
 * import { liveHistogram } from "@millrace/plugins-signal/live/live-histogram";
 *
 * const schema = basicFeatures.schemas.basic_features!;
 * const none = Object.fromEntries(Object.keys(schema.types).map((name) => [name, [0, 0, 0]]));
 * const features = Table.from(schema, { ...none, record_id: [0n, 1n, 2n], time: [0n, 0n, 900n], area: [5, 95, 200] });
 * await using ctx = new Context({ config: { live_histogram: { range: [0, 100], bins: 4 } } });
 * ctx.register(tableSource("basic_features", features), liveHistogram);
 * const { counts, above } = (await ctx.getData("run_1", "live_histogram")).row(0);
 * assert.deepEqual([counts, above], [new Uint32Array([1, 0, 0, 1]), 1]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { ChannelRows, gridOf, startOf } from "./_bins.ts";

/** Distribution of a quantity. Options: `quantity`, `range`, `bins`, `interval`. */
export const liveHistogram: Plugin = definePlugin({
  module: import.meta.url,
  export: "liveHistogram",
  provides: "live_histogram",
  dependsOn: ["basic_features"],
  needs: {
    basic_features: {
      time: "time",
      board: "u16",
      channel: "u16",
      height: "f32",
      amp: "f32",
      area: "f32",
      max_abs_diff: "f32",
    },
  },
  version: "1.0.0",
  help: "Histogram of a quantity of the records of each channel, interval by interval",
  schema: {
    time: "time",
    endtime: "time",
    board: "u16",
    channel: "u16",
    low: "f64",
    high: "f64",
    below: "u32",
    above: "u32",
    counts: "u32[n]",
  },
  columnHelp: {
    time: ["ps", "start of the interval"],
    endtime: ["ps", "end of the interval"],
    low: ["that of the quantity", "lower edge of the first bin"],
    high: ["that of the quantity", "upper edge of the last bin"],
    below: ["", "records below the first bin"],
    above: ["", "records above the last bin"],
    counts: ["", "records by bin"],
  },
  halo: ({ interval }) => ({ left: 0, right: interval, by: "start" }),
  options: {
    quantity: option.choice(["area", "height", "amp", "max_abs_diff"], {
      default: "area",
      help: "Column of basic_features",
    }),
    range: option.range({
      default: [0, 10_000],
      perChannel: true,
      unit: "ADC or ADC x sample",
      validate: ([low, high]) =>
        high === null || high <= low ? "a histogram needs two ends, the first below" : undefined,
      help: "Edges of the first and the last bin",
    }),
    bins: option.integer({ default: 100, min: 1, max: 65536, help: "Number of bins" }),
    interval: option.time({ default: "1 s", min: 1, max: 2 ** 52, help: "Length of the intervals" }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { time, board, channel } = columns;
    const { bins, interval } = options;
    const value = columns[options.quantity];
    const grid = gridOf(chunk.t0, interval);
    const rows = new ChannelRows();
    // How many rows there will be: a histogram is too large to make room for one a record.
    let n = 0, end = -Infinity;
    const rowOf = new Uint32Array(length), first: number[] = [];
    for (let i = 0; i < length; i++) {
      if (time[i]! >= end) {
        rows.clear();
        end = startOf(grid, time[i]!) + interval;
      }
      let row = rows.get(board[i]!, channel[i]!);
      if (row === undefined) {
        rows.set(board[i]!, channel[i]!, row = n++);
        first.push(i);
      }
      rowOf[i] = row;
    }
    const out = emit(n, { widths: { counts: bins } }), to = out.columns;
    to.counts.fill(0);
    to.below.fill(0);
    to.above.fill(0);
    for (let row = 0; row < n; row++) {
      const i = first[row]!, [low, high] = options.range.at(board[i]!, channel[i]!);
      to.time[row] = startOf(grid, time[i]!);
      to.endtime[row] = to.time[row]! + interval;
      to.board[row] = board[i]!;
      to.channel[row] = channel[i]!;
      to.low[row] = low;
      to.high[row] = high!;
    }
    for (let i = 0; i < length; i++) {
      const row = rowOf[i]!, v = value[i]!, low = to.low[row]!, high = to.high[row]!;
      if (v < low) to.below[row]!++;
      else if (v > high) to.above[row]!++;
      else if (v === v) {
        to.counts[row * bins + Math.min(bins - 1, Math.floor((v - low) / (high - low) * bins))]!++;
      }
    }
    return out;
  },
});
