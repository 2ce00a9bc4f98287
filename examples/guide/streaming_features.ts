/**
 * Features as a stream: the plugin of `../streaming_features.ts` at work.
 *
 * ```sh
 * deno run --allow-read examples/guide/streaming_features.ts ./DAQ/my_run
 * ```
 * @module
 */
import { Context, getStreamingContext } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";
import { streamingFeatures } from "../streaming_features.ts";

const [input = "./DAQ/my_run"] = Deno.args;

await using ctx = new Context();
ctx.register(signalPlugins, streamingFeatures);
ctx.setConfig({ "raw_files.input": input, "features_stream.heightRange": [40, 90] });

const streamCtx = getStreamingContext(ctx, "my_run", { chunkSize: 500 });
let charge = 0;
for await (const chunk of streamCtx.getStream("features_stream")) {
  for (const value of chunk.table.get("charge", "f32")) charge += value;
  console.log(`Chunk: ${chunk.start}-${chunk.end}, ${chunk.length} features`);
}
console.log(`Charge of all: ${charge.toFixed(1)} ADC counts x samples`);
