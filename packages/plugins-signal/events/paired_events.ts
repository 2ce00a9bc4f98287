/**
 * `paired_events`: events in which each of some channels has a record, with their values side by side.
 *
 * A row for each event of `events` that is not longer than `timeWindow` and in which all `channels` are. `areas`, `heights` and
 * `offsets` have one value a channel, in the order of the option; of several records of a channel the earliest counts.
 *
 * Differences from WaveformAnalysis (`df_paired`): values stand where their channel is (there the first value is that of
 * whatever channel was lowest in the event); an event counts only if all channels are in it (there any number of records was
 * enough); `delta_t` is from the first channel of the option to the last.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { events } from "@millrace/plugins-signal/events/events";
 * import { pairedEvents } from "@millrace/plugins-signal/events/paired-events";
 *
 * const list = Table.from(events.schemas.events!, {
 *   time: [1000n, 900_000n],
 *   endtime: [50_001n, 900_001n],
 *   dt: [49_000, 0],
 *   n_hits: [2, 1],
 *   boards: [[0, 0], [0]],
 *   channels: [[1, 3], [1]],
 *   offsets: [[49_000, 0], [0]],
 *   heights: [[50, 20], [10]],
 *   areas: [[400, 100], [70]],
 *   record_ids: [[1n, 0n], [2n]],
 * });
 * await using ctx = new Context({ config: { "paired_events.channels": ["0:3", "0:1"] } });
 * ctx.register(tableSource("events", list), pairedEvents);
 * const pairs = (await ctx.getData("run_1", "paired_events")).rows();
 * assert.deepEqual(pairs.map(({ time, delta_t, areas }) => [time, delta_t, areas]), [
 *   [1000n, 49_000, new Float32Array([100, 400])],
 * ]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";

const CHANNEL = /^\s*(\d+):(\d+)\s*$/;

/** Events in which each of some channels has a record. Options: `channels`, `timeWindow`. */
export const pairedEvents: Plugin = definePlugin({
  module: import.meta.url,
  export: "pairedEvents",
  provides: "paired_events",
  dependsOn: ["events"],
  needs: {
    events: {
      time: "time",
      endtime: "time",
      dt: "f64",
      boards: "u16[]",
      channels: "u16[]",
      offsets: "f64[]",
      heights: "f32[]",
      areas: "f32[]",
    },
  },
  knownAs: ["df_paired"],
  version: "1.0.0",
  help: "Events in which each of some channels has a record, with their values side by side",
  schema: {
    time: "time",
    endtime: "time",
    dt: "f64",
    delta_t: "f64",
    offsets: "f64[n]",
    heights: "f32[n]",
    areas: "f32[n]",
  },
  columnHelp: {
    time: ["ps", "start of the event"],
    endtime: ["ps", "end of the event"],
    dt: ["ps", "length of the event"],
    delta_t: ["ps", "from the start in the first channel of the option to that in the last"],
    offsets: ["ps", "starts by channel, from `time` on"],
    heights: ["ADC", "heights by channel"],
    areas: ["ADC x sample", "areas by channel"],
  },
  reach: { left: 0, right: 0 },
  options: {
    channels: option.list({
      default: ["0:0", "0:1"],
      validate: (list) => {
        if (list.length < 2) return "a pair needs at least 2 channels";
        const odd = list.find((text) => !CHANNEL.test(text));
        if (odd !== undefined) return `"${odd}" is no channel: write board:channel, such as 0:3`;
        return new Set(list.map((text) => text.trim())).size < list.length
          ? "a channel is there twice"
          : undefined;
      },
      help: "Channels that have to be in the event, each as board:channel; values are in this order",
    }),
    timeWindow: option.time({ default: "100 ns", min: 0, max: 2 ** 50, help: "Longest event" }),
  },
  computeChunk(chunk, { options, emit }) {
    const { columns, length } = chunk;
    const { boards, channels, offsets, heights, areas } = columns;
    const wanted = options.channels.map((text) => CHANNEL.exec(text)!.slice(1).map(Number));
    const n = wanted.length;
    const out = emit(length, { widths: { offsets: n, heights: n, areas: n } }), to = out.columns;
    let row = 0;
    for (let i = 0; i < length; i++) {
      if (columns.dt[i]! > options.timeWindow) continue;
      let found = 0;
      for (let k = 0; k < n; k++) {
        const [board, channel] = wanted[k]!;
        let at = -1;
        for (let j = boards.offsets[i]!, end = boards.offsets[i + 1]!; j < end; j++) {
          if (boards.values[j] !== board || channels.values[j] !== channel) continue;
          if (at < 0 || offsets.values[j]! < offsets.values[at]!) at = j;
        }
        if (at < 0) break;
        to.offsets[row * n + k] = offsets.values[at]!;
        to.heights[row * n + k] = heights.values[at]!;
        to.areas[row * n + k] = areas.values[at]!;
        found++;
      }
      if (found < n) continue;
      to.time[row] = columns.time[i]!;
      to.endtime[row] = columns.endtime[i]!;
      to.dt[row] = columns.dt[i]!;
      to.delta_t[row] = to.offsets[row * n + n - 1]! - to.offsets[row * n]!;
      row++;
    }
    return out.resize(row);
  },
});
