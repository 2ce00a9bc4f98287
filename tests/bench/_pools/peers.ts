// The peers. This file and those that it imports are copied, as JavaScript, to a folder where the packages are installed: the
// project does not depend on them. Runs under Deno and Node.

import type { MakePool, Pool } from "./scenarios.ts";
import type { TaskData } from "./tasks.ts";

type Transfer = ArrayBuffer[] | undefined;

/** The few methods that are used of the peers. */
interface PiscinaLike {
  run(data: TaskData, options?: { transferList: ArrayBuffer[] }): Promise<unknown>;
  destroy(): Promise<void>;
}
type PiscinaClass = new (options: Readonly<Record<string, unknown>>) => PiscinaLike;
interface WorkerpoolLike {
  pool(worker: string, options: Readonly<Record<string, unknown>>): {
    exec(method: string, args: unknown[], options?: { transfer: ArrayBuffer[] }): PromiseLike<unknown>;
    terminate(force: boolean): PromiseLike<unknown>;
  };
}
interface Poolifier {
  readonly FixedThreadPool: new (
    workers: number,
    worker: string | URL,
    options: Readonly<Record<string, unknown>>,
  ) => {
    execute(data: TaskData, name: undefined, signal: undefined, transfer: Transfer): Promise<unknown>;
    destroy(): Promise<void>;
  };
}

/** Names are held in variables: the project itself can't resolve them. */
const load = (name: string): Promise<Record<string, unknown>> => import(name);
const here = (file: string) => new URL(file, import.meta.url);
const tasks = here("./tasks.mjs").href;

const piscinaLike = (Class: PiscinaClass, workers: number, options: object = {}): Pool => {
  const pool = new Class({
    filename: tasks,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: 1e6,
    ...options,
  });
  return {
    run: (data, transfer) => pool.run(data, transfer && { transferList: transfer }),
    close: () => pool.destroy(),
  };
};

const poolifier = async (name: string, worker: string | URL, workers: number, options: object) => {
  const { FixedThreadPool } = await load(name) as unknown as Poolifier;
  const pool = new FixedThreadPool(workers, worker, { ...options });
  return {
    run: (data: TaskData, transfer: Transfer) => pool.execute(data, undefined, undefined, transfer),
    close: () => pool.destroy(),
  };
};

const fail = (error: unknown) => {
  throw error;
};

/** Pools by name. */
export const pools: Readonly<Record<string, MakePool>> = {
  "poolifier-web-worker": (workers) =>
    poolifier("poolifier-web-worker", here("./poolifier_web_worker.mjs"), workers, {
      errorEventHandler: fail,
    }),
  "piscina": async (workers) =>
    piscinaLike((await load("piscina") as { Piscina: PiscinaClass }).Piscina, workers),
  "piscina tuned": async (workers) => {
    const { Piscina, FixedQueue } = await load("piscina") as {
      Piscina: PiscinaClass;
      FixedQueue: new () => unknown;
    };
    return piscinaLike(Piscina, workers, {
      recordTiming: false,
      concurrentTasksPerWorker: 16,
      taskQueue: new FixedQueue(),
      atomics: "disabled",
    });
  },
  "tinypool": async (workers) =>
    piscinaLike((await load("tinypool") as { default: PiscinaClass }).default, workers),
  "workerpool": async (workers) => {
    const { default: workerpool } = await load("workerpool") as { default: WorkerpoolLike };
    const pool = workerpool.pool(here("./workerpool_worker.mjs").pathname, {
      minWorkers: workers,
      maxWorkers: workers,
      workerType: "thread",
    });
    return {
      run: async (data, transfer) => await pool.exec("dispatch", [data], transfer && { transfer }),
      close: () => pool.terminate(true),
    };
  },
  "poolifier": (workers) =>
    poolifier("poolifier", here("./poolifier_worker.mjs").pathname, workers, {
      errorHandler: fail,
      enableTasksQueue: false,
    }),
};
