/**
 * Plugins for the whole run and for chunks, mixed in both directions: what a static plugin makes flows on as chunks, and a
 * stream is gathered for a static plugin. Nobody has to merge streams by hand.
 *
 * ```sh
 * deno run examples/guide/mix_static_and_streaming.ts
 * ```
 * @module
 */
import { Context, definePlugin, defineStatic, type Plugin, schema, Table, tableSource } from "@millrace/core";

const pulse = { time: "time", height: "f32" } as const;

/** Rows in memory, in place of a detector. */
export const pulses: Plugin = tableSource(
  "pulses",
  Table.from(schema(pulse), { time: [0n, 10n, 25n, 40n], height: [2, 8, 6, 4] }),
);

/** Streaming: heights less a pedestal of 1. */
export const corrected: Plugin = definePlugin({
  provides: "corrected",
  dependsOn: ["pulses"],
  needs: { pulses: pulse },
  version: "1.0.0",
  dataKind: "pulses", // one row for each pulse: `time` is there already
  schema: pulse,
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    for (let i = 0; i < chunk.length; i++) out.columns.height[i] = chunk.columns.height[i]! - 1;
    return out;
  },
});

/** Static, from a stream: heights in parts of the run's highest, which only the whole run tells. */
export const normalized: Plugin = defineStatic({
  provides: "normalized",
  dependsOn: ["corrected"],
  needs: { corrected: pulse },
  version: "1.0.0",
  dataKind: "pulses",
  schema: pulse,
  compute(chunk, { emit }) {
    const { height } = chunk.columns;
    const highest = height.reduce((a, b) => Math.max(a, b), 0);
    const out = emit(chunk.length);
    for (let i = 0; i < chunk.length; i++) out.columns.height[i] = height[i]! / highest;
    return out;
  },
});

/** Streaming, from a static plugin: rows of at least half the highest. */
export const high: Plugin = definePlugin({
  provides: "high",
  dependsOn: ["normalized"],
  needs: { normalized: pulse },
  version: "1.0.0",
  schema: pulse,
  reach: { left: 0, right: 0 },
  computeChunk(chunk, { emit }) {
    const { time, height } = chunk.columns;
    const out = emit(chunk.length);
    let n = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (height[i]! < 0.5) continue;
      out.columns.time[n] = time[i]!;
      out.columns.height[n++] = height[i]!;
    }
    return out.resize(n);
  },
});

if (import.meta.main) {
  await using ctx = new Context().register(pulses, corrected, normalized, high);
  for await (const chunk of ctx.getStream("my_run", "high", { chunkSize: 2 })) {
    for (const { time, height } of chunk.table.rows()) console.log(`${time} ps: ${height}`);
  }
}
