/**
 * A first look at a run: hits and features, stored, in a few lines. It runs from any folder, also by its URL from a server that
 * resolves the names of packages (`HOST` stands for it):
 *
 * ```sh
 * deno run --allow-read=./DAQ/my_run,./data --allow-write=./data examples/quicklook.ts ./DAQ/my_run ./data
 * deno run --allow-read=./DAQ/my_run,./data --allow-write=./data --allow-import=HOST http://HOST/examples/quicklook.ts ./DAQ/my_run ./data
 * ```
 * @module
 */
import { Context } from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";

const [input = "./DAQ/my_run", store = "./data"] = Deno.args;
await using ctx = new Context({ store, config: { "raw_files.input": input, "hit_threshold.threshold": 40 } });
ctx.register(signalPlugins);
const { stored } = await ctx.run("my_run", ["hit_threshold", "basic_features"]);
for (const [dataType, { meta }] of stored) {
  console.log(`${dataType}: ${meta.rows} rows, ${meta.start} - ${meta.end} ps`);
}
