// How long a pool of two takes until both workers have a task's module loaded, and how long two bare workers take.

import { WorkerPool } from "@millrace/executor/worker-pool";
import { ask, bareWorkers } from "./ours.ts";
import { median } from "./race.ts";

const DISPATCH = { module: new URL("./tasks.ts", import.meta.url).href, export: "dispatch" };
const ROUNDS = 9;

async function bare(): Promise<number> {
  const started = performance.now();
  const workers = bareWorkers(2);
  await Promise.all(workers.map((worker) => ask(worker, { batch: [{ op: "add", a: 1, b: 2 }] })));
  const elapsed = performance.now() - started;
  for (const worker of workers) worker.terminate();
  return elapsed;
}

async function ours(): Promise<number> {
  const started = performance.now();
  await using pool = new WorkerPool({ min: 2, max: 2 });
  await pool.warm({ functions: [DISPATCH] });
  return performance.now() - started;
}

const times = { bare: [] as number[], ours: [] as number[] };
await bare(); // modules get into the caches
await ours();
for (let round = 0; round < ROUNDS; round++) {
  times.bare.push(await bare());
  times.ours.push(await ours());
}
console.log(JSON.stringify({ bare: median(times.bare), ours: median(times.ours) }));
