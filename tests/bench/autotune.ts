// chunkSize "auto" against the best of a few sizes chosen by hand, for five kinds of work with two threads, in turn. About a minute.

import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import { ExecutorManager } from "@millrace/executor/manager";
import { areas, centred, heights, numbers, scaled, settled, uneven, waves } from "./_autotune_plugins.ts";
import { median } from "./_pools/race.ts";
import { type Measure, report } from "./_report.ts";

interface Workload {
  readonly title: string;
  readonly source: () => Plugin;
  readonly plugins: readonly Plugin[];
  /** Rows a chunk, chosen by hand. */
  readonly sizes: readonly number[];
  readonly stored?: true;
}

const WORKLOADS: readonly Workload[] = [
  {
    title: "tiny rows, cheap plugin",
    source: () => numbers(6_000_000),
    plugins: [scaled],
    sizes: [2_000, 20_000, 100_000, 500_000, 1_500_000],
  },
  {
    title: "wide waveforms, bound by memory",
    source: () => waves(250_000),
    plugins: [areas],
    sizes: [100, 1_000, 5_000, 20_000, 50_000],
  },
  {
    title: "bound by the processor",
    source: () => numbers(60_000),
    plugins: [settled],
    sizes: [50, 500, 2_000, 8_000, 30_000],
  },
  {
    title: "chain, stored",
    source: () => waves(40_000),
    plugins: [centred, heights],
    sizes: [100, 500, 1_000, 3_000, 6_000],
    stored: true,
  },
  {
    title: "uneven cost of rows",
    source: () => numbers(200_000),
    plugins: [uneven],
    sizes: [50, 500, 2_000, 8_000, 50_000],
  },
];
const ROUNDS = 5;
/** Of a workload that takes less than `SHORT` ms, where a disturbance is a large part. */
const MORE_ROUNDS = 15, SHORT = 100;
const BUDGET = 1.25;
type Size = number | "auto";

async function measure({ title, source, plugins, sizes, stored }: Workload): Promise<Measure[]> {
  await using manager = new ExecutorManager({ defaultWorkers: 2 });
  const store = stored && await Deno.makeTempDir({ prefix: "millrace_autotune_" });
  try {
    await using ctx = new Context({ executor: manager, ...(store ? { store } : {}) });
    ctx.register(source(), ...plugins);
    const types = plugins.map(({ name }) => name);
    let rows: number | undefined;
    const time = async (chunkSize: Size): Promise<number> => {
      const started = performance.now();
      let count = 0;
      if (store) {
        count = (await ctx.run("run", types, { chunkSize, fresh: true })).plugins.get(types.at(-1)!)!.rows;
      } else {
        for await (using chunk of ctx.getStream("run", types.at(-1)!, { chunkSize })) count += chunk.length;
      }
      const ms = performance.now() - started;
      if (count === 0 || count !== (rows ??= count)) throw new Error(`${title}: ${count} rows, not ${rows}`);
      return ms;
    };
    const ways: readonly Size[] = ["auto", ...sizes];
    const times = new Map<Size, number[]>(ways.map((way) => [way, []]));
    for (const way of ways) await time(way);
    const rounds = await time("auto") < SHORT ? MORE_ROUNDS : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      for (const way of round % 2 ? ways : ways.toReversed()) times.get(way)!.push(await time(way));
    }
    const best = sizes.reduce((best, size) =>
      median(times.get(size)!) < median(times.get(best)!) ? size : best
    );
    const worst = Math.max(...sizes.map((size) => median(times.get(size)!)));
    const ratio = median(times.get("auto")!.map((ms, k) => ms / times.get(best)![k]!));
    return [
      { name: `${title}: auto`, value: median(times.get("auto")!), unit: "ms" },
      ...sizes.map((size) => ({
        name: `${title}: ${size} rows`,
        value: median(times.get(size)!),
        unit: "ms",
      })),
      { name: `${title}: worst / best by hand`, value: worst / median(times.get(best)!), unit: "x" },
      { name: `${title}: auto / best by hand (${best})`, value: ratio, unit: "x", budget: BUDGET },
    ];
  } finally {
    if (store) await Deno.remove(store, { recursive: true });
  }
}

const measures: Measure[] = [];
for (const workload of WORKLOADS) measures.push(...await measure(workload));
report('chunkSize "auto" with two threads', measures);
