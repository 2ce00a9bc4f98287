// Results of every shape of plugin are the same in workers of every kind as in place.

import fc from "fast-check";
import { testPlugin } from "@millrace/core/testing";
import { inputRows } from "../../core/engine/_harness_testing.ts";
import { SHAPES } from "../../core/engine/_shapes_testing.ts";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { many, shapePlugins } from "./_shape_plugins_testing.ts";

const RUNS = 4;

for (const type of ["thread", "process"] as const) {
  Deno.test(`every shape of plugin gives the same in a ${type} as in place`, async (t) => {
    await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
    const plugins = [...shapePlugins, many];
    const names = [...SHAPES.map(({ name }) => name), "several outputs"];
    for (const [k, plugin] of plugins.entries()) {
      await t.step(names[k]!, async () => {
        await fc.assert(
          fc.asyncProperty(inputRows("a"), inputRows("b"), fc.nat(), async (a, b, seed) => {
            const inputs = plugin.dependsOn.includes("b") ? { a, b } : { a };
            await testPlugin(plugin, {
              inputs,
              seed,
              chunkings: 1,
              ranges: 0,
              executors: [manager],
              executorChunkings: 2,
            });
          }),
          { numRuns: RUNS },
        );
      });
    }
  });
}
