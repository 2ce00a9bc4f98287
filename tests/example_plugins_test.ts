// The examples' plugins by themselves: the same for every chunking, and what they do at the edges.
import assert from "node:assert/strict";
import { Context, definePlugin, schema, Table, tableSource } from "@millrace/core";
import { testPlugin } from "@millrace/core/testing";
import { recordsSchema } from "@millrace/plugins-signal";
import { copyOf } from "@millrace/core/copy-of";
import { converted } from "../examples/guide/convert_plain_plugin.ts";
import { corrected, high, normalized } from "../examples/guide/mix_static_and_streaming.ts";
import { myStream, MyStreamingPlugin } from "../examples/guide/my_streaming_plugin.ts";
import { MyParallelPlugin } from "../examples/guide/parallel_plugin.ts";
import { otherHits } from "../examples/other_hits.ts";
import { streamingFeatures } from "../examples/streaming_features.ts";
import { StreamingFeatures } from "../examples/streaming_features_class.ts";

const waves = (n: number) =>
  Table.from(schema({ ...recordsSchema.types, wave: "u16[6]" }), {
    ...recordColumns(n),
    wave: Array.from({ length: n }, (_, i) => [9, 9, 9 - i % 5, i % 8, 7, 9]),
  });

const recordColumns = (n: number) => {
  const rows = Array.from({ length: n }, (_, i) => i);
  return {
    time: rows.map((i) => BigInt(5 * (i >> 1))),
    endtime: rows.map((i) => BigInt(5 * (i >> 1) + 12)),
    board: rows.map(() => 0),
    channel: rows.map((i) => i % 2),
    record_id: rows.map(BigInt),
    dt: rows.map(() => 2),
    length: rows.map((i) => 6 - i % 2),
    flags: rows.map(() => 0),
    baseline: rows.map(() => 9),
    polarity: rows.map(() => -1),
  };
};

for (const [name, plugin] of Object.entries({ streamingFeatures, StreamingFeatures })) {
  Deno.test(`${name} gives the same for every chunking`, async () => {
    await testPlugin(plugin, {
      inputs: { st_waveforms: waves(12) },
      dataKinds: { st_waveforms: "records" },
      options: { "features_stream.heightRange": [1, 4] },
      chunkings: 6,
      ranges: 6,
    });
  });
}

Deno.test("streamingFeatures and StreamingFeatures count only a record's own samples", async () => {
  const one = (samples: number[], length: number) =>
    Table.from(schema({ ...recordsSchema.types, wave: "u16[6]" }), {
      ...recordColumns(1),
      length: [length],
      wave: [samples],
    });
  for (const plugin of [streamingFeatures, StreamingFeatures]) {
    const features = async (table: Table, range: [number, number | null]) => {
      await using ctx = new Context({ config: { "features_stream.heightRange": range } });
      ctx.register(tableSource("st_waveforms", table, { dataKind: "records" }), plugin);
      const { peak, charge } = (await ctx.getData("my_run", "features_stream")).row(0);
      return [peak, charge];
    };
    const short = one([9, 7, 4, 8, 0, 0], 4) as unknown as Table;
    assert.deepEqual(await features(short, [1, 6]), [4, 8]);
    assert.deepEqual(await features(short, [1, null]), [4, 8]);
    assert.deepEqual(await features(short, [0, 2]), [2, 8]);
    assert.deepEqual(await features(short, [4, 6]), [NaN, 8]);
  }
});

Deno.test("plugins of the guide give the same for every chunking", async () => {
  const records = Table.from(recordsSchema, {
    ...recordColumns(12),
    wave: Array.from({ length: 12 }, (_, i) => [9, 9, 9 - i % 5, i % 8, 7, 9].slice(0, 6 - i % 2)),
  });
  const few = { chunkings: 4, ranges: 4 };
  await testPlugin(otherHits, {
    inputs: { records },
    dataKinds: { records: "records" },
    options: { "other_hits.threshold": 2, "other_hits.leftExtension": 0 },
    ...few,
  });
  await testPlugin(MyParallelPlugin, { inputs: { records }, dataKinds: { records: "records" }, ...few });
  const pulses = Table.from(schema({ time: "time", height: "f32" }), {
    time: [0n, 2n, 2n, 7n, 9n],
    height: [1, 8, 6, 5, 9],
  });
  await testPlugin(myStream, { inputs: { input_stream: pulses }, ...few });
  await testPlugin(MyStreamingPlugin, { inputs: { input_stream: pulses }, ...few });
  await testPlugin(converted, { inputs: { input_data: pulses }, ...few });
  await testPlugin(corrected, { inputs: { pulses }, ...few });
  await testPlugin(normalized, {
    inputs: { corrected: pulses },
    dataKinds: { corrected: "pulses" },
    ...few,
  });
  await testPlugin(high, { inputs: { pulses }, register: [corrected, normalized], ...few });
});

Deno.test("copyOf() keeps what the plugin declares under the new name", () => {
  const plugin = definePlugin({
    provides: "hits",
    dependsOn: ["records"],
    version: "3",
    module: "file:///hits.ts",
    export: "hits",
    schema: { time: "time" },
    longestRow: 70,
    reach: { left: 5, right: 9 },
    boundary: "sealed",
    computeChunk: () => null,
  });
  const copy = copyOf(plugin, "more_hits");
  assert.deepEqual([copy.name, copy.provides, copy.version], ["more_hits", ["more_hits"], "3"]);
  assert.deepEqual([copy.module, copy.export], ["file:///hits.ts", "hits"]); // where a worker makes it from
  assert.deepEqual(copy.schemas, { more_hits: plugin.schemas.hits });
  assert.deepEqual(copy.dataKinds, { more_hits: "more_hits" });
  assert.deepEqual(copy.longestRow, { more_hits: 70 });
  assert.deepEqual(copy.geometry({}), { boundary: "sealed", reach: { more_hits: { left: 5, right: 9 } } });
  assert.equal(plugin.name, "hits");
});

Deno.test("copyOf() refuses a plugin with several outputs", () => {
  const two = { ...otherHits, provides: ["a", "b"] };
  assert.throws(
    () => copyOf(two, "c"),
    /^RangeError: Cannot copy plugin "other_hits" as "c": it provides 2 types$/,
  );
});
