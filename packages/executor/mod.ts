/**
 * Worker pools: named functions run in threads, processes or in place.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { WorkerPool } from "@millrace/executor";
 *
 * const square = { module: "data:text/javascript,export const square = (x) => x * x;", export: "square" };
 * await using pool = new WorkerPool({ max: 2 });
 * assert.deepEqual(await pool.map(square, [1, 2, 3]), [1, 4, 9]);
 * ```
 * @module
 */
export { PoolFailedError, QueueFullError, TaskTimeoutError, WorkerLostError } from "./task/errors.ts";
export type { Task, TaskCallable, TaskContext, TaskFunction, TaskOptions } from "./task/task.ts";
export {
  type Percentiles,
  type PoolLoad,
  type PoolStats,
  type WarmOptions,
  WorkerPool,
  type WorkerPoolOptions,
} from "./pool/worker_pool.ts";
export { inlineTransport } from "./transport/inline.ts";
export { threadTransport } from "./transport/thread.ts";
export {
  type ExecutorConfig,
  ExecutorManager,
  type ExecutorManagerOptions,
} from "./manager/executor_manager.ts";
export { parallelMap } from "./manager/parallel_map.ts";
export { parallelApply } from "./manager/parallel_apply.ts";
export { useLoadBalancer } from "./balance/load_balancer.ts";
