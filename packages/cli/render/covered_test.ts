import assert from "node:assert/strict";
import { Context, definePlugin, type Plugin, schema, Table, tableSource } from "@millrace/core";
import type { RunEvent } from "@millrace/core/context";
import { Covered } from "./covered.ts";

const times = Table.from(schema({ time: "time" }), { time: [0n, 100n, 200n, 300n] });

function follower(provides: string, dependsOn: string, kind: "streaming" | "static" = "streaming"): Plugin {
  const plugin = definePlugin({
    provides,
    dependsOn: [dependsOn],
    version: "1",
    schema: { time: "time" },
    computeChunk: (chunk, { emit }) => {
      const out = emit(chunk.length);
      out.columns.time.set(chunk.table.get("time", "time"));
      return out;
    },
  });
  return { ...plugin, kind };
}

const input = (done: number, until?: bigint, skipped = 0): RunEvent => ({
  type: "input",
  plugin: "triggers",
  done,
  total: 1000,
  skipped,
  until,
});

const made = (dataType: string, end: bigint): RunEvent => ({
  type: "chunk",
  plugin: dataType,
  dataType,
  rows: 1,
  bytes: 8,
  start: 0n,
  end,
});

async function covered(targets: string[], ...plugins: Plugin[]): Promise<Covered> {
  await using context = new Context().register(tableSource("triggers", times), ...plugins);
  return new Covered(await context.plan("run_7", targets));
}

Deno.test("Covered counts what is made of the targets, however far the source was read", async () => {
  const now = await covered(["hits"], follower("hits", "triggers"));
  assert.equal(now.now, undefined);
  now.take(input(64)); // within a piece
  assert.equal(now.now, undefined);
  now.take(input(0, 0n));
  now.take(input(500, 100n));
  now.take(input(1000, 300n));
  now.take(made("triggers", 300n));
  assert.deepEqual(now.now, { done: 0, total: 1000, until: undefined });
  now.take(made("hits", 50n));
  assert.deepEqual(now.now, { done: 250, total: 1000, until: 50n });
  now.take(made("hits", 200n));
  assert.deepEqual(now.now, { done: 750, total: 1000, until: 200n });
  now.take(made("hits", 301n));
  assert.deepEqual(now.now, { done: 1000, total: 1000, until: 301n });
});

Deno.test("Covered is what the target that is furthest behind has", async () => {
  const now = await covered(["hits", "peaks"], follower("hits", "triggers"), follower("peaks", "triggers"));
  now.take(input(0, 0n));
  now.take(input(1000, 100n));
  now.take(made("hits", 90n));
  assert.equal(now.now?.done, 0);
  now.take(made("peaks", 10n));
  assert.deepEqual(now.now, { done: 100, total: 1000, until: 10n });
});

Deno.test("Covered leaves out what another process computes, unless it is computed here after all", async () => {
  const now = await covered(["hits", "peaks"], follower("hits", "triggers"), follower("peaks", "triggers"));
  now.take({ type: "waiting", dataType: "hits", owner: "process 7" });
  now.take(input(0, 0n));
  now.take(input(1000, 100n));
  now.take(made("peaks", 30n));
  assert.equal(now.now?.done, 300);
  now.take(made("peaks", 60n));
  now.take(made("hits", 40n));
  assert.equal(now.now?.done, 400);
});

Deno.test("Covered begins with what an interrupted run had left", async () => {
  const now = await covered(["hits"], follower("hits", "triggers"));
  now.take({ type: "resumed", dataType: "hits", from: 200n, rows: 2 });
  now.take(input(300, 150n, 300));
  assert.deepEqual(now.now, { done: 300, total: 1000, until: 200n });
  now.take(input(500, 250n, 300));
  assert.deepEqual(now.now, { done: 400, total: 1000, until: 200n });
});

Deno.test("Covered never goes back, and counts what is gathered for a plugin of whole runs", async () => {
  const now = await covered(["sum"], follower("sum", "triggers", "static"));
  now.take(input(0, 0n));
  now.take(input(1000, 100n));
  now.take(made("triggers", 60n));
  assert.equal(now.now?.done, 600);
  now.take(made("sum", 10n));
  assert.equal(now.now?.done, 600);
  now.take(made("sum", 100n));
  assert.equal(now.now?.done, 1000);
});

Deno.test("Covered takes the files of stored chunks that are read for bytes of input", async () => {
  const root = await Deno.makeTempDir();
  try {
    const source = tableSource("triggers", times, { cuts: [100n, 200n] });
    await using context = new Context({ store: root });
    context.register({ ...source, saveWhen: "always" }, follower("hits", "triggers"));
    await context.run("run_7", ["triggers"], { storedChunks: { spanPs: 100n } });
    const plan = await context.plan("run_7", ["hits", "triggers"]);
    const { chunks } = plan.step("triggers").stored!;
    assert.ok(chunks.length > 2);
    const total = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
    const now = new Covered(plan);
    assert.deepEqual(now.now, { done: 0, total, until: undefined });
    now.take(made("hits", chunks[1]!.end));
    assert.equal(now.now?.done, chunks[0]!.bytes + chunks[1]!.bytes);
    now.take(made("hits", chunks.at(-1)!.end));
    assert.equal(now.now?.done, total);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
