// What goes wrong is reported once, with where it happened, after everything that came before it.

import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";
import { cutSource } from "../testing/_trial.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { tableOf } from "./_harness_testing.ts";
import { buildPlugin, columnsOf } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";
import { PipelineError } from "./errors.ts";
import type { Executor } from "./executor.ts";

const TEN = Array.from({ length: 10 }, (_, k) => [10 * k, 10 * k + 5] as const);
const CUTS = TEN.slice(1).map(([t]) => BigInt(t));
const source = () => cutSource("a", tableOf("a", TEN), { extent: [0n, 100n], cuts: CUTS });

/** Reads a stream to its failure: starts of the chunks before it, and the failure. */
async function failureOf(
  plugins: readonly Plugin[],
  target = "out",
  executor?: Executor,
): Promise<{ starts: bigint[]; error: PipelineError; ms: number }> {
  await using ctx = new Context(executor ? { executor } : {});
  ctx.register(...plugins);
  const starts: bigint[] = [];
  const before = performance.now();
  try {
    for await (using chunk of ctx.getStream("run_7", target)) starts.push(chunk.start);
  } catch (error) {
    assert.ok(error instanceof PipelineError, `${error}`);
    return { starts, error, ms: performance.now() - before };
  }
  throw new Error("The stream did not fail");
}

const raw = (compute: (context: ComputeContext, chunk: Table) => unknown, more: object = {}): Plugin => ({
  ...definePlugin({
    provides: "out",
    dependsOn: ["a"],
    version: "1",
    schema: columnsOf("out"),
    computeChunk: (chunk, context) => compute(context as unknown as ComputeContext, chunk.table) as never,
    ...more,
  }),
});

const at50 = (given: () => unknown) => (context: ComputeContext, table: Table): unknown =>
  table.times()[0] === 50n ? given() : context.emit(0);

const garbage: Readonly<Record<string, readonly [given: () => unknown, message: RegExp]>> = {
  "throws": [() => {
    throw new TypeError("no such pulse");
  }, /no such pulse/],
  "throws something that is no error": [() => {
    throw "pulse";
  }, /: pulse$/],
  "rejects": [() => Promise.reject(new RangeError("late")), /: late$/],
  "gives undefined": [() => undefined, /computeChunk gave undefined, not a table or null/],
  "gives a number": [() => 7, /computeChunk gave number/],
  "gives an array": [() => [1], /computeChunk gave "0"; it provides out/],
  "gives an object without its type": [() => ({}), /computeChunk gave nothing for "out"/],
  "gives another type": [() => ({ hits: null }), /computeChunk gave "hits"; it provides out/],
  "gives a number as a table": [() => ({ out: 3 }), /computeChunk gave number for "out"/],
  "gives a released table": [() => {
    const table = Table.empty(schema(columnsOf("out")) as never) as Table;
    table.release();
    return table;
  }, /gave a released table/],
  "gives another schema": [
    () => Table.from(schema({ time: "time" }), { time: [50n] }),
    /does not fit its schema: column "endtime" is missing/,
  ],
  "gives a row that ends before it starts": [
    () => Table.from(schema(columnsOf("out")), { time: [52n], endtime: [51n], channel: [0], v_out: [0] }),
    /not end before it starts: row 0 of "out" is \[/,
  ],
  "gives a time that is no integer": [() => {
    const table = Table.from(schema(columnsOf("out")), {
      time: [52n],
      endtime: [55n],
      channel: [0],
      v_out: [0],
    });
    (table.columns.time as Float64Array)[0] = 0.5;
    return table;
  }, /whole picoseconds/],
  "gives a time that is not a number": [() => {
    const table = Table.from(schema(columnsOf("out")), {
      time: [52n],
      endtime: [55n],
      channel: [0],
      v_out: [0],
    });
    (table.columns.time as Float64Array)[0] = NaN;
    return table;
  }, /whole picoseconds/],
};

for (const [what, [given, message]] of Object.entries(garbage)) {
  Deno.test(`a plugin that ${what} fails the run with plugin, chunk and range`, async () => {
    const { starts, error, ms } = await failureOf([source(), raw(at50(given))]);
    assert.deepEqual(starts, [0n, 10n, 20n, 30n, 40n]);
    assert.match(error.message, message);
    assert.match(error.message, /^Plugin "out" failed in chunk 5 \[50 ps \.\. 60 ps\) of run "run_7"/);
    const { plugin, runId, chunkIndex, start, end } = error;
    assert.deepEqual({ plugin, runId, chunkIndex, start, end }, {
      plugin: "out",
      runId: "run_7",
      chunkIndex: 5,
      start: 50n,
      end: 60n,
    });
    assert.notEqual(error.cause, undefined);
    assert.ok(ms < 30_000, `after ${ms} ms`); // not by a limit of time
  });

  Deno.test(`a plugin that ${what} fails the same way when chunks are computed at once`, async () => {
    for (let seed = 0; seed < 5; seed++) {
      const { starts, error } = await failureOf(
        [source(), raw(at50(given))],
        "out",
        new ShuffledExecutor(seed, 4),
      );
      assert.deepEqual(starts, [0n, 10n, 20n, 30n, 40n]);
      assert.equal(error.chunkIndex, 5);
    }
  });
}

Deno.test("a plugin with rows of a kind that gives too few fails the run", async () => {
  const few = raw((context, table) => {
    const out = context.emit(Math.max(0, table.length - 1));
    return out;
  }, { dataKind: "a" });
  const { starts, error } = await failureOf([source(), few]);
  assert.deepEqual(starts, []);
  assert.match(error.message, /"out" has 0 rows for 1 of its kind/);
});

Deno.test("a plugin that gives the same table for two outputs is served", async () => {
  const twice = definePlugin({
    provides: ["x", "y"],
    dependsOn: ["a"],
    version: "1",
    schema: { x: { time: "time" }, y: { time: "time" } },
    computeChunk(chunk, { emitTo }) {
      const out = emitTo("x", chunk.length);
      (out.columns.time as Float64Array).set(chunk.table.get("time", "time"));
      return { x: out, y: out };
    },
  });
  await using ctx = new Context();
  ctx.register(source(), twice);
  const seen: Record<string, bigint[]> = { x: [], y: [] };
  await ctx.run("run_7", ["x", "y"], {
    take: (chunk) => {
      seen[chunk.dataType]!.push(...chunk.table.times());
    },
  });
  const times = TEN.map(([t]) => BigInt(t));
  assert.deepEqual(seen, { x: times, y: times });
});

Deno.test("the plugin of a chain that failed is named, not the first one", async () => {
  const first = SHAPES.find(({ name }) => name === "row by row")!.make("first", ["a"], () => "a");
  const last = buildPlugin("out", ["first"], {}, ({ own }) => {
    if (own.some(({ t }) => t === 0)) return own;
    throw new Error("broken");
  });
  const { error, starts } = await failureOf([source(), first, last]);
  assert.equal(error.plugin, "out");
  assert.deepEqual(starts.length > 0, true);
});

Deno.test("chunks before a source's failure are all delivered, also from a deep graph", async () => {
  const types = schema(columnsOf("a"));
  const broken = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      for (const [t, e] of TEN.slice(0, 6)) {
        yield {
          table: Table.from(types, { time: [BigInt(t)], endtime: [BigInt(e)], channel: [0], v_a: [1] }),
          end: BigInt(t) + 10n,
        };
      }
      throw new Error("disk on fire");
    },
  });
  const x = buildPlugin("x", ["a"], {}, ({ own }) => own);
  const y = SHAPES.find(({ name }) => name === "gap clusters")!.make("y", ["a"], (type) => type);
  const z = SHAPES.find(({ name }) => name === "loop by containment")!.make("z", ["x", "y"], (type) => type);
  for (const executor of [undefined, new ShuffledExecutor(3, 4)]) {
    const given = await failureOf([broken, x, y, z], "z", executor);
    assert.deepEqual(given.error.plugin, "a");
    assert.match(given.error.message, /disk on fire/);
    assert.deepEqual(given.starts.slice(0, 5), [0n, 10n, 20n, 30n, 40n]);
  }
});

Deno.test("no branch takes the failure of another for the end of the run", async () => {
  // Both branches read the source that fails; the cluster that the failure cuts off must not come out.
  const types = schema(columnsOf("a"));
  const broken = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      for (const t of [0n, 100n, 101n]) {
        yield {
          table: Table.from(types, { time: [t], endtime: [t + 1n], channel: [0], v_a: [1] }),
          end: t + 1n,
        };
      }
      throw new Error("disk on fire");
    },
  });
  const branch = (name: string) =>
    SHAPES.find((s) => s.name === "gap clusters")!.make(name, ["a"], (type) => type);
  const join = buildPlugin("out", ["x", "y"], { boundary: "any" }, ({ own, rows }) => [...own, ...rows(1)]);
  await using ctx = new Context();
  ctx.register(broken, branch("x"), branch("y"), join);
  const times: bigint[] = [];
  await assert.rejects(async () => {
    for await (using chunk of ctx.getStream("run", "out")) times.push(...chunk.table.times());
  }, /disk on fire/);
  assert.deepEqual(times, [0n, 0n]);
});

Deno.test("a source that gives rows behind their end, or before rows that it gave, fails the run", async () => {
  const types = schema(columnsOf("a"));
  const pieces = (list: readonly (readonly [t: bigint, end: bigint])[]): Plugin =>
    defineSource({
      provides: "a",
      version: "1",
      schema: types,
      fingerprint: () => Promise.resolve(null),
      async *read() {
        for (const [t, end] of list) {
          yield { table: Table.from(types, { time: [t], endtime: [t], channel: [0], v_a: [1] }), end };
        }
      },
    });
  const early = await failureOf([pieces([[5n, 10n], [7n, 20n]])], "a");
  assert.deepEqual(early.starts, [0n]);
  assert.match(early.error.message, /"a" starts at 7 ps, but all rows before 10 ps were given already/);
  assert.equal(early.error.plugin, "a");
});

Deno.test("a plugin's declaration that makes no sense is refused before anything runs", async () => {
  const refused: [Plugin, RegExp][] = [
    [buildPlugin("out", ["a"], { halo: { left: -1, right: 0 } }, () => null), /"out".*halo\.left is -1/],
    [buildPlugin("out", ["a"], { halo: { left: 0, right: 0.5 } }, () => null), /"out".*halo\.right is 0\.5/],
    [buildPlugin("out", ["a"], { boundary: { gap: NaN } }, () => null), /"out".*gap is NaN/],
    [buildPlugin("out", ["a"], { boundary: { gap: 3, maxSpan: 0 } }, () => null), /"out".*maxSpan is 0/],
    [
      buildPlugin("out", ["a"], { boundary: { inputs: { b: "sealed" } } }, () => null),
      /"out".*boundary names "b"/,
    ],
    [buildPlugin("out", ["a"], { boundary: "closed" }, () => null), /"out".*boundary is "closed"/],
    [buildPlugin("out", ["a"], { reach: { left: -2 } }, () => null), /"out".*reach\.left is -2/],
    [
      buildPlugin("out", ["a"], { halo: { left: 1, right: 1 }, carryOver: true }, () => null),
      /"out".*halo and carryOver/,
    ],
    [buildPlugin("out", ["a"], { stateful: { breakInput: "b" } }, () => null), /"out".*breakInput names "b"/],
    [
      buildPlugin(["out", "x"], ["a"], { reach: { hits: { left: 1 } } }, () => null),
      /"out".*reach names "hits"/,
    ],
  ];
  for (const [plugin, message] of refused) {
    await using ctx = new Context();
    ctx.register(source(), plugin);
    await assert.rejects(ctx.plan("run", "out"), { name: "RangeError", message });
  }
});

Deno.test("an error of a listener reaches the caller", async () => {
  await using ctx = new Context();
  ctx.register(source());
  await assert.rejects(
    ctx.run("run", "a", {
      take: () => {
        throw new Error("cannot draw");
      },
    }),
    /cannot draw/,
  );
});
