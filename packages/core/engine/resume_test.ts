// What is interrupted anywhere, by anything, and run again until it ends gives the same files as a run from start to end.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "../context/context.ts";
import type { Table } from "../data/table.ts";
import { rowAt } from "../chunk/chunk.ts";
import type { Plugin, SourceContext, SourcePiece } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { FolderStore, type Store, type StoredResult } from "../store/store.ts";
import { randomCuts, randomExtents } from "../testing/_cutting.ts";
import { Random } from "../testing/_random.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { inputRows, numRuns, tableOf } from "./_harness_testing.ts";
import { buildPlugin } from "./_model_testing.ts";
import { manyOutputs, type Shape, SHAPES } from "./_shapes_testing.ts";

const RUNS = numRuns(15);
const TARGET = { bytes: 60, spanPs: 7n };

/** A store whose chunks are as small as the rows of these tests need, which keeps rows that wait for theirs always or never. */
function tiny(root: string, keepRestMs = Infinity): Store {
  const store = new FolderStore(root, { durable: false });
  return {
    open: (key) => store.open(key),
    list: () => store.list(),
    writer: async (key, meta, options) => {
      const writer = await store.writer(key, meta, { ...options, target: TARGET, keepRestMs });
      const rest = `${key.dataType}-${meta.lineageHash.slice(0, 16)}/rest.tsv`;
      if (writer.resumesAt !== undefined && (await namesIn(`${root}/run`)).includes(rest)) waited++;
      return writer;
    },
  };
}

class Interruption extends Error {}

/** How often rows were gone on with that had waited for their chunk. */
let waited = 0;
/** How often sources were gone on with, and how many rows they had not to read again. */
const skipped = { times: 0, rows: 0 };

/** The same source, which tells its places and goes on from them: how many rows come before. */
function seeking(plugin: Plugin): Plugin {
  async function* read(
    context: SourceContext<Readonly<Record<string, unknown>>>,
  ): AsyncGenerator<SourcePiece> {
    const { resume } = context;
    let rows = 0, begun = resume === undefined;
    for await (const { table, start, end } of plugin.read!(context)) {
      rows += table.length;
      const cursor = String(rows);
      if (resume && end <= resume.at) {
        skipped.rows += table.length;
        continue;
      }
      if (begun) {
        yield { table, end, cursor, ...(start === undefined ? {} : { start }) };
        continue;
      }
      begun = true;
      skipped.times++;
      const row = rowAt(table, resume!.at);
      assert.equal(rows - table.length + row, Number(resume!.cursor), "another place");
      yield { table: table.slice(row, table.length), end, cursor };
    }
  }
  return { ...plugin, read };
}

interface Given {
  readonly plugins: readonly Plugin[];
  readonly tables: Readonly<Record<string, Table>>;
  readonly targets: readonly string[];
  /** Sources go on where they were. */
  readonly seeks?: boolean;
}

async function stored(root: string, targets: readonly string[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const dataType of targets) {
    const { meta, chunks } = (await new FolderStore(root).open({ runId: "run", dataType })) as StoredResult;
    results.push([dataType, meta.lineageHash, meta.start, meta.end, meta.longestRow, chunks.map(bytesOf)]);
  }
  return results;
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(".")) continue;
    for await (const file of Deno.readDir(`${folder}/${name}`)) names.push(`${name}/${file.name}`);
  }
  return names.sort();
}

const bytesOf = ({ file, sha256, rows, start, end, coverEnd, firstStart }: StoredResult["chunks"][number]) =>
  [file, sha256, rows, start, end, coverEnd, firstStart].join(" ");

/** One run that ends after so many of its chunks, if there are so many. True if it came to its end. */
async function attempt(root: string, given: Given, random: Random, most: number): Promise<boolean> {
  const { tables, plugins, targets } = given;
  const cuttings = randomCuts(tables, randomExtents(tables, new Random(7)), random);
  const extents = randomExtents(tables, new Random(7));
  let chunks = 0;
  const ends = new AbortController(), aborts = random.below(2) > 0;
  await using ctx = new Context({
    store: tiny(root, random.below(2) > 0 ? 0 : Infinity),
    executor: new ShuffledExecutor(random.below(1000), 1 + random.below(4)),
    onEvent: (event) => {
      if (event.type !== "chunk" || chunks++ < most) return;
      if (!aborts) throw new Interruption();
      ends.abort(new Interruption());
    },
  });
  for (const [name, table] of Object.entries(tables)) {
    const { cuts } = cuttings[name]!;
    const source = tableSource(name, table, { cuts, ...(extents[name] ? { extent: extents[name]! } : {}) });
    ctx.register(given.seeks ? seeking(source) : source);
  }
  ctx.register(...plugins);
  try {
    // Without a size, stretches between gaps are computed with those before.
    const chunkSize = random.below(3) > 0 ? { chunkSize: 1 + random.below(9) } : {};
    await ctx.run("run", targets, { ...chunkSize, signal: ends.signal });
    return true;
  } catch (error) {
    for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Interruption) return false;
    throw error;
  }
}

async function check(given: Given, seed: number): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_resume_" });
  const random = new Random(seed);
  try {
    assert.ok(await attempt(`${root}/whole`, given, random, Infinity));
    let runs = 0;
    while (!await attempt(`${root}/parts`, given, random, random.below(12) + runs)) runs++;
    assert.deepEqual(await namesIn(`${root}/parts/run`), await namesIn(`${root}/whole/run`));
    const [whole, parts] = [
      await stored(`${root}/whole`, given.targets),
      await stored(`${root}/parts`, given.targets),
    ];
    assert.deepEqual(parts, whole, `after ${runs} interruptions`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const again: Shape = SHAPES.find(({ name }) => name === "row by row")!;

for (const shape of SHAPES) {
  Deno.test(`an interrupted run of the shape "${shape.name}" ends with the same files`, async () => {
    await fc.assert(
      fc.asyncProperty(inputRows("a"), inputRows("b"), fc.nat(), async (a, b, seed) => {
        const two = shape.inputs === 2;
        const out = shape.make("out", two ? ["a", "b"] : ["a"], (type) => type);
        const next = again.make("next", ["out"], () => out.dataKinds.out ?? "out");
        const tables: Record<string, Table> = two ? { a, b } : { a };
        // Behind a plugin that gives rows of its input, and in front of one: chains are computed together.
        const targets = [["next", "out"], ["next"], ["out"]][seed % 3]!;
        await check({ plugins: [out, next], tables, targets, seeks: seed % 4 > 0 }, seed);
      }),
      { numRuns: RUNS },
    );
  });
}

for (const shape of SHAPES.filter(({ inputs }) => inputs === 1)) {
  Deno.test(`an interrupted run of the shape "${shape.name}" behind another plugin ends with the same files`, async () => {
    await fc.assert(
      fc.asyncProperty(inputRows("a"), fc.nat(), async (a, seed) => {
        const before = again.make("before", ["a"], (type) => type);
        const out = shape.make("out", ["before"], () => before.dataKinds.before ?? "before");
        const targets = seed % 2 ? ["out", "before"] : ["out"];
        await check({ plugins: [before, out], tables: { a }, targets, seeks: seed % 4 > 1 }, seed);
      }),
      { numRuns: RUNS },
    );
  });
}

for (const shape of SHAPES.filter(({ name }) => /^(counter|windows)/.test(name))) {
  Deno.test(`an interrupted run of the shape "${shape.name}" goes on with the state that was kept`, async () => {
    await fc.assert(
      fc.asyncProperty(inputRows("a"), inputRows("b"), fc.nat(), async (a, b, seed) => {
        const two = shape.inputs === 2;
        const made = shape.make("out", two ? ["a", "b"] : ["a"], (type) => type);
        const out = { ...made, stateful: { ...made.stateful, checkpoint: true } };
        const next = again.make("next", ["out"], () => out.dataKinds.out ?? "out");
        const tables: Record<string, Table> = two ? { a, b } : { a };
        const targets = [["next", "out"], ["next"], ["out"]][seed % 3]!;
        await check({ plugins: [out, next], tables, targets, seeks: seed % 4 > 0 }, seed);
      }),
      { numRuns: 2 * RUNS },
    );
  });
}

// A stage that begins with a halo, whose last outputs depend on nobody knows what: it starts at a stretch of its own.
for (const shape of SHAPES.filter(({ name }) => /^(halo|loop|absolute)/.test(name))) {
  Deno.test(`an interrupted run of the shape "${shape.name}" in front of an unknown reach ends with the same files`, async () => {
    const groups = SHAPES.find(({ name }) => name === "gap clusters")!;
    await fc.assert(
      fc.asyncProperty(inputRows("a"), inputRows("b"), fc.nat(), async (a, b, seed) => {
        const two = shape.inputs === 2;
        const out = shape.make("out", two ? ["a", "b"] : ["a"], (type) => type);
        // What it makes of a row may start behind rows that come later: that depends on the rows around.
        const next = buildPlugin(
          "next",
          ["out"],
          {},
          ({ own }) =>
            own.map(({ t, e, c, v }) => v % 2 ? { t: t + 12, e: Math.max(e, t + 12), c, v } : { t, e, c, v }),
        );
        const plugins = [out, next, groups.make("last", ["next"], String)];
        const targets = [["next"], ["last"], ["out", "next"], ["last", "next"]][seed % 4]!;
        await check({ plugins, tables: two ? { a, b } : { a }, targets, seeks: seed % 3 > 0 }, seed);
      }),
      { numRuns: 2 * RUNS },
    );
  });
}

Deno.test("sources that tell their places were gone on with there", () => {
  assert.ok(skipped.times > 9 && skipped.rows > 9, JSON.stringify(skipped));
});

Deno.test("rows that waited for their chunk were gone on with", () =>
  assert.ok(waited > 9, `${waited} times`));

Deno.test("an interrupted run of several outputs, some of them targets, ends with the same files", async () => {
  await fc.assert(
    fc.asyncProperty(inputRows("a"), fc.nat(), async (a, seed) => {
      const plugins = [manyOutputs(["late", "early", "same"], "a", "a")];
      const targets = [["late", "early", "same"], ["early"], ["same", "late"]][seed % 3]!;
      await check({ plugins, tables: { a }, targets }, seed);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("a chain that begins with a halo and has an unknown reach goes on where it was", async () => {
  const rows = Array.from({ length: 60 }, (_, k) => [k * 10, k * 10 + 5] as const);
  for (const by of ["start", "touch"] as const) {
    const root = await Deno.makeTempDir({ prefix: "millrace_resume_" });
    try {
      const seen: number[] = [];
      let left = 40;
      const halo = { left: 15, right: 5, by };
      const run = async () => {
        await using ctx = new Context({ store: tiny(root) });
        ctx.register(
          tableSource("a", tableOf("a", rows)),
          buildPlugin("near", ["a"], { dataKind: "a", halo }, ({ own, t0 }) => {
            for (const { t } of own) {
              if (left-- <= 0) throw new Error("broken");
              seen.push(Number(t0) + t);
            }
            return own.map((row) => ({ ...row }));
          }),
          buildPlugin("out", ["near"], {}, ({ own }) => own.map((row) => ({ ...row }))),
        );
        assert.equal((await ctx.plan("run", ["out"])).stages.length, 2);
        await ctx.run("run", "out", { chunkSize: 3 });
      };
      await assert.rejects(run(), /broken/);
      const [partial] = await new FolderStore(root).list();
      const { end = 0n } = partial?.partial ?? {};
      assert.ok(end > 250n, `only ${end} ps are kept`);
      seen.length = 0;
      left = Infinity;
      await run();
      assert.ok(seen[0]! > Number(end) - 70, `${by}: at ${end} ps, it began again at ${seen[0]} ps`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }
});

/** A plugin with state, and which rows it was given. */
function counting(seen: bigint[], fails: () => boolean, more: Partial<Plugin> = {}): Plugin {
  const plugin = buildPlugin("out", ["a"], {}, ({ own, t0 }) => {
    for (const { t } of own) {
      if (fails()) throw new Error("broken");
      seen.push(t0 + BigInt(t));
    }
    return own.map((row) => ({ ...row, t: row.t }));
  });
  return { ...plugin, ...more };
}

Deno.test("a plugin with gaps goes on at the last one, one with neither or with state that is kept where it ended", async () => {
  const rows = Array.from({ length: 40 }, (_, k) => [k * 10, k * 10 + (k % 10 === 9 ? 1 : 10)] as const);
  const a = tableOf("a", rows);
  for (
    const [what, more, first] of [
      ["any", {}, 240n],
      ["gap", { geometry: () => ({ boundary: { gap: 5 } }) }, 200n],
      ["state", { stateful: { resetOnBreak: false } }, 0n],
      ["kept state", { stateful: { resetOnBreak: false, checkpoint: true } }, 240n],
      ["whole", { kind: "static" as const, running: {} }, 0n],
    ] as const
  ) {
    const root = await Deno.makeTempDir({ prefix: "millrace_resume_" });
    try {
      const seen: bigint[] = [];
      let left = 30;
      const run = async () => {
        await using ctx = new Context({ store: tiny(root) });
        ctx.register(tableSource("a", a), counting(seen, () => left-- <= 0, more as Partial<Plugin>));
        await ctx.run("run", "out", { chunkSize: 3 });
      };
      await assert.rejects(run(), /broken/);
      const [partial] = await new FolderStore(root).list();
      seen.length = 0;
      left = Infinity;
      await run();
      assert.ok(what === "whole" || partial?.partial?.end! >= 200n, `${what}: ${partial?.partial?.end}`);
      assert.ok(seen[0]! >= first, `${what}: it began again at ${seen[0]} ps`);
      if (what === "state") assert.equal(seen[0], 0n);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }
});

Deno.test("a run that is interrupted while it waits for another writer says so, and what was kept stays", async () => {
  const root = await Deno.makeTempDir({ prefix: "millrace_resume_" });
  try {
    const seen: bigint[] = [];
    let left = 10;
    const a = tableOf("a", Array.from({ length: 20 }, (_, k) => [k, k + 1] as const));
    const plugin = counting(seen, () => left-- <= 0, { stateful: { resetOnBreak: false, checkpoint: true } });
    const second = again.make("second", ["out"], String);
    const run = async (signal: AbortSignal, onEvent: (event: { type: string }) => void) => {
      await using ctx = new Context({ store: tiny(root, 0), onEvent });
      ctx.register(tableSource("a", a), plugin, second);
      await ctx.run("run", ["out", "second"], { chunkSize: 3, signal });
    };
    await assert.rejects(run(new AbortController().signal, () => {}), /broken/);
    const store = new FolderStore(root);
    const before = await store.list();
    assert.ok(before.every(({ partial }) => partial?.end! > 5n), JSON.stringify(before.map(String)));
    const { lineageHash } = before[1]!;
    const ends = new AbortController();
    {
      await using other = await store.writer({ runId: "run", dataType: "second" }, {
        schema: second.schemas.second!,
        lineage: null,
        lineageHash: lineageHash!,
      }, { resume: true });
      const stop = ({ type }: { type: string }) => {
        if (type === "waiting") ends.abort(new Interruption("stopped"));
      };
      await assert.rejects(run(ends.signal, stop), /stopped/);
      assert.ok(other.resumesAt! > 5n);
    }
    assert.deepEqual(
      (await store.list()).map(({ partial }) => partial?.end),
      before.map(({ partial }) => partial?.end),
    );
    left = Infinity;
    seen.length = 0;
    await run(new AbortController().signal, () => {});
    assert.ok(seen[0]! > 2n, `it began again at ${seen[0]} ps`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a state that was kept is of no use where it cannot be set, as in a sandbox", async () => {
  const root = await Deno.makeTempDir({ prefix: "millrace_resume_" });
  try {
    const seen: bigint[] = [];
    let left = 10;
    const a = tableOf("a", Array.from({ length: 20 }, (_, k) => [k, k + 1] as const));
    const run = async (checkpoint: boolean) => {
      await using ctx = new Context({ store: tiny(root, 0) });
      const stateful = { resetOnBreak: false, checkpoint };
      ctx.register(tableSource("a", a), counting(seen, () => left-- <= 0, { stateful }));
      await ctx.run("run", "out", { chunkSize: 3 });
    };
    await assert.rejects(run(true), /broken/);
    left = Infinity;
    seen.length = 0;
    await run(false);
    assert.equal(seen[0], 0n);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
