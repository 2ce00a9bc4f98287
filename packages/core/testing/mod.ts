/**
 * Tests for plugins: {@linkcode testPlugin} shows that a plugin's results are the same for every chunking, and
 * {@linkcode randomRows} makes rows that find where they are not.
 *
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { definePlugin } from "@millrace/core";
 * import { randomRows, testPlugin } from "@millrace/core/testing";
 *
 * const widths = definePlugin({
 *   provides: "widths",
 *   dependsOn: ["hits"],
 *   needs: { hits: { time: "time", endtime: "time" } },
 *   version: "1",
 *   schema: { time: "time", width: "f64" },
 *   dataKind: "hits",
 *   computeChunk(chunk, { emit }) {
 *     const { time, endtime } = chunk.columns;
 *     const out = emit(chunk.length);
 *     for (let i = 0; i < time.length; i++) out.columns.width[i] = endtime[i]! - time[i]!;
 *     return out;
 *   },
 * });
 * await fc.assert(
 *   fc.asyncProperty(randomRows(), (hits) => testPlugin(widths, { inputs: { hits }, chunkings: 2, ranges: 1 })),
 *   { numRuns: 5 },
 * );
 * ```
 * @module
 */
export * from "./random_rows.ts";
export * from "./shuffled_executor.ts";
export * from "./test_plugin.ts";
