// One run, timed, in a process of its own. Arguments: folder of the simulated run, data type, number of workers.

import { join } from "node:path";
import { Context } from "@millrace/core";
import { ExecutorManager } from "@millrace/executor/manager";
import { signalPlugins } from "@millrace/plugins-signal";

const [folder, dataType, workers] = Deno.args;
const store = await Deno.makeTempDir({ prefix: "millrace_scaling_" });
try {
  await using manager = new ExecutorManager();
  await using ctx = new Context({ store, memory: "512MiB", executor: manager });
  ctx.register(signalPlugins);
  ctx.setConfig({
    raw_files: { input: [join(folder!, "RAW")] },
    filtered_waveforms: { filterType: "SG", sgWindowSize: 11, sgPolyOrder: 2 },
    signal_peaks_stream: { height: 5, prominence: 5, width: 4 },
  });
  const report = await ctx.run("run", [dataType!], { maxWorkers: Number(workers) });
  const rows = report.plugins.get(dataType!)?.rows ?? 0;
  if (!(rows > 0)) throw new Error(`The run gave no ${dataType}`);
  console.log(JSON.stringify({ ms: report.elapsedMs, rows, peakMiB: report.peakBytes / 2 ** 20 }));
} finally {
  await Deno.remove(store, { recursive: true });
}
