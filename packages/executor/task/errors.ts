/**
 * Errors of a pool that callers are meant to catch.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TaskTimeoutError } from "@millrace/executor/errors";
 *
 * const task = { module: "data:text/javascript,export const f = 1;", export: "f" };
 * assert.equal(new TaskTimeoutError(task, 20).timeout, 20);
 * ```
 * @module
 */
import type { TaskFunction } from "./task.ts";

/** Names a task function in messages; long `data:` URLs are cut. */
export function describeFunction(task: TaskFunction): string {
  const module = task.module.length > 120 ? `${task.module.slice(0, 117)}...` : task.module;
  return `"${task.export}" of ${module}`;
}

/** A task ran longer than its timeout. */
export class TaskTimeoutError extends Error {
  /** The class. */
  override readonly name = "TaskTimeoutError";
  /** The function that was called. */
  readonly task: TaskFunction;
  /** The timeout in ms of running. */
  readonly timeout: number;

  /** For function `task` and its `timeout` in ms. */
  constructor(task: TaskFunction, timeout: number) {
    super(`Task ${describeFunction(task)} ran longer than its timeout of ${timeout} ms`);
    this.task = task;
    this.timeout = timeout;
  }
}

/** The worker that had a task, or the state that it needs, is gone. */
export class WorkerLostError extends Error {
  /** The class. */
  override readonly name = "WorkerLostError";
  /** The function that was to be called. */
  readonly task: TaskFunction;
  /** Number of the worker. */
  readonly worker: number;
  /** What the task said last by `context.reached()`. */
  readonly reached: number | undefined;

  /** For function `task` on `worker`; `how` says how that ended, `remedy` what to do about it. */
  constructor(
    task: TaskFunction,
    worker: number,
    how: string,
    remedy: string,
    cause?: unknown,
    reached?: number,
  ) {
    super(
      `Task ${describeFunction(task)} is lost: worker ${worker} ${how}; ${remedy}`,
      cause === undefined ? undefined : { cause },
    );
    this.task = task;
    this.worker = worker;
    this.reached = reached;
  }
}

/** The pool gave up: workers don't start, or too many were lost. Every task in it rejects with this. */
export class PoolFailedError extends Error {
  /** The class. */
  override readonly name = "PoolFailedError";
}

/** A task was submitted while the queue was at its bound. */
export class QueueFullError extends Error {
  /** The class. */
  override readonly name = "QueueFullError";
}
