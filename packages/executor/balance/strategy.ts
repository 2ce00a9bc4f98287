/**
 * The contract of balancing strategies: which queued task goes to which worker.
 *
 * A strategy holds the tasks that wait and nothing else: it starts no worker, runs no task and reads no clock. It is on the way of
 * every task, half a million a second: `add`, `take` and `remove` allocate nothing, the links of the lists are fields of the tasks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Queued, Strategy } from "@millrace/executor/strategy";
 * import { SharedQueue } from "@millrace/executor/shared-queue";
 *
 * const task = (bytes: number): Queued => ({
 *   bytes, priority: 0, worker: -1, queuedAt: 0, order: 0, list: undefined, previous: undefined, next: undefined,
 * });
 * const strategy: Strategy<Queued> = new SharedQueue();
 * strategy.join(0);
 * strategy.add(task(10));
 * strategy.add(task(20));
 * assert.equal(strategy.take(0)?.bytes, 10);
 * assert.deepEqual([strategy.length, strategy.bytes], [1, 20]);
 * ```
 * @module
 */

/** What a strategy needs of a queued task. The last four fields are the strategy's own. */
export interface Queued {
  /** Bytes of its input, counted in {@linkcode Strategy.bytes}. */
  readonly bytes: number;
  /** Higher is earlier; usually 0. */
  readonly priority: number;
  /** The only worker that may have it, or -1 when any may. */
  readonly worker: number;
  /** When it was queued, in ms of any clock that doesn't run backwards. */
  readonly queuedAt: number;
  /** The strategy's: its place among tasks of other priorities. Initially 0. */
  order: number;
  /** The strategy's: the list that it is in. Undefined while it isn't queued. */
  list: object | undefined;
  /** The strategy's: the task before it in its list. */
  previous: Queued | undefined;
  /** The strategy's: the task behind it in its list. */
  next: Queued | undefined;
}

/**
 * Decides which queued task goes to which worker. Workers are whole numbers from 0, which are never used again.
 *
 * Every task that was added is given exactly once: by `take`, by `leave`, or back to the caller by `remove`. In a queue, a task of
 * priority `p` goes before one of a lower priority `q`, unless it was queued `(p - q) * aging` ms later or more: nothing starves.
 */
export interface Strategy<T extends Queued> {
  /** Tasks that are queued. */
  readonly length: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Tasks that went to another worker than the one they were queued for, since the beginning. */
  readonly stolen: number;
  /** A worker takes tasks from now on. @throws {RangeError} When it already does. */
  join(worker: number): void;
  /**
   * A worker takes no more tasks. What was queued for it goes elsewhere, but for tasks that only it may have: these are removed
   * and given, in order.
   *
   * @throws {RangeError} When it had not joined.
   */
  leave(worker: number): T[];
  /**
   * Queue a task; there may be no worker yet. Gives the worker that should be asked to `take` first, or -1 when any idle one will do.
   * When that worker is busy and the task isn't bound to it, any idle one may be asked as well.
   *
   * @throws {RangeError} When the task is bound to a worker that hasn't joined, or its priority isn't a number within ±1e6.
   * @throws {TypeError} When it is queued already.
   */
  add(task: T): number;
  /** The next task for a worker that has room, or undefined when there is none for it. @throws {RangeError} When it hadn't joined. */
  take(worker: number): T | undefined;
  /** Take a task out. Gives false when it isn't queued here. */
  remove(task: T): boolean;
}
