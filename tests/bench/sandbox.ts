// Budgets of the sandbox: start, chunks there and back, the same work in the thread tier, kills, memory.

import { Account, BufferPool } from "@millrace/core/buffers";
import { Chunk } from "@millrace/core/chunk";
import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import { schema } from "@millrace/core/schema";
import { StageRunner } from "@millrace/core/stage";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "@millrace/executor/manager";
import { sandboxedPlugin, type SandboxOptions } from "@millrace/executor/sandbox";
import { vendor } from "../../packages/executor/sandbox/_vendor_testing.ts";
import * as trusted from "./_sandbox_plugins.ts";
import { lowerQuartile, type Measure, paired, report } from "./_report.ts";

const MIB = 2 ** 20, WIDTH = 1024;

/** Rows of `bytes` of waveforms. */
function rowsOf(bytes: number): Table {
  const length = bytes / 2 / WIDTH;
  const table = Table.allocate(schema({ time: "time", wave: `u16[${WIDTH}]` }), length);
  const { time, wave } = table.columns as unknown as Record<string, Float64Array>;
  for (let i = 0; i < length; i++) time![i] = i;
  for (let i = 0; i < wave!.length; i++) wave![i] = (i * 7919) % 16384;
  return table;
}

/** Computes one chunk with a plugin, again and again. */
function caller(plugin: Plugin, table: Table): () => Promise<void> {
  const environment = { runId: "run_1", pool: new BufferPool(), account: new Account(), notice: () => {} };
  const stage = { id: plugin.name, steps: [{ plugin, options: {}, plain: {} }], outputs: [plugin.name] };
  const runner = new StageRunner(stage, environment);
  const end = BigInt(table.length);
  const chunk = new Chunk(table, { start: 0n, end, runId: "run_1", dataType: "rows", dataKind: "rows" });
  const { signal } = new AbortController();
  const interval = {
    start: 0n,
    end,
    own: { from: 0, to: table.length },
    last: false,
    call: "compute",
  } as const;
  return async () => {
    const { outputs } = await runner.run({ rows: chunk }, interval, signal);
    for (const made of Object.values(outputs)) made?.release();
  };
}

await using vendored = await vendor({
  "mod.ts": await Deno.readTextFile(new URL("./_sandbox_plugins.ts", import.meta.url)),
});
const open = (name: string, options: SandboxOptions = {}) =>
  sandboxedPlugin({ ...vendored, export: name }, { maxWorkers: 1, ...options });
const times = async (count: number, work: () => Promise<unknown>): Promise<number[]> => {
  const found: number[] = [];
  for (let k = 0; k < count; k++) {
    const before = performance.now();
    await work();
    found.push(performance.now() - before);
  }
  return found;
};

/** Ms from the request of a plugin to its first result. */
async function firstResult(): Promise<number> {
  const small = rowsOf(64 * 2048);
  await (await open("echo"))[Symbol.asyncDispose]();
  const found: number[] = [];
  for (let k = 0; k < 12; k++) {
    const before = performance.now();
    await using plugin = await open("echo");
    await caller(plugin, small)();
    found.push(performance.now() - before);
  }
  return lowerQuartile(found);
}

/** Ms for a chunk of 10 MiB. */
async function chunkTime(name: string): Promise<number> {
  await using plugin = await open(name);
  const call = caller(plugin, rowsOf(10 * MIB));
  await times(20, call);
  return lowerQuartile(await times(40, call));
}

/** How much longer a run takes with the plugin in a sandbox than in a thread, and ms a chunk there. */
async function againstThread(): Promise<{ ratio: number; chunkMs: number }> {
  const chunks = 12, rows = 4 * MIB / 2 / WIDTH;
  const source = tableSource("rows", rowsOf(4 * MIB * chunks));
  await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 1 });
  await using sandboxed = await open("moments");
  const run = (plugin: Plugin) => async () => {
    await using ctx = new Context({ executor: manager });
    ctx.register(source, plugin);
    await ctx.run("run_1", "moments", { chunkSize: rows });
  };
  const { ms, ratio } = await paired(5, 1, { thread: run(trusted.moments), sandbox: run(sandboxed) });
  return { ratio: ratio.sandbox!, chunkMs: ms.thread! / chunks };
}

/** Most ms from the passing of a limit to the end of the process. */
async function killLatency(limit: "wallMs" | "cpuMs"): Promise<number> {
  const allowed = 200;
  await using plugin = await open("loop", { limits: { [limit]: allowed } });
  const call = caller(plugin, rowsOf(2048));
  let most = 0;
  for (let k = 0; k < 6; k++) {
    await times(1, () => call().catch(() => {})); // a fresh process for the next
    const pending = call();
    while (plugin.pids().length === 0) await new Promise((done) => setTimeout(done, 1));
    const began = performance.now();
    await pending.catch(() => {});
    while (plugin.pids().length > 0) await new Promise((done) => setTimeout(done, 1));
    most = Math.max(most, performance.now() - began - allowed);
  }
  return most;
}

/** Resident bytes of a sandbox that has computed and waits: of several, the lower quartile. */
async function idleResident(): Promise<number> {
  const found: number[] = [];
  for (let k = 0; k < 5; k++) {
    await using plugin = await open("echo");
    await caller(plugin, rowsOf(64 * 2048))();
    await new Promise((done) => setTimeout(done, 300));
    const status = await Deno.readTextFile(`/proc/${plugin.pids()[0]}/status`);
    found.push(Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024);
  }
  return lowerQuartile(found);
}

const { ratio, chunkMs } = await againstThread();
const sinkMs = await chunkTime("sink");
const measures: Measure[] = [
  { name: "first result after the request", value: await firstResult(), unit: "ms", budget: 60 },
  { name: "chunk of 10 MiB there and back", value: await chunkTime("echo"), unit: "ms", budget: 15 },
  { name: "sustained, one way", value: 10 * MIB / sinkMs / 1e6, unit: "GB/s", budget: 1, atLeast: true },
  { name: "work of 20 ms and more on 4 MiB", value: chunkMs, unit: "ms", budget: 20, atLeast: true },
  { name: "... in a warm sandbox", value: ratio, unit: "x thread tier", budget: 1.3 },
  { name: "kill after the wall time", value: await killLatency("wallMs"), unit: "ms", budget: 100 },
  { name: "kill after the processor time", value: await killLatency("cpuMs"), unit: "ms", budget: 100 },
  { name: "idle sandbox", value: await idleResident() / 1e6, unit: "MB resident", budget: 45 },
];
report("The sandbox", measures);
