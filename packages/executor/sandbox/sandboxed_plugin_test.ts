import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import type { PipelineError } from "@millrace/core/errors";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { moduleOf, vendor } from "./_vendor_testing.ts";
import { sandboxedPlugin } from "./mod.ts";

const N = 100;
const rows = Table.from(schema({ time: "time" }), { time: Array.from({ length: N }, (_, k) => BigInt(k)) });
const doubled = Array.from({ length: N }, (_, k) => 2 * k);

for (const type of [undefined, "inline", "thread", "process"] as const) {
  Deno.test(`sandboxedPlugin() gives what the plugin gives, with ${type ?? "no"} executor`, async () => {
    await using vendored = await vendor({ "mod.ts": moduleOf() });
    await using plugin = await sandboxedPlugin(vendored, { maxWorkers: 2 });
    await using manager = new ExecutorManager({ defaultType: type ?? "inline", defaultWorkers: 2 });
    await using ctx = new Context(type === undefined ? {} : { executor: manager });
    ctx.register(tableSource("rows", rows), plugin);
    const data = await ctx.getData("run_1", "doubled", { chunkSize: 10 });
    assert.deepEqual([...data.get("value", "f64")], doubled);
    const plan = await ctx.plan("run_1", "doubled");
    assert.equal(plan.step("doubled").lineages.doubled!.manifest, vendored.manifestHash);
    assert.ok(plugin.pids().length <= 2);
  });
}

Deno.test("another manifest is another lineage", async () => {
  await using vendored = await vendor({ "mod.ts": moduleOf() });
  const hashes = new Set<string>();
  for (const digit of ["1", "2", "1"]) {
    await using plugin = await sandboxedPlugin({ ...vendored, manifestHash: digit.repeat(64) });
    await using ctx = new Context();
    ctx.register(tableSource("rows", rows), plugin);
    hashes.add((await ctx.plan("run_1", "doubled")).step("doubled").hashes.doubled!);
  }
  assert.equal(hashes.size, 2);
});

Deno.test("one plugin's end leaves the others' runs alone", async () => {
  await using bad = await vendor({ "mod.ts": moduleOf({ inside: "if (chunk.start > 30n) Deno.exit(1);" }) });
  await using good = await vendor({
    "mod.ts": moduleOf({ inside: "await new Promise((ok) => setTimeout(ok, 20));" }),
  });
  await using ended = await sandboxedPlugin({ ...bad, name: "@lab/bad@1.0.0" });
  await using other = await sandboxedPlugin(good);
  const run = async (plugin: typeof other) => {
    await using ctx = new Context();
    ctx.register(tableSource("rows", rows), plugin);
    return (await ctx.getData("run_1", "doubled", { chunkSize: 10 })).length;
  };
  const [first, second] = await Promise.allSettled([run(ended), run(other)]);
  assert.equal(first.status, "rejected");
  const error = first.reason as PipelineError;
  assert.deepEqual([error.plugin, error.start], ["doubled", 40n]);
  assert.match((error.cause as Error).message, /"@lab\/bad@1\.0\.0" called Deno\.exit\(1\)/);
  assert.deepEqual(second, { status: "fulfilled", value: N });
});

Deno.test("leaving a stream ends its sandbox, and the next run has another one", async () => {
  await using vendored = await vendor({ "mod.ts": moduleOf({ inside: "if (chunk.start > 0n) for (;;);" }) });
  await using plugin = await sandboxedPlugin(vendored);
  await using ctx = new Context();
  ctx.register(tableSource("rows", rows), plugin);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("enough")), 300);
  await assert.rejects(async () => {
    for await (const chunk of ctx.getStream("run_1", "doubled", { chunkSize: 10, signal: abort.signal })) {
      chunk.release();
    }
  }, /enough/);
  for (const end = performance.now() + 60_000; plugin.pids().length > 0;) {
    assert.ok(performance.now() < end, "the sandbox is still there");
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal((await ctx.getData("run_2", "doubled", { timeRange: [0n, 1n], chunkSize: 1 })).length, 1);
});

Deno.test("a source is refused, and why is said", async () => {
  await using vendored = await vendor({
    "mod.ts": `import { defineSource } from "@millrace/core/define";
      export const plugin = defineSource({ provides: "x", version: "1", schema: { time: "time" }, async *read() {},
        fingerprint: () => Promise.resolve(1) });`,
  });
  await assert.rejects(sandboxedPlugin(vendored), /it is a source.*trust it explicitly/);
});

Deno.test("a plugin that is not there is named", async () => {
  await using vendored = await vendor({ "mod.ts": moduleOf() });
  await assert.rejects(sandboxedPlugin({ ...vendored, export: "other" }), /has no plugin "other"/);
  await assert.rejects(sandboxedPlugin({ ...vendored, entry: "none.ts" }), /names its file "none\.ts"/);
  await assert.rejects(sandboxedPlugin(vendored, { limits: { wallMs: -1 } }), /wallMs is -1/);
  await assert.rejects(
    sandboxedPlugin(vendored, { limits: { speed: 1 } as never }),
    /there is no limit "speed"/,
  );
});
