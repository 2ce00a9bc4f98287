// Stages whose stretches are computed with those of the stage before: the same results as one after the other.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chunk } from "../chunk/chunk.ts";
import { Context } from "../context/context.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { placesInUse } from "../data/kernel_memory.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";
import { tableSource } from "../plugin/table_source.ts";
import { Random } from "../testing/_random.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { PipelineError } from "./errors.ts";
import { checkCase, inputRows, model, modelOf, numRuns, tableOf } from "./_harness_testing.ts";
import { buildPlugin, columnsOf, type Row } from "./_model_testing.ts";
import { asOne, clusters, sorted } from "./_model_work_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";

/** Rows that start later, end later, are missing, or are where they were. */
function wandering({ v, t, e, c }: Row): Row[] {
  const row = (shift: number, more: number): Row => ({ t: t + shift, e: e + shift + more, c, v });
  return [[], [row(0, 0)], [row(0, 4), row(1, 0)], [row(5, 1)], [row(0, 0)]][v % 5]!;
}

const wander = (name: string, type: string): Plugin =>
  buildPlugin(name, [type], {}, ({ own }) => sorted(own.flatMap(wandering)));

const shape = (name: string) => SHAPES.find((s) => s.name === name)!;

for (const name of ["gap clusters", "clusters of limited span", "sealed groups"]) {
  Deno.test(`${name} behind rows that start and end later than what they are made of`, async () => {
    const behind = shape(name);
    await fc.assert(
      fc.asyncProperty(inputRows("a"), fc.nat(), fc.boolean(), async (a, seed, isShared) => {
        const made = sorted(modelOf("a", a).flatMap(wandering)), out = behind.oracle(made);
        await checkCase({
          plugins: [wander("made", "a"), behind.make("out", ["made"], (type) => type)],
          tables: { a },
          expected: isShared ? { out, made } : { out },
        }, seed);
      }),
      { numRuns: numRuns(100) },
    );
  });
}

Deno.test("clusters behind a plugin with a halo", async () => {
  const smooth = shape("halo by touch"), behind = shape("gap clusters");
  await fc.assert(
    fc.asyncProperty(inputRows("a"), fc.nat(), async (a, seed) => {
      const out = behind.oracle(sorted(smooth.oracle(modelOf("a", a)).flatMap(wandering)));
      await checkCase({
        plugins: [
          smooth.make("smooth", ["a"], () => "a"),
          wander("made", "smooth"),
          behind.make("out", ["made"], (type) => type),
        ],
        tables: { a },
        expected: { out },
      }, seed);
    }),
    { numRuns: numRuns(100) },
  );
});

/** A source whose rows are charged to the budget. */
function copied(name: string, table: Table, cuts: readonly bigint[]): Plugin {
  const source = tableSource(name, table, { cuts });
  return {
    ...source,
    async *read(context) {
      for await (const { table, ...piece } of source.read!(context)) {
        yield { ...piece, table: table.compact(context) };
        table.release();
      }
    },
  };
}

interface Told {
  readonly rows: Row[];
  /** Plugins of each task. */
  readonly tasks: string[];
  readonly made: number;
}

/** Clusters of what `first` makes of rows, cut at some times. */
async function clustersOf(
  rows: readonly (readonly [t: number, e: number])[],
  cuts: readonly number[],
  first: Plugin,
  last: Plugin = shape("gap clusters").make("out", ["made"], (type) => type),
): Promise<Told> {
  await using ctx = new Context();
  const table = tableOf("a", rows);
  ctx.register(tableSource("a", table, { cuts: cuts.map(BigInt) }), first, last);
  const tasks: string[] = [];
  const { plugins } = await ctx.run("run", "out", {
    onEvent: (event) =>
      event.type === "task" && event.task === "compute" && tasks.push(event.plugins.join("+")),
  });
  const out = await ctx.getData("run", "out");
  return { rows: model("out", out.rows()), tasks, made: plugins.get("made")!.rows };
}

const same = buildPlugin("made", ["a"], {}, ({ own }) => own);
const rows = [[0, 1], [2, 3], [10, 12], [20, 21], [21, 22]] as const;

Deno.test("stretches between gaps are one task, and the rows between are counted", async () => {
  const { rows: out, tasks, made } = await clustersOf(rows, [10, 20], same);
  assert.deepEqual(out.map(({ t, e }) => [t, e]), [[0, 3], [10, 12], [20, 22]]);
  // The last one may not end in a gap: it goes the long way.
  assert.deepEqual(tasks, ["made+out", "made+out", "made", "out"]);
  assert.equal(made, 5);
});

Deno.test("stretches without gaps between are computed one by one", async () => {
  const { rows: out, tasks } = await clustersOf(rows, [2, 21], same);
  assert.deepEqual(out.map(({ t, e }) => [t, e]), [[0, 3], [10, 12], [20, 22]]);
  assert.ok(tasks.every((task) => task !== "made+out"), tasks.join());
});

Deno.test("a stretch behind rows that reach into its gap is made again", async () => {
  // The second row ends at 9 instead of 3: the stretch from 10 on is computed ahead, in vain.
  const longer = buildPlugin(
    "made",
    ["a"],
    {},
    ({ own }) => own.map((row) => row.t === 2 ? { ...row, e: 9 } : row),
  );
  const { rows: out, tasks, made } = await clustersOf(rows, [10, 20], longer);
  assert.deepEqual(out.map(({ t, e }) => [t, e]), [[0, 12], [20, 22]]);
  assert.deepEqual(tasks.toSorted(), ["made", "made", "made+out", "made+out", "out", "out"]);
  assert.equal(made, 5);
});

Deno.test("a stretch in which rows of an earlier one start is made again", async () => {
  const later = buildPlugin(
    "made",
    ["a"],
    {},
    ({ own }) => own.map((row) => row.t === 2 ? { ...row, t: 13, e: 14 } : row),
  );
  const { rows: out, made } = await clustersOf(rows, [10, 20], later);
  assert.deepEqual(out.map(({ t, e }) => [t, e]), [[0, 1], [10, 14], [20, 22]]);
  assert.equal(made, 5);
});

Deno.test("what a plugin says ahead is told once, and only if its results are taken", async () => {
  const clusters = shape("gap clusters").make("out", ["made"], (type) => type);
  const says: Plugin = {
    ...clusters,
    computeChunk: (chunk, context) => {
      context.notice(`from ${chunk.table.row(0).time}`);
      return clusters.computeChunk!(chunk, context);
    },
  };
  for (const [end, starts] of [[3, [0, 10, 20]], [9, [0, 20]]] as const) {
    const made = buildPlugin(
      "made",
      ["a"],
      {},
      ({ own }) => own.map((row) => row.t === 2 ? { ...row, e: end } : row),
    );
    await using ctx = new Context();
    ctx.register(tableSource("a", tableOf("a", rows), { cuts: [10n, 20n] }), made, says);
    const told: string[] = [];
    const { notices } = await ctx.run("run", "out", {
      onEvent: (event) => event.type === "notice" && told.push(`${event.plugin}: ${event.text}`),
    });
    assert.deepEqual(told, starts.map((start) => `out: from ${start}`));
    assert.deepEqual(notices, told);
  }
});

Deno.test("a plugin that fails ahead fails with its own name and stretch", async () => {
  const fails = buildPlugin("out", ["made"], { boundary: { gap: 3 } }, ({ own }) => {
    if (own.some(({ t }) => t === 10)) throw new Error("no tens");
    return clusters(own, 3).map(asOne);
  });
  await assert.rejects(clustersOf(rows, [10, 20], same, fails), (error) => {
    assert.ok(error instanceof PipelineError, String(error));
    const { plugin, chunkIndex, start, end } = error;
    assert.deepEqual({ plugin, chunkIndex, start, end }, {
      plugin: "out",
      chunkIndex: 1,
      start: 10n,
      end: 20n,
    });
    assert.match(error.message, /no tens/);
    return true;
  });
});

Deno.test("an output of the input's kind keeps that kind's order, where a plugin behind reads another output", async () => {
  const times = { time: "time", endtime: "time" } as const;
  const table = Table.from(schema({ ...times, v_a: "f64" }), {
    time: [0n, 0n, 10n, 10n, 20n, 20n],
    endtime: [1n, 1n, 12n, 12n, 21n, 21n],
    v_a: [1, 2, 3, 4, 5, 6],
  }, { t0: 0n });
  const both = definePlugin({
    provides: ["made", "same"],
    dependsOn: ["a"],
    version: "1",
    dataKind: { same: "a" },
    schema: { made: columnsOf("made"), same: { ...times, channel: "i16", row: "f64" } },
    reach: { made: { left: 0, right: 0 } },
    computeChunk({ table }: Chunk, { own: { to }, emitTo }: ComputeContext) {
      const made = emitTo("made", to), same = emitTo("same", to), values = table.get("v_a", "f64");
      for (const name of ["time", "endtime"] as const) made.get(name, "time").set(table.get(name, "time"));
      made.get("v_made", "f64").set(values);
      same.get("row", "f64").set(values);
      same.get("channel", "i16").set(values.map((value) => -value)); // against the order of the input's rows
      return { made, same };
    },
  } as never) as Plugin;
  for (const behind of ["gap clusters", "filter"]) {
    await using ctx = new Context();
    const out = shape(behind).make("out", ["made"], (type) => type);
    ctx.register(tableSource("a", table, { cuts: [10n, 20n] }), both, out);
    const found: number[] = [];
    await ctx.run("run", ["out", "same"], {
      take: ({ dataType, table }) => {
        if (dataType === "same") found.push(...table.get("row", "f64"));
      },
    });
    assert.deepEqual(found, [1, 2, 3, 4, 5, 6], behind);
  }
});

Deno.test("rows of the input's kind that end later than the input's are cut where they end", async () => {
  const rows = Table.from(schema({ time: "time", v_a: "f64" }), {
    time: [0n, 10n, 20n, 40n, 50n],
    v_a: [1, 2, 3, 4, 5],
  }, { t0: 0n });
  const longer = definePlugin({
    provides: "made",
    dependsOn: ["a"],
    version: "1",
    dataKind: "a",
    schema: { time: "time", endtime: "time", channel: "i16", v_made: "f64" },
    computeChunk({ table }: Chunk, { emit, own: { from, to } }: ComputeContext) {
      const made = emit(to - from);
      made.get("endtime", "time").set(table.get("time", "time").subarray(from, to).map((time) => time + 11));
      made.get("v_made", "f64").set(table.get("v_a", "f64").subarray(from, to));
      made.get("channel", "i16").fill(0);
      return made;
    },
  } as never) as Plugin;
  const out = shape("gap clusters").make("out", ["made"], (type) => type);
  for (const halo of [undefined, { left: 2, right: 2 }]) {
    const made = halo ? { ...longer, geometry: () => ({ halo }) } as Plugin : longer;
    for (const cuts of [[], [10n, 20n, 30n, 40n], [10n, 20n, 40n, 50n]]) {
      await using ctx = new Context();
      ctx.register(tableSource("a", rows, { cuts }), made, out);
      const found = model("out", (await ctx.getData("run", "out")).rows());
      assert.deepEqual(found.map(({ t, e }) => [t, e]), [[0, 31], [40, 61]], `${cuts}`);
    }
  }
});

Deno.test("nothing stays charged where a run ends for want of memory, or because nobody reads on", async () => {
  let failed = 0, ended = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed), memory = 12_000 + 1000 * random.below(30);
    let t = 0;
    const rows = Array.from({ length: 10 + random.below(40) }, () => {
      t += random.below(7);
      return [t, t + random.below(4)] as const;
    });
    const starts = rows.map(([t]) => t).filter((t) => rows.every(([s, e]) => s >= t || e <= t));
    const cuts = [...new Set(starts.slice(1))].filter((t) => t > rows[0]![0] && random.below(3) > 0);
    const table = tableOf("a", rows), first = ["made", "other"];
    const made = buildPlugin(first, ["a"], {}, ({ own }) => ({
      made: sorted(own.flatMap(wandering)),
      other: own.length % 2 ? own : null,
    }));
    const account = new Account(memory), places = placesInUse();
    const executor = Object.assign(new ShuffledExecutor(seed, 1 + random.below(4)), {
      memory: { pool: new BufferPool(), account },
    });
    {
      await using ctx = new Context({ executor, memory });
      const out = shape(["gap clusters", "sealed groups"][seed % 2]!).make("out", ["made"], (type) => type);
      ctx.register(copied("a", table, cuts.map(BigInt)), made, out);
      try {
        if (seed % 3 === 0) {
          let chunks = 0;
          for await (using _ of ctx.getStream("run", "out")) if (chunks++ === seed % 5) break;
        } else await ctx.run("run", seed % 3 === 1 ? ["out", "other"] : ["out"], { take: () => {} });
        ended++;
      } catch (error) {
        assert.match(String(error), /memory budget/);
        failed++;
      }
    }
    table.release();
    // What was under way ends by itself.
    for (let wait = 0; account.used > 0 && wait < 100; wait++) {
      await new Promise((done) => setTimeout(done, 1));
    }
    assert.deepEqual({ used: account.used, places: placesInUse() }, { used: 0, places }, `seed ${seed}`);
  }
  assert.ok(failed > 30 && ended > 30, `${failed} failed, ${ended} ended`);
});

Deno.test("plugins that say how they run are not computed ahead", async () => {
  const clusters = shape("gap clusters").make("out", ["made"], (type) => type);
  for (const running of [{ parallel: false }, { chunkSize: 1 }, { maxWorkers: 1 }, { timeout: 1000 }]) {
    const { rows: out, tasks } = await clustersOf(rows, [10, 20], same, { ...clusters, running });
    assert.deepEqual(out.map(({ t, e }) => [t, e]), [[0, 3], [10, 12], [20, 22]]);
    assert.ok(tasks.every((task) => task !== "made+out"), tasks.join());
  }
});

Deno.test("a seed of its own gives the rows of each chunking", async () => {
  const random = new Random(7);
  const many = Array.from({ length: 60 }, (_, k) => {
    const t = 4 * k + random.below(4);
    return [t, t + random.below(3)] as const;
  });
  const whole = (await clustersOf(many, [], wander("made", "a"))).rows;
  for (let round = 0; round < 20; round++) {
    const cuts = [...new Set(Array.from({ length: 12 }, () => 1 + random.below(240)))].toSorted((a, b) =>
      a - b
    );
    const table = tableOf("a", many);
    const allowed = cuts.filter((cut) => many.every(([t, e]) => t >= cut || e <= cut));
    table.release();
    assert.deepEqual((await clustersOf(many, allowed, wander("made", "a"))).rows, whole);
  }
});
