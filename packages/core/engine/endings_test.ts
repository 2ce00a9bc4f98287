// How runs end: complete, left early, aborted, failed. Sources are closed and buffers handed back each time.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chunk } from "../chunk/chunk.ts";
import { Context } from "../context/context.ts";
import { type Account, type BufferHandle, BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { defineSource } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { Random } from "../testing/_random.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { numRuns } from "./_harness_testing.ts";
import { buildPlugin, columnsOf } from "./_model_testing.ts";
import { manyOutputs, SHAPES } from "./_shapes_testing.ts";
import { type Executor, InlineExecutor } from "./executor.ts";
import { Graph } from "./graph.ts";

interface Watched {
  readonly plugin: Plugin;
  /** Pieces that were read. */
  pieces: number;
  closed: number;
}

/** A source of `count` pieces that counts what is read of it, with buffers of the run. */
function watchedSource(count: number, name = "a", fail?: number): Watched {
  const types = schema(columnsOf(name));
  const watched = { pieces: 0, closed: 0 };
  const plugin = defineSource({
    provides: name,
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read({ pool, account }) {
      try {
        for (let k = 0; k < count; k++) {
          if (k === fail) throw new Error("broken");
          watched.pieces++;
          const t = 10n * BigInt(k);
          const table = Table.from(types, {
            time: [t, t + 3n],
            endtime: [t + 4n, t + 4n],
            channel: [0, 1],
            [`v_${name}`]: [k, k + 1],
          }, { pool, account });
          yield { table, end: t + 10n };
        }
      } finally {
        watched.closed++;
      }
    },
  });
  return Object.assign(watched, { plugin });
}

const make = (shape: string, name: string, types: readonly string[]): Plugin =>
  SHAPES.find((s) => s.name === shape)!.make(name, types, (type) => type);

/** A graph with every shape that keeps something back. */
const deep = (): Plugin[] => [
  make("halo by touch", "smooth", ["a"]),
  make("reach right", "hits", ["a"]),
  make("gap clusters", "peaks", ["hits"]),
  make("events of fixed width", "events", ["peaks"]),
  make("windows by channel", "windows", ["hits"]),
  manyOutputs(["late", "early", "same"], "a", "a"),
  make("loop by containment", "loop", ["events", "late"]),
  buildPlugin("out", ["loop", "windows", "smooth", "early"], {}, ({ own }) => own),
];

class CountingPool extends BufferPool {
  /** Buffers that were not handed back. */
  lent = 0;

  override acquire(bytes: number, account?: Account): BufferHandle {
    const handle = super.acquire(bytes, account);
    this.lent++;
    return handle;
  }

  override put(buffer: ArrayBufferLike): void {
    this.lent--;
    super.put(buffer);
  }
}

async function graphOf(
  plugins: readonly Plugin[],
  targets: readonly string[],
  executor: Executor = new InlineExecutor(),
  signal?: AbortSignal,
): Promise<{ graph: Graph; pool: CountingPool }> {
  const ctx = new Context();
  ctx.register(plugins);
  const pool = new CountingPool();
  const plan = await ctx.plan("run", targets);
  const options = {
    plan,
    timeRange: undefined,
    executor,
    pool,
    memory: 2 ** 26,
    chunkSize: undefined,
    signal,
    event: () => {},
  };
  return { graph: new Graph(options, targets, []), pool };
}

/** Let what is still under way come to its end. */
async function settle(): Promise<void> {
  for (let k = 0; k < 5; k++) await new Promise((resolve) => setTimeout(resolve, 0));
}

for (const [how, executor] of [["in place", undefined], ["at once", 4]] as const) {
  Deno.test(`a run of plugins computed ${how} hands back all buffers, however far it was read`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.nat(), async (pulls, seed) => {
        const watched = watchedSource(20);
        const targets = new Random(seed).below(2) === 0 ? ["out"] : ["peaks", "out"];
        const { graph, pool } = await graphOf(
          [watched.plugin, ...deep()],
          targets,
          executor ? new ShuffledExecutor(seed, executor) : undefined,
        );
        for (let k = 0; k < pulls; k++) (await graph.pull(targets[k % targets.length]!))?.release();
        await graph.close();
        await settle();
        assert.equal(graph.account.used, 0, "bytes are still charged");
        assert.equal(pool.lent, 0, "buffers were not handed back");
        assert.equal(watched.closed, watched.pieces > 0 ? 1 : 0);
      }),
      { numRuns: numRuns(30) },
    );
  });

  Deno.test(`a run of plugins computed ${how} hands back all buffers when a plugin or the source fails`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 19 }), fc.boolean(), fc.nat(), async (at, inSource, seed) => {
        const watched = watchedSource(20, "a", inSource ? at : undefined);
        const fails = buildPlugin("fails", ["out"], {}, ({ own, end, t0 }) => {
          if (!inSource && Number(t0) + end > 10 * at) throw new Error("broken");
          return own;
        });
        const { graph, pool } = await graphOf(
          [watched.plugin, ...deep(), fails],
          ["fails"],
          executor ? new ShuffledExecutor(seed, executor) : undefined,
        );
        await assert.rejects(async () => {
          for (let chunk = await graph.pull("fails"); chunk; chunk = await graph.pull("fails")) {
            chunk.release();
          }
        }, { name: "PipelineError", message: /broken/ });
        await graph.close();
        await settle();
        assert.equal(graph.account.used, 0, "bytes are still charged");
        assert.equal(pool.lent, 0, "buffers were not handed back");
        assert.equal(watched.closed, 1);
      }),
      { numRuns: numRuns(30) },
    );
  });

  Deno.test(`aborting a run of plugins computed ${how} hands back all buffers`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 60 }), fc.nat(), async (ticks, seed) => {
        const watched = watchedSource(20);
        const slow = buildSlow();
        const controller = new AbortController();
        const { graph, pool } = await graphOf(
          [watched.plugin, ...deep(), slow],
          ["slow"],
          executor ? new ShuffledExecutor(seed, executor) : undefined,
          controller.signal,
        );
        const reading = (async () => {
          for (let chunk = await graph.pull("slow"); chunk; chunk = await graph.pull("slow")) chunk.release();
        })();
        const reason = new Error("enough");
        const result = assert.rejects(reading, (error) => error === reason);
        for (let k = 0; k < ticks; k++) await undefined;
        controller.abort(reason);
        await result;
        await graph.close();
        await settle();
        assert.equal(graph.account.used, 0, "bytes are still charged");
        assert.equal(pool.lent, 0, "buffers were not handed back");
      }),
      { numRuns: numRuns(30) },
    );
  });
}

/** A plugin that answers a few turns of the event loop later. */
function buildSlow(): Plugin {
  const same = make("row by row", "slow", ["out"]);
  return {
    ...same,
    async computeChunk(chunk, context) {
      const result = await same.computeChunk!(chunk, context);
      await new Promise((resolve) => setTimeout(resolve, 0));
      return result;
    },
  };
}

Deno.test("leaving a for await loop closes the source and computes nothing further", async () => {
  const watched = watchedSource(1000);
  await using ctx = new Context();
  ctx.register(watched.plugin, make("row by row", "out", ["a"]));
  for await (using chunk of ctx.getStream("run", "out")) if (chunk.start >= 20n) break;
  assert.equal(watched.closed, 1);
  assert.ok(watched.pieces <= 5, `${watched.pieces} pieces were read`);
});

Deno.test("nothing is read before the first chunk is asked for, and never more than asked", async () => {
  const watched = watchedSource(100);
  await using ctx = new Context();
  ctx.register(watched.plugin, make("row by row", "out", ["a"]));
  const stream = ctx.getStream("run", "out")[Symbol.asyncIterator]();
  assert.equal(watched.pieces, 0);
  (await stream.next()).value!.release();
  const first = watched.pieces;
  assert.ok(first <= 2, `${first} pieces for one chunk`);
  (await stream.next()).value!.release();
  assert.ok(watched.pieces <= first + 1);
  await stream.return(undefined);
  assert.equal(watched.closed, 1);
});

Deno.test("an AbortSignal ends a stream within a second, also while a plugin never answers", async () => {
  const watched = watchedSource(10);
  const never: Plugin = { ...make("row by row", "out", ["a"]), computeChunk: () => new Promise(() => {}) };
  await using ctx = new Context();
  ctx.register(watched.plugin, never);
  const controller = new AbortController();
  const reading = (async () => {
    for await (using _ of ctx.getStream("run", "out", { signal: controller.signal }));
  })();
  const timer = setTimeout(() => controller.abort(), 5);
  await assert.rejects(reading, { name: "AbortError" });
  clearTimeout(timer);
  assert.equal(watched.closed, 1);
});

Deno.test("a source that never answers does not keep an aborted run from ending", async () => {
  const types = schema(columnsOf("a"));
  const stuck = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      yield { table: Table.empty(types), end: 1n };
      await new Promise(() => {});
    },
  });
  await using ctx = new Context();
  ctx.register(stuck);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 5);
  await assert.rejects(async () => {
    for await (using _ of ctx.getStream("run", "a", { signal: controller.signal }));
  }, { name: "AbortError" });
  clearTimeout(timer);
});

Deno.test("a plugin that throws the reason of an abort does not hide it", async () => {
  const watched = watchedSource(10);
  const controller = new AbortController();
  const heeds: Plugin = {
    ...make("row by row", "out", ["a"]),
    computeChunk(_, { signal }) {
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        queueMicrotask(() => controller.abort());
      });
    },
  };
  await using ctx = new Context();
  ctx.register(watched.plugin, heeds);
  await assert.rejects(async () => {
    for await (using _ of ctx.getStream("run", "out", { signal: controller.signal }));
  }, { name: "AbortError" });
});

Deno.test("an aborted signal starts nothing", async () => {
  const watched = watchedSource(10);
  await using ctx = new Context();
  ctx.register(watched.plugin);
  await assert.rejects(ctx.getData("run", "a", { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(watched.pieces, 0);
});

Deno.test("closing the context closes the sources of streams that nobody reads on", async () => {
  const watched = watchedSource(100);
  const ctx = new Context();
  ctx.register(watched.plugin);
  const stream = ctx.getStream("run", "a")[Symbol.asyncIterator]();
  (await stream.next()).value!.release();
  await ctx[Symbol.asyncDispose]();
  assert.equal(watched.closed, 1);
  await assert.rejects(stream.next(), { name: "AbortError" });
});

Deno.test("an error while a source is closed reaches whoever left the stream", async () => {
  const types = schema(columnsOf("a"));
  const sore = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      try {
        for (let end = 1n; end < 9n; end++) yield { table: Table.empty(types), end };
      } finally {
        // deno-lint-ignore no-unsafe-finally -- what is tested
        throw new Error("cannot close the file");
      }
    },
  });
  await using ctx = new Context();
  ctx.register(sore);
  await assert.rejects(async () => {
    for await (using _ of ctx.getStream("run", "a")) break;
  }, /cannot close the file/);
});

Deno.test("a chunk stays its reader's until it is released", async () => {
  const watched = watchedSource(20);
  await using ctx = new Context();
  ctx.register(watched.plugin, make("row by row", "out", ["a"]));
  const chunks: Chunk[] = [];
  for await (const chunk of ctx.getStream("run", "out")) chunks.push(chunk);
  assert.deepEqual(
    chunks.flatMap((chunk) => [...chunk.table.times()]),
    Array.from({ length: 20 }, (_, k) => [10n * BigInt(k), 10n * BigInt(k) + 3n]).flat(),
  );
  for (const chunk of chunks) chunk.release();
  assert.throws(() => chunks[0]!.table.columns, TypeError);
});
