import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import { tableSource } from "@millrace/core/table-source";
import { simulateFiles } from "./simulate/files.ts";
import { signalPlugins } from "./mod.ts";
import { straxPlugins } from "./strax/mod.ts";

const folder = await Deno.makeTempDir();
const run = {
  channels: 3,
  duration: 8e9,
  rate: 4000,
  samples: 400,
  amplitude: [100, 2000],
  pileUp: 0.3,
  coincidences: 0.5,
  seed: 3,
} as const;
(await simulateFiles(folder, run)).truth.release();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const sets = [
  ["signal", signalPlugins, { "hit_merged.mergeGap": "40 ns" }],
  ["strax", straxPlugins, { "peaks.channels": 3, "peak_waveforms.topChannels": 2 }],
] as const;

for (const [set, plugins, config] of sets) {
  await using ctx = new Context({ config: { ...config, "raw_files.input": folder } });
  ctx.register(plugins as Plugin[]);
  const kindOf = (type: string) => plugins.find(({ provides }) => provides.includes(type))!.dataKinds[type];
  for (const plugin of plugins) {
    const foreign = plugin.provides.filter((type) => plugin.dataKinds[type] !== type);
    if (foreign.length === 0 || plugin.dependsOn.length === 0) continue;
    const sources = await Promise.all(plugin.dependsOn.map(async (type) => {
      const table = await ctx.getData("run", type);
      return tableSource(type, table, { dataKind: `other_${kindOf(type)}` });
    }));
    const expected = await Promise.all(foreign.map(async (type) => (await ctx.getData("run", type)).rows()));
    Deno.test(`${set}: ${foreign} have the same rows whatever the kind of their input is called`, async () => {
      const own = Object.entries(config).filter(([name]) => name.startsWith(`${plugin.name}.`));
      await using other = new Context({ config: Object.fromEntries(own) });
      other.register(sources, plugin);
      for (const [i, type] of foreign.entries()) {
        assert.ok(expected[i]!.length > 0, `${type} has no rows`);
        assert.deepEqual((await other.getData("run", type)).rows(), expected[i]);
      }
    });
  }
}
