// Submitting where the queue may be full.

import { QueueFullError } from "../task/errors.ts";
import type { Task, TaskFunction, TaskOptions } from "../task/task.ts";
import type { WorkerPool } from "./worker_pool.ts";

/** Queue a task; undefined when the queue is full: await `pool.ready()` and try again. */
export function trySubmit<T>(
  pool: WorkerPool,
  fn: TaskFunction,
  input: unknown,
  options?: TaskOptions,
): Task<T> | undefined {
  try {
    return pool.submit<T>(fn, input, options);
  } catch (error) {
    if (error instanceof QueueFullError) return undefined;
    throw error;
  }
}
