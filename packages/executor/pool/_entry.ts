// A task in the pool: what the caller holds, what a strategy queues and what a worker's answer settles.

import type { Queued } from "../balance/strategy.ts";
import type { PoolWorker } from "./_pool_worker.ts";
import type { Task, TaskFunction, TaskOptions } from "../task/task.ts";

/** Below this expected time, ms, it is not noted where a task was submitted. */
const TRACE_FROM = 0.05;

/** A task function as the pool knows it. */
export class Target {
  /** Ms that a call may be expected to take: quick to rise, slow to fall. Undefined before the first one. */
  expected: number | undefined = undefined;
  /** Ms that a call takes on average, the latest ones. */
  average = 0;
  /** Tasks submitted while nothing was known about it. */
  early = 0;

  constructor(readonly index: number, readonly task: TaskFunction) {}

  /** Whether to note where a task is submitted, which costs about as much as a tiny task. */
  get isTraced(): boolean {
    return this.expected === undefined ? this.early++ < 100 : this.expected > TRACE_FROM;
  }

  /** Takes note of how long a call took. */
  observe(milliseconds: number): void {
    const expected = this.expected;
    this.average += (milliseconds - this.average) * (expected === undefined ? 1 : 0.05);
    if (expected === undefined || milliseconds > expected) this.expected = milliseconds;
    else this.expected = expected + (milliseconds - expected) * 0.05;
  }
}

/** Who is told when the signal of a task aborts. */
export interface Canceller {
  cancel(entry: Entry): void;
}

/** One task. A class with fixed fields and no closures: there may be half a million of them a second. */
export class Entry implements Task<unknown>, Queued {
  // For the strategy.
  readonly bytes: number;
  readonly priority: number;
  worker: number = -1;
  readonly queuedAt: number;
  order = 0;
  list: Queued["list"] = undefined;
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;
  // For the pool.
  readonly target: Target;
  readonly options: TaskOptions | undefined;
  input: unknown;
  retries: number;
  /** Its number on its worker, -1 while it has none. */
  id = -1;
  /** How many tasks its worker was sent before. */
  sequence = 0;
  /** What it said last of how far it is. */
  reached: number | undefined = undefined;
  /** Whether it was the last one of its message. */
  closesMessage = false;
  /** Loads its function only: not counted. */
  isLoad = false;
  isSettled = false;
  hasEnded = false;
  /** Its worker was given up, and may still compute it. */
  runsOn = false;
  /** The worker that it was sent to. */
  at: PoolWorker | undefined = undefined;
  slabs: number[] | undefined = undefined;
  /** On a worker, with a timeout, and not begun. */
  isUntimed = false;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** Kills its worker when it does not end after its timeout. */
  graceTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  canceller: Canceller | undefined = undefined;
  /** Where it was submitted. */
  origin: { stack?: string } | undefined = undefined;
  readonly result: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  #ended: PromiseWithResolvers<void> | undefined = undefined;

  constructor(target: Target, input: unknown, options: TaskOptions | undefined, bytes: number, now: number) {
    this.target = target;
    this.input = input;
    this.options = options;
    this.bytes = bytes;
    this.queuedAt = now;
    this.priority = options?.priority ?? 0;
    this.retries = options?.retries ?? 0;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.result = promise;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Settles when no worker touches the input any more. */
  get ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers<void>();
    if (this.hasEnded) this.#ended.resolve();
    return this.#ended.promise;
  }

  /** No worker touches the input any more. */
  end(): void {
    this.hasEnded = true;
    this.input = undefined;
    this.#ended?.resolve();
  }

  /** Where the task was submitted, as lines of a stack; empty when that was not noted. */
  get submittedAt(): string {
    const frames = this.origin?.stack?.split("\n").slice(1).join("\n") ?? "";
    return frames === "" ? "" : `\n    at (submitted to the pool)\n${frames}`;
  }

  /** Timeouts do not matter any more. */
  clearTimers(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    if (this.graceTimer !== undefined) clearTimeout(this.graceTimer);
    this.timer = this.graceTimer = undefined;
  }

  /** The task's signal aborts. */
  handleEvent(): void {
    this.canceller?.cancel(this);
  }
}
