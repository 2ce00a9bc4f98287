/**
 * Adds workers to a pool when tasks wait, and removes workers that have too little to do.
 *
 * The balancer looks at the pool's own counters every `interval`: that takes some microseconds and measures nothing itself. What it
 * did and why is in its history.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { useLoadBalancer } from "@millrace/executor/load-balancer";
 *
 * // Any object with `load` and `resize` will do; usually it is a WorkerPool.
 * let workers = 1;
 * const pool = {
 *   load: () => ({
 *     workers, busy: workers, queued: 30, started: 10, runMs: 200, busyMs: 0, memory: undefined,
 *   }),
 *   resize: ({ max }: { min: number; max: number }) => void (workers = max),
 * };
 * using balancer = useLoadBalancer(pool, { min: 1, max: 4 });
 * balancer.check(); // what the timer does
 * assert.equal(workers, 4);
 * assert.match(balancer.toString(), /1 -> 4 {2}Queue time .* ms is above 50 ms: 30 tasks of 20 ms wait/);
 * ```
 * @module
 */
import { type BalancerSettings, balancerSettings } from "./balancer_settings.ts";
import { type BalancerState, decide, initialState, type LoadSample } from "./decide.ts";
import { measure, type PoolCounters } from "./measure.ts";

export type { BalancerSettings, BalancerState, LoadSample, PoolCounters };

/** What a load balancer needs of a pool. */
export interface BalancedPool {
  /** Whether it takes tasks. The balancer of a pool that doesn't any more ends itself. Default: true. */
  readonly isOpen?: boolean;
  /** What it has to do now. */
  load(): PoolCounters;
  /** Keep to a number of workers: missing ones are started, surplus ones end between tasks. */
  resize(bounds: { readonly min: number; readonly max: number }): unknown;
}

/** One change of the number of workers. */
export interface BalancerChange {
  /** Time since the balancer began, in ms. */
  readonly time: number;
  /** Workers before. */
  readonly from: number;
  /** Workers that are wanted since. */
  readonly to: number;
  /** Why, with the measured values. */
  readonly reason: string;
  /** All that was measured. */
  readonly sample: LoadSample;
}

/** Scales one pool. End it with `using` or `Symbol.dispose`; the pool is left as it is then. */
export class LoadBalancer implements Disposable {
  /** The settings, defaults filled in. */
  readonly settings: BalancerSettings;
  readonly #pool: BalancedPool;
  readonly #clock: () => number;
  readonly #began: number;
  readonly #changes: BalancerChange[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #state: BalancerState;
  #last: PoolCounters;
  #lastTime: number;
  #sample: LoadSample;
  #workers: number;

  /**
   * Begins to look after a pool.
   *
   * @param clock Milliseconds; by default `performance.now`.
   * @throws {RangeError} On a setting out of range.
   * @throws {TypeError} On an unknown setting.
   */
  constructor(
    pool: BalancedPool,
    settings: Partial<BalancerSettings> = {},
    clock: () => number = () => performance.now(),
  ) {
    this.settings = balancerSettings(settings);
    this.#pool = pool;
    this.#clock = clock;
    this.#began = this.#lastTime = clock();
    this.#state = initialState(this.#began);
    const load = this.#last = pool.load();
    const since = { ...load, started: 0, runMs: 0 }; // the run time of all tasks so far
    const { concurrency } = this.settings;
    this.#sample = measure({ before: since, now: load, span: 0, time: this.#began, concurrency });
    const { min, max } = this.settings;
    this.#workers = Math.min(max, Math.max(min, load.workers));
    this.#resize();
    this.#timer = setInterval(() => this.check(), this.settings.interval);
    // A pool's workers may keep a process alive, a look at them must not.
    Deno.unrefTimer(this.#timer);
  }

  /** The number of workers that is wanted now. */
  get workers(): number {
    return this.#workers;
  }

  /** Look at the pool now, as the timer does at each interval. */
  check(): void {
    if (this.#pool.isOpen === false) return this[Symbol.dispose]();
    const now = this.#pool.load();
    const time = this.#clock();
    const sample = measure({
      before: this.#last,
      now,
      span: time - this.#lastTime,
      time,
      concurrency: this.settings.concurrency,
      last: this.#sample,
    });
    this.#last = now;
    this.#lastTime = time;
    this.#sample = sample;
    // What counts is what was asked for: workers that are still starting or ending are not asked for again.
    const { workers, reason, state } = decide(
      { ...sample, workers: this.#workers },
      this.#state,
      this.settings,
    );
    this.#state = state;
    if (reason === undefined) return;
    const change = { time: time - this.#began, from: this.#workers, to: workers, reason, sample };
    if (this.#changes.push(change) > this.settings.historyLength) this.#changes.shift();
    this.#workers = workers;
    this.#resize();
  }

  /** The latest changes, oldest first; at most `historyLength`. */
  history(): readonly BalancerChange[] {
    return [...this.#changes];
  }

  /** The history as text, a line a change. */
  toString(): string {
    if (this.#changes.length === 0) return `${this.#workers} workers, no change`;
    return this.#changes
      .map(({ time, from, to, reason }) =>
        `${(time / 1000).toFixed(3).padStart(9)} s  ${from} -> ${to}  ${reason}`
      )
      .join("\n");
  }

  /** Stop looking. The pool keeps the workers that it has. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #resize(): void {
    // A pool may always have one worker; with none wanted, that one is left to the idle timeout.
    this.#pool.resize({ min: this.#workers, max: Math.max(1, this.#workers) });
  }
}

/** Have a pool scaled by a load balancer. @throws {RangeError} On a setting out of range. */
export function useLoadBalancer(pool: BalancedPool, settings: Partial<BalancerSettings> = {}): LoadBalancer {
  return new LoadBalancer(pool, settings);
}
