/**
 * A queue a worker; one whose queue is empty takes the oldest task of the longest queue.
 *
 * | step | cost, for W workers and P different priorities in a queue (one, mostly) |
 * |---|---|
 * | `add` | O(W + P): to the shortest queue |
 * | `take` | O(P) from the worker's own queue, O(W + P) when it steals |
 * | `remove` | O(P) |
 * | `join` | O(1): it steals what it needs |
 * | `leave` | O(1): its queue goes on without it, and is emptied first |
 *
 * Tasks tend to stay with the worker that was chosen when they were queued, and nobody is idle while something waits. All queues are
 * on the host's thread: stealing moves no data, and the oldest task may be stolen where threads that share deques steal the youngest.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { WorkStealing } from "@millrace/executor/work-stealing";
 *
 * const task = (name: string) => ({
 *   name, priority: 0, bytes: 0, worker: -1, queuedAt: 0, order: 0, list: undefined, previous: undefined, next: undefined,
 * });
 * const queues = new WorkStealing<ReturnType<typeof task>>();
 * queues.join(0);
 * queues.join(1);
 * for (const name of ["a", "b", "c", "d"]) queues.add(task(name)); // a and c for worker 0, b and d for worker 1
 * const taken = Array.from({ length: 4 }, () => queues.take(1)?.name); // worker 0 is busy
 * assert.deepEqual(taken, ["b", "d", "a", "c"]);
 * assert.equal(queues.stolen, 2);
 * ```
 * @module
 */
import { BaseStrategy, type StrategyOptions } from "./base_strategy.ts";
import { queueOf, TaskQueue } from "./_task_list.ts";
import type { Queued } from "./strategy.ts";

export type { StrategyOptions };

/** A queue a worker, and stealing from the longest. */
export class WorkStealing<T extends Queued> extends BaseStrategy<T> {
  readonly #queues = new Map<number, TaskQueue<T>>();
  /** Queues without a worker: of those that have left, and of the time before the first one came. */
  #ownerless: TaskQueue<T>[] = [];

  /** Put a task that any worker may have; gives the worker to ask first, or -1. */
  protected override place(task: T): number {
    let chosen = -1;
    let shortest: TaskQueue<T> | undefined;
    for (const [worker, queue] of this.#queues) {
      if (shortest === undefined || queue.length < shortest.length) {
        chosen = worker;
        shortest = queue;
      }
    }
    if (shortest === undefined) {
      shortest = this.#ownerless.at(-1) ?? new TaskQueue<T>(this);
      if (this.#ownerless.length === 0) this.#ownerless.push(shortest);
    }
    shortest.add(task);
    return chosen;
  }

  /** The next task for a worker among those that any may have, left where it is. */
  protected override offer(worker: number): T | undefined {
    let found = this.#queues.get(worker)!.first;
    if (this.#ownerless.length > 0) {
      this.#ownerless = this.#ownerless.filter((queue) => queue.length > 0);
      for (const { first } of this.#ownerless) {
        if (found === undefined || first!.order < found.order) found = first;
      }
    }
    if (found !== undefined) return found;
    let longest: TaskQueue<T> | undefined;
    for (const queue of this.#queues.values()) {
      if (longest === undefined || queue.length > longest.length) longest = queue;
    }
    return longest?.first;
  }

  /** Whether a task that is offered was queued for another worker. */
  protected override belongsElsewhere(task: T, worker: number): boolean {
    const queue = queueOf(task);
    return queue !== this.#queues.get(worker) && !this.#ownerless.some((other) => other === queue);
  }

  /** A worker has joined. */
  protected override joined(worker: number): void {
    this.#queues.set(worker, new TaskQueue<T>(this));
  }

  /** A worker has left. */
  protected override left(worker: number): void {
    const queue = this.#queues.get(worker)!;
    this.#queues.delete(worker);
    if (queue.length > 0) this.#ownerless.push(queue);
  }
}
