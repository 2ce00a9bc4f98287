/**
 * `hit_merged`: hits of one channel that follow closely, merged into one; `hit_merge_clusters` and `hit_merged_components` tell
 * which hits became which.
 *
 * Hits of a channel are taken in the order of their starts. A hit joins the open cluster of its channel if it has the same
 * sampling interval, starts at most `mergeGap` behind the cluster's latest end, and leaves the cluster not longer than
 * `maxTotalWidth`; otherwise it opens the next cluster. With `mergeGap` 0 nothing is merged.
 *
 * - `hit_merged` has a row for each cluster. Its anchor is the highest hit (of several the earliest): `peakTime`, `record_id`,
 *   `position`, `rise_time` and `fall_time` are the anchor's. `height` is the highest, `integral` the sum.
 * - `hit_merge_clusters` has a row for each row of `hit_threshold`: the start of its cluster, and the hit's place in it.
 * - `hit_merged_components` has a row for each row of `hit_merged`: its hits, as lists.
 *
 * Where windows of hits overlap (`hit_threshold.overlap`), samples between them count in both integrals, here as there.
 *
 * Differences from WaveformAnalysis: rows are in time order over all channels (there channel by channel); times are exact and ps;
 * indexes into arrays of the whole run are rows of the same kind instead, so that a part of a run can be read alone;
 * `width` is always that of the merged window (there -1 for hits of several records); a gap in the run that is longer than
 * `breakThresholdPs` ends every cluster; options may differ by channel.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, Table, tableSource } from "@millrace/core";
 * import { hitMerged } from "@millrace/plugins-signal/hits/hit-merged";
 * import { hitThreshold } from "@millrace/plugins-signal/hits/hit-threshold";
 *
 * const schema = hitThreshold.schemas.hit_threshold!;
 * const none = Object.fromEntries(Object.keys(schema.types).map((name) => [name, [0, 0]]));
 * const hits = Table.from(schema, {
 *   ...none,
 *   time: [1000n, 9000n],
 *   endtime: [5000n, 13_000n],
 *   peakTime: [3000n, 11_000n],
 *   record_id: [0n, 0n],
 *   height: [20, 50],
 *   integral: [30, 80],
 *   dt: [2000, 2000],
 * });
 * await using ctx = new Context({ config: { "hit_merged.mergeGap": "4 ns" } });
 * ctx.register(tableSource("hit_threshold", hits, { dataKind: "hits" }), hitMerged);
 * const merged = await ctx.getData("run_1", "hit_merged");
 * const { time, endtime, peakTime, height, integral, component_count } = merged.row(0);
 * assert.deepEqual([time, endtime, peakTime], [1000n, 13_000n, 11_000n]);
 * assert.deepEqual([height, integral, component_count], [50, 110, 2]);
 * ```
 * @module
 */
import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import type { Columns } from "@millrace/core/schema";
import { halves } from "../_halves.ts";
import { copyColumns } from "../_copy_columns.ts";
import { HIT_KEY_NAMES, HIT_KEYS, HIT_START, HIT_VALUES } from "./_hit_columns.ts";
import { type Cluster, FIELD, OpenClusters, type OpenState, STRIDE } from "./_open_clusters.ts";

const MERGED = {
  ...HIT_START,
  sample_start: "i32",
  sample_end: "i32",
  ...HIT_VALUES,
  component_count: "i32",
} as const;

const COMPONENTS = {
  ...HIT_KEYS,
  record_ids: "i64[]",
  positions: "i32[]",
  starts: "f64[]",
  heights: "f32[]",
  integrals: "f32[]",
} as const;

const LISTS = ["record_ids", "positions", "starts", "heights", "integrals"] as const;

const { width: _, ...usedValues } = HIT_VALUES;

/** Hits of one channel that follow closely, merged. Options: `mergeGap`, `maxTotalWidth`. */
export const hitMerged: Plugin = definePlugin({
  module: import.meta.url,
  export: "hitMerged",
  provides: ["hit_merged", "hit_merge_clusters", "hit_merged_components"],
  dependsOn: ["hit_threshold"],
  needs: {
    hit_threshold: { ...HIT_START, edge_start: "i32", edge_end: "i32", ...usedValues },
  },
  version: "1.1.0",
  help: "Hits of one channel that follow closely, merged; and which hits became which",
  schema: {
    hit_merged: MERGED,
    hit_merge_clusters: { ...HIT_KEYS, cluster_time: "time", cluster_place: "i32" },
    hit_merged_components: COMPONENTS,
  },
  dataKind: { hit_merge_clusters: "hits", hit_merged_components: "hit_merged" },
  columnHelp: {
    time: ["ps", "start of the hit, or of the first of the cluster"],
    endtime: ["ps", "end of the hit, or the latest of the cluster"],
    peakTime: ["ps", "time of the highest sample"],
    record_id: ["", "record of the hit, or of the highest one of the cluster"],
    position: ["sample", "the highest sample, in its record"],
    sample_start: ["sample", "first sample, in the record; -1 where the hits are of several records"],
    sample_end: ["sample", "behind the last sample, in the record; -1 where the hits are of several records"],
    height: ["ADC", "of the highest hit"],
    integral: ["ADC x sample", "sum of the hits' integrals"],
    width: ["sample", "`(endtime - time) / dt`"],
    rise_time: ["ps", "of the highest hit"],
    fall_time: ["ps", "of the highest hit"],
    dt: ["ps", "sampling interval"],
    component_count: ["", "hits of the cluster"],
    cluster_time: ["ps", "`time` of the merged hit that this hit is part of"],
    cluster_place: ["", "the hit's place in its cluster, from 0"],
    record_ids: ["", "records of the hits of the cluster, in time order"],
    positions: ["sample", "their highest samples, each in its record"],
    starts: ["ps", "their starts, from `time` on"],
    heights: ["ADC", "their heights"],
    integrals: ["ADC x sample", "their integrals"],
  },
  stateful: { checkpoint: true },
  initialState: (): OpenState => ({ open: new Map(), origin: undefined }),
  options: {
    mergeGap: option.time({
      default: 0,
      min: 0,
      max: 2 ** 50,
      perChannel: true,
      help: "Longest distance from the end of a cluster to the hit that joins it; 0: hits stay as they are",
    }),
    maxTotalWidth: option.time({
      default: "10 us",
      min: 0,
      max: 2 ** 50,
      perChannel: true,
      help: "Longest merged hit; a single hit may be longer",
    }),
  },
  computeChunk(chunk, { options, state, emitTo, hold }) {
    const { columns, length } = chunk;
    const { time, endtime, board, channel, dt } = columns;
    const { mergeGap, maxTotalWidth } = options;
    const id = halves(columns.record_id);
    const clusters = emitTo("hit_merge_clusters", length);
    copyColumns(HIT_KEY_NAMES, columns, clusters.columns as unknown as Columns<typeof HIT_KEYS>);
    const clusterTime = clusters.get("cluster_time", "time"), place = clusters.get("cluster_place", "i32");
    const done: Cluster[] = [];
    const open = new OpenClusters(state);
    open.rebase(chunk.t0);
    for (let i = 0; i < length; i++) {
      const start = time[i]!, end = endtime[i]!;
      let cluster = open.get(board[i]!, channel[i]!);
      const gap = mergeGap.at(board[i]!, channel[i]!), longest = maxTotalWidth.at(board[i]!, channel[i]!);
      if (
        !cluster || gap === 0 || cluster.dt !== dt[i]! || start - cluster.end > gap ||
        Math.max(cluster.end, end) - cluster.start > longest
      ) {
        if (cluster) done.push(cluster);
        cluster = { board: board[i]!, channel: channel[i]!, dt: dt[i]!, start, end, hits: [] };
        open.set(cluster);
      }
      cluster.end = Math.max(cluster.end, end);
      clusterTime[i] = cluster.start;
      place[i] = cluster.hits.length / STRIDE;
      cluster.hits.push(
        start,
        end,
        columns.peakTime[i]!,
        id[2 * i]!,
        id[2 * i + 1]!,
        columns.position[i]!,
        columns.edge_start[i]!,
        columns.edge_end[i]!,
        columns.height[i]!,
        columns.integral[i]!,
        columns.rise_time[i]!,
        columns.fall_time[i]!,
      );
    }
    // Later hits start at or behind the end of the chunk.
    const stop = Number(chunk.end - chunk.t0);
    done.push(...open.takeBefore((board, channel) => stop - mergeGap.at(board, channel)));
    const { earliest } = open;
    if (earliest < Infinity) hold(earliest);
    return { hit_merge_clusters: clusters, ...mergedOf(done, emitTo) };
  },
  flush({ state, emitTo, t0 }) {
    const open = new OpenClusters(state);
    open.rebase(t0);
    return { hit_merge_clusters: null, ...mergedOf(open.takeBefore(() => Infinity), emitTo) };
  },
});

type EmitTo = Parameters<NonNullable<Plugin["computeChunk"]>>[1]["emitTo"];

/** Rows of `hit_merged` and `hit_merged_components`; clusters of one channel are in the order in which they closed. */
function mergedOf(clusters: Cluster[], emitTo: EmitTo) {
  clusters.sort((a, b) => a.start - b.start || a.board - b.board || a.channel - b.channel);
  const n = clusters.length;
  let hits = 0;
  for (const cluster of clusters) hits += cluster.hits.length / STRIDE;
  const merged = emitTo("hit_merged", n);
  const components = emitTo("hit_merged_components", n, {
    values: Object.fromEntries(LISTS.map((name) => [name, hits])),
  });
  const to = (merged as unknown as { columns: MergedColumns }).columns;
  const lists = LISTS.map((name) => components.columns[name] as { offsets: Uint32Array });
  const [recordIds, positions, starts, heights, integrals] = [
    components.get("record_ids", "i64[]").values,
    components.get("positions", "i32[]").values,
    components.get("starts", "f64[]").values,
    components.get("heights", "f32[]").values,
    components.get("integrals", "f32[]").values,
  ];
  const ids = halves(recordIds), id = halves(to.record_id);
  for (const { offsets } of lists) offsets[0] = 0;
  let at = 0;
  clusters.forEach(({ board, channel, dt, start, end, hits }, row) => {
    const best = anchorOf(hits), value = (name: keyof typeof FIELD) => hits[best + FIELD[name]]!;
    let sum = 0, low = Infinity, high = -Infinity, oneRecord = true;
    for (let k = 0; k < hits.length; k += STRIDE, at++) {
      sum += hits[k + FIELD.integral]!;
      low = Math.min(low, hits[k + FIELD.edge_start]!);
      high = Math.max(high, hits[k + FIELD.edge_end]!);
      oneRecord &&= hits[k + FIELD.idLow] === hits[FIELD.idLow] &&
        hits[k + FIELD.idHigh] === hits[FIELD.idHigh];
      ids[2 * at] = hits[k + FIELD.idLow]!;
      ids[2 * at + 1] = hits[k + FIELD.idHigh]!;
      positions[at] = hits[k + FIELD.position]!;
      starts[at] = hits[k + FIELD.time]! - start;
      heights[at] = hits[k + FIELD.height]!;
      integrals[at] = hits[k + FIELD.integral]!;
    }
    for (const { offsets } of lists) offsets[row + 1] = at;
    to.time[row] = start;
    to.endtime[row] = end;
    to.peakTime[row] = value("peakTime");
    to.board[row] = board;
    to.channel[row] = channel;
    id[2 * row] = value("idLow");
    id[2 * row + 1] = value("idHigh");
    to.position[row] = value("position");
    to.sample_start[row] = oneRecord ? low : -1;
    to.sample_end[row] = oneRecord ? high : -1;
    to.height[row] = value("height");
    to.integral[row] = sum;
    to.width[row] = (end - start) / dt;
    to.rise_time[row] = value("rise_time");
    to.fall_time[row] = value("fall_time");
    to.dt[row] = dt;
    to.component_count[row] = hits.length / STRIDE;
  });
  copyColumns(HIT_KEY_NAMES, to, components.columns as unknown as Columns<typeof HIT_KEYS>);
  return { hit_merged: merged, hit_merged_components: components };
}

type MergedColumns = Columns<typeof MERGED>;

/** Where the highest hit is; of several the one with the earliest maximum, and of those the first. */
function anchorOf(hits: readonly number[]): number {
  let best = 0;
  for (let k = STRIDE; k < hits.length; k += STRIDE) {
    const higher = hits[k + FIELD.height]! - hits[best + FIELD.height]!;
    if (higher > 0 || (higher === 0 && hits[k + FIELD.peakTime]! < hits[best + FIELD.peakTime]!)) best = k;
  }
  return best;
}
