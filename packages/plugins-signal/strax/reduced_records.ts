/**
 * `reduced_records` of the strax set: records whose samples far from any hit are 0, so that they compress well.
 *
 * A sample stays if a hit of its channel begins at most `leftExtension` behind it or ended at most `rightExtension` before it, in
 * whichever fragment that hit is. `reduction_level` is 2, all other columns are those of `records`.
 *
 * Differences from strax (`cut_outside_hits`): extensions are times, and reach across the end of a pulse into the next one of the channel where that
 * is so close; strax stays among the fragments of one pulse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { straxHits } from "@millrace/plugins-signal/strax/hits";
 * import { reducedRecords } from "@millrace/plugins-signal/strax/reduced-records";
 * import { straxRecordsSchema } from "@millrace/plugins-signal/strax/schemas";
 *
 * const records = Table.from(straxRecordsSchema, {
 *   time: [0n],
 *   endtime: [60_000n],
 *   channel: [3],
 *   dt: [10_000],
 *   length: [6],
 *   pulse_length: [6],
 *   record_i: [0],
 *   area: [51],
 *   reduction_level: [0],
 *   baseline: [100],
 *   baseline_rms: [1],
 *   data: [[1, 2, 20, 3, 4, 5]],
 * });
 * const config = { "reduced_records.leftExtension": "10 ns", "reduced_records.rightExtension": "20 ns" };
 * await using ctx = new Context({ config });
 * ctx.register(tableSource("records", records), straxHits, reducedRecords);
 * const { data } = (await ctx.getData("run_1", "reduced_records")).row(0);
 * assert.deepEqual(data, Int16Array.of(0, 2, 20, 3, 4, 0));
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { copyColumns } from "../_copy_columns.ts";
import { KEPT } from "./_kept_columns.ts";
import { straxRecordsHelp } from "./column_help.ts";
import { rowsByChannel } from "./kernels/rows_by_channel.ts";
import { straxHitsSchema, straxRecordsSchema } from "./schemas.ts";

const HITS_ONLY = 2;

/** Records without the samples far from hits. Options: `leftExtension`, `rightExtension`. */
export const reducedRecords: Plugin = definePlugin({
  module: import.meta.url,
  export: "reducedRecords",
  provides: "reduced_records",
  dependsOn: ["records", "hits"],
  needs: { records: straxRecordsSchema.types, hits: straxHitsSchema.types },
  version: "1.0.0",
  help: "Records whose samples far from hits are 0",
  dataKind: "raw_records",
  schema: straxRecordsSchema,
  columnHelp: straxRecordsHelp,
  halo: ({ leftExtension, rightExtension }) => ({ left: rightExtension, right: leftExtension }),
  options: {
    leftExtension: option.time({ default: "20 ns", min: 0, help: "How long before a hit samples are kept" }),
    rightExtension: option.time({
      default: "150 ns",
      min: 0,
      help: "How long behind a hit samples are kept",
    }),
  },
  computeChunk(chunk, { options, inputs, emit, own }) {
    const { table, columns } = chunk;
    const { leftExtension, rightExtension } = options;
    const width = table.width("data");
    const out = emit(own.to - own.from, { widths: { data: width } });
    copyColumns(KEPT, columns, out.columns, own);
    out.columns.reduction_level.fill(HITS_ONLY);
    out.columns.data.fill(0);
    const hits = inputs.hits.columns;
    const shift = Number(inputs.hits.t0 - table.t0);
    const byChannel = rowsByChannel(hits.channel);
    const done = new Map<number, number>(); // hits of a channel that are over for all later records
    for (let i = own.from; i < own.to; i++) {
      const channel = columns.channel[i]!, list = byChannel.get(channel);
      if (!list) continue;
      const time = columns.time[i]!, end = columns.endtime[i]!, dt = columns.dt[i]!;
      const n = Math.min(columns.length[i]!, width);
      let next = done.get(channel) ?? 0;
      while (next < list.length && hits.endtime[list[next]!]! + shift + rightExtension <= time) next++;
      done.set(channel, next);
      for (let k = next; k < list.length; k++) {
        const h = list[k]!;
        const from = hits.time[h]! + shift - leftExtension, to = hits.endtime[h]! + shift + rightExtension;
        if (from >= end) break;
        const a = Math.max(0, Math.ceil((from - time) / dt)), b = Math.min(n, Math.ceil((to - time) / dt));
        const at = (i - own.from) * width;
        for (let s = a; s < b; s++) out.columns.data[at + s] = columns.data[i * width + s]!;
      }
    }
    return out;
  },
});
