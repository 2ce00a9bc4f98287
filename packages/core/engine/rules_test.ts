// The counterexamples of the rules of stream semantics, one by one: what a weaker rule gets wrong.

import assert from "node:assert/strict";
import type { Table } from "../data/table.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";
import { type Outcome, runTrial } from "../testing/_trial.ts";
import { cutAfterEveryStart, uncut } from "../testing/_cutting.ts";
import { option } from "../options/option.ts";
import { defineMerge, definePlugin } from "../plugin/define.ts";
import { model, modelOf, tableOf } from "./_harness_testing.ts";
import { buildPlugin, type Row, SHAPES } from "./_shapes_testing.ts";

type Rows = readonly (readonly [t: number, e: number, c?: number])[];

interface Input {
  readonly rows: Rows;
  readonly cuts: readonly number[];
  readonly extent?: readonly [number, number];
}

interface Setting {
  readonly a: Input;
  readonly b?: Input;
  readonly plugins: readonly Plugin[];
  readonly targets?: readonly string[];
  readonly timeRange?: readonly [number, number];
  readonly sameKind?: boolean;
}

async function run(
  { a, b, plugins, targets = ["out"], timeRange, sameKind }: Setting,
): Promise<Record<string, Outcome>> {
  const tables: Record<string, Table> = {
    a: tableOf("a", a.rows),
    ...(b ? { b: tableOf("b", b.rows) } : {}),
  };
  const whole = uncut(tables);
  const cutting = (input: Input, name: string) => ({
    extent: input.extent ? [BigInt(input.extent[0]), BigInt(input.extent[1])] as const : whole[name]!.extent,
    cuts: input.cuts.map(BigInt),
  });
  return await runTrial({
    plugins,
    tables,
    cuttings: { a: cutting(a, "a"), ...(b ? { b: cutting(b, "b") } : {}) },
    targets,
    ordered: () => !sameKind,
    ...(timeRange ? { timeRange: [BigInt(timeRange[0]), BigInt(timeRange[1])] } : {}),
  });
}

async function outOf(setting: Setting): Promise<Row[]> {
  return model("out", (await run(setting)).out!.rows);
}

/** The same rows with the given cuts and without any. */
async function agrees(setting: Setting): Promise<Row[]> {
  const cut = await outOf(setting);
  const whole = await outOf({
    ...setting,
    a: { ...setting.a, cuts: [] },
    ...(setting.b ? { b: { ...setting.b, cuts: [] } } : {}),
  });
  assert.deepEqual(cut, whole);
  return cut;
}

const shape = (name: string) => SHAPES.find((s) => s.name === name)!;
const make = (name: string, types: readonly string[] = ["a"]): Plugin =>
  shape(name).make("out", types, (type) => type);
const oracle = (name: string, ...lists: Rows[]): Row[] =>
  shape(name).oracle(
    ...lists.map((rows, k) => modelOf(k === 0 ? "a" : "b", tableOf(k === 0 ? "a" : "b", rows))),
  );

/** Clusters of the first input with any gap and relation. */
const clustersOf = (gap: number, splits: (distance: number) => boolean): Plugin =>
  buildPlugin("out", ["a"], { boundary: { gap } }, ({ own }) => {
    const groups: Row[] = [];
    for (const row of own) {
      const group = groups.at(-1);
      if (!group || splits(row.t - group.e)) groups.push({ ...row, c: 1, v: 0 });
      else Object.assign(group, { e: Math.max(group.e, row.e), c: group.c + 1 });
    }
    return groups;
  });
const gapClusters = (gap: number): Plugin => clustersOf(gap, (distance) => distance >= gap);
const sizes = (rows: Row[]): number[] => rows.map(({ c }) => c);

Deno.test("rule 1: a row at a cut is right of it, also one without length", async () => {
  const starts = buildPlugin(
    "out",
    ["a"],
    {},
    ({ own, end }) => own.map((row) => ({ ...row, v: end - row.t })),
  );
  const rows = await outOf({ a: { rows: [[0, 3], [3, 3], [3, 5]], cuts: [3] }, plugins: [starts] });
  assert.deepEqual(rows.map(({ v }) => v), [3, 2, 2]);
});

Deno.test("rule 2: the cover of earlier chunks keeps a container sealed in", async () => {
  const rows: Rows = [[0, 2], [1, 1]];
  assert.deepEqual(
    await agrees({ a: { rows, cuts: [1] }, plugins: [make("sealed groups")] }),
    oracle("sealed groups", rows),
  );
});

Deno.test("rule 2: the cover of a stretch is that of all rows before its end, wherever it is cut", async () => {
  const covers: bigint[] = [];
  const watched = buildPlugin("out", ["a"], {}, () => null);
  const plugin: Plugin = {
    ...watched,
    running: { chunkSize: 1 },
    computeChunk(chunk) {
      covers.push(chunk.coverEnd);
      return null;
    },
  };
  await run({ a: { rows: [[0, 9], [1, 2], [3, 4], [5, 20], [7, 8]], cuts: [4] }, plugins: [plugin] });
  assert.deepEqual(covers, [9n, 9n, 9n, 20n, 20n]);
});

Deno.test("rule 2: an empty chunk is no gap", async () => {
  assert.deepEqual(
    sizes(await agrees({ a: { rows: [[0, 0], [2, 2]], cuts: [1, 2] }, plugins: [gapClusters(3)] })),
    [2],
  );
});

Deno.test("rule 3: rows at equal times keep their order when they come channel by channel", async () => {
  const hits = buildPlugin("out", ["a"], {}, ({ own }) => own.map((row) => ({ ...row, t: 3, e: 4 })));
  const rows = await agrees({ a: { rows: [[2, 4, 0], [3, 4, 1]], cuts: [3] }, plugins: [hits] });
  assert.deepEqual(rows.map(({ c }) => c), [0, 1]);
});

Deno.test("rule 5: two filters of one kind's rows cannot be merged for having equal times", async () => {
  const keep = (name: string, channel: number) =>
    buildPlugin(name, ["a"], { dataKind: "simultaneous" }, ({ own }) => own.filter(({ c }) => c === channel));
  const merge = defineMerge({ provides: "out", dependsOn: ["x", "y"] });
  await assert.rejects(
    run({ a: { rows: [[3, 4, 0], [3, 4, 1]], cuts: [] }, plugins: [keep("x", 0), keep("y", 1), merge] }),
    { name: "PipelineError", message: /"y" differs in "channel" at row 0/ },
  );
});

Deno.test("rule 5: rows of a kind keep the order of the kind, whatever their own columns say", async () => {
  // The base has no endtime; the output does, and would be sorted differently by it.
  const bare = definePlugin({
    provides: "bare",
    dependsOn: ["a"],
    version: "1",
    schema: { time: "time", number: "i32" },
    computeChunk({ table }, { emit }) {
      const out = emit(table.length);
      out.columns.time.set(table.get("time", "time"));
      table.get("v_a", "f64").forEach((v, i) => out.columns.number[i] = v);
      return out;
    },
  });
  const longer = definePlugin({
    provides: "longer",
    dependsOn: ["bare"],
    needs: { bare: { time: "time", number: "i32" } },
    version: "1",
    schema: { time: "time", endtime: "time", number: "i32" },
    dataKind: "bare",
    stateful: true,
    options: { breakThresholdPs: option.time({ default: 3, help: "Break" }) },
    computeChunk(chunk, { emit }) {
      const out = emit(chunk.length);
      for (let i = 0; i < chunk.length; i++) {
        out.columns.endtime[i] = chunk.columns.time[i]! + 10 - chunk.columns.number[i]!;
        out.columns.number[i] = chunk.columns.number[i]!;
      }
      return out;
    },
  });
  for (const cuts of [[], [1], [1, 20, 21]]) {
    const given = await run({
      a: { rows: [[0, 0, 0], [0, 0, 1], [20, 20, 0], [20, 20, 1]], cuts },
      plugins: [bare, longer],
      targets: ["longer"],
      sameKind: true,
    });
    assert.deepEqual(given.longer!.rows.map(({ number }) => number), [1, 2, 3, 4]);
  }
});

Deno.test("rule 5: rows of a kind keep its order also where a break divides a stretch", async () => {
  const counter = make("counter with reset");
  const rows = await agrees({
    a: { rows: [[0, 0, 0], [0, 0, 1], [9, 9], [20, 20]], cuts: [21] },
    plugins: [counter],
  });
  assert.deepEqual(rows.map(({ v }) => v), [0, 1, 0, 0]);
});

Deno.test("rule 6: null for rows of a kind is an error that names the rows", async () => {
  const dull = buildPlugin(
    "out",
    ["a"],
    { dataKind: "a" },
    ({ own }) => own.some(({ t }) => t > 0) ? own : null,
  );
  const setting = { a: { rows: [[0, 0], [1, 1]] as Rows, cuts: [1] }, plugins: [dull] };
  await assert.rejects(run(setting), {
    name: "PipelineError",
    message: /"out" has no rows for 1 of its kind/,
  });
  assert.equal((await outOf({ ...setting, a: { ...setting.a, cuts: [] } })).length, 2);
});

Deno.test("rule 6: the interval of a stretch without rows is given", async () => {
  const none = buildPlugin("out", ["a"], {}, () => null);
  const { out } = await run({ a: { rows: [[0, 0], [1, 1], [5, 6]], cuts: [1, 3] }, plugins: [none] });
  assert.deepEqual({ extent: out!.extent, chunks: out!.chunks, rows: out!.rows }, {
    extent: [0n, 6n],
    chunks: 3,
    rows: [],
  });
});

Deno.test("rule 7: an input that has ended holds nothing back", async () => {
  const a = { rows: [[0, 1], [3, 4]] as Rows, cuts: [2], extent: [0, 30] as const };
  const b = { rows: [[5, 6], [40, 41]] as Rows, cuts: [10, 35], extent: [5, 45] as const };
  for (const name of ["clusters over the union", "boundaries by input"]) {
    const rows = await agrees({ a, b, plugins: [make(name, ["a", "b"])] });
    assert.deepEqual(rows, oracle(name, a.rows, b.rows));
  }
  const { out } = await run({ a, b, plugins: [make("clusters over the union", ["a", "b"])] });
  assert.deepEqual(out!.extent, [0n, 45n]);
});

Deno.test("rule 8: a cut at the end of the last row but at its start time tears no cluster", async () => {
  assert.deepEqual(
    sizes(
      await agrees({
        a: { rows: [[0, 4], [6, 6]], cuts: [7, 11], extent: [0, 20] },
        plugins: [gapClusters(3)],
      }),
    ),
    [2],
  );
});

Deno.test("rule 8: cuts are intervals: inputs agree on one between their rows", async () => {
  const stretches: number[] = [];
  const seen = buildPlugin("out", ["a", "b"], { boundary: "sealed" }, ({ start, end, own, rows, t0 }) => {
    if (own.length + rows(1).length > 0) stretches.push(start + Number(t0), end + Number(t0));
    return null;
  });
  const cuts = [1, 9, 11, 12, 13];
  await run({
    a: { rows: [[0, 4], [8, 12]], cuts, extent: [0, 20] },
    b: { rows: [[0, 6], [10, 12]], cuts, extent: [0, 20] },
    plugins: [seen],
  });
  assert.ok(stretches[1]! >= 6 && stretches[1]! <= 8, `cut at ${stretches[1]}`);
});

Deno.test("rule 9: a gap is measured from the cover, not from the last row's end", async () => {
  const rows: Rows = [[0, 1, 0], [0, 0, 1], [3, 3, 0]];
  assert.deepEqual(sizes(await agrees({ a: { rows, cuts: [1, 2, 3] }, plugins: [gapClusters(3)] })), [3]);
});

Deno.test("rule 10: a gap must be seen before it is a gap", async () => {
  assert.deepEqual(
    sizes(await agrees({ a: { rows: [[0, 0], [1, 1]], cuts: [1] }, plugins: [gapClusters(3)] })),
    [2],
  );
});

Deno.test("rule 11: the engine cuts at gaps from minGap on; one that splits above x declares x + 1", async () => {
  const rows: Rows = [[0, 6], [9, 9]];
  const wrong = clustersOf(3, (distance) => distance > 3), right = clustersOf(4, (distance) => distance > 3);
  assert.deepEqual(sizes(await outOf({ a: { rows, cuts: [9] }, plugins: [wrong] })), [1, 1]);
  assert.deepEqual(sizes(await agrees({ a: { rows, cuts: [9] }, plugins: [right] })), [2]);
});

const touchingPairs = (boundary: unknown): Plugin =>
  buildPlugin(
    "out",
    ["a", "b"],
    { boundary },
    ({ own, rows }) =>
      own.map((row) => ({
        ...row,
        c: rows(1).filter(({ t, e }) => t <= row.e + 2 && e >= row.t - 2).length,
      })),
  );

Deno.test("rule 12: touching with a margin needs a gap over the union of the inputs", async () => {
  const setting = {
    a: { rows: [[1, 1]] as Rows, cuts: [1], extent: [0, 9] as const },
    b: { rows: [[0, 0]] as Rows, cuts: [1], extent: [0, 9] as const },
  };
  assert.deepEqual(sizes(await agrees({ ...setting, plugins: [touchingPairs({ union: { gap: 3 } })] })), [1]);
  assert.deepEqual(sizes(await outOf({ ...setting, plugins: [touchingPairs("any")] })), [0]);
});

Deno.test("rule 12: the union may only use rows below the common frontier", async () => {
  const setting = {
    a: { rows: [[1, 1]] as Rows, cuts: [1, 2], extent: [0, 20] as const },
    b: { rows: [[0, 0], [3, 3]] as Rows, cuts: [], extent: [0, 20] as const },
  };
  assert.deepEqual(sizes(await agrees({ ...setting, plugins: [touchingPairs({ union: { gap: 3 } })] })), [2]);
});

Deno.test("rule 13: halo and boundary hold together", async () => {
  const both = buildPlugin(
    "out",
    ["a"],
    { boundary: "sealed", halo: { left: 2, right: 4, by: "start" } },
    ({ own, rows, end }) => {
      assert.ok(own.every(({ e }) => e <= end), "a row reaches across the cut");
      return own.map((row) => ({
        ...row,
        c: rows(0).filter(({ t }) => row.t - 2 <= t && t < row.t + 4).length,
      }));
    },
  );
  const rows: Rows = [[0, 3], [2, 4], [5, 7], [7, 9], [12, 13], [15, 20], [22, 23]];
  await agrees({ a: { rows, cuts: [1, 3, 4, 5, 6, 8, 9, 12, 14, 16, 21] }, plugins: [both] });
});

Deno.test("rule 14: a halo plugin's output belongs to the stretch that it starts in", async () => {
  const earlier = buildPlugin(
    "out",
    ["a"],
    { halo: { left: 0, right: 2, by: "start" } },
    ({ rows }) => rows(0).map((row) => ({ ...row, t: row.t - 1 })),
  );
  const rows: Rows = [[3, 3], [22, 22], [25, 25]];
  assert.deepEqual(
    (await agrees({ a: { rows, cuts: [4, 22, 23, 25] }, plugins: [earlier] })).map(({ t }) => t),
    [2, 21, 24],
  );
});

Deno.test("rule 14: the first stretch keeps what starts before it, the last what starts behind it", async () => {
  const both = buildPlugin(
    "out",
    ["a"],
    { halo: { left: 3, right: 4, by: "start" } },
    ({ rows }) =>
      rows(0).flatMap((
        row,
      ) => [{ ...row, t: row.t - 3, c: 0 }, { ...row, t: row.t + 3, e: row.t + 3, c: 1 }]),
  );
  const setting = { a: { rows: [[0, 0], [9, 9]] as Rows, cuts: [1, 5, 9] }, plugins: [both] };
  assert.deepEqual((await agrees(setting)).map(({ t }) => t), [-3, 3, 6, 12]);
  assert.deepEqual((await run(setting)).out!.extent, [-3n, 13n]);
});

Deno.test("rule 15: a shift of the output adds to the halo", async () => {
  const rows: Rows = [[2, 2], [4, 4]];
  const name = "halo with a shift to the right";
  assert.deepEqual(await agrees({ a: { rows, cuts: [4] }, plugins: [make(name)] }), oracle(name, rows));
});

Deno.test("rule 16: the halo holds rows that touch it, not only those that start in it", async () => {
  const near = buildPlugin(
    "out",
    ["a"],
    { dataKind: "a", halo: { left: 3, right: 0 } },
    ({ own, rows }) =>
      own.map((row) => ({ ...row, v: rows(0).filter(({ t, e }) => t < row.e && e > row.t - 3).length })),
  );
  // [0, 4) starts 7 before the row at 7, but ends 3 before it.
  const rows: Rows = [[0, 5], [7, 8]];
  assert.deepEqual((await agrees({ a: { rows, cuts: [6, 7] }, plugins: [near] })).map(({ v }) => v), [1, 2]);
});

Deno.test("rule 16: the right halo begins at the end of the stretch's longest row", async () => {
  const rows: Rows = [[0, 2], [3, 3]];
  assert.deepEqual(
    await agrees({ a: { rows, cuts: [1, 3] }, plugins: [make("halo by touch")] }),
    oracle("halo by touch", rows),
  );
});

Deno.test("rule 17: the halo is a lower bound: a plugin that counts all rows it is given sees the chunking", async () => {
  const count = buildPlugin(
    "out",
    ["a"],
    { dataKind: "a", halo: { left: 1, right: 1 } },
    ({ own, rows }) => own.map((row) => ({ ...row, v: rows(0).length })),
  );
  const rows: Rows = [[0, 0], [3, 3]];
  assert.deepEqual((await outOf({ a: { rows, cuts: [] }, plugins: [count] })).map(({ v }) => v), [2, 1]);
  assert.deepEqual((await outOf({ a: { rows, cuts: [3] }, plugins: [count] })).map(({ v }) => v), [1, 1]);
});

Deno.test("rule 18: a loop needs no seal: few rows a call on rows without a gap", async () => {
  let most = 0;
  const loop = buildPlugin(
    "out",
    ["a", "b"],
    { dataKind: "a", halo: { left: 0, right: 0 } },
    ({ own, rows }) => {
      most = Math.max(most, rows(0).length + rows(1).length);
      return own.map((row) => ({ ...row, v: rows(1).filter(({ t }) => row.t <= t && t < row.e).length }));
    },
  );
  const bricks: Rows = Array.from({ length: 200 }, (_, k) => [2 * k, 2 * k + 2]);
  const cuts = Array.from({ length: 66 }, (_, k) => 6 * (k + 1));
  const rows = await agrees({
    a: { rows: bricks, cuts },
    b: { rows: bricks, cuts: cuts.map((t) => t + 1) },
    plugins: [loop],
  });
  assert.ok(rows.every(({ v }) => v === 1));
  most = 0;
  await outOf({ a: { rows: bricks, cuts }, b: { rows: bricks, cuts }, plugins: [loop] });
  assert.ok(most <= 12, `${most} rows in one call`);
});

Deno.test("rule 20: halo rows cross what would be a break", async () => {
  const rows: Rows = [[0, 0], [1000, 1000]];
  const far = buildPlugin(
    "out",
    ["a"],
    { dataKind: "a", halo: { left: 1000, right: 1001 } },
    ({ own, rows }) => own.map((row) => ({ ...row, v: rows(0).length })),
  );
  assert.deepEqual((await outOf({ a: { rows, cuts: [1, 500, 1000] }, plugins: [far] })).map(({ v }) => v), [
    2,
    2,
  ]);
});

Deno.test("rule 22: an output is not given before a row could still come before it", async () => {
  const early = buildPlugin(
    "out",
    ["a"],
    { reach: { left: 1 } },
    ({ own }) =>
      own.flatMap((row) => [{ ...row, t: row.t - 1 }, { ...row, t: row.t + 1, e: row.t + 1, c: 1 }]),
  );
  const rows = await agrees({ a: { rows: [[1, 1], [2, 2], [3, 3]], cuts: [2, 3] }, plugins: [early] });
  assert.deepEqual(rows.map(({ t }) => t), [0, 1, 2, 2, 3, 4]);
});

Deno.test("rule 23: the right reach plays no part: later rows wait for their chunk", async () => {
  const late = buildPlugin(
    "out",
    ["a"],
    { reach: { right: 1 } },
    ({ own }) => own.map((row) => ({ ...row, t: row.t + 20 - row.t, e: 30 })),
  );
  assert.equal(
    (await agrees({ a: { rows: [[1, 1], [4, 4], [8, 8]], cuts: [2, 5] }, plugins: [late] })).length,
    3,
  );
});

Deno.test("rule 24: a reach that is too short shows with a cut after every start, and names the row", async () => {
  const hits = buildPlugin(
    "out",
    ["a"],
    { reach: { left: 2 } },
    ({ own }) => own.map((row) => ({ ...row, t: row.t - 4 })),
  );
  const rows: Rows = [[0, 5], [4, 9], [6, 9]];
  assert.equal((await outOf({ a: { rows, cuts: [], extent: [-9, 9] }, plugins: [hits] })).length, 3);
  const cuts = cutAfterEveryStart({ a: tableOf("a", rows) }).a!.cuts.map(Number);
  await assert.rejects(run({ a: { rows, cuts }, plugins: [hits] }), {
    name: "PipelineError",
    plugin: "out",
    message:
      /A row of "out" starts at -4 ps, but all rows before -2 ps were given already: declare .*reach\.left/,
  });
});

Deno.test("rule 25: a stream starts reachLeft before its input and ends behind its last row", async () => {
  const wide = buildPlugin(
    "out",
    ["a"],
    { reach: { left: 3 } },
    ({ own }) => own.map((row) => ({ ...row, t: row.t + 7, e: row.t + 9 })),
  );
  for (const cuts of [[], [1], [1, 3, 4]]) {
    const { out } = await run({ a: { rows: [[0, 1], [3, 4]], cuts }, plugins: [wide] });
    assert.deepEqual(out!.extent, [-3n, 11n]);
  }
});

Deno.test("rule 25: times before the start of the run are legal", async () => {
  const rows: Rows = [[-7, -2], [-3, 1], [2, 3]];
  for (const name of ["gap clusters", "halo by touch", "events of fixed width", "windows by channel"]) {
    assert.deepEqual(
      await agrees({ a: { rows, cuts: [-6, -3, 0], extent: [-9, 4] }, plugins: [make(name)] }),
      oracle(name, rows),
    );
  }
});

Deno.test("rule 26: fixed windows on rows without a gap hold few rows", async () => {
  let most = 0;
  const events = make("events of fixed width");
  const counted: Plugin = {
    ...events,
    computeChunk(chunk, context) {
      most = Math.max(most, chunk.length);
      return events.computeChunk!(chunk, context);
    },
  };
  const bricks: Rows = Array.from({ length: 200 }, (_, k) => [k, k + 1]);
  const cuts = Array.from({ length: 66 }, (_, k) => 3 * (k + 1));
  const rows = await outOf({ a: { rows: bricks, cuts }, plugins: [counted] });
  assert.equal(rows.length, 40);
  assert.ok(most <= 11, `${most} rows in one call`);
});

Deno.test("rule 27: consumedUntil is for plugins that declare carryOver, and not before the stretch", async () => {
  const asks = (offset: number, more: Record<string, unknown>): Plugin =>
    buildPlugin("out", ["a"], more, ({ context, start }) => {
      (context as ComputeContext).consumedUntil(start + offset);
      return null;
    });
  const a = { rows: [[0, 0], [5, 5]] as Rows, cuts: [5] };
  await assert.rejects(
    run({ a, plugins: [asks(0, {})] }),
    /calls consumedUntil but does not declare carryOver/,
  );
  await assert.rejects(
    run({ a, plugins: [asks(-1, { carryOver: true })] }),
    /consumedUntil is -1 ps in the stretch \[0 \.\. 5\)/,
  );
  await assert.rejects(
    run({ a, plugins: [asks(0, { carryOver: true })] }),
    /the last one: everything must be consumed/,
  );
});

Deno.test("rule 28: a stateful plugin may hold rows back over many chunks", async () => {
  const rows: Rows = [[0, 0, 0], [1, 1, 0], [1, 1, 1], [3, 3, 0], [4, 4, 0], [6, 6, 1]];
  const name = "windows by channel";
  assert.deepEqual(
    await agrees({ a: { rows, cuts: [1, 2, 3, 4, 5] }, plugins: [make(name)] }),
    oracle(name, rows),
  );
});

Deno.test("rule 29: a break is measured from the cover of all earlier chunks", async () => {
  const name = "counter with reset";
  for (const rows of [[[0, 0], [4, 4]], [[0, 3], [1, 1], [5, 5]], [[0, 1], [5, 5], [9, 9]]] as Rows[]) {
    for (const cuts of [[], [1], [2, 5]]) {
      assert.deepEqual(await outOf({ a: { rows, cuts }, plugins: [make(name)] }), oracle(name, rows));
    }
  }
});

Deno.test("rule 30: segments are those of the plugin's own inputs: a filter upstream makes more", async () => {
  const filter = buildPlugin("few", ["a"], {}, ({ own }) => own.filter(({ c }) => c === 0));
  const counter = shape("counter with reset").make("out", ["few"], (type) => type);
  const rows: Rows = [[0, 0, 0], [3, 3, 1], [6, 6, 0], [7, 7, 0]];
  assert.deepEqual(
    (await agrees({ a: { rows, cuts: [1, 3, 6] }, plugins: [filter, counter] })).map(({ v }) => v),
    [0, 0, 1],
  );
});

Deno.test("rule 30: with several inputs the union breaks, or the one that is named", async () => {
  const a: Rows = [[0, 0], [10, 10]], b: Rows = Array.from({ length: 12 }, (_, k) => [k, k + 1]);
  const setting = { a: { rows: a, cuts: [5] }, b: { rows: b, cuts: [3, 7] } };
  const union = await agrees({ ...setting, plugins: [make("counter with breaks of the union", ["a", "b"])] });
  assert.deepEqual(union.map(({ v }) => v), [0, 1]);
  const named = buildPlugin("out", ["a", "b"], {
    dataKind: "a",
    stateful: { breakInput: "a" },
    initialState: () => ({ n: 0 }),
    options: { breakThresholdPs: make("counter with reset").options.breakThresholdPs },
  }, ({ own, context }) => own.map((row) => ({ ...row, v: (context.state as { n: number }).n++ })));
  assert.deepEqual((await agrees({ ...setting, plugins: [named] })).map(({ v }) => v), [0, 0]);
});

Deno.test("rule 30: state without reset is never lost", async () => {
  const rows: Rows = [[0, 0], [1000, 1000], [2000, 2000]];
  const given = await agrees({ a: { rows, cuts: [1, 500, 1500] }, plugins: [make("counter without reset")] });
  assert.deepEqual(given.map(({ v }) => v), [0, 1, 2]);
});

Deno.test("rule 31: a limit on the span is part of the plugin and the same for every chunking", async () => {
  const name = "clusters of limited span";
  const bricks: Rows = Array.from({ length: 40 }, (_, k) => [k, k + 2]);
  assert.deepEqual(
    await agrees({ a: { rows: bricks, cuts: [1, 2, 9, 17, 18] }, plugins: [make(name)] }),
    oracle(name, bricks),
  );
});

Deno.test("rule 35: adjacent ranges together are the whole", async () => {
  const rows: Rows = [[0, 10], [4, 6], [5, 5], [9, 12]];
  const given = async (timeRange: readonly [number, number]) =>
    await outOf({ a: { rows, cuts: [3, 5] }, plugins: [make("halo by touch")], timeRange });
  const whole = await outOf({ a: { rows, cuts: [] }, plugins: [make("halo by touch")] });
  assert.deepEqual([...await given([0, 5]), ...await given([5, 13])], whole);
});

Deno.test("rule 36: left and right of a reach change places", async () => {
  const name = "reach right";
  const rows: Rows = [[0, 3], [4, 9]];
  const expected = oracle(name, rows);
  for (let x = 0; x < 9; x++) {
    const part = await outOf({ a: { rows, cuts: [3] }, plugins: [make(name)], timeRange: [x, x + 1] });
    assert.deepEqual(part, expected.filter(({ t }) => t === x));
  }
});

Deno.test("rule 36: a halo by touch is read as far as the longest row reaches", async () => {
  const rows: Rows = [[0, 3], [3, 6]];
  const name = "halo by touch";
  assert.deepEqual(
    await outOf({ a: { rows, cuts: [1] }, plugins: [make(name)], timeRange: [0, 1] }),
    oracle(name, rows).slice(0, 1),
  );
  assert.deepEqual(
    await outOf({ a: { rows, cuts: [1] }, plugins: [make(name)], timeRange: [3, 4] }),
    oracle(name, rows).slice(1),
  );
});

Deno.test("rule 36: a stateful plugin starts where its state does", async () => {
  const rows: Rows = [[0, 0], [1, 1], [2, 2], [3, 3]];
  const given = await outOf({
    a: { rows, cuts: [2] },
    plugins: [make("counter with reset")],
    timeRange: [2, 4],
  });
  assert.deepEqual(given.map(({ v }) => v), [2, 3]);
});

Deno.test("rule 36: events of a range have all their rows", async () => {
  const rows: Rows = [[0, 0], [4, 4], [7, 7]];
  const name = "events of fixed width";
  const given = await outOf({ a: { rows, cuts: [1, 4] }, plugins: [make(name)], timeRange: [0, 1] });
  assert.deepEqual(given, oracle(name, rows).slice(0, 1));
});

Deno.test("rule 36: types of one kind are cut alike for a range, though only one knows its longest row", async () => {
  const same = shape("row by row").make("same", ["a"], (type) => type);
  const loop = shape("loop by containment").make("out", ["b", "a"], (type) => type);
  const both: Plugin = { ...loop, dependsOn: ["b", "a", "same"] };
  const setting = {
    a: { rows: [[0, 9], [1, 2], [6, 7], [20, 21]] as Rows, cuts: [3, 6] },
    b: { rows: [[0, 4], [5, 8], [19, 25]] as Rows, cuts: [4] },
    plugins: [same, both],
  };
  const whole = await outOf(setting);
  for (let x = 0; x < 20; x++) {
    assert.deepEqual(
      await outOf({ ...setting, timeRange: [x, x + 3] }),
      whole.filter(({ t }) => x <= t && t < x + 3),
    );
  }
});

Deno.test("rule 37: what a node makes outside its range is not shown", async () => {
  const wide = buildPlugin(
    "wide",
    ["a"],
    { halo: { left: 0, right: 6 } },
    ({ own, rows }) =>
      own.map((row) => ({
        ...row,
        e: Math.max(...rows(0).filter(({ t }) => t < row.e + 6).map(({ e }) => e)),
      })),
  );
  const loop = buildPlugin("out", ["wide"], {}, ({ own }) => own);
  const rows: Rows = [[0, 3], [1, 2], [5, 9], [14, 15]];
  for (const cuts of [[], [1, 2], [5]]) {
    const given = await outOf({ a: { rows, cuts }, plugins: [wide, loop], timeRange: [1, 2] });
    assert.deepEqual(given.map(({ t, e }) => [t, e]), [[1, 9]]);
  }
});

Deno.test("rule 38: a range without a known right end stops by the watermark", async () => {
  let read = 0;
  const rows: Rows = Array.from({ length: 100 }, (_, k) => [10 * k, 10 * k + 1]);
  const watched = buildPlugin("out", ["a"], { boundary: { gap: 3 } }, ({ own }) => {
    read += own.length;
    return own;
  });
  const cuts = Array.from({ length: 99 }, (_, k) => 10 * (k + 1));
  const given = await outOf({ a: { rows, cuts }, plugins: [watched], timeRange: [20, 31] });
  assert.deepEqual(given.map(({ t }) => t), [20, 30]);
  assert.ok(read < 10, `${read} rows were computed`);
});

Deno.test("rule 39: a cluster that began before the range is whole", async () => {
  const rows: Rows = [[0, 1], [3, 3], [5, 6], [30, 31]];
  const given = await outOf({ a: { rows, cuts: [1, 2, 4] }, plugins: [gapClusters(3)], timeRange: [0, 1] });
  assert.deepEqual(sizes(given), [3]);
  assert.deepEqual(
    await outOf({ a: { rows, cuts: [1, 2, 4] }, plugins: [gapClusters(3)], timeRange: [3, 6] }),
    [],
  );
});
