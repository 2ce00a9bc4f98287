// The memory budget: what waits is bounded, nothing hangs, and where nothing can go on an error says what is missing.

import assert from "node:assert/strict";
import { Context, type RunReport } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { defineSource } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { buildPlugin, columnsOf } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";
import { PipelineError } from "./errors.ts";

const KIB = 2 ** 10;

/** Pieces of 4 KiB, each with two rows; a gap of 5 comes after every `every` pieces. */
function source(pieces: number, every: number): Plugin {
  const types = schema(columnsOf("a"));
  return defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read({ pool, account }) {
      for (let k = 0; k < pieces; k++) {
        const t = 10 * k;
        const end = (k + 1) % every === 0 ? t + 5 : t + 10;
        yield {
          table: Table.from(types, {
            time: [BigInt(t), BigInt(t + 4)],
            endtime: [BigInt(t + 4), BigInt(end)],
            channel: [0, 0],
            v_a: [1, 2],
          }, { pool, account }),
          end: BigInt(t + 10),
        };
      }
    },
  });
}

const make = (shape: string, name: string, types: readonly string[]): Plugin =>
  SHAPES.find((s) => s.name === shape)!.make(name, types, (type) => type);

async function run(
  memory: number,
  plugins: Plugin[],
  targets: string | string[] = "out",
  chunkSize?: number,
): Promise<{ report: RunReport; rows: number }> {
  await using ctx = new Context({ memory });
  ctx.register(plugins);
  let rows = 0;
  const report = await ctx.run("run", targets, {
    ...(chunkSize === undefined ? {} : { chunkSize }),
    take: (chunk) => {
      rows += chunk.length;
    },
  });
  return { report, rows };
}

Deno.test("rule 32: a diamond with a gap plugin in one branch does not deadlock", async () => {
  const plugins = [
    source(100, 5),
    make("gap clusters", "clusters", ["a"]),
    make("loop by containment", "out", ["clusters", "a"]),
  ];
  const { report, rows } = await run(256 * KIB, plugins);
  assert.equal(rows, 20);
  assert.ok(report.peakBytes <= 256 * KIB);
});

Deno.test("rule 32: a gap that never comes fails with plugin, stretch and what was missing", async () => {
  const plugins = [
    source(1000, 2000),
    make("gap clusters", "clusters", ["a"]),
    make("loop by containment", "out", ["clusters", "a"]),
  ];
  const before = performance.now();
  await assert.rejects(run(256 * KIB, plugins), (error) => {
    assert.ok(error instanceof PipelineError);
    assert.equal(error.plugin, "clusters");
    assert.equal(error.start, 0n);
    assert.ok(error.end! > 0n);
    assert.match(
      error.message,
      /waits in \[0 ps \.\. [\d.]+ \S+\) for a place to cut \(boundary \{gap:3\}\) and holds [\d.]+ KiB/,
    );
    assert.match(error.message, /maxSpan/);
    return true;
  });
  assert.ok(performance.now() - before < 30_000, "it waits for a time");
});

Deno.test("rule 32: the plugin that is missing a gap is named, not the one that holds most and waits for it", async () => {
  const plugins = [
    source(1000, 2000),
    make("gap clusters", "clusters", ["a"]),
    make("row by row", "wide", ["a"]),
    buildPlugin("out", ["a", "wide", "clusters"], {}, ({ own }) => own),
  ];
  // One cluster comes at once, so that everything has begun.
  const early: Plugin = {
    ...plugins[0]!,
    async *read(context) {
      yield { table: Table.empty(schema(columnsOf("a"))), start: -10n, end: 0n };
      yield* source(1000, 2000).read!(context);
    },
  };
  await assert.rejects(run(256 * KIB, [early, ...plugins.slice(1)]), {
    name: "PipelineError",
    plugin: "clusters",
  });
});

Deno.test("rule 32: a plugin that needs the whole run says so when the run does not fit", async () => {
  await assert.rejects(run(256 * KIB, [source(1000, 2), make("whole run", "out", ["a"])]), {
    name: "PipelineError",
    plugin: "out",
    message: /for the end of the run/,
  });
});

Deno.test("rule 31: with a limit on the span the same run fits", async () => {
  const { rows } = await run(256 * KIB, [source(1000, 2000), make("clusters of limited span", "out", ["a"])]);
  assert.ok(rows >= 1000);
});

Deno.test("rule 33: the memory of a run does not grow with its length", async () => {
  const plugins = () => [
    make("halo by touch", "smooth", ["a"]),
    make("reach right", "hits", ["smooth"]),
    make("events of fixed width", "events", ["hits"]),
    make("windows by channel", "windows", ["smooth"]),
    make("loop by containment", "out", ["events", "windows"]),
  ];
  const short = await run(2 ** 26, [source(100, 5), ...plugins()]);
  const long = await run(2 ** 26, [source(1000, 5), ...plugins()]);
  assert.ok(
    long.report.peakBytes <= short.report.peakBytes * 1.2,
    `${short.report.peakBytes}, ${long.report.peakBytes}`,
  );
});

Deno.test("two targets of which one lags do not fill the budget", async () => {
  const plugins = [
    source(400, 25),
    make("gap clusters", "clusters", ["a"]),
    make("row by row", "same", ["a"]),
  ];
  for (const targets of [["clusters", "same"], ["same", "clusters"]]) {
    const { rows } = await run(512 * KIB, plugins, targets);
    assert.equal(rows, 800 + 16);
  }
});

Deno.test("a target size gives way to the budget", async () => {
  const wants = make("row by row", "out", ["a"]);
  const { rows } = await run(256 * KIB, [source(400, 2), { ...wants, running: { chunkSize: 10_000_000 } }]);
  assert.equal(rows, 800);
});

Deno.test("an output that fits no budget names its plugin", async () => {
  const huge = buildPlugin("out", ["a"], {}, ({ own, context }) => {
    context.emit(1_000_000);
    return own;
  });
  await assert.rejects(run(256 * KIB, [source(10, 2), huge]), {
    name: "PipelineError",
    plugin: "out",
    message: /memory budget of 256 KiB is spent/,
  });
});

Deno.test("results that are read slowly do not pile up", async () => {
  await using ctx = new Context({ memory: 256 * KIB });
  ctx.register(source(200, 2), make("row by row", "out", ["a"]));
  let rows = 0;
  for await (using chunk of ctx.getStream("run", "out")) {
    rows += chunk.length;
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  }
  assert.equal(rows, 400);
});
