// Every example, run as a user would run it, with its output checked against the samples themselves.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Context, getStreamingContext } from "@millrace/core";
import { FolderStore } from "@millrace/core/store";
import { signalPlugins } from "@millrace/plugins-signal";
import { otherHits } from "../examples/other_hits.ts";
import { streamingFeatures } from "../examples/streaming_features.ts";
import { StreamingFeatures } from "../examples/streaming_features_class.ts";
import {
  featuresOf,
  headerCommand,
  hitsOf,
  ROOT,
  runDeno,
  runExample,
  type Simulated,
  simulated,
  sum,
  type Trace,
} from "./_run_example.ts";
import { serveRepository } from "./_serve_repository.ts";

let run: Simulated;
Deno.test.beforeAll(async () => {
  run = await simulated();
});
Deno.test.afterAll(async () => {
  await Deno.remove(run.folder, { recursive: true });
});

const SECOND = 1_000_000_000_000n;
const within = <T extends { time: bigint }>(rows: readonly T[], from: bigint, to: bigint) =>
  rows.filter(({ time }) => from <= time && time < to);

/** The numbers in each line of `text` that starts with `word`. */
function numbersOf(text: string, word: string): number[][] {
  return text.split("\n").filter((line) => line.startsWith(word))
    .map((line) => (line.slice(word.length).match(/-?\d+(\.\d+)?/g) ?? []).map(Number));
}

/** Lines of `start`, `end` and rows are contiguous and have every trace of their stretch. */
function checkChunks(lines: readonly number[][], traces: readonly Trace[]): void {
  assert.ok(lines.length > 1, "there are several chunks");
  let before: number | undefined;
  for (const [start, end, rows] of lines) {
    if (before !== undefined) assert.equal(start, before);
    before = end;
    assert.equal(rows, within(traces, BigInt(start!), BigInt(end!)).length);
  }
  assert.equal(sum(lines.map(([, , rows]) => rows!)), traces.length);
}

const maxOf = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);

Deno.test("script.ts tells features, merged hits and plan of the run", async () => {
  const store = join(run.folder, "script_data");
  const text = await runExample("examples/script.ts", { input: run.input, store });
  const ranged = numbersOf(text, "features ");
  checkChunks(ranged, within(run.traces, SECOND, 2n * SECOND));
  assert.deepEqual([ranged[0]![0], ranged.at(-1)![1]], [1e12, 2e12]);

  const low = hitsOf(run.traces, 40), few = hitsOf(run.traces, 400);
  assert.ok(few.length > 100 && few.length < low.length);
  const last = Number([...low, ...few].reduce((a, { time }) => time > a ? time : a, 0n));
  assert.deepEqual(numbersOf(text, "hits of both finders"), [[low.length + few.length, last]]);
  assert.deepEqual(numbersOf(text, "hits: "), [[low.length, maxOf(low.map(({ height }) => height))]]);

  assert.match(text, /compute: stage 2 \(fused: records > basic_features\)/);
  assert.match(text, new RegExp(`hit_threshold \\S+.*\n +read: stored .*, ${low.length} rows`));
  assert.match(text, /executor: inline/);
  const kept = await new FolderStore(store).list();
  assert.deepEqual(kept.map(({ dataType, meta }) => [dataType, meta!.rows]), [
    ["hit_threshold", low.length],
    ["other_hits", few.length],
  ]);
});

Deno.test("quicklook.ts stores hits and features of the run", async () => {
  const text = await runExample("examples/quicklook.ts", {
    input: run.input,
    store: join(run.folder, "quicklook_data"),
  });
  assert.equal(numbersOf(text, "hit_threshold: ")[0]![0], hitsOf(run.traces, 40).length);
  assert.equal(numbersOf(text, "basic_features: ")[0]![0], run.traces.length);
});

/** A cache without remote modules, but with npm packages: nothing has to be downloaded from elsewhere. */
async function freshCache(folder: string): Promise<{ DENO_DIR: string }> {
  const { npmCache } = JSON.parse(await runDeno(["info", "--json"]));
  await Deno.mkdir(folder);
  await Deno.symlink(npmCache, join(folder, "npm"));
  return { DENO_DIR: folder };
}

Deno.test("quicklook.ts runs by its URL where the server resolves package names", async () => {
  await using server = await serveRepository(ROOT, { resolve: true });
  const store = join(run.folder, "url_data");
  const text = await runDeno([
    "run",
    "--no-config",
    `--allow-read=${run.input},${store}`,
    `--allow-write=${store}`,
    `--allow-import=${server.host}`,
    `http://${server.host}/examples/quicklook.ts`,
    run.input,
    store,
  ], await freshCache(join(run.folder, "deno_1")));
  assert.equal(numbersOf(text, "hit_threshold: ")[0]![0], hitsOf(run.traces, 40).length);
});

Deno.test("quicklook.ts runs by its URL with the server's import map", async () => {
  await using server = await serveRepository(ROOT);
  const store = join(run.folder, "map_data");
  const text = await runDeno([
    "run",
    "--no-config",
    `--import-map=http://${server.host}/import_map.json`,
    `--allow-read=${run.input},${store}`,
    `--allow-write=${store}`,
    `--allow-import=${server.host}`,
    `http://${server.host}/examples/quicklook.ts`,
    run.input,
    store,
  ], await freshCache(join(run.folder, "deno_2")));
  assert.equal(numbersOf(text, "hit_threshold: ")[0]![0], hitsOf(run.traces, 40).length);
});

Deno.test("quicklook.ts does not run by its URL where nothing resolves package names", async () => {
  await using server = await serveRepository(ROOT);
  await assert.rejects(
    runDeno(
      ["run", "--no-config", `--allow-import=${server.host}`, `http://${server.host}/examples/quicklook.ts`],
      await freshCache(join(run.folder, "deno_4")),
    ),
    /Import "@millrace\/[a-z-]+" not a dependency/,
  );
});

Deno.test("core runs by its URL as it is", async () => {
  await using server = await serveRepository(ROOT);
  const main = join(run.folder, "main.ts");
  await Deno.writeTextFile(
    main,
    `import { Context, schema, Table, tableSource } from "http://${server.host}/packages/core/mod.ts";
const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n] });
await using ctx = new Context().register(tableSource("rows", rows));
console.log((await ctx.getData("run", "rows")).length);
`,
  );
  const text = await runDeno(
    ["run", "--no-config", `--allow-import=${server.host}`, main],
    await freshCache(join(run.folder, "deno_3")),
  );
  assert.equal(text.trim(), "2");
});

Deno.test("guide/my_streaming_plugin.ts doubles the heights chunk by chunk", async () => {
  const text = await runExample("examples/guide/my_streaming_plugin.ts", run);
  assert.equal(text, "0 - 20 ps: 2, 4\n20 - 41 ps: 6, 8\n");
});

Deno.test("guide/convert_plain_plugin.ts gives the same before and after", async () => {
  const text = await runExample("examples/guide/convert_plain_plugin.ts", run);
  assert.equal(text, "plain: 10, 25, 90 ps\nconverted: 10, 25, 90 ps\n");
});

Deno.test("guide/mix_static_and_streaming.ts goes through both kinds of plugin", async () => {
  const text = await runExample("examples/guide/mix_static_and_streaming.ts", run);
  assert.equal(text, `10 ps: 1\n25 ps: ${Math.fround(5 / 7)}\n`);
});

Deno.test("guide/streaming_context.ts tells the chunks of the records", async () => {
  const text = await runExample("examples/guide/streaming_context.ts", run);
  checkChunks(numbersOf(text, "Processing chunk: "), run.traces);
});

Deno.test("guide/parallel_plugin.ts tells the highest sample of every chunk", async () => {
  const lines = text2lines(await runExample("examples/guide/parallel_plugin.ts", run));
  checkChunks(lines, run.traces);
  for (const [start, end, , highest] of lines) {
    const traces = within(run.traces, BigInt(start!), BigInt(end!));
    assert.equal(highest, maxOf(traces.flatMap(({ samples }) => [...samples])));
  }
});

const text2lines = (text: string) => numbersOf(text.trimEnd(), "");

Deno.test("guide/streaming_features.ts tells chunks and charge", async () => {
  const text = await runExample("examples/guide/streaming_features.ts", run);
  const lines = text.split("\n").flatMap((line) => {
    const found = line.match(/^Chunk: (\d+)-(\d+), (\d+) features$/);
    return found ? [found.slice(1).map(Number)] : [];
  });
  checkChunks(lines, run.traces);
  const charge = sum(run.traces.map(({ samples }) => featuresOf(samples).charge));
  assert.deepEqual(numbersOf(text, "Charge of all: "), [[Number(charge.toFixed(1))]]);
});

Deno.test("guide/time_range_and_merge.ts cuts exactly and merges in order", async () => {
  const text = await runExample("examples/guide/time_range_and_merge.ts", run);
  const wanted = within(run.traces, SECOND, 2n * SECOND);
  const ranged = numbersOf(text, "features_stream: ");
  assert.equal(sum(ranged.map(([rows]) => rows!)), wanted.length);
  assert.deepEqual([ranged[0]![1], ranged.at(-1)![2]], [
    Number(wanted[0]!.time),
    Number(wanted.at(-1)!.time),
  ]);
  const merged = numbersOf(text, "hit_threshold+other_hits: ");
  const hits = hitsOf(run.traces, 40).length + hitsOf(run.traces, 400).length;
  assert.equal(sum(merged.map(([rows]) => rows!)), hits);
  const edges = merged.flatMap(([, first, last]) => [first!, last!]);
  assert.deepEqual(edges, edges.toSorted((a, b) => a - b));
});

Deno.test("guide/executor_settings.ts gives the same for every chunk size", async () => {
  const text = await runExample("examples/guide/executor_settings.ts", run);
  const [small, large] = numbersOf(text, "chunkSize ");
  assert.equal(small![1]! > 5, true);
  assert.equal(large![1], 1);
  assert.deepEqual(small!.slice(2), large!.slice(2));
  assert.equal(large![2], run.traces.length);
});

Deno.test("every example names how it is run, with no more permissions than it needs", async () => {
  const files: string[] = [];
  for (const folder of ["examples", "examples/guide"]) {
    for await (const { name } of Deno.readDir(join(ROOT, folder))) {
      if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
    }
  }
  const scripts: string[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(join(ROOT, file));
    if (!text.includes("console.log")) continue;
    scripts.push(file);
    const args = await headerCommand(file);
    assert.ok(args.includes(file), `${file} names itself`);
    assert.ok(!args.includes("-A"), `${file} asks for all permissions`);
    assert.equal(args.some((arg) => arg.startsWith("--allow-read")), text.includes("Deno.args"), file);
  }
  assert.equal(scripts.length, 10);
});

Deno.test("streamingFeatures and StreamingFeatures are what the samples say", async () => {
  const expected = run.traces.map(({ time, samples }) => ({ time, ...featuresOf(samples) }));
  for (const plugin of [streamingFeatures, StreamingFeatures]) {
    for (const chunkSize of [7, 100_000]) {
      await using ctx = new Context({ config: { "raw_files.input": run.input } });
      ctx.register(signalPlugins, plugin);
      const rows = (await ctx.getData("my_run", "features_stream", { chunkSize })).rows();
      assert.deepEqual(rows, expected);
    }
  }
});

Deno.test("a time range is the cut of the whole, and adjacent ranges are the whole", async () => {
  await using ctx = new Context({ config: { "raw_files.input": run.input } });
  ctx.register(signalPlugins, streamingFeatures);
  const stream = getStreamingContext(ctx, "my_run", { chunkSize: 100 });
  const edges = [0n, run.traces[300]!.time, run.traces[300]!.time + 1n, SECOND, 3n * SECOND];
  const all: bigint[] = [];
  for (let k = 1; k < edges.length; k++) {
    const timeRange = [edges[k - 1]!, edges[k]!] as const;
    const part: bigint[] = [];
    for await (using chunk of stream.getStream("features_stream", { timeRange })) {
      part.push(...chunk.table.times());
    }
    assert.deepEqual(part, within(run.traces, ...timeRange).map(({ time }) => time));
    all.push(...part);
  }
  assert.deepEqual(all, run.traces.map(({ time }) => time));
});

Deno.test("mergeStream() has every hit of both streams in time order", async () => {
  const config = { "raw_files.input": run.input, "hit_threshold.threshold": 40, "other_hits.threshold": 400 };
  await using ctx = new Context({ config });
  ctx.register(signalPlugins, otherHits);
  const stream = getStreamingContext(ctx, "my_run", { chunkSize: 100 });
  const expected = [...hitsOf(run.traces, 40), ...hitsOf(run.traces, 400)];
  for (const sort of [true, false]) {
    const found: { time: bigint; channel: number; height: number }[] = [];
    let end: bigint | undefined;
    for await (
      using chunk of stream.mergeStream(
        [stream.getStream("hit_threshold"), stream.getStream("other_hits")],
        { sort },
      )
    ) {
      if (sort && end !== undefined) assert.equal(chunk.start, end);
      end = chunk.end;
      for (const { time, channel, height } of chunk.table.rows()) {
        found.push({ time: time as bigint, channel: channel as number, height: height as number });
      }
    }
    const text = (rows: readonly object[]) => rows.map((row) => Object.values(row).join(" "));
    assert.deepEqual(text(found).sort(), text(expected).sort());
    const ordered = found.every(({ time }, i) => i === 0 || found[i - 1]!.time <= time);
    assert.equal(ordered, sort);
  }
});
