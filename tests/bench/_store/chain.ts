// The strax chain with its results stored, and from stored raw records, with two workers; against strax doing the same. Its pieces are
// those of `bench:strax`, and lie in the kernels' memory as they do there.
import { Context, type ContextOptions, tableSource } from "@millrace/core";
import { kernelBuffers } from "@millrace/core/kernel-memory";
import { FolderStore } from "@millrace/core/store";
import { ExecutorManager } from "@millrace/executor/manager";
import { straxHits, straxPeaks, straxRecords } from "@millrace/plugins-signal/strax";
import { cutsOf, golden, makeStraxData, readStraxData, straxConfig, straxData } from "../../_strax.ts";
import { lowerQuartile, type Measure } from "../_report.ts";
import { copySpeeds, straxByCopy, straxItself } from "../_strax_peer.ts";

/** The first passes are those of V8's compilers; strax is compiled before it is measured. */
const PASSES = 7, WARM = 5, PIECE = 32_000, WORKERS = 2;

/** Both, or nothing where the data cannot be made. */
export async function straxChain(root: string): Promise<Measure[]> {
  const found = straxData();
  if ("missing" in found) {
    console.error(`Nothing is measured against strax: ${found.missing}`);
    return [];
  }
  const folder = await makeStraxData(found.python);
  const { n_records, n_peaks } = golden();
  const megabytes = Number(n_records) * 244 / 1e6;
  await using manager = new ExecutorManager();
  const raw = readStraxData(folder, kernelBuffers);
  const source = tableSource("raw_records", raw, { cuts: cutsOf(raw, PIECE) });
  const context = (store: FolderStore, save: NonNullable<ContextOptions["save"]>) => {
    const ctx = new Context({ config: straxConfig, memory: "2GiB", executor: manager, store, save });
    ctx.register(source, straxRecords, straxHits, straxPeaks);
    return ctx;
  };
  /** MB/s of several passes. */
  const speed = async (pass: (k: number) => Promise<number>) => {
    const times: number[] = [];
    for (let k = 0; k < WARM + PASSES; k++) {
      const ms = await pass(k);
      if (k >= WARM) times.push(ms);
    }
    return 1000 * megabytes / lowerQuartile(times);
  };
  const timed = async (ctx: Context) => {
    const began = performance.now();
    const { plugins } = await ctx.run("run", "peaks", { maxWorkers: WORKERS });
    const rows = plugins.get("peaks")!.rows;
    if (rows !== n_peaks) throw new Error(`There are ${rows} peaks, not ${n_peaks}`);
    return performance.now() - began;
  };

  // Strax before and after: disks are not equally fast all the time.
  const strax = (mode: "save2" | "load2") => straxItself(found.python, folder, mode);
  const saved = [strax("save2")];
  const saving = await speed(async (k) => {
    const place = `${root}/saved-${k}`;
    await using ctx = context(new FolderStore(place), {
      records: "always",
      hits: "always",
      peaks: "always",
    });
    const ms = await timed(ctx);
    await Deno.remove(place, { recursive: true });
    return ms;
  });

  saved.push(strax("save2"));

  const store = new FolderStore(`${root}/raw`);
  {
    await using ctx = context(store, { raw_records: "always" });
    await ctx.run("run", "raw_records");
  }
  const none = { records: "never", hits: "never", peaks: "never" } as const;
  const loaded = [strax("load2")];
  const loading = await speed(async () => {
    await using ctx = context(store, none);
    const { steps } = await ctx.plan("run", "peaks");
    if (!steps.some(({ stored }) => stored)) throw new Error("Nothing stored is read");
    return await timed(ctx);
  });
  loaded.push(strax("load2"));
  raw.release();

  await using peer = copySpeeds(found.python);
  const copy = await peer.copySpeed();
  const mean = ([a, b]: (number | undefined)[]) =>
    a === undefined || b === undefined ? undefined : (a + b) / 2;
  const saves = mean(saved) ?? straxByCopy("save2", copy), loads = mean(loaded) ?? straxByCopy("load2", copy);
  return [
    { name: "strax chain, all stored: raw records", value: saving, unit: "MB/s" },
    { name: "  times strax", value: saving / saves, unit: "x", budget: 4, atLeast: true },
    { name: "strax chain from stored raw records", value: loading, unit: "MB/s" },
    { name: "  times strax", value: loading / loads, unit: "x", budget: 4, atLeast: true },
    { name: "  numpy copy", value: copy / 1e9, unit: "GB/s" },
  ];
}
