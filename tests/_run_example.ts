// For tests: a simulated run, and examples that are run on it as a user would.
import { Context } from "@millrace/core";
import { rawFiles } from "@millrace/plugins-signal";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the project. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** A trace as it was read. */
export interface Trace {
  time: bigint;
  channel: number;
  samples: Uint16Array;
}

/** A simulated run in a temporary folder. */
export interface Simulated {
  /** The temporary folder. */
  folder: string;
  /** The run's own folder. */
  input: string;
  /** Its traces in time order. */
  traces: Trace[];
}

/** A run of 2.2 s with four channels; the pulses lie in samples 40 to 90. */
export async function simulated(): Promise<Simulated> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_examples_" });
  const input = join(folder, "my_run");
  const { truth } = await simulateFiles(input, {
    channels: 4,
    rate: 200,
    duration: 2.2e12,
    samples: 200,
    pretrigger: 45,
    coincidences: 0.1,
    seed: 7,
  });
  truth.release();
  await using ctx = new Context({ config: { "raw_files.input": input } });
  ctx.register(rawFiles);
  using table = await ctx.getData("my_run", "raw_files");
  const traces = table.rows().map(({ time, channel, wave }) => ({
    time: time as bigint,
    channel: channel as number,
    samples: (wave as Uint16Array).slice(),
  }));
  return { folder, input, traces };
}

/** The arguments of the `deno run` line in the header of an example, without `deno` itself. */
export async function headerCommand(example: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, example));
  const header = text.slice(0, text.indexOf("*/"));
  const line = header.split("\n").find((line) => line.includes("deno run ") && !line.includes("http://"));
  if (line === undefined) throw new Error(`The header of ${example} has no "deno run" line`);
  return line.slice(line.indexOf("deno run ")).split(" ").slice(1);
}

/** Run `deno` from the project's root; gives standard output. @throws {Error} With standard error, on a failure. */
export async function runDeno(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const [command = "run", ...rest] = args;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [command, "--quiet", ...(command === "run" ? ["--no-prompt"] : []), ...rest],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno ${args.join(" ")} failed:\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Run an example with the permissions that its header names, on another run and store. */
export async function runExample(example: string, run: { input: string; store?: string }): Promise<string> {
  const args = await headerCommand(example);
  const place = (text: string) =>
    text.replaceAll("./DAQ/my_run", run.input).replaceAll(
      "./data",
      run.store ?? join(run.input, "..", "data"),
    );
  return await runDeno(args.map(place));
}

/** Mean of the first 40 samples. */
export function baselineOf(samples: ArrayLike<number>): number {
  return sum(Array.from(samples).slice(0, 40)) / 40;
}

/** Sum of numbers. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Height and charge of a trace as the guide computes them, with the height range [40, 90). */
export function featuresOf(samples: Uint16Array): { peak: number; charge: number } {
  const searched = samples.subarray(40, 90), baseline = baselineOf(samples);
  return {
    peak: Math.fround(Math.max(...searched) - Math.min(...searched)),
    charge: Math.fround(samples.length * baseline - sum(samples)),
  };
}

/** A hit of a negative pulse. */
export interface Hit {
  time: bigint;
  channel: number;
  height: number;
}

/** Hits of all traces, by looking at every sample; windows are 2 samples wider on both sides. */
export function hitsOf(traces: readonly Trace[], threshold: number, dt = 2000): Hit[] {
  const hits: Hit[] = [];
  for (const { time, channel, samples } of traces) {
    const baseline = baselineOf(samples);
    const above = Array.from(samples, (sample) => baseline - sample >= threshold);
    for (let k = 0; k < samples.length; k++) {
      if (!above[k] || above[k - 1]) continue;
      let end = k;
      while (above[end]) end++;
      const from = Math.max(0, k - 2), to = Math.min(samples.length, end + 2);
      const height = Math.fround(baseline - Math.min(...samples.subarray(from, to)));
      hits.push({ time: time + BigInt(dt * from), channel, height });
    }
  }
  return hits.sort((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : a.channel - b.channel);
}
