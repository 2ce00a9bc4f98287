// Whole runs with one worker and with two, in pairs, each in a process of its own, and a changing load on fixed pools and on a
// balanced one. Under five minutes. The simulated runs stay in the system's temporary folder for the next time.
//
// Threads load and compile once a run, beside one worker and against two: the budgets are those of the longer run, the shorter one
// shows what that costs.

import { join } from "node:path";
import { tmpdir } from "node:os";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { changingLoad } from "./_changing_load.ts";
import { alone } from "./_pools/alone.ts";
import { ask, bareWorkers } from "./_pools/ours.ts";
import { median } from "./_pools/race.ts";
import { type Measure, report } from "./_report.ts";

const PAIRS = 5;
const LEAST_BYTES = 500e6;
const RUN = { channels: 4, rate: 5000, samples: 1000, seed: 5, pileUp: 0.1 };
/** Ps of the runs. */
const SHORT = 39e12, LONG = 78e12;

interface Simulated {
  readonly folder: string;
  readonly bytes: number;
}

/** A simulated run: made once. */
async function simulated(duration: number): Promise<Simulated> {
  const folder = join(tmpdir(), `millrace_bench_run_${duration / 1e12}s`);
  const marker = join(folder, "made.json"), wanted = JSON.stringify({ ...RUN, duration });
  try {
    const { run, bytes } = JSON.parse(await Deno.readTextFile(marker)) as { run: string; bytes: number };
    if (run === wanted) return { folder, bytes };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { bytes, truth } = await simulateFiles(folder, { ...RUN, duration });
  truth.release();
  await Deno.writeTextFile(marker, JSON.stringify({ run: wanted, bytes }));
  return { folder, bytes };
}

interface Scaling {
  /** Ms with one worker and with two: medians. */
  readonly one: number;
  readonly two: number;
  /** Median of the ratios of the pairs. */
  readonly ratio: number;
}

/** Time of one / time of two, in pairs. */
async function pairs(time: (workers: number) => Promise<number>): Promise<Scaling> {
  const one: number[] = [], two: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const workers of pair % 2 ? [1, 2] : [2, 1]) (workers === 1 ? one : two).push(await time(workers));
  }
  return { one: median(one), two: median(two), ratio: median(one.map((ms, k) => ms / two[k]!)) };
}

/** Whole runs; both must give the same number of rows. */
async function runs(folder: string, dataType: string): Promise<Scaling> {
  const rows = new Set<number>();
  const url = new URL("./_scaling_run.ts", import.meta.url);
  const scaling = await pairs(async (workers) => {
    const run = await alone(url, [folder, dataType, String(workers)]);
    rows.add(run.rows!);
    return run.ms!;
  });
  if (rows.size > 1) throw new Error(`Runs gave different numbers of ${dataType}: ${[...rows].join(", ")}`);
  return scaling;
}

/** What the machine has to give now: the same loop on one core and shared out to two. */
async function bare(): Promise<Scaling> {
  const workers = bareWorkers(2), steps = 4e8;
  const scaling = await pairs(async (count) => {
    const started = performance.now();
    await Promise.all(workers.slice(0, count).map((worker) => ask(worker, { steps: steps / count })));
    return performance.now() - started;
  });
  for (const worker of workers) worker.terminate();
  return scaling;
}

/** Both chains on one run. */
async function measured(run: Simulated, isBudgeted: boolean): Promise<Measure[]> {
  const { folder, bytes } = run;
  if (bytes < LEAST_BYTES) throw new Error(`The simulated run has ${bytes} bytes: less than ${LEAST_BYTES}`);
  const size = `${(bytes / 1e9).toFixed(1)} GB`, rate = (ms: number) => bytes / 1e6 / (ms / 1000);
  const lines: Measure[] = [];
  const chains = [["filter and peaks", "signal_peaks_stream", 1.8], [
    "basic features",
    "basic_features",
    1.5,
  ]];
  for (const [name, dataType, budget] of chains as [string, string, number][]) {
    const { one, two, ratio } = await runs(folder, dataType);
    lines.push(
      { name: `${name}, ${size}, one worker`, value: rate(one), unit: "MB/s" },
      { name: `${name}, ${size}, two workers`, value: rate(two), unit: "MB/s" },
      {
        name: `${name}, ${size}: two workers / one`,
        value: ratio,
        unit: "x",
        ...(isBudgeted ? { budget, atLeast: true } : {}),
      },
    );
  }
  return lines;
}

const [short, long] = [await simulated(SHORT), await simulated(LONG)];
const loops = await bare();
const shorter = await measured(short, false), longer = await measured(long, true);
const loads = await changingLoad({ tasks: 400, pauseMs: 2000 });
const balanced = loads.at(-1)!, smallest = loads[0]!;
const fastest = loads.slice(0, -1).reduce((best, load) =>
  load.makespanSeconds < best.makespanSeconds ? load : best
);

report("Runs with two workers, and a load that changes", [
  { name: "bare loops: two cores / one", value: loops.ratio, unit: "x" },
  ...longer,
  ...shorter,
  ...loads.flatMap(({ pool, makespanSeconds, workerSeconds }) => [
    { name: `changing load, ${pool}`, value: makespanSeconds, unit: "s" },
    { name: `changing load, ${pool}, workers' life`, value: workerSeconds, unit: "s" },
  ]),
  {
    name: `changing load: makespan, ${balanced.pool} / ${fastest.pool}`,
    value: balanced.makespanSeconds / fastest.makespanSeconds,
    unit: "x",
    budget: 1.1,
  },
  {
    name: `changing load: workers' life, ${balanced.pool} / ${fastest.pool}`,
    value: balanced.workerSeconds / fastest.workerSeconds,
    unit: "x",
    budget: 0.7,
  },
  {
    name: `changing load: makespan, ${balanced.pool} / ${smallest.pool}`,
    value: balanced.makespanSeconds / smallest.makespanSeconds,
    unit: "x",
    budget: 0.8,
  },
]);
