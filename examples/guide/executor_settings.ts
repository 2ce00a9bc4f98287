/**
 * Chunk size and executor settings: how the work is done. None of them changes a result or is part of the lineage, so what was
 * stored with other settings is read and not computed again.
 *
 * Small chunks take less memory and cost more calls; 10,000 to 100,000 records are a good start. "thread" is for plugins that
 * are trusted, "process" keeps a plugin in a sandbox of its own. Executor settings take effect with an executor that the context
 * is given; without one the work is done in place.
 *
 * ```sh
 * deno run --allow-read examples/guide/executor_settings.ts ./DAQ/my_run
 * ```
 * @module
 */
import { Context, getStreamingContext } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";

const [input = "./DAQ/my_run"] = Deno.args;

await using ctx = new Context({ config: { "raw_files.input": input }, memory: "512MiB" });
ctx.register(signalPlugins);

for (const chunkSize of [100, 100_000]) {
  const streamCtx = getStreamingContext(ctx, "my_run", {
    streamingConfig: { chunkSize, executorType: "process", maxWorkers: 8, useLoadBalancer: true },
  });
  let chunks = 0, rows = 0, area = 0;
  for await (using chunk of streamCtx.getStream("basic_features")) {
    chunks++;
    rows += chunk.length;
    for (const value of chunk.table.get("area", "f32")) area += value;
  }
  console.log(`chunkSize ${chunkSize}: ${chunks} chunks, ${rows} rows, area ${area.toFixed(1)}`);
}
