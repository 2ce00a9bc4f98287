// What goes wrong, timed: a worker that exits, a process that has to be killed, tasks that are cancelled.

import { WorkerLostError } from "@millrace/executor/errors";
import type { TaskFunction } from "@millrace/executor/task";
import { processTransport } from "@millrace/executor/transport/process";
import { WorkerPool } from "@millrace/executor/worker-pool";
import { median } from "./race.ts";

const odd = (name: string): TaskFunction => ({
  module: new URL("./odd_tasks.ts", import.meta.url).href,
  export: name,
});
const EXIT = odd("exit"), MEET = odd("meet"), PID = odd("pid"), BUSY = odd("busy");
const COOPERATIVE = odd("cooperative");
const ROUNDS = 9;

const sharedCell = () => new Int32Array(new SharedArrayBuffer(4));

/** Runs something several times, after once to warm up; gives the median. */
async function times(rounds: number, once: () => Promise<number>): Promise<number> {
  await once();
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await once());
  return median(values);
}

/** From submitting what ends a worker until two workers run tasks at the same time again. */
async function recovery(): Promise<number> {
  await using pool = new WorkerPool({ min: 2, max: 2 });
  await pool.warm({ functions: [EXIT, MEET] });
  return await times(ROUNDS, async () => {
    const started = performance.now();
    const lost = await pool.run(EXIT, undefined).then(() => undefined, (error: unknown) => error);
    if (!(lost instanceof WorkerLostError)) throw new Error("The worker did not die", { cause: lost });
    const arrived = sharedCell();
    await Promise.all([0, 1].map(() => pool.run(MEET, arrived, { batch: false })));
    return performance.now() - started;
  });
}

/** From aborting until the busy process is gone. */
function kill(): Promise<number> {
  return times(5, async () => {
    const pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 0 });
    const pid = await pool.run<number>(PID, undefined);
    const task = pool.submit(BUSY, { seconds: 60 });
    const ended = task.result.catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 100)); // it is in its loop
    const started = performance.now();
    await pool.abort();
    const elapsed = performance.now() - started;
    if (isAlive(pid)) throw new Error(`Process ${pid} is still there`);
    await ended;
    return elapsed;
  });
}

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** From `abort()` of a queued task's signal to its rejection. */
async function cancelQueued(pool: WorkerPool): Promise<number> {
  const hold = new AbortController(), begun = sharedCell();
  const holding = pool.submit(COOPERATIVE, begun, { signal: hold.signal });
  holding.result.catch(() => {}); // it is cancelled below
  await started(begun);
  const waiting = Array.from({ length: 1000 }, () => {
    const controller = new AbortController();
    return { controller, task: pool.submit(PID, undefined, { signal: controller.signal }) };
  });
  const values: number[] = [];
  for (const { controller, task } of waiting) {
    const started = performance.now();
    controller.abort();
    await task.result.then(() => Promise.reject(new Error("It ran")), () => {});
    values.push(performance.now() - started);
  }
  hold.abort();
  await holding.ended;
  return median(values);
}

/** From `abort()` of a running task's signal until its worker is free. */
function cancelRunning(pool: WorkerPool): Promise<number> {
  return times(99, async () => {
    const controller = new AbortController(), begun = sharedCell();
    const task = pool.submit(COOPERATIVE, begun, { signal: controller.signal });
    task.result.catch(() => {}); // its rejection is what is wanted
    await started(begun);
    const before = performance.now();
    controller.abort();
    await task.ended;
    return performance.now() - before;
  });
}

async function started(begun: Int32Array): Promise<void> {
  while (Atomics.load(begun, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** From submitting a task to its result. */
function roundTrip(pool: WorkerPool): Promise<number> {
  return times(999, async () => {
    const started = performance.now();
    await pool.run(PID, undefined);
    return performance.now() - started;
  });
}

await using pool = new WorkerPool({ min: 1, max: 1 });
console.log(JSON.stringify({
  recovery: await recovery(),
  kill: await kill(),
  queued: await cancelQueued(pool),
  running: await cancelRunning(pool),
  roundTrip: await roundTrip(pool),
}));
