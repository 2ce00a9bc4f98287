// What it costs to be told of every task: a chain with one row a chunk in place, so that nothing but the engine is measured. A run
// tells of two tasks a chunk (read, compute); (listens - nobody listens) / tasks is the cost of one.

import { Context, type RunEvent } from "@millrace/core/context";
import { definePlugin } from "@millrace/core/define";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { Trace } from "@millrace/core/trace";
import { median } from "./_pools/race.ts";
import { report } from "./_report.ts";

const CHUNKS = 5000, ROUNDS = 15, WARM = 5;

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

let told = 0, written = 0;

async function run(onEvent?: (event: RunEvent) => void): Promise<number> {
  const started = performance.now();
  for await (const chunk of ctx.getStream("r", "same", onEvent ? { onEvent } : {})) chunk.release();
  return performance.now() - started;
}

const modes: Readonly<Record<string, () => Promise<number>>> = {
  silent: () => run(),
  listens: () =>
    run((event) => {
      if (event.type === "task") told++;
    }),
  traced: async () => {
    using trace = new Trace((text) => written += text.length);
    return await run(trace.run("r"));
  },
};

const times: Record<string, number[]> = { silent: [], listens: [], traced: [] };
for (let round = 0; round < WARM + ROUNDS; round++) {
  for (const [name, measure] of Object.entries(modes)) {
    const ms = await measure();
    if (round >= WARM) times[name]!.push(ms);
  }
}
const tasks = told / (WARM + ROUNDS);
if (!(tasks >= 2 * CHUNKS && written > 0)) {
  throw new Error(`${tasks} tasks were told, ${written} characters written`);
}
/** Nanoseconds an event: the median of the differences to the silent run of the same round. */
const cost = (name: string) => 1e6 * median(times[name]!.map((ms, k) => ms - times["silent"]![k]!)) / tasks;

report("Events of a run", [
  { name: "events of a run of 5000 chunks", value: tasks, unit: "" },
  { name: "nobody listens", value: median(times["silent"]!), unit: "ms" },
  { name: "an event that is told", value: cost("listens"), unit: "ns", budget: 3000 },
  { name: "an event that is written into a trace", value: cost("traced"), unit: "ns", budget: 10_000 },
]);
