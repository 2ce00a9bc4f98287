import assert from "node:assert/strict";
import type { Chunk } from "../chunk/chunk.ts";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { type ClassContext, SourcePlugin, StaticPlugin, StreamingPlugin } from "./classes.ts";
import { tableSource } from "./table_source.ts";

const HITS = Table.from(schema({ time: "time" }), { time: [1n, 2n] });

class Scaled extends StreamingPlugin {
  override readonly provides: string = "scaled";
  override readonly dependsOn: string[] = ["hits"];
  override readonly schema = { time: "time", n: "f64" } as const;
  factors: unknown = [1];
  twice = (n: number): number => 2 * n;
  onRow: ((n: number) => void) | undefined = undefined;
  override computeChunk(chunk: Chunk, { emit }: ClassContext): Table {
    const out = emit(chunk.length);
    const time = chunk.table.get("time", "time");
    (out.columns.time as Float64Array).set(time);
    const [factor = 1] = this.factors as number[];
    for (let i = 0; i < time.length; i++) (out.columns.n as Float64Array)[i] = this.twice(factor);
    return out;
  }
}

const run = async (plugin: StreamingPlugin) => {
  await using ctx = new Context();
  ctx.register(tableSource("hits", HITS), plugin);
  return (await ctx.getData("run", "scaled")).rows().map(({ n }) => n);
};

Deno.test("A plugin object works with its public values and the functions of its constructor", async () => {
  const plugin = new Scaled();
  plugin.factors = [3];
  assert.deepEqual(await run(plugin), [6, 6]);
  plugin.factors = new Map([[0, 1]]).values().toArray();
  assert.deepEqual(await run(plugin), [2, 2]);
});

class Sums {
  total = 0;
}

/** What is set on an object, and what registering it says of the property. */
const REFUSED: Readonly<Record<string, readonly [set: Readonly<Record<string, unknown>>, message: RegExp]>> =
  {
    "a function set later": [
      { onRow: () => {} },
      /property "onRow" is a function that its constructor does not/,
    ],
    "a function under a new name": [
      { extra: () => {} },
      /property "extra" is a function that its constructor/,
    ],
    "a method replaced on the object": [
      { computeChunk: () => null },
      /property "computeChunk" is a function/,
    ],
    "another function in place of one": [{ twice: (n: number) => 3 * n }, /property "twice" is a function/],
    "a function inside a value": [{ factors: [() => 1] }, /property "factors" cannot be cloned; keep plain/],
    "what cannot be cloned": [
      { factors: new WeakMap() },
      /property "factors" (cannot be cloned|is an object of)/,
    ],
    "an object of a class": [{ factors: new Sums() }, /property "factors" is an object of a class, which/],
  };

for (const [what, [set, message]] of Object.entries(REFUSED)) {
  Deno.test(`Registering a plugin object refuses ${what}`, () => {
    const plugin = Object.assign(new Scaled(), set);
    assert.throws(() => new Context().register(plugin), { name: "TypeError", message });
    assert.throws(() => plugin.toPlugin(), /^TypeError: Cannot copy plugin "scaled" for a run: property/);
  });
}

Deno.test("Registering static plugins and sources refuses functions set later, too", () => {
  class Whole extends StaticPlugin {
    override readonly provides: string = "whole";
    override readonly dependsOn: string[] = ["hits"];
    override readonly schema = { time: "time" } as const;
    override compute(): null {
      return null;
    }
  }
  class Empty extends SourcePlugin {
    override readonly provides: string = "empty";
    override readonly schema = { time: "time" } as const;
    override async *read() {}
    override fingerprint(): Promise<unknown> {
      return Promise.resolve(null);
    }
  }
  for (const Class of [Whole, Empty]) {
    new Class().toPlugin();
    assert.throws(() => Object.assign(new Class(), { done: () => {} }).toPlugin(), /property "done"/);
  }
});
