import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chunk } from "../chunk/chunk.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { type ClassContext, StreamingPlugin } from "../plugin/classes.ts";
import { definePlugin } from "../plugin/define.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";
import { SHAPES } from "../engine/_shapes_testing.ts";
import { buildPlugin } from "../engine/_model_testing.ts";
import { tableOf } from "../engine/_harness_testing.ts";
import { testPlugin } from "./test_plugin.ts";

const ROWS = tableOf("a", [[0, 4, 0], [1, 2, 1], [3, 3, 0], [5, 9, 2], [5, 5, 2], [14, 15, 0], [15, 17, 1]]);
const OTHERS = tableOf("b", [[1, 3, 0], [6, 6, 1], [16, 20, 0]]);

for (const shape of SHAPES) {
  Deno.test(`testPlugin() passes the shape "${shape.name}"`, async () => {
    const types = shape.inputs === 2 ? ["a", "b"] : ["a"];
    const inputs = shape.inputs === 2 ? { a: ROWS, b: OTHERS } : { a: ROWS };
    await testPlugin(shape.make("out", types, (type) => type), { inputs, chunkings: 6, ranges: 4 });
  });
}

const each = (change: (time: number) => number, more: Record<string, unknown> = {}): Plugin =>
  buildPlugin(
    "out",
    ["a"],
    more,
    ({ own }) => own.map((row) => ({ ...row, t: change(row.t), e: change(row.t) + 1 })),
  );

/** Plugins that are wrong, and what is said of them. */
const WRONG: Readonly<Record<string, readonly [make: () => Plugin, message: RegExp]>> = {
  "splits a cluster at a chunk's end": [
    () => buildPlugin("out", ["a"], {}, ({ own }) => own.length > 0 ? [{ ...own[0]!, c: own.length }] : []),
    /gives other results cut after every start: "out" row \d is .* in one chunk .*\n {2}"a" from 0 to 17: \[0,4\)ch0 \|1 \[1,2\)ch1/,
  ],
  "needs the rows around without a halo": [
    () =>
      buildPlugin(
        "out",
        ["a"],
        { dataKind: "a" },
        ({ own }) => own.map((row, i) => ({ ...row, v: i === 0 ? -1 : own[i - 1]!.v })),
      ),
    /gives other results/,
  ],
  "has too small a halo": [
    () =>
      buildPlugin(
        "out",
        ["a"],
        { dataKind: "a", halo: { left: 1, right: 0, by: "start" } },
        ({ own, rows }) =>
          own.map((row) => ({ ...row, v: rows(0).filter(({ t }) => row.t - 3 <= t && t <= row.t).length })),
      ),
    /gives other results/,
  ],
  "uses all rows of the halo": [
    () =>
      buildPlugin(
        "out",
        ["a"],
        { dataKind: "a", halo: { left: 1, right: 1 } },
        ({ own, rows }) => own.map((row) => ({ ...row, v: rows(0).length })),
      ),
    /gives other results/,
  ],
  "starts earlier than its reach": [
    () => each((t) => t - 2, { reach: { left: 1 } }),
    /fails .*reach\.left/,
  ],
  "starts later than its reach": [
    () => each((t) => t + 3, { reach: { right: 2 } }),
    /fails .*more than reach\.right \(2 ps\) behind/,
  ],
  "keeps rows from call to call": [() => {
    let count = 0;
    return buildPlugin("out", ["a"], {}, ({ own }) => own.map((row) => ({ ...row, v: count++ })));
  }, /gives other results in a second run/],
  "takes time from the chunk's start": [
    () => buildPlugin("out", ["a"], {}, ({ own, start }) => own.map((row) => ({ ...row, v: row.t - start }))),
    /gives other results/,
  ],
  "drops rows of its kind": [
    () => buildPlugin("out", ["a"], { dataKind: "a" }, ({ own }) => own.slice(1)),
    /fails in one chunk: .*of its kind/,
  ],
  "changes keys of its kind": [
    () =>
      definePlugin({
        provides: "out",
        dependsOn: ["a"],
        version: "1",
        schema: { time: "time" },
        dataKind: "a",
        computeChunk: (chunk) =>
          Table.from(schema({ time: "time" }), { time: chunk.table.times().map((t) => t + 1n) }) as Table<
            { time: "time" }
          >,
      }),
    /fails in one chunk: .*"out" differs in "time" at row 0/,
  ],
  "writes to its input": [() =>
    definePlugin({
      provides: "out",
      dependsOn: ["a"],
      version: "1",
      schema: { time: "time" },
      computeChunk(chunk, { emit }) {
        chunk.table.get("v_a", "f64").fill(0);
        return emit(0);
      },
    }), /writes to its input: column "v_a" of "a" has changed/],
  "sums from the chunk's start": [
    () => {
      const sum = ({ context }: { context: ComputeContext }) => {
        const { table } = context.inputs.a!;
        let total = 0;
        return Array.from(table.get("time", "time"), (t, i) => {
          total += table.get("v_a", "f64")[i]! / 3;
          return { t, e: t, c: 0, v: total - total + (i > 0 ? 1e-17 : 0) };
        });
      };
      return buildPlugin("out", ["a"], {}, sum);
    },
    /gives other results/,
  ],
  "clusters with an open gap": [
    () =>
      buildPlugin("out", ["a"], { boundary: { gap: 5 } }, ({ own }) => {
        const first = own.filter((row, i) =>
          i === 0 || row.t - Math.max(...own.slice(0, i).map(({ e }) => e)) > 5
        );
        return first.map((row) => ({ ...row, c: own.length }));
      }),
    /gives other results/,
  ],
  "keeps a state that is no plain data": [
    () =>
      buildPlugin(
        "out",
        ["a"],
        {
          stateful: { checkpoint: true },
          initialState: () => ({ seen: { count: new (class Counter {})() } }),
        },
        ({ own }) => [...own],
      ),
    /It declares checkpoint, but state\.seen\.count is a Counter: state that is kept must be plain data/,
  ],
  "keeps in its state what another process would not have": [
    () => {
      const cache = { rows: 0 };
      return buildPlugin(
        "out",
        ["a"],
        { stateful: { checkpoint: true, resetOnBreak: false }, initialState: () => cache },
        ({ own, context }) => {
          const state = context.state as { rows: number };
          if (state === cache) state.rows += own.length;
          return own.map((row) => ({ ...row, v: state.rows }));
        },
      );
    },
    /gives other results/,
  ],
  "loses state at the end": [
    () =>
      buildPlugin(
        "out",
        ["a"],
        { stateful: true, initialState: () => ({ last: [] as unknown[] }) },
        ({ own, context }) => {
          const state = context.state as { last: typeof own };
          const given = state.last;
          state.last = own;
          return given;
        },
      ),
    /(gives other results|fails)/,
  ],
};

for (const [what, [make, message]] of Object.entries(WRONG)) {
  Deno.test(`testPlugin() finds a plugin that ${what}`, async () => {
    // A plugin that writes to its input spoils it.
    const own = ROWS.compact();
    await assert.rejects(testPlugin(make(), { inputs: { a: own } }), { name: "AssertionError", message });
  });
}

/** Distances to the row before, of at most 5 ps, with as much of a halo to the left as it is given. */
const distances = (left: number): Plugin =>
  definePlugin({
    provides: "distances",
    dependsOn: ["hits"],
    needs: { hits: { time: "time" } },
    version: "1",
    schema: { time: "time", distance: "f64" },
    halo: { left, right: 1, by: "start" },
    computeChunk(chunk, { own, emit }) {
      const { time } = chunk.columns;
      const out = emit(own.to - own.from);
      let n = 0;
      for (let i = Math.max(own.from, 1); i < own.to; i++) {
        const distance = time[i]! - time[i - 1]!;
        if (distance > 5) continue;
        out.columns.time[n] = time[i]!;
        out.columns.distance[n++] = distance;
      }
      return out.resize(n);
    },
  });

Deno.test("testPlugin() sees all rows as one stretch where there is a halo to the right", async () => {
  const hits = Table.from(schema({ time: "time" }), { time: [0n, 4n] }) as unknown as Table;
  await testPlugin(distances(5), { inputs: { hits } });
  await assert.rejects(testPlugin(distances(0), { inputs: { hits }, chunkings: 0, ranges: 0 }), {
    name: "AssertionError",
    message:
      /gives other results cut after every start: "distances" row 0 is \{ time 4, distance 4 \} in one chunk \(1 rows\)/,
  });
});

Deno.test("testPlugin() finds state that a class keeps between chunks of a plugin without state", async () => {
  class Leaks extends StreamingPlugin {
    override readonly provides: string = "out";
    override readonly dependsOn: string[] = ["a"];
    override readonly schema = { time: "time", n: "i32" } as const;
    count = 0;
    override computeChunk(chunk: Chunk, { emit }: ClassContext): Table {
      const out = emit(chunk.length);
      (out.columns.time as Float64Array).set(chunk.table.get("time", "time"));
      for (let i = 0; i < chunk.length; i++) (out.columns.n as Int32Array)[i] = this.count++;
      return out;
    }
  }
  await assert.rejects(testPlugin(Leaks, { inputs: { a: ROWS } }), {
    name: "AssertionError",
    message: /gives other results in chunks, computed at once/,
  });
});

Deno.test("testPlugin() takes floats for equal bit by bit: NaN equals NaN, 0 is not -0", async () => {
  const of = (value: (first: boolean) => number): Plugin =>
    buildPlugin("out", ["a"], {}, ({ own }) => own.map((row, i) => ({ ...row, v: value(i === 0) })));
  await testPlugin(of(() => NaN), { inputs: { a: ROWS } });
  await assert.rejects(testPlugin(of((first) => first ? -0 : 0), { inputs: { a: ROWS } }), /v_out -0/);
});

Deno.test("testPlugin() gives options, kinds, plugins between, and inputs made anew", async () => {
  const between = SHAPES.find(({ name }) => name === "reach right")!.make("hits", ["a"], () => "a");
  const counter = SHAPES.find(({ name }) => name === "counter with reset")!.make(
    "out",
    ["hits"],
    (type) => type,
  );
  let made = 0;
  await testPlugin(counter, {
    inputs: {
      a: () => {
        made++;
        return ROWS;
      },
    },
    options: { "out.breakThresholdPs": 1 },
    register: [between],
    runs: 3,
    chunkings: 3,
    ranges: 2,
  });
  assert.equal(made, 3);
  const merged = SHAPES.find(({ name }) => name === "loop by containment")!.make(
    "out",
    ["a", "b"],
    () => "rows",
  );
  const twin = Table.from(schema({ time: "time", endtime: "time", channel: "i16", v_b: "f64" }), {
    time: ROWS.times(),
    endtime: ROWS.times("endtime"),
    channel: ROWS.get("channel", "i16"),
    v_b: ROWS.get("v_a", "f64"),
  });
  await testPlugin(merged, { inputs: { a: ROWS, b: twin }, dataKinds: { a: "rows", b: "rows" } });
});

Deno.test("testPlugin() says which inputs are missing", async () => {
  const loop = SHAPES.find(({ name }) => name === "loop by touch")!.make("out", ["a", "b"], (type) => type);
  await assert.rejects(testPlugin(loop, { inputs: { a: ROWS } }), {
    name: "TypeError",
    message: /it needs "b"; give/,
  });
  await assert.rejects(
    testPlugin([loop, loop.dependsOn.length ? { ...loop, provides: ["x"] } : loop], { inputs: {} }),
    {
      name: "TypeError",
      message: /list of plugins/,
    },
  );
});

Deno.test("testPlugin() finds the same failure with the same seed", async () => {
  const wrong = () => each((t) => t, { dataKind: undefined, halo: { left: 0, right: 0, by: "start" } });
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      await testPlugin(wrong(), { inputs: { a: ROWS }, seed, chunkings: 1, ranges: 1 });
    }),
    { numRuns: 3 },
  );
  const rare = (): Plugin =>
    buildPlugin(
      "out",
      ["a"],
      {},
      ({ own, end, t0 }) => own.map((row) => ({ ...row, v: Number(t0) + end > 21 ? 1 : 0 })),
    );
  const failure = async () => {
    try {
      await testPlugin(rare(), { inputs: { a: ROWS }, seed: 5 });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("It passed");
  };
  assert.equal(await failure(), await failure());
});
