/**
 * Features and hits of a run: streams, a time range, a merge of two streams, a whole table and a plan.
 *
 * ```sh
 * deno task millrace sim --out ./DAQ/my_run --duration 2.2s --samples 200 --pretrigger 45
 * deno run --allow-read --allow-write examples/script.ts ./DAQ/my_run ./data
 * ```
 * @module
 */
import { Context, getStreamingContext } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";
import { otherHits } from "./other_hits.ts";
import { streamingFeatures } from "./streaming_features.ts";

const [input = "./DAQ/my_run", store = "./data"] = Deno.args;

await using ctx = new Context({ store });
ctx.register(signalPlugins, streamingFeatures, otherHits);
ctx.setConfig({
  "raw_files.input": input,
  "features_stream.heightRange": [40, 90],
  "hit_threshold.threshold": 40,
  "other_hits.threshold": 400,
});

const stream = getStreamingContext(ctx, "my_run", {
  chunkSize: 500,
  parallel: true,
  executorConfig: "io_intensive",
});

// Only what starts in the second second.
const timeRange = [1_000_000_000_000n, 2_000_000_000_000n] as const; // ps
for await (const chunk of stream.getStream("features_stream", { timeRange })) {
  console.log(`features ${chunk.start} - ${chunk.end} ps: ${chunk.length} rows`);
}

// Two streams as one, in time order.
const merged = stream.mergeStream([stream.getStream("hit_threshold"), stream.getStream("other_hits")], {
  sort: true,
});
let both = 0, last: bigint | undefined;
for await (using chunk of merged) {
  both += chunk.length;
  last = chunk.table.times().at(-1) ?? last;
}
console.log(`hits of both finders: ${both}, the last at ${last} ps`);

// The whole table; it was stored while the merge read it.
const hits = await ctx.getData("my_run", "hit_threshold");
const highest = hits.get("height", "f32").reduce((a, b) => Math.max(a, b), 0);
console.log(`hits: ${hits.length}, highest ${highest} ADC counts`);

// What is stored, what would run, fused how, on which executor.
console.log((await ctx.plan("my_run", ["basic_features", "hit_threshold"])).toString());
