// Where the items of a parallel call are computed.

import type { Task, TaskFunction, TaskOptions } from "../task/task.ts";
import { trySubmit } from "../pool/_try_submit.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import { checkConfig, type ExecutorConfig, poolOptions } from "./config.ts";
import { Presets } from "./presets.ts";

/** Which executor computes: one that is there, or one for this call. */
export interface RunnerOptions extends ExecutorConfig {
  /** A pool to use, e.g. that of a lease. Default: one for this call, with the settings given beside. */
  readonly pool?: WorkerPool;
  /** Name of a built-in preset, whose settings those given beside override. */
  readonly preset?: string;
}

/** Starts tasks. */
export interface Runner<T, R> extends AsyncDisposable {
  /** Start a task; undefined when the queue is full: wait for `ready`. */
  submit(item: T, signal: AbortSignal): Task<R> | undefined;
  /** Resolves when there is room. */
  ready(): Promise<void>;
}

/** Settings of parallel calls that are none of an executor. */
const OTHERS: ReadonlySet<string> = new Set(["pool", "preset", "inFlight", "onProgress", "signal", "task"]);

/** The executor for a call. @throws {TypeError} When it can't compute the function. */
export function openRunner<T, R>(
  fn: TaskFunction | ((item: T) => R | Promise<R>),
  options: RunnerOptions,
  task: Omit<TaskOptions, "signal" | "transfer"> | undefined,
): Runner<T, R> {
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => !OTHERS.has(key)));
  if (options.pool !== undefined) {
    const [extra] = [...Object.keys(own), ...(options.preset === undefined ? [] : ["preset"])];
    if (extra !== undefined) {
      throw new TypeError(`Setting "${extra}" is for a new pool: leave it out, or leave out "pool"`);
    }
    if (typeof fn === "function") throw closureError();
    return new PoolRunner<T, R>(fn, options.pool, task, false);
  }
  const config = checkConfig({
    ...(options.preset !== undefined && new Presets().get(options.preset)),
    ...own,
  });
  if (typeof fn === "function") {
    if (config.type !== "inline") throw closureError();
    return new InlineRunner(fn);
  }
  const defaults = { maxWorkers: Math.max(1, navigator.hardwareConcurrency), idleTimeout: 10_000 };
  if (config.useLoadBalancer) {
    throw new TypeError(
      'Setting "useLoadBalancer" is for executors that last: get one of a manager and give its pool',
    );
  }
  return new PoolRunner<T, R>(fn, new WorkerPool(poolOptions(config, defaults)), task, true);
}

function closureError(): TypeError {
  return new TypeError(
    "Cannot run a closure in a worker, since no function can cross to one: export it from a module and give " +
      '{ module: new URL("./work.ts", import.meta.url).href, export: "work" }, or use { type: "inline" }',
  );
}

/** Tasks of a pool. */
class PoolRunner<T, R> implements Runner<T, R> {
  constructor(
    readonly fn: TaskFunction,
    readonly pool: WorkerPool,
    readonly options: Omit<TaskOptions, "signal" | "transfer"> | undefined,
    readonly isOwn: boolean,
  ) {}

  submit(item: T, signal: AbortSignal): Task<R> | undefined {
    return trySubmit<R>(this.pool, this.fn, item, { ...this.options, signal });
  }

  ready(): Promise<void> {
    return this.pool.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isOwn) await this.pool.close();
  }
}

/** Calls in place. A closure can't be interrupted: what has begun goes on to its end. */
class InlineRunner<T, R> implements Runner<T, R> {
  constructor(readonly fn: (item: T) => R | Promise<R>) {}

  submit(item: T): Task<R> {
    const result = (async () => await this.fn(item))();
    return { result, ended: result.then(() => {}, () => {}), runsOn: false };
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
