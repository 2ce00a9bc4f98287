// Results of every shape of plugin are the same from a sandbox as in place.

import fc from "fast-check";
import { testPlugin } from "@millrace/core/testing";
import { inputRows } from "../../core/engine/_harness_testing.ts";
import { SHAPES } from "../../core/engine/_shapes_testing.ts";
import { vendor } from "./_vendor_testing.ts";
import { sandboxedPlugin } from "./mod.ts";

const RUNS = 3;

/** A module of the shapes', as a package of its own would write it. */
async function moduleOf(name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`../../core/engine/${name}`, import.meta.url));
  return text.replace(/"\.\.\/\w+\/(\w+)\.ts"/g, (_, name) => `"@millrace/core/${name}"`);
}

Deno.test("every shape of plugin gives the same in a sandbox as in place", async (t) => {
  const names = [...SHAPES.keys()];
  const entry = `import type { Plugin } from "@millrace/core/plugin";
import { manyOutputs, SHAPES } from "./_shapes_testing.ts";
const made = SHAPES.map((s) => s.make("out", s.inputs === 2 ? ["a", "b"] : ["a"], (type) => type));
${names.map((k) => `export const shape${k}: Plugin = made[${k}]!;`).join("\n")}
export const many: Plugin = manyOutputs(["late", "early", "same"], "a", "a");
`;
  const modules = ["_shapes_testing.ts", "_model_testing.ts", "_model_work_testing.ts"];
  const files = Object.fromEntries(
    await Promise.all(modules.map(async (name) => [name, await moduleOf(name)])),
  );
  await using vendored = await vendor({ "mod.ts": entry, ...files });
  for (const [k, name] of [...SHAPES.map(({ name }) => name), "several outputs"].entries()) {
    await t.step(name, async () => {
      const exported = k < SHAPES.length ? `shape${k}` : "many";
      await using plugin = await sandboxedPlugin({ ...vendored, export: exported });
      await fc.assert(
        fc.asyncProperty(inputRows("a"), inputRows("b"), fc.nat(), async (a, b, seed) => {
          const inputs = plugin.dependsOn.includes("b") ? { a, b } : { a };
          await testPlugin(plugin, { inputs, seed, chunkings: 1, ranges: 0 });
        }),
        { numRuns: RUNS },
      );
    });
  }
});
