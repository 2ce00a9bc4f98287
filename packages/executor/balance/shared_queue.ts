/**
 * One queue for all workers: whoever has room takes the oldest task.
 *
 * | step | cost |
 * |---|---|
 * | `add`, `take`, `remove` | O(P) for P different priorities in the queue (one, mostly) |
 * | `join` | O(1) |
 * | `leave` | O(1), and O(P) for each task bound to the worker |
 *
 * The default. Tasks start in the order in which they were queued, whatever the others cost, and no worker is idle while something
 * waits. What a worker was given ahead of its turn (one task, by the pool) stays with it: that bounds the loss to one task a worker.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SharedQueue } from "@millrace/executor/shared-queue";
 *
 * const task = (name: string, priority: number) => ({
 *   name, priority, bytes: 0, worker: -1, queuedAt: 0, order: 0, list: undefined, previous: undefined, next: undefined,
 * });
 * const queue = new SharedQueue<ReturnType<typeof task>>();
 * queue.join(0);
 * queue.add(task("later", 0));
 * queue.add(task("urgent", 1));
 * assert.equal(queue.take(0)?.name, "urgent");
 * ```
 * @module
 */
import { BaseStrategy, type StrategyOptions } from "./base_strategy.ts";
import { TaskQueue } from "./_task_list.ts";
import type { Queued } from "./strategy.ts";

export type { StrategyOptions };

/** One queue for all workers. */
export class SharedQueue<T extends Queued> extends BaseStrategy<T> {
  readonly #queue: TaskQueue<T> = new TaskQueue<T>(this);

  /** Put a task that any worker may have; gives the worker to ask first, or -1. */
  protected override place(task: T): number {
    this.#queue.add(task);
    return -1;
  }

  /** The next task for a worker among those that any may have, left where it is. */
  protected override offer(): T | undefined {
    return this.#queue.first;
  }

  /** Whether a task that is offered was queued for another worker. */
  protected override belongsElsewhere(): boolean {
    return false;
  }

  /** A worker has joined. */
  protected override joined(): void {}
  /** A worker has left. */
  protected override left(): void {}
}
