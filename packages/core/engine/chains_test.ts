// Plugins that are computed together, as one stage: the same results as one by one.

import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { defineMerge, definePlugin } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { cutSource, runTrial } from "../testing/_trial.ts";
import { uncut } from "../testing/_cutting.ts";
import { model, tableOf } from "./_harness_testing.ts";
import { buildPlugin, type Row } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";

type Rows = readonly (readonly [t: number, e: number, c?: number])[];

/** The rows of the last plugin, and which plugins were computed together. */
async function chain(
  rows: Rows,
  cuts: number[],
  plugins: Plugin[],
  target = "out",
): Promise<{ rows: Row[]; stages: string[] }> {
  const table = tableOf("a", rows);
  const { a } = uncut({ a: table });
  const cutting = { extent: a!.extent, cuts: cuts.map(BigInt) };
  const ctx = new Context();
  ctx.register(cutSource("a", table, cutting), ...plugins);
  const stages = (await ctx.plan("run", target)).stages.map((names) => names.join("+"));
  const outcome = await runTrial({
    plugins,
    tables: { a: table },
    cuttings: { a: cutting },
    targets: [target],
    ordered: () => false,
  });
  return { rows: model(target, outcome[target]!.rows), stages };
}

const shape = (name: string) => SHAPES.find((s) => s.name === name)!;

Deno.test("a chain keeps rows that start behind their stretch when a plugin with a halo comes first", async () => {
  const smooth = shape("halo by touch").make("smooth", ["a"], () => "a");
  const late = buildPlugin(
    "out",
    ["smooth"],
    {},
    ({ own }) => own.map((row) => ({ ...row, t: row.t + 5, e: row.e + 5 })),
  );
  const rows: Rows = [[0, 1], [4, 5], [8, 9]];
  const cut = await chain(rows, [2, 5, 7], [smooth, late]);
  assert.ok(cut.stages.includes("smooth+out"), `computed together: ${cut.stages}`);
  assert.deepEqual(cut.rows.map(({ t }) => t), [5, 9, 13]);
});

Deno.test("a chain puts rows in order between its plugins", async () => {
  const backwards = buildPlugin(
    "back",
    ["a"],
    { reach: { left: 0, right: 0 } },
    ({ own }) => own.toReversed(),
  );
  const number = buildPlugin(
    "out",
    ["back"],
    { dataKind: "back" },
    ({ own }) => own.map((row, i) => ({ ...row, v: i })),
  );
  const rows: Rows = [[0, 1], [0, 4], [3, 5], [6, 8]];
  const whole = await chain(rows, [], [backwards, number]);
  assert.ok(whole.stages.includes("back+out"), `computed together: ${whole.stages}`);
  assert.deepEqual(whole.rows.map(({ t, e, v }) => [t, e, v]), [[0, 1, 0], [0, 4, 1], [3, 5, 2], [6, 8, 3]]);
});

Deno.test("a chain behind a merge checks that rows of a kind are there", async () => {
  const plain = (name: string, given: (own: Row[]) => Row[] | null, type = "a") =>
    buildPlugin(name, [type], { dataKind: "a" }, ({ own }) => given(own));
  const merged = defineMerge({ provides: "both", dependsOn: ["a", "x"] });
  const last = definePlugin({
    provides: "out",
    dependsOn: ["both"],
    version: "1",
    schema: { time: "time", n: "i32" },
    dataKind: "a",
    computeChunk: () => null,
  });
  await assert.rejects(chain([[0, 1], [3, 4]], [2], [plain("x", (own) => own), merged, last]), {
    name: "PipelineError",
    plugin: "out",
    message: /"out" has no rows for \d of its kind/,
  });
});

Deno.test("a chain behind a plugin with the kind of its second input and a halo has rows of its stretch alone", async () => {
  // Its chunk of "b" holds halo rows, which it has to give a row for.
  const ofSecond = buildPlugin(
    "second",
    ["a", "b"],
    { dataKind: "b", halo: { left: 3, right: 3 } },
    ({ rows }) => rows(1),
  );
  const last = buildPlugin("out", ["second"], { dataKind: "b" }, ({ own }) => own);
  const tables = { a: tableOf("a", [[0, 1], [9, 10]]), b: tableOf("b", [[1, 2], [4, 5], [6, 7]]) };
  for (const cuts of [[], [3n], [2n, 4n, 5n]]) {
    const { out } = await runTrial({
      plugins: [ofSecond, last],
      tables,
      cuttings: { a: { extent: [0n, 10n], cuts }, b: { extent: [0n, 10n], cuts } },
      targets: ["out"],
    });
    assert.deepEqual(out!.rows.map(({ time }) => time), [1n, 4n, 6n]);
  }
});

Deno.test("a row behind its stretch is the fault of the plugin that said it would give none", async () => {
  const wrong = buildPlugin(
    "wrong",
    ["a"],
    { reach: { left: 0, right: 0 } },
    ({ own }) => own.map((row) => ({ ...row, t: row.t + 3, e: row.e + 3 })),
  );
  const last = buildPlugin("out", ["wrong"], { dataKind: "wrong" }, ({ own }) => own);
  await assert.rejects(chain([[0, 1], [3, 4]], [2], [wrong, last]), {
    name: "PipelineError",
    plugin: "wrong",
    message: /"wrong" starts at 3 ps, outside .*reach\.right/,
  });
});

Deno.test("key columns are there for rows of the kind of a second input", async () => {
  const keys = definePlugin({
    provides: "out",
    dependsOn: ["a", "b"],
    version: "1",
    schema: { time: "time", endtime: "time", channel: "i16", v_out: "f64" },
    dataKind: "b",
    computeChunk(_, { emit, inputs }) {
      const out = emit(inputs.b!.length);
      out.columns.v_out.fill(1);
      return out;
    },
  });
  const tables = { a: tableOf("a", [[0, 1], [9, 10]]), b: tableOf("b", [[1, 2, 5], [4, 5, 6], [6, 7, 7]]) };
  for (const cuts of [[], [3n], [2n, 4n, 5n]]) {
    const { out } = await runTrial({
      plugins: [keys],
      tables,
      cuttings: { a: { extent: [0n, 10n], cuts }, b: { extent: [0n, 10n], cuts } },
      targets: ["out"],
    });
    assert.deepEqual(out!.rows.map(({ channel }) => channel), [5, 6, 7]);
  }
});
