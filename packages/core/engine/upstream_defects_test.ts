// What the streams of WaveformAnalysis do wrong, as tests of what happens here. The letters are those of its inventory.

import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { getStreamingContext } from "../context/streaming_context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import { StreamingPlugin } from "../plugin/classes.ts";
import type { Chunk } from "../chunk/chunk.ts";
import { tableSource } from "../plugin/table_source.ts";
import type { ClassContext } from "../plugin/classes.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { FolderStore } from "../store/store.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { cutSource } from "../testing/_trial.ts";
import { tableOf } from "./_harness_testing.ts";
import { buildPlugin } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";

const make = (shape: string, name: string, types: readonly string[]): Plugin =>
  SHAPES.find((s) => s.name === shape)!.make(name, types, (type) => type);

/** Fifty coincidences of four channels: each overlaps itself and its neighbours. */
const coincidences = (): Table =>
  tableOf(
    "a",
    Array.from({ length: 200 }, (_, k) => {
      const t = 3000 * Math.floor(k / 4);
      return [t, t + 10_000, k % 4] as const;
    }),
  );

async function collect(
  ctx: Context,
  type: string,
  chunkSize?: number,
): Promise<{ times: bigint[]; chunks: number }> {
  const times: bigint[] = [];
  let chunks = 0;
  for await (using chunk of ctx.getStream("run", type, chunkSize === undefined ? {} : { chunkSize })) {
    times.push(...chunk.table.times());
    chunks++;
  }
  return { times, chunks };
}

Deno.test("B1: rows that overlap or coincide are neither duplicated nor refused", async () => {
  const table = coincidences();
  await using ctx = new Context();
  ctx.register(tableSource("a", table), make("row by row", "out", ["a"]));
  for (const size of [1, 3, 10, 1000]) {
    const { times } = await collect(ctx, "out", size);
    assert.deepEqual(times, [...table.times()]);
  }
});

Deno.test("B2: rows without length are not lost at the start of a chunk", async () => {
  const rows = Table.from(schema({ time: "time" }), {
    time: Array.from({ length: 100 }, (_, k) => BigInt(10 * k)),
  });
  const instants = definePlugin({
    provides: "out",
    dependsOn: ["rows"],
    version: "1",
    schema: { time: "time" },
    computeChunk(chunk, { emit }) {
      const out = emit(chunk.length);
      out.columns.time.set(chunk.table.get("time", "time"));
      return out;
    },
  });
  await using ctx = new Context();
  ctx.register(tableSource("rows", rows), instants);
  assert.equal((await collect(ctx, "out", 10)).times.length, 100);
});

Deno.test("B3: a row that straddles the edge of the halo is no error, whatever the halo", async () => {
  for (const halo of [15_000, 45_000, 50_000]) {
    const near = buildPlugin(
      "out",
      ["a"],
      { dataKind: "a", halo: { left: halo, right: halo } },
      ({ own, rows }) =>
        own.map((row) => ({ ...row, v: rows(0).filter(({ t }) => Math.abs(t - row.t) < halo).length })),
    );
    const counts = [];
    for (const size of [10, 1000]) {
      await using ctx = new Context();
      ctx.register(tableSource("a", coincidences()), near);
      using data = await ctx.getData("run", "out", { chunkSize: size });
      counts.push([...data.get("v_out", "f64")]);
    }
    assert.deepEqual(counts[0], counts[1]);
  }
});

Deno.test("B3: a halo works on a stream as on stored data, and across breaks", async () => {
  const rows = tableOf("a", [[0, 1], [100, 101]]);
  const far = buildPlugin(
    "out",
    ["s"],
    { dataKind: "s", halo: { left: 200, right: 200 } },
    ({ own, rows }) => own.map((row) => ({ ...row, v: rows(0).length })),
  );
  await using ctx = new Context();
  ctx.register(
    cutSource("a", rows, { extent: [0n, 101n], cuts: [50n] }),
    make("gap clusters", "s", ["a"]),
    far,
  );
  using data = await ctx.getData("run", "out");
  assert.deepEqual([...data.get("v_out", "f64")], [2, 2]);
});

Deno.test("B4: a time range that cuts through rows is served, and read only as far as needed", async () => {
  let read = 0;
  const table = coincidences();
  const source = tableSource("a", table, {
    cuts: Array.from({ length: 49 }, (_, k) => BigInt(3000 * (k + 1))),
  });
  const counted: Plugin = {
    ...source,
    async *read(context) {
      for await (const piece of source.read!(context)) {
        read++;
        yield piece;
      }
    },
  };
  await using ctx = new Context();
  ctx.register(counted, make("row by row", "out", ["a"]));
  using data = await ctx.getData("run", "out", { timeRange: [4000n, 9001n] });
  assert.deepEqual([...data.times()], [6000n, 6000n, 6000n, 6000n, 9000n, 9000n, 9000n, 9000n]);
  assert.ok(read <= 5, `${read} of 50 pieces were read`);
});

Deno.test("B5: a plugin has as many inputs as it names, aligned", async () => {
  const a = tableOf("a", [[0, 10], [20, 30], [25, 40]]),
    b = tableOf("b", [[5, 6], [22, 23], [26, 27], [39, 40]]);
  await using ctx = new Context();
  ctx.register(
    cutSource("a", a, { extent: [0n, 40n], cuts: [3n, 21n] }),
    cutSource("b", b, { extent: [5n, 50n], cuts: [6n, 24n, 40n] }),
    make("loop by containment", "out", ["a", "b"]),
  );
  using data = await ctx.getData("run", "out");
  assert.deepEqual([...data.get("v_out", "f64")], [1, 5, 7]);
});

Deno.test("B6: a source is read piece by piece, not held whole", async () => {
  let held = 0, most = 0;
  const types = schema({ time: "time" });
  const endless = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      for (let k = 0n; k < 500n; k++) {
        most = Math.max(most, ++held);
        yield { table: Table.from(types, { time: [k] }), end: k + 1n };
      }
    },
  });
  await using ctx = new Context();
  ctx.register(endless);
  for await (using _ of ctx.getStream("run", "a")) held--;
  assert.ok(most <= 2, `${most} pieces at once`);
});

Deno.test("B8: a type that two plugins read is made once and given to both", async () => {
  let computed = 0;
  const base = buildPlugin("base", ["a"], {}, ({ own }) => {
    computed += own.length;
    return own;
  });
  await using ctx = new Context();
  ctx.register(
    tableSource("a", coincidences()),
    base,
    make("filter", "left", ["base"]),
    make("row by row", "right", ["base"]),
    make("loop by containment", "out", ["right", "left"]),
  );
  for (const size of [10, 1000]) {
    computed = 0;
    using data = await ctx.getData("run", "out", { chunkSize: size });
    assert.equal(data.length, 200);
    assert.equal(computed, 200);
  }
});

Deno.test("B8: a stream that is read twice gives everything twice", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("a", coincidences()), make("row by row", "out", ["a"]));
  const stream = ctx.getStream("run", "out");
  for (let time = 0; time < 2; time++) {
    let rows = 0;
    for await (using chunk of stream) rows += chunk.length;
    assert.equal(rows, 200);
  }
  const [one, two] = await Promise.all([collect(ctx, "out", 7), collect(ctx, "out", 11)]);
  assert.deepEqual(one.times, two.times);
});

Deno.test("B8: a slow chunk holds nothing back that does not need it: later ones are computed meanwhile", async () => {
  const rows = tableOf("a", Array.from({ length: 8 }, (_, k) => [10 * k, 10 * k + 1]));
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const started: bigint[] = [];
  const same = make("row by row", "out", ["a"]);
  const slow: Plugin = {
    ...same,
    async computeChunk(chunk, context) {
      started.push(chunk.start);
      if (started.length === 4) release();
      if (chunk.start === 0n) await gate;
      return await same.computeChunk!(chunk, context);
    },
  };
  await using ctx = new Context({ executor: new ShuffledExecutor(1, 4) });
  ctx.register(cutSource("a", rows, { extent: [0n, 80n], cuts: [10n, 20n, 30n, 40n, 50n, 60n, 70n] }), slow);
  const { times } = await collect(ctx, "out");
  assert.deepEqual(times, [...rows.times()]);
  assert.equal(started.length, 8);
});

Deno.test("B8: an upstream plugin runs with the caller's settings", async () => {
  const sizes: number[] = [];
  const base = buildPlugin("base", ["a"], {}, ({ own }) => {
    sizes.push(own.length);
    return own;
  });
  await using ctx = new Context();
  ctx.register(
    tableSource("a", tableOf("a", Array.from({ length: 30 }, (_, k) => [k, k]))),
    base,
    make("row by row", "out", ["base"]),
  );
  await collect(ctx, "out", 10);
  assert.deepEqual(sizes, [10, 10, 10]);
});

class Counting extends StreamingPlugin {
  override readonly provides: string = "out";
  override readonly dependsOn: string[] = ["a"];
  override readonly schema = { time: "time", n: "i32" } as const;
  override isStateful = true;
  count = 0;
  override computeChunk(chunk: Chunk, { emit }: ClassContext): Table {
    const out = emit(chunk.length);
    (out.columns.time as Float64Array).set(chunk.table.get("time", "time"));
    for (let i = 0; i < chunk.length; i++) (out.columns.n as Int32Array)[i] = this.count++;
    return out;
  }
}

Deno.test("B9: state does not leak from run to run, nor between runs at the same time", async () => {
  const plugin = new Counting();
  await using ctx = new Context();
  ctx.register(tableSource("a", tableOf("a", Array.from({ length: 20 }, (_, k) => [k, k]))), plugin);
  const counts = async () => [...(await ctx.getData("run", "out", { chunkSize: 3 })).get("n", "i32")];
  const wanted = Array.from({ length: 20 }, (_, k) => k);
  assert.deepEqual(await counts(), wanted);
  assert.deepEqual(await Promise.all([counts(), counts(), counts()]), [wanted, wanted, wanted]);
  assert.equal(plugin.count, 0);
});

Deno.test("B9: settings of one stream do not leak to the plugin, the context or other streams", async () => {
  const counter = make("counter with reset", "out", ["a"]);
  await using ctx = new Context();
  ctx.register(
    cutSource("a", tableOf("a", [[0, 0], [5, 5], [50, 50]]), { extent: [0n, 51n], cuts: [] }),
    counter,
  );
  const values = async (stream: AsyncIterable<Chunk>) => {
    const list: number[] = [];
    for await (using chunk of stream) list.push(...chunk.table.get("v_out", "f64"));
    return list;
  };
  const before = JSON.stringify(counter.running);
  const patient = getStreamingContext(ctx, "run", { breakThresholdPs: 10, chunkSize: 1, parallel: false });
  const never = getStreamingContext(ctx, "run", { streamingConfig: { breakThresholdPs: 100 } });
  assert.deepEqual(await values(ctx.getStream("run", "out")), [0, 0, 0]);
  assert.deepEqual(await values(patient.getStream("out")), [0, 1, 0]);
  assert.deepEqual(await values(never.getStream("out")), [0, 1, 2]);
  assert.deepEqual(await values(patient.getStream("out")), [0, 1, 0]);
  assert.deepEqual(await values(ctx.getStream("run", "out")), [0, 0, 0]);
  assert.equal(JSON.stringify(counter.running), before);
});

Deno.test("B9: a plugin whose streaming settings are wrong is told which there are", () => {
  const ctx = new Context();
  assert.throws(() => getStreamingContext(ctx, "run", { chunksize: 3 } as never), {
    name: "TypeError",
    message: /Unknown streaming setting "chunksize": there are chunkSize,/,
  });
});

Deno.test("B10: streams are merged in order while they are read", async () => {
  const bare = (name: string, times: number[]) =>
    tableSource(name, Table.from(schema({ time: "time" }), { time: times.map(BigInt) }));
  await using ctx = new Context();
  ctx.register(bare("x", [1, 5, 9, 13]), bare("y", [2, 5, 14]));
  const { getStream, mergeStream } = {
    getStream: (name: string) => getStreamingContext(ctx, "run", { chunkSize: 2 }).getStream(name),
    mergeStream: getStreamingContext(ctx, "run").mergeStream,
  };
  const times: bigint[] = [];
  let chunks = 0;
  for await (using chunk of mergeStream([getStream("x"), getStream("y")])) {
    times.push(...chunk.table.times());
    chunks++;
  }
  assert.deepEqual(times, [1n, 2n, 5n, 5n, 9n, 13n, 14n]);
  assert.ok(chunks > 1);
});

Deno.test("B11: chunkSize: the plugin's own holds unless the user says one", async () => {
  const sizes: number[] = [];
  const sized = (chunkSize?: number): Plugin => {
    const plugin = buildPlugin("out", ["a"], {}, ({ own }) => {
      sizes.push(own.length);
      return own;
    });
    return chunkSize === undefined ? plugin : { ...plugin, running: { chunkSize } };
  };
  const rows = tableOf("a", Array.from({ length: 100 }, (_, k) => [k, k]));
  const given = async (own: number | undefined, user: number | undefined, cuts?: bigint[]) => {
    sizes.length = 0;
    await using ctx = new Context();
    ctx.register(tableSource("a", rows, cuts ? { cuts } : {}), sized(own));
    const stream = getStreamingContext(ctx, "run", user === undefined ? {} : { chunkSize: user }).getStream(
      "out",
    );
    for await (using _ of stream);
    return [...sizes];
  };
  assert.deepEqual(await given(undefined, undefined), [100]);
  assert.deepEqual(await given(7, undefined), [...new Array(14).fill(7), 2]);
  assert.deepEqual(await given(7, 50), [50, 50]);
  // Also of a source that gives other pieces.
  assert.deepEqual(await given(undefined, 25, [60n]), [25, 25, 10, 25, 15]);
});

Deno.test("B11: parallel: false and maxWorkers of the user hold", async () => {
  const rows = tableOf("a", Array.from({ length: 20 }, (_, k) => [k, k]));
  let now = 0, most = 0;
  const same = make("row by row", "out", ["a"]);
  const watched: Plugin = {
    ...same,
    async computeChunk(chunk, context) {
      most = Math.max(most, ++now);
      for (let k = 0; k < 60; k++) await undefined;
      now--;
      return await same.computeChunk!(chunk, context);
    },
  };
  const given = async (settings: Parameters<typeof getStreamingContext>[2]) => {
    most = 0;
    await using ctx = new Context({ executor: new ShuffledExecutor(2, 8) });
    ctx.register(tableSource("a", rows), watched);
    for await (using _ of getStreamingContext(ctx, "run", { chunkSize: 1, ...settings }).getStream("out"));
    return most;
  };
  assert.equal(await given({ parallel: false }), 1);
  assert.ok(await given({ maxWorkers: 2 }) <= 2);
  assert.ok(await given({}) > 2);
});

Deno.test("B12: a stream is stored under its lineage and read back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    let computed = 0;
    const counted = buildPlugin("out", ["a"], {
      options: { factor: option.number({ default: 1, help: "Factor" }) },
    }, ({ own }) => {
      computed += own.length;
      return own;
    });
    await using ctx = new Context({ store: new FolderStore(folder) });
    ctx.register(tableSource("a", coincidences()), counted);
    const first = await collect(ctx, "out", 30);
    assert.equal(computed, 200);
    const second = await collect(ctx, "out", 30);
    assert.equal(computed, 200, "a stored result was computed again");
    assert.deepEqual(second.times, first.times);
    ctx.setConfig({ "out.factor": 2 });
    await collect(ctx, "out");
    assert.equal(computed, 400);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("B12: what was left early or failed is not taken for the whole", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store: new FolderStore(folder) });
    ctx.register(tableSource("a", coincidences()), make("row by row", "out", ["a"]));
    for await (using _ of ctx.getStream("run", "out", { chunkSize: 10 })) break;
    assert.deepEqual(await ctx.store!.list(), []);
    using part = await ctx.getData("run", "out", { timeRange: [0n, 3001n] });
    assert.equal(part.length, 8);
    assert.deepEqual(await ctx.store!.list(), []);
    assert.equal((await ctx.getData("run", "out")).length, 200);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("B13: chunks follow each other without a hole, empty ones too", async () => {
  await using ctx = new Context();
  ctx.register(
    cutSource("a", tableOf("a", [[0, 1], [90, 91]]), { extent: [0n, 100n], cuts: [10n, 20n, 50n, 95n] }),
    make("filter", "some", ["a"]),
    make("gap clusters", "out", ["some"]),
  );
  for (const type of ["a", "some", "out"]) {
    let end = 0n;
    for await (using chunk of ctx.getStream("run", type)) {
      assert.equal(chunk.start, end);
      end = chunk.end;
    }
    assert.equal(end, 100n);
  }
});

Deno.test("B16: null loses no rows: for rows of a kind it is an error", async () => {
  const dull = buildPlugin("out", ["a"], { dataKind: "a" }, ({ own }) => own.length === 1 ? null : own);
  await using ctx = new Context();
  ctx.register(tableSource("a", tableOf("a", [[0, 1], [2, 3], [4, 5]])), dull);
  await assert.rejects(ctx.getData("run", "out", { chunkSize: 2 }), {
    name: "PipelineError",
    message: /has no rows for 1 of its kind/,
  });
});

Deno.test("B16: the error of a plugin is its own, not one of the error handling", async () => {
  const broken = buildPlugin("out", ["a"], {}, () => {
    throw new SyntaxError("line 7");
  });
  await using ctx = new Context();
  ctx.register(tableSource("a", tableOf("a", [[0, 1]])), broken);
  await assert.rejects(ctx.getData("run", "out"), (error: Error) => {
    assert.equal((error.cause as Error).message, "line 7");
    assert.ok(error.cause instanceof SyntaxError);
    return true;
  });
});

Deno.test("section 2: getData() gives the same a second time", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("a", coincidences()), make("gap clusters", "out", ["a"]));
  using first = await ctx.getData("run", "out");
  using second = await ctx.getData("run", "out");
  assert.deepEqual(first.rows(), second.rows());
  assert.ok(first.length > 0);
});

Deno.test("section 2: a plugin without state is not reset and a stateful one never runs at once", async () => {
  let now = 0, most = 0;
  const same = make("counter without reset", "out", ["a"]);
  const watched: Plugin = {
    ...same,
    async computeChunk(chunk, context) {
      most = Math.max(most, ++now);
      await undefined;
      now--;
      return await same.computeChunk!(chunk, context);
    },
  };
  await using ctx = new Context({ executor: new ShuffledExecutor(3, 8) });
  ctx.register(tableSource("a", coincidences()), watched);
  using data = await ctx.getData("run", "out", { chunkSize: 10 });
  assert.deepEqual([...data.get("v_out", "f64")], Array.from({ length: 200 }, (_, k) => k));
  assert.equal(most, 1);
});

Deno.test("section 2: a static plugin may depend on a stream, and a stream on a static plugin", async () => {
  await using ctx = new Context();
  ctx.register(
    tableSource("a", tableOf("a", [[0, 1], [5, 6], [9, 10]])),
    make("row by row", "stream", ["a"]),
    make("whole run", "whole", ["stream"]),
    make("row by row", "out", ["whole"]),
  );
  using data = await ctx.getData("run", "out", { chunkSize: 1 });
  assert.deepEqual([...data.times()], [5n, 9n]);
});

Deno.test("B19: an unknown type is named, with the nearest that there is", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("waves", tableOf("a", [])));
  await assert.rejects(ctx.getData("run", "wave"), {
    name: "RangeError",
    message: /No plugin provides "wave".*"waves"/s,
  });
});
