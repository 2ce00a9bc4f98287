import assert from "node:assert/strict";
import fc from "fast-check";
import { option } from "../options/option.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { canonicalJson, compareLineages, type Json, lineageHash } from "./lineage.ts";
import { Context } from "./context.ts";

/** The same value with the keys of every object in another order. */
function reordered(value: Json, random: () => number): Json {
  if (Array.isArray(value)) return value.map((part) => reordered(part as Json, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, reordered(part as Json, random)] as const);
  return Object.fromEntries(
    entries.map((entry) => [random(), entry] as const).sort(([a], [b]) => a - b).map(([, e]) => e),
  );
}

Deno.test("a lineage's hash is that of its values, whatever the order of keys, and of nothing else", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.jsonValue(),
      fc.infiniteStream(fc.double({ noNaN: true })),
      (a, b, numbers) => {
        const value = a as Json, random = () => numbers.next().value as number;
        assert.equal(lineageHash(reordered(value, random)), lineageHash(value));
        assert.equal(lineageHash(JSON.parse(JSON.stringify(value))), lineageHash(value));
        const other = b as Json;
        const same = JSON.stringify(JSON.parse(canonicalJson(value))) ===
          JSON.stringify(JSON.parse(canonicalJson(other)));
        assert.equal(lineageHash(value) === lineageHash(other), same);
      },
    ),
  );
  // The same on every platform and in every version: what is stored is found again.
  assert.equal(
    lineageHash({ b: [1, 2.5, "é"], a: null, "": { z: true } }),
    "0d7e702f9858c696c2a6663e5eeb2df9",
  );
});

Deno.test("help texts and how a run is done are not in the lineage; versions and values are", async () => {
  let mute = 0; // another one each time
  const times = Table.from(schema({ time: "time" }), { time: [1n, 2n] });
  const hash = async (help: string, running: Record<string, unknown>, version: string, limit: number) => {
    const plugin = definePlugin({
      provides: "a",
      dependsOn: ["times"],
      version,
      help,
      ...running,
      schema: { time: "time" },
      options: {
        limit: option.number({ default: 1, help }),
        mute: option.number({ default: 1, help, track: false }),
      },
      computeChunk: () => null,
    });
    await using ctx = new Context({ config: { "a.limit": limit, "a.mute": mute++ } });
    ctx.register(tableSource("times", times), plugin);
    return (await ctx.plan("run", "a")).step("a").hashes.a;
  };
  const first = await hash("One", {}, "1", 3);
  assert.equal(await hash("Another text", { chunkSize: 7, maxWorkers: 3 }, "1", 3), first);
  assert.notEqual(await hash("One", {}, "2", 3), first);
  assert.notEqual(await hash("One", {}, "1", 4), first);
});

Deno.test("compareLineages() names what differs, in whatever depth", () => {
  const raw = (size: number): Json => ({
    dataType: "raw",
    plugin: "raw",
    version: "1",
    options: {},
    input: [{ name: "a.bin", size }],
    dependsOn: {},
  });
  const hits = (size: number, version: string, options: Record<string, Json>): Json => ({
    dataType: "hits",
    plugin: "hits",
    version,
    options,
    input: null,
    dependsOn: { raw: raw(size) },
  });
  assert.deepEqual(compareLineages(hits(1, "1", { a: 1 }), hits(1, "1", { a: 1 })), []);
  assert.deepEqual(compareLineages(hits(1, "1", { a: 1, b: [1] }), hits(2, "2", { b: [1, 2] })), [
    { what: "hits.a", first: 1 },
    { what: "hits.b.1", second: 2 },
    { what: "hits.version", first: "1", second: "2" },
    { what: "raw.input.0.size", first: 1, second: 2 },
  ]);
  assert.deepEqual(compareLineages(raw(1), { ...raw(1) as object, dependsOn: { x: null } }), [
    { what: "lineage", second: null },
    { what: "raw depends on x", second: true },
  ]);
});
