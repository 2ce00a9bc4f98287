// Our pool in its variants, and what is there without any pool: loops that send messages, and the ideal.

import { WorkerPool, type WorkerPoolOptions } from "@millrace/executor/worker-pool";
import { WorkStealing } from "@millrace/executor/work-stealing";
import type { BareMessage } from "./bare_worker.ts";
import { type MakePool, skewed, WORK, WORK_US } from "./scenarios.ts";
import type { TaskData } from "./tasks.ts";

const DISPATCH = { module: new URL("./tasks.ts", import.meta.url).href, export: "dispatch" };

async function ours(workers: number, options: WorkerPoolOptions = {}, lend = false) {
  const pool = new WorkerPool({ min: workers, max: workers, ...options });
  await pool.warm({ functions: [DISPATCH] });
  const lent = lend ? { lend } : undefined;
  return {
    run: (data: TaskData, transfer?: ArrayBuffer[]) =>
      pool.run(DISPATCH, data, transfer ? { transfer, lend } : lent),
    close: () => pool.close(),
  };
}

/** Workers without a pool. */
export function bareWorkers(count: number): Worker[] {
  return Array.from({ length: count }, () => {
    const worker = new Worker(new URL("./bare_worker.ts", import.meta.url), { type: "module" });
    worker.onerror = (event) => {
      throw new Error(`A bare worker failed: ${event.message}`);
    };
    return worker;
  });
}

/** Sends a message and waits for the answer. */
export function ask<T>(worker: Worker, message: BareMessage): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(message);
  return promise;
}

/** The workers take what is to be done from a list in shared memory, longest first: no pool can be quicker. */
async function spins(workers: readonly Worker[], us: readonly number[]): Promise<number> {
  const spins = Int32Array.from(us.toSorted((a, b) => b - a));
  const next = new Int32Array(new SharedArrayBuffer(4));
  const started = performance.now();
  await Promise.all(workers.map((worker) => ask<void>(worker, { spins, next })));
  return performance.now() - started;
}

/** The ideal of what takes a given time. */
async function ideal(count: number) {
  const workers = bareWorkers(count);
  return {
    run: async (data: TaskData) => (await ask<number[]>(workers[0]!, { batch: [data] }))[0],
    close: () => workers.forEach((worker) => worker.terminate()),
    own: {
      work: async () => WORK / (await spins(workers, Array.from({ length: WORK }, () => WORK_US)) / 1000),
      skew: () => spins(workers, skewed()),
    },
  };
}

type Waiting = {
  readonly data: TaskData;
  readonly transfer: ArrayBuffer[] | undefined;
  readonly resolve: (result: number) => void;
};

/** One message a task, one task a worker at a time: the least that a pool has to do. */
async function rawMessages(count: number) {
  const workers = bareWorkers(count), idle = [...workers];
  const current = new Map<Worker, Waiting>();
  let queue: Waiting[] = [], first = 0;
  const pump = () => {
    while (idle.length > 0 && first < queue.length) {
      const worker = idle.pop()!, next = queue[first++]!;
      current.set(worker, next);
      worker.postMessage({ batch: [next.data] } satisfies BareMessage, next.transfer ?? []);
    }
    if (first === queue.length) queue.length = first = 0;
    else if (first > 4096) {
      queue = queue.slice(first);
      first = 0;
    }
  };
  for (const worker of workers) {
    worker.onmessage = ({ data }: MessageEvent<number[]>) => {
      const { resolve } = current.get(worker)!;
      idle.push(worker);
      pump();
      resolve(data[0]!);
    };
  }
  return {
    run: (data: TaskData, transfer?: ArrayBuffer[]) =>
      new Promise<number>((resolve) => {
        queue.push({ data, transfer, resolve });
        pump();
      }),
    close: () => workers.forEach((worker) => worker.terminate()),
  };
}

const BATCH = 64;

/** Up to 64 tasks a message, in turn: the least that sends batches. */
async function rawBatches(count: number) {
  const sent = bareWorkers(count).map((worker) => {
    const batches: Waiting[][] = [];
    let first = 0;
    worker.onmessage = ({ data }: MessageEvent<number[]>) => {
      const batch = batches[first++]!;
      if (first === batches.length) batches.length = first = 0;
      for (let k = 0; k < batch.length; k++) batch[k]!.resolve(data[k]!);
    };
    return { worker, batches };
  });
  let batch: Waiting[] = [], turn = 0;
  const flush = () => {
    if (batch.length === 0) return;
    const { worker, batches } = sent[turn++ % count]!;
    batches.push(batch);
    worker.postMessage({ batch: batch.map(({ data }) => data) } satisfies BareMessage);
    batch = [];
  };
  return {
    run: (data: TaskData) =>
      new Promise<number>((resolve) => {
        if (batch.length === 0) queueMicrotask(flush);
        if (batch.push({ data, transfer: undefined, resolve }) === BATCH) flush();
      }),
    close: () => sent.forEach(({ worker }) => worker.terminate()),
  };
}

/** Pools by name. */
export const pools: Readonly<Record<string, MakePool>> = {
  "millrace": (workers) => ours(workers),
  "millrace, lent": (workers) => ours(workers, {}, true),
  "millrace, stealing": (workers) => ours(workers, { strategy: () => new WorkStealing() }),
  "ideal": ideal,
  "raw messages": rawMessages,
  "raw batches": rawBatches,
};
