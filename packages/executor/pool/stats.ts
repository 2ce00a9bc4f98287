/**
 * What a pool tells about itself.
 *
 * @module
 */

/** Percentiles in ms, within 3.2 % of the true ones. All 0 when there is nothing to tell. */
export interface Percentiles {
  /** Half of the times do not exceed this one. */
  readonly p50: number;
  /** 95 % do not. */
  readonly p95: number;
  /** 99 % do not. */
  readonly p99: number;
}

/** Running sums and present values: cheap, for controllers that look often and take differences. */
export interface PoolLoad {
  /** Workers, starting ones included. */
  readonly workers: number;
  /** Workers that have a task now. */
  readonly busy: number;
  /** Tasks that wait. */
  readonly queued: number;
  /** Bytes of their inputs. */
  readonly queuedBytes: number;
  /** Tasks that have ended on a worker. */
  readonly started: number;
  /** Sum of the times that those tasks waited, ms. */
  readonly waitMs: number;
  /** Tasks that gave a result. */
  readonly done: number;
  /** Sum of the times that tasks ran, ms. */
  readonly runMs: number;
  /** Sum over all workers, present and past, of the time with a task, ms. */
  readonly busyMs: number;
  /** Sum over all workers, present and past, of the time of life, ms. */
  readonly workerMs: number;
  /** Bytes in use by the workers, as far as they tell; undefined when none does. */
  readonly memory: number | undefined;
}

/** All that is known. */
export interface PoolStats extends PoolLoad {
  /** Name of the kind of workers. */
  readonly kind: string;
  /** Waiting time of tasks that ended. */
  readonly wait: Percentiles;
  /** Running time of tasks that ended. */
  readonly run: Percentiles;
  /** Share of the workers' lives in which they had a task, 0 to 1. */
  readonly utilisation: number;
  /** Tasks that rejected with an error of theirs, or whose input or result could not be sent. */
  readonly failed: number;
  /** Tasks that were cancelled by their signal or by `abort()`. */
  readonly cancelled: number;
  /** Tasks that ran longer than their timeout. */
  readonly timedOut: number;
  /** Times that a task was run again. */
  readonly retried: number;
  /** Tasks that were lost with their worker. */
  readonly lost: number;
  /** Tasks that went to another worker than the one they were queued for. */
  readonly stolen: number;
  /** Workers that were replaced because of their age or memory. */
  readonly recycled: number;
  /** Workers that died or were ended because of a task. */
  readonly died: number;
  /** Threads that were given up while their code may still run. */
  readonly stuck: number;
}
