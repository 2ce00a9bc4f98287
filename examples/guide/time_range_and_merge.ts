/**
 * A time range of a stream, and several streams as one.
 *
 * A range `[start, end)` selects rows by their start: adjacent ranges together give the whole. Only the input that the range needs
 * is computed.
 *
 * ```sh
 * deno run --allow-read examples/guide/time_range_and_merge.ts ./DAQ/my_run
 * ```
 * @module
 */
import { type Chunk, Context, getStreamingContext } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";
import { otherHits } from "../other_hits.ts";
import { streamingFeatures } from "../streaming_features.ts";

const [input = "./DAQ/my_run"] = Deno.args;

await using ctx = new Context();
ctx.register(signalPlugins, streamingFeatures, otherHits);
ctx.setConfig({ "raw_files.input": input, "hit_threshold.threshold": 40, "other_hits.threshold": 400 });
const streamCtx = getStreamingContext(ctx, "my_run", { chunkSize: 500 });

function handleChunk(chunk: Chunk): void {
  const times = chunk.table.times();
  console.log(`${chunk.dataType}: ${chunk.length} rows, ${times.at(0) ?? "-"} to ${times.at(-1) ?? "-"} ps`);
}

const timeRange = [1_000_000_000_000n, 2_000_000_000_000n] as const; // ps since the start of the run
for await (const chunk of streamCtx.getStream("features_stream", { timeRange })) handleChunk(chunk);

const stream1 = streamCtx.getStream("hit_threshold");
const stream2 = streamCtx.getStream("other_hits");
const merged = streamCtx.mergeStream([stream1, stream2], { sort: true });
for await (const chunk of merged) handleChunk(chunk);
