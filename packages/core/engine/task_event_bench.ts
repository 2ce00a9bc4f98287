// What it costs to be told of every task: a chain with one row a chunk, so that nothing but the engine is measured. A run
// gives 2 events a chunk (read, compute); (listens - nobody listens) / events is the cost of one.

import { Context, type RunEvent } from "../context/context.ts";
import { Trace } from "../context/trace.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";

const CHUNKS = 5000;

const pulses = Table.from(schema({ time: "time", height: "f32" }), {
  time: Array.from({ length: CHUNKS }, (_, k) => BigInt(k)),
  height: new Float32Array(CHUNKS),
});
const ctx = new Context();
ctx.register(
  tableSource("pulses", pulses, { cuts: Array.from({ length: CHUNKS - 1 }, (_, k) => BigInt(k + 1)) }),
  definePlugin({
    provides: "same",
    dependsOn: ["pulses"],
    version: "1",
    dataKind: "pulses",
    schema: { time: "time", height: "f32" },
    computeChunk: (chunk, { emit }) => emit(chunk.length),
  }),
);

async function run(onEvent?: (event: RunEvent) => void): Promise<void> {
  for await (const chunk of ctx.getStream("r", "same", onEvent ? { onEvent } : {})) chunk.release();
}

let told = 0, written = 0;
const group = `${2 * CHUNKS} tasks`;
Deno.bench("nobody listens", { group, baseline: true }, () => run());
Deno.bench("listens", { group }, () =>
  run((event) => {
    if (event.type === "task") told++;
  }));
Deno.bench("traced", { group }, async () => {
  using trace = new Trace((text) => written += text.length);
  await run(trace.run("r"));
});
globalThis.addEventListener("unload", () => {
  if (told + written === 0) throw new Error("No event was told");
});
