/**
 * Settings of a worker pool, their defaults and checks.
 *
 * @module
 */
import { SharedQueue } from "../balance/shared_queue.ts";
import type { Queued, Strategy } from "../balance/strategy.ts";
import { threadTransport } from "../transport/thread.ts";
import type { Transport } from "../transport/transport.ts";

export type { Queued, Strategy } from "../balance/strategy.ts";

/** Settings of a worker pool. */
export interface WorkerPoolOptions {
  /** How workers are made. Default: threads. */
  readonly transport?: Transport;
  /** Workers that are kept even when there is nothing to do. Default 0. */
  readonly min?: number;
  /** Most workers. Default: the number of processors, or `min` if that is more. */
  readonly max?: number;
  /** Ms after which an idle worker beyond `min` is ended. Default 30000. */
  readonly idleTimeout?: number;
  /** Tasks that a worker may run at a time; more than one only helps functions that await. Default 1. */
  readonly concurrency?: number;
  /** Tasks that may wait in the queue. Default 65536. */
  readonly maxQueuedTasks?: number;
  /** Bytes of inputs that may wait in the queue; one task is always let in. Default 256 MiB. */
  readonly maxQueuedBytes?: number;
  /** Ms that a task has to end by itself after its timeout or `abort()`, and after it was cancelled elsewhere than inline; a thread that is busy has until it waits. Default 250. */
  readonly grace?: number;
  /** Workers that may be lost while their code can't be stopped before the pool fails. Default 4. */
  readonly maxLost?: number;
  /** Tasks after which a worker is replaced. Default: never. */
  readonly recycleAfterTasks?: number;
  /** Bytes in use after which a worker is replaced (asked for now and then, between tasks). Default: never. */
  readonly recycleAboveBytes?: number;
  /** Which task goes to which worker. Default: one shared queue. */
  readonly strategy?: <T extends Queued>() => Strategy<T>;
}

/** Settings with every default filled in. */
export type CheckedPoolOptions = Required<WorkerPoolOptions>;

const isCount = (value: number) => Number.isInteger(value) || value === Infinity;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} When a number is out of its range
 * @throws {TypeError} When a setting is unknown
 */
export function checkPoolOptions(options: WorkerPoolOptions): CheckedPoolOptions {
  const min = options.min ?? 0;
  const checked: CheckedPoolOptions = {
    transport: options.transport ?? threadTransport(),
    min,
    max: options.max ?? Math.max(min, navigator.hardwareConcurrency, 1),
    idleTimeout: options.idleTimeout ?? 30_000,
    concurrency: options.concurrency ?? 1,
    maxQueuedTasks: options.maxQueuedTasks ?? 65_536,
    maxQueuedBytes: options.maxQueuedBytes ?? 256 * 2 ** 20,
    grace: options.grace ?? 250,
    maxLost: options.maxLost ?? 4,
    recycleAfterTasks: options.recycleAfterTasks ?? Infinity,
    recycleAboveBytes: options.recycleAboveBytes ?? Infinity,
    strategy: options.strategy ?? (<T extends Queued>() => new SharedQueue<T>()),
  };
  for (const key of Object.keys(options)) {
    if (key in checked) continue;
    throw new TypeError(`Unknown pool option "${key}": known are ${Object.keys(checked).join(", ")}`);
  }
  checkBounds(checked.min, checked.max);
  for (const key of ["concurrency", "maxQueuedTasks", "recycleAfterTasks"] as const) {
    if (isCount(checked[key]) && checked[key] >= 1) continue;
    throw new RangeError(`Pool option ${key} must be a whole number of at least 1: received ${checked[key]}`);
  }
  if (!Number.isInteger(checked.concurrency)) throw new RangeError("Pool option concurrency must be finite");
  for (const key of ["idleTimeout", "maxQueuedBytes", "grace", "maxLost", "recycleAboveBytes"] as const) {
    if (checked[key] >= 0) continue;
    throw new RangeError(`Pool option ${key} must be a number of at least 0: received ${checked[key]}`);
  }
  return checked;
}

/**
 * Checks the bounds of a pool's size.
 *
 * @throws {RangeError} When they are no whole numbers with 0 <= min <= max and max >= 1
 */
export function checkBounds(min: number, max: number): void {
  if (Number.isInteger(min) && Number.isInteger(max) && min >= 0 && max >= 1 && min <= max) return;
  throw new RangeError(
    `Pool size must be whole numbers with 0 <= min <= max and max >= 1: received min ${min}, max ${max}`,
  );
}
