// Every first-party plugin gives the same rows in threads and processes as in place: for random traces, chunkings and time ranges.

import fc from "fast-check";
import { testPlugin } from "@millrace/core/testing";
import { ExecutorManager } from "@millrace/executor/manager";
import { signalPlugins } from "@millrace/plugins-signal";
import { randomTraces, rawTable } from "../packages/plugins-signal/_testing.ts";

const RUNS = 3;

for (const type of ["thread", "process"] as const) {
  Deno.test(`every first-party plugin gives the same in a ${type} as in place`, async (t) => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    const plugins = signalPlugins.filter(({ kind }) => kind !== "source");
    for (const plugin of plugins) {
      await t.step(plugin.name, () =>
        fc.assert(
          fc.asyncProperty(randomTraces(40), fc.nat(), (list, seed) =>
            testPlugin(plugin, {
              inputs: { raw_files: rawTable(list) },
              dataKinds: { raw_files: "records" },
              register: plugins.filter((other) => other !== plugin),
              options: { baselineSamples: 2, "st_waveforms.waveLength": 40 },
              seed,
              chunkings: 1,
              ranges: 1,
              executors: [manager],
              executorChunkings: 2,
            })),
          { numRuns: RUNS },
        ));
    }
  });
}
