import assert from "node:assert/strict";
import { Context, type PluginMetrics, type RunEvent, type RunOptions } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";
import { saveChunk } from "../store/save_chunk.ts";
import { type Executor, InlineExecutor } from "./executor.ts";
import { clock, type TaskEvent } from "./task_event.ts";

const pulses = () =>
  Table.from(schema({ time: "time", height: "f32" }), { time: [5n, 10n, 30n, 40n], height: [1, 2, 3, 4] });

function copies(provides: string, dependsOn: string, work: () => void | Promise<void> = () => {}) {
  return definePlugin({
    provides,
    dependsOn: [dependsOn],
    version: "1",
    dataKind: "pulses",
    schema: { time: "time", [provides]: "f32" },
    computeChunk: (chunk, { emit }) => {
      const waited = work();
      return waited ? waited.then(() => emit(chunk.length)) : emit(chunk.length);
    },
  });
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Computes in place, later, and says that it was somewhere else. */
class Later implements Executor {
  readonly name = "later";
  readonly concurrency = 3;
  readonly #inline = new InlineExecutor();
  readonly submit: Executor["submit"] = async (stage, inputs, interval, options) => {
    await sleep(5);
    const began = clock();
    const result = await this.#inline.submit(stage, inputs, interval, options);
    options.ran?.({ worker: "thread 7", began, ended: clock() });
    return result;
  };
  readonly saveChunk: NonNullable<Executor["saveChunk"]> = async (chunk, request, ran) => {
    const began = clock();
    const saved = await saveChunk(chunk, request);
    ran?.({ worker: "thread 8", began, ended: clock() });
    return saved;
  };
  readonly readSource: NonNullable<Executor["readSource"]> = (step, context, ran) => {
    const pieces = step.plugin.read!(context);
    return (async function* () {
      for await (const piece of pieces) {
        const now = clock();
        ran?.({ worker: "thread 9", began: now - 2, ended: now });
        yield piece;
      }
    })();
  };
  forget(): void {}
}

async function collect(ctx: Context, type: string, options: RunOptions = {}): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => void events.push(event);
  for await (const chunk of ctx.getStream("run_1", type, { ...options, onEvent })) chunk.release();
  return events;
}

const tasksOf = (events: readonly RunEvent[]) =>
  events.filter((event): event is TaskEvent => event.type === "task");

Deno.test("a run tells each piece read, stretch computed and chunk written in place", async () => {
  const store = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store });
    ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses", cuts: [20n] }), copies("a", "pulses"));
    const before = clock();
    const tasks = tasksOf(await collect(ctx, "a"));
    for (const { submitted, began, ended, worker } of tasks) {
      assert.ok(before <= submitted && submitted <= began && began <= ended && ended <= clock());
      assert.equal(worker, "main");
    }
    const told = (kind: TaskEvent["task"]) =>
      tasks.filter(({ task }) => task === kind).map(({ plugins, rows }) => [...plugins, rows]);
    assert.deepEqual(told("read"), [["pulses", 2], ["pulses", 2], ["pulses", 0]]);
    assert.deepEqual(told("compute"), [["a", 2], ["a", 2]]);
    assert.deepEqual(told("write"), [["a", 4]]); // stored chunks end where the rows say
    const [first, second] = tasks.filter(({ task }) => task === "compute");
    assert.deepEqual([first!.start, first!.end, second!.start], [0n, 20n, 20n]);
    const again = tasksOf(await collect(ctx, "a"));
    assert.deepEqual(again.map(({ task, plugins, rows }) => [task, plugins[0], rows]), [
      ["read", "a", 4],
    ]);
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

Deno.test("a run tells where tasks ran elsewhere, and counts how long they waited", async () => {
  const store = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store, executor: new Later() });
    ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses", cuts: [20n] }));
    ctx.register(copies("a", "pulses"), copies("b", "a"));
    const events: RunEvent[] = [];
    const report = await ctx.run("run_1", "b", { onEvent: (event) => events.push(event) });
    const tasks = tasksOf(events);
    const workers = (kind: TaskEvent["task"]) =>
      new Set(tasks.filter(({ task }) => task === kind).map(({ worker }) => worker));
    assert.deepEqual(workers("compute"), new Set(["thread 7"]));
    assert.deepEqual(workers("write"), new Set(["thread 8"]));
    assert.ok(workers("read").has("thread 9"));
    const fused = tasks.find(({ task }) => task === "compute")!;
    assert.deepEqual(fused.plugins, ["a", "b"]);
    assert.deepEqual(Object.keys(fused.busy!), ["a", "b"]);
    assert.ok(fused.began - fused.submitted >= 4);
    const { a, b, pulses: source } = Object.fromEntries(report.plugins);
    assert.ok(a!.waitMs >= 8, "two stretches of about 5 ms");
    assert.equal(b!.waitMs, 0, "the stage waits as its first plugin");
    assert.ok(source!.busyMs >= 4, "two pieces of 2 ms, by the clock of where they were read");
    assert.deepEqual([a!.rows, b!.rows, source!.rows], [4, 4, 4]);
    assert.deepEqual([a!.tasks, a!.queueBytes], [0, 0], "nothing is left at the end");
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

Deno.test("a snapshot counts tasks under way and bytes that wait", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const snapshots: ReadonlyMap<string, Readonly<PluginMetrics>>[] = [];
  await using ctx = new Context({ executor: new Later() });
  ctx.register(
    tableSource("pulses", pulses(), { dataKind: "pulses", cuts: [7n, 20n, 35n] }),
    copies("a", "pulses", () => gate),
  );
  const stream = ctx.getStream("run_1", "a", {
    metricsEvery: 2,
    onEvent: (event) => {
      if (event.type !== "metrics") return;
      snapshots.push(event.plugins);
      assert.ok(event.elapsedMs > 0 && event.heldBytes >= 0);
      if (event.plugins.get("a")!.tasks === 3) open();
    },
  });
  let rows = 0;
  for await (const chunk of stream) {
    rows += chunk.length;
    chunk.release();
  }
  assert.equal(rows, 4);
  assert.ok(snapshots.some((plugins) => plugins.get("a")!.tasks === 3), "as many as the executor takes");
  const count = snapshots.length;
  await sleep(6);
  assert.equal(snapshots.length, count, "nothing is told after the end");
});

Deno.test("a source that waits for room is counted as held back", async () => {
  const bytes = 2 ** 16;
  const types = schema({ time: "time", height: "f64" });
  const source = defineSource({
    provides: "pulses",
    version: "1",
    schema: types,
    fingerprint: async () => null,
    async *read({ pool, account }) {
      for (let k = 0; k < 8; k++) {
        const t0 = BigInt(k * 1000);
        const table = Table.allocate(types, bytes / 16, { pool, account, t0 });
        table.get("time", "time").fill(1);
        table.get("height", "f64").fill(1);
        yield { table, end: t0 + 1000n };
      }
    },
  });
  const inline = new InlineExecutor();
  const slow: Executor = {
    name: "slow to write",
    concurrency: 1,
    submit: (...task) => inline.submit(...task),
    saveChunk: async (chunk, request) => {
      await sleep(5);
      return await saveChunk(chunk, request);
    },
    forget: (stage) => inline.forget(stage),
  };
  const store = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store, memory: 8 * bytes, executor: slow });
    ctx.register(source, copies("a", "pulses"));
    const report = await ctx.run("run_1", "a");
    assert.ok(report.plugins.get("pulses")!.backpressureMs >= 2, "until a chunk was written");
    assert.equal(report.plugins.get("a")!.backpressureMs, 0);
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

Deno.test("nothing is told of tasks where nobody listens", async () => {
  let asked = 0;
  const executor = new Later();
  const save = executor.saveChunk;
  const spy: Executor = {
    name: "spy",
    concurrency: 1,
    submit: executor.submit,
    saveChunk: (chunk, request, ran) => {
      if (ran) asked++;
      return save(chunk, request);
    },
    forget: () => {},
  };
  const store = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store, executor: spy });
    ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses" }), copies("a", "pulses"));
    await ctx.run("run_1", "a", { metricsEvery: 1 });
    assert.equal(asked, 0);
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

for (const kind of ["task", "metrics"] as const) {
  Deno.test(`what a listener of ${kind} events throws ends the run`, async () => {
    await using ctx = new Context({ executor: new Later() });
    ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses", cuts: [7n, 20n, 35n] }));
    ctx.register(copies("a", "pulses", () => sleep(3)));
    const run = ctx.run("run_1", "a", {
      metricsEvery: 1,
      onEvent: (event) => {
        if (event.type === kind) throw new Error("The disk is full");
      },
    });
    await assert.rejects(run, (error) => /The disk is full/.test(`${error} ${(error as Error).cause}`));
  });
}

Deno.test("metricsEvery must be a whole number above 0", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("pulses", pulses()));
  await assert.rejects(
    ctx.run("r", "pulses", { metricsEvery: 0 }),
    /metricsEvery must be a whole number above 0: received 0/,
  );
});

Deno.test("rows of a plugin are those of the data types that somebody asked for", async () => {
  const two = definePlugin({
    provides: ["kept", "twice"],
    dependsOn: ["pulses"],
    version: "1",
    dataKind: { kept: "pulses", twice: "doubles" },
    schema: { kept: { time: "time", a: "f32" }, twice: { time: "time", b: "f32" } },
    computeChunk: (chunk, { emitTo }) => {
      const kept = emitTo("kept", chunk.length), twice = emitTo("twice", chunk.length);
      for (const table of [kept, twice]) table.get("time", "time").set(chunk.table.get("time", "time"));
      return { kept, twice };
    },
  });
  await using ctx = new Context();
  ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses", cuts: [20n] }), two);
  const rows = async (types: string[]) => (await ctx.run("run_1", types)).plugins.get("kept")!.rows;
  assert.equal(await rows(["kept"]), 4);
  assert.equal(await rows(["kept", "twice"]), 8);
});
