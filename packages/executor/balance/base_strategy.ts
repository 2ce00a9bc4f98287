/**
 * What strategies have in common: order by priority and age, counts, and the tasks that are bound to one worker.
 *
 * A strategy of one's own extends it, says where tasks are put that any worker may have, and runs `testStrategy` of `_conformance.ts`.
 * Tasks that are bound to a worker cost O(P) each step, for P different priorities among them (one, mostly).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BaseStrategy } from "@millrace/executor/base-strategy";
 * import { SharedQueue } from "@millrace/executor/shared-queue";
 *
 * assert.ok(new SharedQueue() instanceof BaseStrategy);
 * assert.throws(() => new SharedQueue({ aging: 0 }), RangeError);
 * ```
 * @module
 */

import { queueOf, TaskQueue } from "./_task_list.ts";
import type { Queued, Strategy } from "./strategy.ts";

/** Settings of every strategy. */
export interface StrategyOptions {
  /** What one step of priority is worth, in ms of waiting. Default: 1000. */
  readonly aging?: number;
}

const MAX_PRIORITY = 1e6;

/** Keeps bound tasks by worker; where the others are is for the strategy to say. */
export abstract class BaseStrategy<T extends Queued> implements Strategy<T> {
  readonly #aging: number;
  readonly #bound = new Map<number, TaskQueue<T>>();
  #length = 0;
  #bytes = 0;
  #stolen = 0;

  /** Without tasks and workers yet. @throws {RangeError} When `aging` isn't a number of ms above 0. */
  constructor({ aging = 1000 }: StrategyOptions = {}) {
    if (!(aging > 0 && aging <= 1e9)) {
      throw new RangeError(
        `Aging must be above 0 ms and at most 1e9 ms a step of priority: received ${aging}`,
      );
    }
    this.#aging = aging;
  }

  /** Tasks that are queued. */
  get length(): number {
    return this.#length;
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Tasks that went to another worker than the one they were queued for. */
  get stolen(): number {
    return this.#stolen;
  }

  /** A worker takes tasks from now on. */
  join(worker: number): void {
    if (this.#bound.has(worker)) throw new RangeError(`Cannot add worker ${worker}: it has joined already`);
    this.#bound.set(worker, new TaskQueue<T>(this));
    this.joined(worker);
  }

  /** A worker takes no more tasks. */
  leave(worker: number): T[] {
    const lost = this.#boundTo(worker).drain();
    for (const { bytes } of lost) this.#bytes -= bytes;
    this.#length -= lost.length;
    this.#bound.delete(worker);
    this.left(worker);
    return lost;
  }

  /** Queue a task. */
  add(task: T): number {
    const { priority, worker } = task;
    if (task.list !== undefined) throw new TypeError("Cannot queue a task that is queued already");
    if (!(priority >= -MAX_PRIORITY && priority <= MAX_PRIORITY)) {
      throw new RangeError(`Priority must be a number within ±${MAX_PRIORITY}: received ${priority}`);
    }
    task.order = task.queuedAt - priority * this.#aging;
    let first = worker;
    if (worker === -1) first = this.place(task);
    else this.#boundTo(worker).add(task);
    this.#length++;
    this.#bytes += task.bytes;
    return first;
  }

  /** The next task for a worker that has room. */
  take(worker: number): T | undefined {
    if (this.#length === 0) return undefined;
    const bound = this.#boundTo(worker).first;
    const free = this.offer(worker);
    // At equal order the bound one: it has nowhere else to go.
    const task = bound !== undefined && (free === undefined || bound.order <= free.order) ? bound : free;
    if (task === undefined) return undefined;
    if (task !== bound && this.belongsElsewhere(task, worker)) this.#stolen++;
    this.#unlink(task);
    return task;
  }

  /** Take a task out. */
  remove(task: T): boolean {
    if (task.list === undefined || queueOf(task).holder !== this) return false;
    this.#unlink(task);
    return true;
  }

  /** Put a task that any worker may have; gives the worker to ask first, or -1. */
  protected abstract place(task: T): number;
  /** The next task for a worker among those that any may have, left where it is. */
  protected abstract offer(worker: number): T | undefined;
  /** Whether a task that is offered was queued for another worker. */
  protected abstract belongsElsewhere(task: T, worker: number): boolean;
  /** A worker has joined. */
  protected abstract joined(worker: number): void;
  /** A worker has left: put elsewhere what was queued for it. */
  protected abstract left(worker: number): void;

  #unlink(task: T): void {
    queueOf(task).remove(task);
    this.#length--;
    this.#bytes -= task.bytes;
  }

  #boundTo(worker: number): TaskQueue<T> {
    const queue = this.#bound.get(worker);
    if (queue) return queue;
    const known = this.#bound.size > 0
      ? `the workers are ${[...this.#bound.keys()].join(", ")}`
      : "there is no worker";
    throw new RangeError(`Worker ${worker} has not joined: ${known}`);
  }
}
