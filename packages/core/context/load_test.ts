import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { FolderStore, type Store } from "../store/store.ts";
import { Context, type LoadOptions } from "./context.ts";
import { getStreamingContext } from "./streaming_context.ts";

const N = 100;
const index = Array.from({ length: N }, (_, i) => i);
const pulses = () =>
  Table.from(schema({ time: "time", channel: "u8", height: "f32" }), {
    time: index.map((i) => BigInt(10 * i)),
    channel: index.map((i) => i % 4),
    height: index.map((i) => i),
  });

/** A column of pulses' rows. */
function feature(name: string, factor: number): Plugin {
  return definePlugin({
    provides: name,
    dependsOn: ["pulses"],
    dataKind: "pulses",
    needs: { pulses: { time: "time", height: "f32" } },
    version: "1",
    schema: { time: "time", [name]: "f64" },
    computeChunk(chunk, { emit }) {
      const { height } = chunk.columns;
      const out = emit(chunk.length);
      const column = out.columns[name] as Float64Array;
      for (let i = 0; i < height.length; i++) column[i] = factor * height[i]!;
      return out;
    },
  });
}

function context(store?: string): Context {
  const ctx = new Context(store === undefined ? {} : { store });
  return ctx.register(tableSource("pulses", pulses()), feature("twice", 2), feature("thrice", 3));
}

Deno.test("getData() takes the rows of a selection and some columns", async () => {
  await using ctx = context();
  using found = await ctx.getData("run", "pulses", {
    where: "height > 90 and channel in (1, 2)",
    columns: ["height"],
  });
  assert.deepEqual(
    found.rows().map(({ time, height }) => [time, height]),
    [93, 94, 97, 98].map((x) => [BigInt(10 * x), x]),
  );
  assert.deepEqual(Object.keys(found.columns), ["time", "height"]);
  using none = await ctx.getData("run", "pulses", { where: "height > 900" });
  assert.equal(none.length, 0);
});

Deno.test("getStream() says what is wrong with a selection before anything runs", async () => {
  await using ctx = context();
  assert.throws(() => ctx.getStream("run", "pulses", { where: "heigth > 3" }), /did you mean "height"/);
  assert.throws(() => ctx.getStream("run", "pulses", { columns: ["width"] }), /Unknown column "width"/);
  assert.throws(
    () => ctx.getStream("run", ["twice", "thrice"], { where: "height > 3" }),
    /unknown column "height"/,
  );
  await assert.rejects(ctx.getData("run", "pulses", { where: "height" }), /this is a number/);
});

Deno.test("types of one kind come merged, computed or stored, in any chunks", async () => {
  const store = await Deno.makeTempDir({ prefix: "millrace_load_" });
  try {
    for (const what of ["computed", "half of it stored"]) {
      await using ctx = context(what === "computed" ? undefined : store);
      if (what !== "computed") await ctx.run("run", "twice", { chunkSize: 7 });
      using table = await ctx.getData("run", ["pulses", "twice", "thrice"], {
        where: "thrice - twice > 90",
        chunkSize: 9,
      });
      assert.deepEqual(
        table.rows(),
        index.slice(91).map((i) => ({
          time: BigInt(10 * i),
          channel: i % 4,
          height: i,
          twice: 2 * i,
          thrice: 3 * i,
        })),
      );
    }
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

Deno.test("types of other kinds are not merged", async () => {
  await using ctx = context();
  ctx.register(tableSource("others", pulses()));
  await assert.rejects(ctx.getData("run", ["pulses", "others"]), /of kind "pulses" and .* of kind "others"/);
});

Deno.test("stored chunks are of 8 MiB also where many data types are stored, and smaller with little memory", async () => {
  const store = await Deno.makeTempDir({ prefix: "millrace_load_" });
  try {
    for (const [run, memory, bytes] of [["run_1", "1GiB", 2 ** 23], ["run_2", "256MiB", 2 ** 21]] as const) {
      await using ctx = new Context({ store, memory });
      const names = [..."abcdefgh"];
      ctx.register(tableSource("pulses", pulses()), ...names.map((name) => feature(name, 2)));
      const { stored } = await ctx.run(run, names);
      assert.deepEqual(names.map((name) => stored.get(name)!.meta.target!.bytes), names.map(() => bytes));
    }
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});

Deno.test("rechunk gives chunks of the wanted size, after the selection", async () => {
  await using ctx = context();
  const stream = getStreamingContext(ctx, "run", { chunkSize: 30 }).getStream("pulses", {
    where: "channel == 1",
    rechunk: { rows: 10 },
  });
  const lengths: number[] = [];
  for await (using chunk of stream) lengths.push(chunk.length);
  assert.deepEqual(lengths, [10, 10, 5]);
});

Deno.test("a selected stream is merged with another as what it is, and may be left early", async () => {
  await using ctx = context();
  const stream = getStreamingContext(ctx, "run");
  const merged = stream.mergeStream([
    stream.getStream("pulses", { where: "channel == 1" }),
    stream.getStream("pulses", { where: "channel == 2" }),
  ]);
  let rows = 0;
  for await (using chunk of merged) rows += chunk.length;
  assert.equal(rows, 50);
  for await (using _ of stream.getStream(["twice", "thrice"], { where: "twice > 3", rechunk: { rows: 2 } })) {
    break;
  }
});

Deno.test("getRuns() gives tables by run", async () => {
  await using ctx = context();
  const tables = await ctx.getRuns(["run_1", "run_2", "run_1"], "twice", { where: "twice > 190" });
  assert.deepEqual([...tables].map(([run, table]) => [run, table.length]), [["run_1", 4], ["run_2", 4]]);
  for (const table of tables.values()) table.release();
  await assert.rejects(ctx.getRuns(["run_1"], "none"), /No plugin provides "none"/);
});

Deno.test("of stored types only the columns are read that are asked for or looked at", async () => {
  const root = await Deno.makeTempDir();
  try {
    const store = new FolderStore(root, { durable: false });
    const read: unknown[] = [];
    const spy: Store = {
      list: () => store.list(),
      writer: (key, meta, options) => store.writer(key, meta, options),
      open: async (key) => {
        const result = await store.open(key);
        return result && {
          ...{ meta: result.meta, chunks: result.chunks },
          read: (options) => {
            read.push([result.meta.dataType, options?.columns]);
            return result.read(options);
          },
        };
      },
    };
    const plain = context();
    await using ctx = new Context({ store: spy });
    ctx.register(...plain.providers.values());
    await ctx.run("run", ["pulses", "twice"]);
    const ask = async (type: string | string[], options: LoadOptions) => {
      read.length = 0;
      using found = await ctx.getData("run", type, options);
      using wanted = await plain.getData("run", type, options);
      assert.deepEqual(found.rows(), wanted.rows());
      assert.equal(found.schema.text, wanted.schema.text);
      return [...read];
    };
    const height = { where: "height > 90", columns: ["channel"] };
    assert.deepEqual(await ask("pulses", height), [["pulses", ["time", "channel", "height"]]]);
    assert.deepEqual(await ask("pulses", { columns: [] }), [["pulses", ["time"]]]);
    assert.deepEqual(await ask("pulses", { where: "height > 90" }), [["pulses", undefined]]);
    assert.deepEqual(await ask(["pulses", "twice"], { columns: ["twice"], timeRange: [30, 700] }), [
      ["pulses", ["time", "channel"]],
      ["twice", ["time", "twice"]],
    ]);
    // What is computed from pulses needs more of them.
    assert.deepEqual(await ask(["pulses", "thrice"], { columns: ["thrice"] }), [["pulses", undefined]]);
    await plain[Symbol.asyncDispose]();
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("stored chunks end where a run is told to, also when it is gone on with", async () => {
  const root = await Deno.makeTempDir();
  try {
    await using ctx = context(root);
    const options = { save: ["pulses"], storedChunks: { bytes: 130, spanPs: 300n } };
    let chunks = 0;
    const stop = () => {
      if (++chunks > 5) throw new Error("stop");
    };
    await assert.rejects(ctx.run("run", "twice", { ...options, chunkSize: 10, take: stop }), /stop/);
    await ctx.run("run", "twice", { save: ["pulses"] });
    await using other = context(`${root}/whole`);
    await other.run("run", "twice", options);
    for (const dataType of ["pulses", "twice"]) {
      const [parts, whole] = await Promise.all(
        [ctx, other].map(async ({ store }) => (await store!.open({ runId: "run", dataType }))!),
      );
      assert.deepEqual(parts!.meta.target, { bytes: 130, spanPs: 300n });
      assert.deepEqual(parts!.chunks, whole!.chunks);
      assert.ok(parts!.chunks.length > 8);
    }
    await assert.rejects(
      ctx.run("run_2", "twice", { storedChunks: { bytes: 0 } }),
      /storedChunks.bytes must be/,
    );
    await assert.rejects(
      ctx.run("run_2", "twice", { storedChunks: { spanPs: 0n } }),
      /spanPs must be above 0/,
    );
    await assert.rejects(
      ctx.run("run_2", "twice", { storedChunks: { bytes: 2 ** 29 } }),
      /Cannot store 1 data types in chunks of 512 MiB with 1 GiB of memory/,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("run() does not read a target that is stored, unless somebody takes its chunks", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [attempt, expected] of [[0, "twice"], [1, ""], [2, "taken"]] as const) {
      await using ctx = context(folder);
      const seen = new Set<string>();
      const report = await ctx.run("run", "twice", {
        onEvent: (event) => event.type === "chunk" && event.dataType === "twice" && seen.add("twice"),
        ...(attempt === 2 ? { take: () => void seen.add("taken") } : {}),
      });
      assert.ok([...seen].join().endsWith(expected), `run ${attempt}: ${[...seen]}`);
      if (attempt === 1) assert.equal(seen.size, 0);
      assert.equal(report.stored.get("twice")!.meta.rows, N);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
