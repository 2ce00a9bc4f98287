// A pool in virtual time, a millisecond a step, that a load balancer can scale.

import type { BalancedPool, PoolCounters } from "./load_balancer.ts";

/** Time that a worker takes to start, in ms. */
const START = 15;

/** Workers, tasks and counters; `step` lets a millisecond pass. */
export class SimulatedPool implements BalancedPool {
  /** Virtual time in ms. */
  now = 0;
  /** Worker-milliseconds so far. */
  workerMs = 0;
  /** Time that tasks have waited before they began, one added to the other. */
  waitMs = 0;
  /** Bytes a worker; undefined when not known. */
  memoryPerWorker: number | undefined = undefined;
  readonly #workers: { readyAt: number; busyUntil: number }[] = [];
  #min = 0;
  #max = 0;
  readonly #queue: { at: number; run: number }[] = [];
  #done = 0;
  #runMs = 0;
  #busyMs = 0;

  constructor(workers: number) {
    this.resize({ min: workers, max: workers });
  }

  /** Queue a task that runs for some ms. */
  submit(run: number): void {
    this.#queue.push({ at: this.now, run });
  }

  /** Whether there is nothing to do. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#workers.every(({ busyUntil }) => busyUntil <= this.now);
  }

  resize({ min, max }: { readonly min: number; readonly max: number }): void {
    this.#min = min;
    this.#max = max;
    while (this.#workers.length < min) this.#start();
  }

  #start(): void {
    this.#workers.push({ readyAt: this.now + START, busyUntil: 0 });
  }

  load(): PoolCounters {
    return {
      workers: this.#workers.length,
      busy: this.#workers.filter(({ busyUntil }) => busyUntil > this.now).length,
      queued: this.#queue.length,
      started: this.#done,
      runMs: this.#runMs,
      busyMs: this.#busyMs,
      memory: this.memoryPerWorker === undefined ? undefined : this.memoryPerWorker * this.#workers.length,
    };
  }

  step(): void {
    // Idle workers beyond the minimum end at once, and one is started for tasks that find none.
    for (let k = this.#workers.length - 1; k >= 0 && this.#workers.length > this.#min; k--) {
      const isSurplus = this.#workers.length > this.#max || this.#queue.length === 0;
      if (isSurplus && this.#workers[k]!.busyUntil <= this.now) this.#workers.splice(k, 1);
    }
    if (this.#workers.length === 0 && this.#queue.length > 0 && this.#max > 0) this.#start();
    for (const worker of this.#workers) {
      if (worker.readyAt > this.now || worker.busyUntil > this.now) continue;
      const task = this.#queue.shift();
      if (!task) continue;
      worker.busyUntil = this.now + task.run;
      this.#done++; // counted when it begins: as good for a sum over many
      this.#runMs += task.run;
      this.waitMs += this.now - task.at;
    }
    this.now++;
    this.workerMs += this.#workers.length;
    this.#busyMs += this.#workers.filter(({ busyUntil }) => busyUntil >= this.now).length;
  }
}

/** Numbers in [0, 1), the same for a seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
