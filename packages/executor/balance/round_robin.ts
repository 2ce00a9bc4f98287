/**
 * Workers in turn, whatever they have to do: the baseline that the other strategies must beat.
 *
 * | step | cost, for W workers and P different priorities in a queue (one, mostly) |
 * |---|---|
 * | `add`, `take`, `remove` | O(P) |
 * | `join`, `leave` | O(W + n log n + n P) for all n queued tasks: they are dealt anew |
 *
 * A long task holds up everything that was dealt to the same worker, while others may be idle. Worth it only where all tasks cost
 * the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { RoundRobin } from "@millrace/executor/round-robin";
 *
 * const task = (name: string) => ({
 *   name, priority: 0, bytes: 0, worker: -1, queuedAt: 0, order: 0, list: undefined, previous: undefined, next: undefined,
 * });
 * const turns = new RoundRobin<ReturnType<typeof task>>();
 * turns.join(0);
 * turns.join(1);
 * for (const name of ["a", "b", "c"]) turns.add(task(name));
 * assert.equal(turns.take(1)?.name, "b");
 * assert.equal(turns.take(1), undefined); // "a" and "c" are worker 0's
 * ```
 * @module
 */
import { BaseStrategy, type StrategyOptions } from "./base_strategy.ts";
import { TaskQueue } from "./_task_list.ts";
import type { Queued } from "./strategy.ts";

export type { StrategyOptions };

/** Workers in turn. */
export class RoundRobin<T extends Queued> extends BaseStrategy<T> {
  readonly #queues: { readonly worker: number; readonly tasks: TaskQueue<T> }[] = [];
  readonly #byWorker = new Map<number, TaskQueue<T>>();
  /** Tasks that came while there was no worker. */
  readonly #waiting: TaskQueue<T> = new TaskQueue<T>(this);
  #turn = 0;

  /** Put a task that any worker may have; gives the worker to ask first, or -1. */
  protected override place(task: T): number {
    const count = this.#queues.length;
    if (count === 0) {
      this.#waiting.add(task);
      return -1;
    }
    const { worker, tasks } = this.#queues[this.#turn++ % count]!;
    tasks.add(task);
    return worker;
  }

  /** The next task for a worker among those that any may have, left where it is. */
  protected override offer(worker: number): T | undefined {
    return this.#byWorker.get(worker)!.first;
  }

  /** Whether a task that is offered was queued for another worker. */
  protected override belongsElsewhere(): boolean {
    return false;
  }

  /** A worker has joined. */
  protected override joined(worker: number): void {
    const tasks = this.#collect();
    const queue = new TaskQueue<T>(this);
    this.#queues.push({ worker, tasks: queue });
    this.#byWorker.set(worker, queue);
    for (const task of tasks) this.place(task);
  }

  /** A worker has left. */
  protected override left(worker: number): void {
    const tasks = this.#collect();
    this.#byWorker.delete(worker);
    this.#queues.splice(this.#queues.findIndex((entry) => entry.worker === worker), 1);
    for (const task of tasks) this.place(task);
  }

  /** Take out what any worker may have, oldest first: in that order it can be dealt anew. */
  #collect(): T[] {
    const queues = [this.#waiting, ...this.#byWorker.values()];
    return queues.flatMap((queue) => queue.drain()).sort((a, b) => a.queuedAt - b.queuedAt);
  }
}
