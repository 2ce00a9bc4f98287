import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { StreamingPlugin } from "../plugin/classes.ts";
import type { ClassContext } from "../plugin/classes.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import { pluginSet } from "../plugin/plugin_set.ts";
import { tableSource } from "../plugin/table_source.ts";
import type { Chunk } from "../chunk/chunk.ts";
import { Context } from "./context.ts";
import { getStreamingContext } from "./streaming_context.ts";

const times = (...list: number[]) => Table.from(schema({ time: "time" }), { time: list.map(BigInt) });

const copy = (provides: string, dependsOn: string, version = "1") =>
  definePlugin({
    provides,
    dependsOn: [dependsOn],
    version,
    schema: { time: "time" },
    computeChunk(chunk, { emit, notice }) {
      const out = emit(chunk.length);
      out.columns.time.set(chunk.table.get("time", "time"));
      if (chunk.length > 0) notice("has rows");
      return out;
    },
  });

class Copy extends StreamingPlugin {
  override readonly provides: string = "classy";
  override readonly dependsOn: string[] = ["a"];
  override readonly schema = { time: "time" } as const;
  override computeChunk(chunk: Chunk, { emit }: ClassContext): Table {
    const out = emit(chunk.length);
    (out.columns.time as Float64Array).set(chunk.table.get("time", "time"));
    return out;
  }
}

Deno.test("register() takes plugins, classes, objects of classes and lists, the same one twice", async () => {
  const x = copy("x", "a");
  const ctx = new Context().register(tableSource("a", times(1, 2)), [x, [Copy]], x, Copy);
  assert.deepEqual([...ctx.providers.keys()], ["a", "x", "classy"]);
  assert.equal((await ctx.getData("run", "classy")).length, 2);
  const object = new Context().register(tableSource("a", times(1, 2)), new Copy());
  assert.equal((await object.getData("run", "classy")).length, 2);
});

Deno.test("register() refuses a second plugin for a type, and what is no plugin", () => {
  const ctx = new Context().register(copy("x", "a"));
  assert.throws(() => ctx.register(copy("x", "b", "2")), {
    name: "RangeError",
    message:
      'Cannot register plugin "x" 2: plugin "x" 1 provides the data type "x" already; register only one of the two in a context',
  });
  const set = pluginSet("labPlugins of @lab/plugins", [copy("x", "c", "3")]);
  assert.throws(() => ctx.register([set]), {
    name: "RangeError",
    message:
      'Cannot register plugin "x" 3 of labPlugins of @lab/plugins: plugin "x" 1 provides the data type "x" ' +
      "already; register only one of the two in a context",
  });
  assert.throws(() => new Context().register(set).register(copy("x", "a")), {
    message:
      'Cannot register plugin "x" 1: plugin "x" 3 of labPlugins of @lab/plugins provides the data type "x" ' +
      "already; register only one of the two in a context",
  });
  assert.throws(() => ctx.register({} as never), { name: "TypeError", message: /it is no plugin/ });
  assert.throws(() => ctx.register((class Odd {}) as never), {
    name: "TypeError",
    message: /Cannot register Odd/,
  });
});

Deno.test("getData() of a run without rows has the columns", async () => {
  const ctx = new Context().register(tableSource("a", times()), copy("x", "a"));
  using data = await ctx.getData("run", "x");
  assert.deepEqual([data.length, data.schema.text], [0, '{"time":"time"}']);
  const nothing = defineSource({
    provides: "a",
    version: "1",
    schema: { time: "time" },
    fingerprint: () => Promise.resolve(null),
    async *read() {},
  });
  using none = await new Context().register(nothing, copy("x", "a")).getData("run", "x");
  assert.deepEqual([none.length, none.schema.text], [0, '{"time":"time"}']);
});

Deno.test("getData() that does not fit says what to do", async () => {
  const ctx = new Context({ memory: "64KiB" }).register(
    tableSource("a", times(...Array.from({ length: 20_000 }, (_, k) => k))),
  );
  await assert.rejects(ctx.getData("run", "a", { chunkSize: 500 }), {
    name: "RangeError",
    message: /"a" of run "run" does not fit the memory budget of 64 KiB: read it with getStream/,
  });
});

Deno.test("run() reports rows, chunks and notices, and shows every chunk of every target", async () => {
  const events: string[] = [];
  const ctx = new Context({ onEvent: ({ type }) => events.push(type) });
  ctx.register(tableSource("a", times(1, 2, 3, 4, 5)), copy("x", "a"), copy("y", "x"));
  const seen: Record<string, number> = {};
  const report = await ctx.run("run_7", ["x", "y"], {
    chunkSize: 2,
    take: ({ dataType, length }) => {
      seen[dataType] = (seen[dataType] ?? 0) + length;
    },
  });
  assert.deepEqual(seen, { x: 5, y: 5 });
  assert.equal(report.runId, "run_7");
  assert.equal(report.plugins.get("x")!.rows, 5);
  assert.equal(report.plugins.get("a")!.chunks, 3);
  assert.deepEqual(report.notices, ["x: has rows", "y: has rows"]);
  assert.ok(report.peakBytes > 0);
  assert.ok(events.includes("chunk") && events.includes("notice"));
});

Deno.test("settings of a run that make no sense are refused before anything is read", async () => {
  const ctx = new Context().register(tableSource("a", times(1)));
  for (const chunkSize of [0, -1, 1.5, NaN]) {
    await assert.rejects(ctx.getData("run", "a", { chunkSize }), {
      name: "RangeError",
      message: /chunkSize must be a whole number/,
    });
  }
  await assert.rejects(
    ctx.getData("run", "a", { maxWorkers: 0 }),
    /maxWorkers must be a whole number above 0: received 0/,
  );
  await assert.rejects(
    ctx.getData("run", "a", { timeRange: [5n, 5n] }),
    /is empty: its start must be below its end/,
  );
  assert.throws(() => new Context({ memory: "many" }));
});

Deno.test("a closed context starts nothing", async () => {
  const ctx = new Context().register(tableSource("a", times(1)));
  await ctx[Symbol.asyncDispose]();
  await assert.rejects(ctx.getData("run", "a"), { name: "TypeError", message: /the context is closed/ });
  await ctx[Symbol.asyncDispose]();
});

Deno.test("a streaming context gives streams, ranges and merged streams of its run", async () => {
  const ctx = new Context().register(tableSource("a", times(1, 5, 9)), tableSource("b", times(2, 5)));
  const streaming = getStreamingContext(ctx, "run_7", {
    chunkSize: 1,
    streamingConfig: { chunkSize: 50, parallel: false },
  });
  assert.deepEqual(streaming.config, { chunkSize: 1, parallel: false });
  const read = async (stream: AsyncIterable<Chunk>) => {
    const list: bigint[] = [];
    for await (using chunk of stream) {
      assert.equal(chunk.runId, "run_7");
      list.push(...chunk.table.times());
    }
    return list;
  };
  assert.deepEqual(await read(streaming.iterChunks("a")), [1n, 5n, 9n]);
  assert.deepEqual(await read(streaming.getStream("a", { timeRange: [2n, 6n] })), [5n]);
  const both = () => [streaming.getStream("a"), streaming.getStream("b")];
  assert.deepEqual(await read(streaming.mergeStream(both())), [1n, 2n, 5n, 5n, 9n]);
  assert.deepEqual(await read(streaming.mergeStream(both(), { sort: false })), [1n, 5n, 9n, 2n, 5n]);
});

Deno.test("a break threshold for streams without stateful plugins changes nothing", async () => {
  const ctx = new Context().register(tableSource("a", times(1, 5)));
  let rows = 0;
  for await (using chunk of getStreamingContext(ctx, "run", { breakThresholdPs: 3 }).getStream("a")) {
    rows += chunk.length;
  }
  assert.equal(rows, 2);
});
