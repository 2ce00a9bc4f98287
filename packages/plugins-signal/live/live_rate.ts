/**
 * `live_rate`: how many records each channel has in each interval of the run, and its rate.
 *
 * Intervals are `[k interval, (k + 1) interval)` from the start of the run. A row for each channel and interval that has
 * records: `count`, and `rate = count / interval`. An interval is given as soon as the rows behind it begin.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
 * import { liveRate } from "@millrace/plugins-signal/live/live-rate";
 *
 * const schema = basicFeatures.schemas.basic_features!;
 * const none = Object.fromEntries(Object.keys(schema.types).map((name) => [name, [0, 0, 0]]));
 * const features = Table.from(schema, { ...none, record_id: [0n, 1n, 2n], time: [0n, 900n, 1000n] });
 * await using ctx = new Context({ config: { "live_rate.interval": "1 ns" } });
 * ctx.register(tableSource("basic_features", features), liveRate);
 * const rows = (await ctx.getData("run_1", "live_rate")).rows();
 * assert.deepEqual(rows.map(({ time, count, rate }) => [time, count, rate]), [[0n, 2, 2e9], [1000n, 1, 1e9]]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { ChannelRows, gridOf, startOf } from "./_bins.ts";

/** Records of each channel in each interval. Option: `interval`. */
export const liveRate: Plugin = definePlugin({
  module: import.meta.url,
  export: "liveRate",
  provides: "live_rate",
  dependsOn: ["basic_features"],
  needs: { basic_features: { time: "time", board: "u16", channel: "u16" } },
  version: "1.0.0",
  help: "Rate of the records of each channel, interval by interval",
  schema: { time: "time", endtime: "time", board: "u16", channel: "u16", count: "u32", rate: "f64" },
  columnHelp: {
    time: ["ps", "start of the interval"],
    endtime: ["ps", "end of the interval"],
    count: ["", "records that start in it"],
    rate: ["Hz", "`count / interval`"],
  },
  halo: ({ interval }) => ({ left: 0, right: interval, by: "start" }),
  options: {
    interval: option.time({ default: "1 s", min: 1, max: 2 ** 52, help: "Length of the intervals" }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { time, board, channel } = columns;
    const grid = gridOf(chunk.t0, options.interval);
    const out = emit(length), to = out.columns, rows = new ChannelRows();
    let n = 0, end = -Infinity;
    for (let i = 0; i < length; i++) {
      if (time[i]! >= end) {
        rows.clear();
        end = startOf(grid, time[i]!) + options.interval;
      }
      let row = rows.get(board[i]!, channel[i]!);
      if (row === undefined) {
        rows.set(board[i]!, channel[i]!, row = n++);
        to.time[row] = end - options.interval;
        to.endtime[row] = end;
        to.board[row] = board[i]!;
        to.channel[row] = channel[i]!;
        to.count[row] = 0;
      }
      to.count[row]!++;
    }
    for (let row = 0; row < n; row++) to.rate[row] = to.count[row]! * 1e12 / options.interval;
    return out.resize(n);
  },
});
