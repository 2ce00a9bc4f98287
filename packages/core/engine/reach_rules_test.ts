// The counterexamples of the rules of stream semantics, one by one: halos, reaches, and what waits for its chunk (rules 14 to 25).

import assert from "node:assert/strict";
import { cutAfterEveryStart } from "../testing/_cutting.ts";
import { tableOf } from "./_harness_testing.ts";
import { buildPlugin } from "./_model_testing.ts";
import { agrees, type Input, make, oracle, outOf, type Rows, run } from "./_rules_testing.ts";

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

Deno.test("rule 23: where no reach to the right is declared, later rows wait for their chunk", async () => {
  const late = buildPlugin("out", ["a"], {}, ({ own }) => own.map((row) => ({ ...row, t: 20, e: 30 })));
  assert.equal(
    (await agrees({ a: { rows: [[1, 1], [4, 4], [8, 8]], cuts: [2, 5] }, plugins: [late] })).length,
    3,
  );
});

Deno.test("rule 23: a row further behind all of its stretch than the declared reach is an error", async () => {
  const late = (right: number) =>
    buildPlugin(
      "out",
      ["a"],
      { reach: { right } },
      ({ own }) => own.map((row) => ({ ...row, t: 20, e: 30 })),
    );
  const a: Input = { rows: [[1, 1], [4, 4], [8, 8]], cuts: [2, 5] };
  assert.equal((await outOf({ a, plugins: [late(19)] })).length, 3);
  await assert.rejects(run({ a, plugins: [late(18)] }), {
    name: "PipelineError",
    plugin: "out",
    chunkIndex: 0,
    start: 0n,
    end: 2n,
    message:
      /A row of "out" starts at 20 ps, more than reach\.right \(18 ps\) behind all rows .* before 2 ps: declare/,
  });
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

Deno.test("rule 24: a row before its stretch is an error of the plugin that made it, whatever its kind", async () => {
  const early = (name: string, type: string, more: Record<string, unknown> = {}) =>
    buildPlugin(
      name,
      [type],
      more,
      ({ own }) => own.map((row) => ({ ...row, t: row.t - 3 })),
      more.stateful ? () => [] : undefined,
    );
  const same = make("row by row", ["a"]);
  const a: Input = { rows: [[4, 5], [6, 7], [8, 9]], cuts: [5, 7] };
  const before = (advice: string) => ({
    name: "PipelineError",
    plugin: "late",
    chunkIndex: 1,
    start: 5n,
    end: 7n,
    message: new RegExp(
      `A row of "late" starts at 3 ps, but all rows before 5 ps were given already: ${advice}`,
    ),
  });
  const kinds: [Record<string, unknown>, string][] = [
    [{}, "declare .*reach\\.left"],
    [{ reach: { right: 2 } }, "declare .*reach\\.left"],
    [{ carryOver: true }, "call consumedUntil with .*reach\\.left"],
    [{ stateful: { resetOnBreak: false }, initialState: () => ({}) }, "call hold with .*reach\\.left"],
  ];
  for (const [more, advice] of kinds) {
    const setting = { a: { ...a, extent: [0, 9] as const }, targets: ["late"] };
    await assert.rejects(run({ ...setting, plugins: [early("late", "a", more)] }), before(advice));
    await assert.rejects(run({ ...setting, plugins: [same, early("late", "out", more)] }), before(advice));
  }
});

Deno.test("rule 24: in a chain the last plugin's own reach is what counts", async () => {
  const same = make("row by row", ["a"]);
  const late = (right: number) =>
    buildPlugin(
      "late",
      ["out"],
      { reach: { right } },
      ({ own }) => own.map((row) => ({ ...row, t: row.t + 4, e: 99 })),
    );
  const setting = { a: { rows: [[0, 1], [2, 3]] as Rows, cuts: [1] }, targets: ["late"] };
  assert.deepEqual((await run({ ...setting, plugins: [same, late(4)] })).late!.rows.length, 2);
  await assert.rejects(run({ ...setting, plugins: [same, late(3)] }), {
    plugin: "late",
    start: 0n,
    end: 1n,
    message: /starts at 4 ps, more than reach\.right \(3 ps\) behind/,
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
