// The counterexamples of the rules of stream semantics, one by one: rows that come again, state and segments (rules 26 to 31).

import assert from "node:assert/strict";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";
import { buildPlugin } from "./_model_testing.ts";
import { agrees, make, oracle, outOf, type Rows, run, shape } from "./_rules_testing.ts";

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
    /consumedUntil is -1 ps in the stretch \[0 ps \.\. 5 ps\)/,
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
