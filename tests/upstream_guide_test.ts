// The streaming guide of WaveformAnalysis: each of its Python examples has a counterpart here with the same names, and its
// feature plugin gives the same numbers on a real recording.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as core from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";
import { streamingFeatures } from "../examples/streaming_features.ts";
import { StreamingFeatures } from "../examples/streaming_features_class.ts";
import { baselineOf, ROOT, sum } from "./_run_example.ts";

const SHARED = fileURLToPath(new URL("../../shared/", import.meta.url));
const GUIDE = `${SHARED}reference/streaming-guide.md`;
const RECORDING = `${SHARED}data/compass_test_data.BIN`;
const WAVES = `${SHARED}data/compass_102x1000_u2.npy`;
const EVENTS = `${SHARED}data/compass_test_data.events.json`;

function guideTest(name: string, paths: readonly string[], run: () => Promise<void>): void {
  const exists = paths.every((path) => existsSync(path));
  Deno.test({ name: exists ? name : `${name} (skipped: ../shared not found)`, ignore: !exists, fn: run });
}

/** The counterpart of each Python block of the guide, in order: its file and the names that it must hold. */
const COUNTERPARTS: readonly { python: string; file: string; names: readonly string[] }[] = [
  { python: "class MyStreamingPlugin", file: "guide/my_streaming_plugin.ts", names: ["MyStreamingPlugin"] },
  {
    python: "get_streaming_context",
    file: "guide/streaming_context.ts",
    names: ["streamingConfig", "io_intensive"],
  },
  { python: "class MyParallelPlugin", file: "guide/parallel_plugin.ts", names: ["MyParallelPlugin"] },
  {
    python: "class StreamingFeaturesPlugin",
    file: "guide/streaming_features.ts",
    names: ["features_stream"],
  },
  { python: "time_range=time_range", file: "guide/time_range_and_merge.ts", names: ["sort: true"] },
  {
    python: "class MyStreamingPlugin",
    file: "guide/convert_plain_plugin.ts",
    names: ["defineStatic", "definePlugin"],
  },
  { python: '"max_workers": 8', file: "guide/executor_settings.ts", names: ["streamingConfig"] },
];

/** Names of the guide's interface; the others are its variables and data types. */
const INTERFACE = [
  "depends_on",
  "compute_chunk",
  "get_streaming_context",
  "streaming_config",
  "chunk_size",
  "executor_config",
  "executor_type",
  "max_workers",
  "get_stream",
  "time_range",
  "merge_stream",
] as const;

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The example with what it imports from its own folder. */
async function textOf(file: string): Promise<string> {
  const url = new URL(`../examples/${file}`, import.meta.url);
  let text = await Deno.readTextFile(url);
  for (const [, path] of text.matchAll(/from "(\.[^"]+)"/g)) {
    text += await Deno.readTextFile(new URL(path!, url));
  }
  return text;
}

guideTest("every Python example of the guide has its counterpart", [GUIDE], async () => {
  const blocks = [...(await Deno.readTextFile(GUIDE)).matchAll(/```python\n([^]*?)```/g)].map(([, code]) =>
    code!
  );
  assert.equal(blocks.length, COUNTERPARTS.length);
  const seen = new Set<string>();
  for (const [k, { python, file, names }] of COUNTERPARTS.entries()) {
    assert.ok(blocks[k]!.includes(python), `block ${k} is that with ${python}`);
    const text = await textOf(file);
    for (const name of names) assert.ok(text.includes(name), `${file} has ${name}`);
    for (const name of INTERFACE.filter((name) => new RegExp(`\\b${name}\\b`).test(blocks[k]!))) {
      seen.add(name);
      assert.ok(text.includes(camel(name)), `${file} has ${camel(name)}`);
    }
  }
  assert.deepEqual([...seen].sort(), [...INTERFACE].sort());
});

guideTest("what the guide imports is exported under its camelCase name", [GUIDE], async () => {
  const imports = [...(await Deno.readTextFile(GUIDE)).matchAll(/from waveform_analysis[\w.]+ import (.*)/g)]
    .flatMap(([, names]) => names!.split(", "));
  assert.ok(imports.length >= 4);
  for (const name of imports) assert.equal(typeof core[camel(name) as keyof typeof core], "function", name);
});

/** The samples of the recording, in the order of the file. */
async function recordedWaves(): Promise<Uint16Array[]> {
  const bytes = await Deno.readFile(WAVES);
  const start = 10 + new DataView(bytes.buffer).getUint16(8, true);
  const samples = new Uint16Array(bytes.buffer.slice(start));
  return Array.from({ length: 102 }, (_, i) => samples.subarray(1000 * i, 1000 * (i + 1)));
}

function chargeOf(wave: Uint16Array): number {
  const baseline = baselineOf(wave);
  return sum(Array.from(wave, (sample) => baseline - sample));
}

guideTest(
  "the guide's features of the recording are those that NumPy's formula gives",
  [RECORDING, WAVES, EVENTS],
  async () => {
    const events: { timestamp_ps: number }[] = JSON.parse(await Deno.readTextFile(EVENTS));
    const expected = (await recordedWaves()).map((wave, i) => ({
      time: BigInt(events[i]!.timestamp_ps),
      // np.max(waves[:, 40:90], axis=1) - np.min(waves[:, 40:90], axis=1)
      peak: Math.max(...wave.subarray(40, 90)) - Math.min(...wave.subarray(40, 90)),
      // np.sum(baselines[:, np.newaxis] - waves, axis=1)
      charge: chargeOf(wave),
    })).sort((a, b) => Number(a.time - b.time));
    for (const plugin of [streamingFeatures, StreamingFeatures]) {
      await using ctx = new core.Context({ config: { "raw_files.input": RECORDING } });
      ctx.register(signalPlugins, plugin);
      const streamCtx = core.getStreamingContext(ctx, "my_run", { streamingConfig: { chunkSize: 30 } });
      const rows: { time: bigint; peak: number; charge: number }[] = [];
      for await (using chunk of streamCtx.getStream("features_stream")) {
        for (const { time, peak, charge } of chunk.table.rows()) {
          rows.push({ time: time as bigint, peak: peak as number, charge: charge as number });
        }
      }
      assert.equal(rows.length, 102);
      rows.forEach((row, i) => {
        const { time, peak, charge } = expected[i]!;
        assert.deepEqual([row.time, row.peak], [time, peak]);
        assert.ok(Math.abs(row.charge - charge) <= 1e-6 * Math.abs(charge) + 1e-3, `charge of row ${i}`);
      });
    }
  },
);

Deno.test("every example of the guide is a file of its own", async () => {
  const files = new Set(
    (await Array.fromAsync(Deno.readDir(`${ROOT}examples/guide`))).map(({ name }) => name),
  );
  for (const { file } of COUNTERPARTS) assert.ok(files.has(file.replace("guide/", "")), file);
  assert.ok(files.has("mix_static_and_streaming.ts"));
});
