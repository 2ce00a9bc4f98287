/**
 * `events`: records of all channels within a window of fixed length, as one row with lists.
 *
 * The first record opens an event, which holds all records that start at most `timeWindow` behind it; the next record opens the
 * next event. The window does not move on with later records, so that no event is longer. Lists are in the order of board,
 * channel and time.
 *
 * `t_min` of WaveformAnalysis (`df_events`) is `time`, and `t_max` is 1 ps before `endtime`, as intervals are half open.
 *
 * Differences: `time` and `dt` are those of the earliest and the latest record (there of the first and the last in the order of
 * channels, so that `dt` may be negative); boards are told apart; times are exact and ps; there is no `event_id`, which the number
 * of the row is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { events } from "@millrace/plugins-signal/events/events";
 * import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
 *
 * const features = Table.from(basicFeatures.schemas.basic_features!, {
 *   time: [1000n, 50_000n, 900_000n],
 *   board: [0, 0, 0],
 *   channel: [3, 1, 1],
 *   record_id: [0n, 1n, 2n],
 *   height: [20, 50, 10],
 *   amp: [20, 50, 10],
 *   area: [100, 400, 70],
 *   max_abs_diff: [5, 9, 3],
 * });
 * await using ctx = new Context({ config: { "events.timeWindow": "100 ns" } });
 * ctx.register(tableSource("basic_features", features), events);
 * const [first, second] = (await ctx.getData("run_1", "events")).rows();
 * assert.deepEqual([first!.time, first!.dt, first!.n_hits], [1000n, 49_000, 2]);
 * assert.deepEqual([first!.channels, first!.areas], [new Uint16Array([1, 3]), new Float32Array([400, 100])]);
 * assert.equal(second!.n_hits, 1);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { halves } from "../_halves.ts";

const LISTS = ["boards", "channels", "offsets", "heights", "areas", "record_ids"] as const;

/** Records of all channels within a window of fixed length. Option: `timeWindow`. */
export const events: Plugin = definePlugin({
  module: import.meta.url,
  export: "events",
  provides: "events",
  dependsOn: ["basic_features"],
  needs: {
    basic_features: {
      time: "time",
      board: "u16",
      channel: "u16",
      record_id: "i64",
      height: "f32",
      area: "f32",
    },
  },
  knownAs: ["df_events"],
  version: "1.0.0",
  help: "Records of all channels within a window of fixed length, as one row with lists",
  schema: {
    time: "time",
    endtime: "time",
    dt: "f64",
    n_hits: "u32",
    boards: "u16[]",
    channels: "u16[]",
    offsets: "f64[]",
    heights: "f32[]",
    areas: "f32[]",
    record_ids: "i64[]",
  },
  columnHelp: {
    time: ["ps", "start of the earliest record"],
    endtime: ["ps", "1 ps behind the start of the latest record"],
    dt: ["ps", "from the start of the earliest record to that of the latest"],
    n_hits: ["", "records"],
    boards: ["", "their boards"],
    channels: ["", "their channels"],
    offsets: ["ps", "their starts, from `time` on"],
    heights: ["ADC", "their heights"],
    areas: ["ADC x sample", "their areas"],
    record_ids: ["", "their numbers"],
  },
  carryOver: true,
  reach: { left: 0, right: 0 },
  options: {
    timeWindow: option.time({
      default: "100 ns",
      min: 0,
      max: 2 ** 50,
      help: "Longest distance from the first record of an event to another one",
    }),
  },
  computeChunk(chunk, { options, emit, consumedUntil, last }) {
    const { columns, length } = chunk;
    const { time, board, channel } = columns;
    const known = Number(chunk.end - chunk.t0);
    const starts: number[] = [0];
    let used = 0;
    while (used < length) {
      const limit = time[used]! + options.timeWindow;
      if (!last && limit >= known) {
        consumedUntil(time[used]!); // more may come
        break;
      }
      do used++; while (used < length && time[used]! <= limit);
      starts.push(used);
    }
    const rows = starts.length - 1;
    const out = emit(rows, { values: Object.fromEntries(LISTS.map((name) => [name, used])) });
    const to = out.columns;
    for (const name of LISTS) to[name].offsets[0] = 0;
    const id = halves(columns.record_id), outId = halves(to.record_ids.values);
    const order = Uint32Array.from({ length: used }, (_, i) => i);
    const inEvent = (a: number, b: number) => board[a]! - board[b]! || channel[a]! - channel[b]! || a - b;
    for (let row = 0; row < rows; row++) {
      const from = starts[row]!, end = starts[row + 1]!, start = time[from]!, latest = time[end - 1]!;
      order.subarray(from, end).sort(inEvent);
      for (let k = from; k < end; k++) {
        const i = order[k]!;
        to.boards.values[k] = board[i]!;
        to.channels.values[k] = channel[i]!;
        to.offsets.values[k] = time[i]! - start;
        to.heights.values[k] = columns.height[i]!;
        to.areas.values[k] = columns.area[i]!;
        outId[2 * k] = id[2 * i]!;
        outId[2 * k + 1] = id[2 * i + 1]!;
      }
      to.time[row] = start;
      to.endtime[row] = latest + 1;
      to.dt[row] = latest - start;
      to.n_hits[row] = end - from;
      for (const name of LISTS) to[name].offsets[row + 1] = end;
    }
    return out;
  },
});
