// The memory of a run: 2 GiB of simulated records with a budget of 256 MiB, and a run ten times shorter. The peak of the
// whole process is read from the kernel.

import { join } from "node:path";
import { report } from "./_report.ts";

const MIB = 2 ** 20;
const BUDGET = 256;
const RUNTIME = 150;
const MAIN = new URL("../../packages/cli/main.ts", import.meta.url);

const folder = Deno.makeTempDirSync({ prefix: "millrace_memory_" });

interface Run {
  readonly bytes: number;
  readonly rows: number;
  readonly seconds: number;
  readonly peakMiB: number;
}

async function millrace(
  args: readonly string[],
): Promise<{ stdout: string; peakKiB: number; seconds: number }> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", MAIN.href, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let peakKiB = 0;
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
    }
  }, 20);
  const { code, stdout } = await child.output();
  clearInterval(timer);
  if (code !== 0) throw new Error(`millrace ${args.join(" ")} ended with ${code}`);
  return { stdout: new TextDecoder().decode(stdout), peakKiB, seconds: (performance.now() - started) / 1000 };
}

/** Bytes of the files in a folder and those below it. */
async function bytesIn(path: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile, isDirectory } of Deno.readDir(path)) {
    if (isFile) bytes += (await Deno.stat(join(path, name))).size;
    else if (isDirectory) bytes += await bytesIn(join(path, name));
  }
  return bytes;
}

/** One channel at 1 kHz makes about 2 MB of 1000 samples a second. */
async function measure(name: string, seconds: number): Promise<Run> {
  const raw = join(folder, name);
  await millrace([
    "sim",
    "--out",
    raw,
    "--channels",
    "4",
    "--rate",
    "5kHz",
    "--samples",
    "1000",
    "--duration",
    `${seconds}s`,
  ]);
  const bytes = await bytesIn(raw);
  const { stdout, peakKiB, seconds: elapsed } = await millrace([
    "run",
    raw,
    ...[
      "--type",
      "records,hit_threshold,basic_features",
      "--store",
      join(folder, "store"),
      "--memory",
      `${BUDGET}MiB`,
      "--json",
    ],
  ]);
  await Deno.remove(raw, { recursive: true });
  const rows = (JSON.parse(stdout) as { plugins: { rows: number }[] }).plugins[0]?.rows ?? 0;
  if (!(rows > 0)) throw new Error("The run gave no rows");
  return { bytes, rows, seconds: elapsed, peakMiB: peakKiB / 1024 };
}

try {
  const short = await measure("short", 5.4);
  const long = await measure("long", 54);
  const limit = BUDGET * 1.2 + RUNTIME;
  report(`Memory of a run with a budget of ${BUDGET} MiB`, [
    { name: "short run", value: short.bytes / MIB, unit: "MiB" },
    { name: "long run", value: long.bytes / MIB, unit: "MiB" },
    { name: "long run, records", value: long.rows, unit: "rows" },
    { name: "long run, speed (stored)", value: long.bytes / 1e6 / long.seconds, unit: "MB/s" },
    { name: "short run, peak RSS", value: short.peakMiB, unit: "MiB", budget: limit },
    { name: "long run, peak RSS", value: long.peakMiB, unit: "MiB", budget: limit },
    { name: "long / short, peak RSS", value: long.peakMiB / short.peakMiB, unit: "x", budget: 1.25 },
  ]);
} finally {
  await Deno.remove(folder, { recursive: true });
}
