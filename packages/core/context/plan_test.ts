import assert from "node:assert/strict";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { StreamingPlugin } from "../plugin/classes.ts";
import { copyOf } from "../plugin/copy_of.ts";
import { defineMerge, definePlugin } from "../plugin/define.ts";
import type { InputInfo, Plugin } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { Context } from "./context.ts";
import type { Lineage } from "./lineage.ts";

const rows = Table.from(schema({ time: "time", height: "f32" }), { time: [0n, 5n], height: [1, 2] });

function plugin(provides: string, dependsOn: string | readonly string[], more: object = {}): Plugin {
  const spec = {
    provides,
    dependsOn: typeof dependsOn === "string" ? [dependsOn] : dependsOn,
    version: "1",
    schema: { time: "time", [`v_${provides}`]: "f32" },
    computeChunk: () => null,
    ...more,
  };
  return definePlugin(spec as unknown as Parameters<typeof definePlugin>[0]);
}

function contextOf(...plugins: Plugin[]): Context {
  return new Context().register(tableSource("a", rows), ...plugins);
}

const stages = async (target: string, ...plugins: Plugin[]) =>
  (await contextOf(...plugins).plan("run", target)).stages.map((names) => names.join("+"));

const row = { dataKind: "a" };

Deno.test("plan() puts a row-by-row chain into one stage", async () => {
  assert.deepEqual(await stages("z", plugin("x", "a", row), plugin("y", "x", row), plugin("z", "y")), [
    "a",
    "x+y+z",
  ]);
});

Deno.test("plan() divides stages at state, halo, boundaries, reach, carry-over and a size of its own", async () => {
  const divides: object[] = [
    { stateful: true, ...row },
    { halo: { left: 1, right: 1 }, ...row },
    { boundary: "sealed", ...row },
    { reach: { left: 1 } },
    { carryOver: true },
    { chunkSize: 10, ...row },
    { parallel: false, ...row },
  ];
  for (const more of divides) {
    assert.deepEqual(
      await stages("y", plugin("x", "a", row), plugin("y", "x", more)),
      ["a", "x", "y"],
      JSON.stringify(more),
    );
  }
});

Deno.test("plan() divides stages behind rows that may start later", async () => {
  assert.deepEqual(await stages("y", plugin("x", "a"), plugin("y", "x")), ["a", "x", "y"]);
  assert.deepEqual(await stages("y", plugin("x", "a", { reach: { left: 0, right: 0 } }), plugin("y", "x")), [
    "a",
    "x+y",
  ]);
});

Deno.test("plan() says what is unknown, who needs it and what is near", async () => {
  const ctx = contextOf(plugin("x", "records"));
  await assert.rejects(ctx.plan("run", "x"), {
    name: "RangeError",
    message: /No plugin provides "records", which "x" needs.*there are a, x/,
  });
  await assert.rejects(ctx.plan("run", []), { name: "RangeError", message: /name at least one/ });
});

Deno.test("plan() refuses plugins that depend on each other", async () => {
  const ctx = contextOf(plugin("x", "z"), plugin("y", "x"), plugin("z", "y"));
  await assert.rejects(ctx.plan("run", "x"), { name: "RangeError", message: /x needs z needs y needs x/ });
});

Deno.test("plan() checks the columns that are needed", async () => {
  const wants = (type: string) => plugin("x", "a", { needs: { a: { height: type } } });
  await contextOf(wants("f32")).plan("run", "x");
  await assert.rejects(contextOf(wants("f64")).plan("run", "x"), {
    name: "RangeError",
    message: /needs column "height" \(f64\) of "a": it is f32/,
  });
  await assert.rejects(
    contextOf(plugin("x", "a", { needs: { a: { width: "f32" } } })).plan("run", "x"),
    /there are only time, height/,
  );
});

Deno.test("plan() refuses to merge different kinds, and columns that two have", async () => {
  const merge = defineMerge({ provides: "m", dependsOn: ["x", "y"] });
  await assert.rejects(
    contextOf(plugin("x", "a", row), plugin("y", "a"), merge).plan("run", "m"),
    /cannot merge types of different kinds: "x" is of kind "a", "y" is of kind "y"/,
  );
  const same = (name: string) => plugin(name, "a", { ...row, schema: { time: "time", v: "f32" } });
  await assert.rejects(
    contextOf(same("x"), same("y"), merge).plan("run", "m"),
    /cannot merge "x" and "y": both have a column "v"/,
  );
});

const hashOf = async (ctx: Context, type = "x") => (await ctx.plan("run", type)).step(type).hashes[type];

Deno.test("the lineage holds versions, tracked options and the input, not how a run is done", async () => {
  const options = {
    threshold: option.number({ default: 5, help: "Lowest height" }),
    threads: option.integer({ default: 1, track: false, help: "Threads" }),
  };
  const make = (more: object = {}) => contextOf(plugin("x", "a", { options, ...more }));
  const base = await hashOf(make());
  assert.equal(await hashOf(make()), base);
  assert.equal(
    await hashOf(make({ chunkSize: 10, parallel: false, maxWorkers: 3, timeout: 5, help: "Other words" })),
    base,
  );
  assert.equal(await hashOf(make().setConfig({ "x.threads": 8 })), base);
  assert.equal(await hashOf(make().setConfig({ "x.threshold": 5 })), base);
  assert.notEqual(await hashOf(make().setConfig({ "x.threshold": 6 })), base);
  assert.notEqual(await hashOf(make({ version: "2" })), base);
  const other = Table.from(schema({ time: "time", height: "f32" }), { time: [0n, 5n], height: [1, 3] });
  assert.notEqual(
    await hashOf(new Context().register(tableSource("a", other), plugin("x", "a", { options }))),
    base,
  );
});

Deno.test("the lineage of a stateful plugin holds its break threshold, of whatever depends on it too", async () => {
  const make = () => contextOf(plugin("s", "a", { stateful: true }), plugin("x", "s"));
  assert.notEqual(await hashOf(make().setConfig({ breakThresholdPs: 7 })), await hashOf(make()));
});

Deno.test("options of one run are over those of the context, and leave them", async () => {
  const options = { threshold: option.number({ default: 5, help: "Lowest height" }) };
  const ctx = contextOf(plugin("x", "a", { options })).setConfig({ "x.threshold": 6 });
  const value = async (config?: Record<string, unknown>) =>
    (await ctx.plan("run", "x", config ? { config } : {})).step("x").options.threshold;
  assert.equal(await value({ "x.threshold": 9 }), 9);
  assert.equal(await value(), 6);
  await assert.rejects(value({ "x.treshold": 9 }), /run options/);
});

Deno.test("a plan prints what is computed, in order, and options that were set with their source", async () => {
  const options = { threshold: option.number({ default: 5, help: "Lowest height" }) };
  const ctx = contextOf(plugin("x", "a", { options, ...row }), plugin("y", "x")).setConfig({
    "x.threshold": 7,
  }, "--set");
  const text = (await ctx.plan("run_7", "y")).toString();
  assert.match(text, /^Run "run_7": y \(executor: inline\)/);
  assert.match(text, /fused: x > y/);
  assert.match(text, /threshold = 7 \(--set\)/);
  assert.ok(
    text.indexOf("  a (source)") < text.indexOf("  x from a") &&
      text.indexOf("  x from a") < text.indexOf("  y from x"),
  );
});

Deno.test("plan() refuses option values that contradict each other, saying which are set and where", async () => {
  const options = {
    low: option.number({ default: 1, help: "Lowest" }),
    high: option.number({ default: 2, help: "Highest" }),
  };
  const checkOptions = ({ low, high }: { low: number; high: number }) =>
    low < high ? undefined : `low is ${low} and high is ${high}`;
  const made = plugin("x", "a", { options, checkOptions });
  const refused = (ctx: Context, message: RegExp) =>
    assert.rejects(ctx.plan("run", "x"), { name: "RangeError", message });
  assert.equal((await contextOf(made).plan("run", "x")).steps.length, 2);
  await refused(
    contextOf(made).setConfig({ "x.low": 3 }, "--set"),
    /^Cannot run "x": its options contradict each other: low is 3 and high is 2; set are "x\.low" \(--set\)$/,
  );
  await refused(
    contextOf(plugin("x", "a", { options, checkOptions: () => "never right" })),
    /contradict each other: never right$/,
  );
  class Checked extends StreamingPlugin {
    override readonly provides = "x";
    override readonly dependsOn = ["a"];
    override readonly schema = { time: "time" } as const;
    override options = options;
    override checkOptions(values: Readonly<Record<string, unknown>>): string | undefined {
      return values.low === 5 ? "five is too much" : undefined;
    }
    override computeChunk() {
      return null;
    }
  }
  const ctx = new Context().register(tableSource("a", rows), new Checked()).setConfig({ low: 5 });
  await refused(ctx, /contradict each other: five is too much; set are "low" \(script\)$/);
});

Deno.test("plan() refuses inputs that a plugin says are wrong, from their kinds and lineages and its own options", async () => {
  const options = { low: option.number({ default: 1, help: "Lowest" }) };
  const seen: unknown[] = [];
  const below = plugin("x", "a", { options });
  const above = plugin("y", "x", {
    options,
    checkInputs: ({ x }: Record<string, InputInfo>, own: Lineage["options"]) => {
      seen.push([x!.dataKind, x!.lineage.plugin, Object.keys(x!.lineage.dependsOn)]);
      return x!.lineage.options.low === own.low ? undefined : `low is ${own.low} here`;
    },
  });
  assert.equal((await contextOf(below, above).plan("run", "y")).steps.length, 3);
  assert.deepEqual(seen, [["x", "x", ["a"]]]);
  await contextOf(below, above).setConfig({ low: 3 }).plan("run", "y");
  await assert.rejects(contextOf(below, above).setConfig({ "y.low": 3 }).plan("run", "y"), {
    name: "RangeError",
    message: 'Cannot run "y": low is 3 here',
  });
});

Deno.test("plan() tells by what name a data type of another program is known here", async () => {
  const made = plugin("x", "a", { knownAs: ["df_x"] });
  await assert.rejects(contextOf(made).plan("run", "df_x"), {
    message: 'No plugin provides "df_x"; did you mean "x"? There are a, x',
  });
  await assert.rejects(contextOf(made, copyOf(made, "y")).plan("run", "df_x"), /did you mean "x"\? There/);
  await assert.rejects(
    contextOf(plugin("z", "df_x"), made).plan("run", "z"),
    /which "z" needs; did you mean "x"/,
  );
});
