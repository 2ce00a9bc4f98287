// The counterexamples of the rules of stream semantics, one by one: rows, their order, and where they may be cut (rules 1 to 13).

import assert from "node:assert/strict";
import type { Plugin } from "../plugin/plugin.ts";
import { option } from "../options/option.ts";
import { defineMerge, definePlugin } from "../plugin/define.ts";
import { buildPlugin } from "./_model_testing.ts";
import {
  agrees,
  clustersOf,
  gapClusters,
  make,
  oracle,
  outOf,
  type Rows,
  run,
  sizes,
} from "./_rules_testing.ts";

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
