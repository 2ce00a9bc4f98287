/**
 * A streaming context: the streams of one run, with settings for how they are computed.
 *
 * ```sh
 * deno run --allow-read examples/guide/streaming_context.ts ./DAQ/my_run
 * ```
 * @module
 */
import { Context, getStreamingContext } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";

const [input = "./DAQ/my_run"] = Deno.args;

await using ctx = new Context({ config: { "raw_files.input": input } });
ctx.register(signalPlugins);

const streamCtx = getStreamingContext(ctx, "my_run", {
  streamingConfig: { // the same settings may stand beside it, and win there
    chunkSize: 500, // rows
    parallel: true,
    executorConfig: "io_intensive",
  },
});

for await (const chunk of streamCtx.getStream("records")) { // iterChunks is the same
  console.log(`Processing chunk: ${chunk.start} - ${chunk.end}, ${chunk.length} records`);
}
