import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { definePlugin, defineSource, withOptions } from "./define.ts";
import type { Plugin } from "./plugin.ts";
import { tableSource } from "./table_source.ts";

const source = (name: string, time: bigint) =>
  tableSource(name, Table.from(schema({ time: "time" }), { time: [time] }));

const either = (reads: ((options: { smooth: boolean }) => readonly string[]) | undefined): Plugin =>
  definePlugin({
    provides: "either",
    dependsOn: ["raw", "smooth"],
    reads: reads as never,
    needs: { raw: { time: "time" }, smooth: { time: "time" } },
    version: "1",
    schema: { time: "time", n: "f64" },
    options: { smooth: option.boolean({ default: false, help: "Which" }) },
    columnHelp: { n: ["rows", "of the chunk"] },
    computeChunk(chunk, { emit }) {
      const out = emit(chunk.length);
      chunk.columns.time.forEach((time, i) => {
        out.columns.time[i] = time;
        out.columns.n[i] = chunk.length;
      });
      return out;
    },
  });

const choosing = either(({ smooth }) => [smooth ? "smooth" : "raw"]);

Deno.test("a plugin reads the input that its options choose, and the plan has no other", async () => {
  for (const [smooth, time, type] of [[false, 5n, "raw"], [true, 9n, "smooth"]] as const) {
    await using ctx = new Context({ config: { "either.smooth": smooth } });
    ctx.register(source("raw", 5n), source("smooth", 9n), choosing);
    assert.deepEqual((await ctx.getData("run", "either")).rows(), [{ time, n: 1 }]);
    const plan = await ctx.plan("run", "either");
    assert.deepEqual(plan.steps.map(({ plugin }) => plugin.name), [type, "either"]);
    assert.deepEqual(plan.step("either").plugin.dependsOn, [type]);
  }
});

Deno.test("the lineage follows the input that the options choose", async () => {
  const hash = async (smooth: boolean) => {
    await using ctx = new Context({ config: { "either.smooth": smooth } });
    ctx.register(source("raw", 5n), source("smooth", 5n), choosing);
    return (await ctx.plan("run", "either")).step("either").hashes.either;
  };
  assert.notEqual(await hash(true), await hash(false));
});

Deno.test("withOptions() refuses an input that the plugin does not depend on, and none", () => {
  assert.throws(
    () => withOptions(either(() => ["other"]), { smooth: true }),
    /RangeError: Plugin "either" reads "other": it depends on raw, smooth/,
  );
  assert.throws(() => withOptions(either(() => []), { smooth: true }), /RangeError: .* reads nothing/);
  assert.deepEqual(withOptions(either(undefined), { smooth: true }).dependsOn, ["raw", "smooth"]);
});

Deno.test("columnHelp says what columns hold, those of key columns are known, others are refused", () => {
  assert.deepEqual(choosing.columnHelp, {
    time: { unit: "ps", help: "start, from the start of the run" },
    n: { unit: "rows", help: "of the chunk" },
  });
  assert.throws(
    () =>
      definePlugin({
        provides: "a",
        dependsOn: ["b"],
        version: "1",
        schema: { time: "time" },
        columnHelp: { height: ["ADC", "height"] },
        computeChunk: () => null,
      }),
    /columnHelp names "height", which is no column of it/,
  );
});

Deno.test("stateless is for stateful plugins without flush", () => {
  const spec = {
    provides: "a",
    dependsOn: ["b"],
    version: "1",
    schema: { time: "time" },
    computeChunk: () => null,
  } as const;
  const stateless = () => true;
  assert.throws(() => definePlugin({ ...spec, stateless }), /TypeError: .*stateless is for stateful plugins/);
  assert.throws(
    () => definePlugin({ ...spec, stateful: true, stateless, flush: () => null }),
    /without flush/,
  );
  const plugin = definePlugin({ ...spec, stateful: true, stateless });
  assert.deepEqual([plugin.stateful, withOptions(plugin, {}).stateful], [{}, undefined]);
});

Deno.test("what a plugin cannot say is refused, with what may have been meant", () => {
  const spec = {
    provides: "out",
    dependsOn: ["a"],
    version: "1",
    schema: { time: "time" },
    computeChunk: () => null,
  } as const;
  const cases: readonly [object, RegExp][] = [
    [
      { ...spec, statefull: true },
      /^Cannot define plugin "out": it has no "statefull"; did you mean "stateful"/,
    ],
    [
      { ...spec, resetOnBreak: false },
      /^Cannot define plugin "out": it has no "resetOnBreak"; say stateful: \{ resetOnBreak/,
    ],
    [
      { ...spec, stateful: { chekpoint: true } },
      /^Cannot define plugin "out": stateful has no "chekpoint"; did you mean "checkpoint"/,
    ],
  ];
  for (const [given, message] of cases) {
    assert.throws(() => definePlugin(given as typeof spec), { name: "TypeError", message });
  }
  const source = {
    ...spec,
    dependsOn: [],
    read: async function* () {},
    fingerprint: () => Promise.resolve(1),
  };
  assert.throws(() => defineSource(source as never), /it has no "dependsOn"|it has no "computeChunk"/);
});
