// The counterexamples of the rules of stream semantics, one by one: time ranges (rules 35 to 39).

import assert from "node:assert/strict";
import type { Plugin } from "../plugin/plugin.ts";
import { buildPlugin } from "./_model_testing.ts";
import { gapClusters, make, oracle, outOf, type Rows, shape, sizes } from "./_rules_testing.ts";

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
