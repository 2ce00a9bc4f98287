// The strax chain on 272 MB of fragments in memory, nothing saved: raw records, records, hits, peaks. Against strax where it can be
// imported (PYTHONPATH names a checkout), else against what it did for the copying speed of the machine (184 MB/s where numpy copied
// 10.7 GB/s). Each pass is compared with what is measured next to it, since a shared machine is not equally fast all the time.
//
// The fragments lie in the kernels' memory, where `raw_records` makes those of files too (`kernelBuffers`; a line says what one core
// takes from ordinary memory instead); workers read them there.
import { BufferPool, Context, type Executor, tableSource } from "@millrace/core";
import type { ExecutorProvider } from "@millrace/core";
import type { BufferSource } from "@millrace/core/buffers";
import { kernelBuffers } from "@millrace/core/kernel-memory";
import { ExecutorManager } from "@millrace/executor/manager";
import { straxHits, straxPeaks, straxRecords } from "@millrace/plugins-signal/strax";
import { cutsOf, golden, makeStraxData, readStraxData, straxConfig, straxData } from "../_strax.ts";
import { copySpeeds, straxByCopy, straxItself } from "./_strax_peer.ts";
import { lowerQuartile, type Measure, report } from "./_report.ts";

const PASSES = 8, ROUNDS = 5;
/** Rows of a piece: of smaller ones the engine has more to do, larger ones are no faster. */
const PIECE = 32_000;

const found = straxData();
if ("missing" in found) {
  console.error(`Nothing to measure with: ${found.missing}`);
  Deno.exit(1);
}
const folder = await makeStraxData(found.python);
const expected = golden();
const megabytes = Number(expected.n_records) * 244 / 1e6;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

interface Pass {
  readonly ms: number;
  /** Ms in plugins, by plugin. */
  readonly busy: Readonly<Record<string, number>>;
}

/** A context over the data, and a way to run the chain once; its peaks are counted. */
function chain(pool: BufferSource, executor?: Executor | ExecutorProvider) {
  const raw = readStraxData(folder, pool);
  const ctx = new Context({ config: straxConfig, memory: "2GiB", ...(executor ? { executor } : {}) });
  ctx.register(
    tableSource("raw_records", raw, { cuts: cutsOf(raw, PIECE) }),
    straxRecords,
    straxHits,
    straxPeaks,
  );
  const once = async (maxWorkers?: number): Promise<Pass> => {
    const before = performance.now();
    const { plugins } = await ctx.run("run", "peaks", maxWorkers === undefined ? {} : { maxWorkers });
    const ms = performance.now() - before;
    const rows = plugins.get("peaks")!.rows;
    if (rows !== expected.n_peaks) throw new Error(`There are ${rows} peaks, not ${expected.n_peaks}`);
    return { ms, busy: Object.fromEntries([...plugins].map(([name, { busyMs }]) => [name, busyMs])) };
  };
  return { ctx, raw, once };
}

const measures: Measure[] = [];
{
  const { ctx, raw, once } = chain(kernelBuffers);
  await using peer = copySpeeds(found.python);
  for (let warm = 0; warm < 6; warm++) await once();
  let measured = false;
  const passes: Pass[] = [], ratios: number[] = [], copies: number[] = [], peers: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const speed: number[] = [], bridge: number[] = [];
    for (let k = 0; k < PASSES; k++) {
      const pass = await once(), copy = await peer.copySpeed();
      passes.push(pass);
      copies.push(copy / 1e9);
      speed.push(1000 * megabytes / pass.ms);
      bridge.push(straxByCopy("st1", copy));
    }
    const theirs = straxItself(found.python, folder, "st1");
    measured ||= theirs !== undefined;
    speed.forEach((ours, k) => ratios.push(ours / (theirs ?? bridge[k]!)));
    peers.push(theirs ?? median(bridge));
  }
  const share = median(passes.map(({ ms, busy }) => {
    const inside = Object.values(busy).reduce((a, b) => a + b, 0);
    return 100 * (ms - inside) / inside;
  }));
  const ms = lowerQuartile(passes.map((pass) => pass.ms));
  measures.push(
    {
      name: "strax chain: times strax, one core",
      value: median(ratios),
      unit: "x",
      budget: 8,
      atLeast: true,
    },
    { name: "  ours", value: megabytes / ms, unit: "GB/s" },
    {
      name: measured ? "  strax" : "  strax, by the speed of copying",
      value: median(peers) / 1000,
      unit: "GB/s",
    },
    { name: "  numpy copy", value: median(copies), unit: "GB/s" },
    ...Object.keys(passes[0]!.busy).map((name) => ({
      name: `  in ${name}`,
      value: median(passes.map(({ busy }) => busy[name]!)),
      unit: "ms",
    })),
    { name: "strax chain: engine's time to plugins' time", value: share, unit: "%", budget: 25 },
  );
  await ctx[Symbol.asyncDispose]();
  raw.release();
}
{
  const { ctx, raw, once } = chain(new BufferPool());
  for (let warm = 0; warm < 3; warm++) await once();
  const times: number[] = [];
  for (let pass = 0; pass < 2 * PASSES; pass++) times.push((await once()).ms);
  measures.push({
    name: "  ours, from ordinary memory",
    value: megabytes / lowerQuartile(times),
    unit: "GB/s",
  });
  await ctx[Symbol.asyncDispose]();
  raw.release();
}
{
  await using manager = new ExecutorManager();
  const { ctx, raw, once } = chain(kernelBuffers, manager);
  for (const workers of [1, 2, 1, 2]) await once(workers);
  const one: number[] = [], two: number[] = [];
  for (let pair = 0; pair < ROUNDS; pair++) {
    for (const workers of pair % 2 ? [1, 2] : [2, 1]) {
      const times: number[] = [];
      for (let k = 0; k < 3; k++) times.push((await once(workers)).ms);
      (workers === 1 ? one : two).push(median(times));
    }
  }
  measures.push(
    {
      name: "strax chain: two workers / one",
      value: median(one.map((ms, k) => ms / two[k]!)),
      unit: "x",
      budget: 1.6,
      atLeast: true,
    },
    { name: "  one worker", value: megabytes / median(one), unit: "GB/s" },
    { name: "  two workers", value: megabytes / median(two), unit: "GB/s" },
  );
  await ctx[Symbol.asyncDispose]();
  raw.release();
}
report(
  `Raw records to peaks after strax, ${megabytes.toFixed(0)} MB in the kernels' memory, nothing saved`,
  measures,
);
