/**
 * From a pool's running sums to what the load balancer decides on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { measure, type PoolCounters } from "@millrace/executor/measure";
 *
 * const before: PoolCounters = {
 *   workers: 2, busy: 2, queued: 0, started: 10, runMs: 100, busyMs: 80, memory: undefined,
 * };
 * const now: PoolCounters = { ...before, queued: 6, started: 20, runMs: 300, busyMs: 280 };
 * const sample = measure({ before, now, span: 100, time: 1100, concurrency: 1 });
 * assert.equal(sample.load, 2); // 200 ms of work in 100 ms
 * assert.equal(sample.runTime, 20);
 * assert.equal(sample.queueTime, 60); // six tasks of 20 ms for two workers
 * ```
 * @module
 */
import type { LoadSample } from "./decide.ts";

/** What a pool tells about itself: its state now and sums since its start. Times are in ms. */
export interface PoolCounters {
  /** Workers that are alive, starting ones included. */
  readonly workers: number;
  /** Workers that have a task now. */
  readonly busy: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** Tasks that have run and ended. */
  readonly started: number;
  /** Time for which these have run, one added to the other. */
  readonly runMs: number;
  /** Time for which workers had a task, one worker added to the other, up to now. */
  readonly busyMs: number;
  /** Bytes used by all workers together, undefined where that isn't known. */
  readonly memory: number | undefined;
}

/** Two looks at a pool. */
export interface Looks {
  /** The counters at the last look. */
  readonly before: PoolCounters;
  /** The counters now. */
  readonly now: PoolCounters;
  /** Time between the two, in ms. */
  readonly span: number;
  /** Time of the second one. */
  readonly time: number;
  /** Tasks that a worker runs at once. */
  readonly concurrency: number;
  /** The sample of the last look: for stretches in which no task ended. */
  readonly last?: LoadSample;
}

/** The sample between two looks at a pool. O(1), pure. */
export function measure({ before, now, span, time, concurrency, last }: Looks): LoadSample {
  const ended = now.started - before.started;
  const runTime = ended > 0 ? (now.runMs - before.runMs) / ended : last?.runTime;
  // How long tasks that have begun had waited tells of the past; what waits now tells what comes.
  const predicted = runTime === undefined
    ? 0
    : now.queued * runTime / (Math.max(now.workers, 1) * concurrency);
  const stalled = ended === 0 && before.queued > 0 ? (last?.queueTime ?? 0) + span : 0;
  return {
    time,
    span,
    workers: now.workers,
    busy: now.busy,
    load: span > 0 ? Math.max(0, now.busyMs - before.busyMs) / span : now.busy,
    queued: now.queued,
    queueTime: now.queued === 0 ? 0 : Math.max(predicted, stalled),
    runTime,
    memory: now.memory,
  };
}
