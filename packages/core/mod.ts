/**
 * The core of Millrace: typed columns in chunks of time, plugins that turn chunks into chunks, and the engine that gives
 * the same results for every chunking.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, definePlugin, schema, Table, tableSource } from "@millrace/core";
 *
 * const pulses = Table.from(schema({ time: "time", height: "f32" }), { time: [0n, 40n, 90n], height: [3, 8, 5] });
 * const high = definePlugin({
 *   provides: "high",
 *   dependsOn: ["pulses"],
 *   needs: { pulses: { time: "time", height: "f32" } },
 *   version: "1",
 *   schema: { time: "time", height: "f32" },
 *   computeChunk(chunk, { emit }) {
 *     const { time, height } = chunk.columns;
 *     const out = emit(chunk.length);
 *     let n = 0;
 *     for (let i = 0; i < height.length; i++) {
 *       if (height[i]! < 4) continue;
 *       out.columns.time[n] = time[i]!;
 *       out.columns.height[n++] = height[i]!;
 *     }
 *     return out.resize(n);
 *   },
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("pulses", pulses), high);
 * const table = await ctx.getData("run_1", "high");
 * assert.deepEqual(table.rows(), [{ time: 40n, height: 8 }, { time: 90n, height: 5 }]);
 * ```
 * @module
 */
export * from "./data/schema.ts";
export * from "./data/table.ts";
export * from "./data/combine_tables.ts";
export * from "./data/buffer_pool.ts";
export * from "./data/units.ts";
export * from "./chunk/chunk.ts";
export * from "./chunk/split.ts";
export * from "./chunk/split_sealed.ts";
export * from "./chunk/split_by_breaks.ts";
export * from "./chunk/split_by_count.ts";
export * from "./chunk/split_by_size.ts";
export * from "./chunk/concat.ts";
export * from "./chunk/concat_tables.ts";
export * from "./chunk/merge_rows.ts";
export * from "./chunk/merge_streams.ts";
export * from "./chunk/merge_columns.ts";
export * from "./chunk/merge_column_streams.ts";
export * from "./chunk/sort_rows.ts";
export * from "./chunk/order.ts";
export * from "./chunk/gather.ts";
export * from "./chunk/select_time.ts";
export * from "./chunk/clip.ts";
export * from "./chunk/rechunk.ts";
export * from "./chunk/clusters.ts";
export * from "./chunk/continuity.ts";
export * from "./chunk/validate.ts";
export * from "./options/option.ts";
export * from "./options/per_channel.ts";
export * from "./options/config.ts";
export * from "./plugin/plugin.ts";
export * from "./plugin/define.ts";
export * from "./plugin/describe_columns.ts";
export * from "./plugin/classes.ts";
export * from "./plugin/loop.ts";
export * from "./plugin/cut.ts";
export * from "./intervals/intervals.ts";
export * from "./plugin/copy_of.ts";
export * from "./plugin/plugin_set.ts";
export * from "./plugin/table_source.ts";
export * from "./engine/errors.ts";
export * from "./engine/executor.ts";
export * from "./engine/stage.ts";
export * from "./select/select.ts";
export * from "./context/context.ts";
export * from "./context/streaming_context.ts";
export * from "./context/stream.ts";
export * from "./context/plan.ts";
export * from "./context/lineage.ts";
export * from "./store/store.ts";
