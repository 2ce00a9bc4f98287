/**
 * What an executor is made with: settings, their checks and what a pool is given of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkConfig } from "@millrace/executor/config";
 *
 * assert.deepEqual(checkConfig({ type: "thread", maxWorkers: 4 }), { type: "thread", maxWorkers: 4 });
 * assert.throws(() => checkConfig({ maxWorker: 4 } as object), /Unknown executor setting "maxWorker"; did you mean "maxWorkers"/);
 * ```
 * @module
 */
import { type BalancerSettings, balancerSettings } from "../balance/balancer_settings.ts";
import { RoundRobin } from "../balance/round_robin.ts";
import { SharedQueue } from "../balance/shared_queue.ts";
import type { Queued, Strategy } from "../balance/strategy.ts";
import { WorkStealing } from "../balance/work_stealing.ts";
import type { WorkerPoolOptions } from "../pool/worker_pool.ts";
import { inlineTransport } from "../transport/inline.ts";
import { processTransport, type ProcessTransportOptions } from "../transport/process.ts";
import { threadTransport } from "../transport/thread.ts";
import { memoryShare } from "./_memory_share.ts";
import type { Transport } from "../transport/transport.ts";
import { suggestion } from "./_suggestion.ts";

/** Where tasks run: in the caller's thread, in worker threads, or in processes. */
export type ExecutorKind = "inline" | "thread" | "process";

/** Which queued task goes to which worker. */
export type StrategyName = "shared_queue" | "work_stealing" | "round_robin";

/** Settings of an executor. */
export interface ExecutorConfig {
  /** Where tasks run. Default: `"thread"`. */
  readonly type?: ExecutorKind;
  /** Workers that are kept while somebody holds the executor, also when there is nothing to do. Default: 0. */
  readonly minWorkers?: number;
  /** Most workers. Default: the manager's; 1 for `"inline"`. */
  readonly maxWorkers?: number;
  /** Ms after which an idle worker is ended. Default: the manager's. */
  readonly idleTimeout?: number;
  /** Tasks that a worker may run at once; more than one only helps functions that await. Default: 1. */
  readonly concurrency?: number;
  /** Default: `"shared_queue"`. */
  readonly strategy?: StrategyName;
  /** Tasks that may wait. Default: 65,536. */
  readonly maxQueuedTasks?: number;
  /** Bytes of inputs that may wait. Default: 256 MiB. */
  readonly maxQueuedBytes?: number;
  /** Scale between `minWorkers` and `maxWorkers` with the load; `true` for the default settings. Default: `false`. */
  readonly useLoadBalancer?: boolean | Partial<Omit<BalancerSettings, "min" | "max" | "concurrency">>;
  /** How processes are started; for `"process"` only. */
  readonly process?: ProcessTransportOptions;
}

/**
 * Most workers that an executor may have: far beyond the processors for tasks that wait, and few enough that starting them all does
 * not end the machine (a thread takes 5 MB, a process 45 MB).
 */
export const MOST_WORKERS: number = Math.max(256, 4 * navigator.hardwareConcurrency);

/** Ms that a process may go on with a task that was cancelled or timed out. */
const PROCESS_GRACE = 60;

const KINDS: Readonly<Record<ExecutorKind, (config: ExecutorConfig) => Transport>> = {
  inline: () => inlineTransport(),
  thread: () => threadTransport({ share: memoryShare }),
  process: (config) => processTransport(config.process),
};

const STRATEGIES: Readonly<Record<StrategyName, <T extends Queued>() => Strategy<T>>> = {
  shared_queue: () => new SharedQueue(),
  work_stealing: () => new WorkStealing(),
  round_robin: () => new RoundRobin(),
};

const KEYS: ReadonlySet<string> = new Set(
  [
    "type",
    "minWorkers",
    "maxWorkers",
    "idleTimeout",
    "concurrency",
    "strategy",
    "maxQueuedTasks",
    "maxQueuedBytes",
    "useLoadBalancer",
    "process",
  ] satisfies (keyof ExecutorConfig)[],
);

/**
 * Check settings; gives a copy, without those that are undefined. What concerns numbers of a pool only is checked by the pool.
 *
 * @throws {TypeError} On a setting or a name that doesn't exist.
 * @throws {RangeError} On numbers out of range.
 */
export function checkConfig(config: ExecutorConfig): ExecutorConfig {
  for (const key of Object.keys(config)) {
    if (!KEYS.has(key)) throw new TypeError(`Unknown executor setting "${key}"${suggestion(key, KEYS)}`);
  }
  const { type, strategy, minWorkers = 0, maxWorkers, useLoadBalancer } = config;
  if (type !== undefined && !Object.hasOwn(KINDS, type)) {
    throw new TypeError(`Unknown executor type "${type}"${suggestion(type, Object.keys(KINDS))}`);
  }
  if (strategy !== undefined && !Object.hasOwn(STRATEGIES, strategy)) {
    throw new TypeError(`Unknown strategy "${strategy}"${suggestion(strategy, Object.keys(STRATEGIES))}`);
  }
  if (!Number.isInteger(minWorkers) || minWorkers < 0) {
    throw new RangeError(`minWorkers must be a whole number from 0: received ${minWorkers}`);
  }
  const least = Math.max(1, minWorkers);
  if (maxWorkers !== undefined && !(Number.isInteger(maxWorkers) && maxWorkers >= least)) {
    throw new RangeError(`maxWorkers must be a whole number from ${least}: received ${maxWorkers}`);
  }
  for (const [name, workers] of [["minWorkers", minWorkers], ["maxWorkers", maxWorkers ?? 0]] as const) {
    if (workers > MOST_WORKERS) {
      throw new RangeError(
        `${name} must be at most ${MOST_WORKERS}: received ${workers}; this machine has ` +
          `${navigator.hardwareConcurrency} processors`,
      );
    }
  }
  if (config.process !== undefined && type !== "process") {
    throw new TypeError(
      `Setting "process" is for executors of type "process": the type is "${type ?? "thread"}"`,
    );
  }
  if (typeof useLoadBalancer === "object") balancerSettings(useLoadBalancer);
  const copy = (value: unknown) => typeof value === "object" && value !== null ? { ...value } : value;
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined).map((
      [key, value],
    ) => [key, copy(value)]),
  );
}

/** What defaults there are where settings say nothing. */
export interface ConfigDefaults {
  /** Most workers. */
  readonly maxWorkers: number;
  /** Ms after which idle workers are ended. */
  readonly idleTimeout: number;
}

/** The options of a pool for checked settings. */
export function poolOptions(config: ExecutorConfig, defaults: ConfigDefaults):
  & Required<
    Pick<WorkerPoolOptions, "transport" | "min" | "max" | "idleTimeout" | "concurrency" | "strategy">
  >
  & WorkerPoolOptions {
  const { type = "thread", minWorkers = 0, useLoadBalancer, maxQueuedTasks, maxQueuedBytes } = config;
  const limit = typeof useLoadBalancer === "object" ? useLoadBalancer.memoryLimit : undefined;
  return {
    transport: KINDS[type](config),
    min: minWorkers,
    max: config.maxWorkers ??
      (type === "inline" ? Math.max(1, minWorkers) : Math.max(minWorkers, defaults.maxWorkers)),
    idleTimeout: config.idleTimeout ?? defaults.idleTimeout,
    concurrency: config.concurrency ?? 1,
    strategy: STRATEGIES[config.strategy ?? "shared_queue"],
    ...(maxQueuedTasks !== undefined && { maxQueuedTasks }),
    ...(maxQueuedBytes !== undefined && { maxQueuedBytes }),
    // A process is replaced in less time than a runaway would cost.
    ...(type === "process" && { grace: PROCESS_GRACE }),
    // Workers report their memory only where somebody asked for a limit.
    ...(limit !== undefined && limit < Infinity && { recycleAboveBytes: limit }),
  };
}
