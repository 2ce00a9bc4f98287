/**
 * `hit_grouped`: hits of all channels that lie close together in time, as one row with lists.
 *
 * Rows of `hit_merged` are taken in the order of their starts. A hit joins the group if it starts at most `timeWindow` behind
 * the latest end of all hits of the group; the window moves on with every hit, so that a group may become long. With
 * `maxSpan`, a hit that starts so long after the group's first opens the next group.
 *
 * Lists are in the order of board, channel, sampling interval and start.
 *
 * Without `maxSpan`, a stretch of the run in which no gap longer than `timeWindow` comes has to fit into memory; the run ends
 * with an error that says so where it doesn't.
 *
 * Differences from WaveformAnalysis: times are exact and ps; columns are lists of numbers (there arrays of objects);
 * there is no `event_id`, which the number of the row is; `maxSpan`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { hitGrouped } from "@millrace/plugins-signal/hits/hit-grouped";
 * import { hitMerged } from "@millrace/plugins-signal/hits/hit-merged";
 *
 * const schema = hitMerged.schemas.hit_merged!;
 * const none = Object.fromEntries(Object.keys(schema.types).map((name) => [name, [0, 0, 0]]));
 * const hits = Table.from(schema, {
 *   ...none,
 *   time: [1000n, 2000n, 900_000n],
 *   endtime: [5000n, 4000n, 904_000n],
 *   peakTime: [2000n, 3000n, 901_000n],
 *   channel: [3, 1, 1],
 *   record_id: [0n, 1n, 2n],
 *   height: [20, 50, 10],
 * });
 * await using ctx = new Context({ config: { "hit_grouped.timeWindow": "100 ns" } });
 * ctx.register(tableSource("hit_merged", hits), hitGrouped);
 * const groups = (await ctx.getData("run_1", "hit_grouped")).rows();
 * assert.deepEqual(groups.map(({ time, endtime, n_hits }) => [time, endtime, n_hits]), [
 *   [1000n, 5000n, 2],
 *   [900_000n, 904_000n, 1],
 * ]);
 * assert.deepEqual(groups[0]!.channels, new Uint16Array([1, 3]));
 * ```
 * @module
 */
import { clusterStarts } from "@millrace/core/clusters";
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { halves } from "../_halves.ts";
import { HIT_KEYS } from "./_hit_columns.ts";

const LISTS = [
  "boards",
  "channels",
  "starts",
  "peak_offsets",
  "heights",
  "integrals",
  "dts",
  "record_ids",
  "sample_starts",
  "sample_ends",
] as const;

/** Hits that lie close together in time. Options: `timeWindow`, `maxSpan`. */
export const hitGrouped: Plugin = definePlugin({
  module: import.meta.url,
  export: "hitGrouped",
  provides: "hit_grouped",
  dependsOn: ["hit_merged"],
  needs: {
    hit_merged: {
      ...HIT_KEYS,
      peakTime: "time",
      sample_start: "i32",
      sample_end: "i32",
      height: "f32",
      integral: "f32",
      dt: "i32",
    },
  },
  version: "1.0.0",
  help: "Hits of all channels that lie close together in time, as one row with lists",
  schema: {
    time: "time",
    endtime: "time",
    n_hits: "u32",
    boards: "u16[]",
    channels: "u16[]",
    starts: "f64[]",
    peak_offsets: "f64[]",
    heights: "f32[]",
    integrals: "f32[]",
    dts: "i32[]",
    record_ids: "i64[]",
    sample_starts: "i32[]",
    sample_ends: "i32[]",
  },
  columnHelp: {
    time: ["ps", "earliest start of the hits"],
    endtime: ["ps", "latest end of the hits"],
    n_hits: ["", "hits"],
    boards: ["", "their boards"],
    channels: ["", "their channels"],
    starts: ["ps", "their starts, from `time` on"],
    peak_offsets: ["ps", "times of their highest samples, from `time` on"],
    heights: ["ADC", "their heights"],
    integrals: ["ADC x sample", "their integrals"],
    dts: ["ps", "their sampling intervals"],
    record_ids: ["", "their records"],
    sample_starts: ["sample", "their first samples; -1 for hits of several records"],
    sample_ends: ["sample", "behind their last samples; -1 for hits of several records"],
  },
  reach: { left: 0, right: 0 },
  boundary: ({ timeWindow, maxSpan }) => ({ gap: timeWindow + 1, ...(maxSpan === null ? {} : { maxSpan }) }),
  options: {
    timeWindow: option.time({
      default: "100 ns",
      min: 0,
      max: 2 ** 50,
      help: "Longest distance from the end of a group to the hit that joins it",
    }),
    maxSpan: option.time({
      default: null,
      min: 1,
      help: "A hit that starts so long after the first opens the next group; default: none does",
    }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { time, endtime, board, channel, dt } = columns;
    const { timeWindow, maxSpan } = options;
    const first = clusterStarts(time, endtime, {
      gap: timeWindow + 1,
      ...(maxSpan === null ? {} : { maxSpan }),
    });
    const out = emit(first.length, { values: Object.fromEntries(LISTS.map((name) => [name, length])) });
    const to = out.columns;
    for (const name of LISTS) to[name].offsets[0] = 0;
    const id = halves(columns.record_id), outId = halves(to.record_ids.values);
    const order = new Uint32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    // Rows of one chunk are in the order of their starts already; what is equal keeps it.
    const inGroup = (a: number, b: number) =>
      board[a]! - board[b]! || channel[a]! - channel[b]! || dt[a]! - dt[b]! || a - b;
    for (let row = 0; row < first.length; row++) {
      const from = first[row]!, end = first[row + 1] ?? length, start = time[from]!;
      order.subarray(from, end).sort(inGroup);
      let last = -Infinity;
      for (let k = from; k < end; k++) {
        const i = order[k]!;
        last = Math.max(last, endtime[i]!);
        to.boards.values[k] = board[i]!;
        to.channels.values[k] = channel[i]!;
        to.starts.values[k] = time[i]! - start;
        to.peak_offsets.values[k] = columns.peakTime[i]! - start;
        to.heights.values[k] = columns.height[i]!;
        to.integrals.values[k] = columns.integral[i]!;
        to.dts.values[k] = dt[i]!;
        outId[2 * k] = id[2 * i]!;
        outId[2 * k + 1] = id[2 * i + 1]!;
        to.sample_starts.values[k] = columns.sample_start[i]!;
        to.sample_ends.values[k] = columns.sample_end[i]!;
      }
      to.time[row] = start;
      to.endtime[row] = last;
      to.n_hits[row] = end - from;
      for (const name of LISTS) to[name].offsets[row + 1] = end;
    }
    return out;
  },
});
