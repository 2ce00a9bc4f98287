// Random graphs that are interrupted, damaged and gone on with under other settings end with the files of a run from start to end.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { Context } from "../context/context.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import type { Table } from "../data/table.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { FolderStore, type Store } from "../store/store.ts";
import { randomCuts, randomExtents } from "../testing/_cutting.ts";
import { Random } from "../testing/_random.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { inputRows, model, numRuns } from "./_harness_testing.ts";
import { buildPlugin, type Row, small } from "./_model_testing.ts";
import { events } from "./_model_work_testing.ts";
import { randomGraph } from "./_random_graph_testing.ts";
import { type Shape, SHAPES } from "./_shapes_testing.ts";

class Interruption extends Error {}

interface Held {
  last: Float64Array;
  readonly open: Map<number, { t: bigint; c: number; v: number }>;
}

/** The row before of the same channel is given with the value of the next one, or when the run ends: held back arbitrarily far. */
function late(rows: readonly Row[], state: Held, t0: bigint, flush: boolean): Row[] {
  const done: Row[] = [];
  const give = ({ t, c, v }: { t: bigint; c: number; v: number }, next: number) =>
    done.push({ t: Number(t - t0), e: Number(t - t0) + 1, c, v: small(v + next) });
  for (const { t, c, v } of rows) {
    const open = state.open.get(c);
    if (open) give(open, v + state.last[0]!);
    state.open.set(c, { t: t0 + BigInt(t), c, v });
    state.last = new Float64Array(new SharedArrayBuffer(8)).fill(v);
  }
  if (flush) { for (const open of state.open.values()) give(open, 0); }
  return done;
}

const inOrder = (rows: Row[]) => rows.toSorted((a, b) => a.t - b.t || a.c - b.c || a.e - b.e);

/** With state and more besides. */
const STATES: readonly Shape[] = [
  {
    name: "held far back",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
        name,
        types,
        {
          stateful: { resetOnBreak: false },
          initialState: (): Held => ({ last: new Float64Array(1), open: new Map() }),
        },
        ({ own, t0, context }) => {
          const state = context.state as Held;
          const out = late(own, state, t0, false);
          const first = [...state.open.values()].reduce(
            (least, { t }) => Math.min(least, Number(t - t0)),
            Infinity,
          );
          if (first < Infinity) context.hold(first);
          return out;
        },
        ({ t0, context }) => late([], context.state as Held, t0, true),
      ),
    oracle: (rows) => inOrder(late(rows, { last: new Float64Array(1), open: new Map() }, 0n, true)),
  },
  {
    name: "numbered events of fixed width",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
        name,
        types,
        { carryOver: true, stateful: { resetOnBreak: false }, initialState: () => ({ n: 0n }) },
        ({ own, end, context }) => {
          const state = context.state as { n: bigint };
          return events(own, end, context).map((row) => ({ ...row, v: small(row.v + Number(state.n++)) }));
        },
      ),
    oracle: (rows) => events(rows, Infinity, undefined).map((row, n) => ({ ...row, v: small(row.v + n) })),
  },
];

const BEGUN = SHAPES.filter(({ name }) => /^(halo|loop|counter|windows)/.test(name));

interface Given {
  readonly plugins: readonly Plugin[];
  readonly tables: Readonly<Record<string, Table>>;
}

function tiny(root: string, keepRestMs: number): Store {
  const store = new FolderStore(root, { durable: false });
  return {
    open: (key) => store.open(key),
    list: () => store.list(),
    writer: (key, meta, options) =>
      store.writer(key, meta, { ...options, target: { bytes: 60, spanPs: 7n }, keepRestMs }),
  };
}

/** One run that ends after so many of its chunks, if there are so many. True if it came to its end. */
async function attempt(
  root: string,
  given: Given,
  targets: readonly string[],
  random: Random,
  most: number,
): Promise<boolean> {
  const account = new Account(2 ** 28), memory = { account, pool: new BufferPool() };
  const ended = await run(root, given, targets, random, most, memory);
  for (let wait = 0; account.used > 0 && wait < 100; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 5)); // stretches that were under way
  }
  assert.equal(account.used, 0, "bytes are still charged");
  return ended;
}

async function run(
  root: string,
  { plugins, tables }: Given,
  targets: readonly string[],
  random: Random,
  most: number,
  memory: { readonly account: Account; readonly pool: BufferPool },
): Promise<boolean> {
  const extents = randomExtents(tables, new Random(7));
  const cuttings = randomCuts(tables, extents, random);
  let chunks = 0;
  const ends = new AbortController(), aborts = random.below(2) > 0;
  await using ctx = new Context({
    store: tiny(root, [0, 0, 1, Infinity][random.below(4)]!),
    executor: Object.assign(new ShuffledExecutor(random.below(1000), 1 + random.below(4)), { memory }),
    onEvent: (event) => {
      if (event.type !== "chunk" || chunks++ < most) return;
      if (!aborts) throw new Interruption();
      ends.abort(new Interruption());
    },
  });
  for (const [name, table] of Object.entries(tables)) {
    const { cuts, extent } = cuttings[name]!;
    ctx.register(tableSource(name, table, { cuts, extent }));
  }
  const keeps = random.below(5) > 0; // as in a sandbox, where no state can be kept
  ctx.register(
    ...plugins.map((plugin) =>
      plugin.stateful ? { ...plugin, stateful: { ...plugin.stateful, checkpoint: keeps } } : plugin
    ),
  );
  try {
    const chunkSize = random.below(3) > 0 ? { chunkSize: 1 + random.below(9) } : {};
    await ctx.run("run", targets, { ...chunkSize, fresh: random.below(12) === 0, signal: ends.signal });
    return true;
  } catch (error) {
    for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Interruption) return false;
    throw error;
  }
}

/** As a loss of power or a user may leave it: a file of a growing result is torn, flipped or gone, or a result is removed. */
async function damage(root: string, random: Random): Promise<void> {
  const results = await new FolderStore(root).list();
  if (results.length === 0) return;
  const { folder, meta } = results[random.below(results.length)]!;
  if (random.below(6) === 0) return await Deno.remove(folder, { recursive: true });
  if (meta) return;
  // What is wrong with metadata is told.
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)
    .filter((name) => name !== "metadata.json").sort();
  if (names.length === 0) return;
  const name = names[random.below(names.length)]!, path = `${folder}/${name}`;
  const bytes = await Deno.readFile(path);
  // Chunk files are on the disk before their lines: a loss of power takes the last ones alone.
  const isChunk = /^\d/.test(name);
  if (isChunk && name !== names.findLast((name) => /^\d/.test(name))) return;
  const what = random.below(isChunk ? 2 : 3);
  if (what === 0) return await Deno.remove(path);
  if (what === 1) return await Deno.truncate(path, random.below(bytes.length + 1));
  bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  await Deno.writeFile(path, bytes);
}

async function filesOf(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(`${root}/run`)) {
    if (name.startsWith(".")) continue;
    for await (const file of Deno.readDir(`${root}/run/${name}`)) {
      const path = `${name}/${file.name}`;
      const bytes = await Deno.readFile(`${root}/run/${path}`);
      files[path] = file.name === "metadata.json"
        ? ""
        : createHash("sha256").update(bytes).digest("hex").slice(0, 8);
    }
  }
  return files;
}

async function rowsOf(root: string, dataType: string): Promise<Row[]> {
  const result = await new FolderStore(root).open({ runId: "run", dataType });
  const rows: Row[] = [];
  for await (using chunk of result!.read()) rows.push(...model(dataType, chunk.table.rows()));
  return rows;
}

async function check(
  given: Given,
  all: readonly string[],
  rows: Map<string, Row[]>,
  seed: number,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_graphs_" });
  const random = new Random(seed);
  try {
    assert.ok(await attempt(`${root}/whole`, given, all, random, Infinity));
    for (const type of all) assert.deepEqual(await rowsOf(`${root}/whole`, type), rows.get(type), type);
    for (let runs = 0;; runs++) {
      const some = all.filter(() => random.below(2) > 0);
      const targets = some.length > 0 && random.below(3) === 0 ? some : all;
      const ended = await attempt(`${root}/parts`, given, targets, random, random.below(12) + runs);
      if (ended && targets === all) break;
      if (random.below(3) === 0) await damage(`${root}/parts`, random);
    }
    assert.deepEqual(await filesOf(`${root}/parts`), await filesOf(`${root}/whole`));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

for (
  const [what, shapes] of [["of all shapes", SHAPES], ["with halo and state", [
    ...BEGUN,
    ...STATES,
    ...STATES,
  ]]] as const
) {
  Deno.test(`a random graph ${what} that is interrupted and damaged ends with the same files`, async () => {
    await fc.assert(
      fc.asyncProperty(
        inputRows("a"),
        inputRows("b"),
        fc.nat(),
        fc.integer({ min: 1, max: 6 }),
        async (a, b, seed, size) => {
          const random = new Random(seed);
          const { plugins, rows } = randomGraph({ a, b }, size, random, shapes);
          const made = [...rows.keys()].filter((type) => type !== "a" && type !== "b");
          const targets = made.filter((_, k) => k === made.length - 1 || random.below(2) === 0);
          await check({ plugins, tables: { a, b } }, targets, rows, seed);
        },
      ),
      { numRuns: numRuns(40) },
    );
  });
}
