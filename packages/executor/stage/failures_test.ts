// The failure contract of runs in workers, line by line.

import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { PipelineError } from "@millrace/core/errors";
import type { Plugin } from "@millrace/core/plugin";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import {
  after,
  before,
  behind,
  greedy,
  keeper,
  moody,
  moodyBehind,
  sleeper,
} from "./_bad_plugins_testing.ts";

const KINDS = ["thread", "process"] as const;
const N = 100;

const rows = Table.from(schema({ time: "time" }), { time: Array.from({ length: N }, (_, k) => BigInt(k)) });

function contextOf(manager: ExecutorManager, config: Record<string, unknown> = {}, more = {}): Context {
  const ctx = new Context({ executor: manager, ...more });
  ctx.register(tableSource("rows", rows), moody, keeper);
  return ctx.setConfig(Object.fromEntries(Object.entries(config).map(([k, v]) => [`moody.${k}`, v])));
}

const run = (ctx: Context, more = {}) => ctx.getData("run_1", "moody", { chunkSize: 10, ...more });

async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof PipelineError, `${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: "The run did not fail" });
}

async function withFlag(test: (flag: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/flag`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const type of KINDS) {
  Deno.test(`a plugin that throws, rejects or returns garbage in a ${type} ends the run with its place and cause`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    for (
      const [mode, message] of [
        ["throw", /^The detector is on fire$/],
        ["reject", /^Late trouble$/],
        ["garbage", /^computeChunk gave number, not a table or null$/],
        ["columns", /column|schema/],
      ] as const
    ) {
      await using ctx = contextOf(manager, { mode, at: 34 });
      const error = await failureOf(run(ctx));
      assert.equal(error.plugin, "moody");
      assert.equal(error.module, moody.module);
      assert.equal(error.chunkIndex, 3);
      assert.deepEqual([error.start, error.end], [30n, 40n]);
      const cause = error.cause as Error;
      assert.match(cause.message, message);
      if (mode === "throw") assert.ok(cause instanceof RangeError);
      if (mode === "throw" || mode === "reject") assert.match(cause.stack!, /_bad_plugins_testing\.ts:\d+/);
    }
    // The workers go on.
    await using ctx = contextOf(manager);
    assert.equal((await run(ctx)).length, N);
  });

  Deno.test(`chunks before a failure in a ${type} are delivered in order`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    await using ctx = contextOf(manager, { mode: "throw", at: 55 });
    const starts: bigint[] = [];
    await failureOf((async () => {
      for await (const chunk of ctx.getStream("run_1", "moody", { chunkSize: 10 })) {
        starts.push(chunk.start);
        chunk.release();
      }
    })());
    assert.deepEqual(starts, [0n, 10n, 20n, 30n, 40n]);
  });

  Deno.test(`a module that fails to load in a ${type} is named, with its error`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    const bad: readonly [Partial<Plugin>, RegExp][] = [
      [
        { module: "data:text/javascript,export const moody = }" },
        /Cannot load its module data:.* in a worker/,
      ],
      [
        { module: "file:///nowhere/moody.ts" },
        /Cannot load its module file:\/\/\/nowhere\/moody\.ts in a worker/,
      ],
      [{ export: "mooody" }, /has no plugin "mooody" in a worker: export it there/],
    ];
    for (const [place, message] of bad) {
      await using ctx = new Context({ executor: manager });
      ctx.register(tableSource("rows", rows), { ...moody, ...place });
      const error = await failureOf(run(ctx));
      assert.equal(error.plugin, "moody");
      assert.match((error.cause as Error).message, message);
    }
  });

  Deno.test(`a ${type} that ends itself fails the run only where it does so twice`, () =>
    withFlag(async (flag) => {
      await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
      {
        await using ctx = contextOf(manager, { mode: "exit once", at: 34, flag });
        assert.equal((await run(ctx)).length, N);
      }
      await using ctx = contextOf(manager, { mode: "exit", at: 34 });
      const error = await failureOf(run(ctx));
      assert.deepEqual([error.plugin, error.start], ["moody", 30n]);
      assert.match(
        (error.cause as Error).message,
        /^Its worker was lost while it computed moody: .*(exit|code 3)/,
      );
      await using again = contextOf(manager);
      assert.equal((await run(again)).length, N);
    }));

  Deno.test(`of plugins that are computed together in a ${type}, the one that failed is named`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    for (
      const [mode, message] of [
        ["throw", /^The detector is on fire$/],
        ["exit", /^Its worker was lost while it computed before\+moody\+after: .*(exit|code 3)/],
      ] as const
    ) {
      await using ctx = new Context({ executor: manager });
      ctx.register(tableSource("rows", rows), before, moodyBehind, after);
      ctx.setConfig({ "moody.mode": mode, "moody.at": 34 });
      const { stages } = await ctx.plan("run_1", "after");
      assert.deepEqual(stages.at(-1), ["before", "moody", "after"]);
      const error = await failureOf(ctx.getData("run_1", "after", { chunkSize: 10 }));
      assert.match((error.cause as Error).message, message);
      assert.deepEqual([error.plugin, error.start, error.end], ["moody", 30n, 40n]);
    }
  });

  Deno.test(`a plugin that runs longer than its timeout in a ${type} fails the run, and the pool goes on`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    const patient: Plugin = { ...moody, running: { ...moody.running, timeout: 1000 } };
    // A busy thread cannot be stopped before its process ends: threads wait for something instead.
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rows), patient);
    ctx.setConfig({ "moody.mode": type === "thread" ? "wait" : "loop", "moody.at": 34 });
    const error = await failureOf(run(ctx));
    assert.match((error.cause as Error).message, /^It ran longer than its timeout of 1000 ms$/);
    assert.deepEqual([error.plugin, error.start, error.end], ["moody", 30n, 40n]);
    await using again = contextOf(manager);
    assert.equal((await run(again)).length, N);
  });

  Deno.test(`leaving a stream ends the work in a ${type}; the next run is not harmed`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    await using ctx = contextOf(manager, { mode: "wait", at: 34 });
    for await (const chunk of ctx.getStream("run_1", "moody", { chunkSize: 10 })) {
      chunk.release();
      if (chunk.start === 10n) break;
    }
    await using again = contextOf(manager);
    assert.equal((await run(again)).length, N);
  });

  Deno.test(`an abort ends a run in a ${type} with its reason`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    await using ctx = contextOf(manager, { mode: "wait", at: 34 });
    const abort = new AbortController();
    const reason = new Error("Enough");
    const work = run(ctx, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 200);
    await assert.rejects(work, (error) => error === reason);
    await using again = contextOf(manager);
    assert.equal((await run(again)).length, N);
  });

  Deno.test(`state that refers to the input is safe in a ${type}`, async () => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    await using ctx = contextOf(manager);
    const data = await ctx.getData("run_1", "keeper", { chunkSize: 7 });
    assert.deepEqual([...data.get("value", "f64")], Array.from({ length: N }, (_, k) => k === 0 ? 0 : 1));
  });
}

Deno.test("an aborted run ends and its manager closes, though a plugin waits for ever in a thread", async () => {
  for (const [plugin, dataType] of [[moody, "moody"], [sleeper, "sleeper"]] as const) {
    await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 2 });
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rows), plugin);
    if (plugin === moody) ctx.setConfig({ "moody.mode": "never", "moody.at": 34 });
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 400);
    const work = ctx.getData("run_1", dataType, { chunkSize: 10, signal: abort.signal });
    await assert.rejects(work, { message: "enough" });
  }
});

Deno.test("a process that is killed is replaced, and its work done again", () =>
  withFlag(async (flag) => {
    await using manager = new ExecutorManager({ defaultType: "process", defaultWorkers: 2 });
    await using ctx = contextOf(manager, { mode: "kill once", at: 34, flag });
    assert.equal((await run(ctx)).length, N);
  }));

Deno.test("a plugin that fills the heap of its process fails the run at once: it is not tried again", () =>
  withFlag(async (flag) => {
    await using manager = new ExecutorManager({ defaultWorkers: 2 });
    await using ctx = contextOf(manager, { mode: "fill", at: 34, flag });
    const executorConfig = { type: "process", process: { heapLimit: 64 } } as const;
    const error = await failureOf(run(ctx, { executorConfig }));
    assert.deepEqual([error.plugin, error.start], ["moody", 30n]);
    assert.match(
      (error.cause as Error).message,
      /ran out of heap memory, of which it may have 64 MiB; it would need .* a higher heapLimit$/,
    );
    assert.equal(await Deno.readTextFile(flag), "x");
  }));

Deno.test("a plugin that keeps its input without having state is told so", async () => {
  await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 1 });
  await using ctx = contextOf(manager, { mode: "keep", at: 34 });
  const error = await failureOf(run(ctx));
  assert.match(
    (error.cause as Error).message,
    /^It keeps its input beyond the call: copy what is needed, or declare state$/,
  );
  await using more = new Context({ executor: manager });
  more.register(tableSource("rows", rows), greedy, behind);
  assert.match(
    ((await failureOf(more.getData("run_1", "behind", { chunkSize: 10 }))).cause as Error).message,
    /^One of "before", "behind", which are computed together, keeps its input beyond the call/,
  );
});

Deno.test("a task that does not fit beside others is done alone; one that does not fit at all names the budget", async () => {
  await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 2 });
  {
    // Each needs 80 MiB, and two are under way at once.
    await using ctx = contextOf(manager, { mode: "hungry", at: -1 }, { memory: "120MiB" });
    assert.equal((await run(ctx)).length, N);
  }
  await using ctx = contextOf(manager, { mode: "hungry", at: -1 }, { memory: "32MiB" });
  const error = await failureOf(run(ctx));
  assert.equal(error.plugin, "moody");
  assert.match((error.cause as Error).message, /^The memory budget of 32 MiB is spent/);
});

Deno.test("a plugin without a module is refused before anything runs", async () => {
  await using manager = new ExecutorManager();
  await using ctx = new Context({ executor: manager });
  ctx.register(tableSource("rows", rows), { ...moody, module: undefined });
  await assert.rejects(
    run(ctx),
    /^TypeError: Cannot compute "moody" in a thread: .* module: import\.meta\.url/,
  );
  assert.equal((await run(ctx, { executorType: "inline" })).length, N);
});

Deno.test("a run whose stretches are larger together than the pool's queue waits for room", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 1 });
    await using ctx = contextOf(manager, {}, { store: folder });
    // Room for a byte: every task that is not alone finds the queue full.
    const executorConfig = { type: "thread", maxQueuedBytes: 1, maxWorkers: 1 } as const;
    for await (const chunk of ctx.getStream("run_1", "moody", { chunkSize: 2, executorConfig })) {
      chunk.release();
    }
    assert.equal((await ctx.getData("run_1", "moody")).length, N);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
