/**
 * A pool of workers that call named functions: bounded queue, batches of tiny tasks, prefetching, priorities,
 * affinity, cancellation, timeouts, and workers that may die.
 *
 * | step | cost |
 * |---|---|
 * | `submit` | O(1) beside the strategy, O(properties) for the size of the input |
 * | a result | O(1) |
 * | death of a worker | O(its tasks) |
 *
 * Failure contract: every task settles. A task that throws rejects with what it threw; its worker goes on. When a
 * worker dies, exactly the tasks that it had begun reject with `WorkerLostError` (or run again, if `retries`
 * says that they may); what it had been sent and not begun goes to another worker, and a new one is started. A
 * cancelled or timed out task rejects at once while its function may go on: `ended` tells when it no longer
 * touches the input. Workers that die before they are ready, three in a row, fail the pool.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { WorkerPool } from "@millrace/executor/worker-pool";
 *
 * const square = { module: "data:text/javascript,export const square = (x) => x * x;", export: "square" };
 * await using pool = new WorkerPool({ max: 2 });
 * assert.equal(await pool.run(square, 7), 49);
 * assert.deepEqual(await pool.map(square, [1, 2, 3]), [1, 4, 9]);
 * ```
 * @module
 */
import type { Strategy } from "../balance/strategy.ts";
import { checkOptions } from "../task/_check_task.ts";
import { encodeError } from "../task/error_data.ts";
import { describeFunction, PoolFailedError } from "../task/errors.ts";
import type { Task, TaskFunction, TaskOptions } from "../task/task.ts";
import { Op } from "../transport/messages.ts";
import { refuseInWorker } from "../worker/_inside.ts";
import { Admission } from "./_admission.ts";
import { Answers } from "./_answers.ts";
import { Crew } from "./_crew.ts";
import { Deadlines } from "./_deadlines.ts";
import { Dispatcher } from "./_dispatcher.ts";
import { type Canceller, Entry, type Target } from "./_entry.ts";
import { Ledger } from "./_ledger.ts";
import { Losses } from "./_losses.ts";
import { sizeOf } from "./_payload.ts";
import type { PoolWorker } from "./_pool_worker.ts";
import { loadOf, statsOf } from "./_stats.ts";
import { Targets } from "./_targets.ts";
import { trySubmit } from "./_try_submit.ts";
import { Warming } from "./_warming.ts";
import { type CheckedPoolOptions, checkPoolOptions, type WorkerPoolOptions } from "./options.ts";
import type { PoolLoad, PoolStats } from "./stats.ts";

export type { WorkerPoolOptions } from "./options.ts";
export type { Percentiles, PoolLoad, PoolStats } from "./stats.ts";

/** What `warm()` prepares. */
export interface WarmOptions {
  /** Workers to have. Default: the pool's `max`. */
  readonly workers?: number;
  /** Functions whose modules every one of them loads. Default: none. */
  readonly functions?: readonly TaskFunction[];
}

/** A pool of workers. Workers are started as they are needed, `min` of them at once. */
export class WorkerPool implements AsyncDisposable {
  readonly #options: CheckedPoolOptions;
  readonly #strategy: Strategy<Entry>;
  readonly #ledger = new Ledger();
  readonly #targets = new Targets();
  readonly #crew: Crew;
  readonly #admission: Admission;
  readonly #dispatcher: Dispatcher;
  readonly #deadlines: Deadlines;
  readonly #losses: Losses;
  readonly #answers: Answers;
  readonly #warming = new Warming();
  readonly #canceller: Canceller = { cancel: (entry) => this.#cancel(entry) };
  /** Why nothing may be submitted. */
  #refusal: unknown;
  #closed: Promise<void> | undefined;

  /**
   * Makes a pool and starts its first `min` workers.
   *
   * @throws {RangeError} When a setting is out of its range
   * @throws {TypeError} When a setting is unknown, or in a worker
   */
  constructor(options: WorkerPoolOptions = {}) {
    refuseInWorker();
    this.#options = checkPoolOptions(options);
    const strategy = this.#strategy = this.#options.strategy<Entry>();
    this.#crew = new Crew(this.#options, {
      joined: (worker) => strategy.join(worker.number),
      message: (worker, message) => this.#answers.receive(worker, message),
      ended: (worker, end) => {
        this.#losses.bury(worker, end);
        this.#warming.look();
      },
      retired: (worker) => this.#requeueBound(worker),
    }, this.#ledger.tally);
    this.#dispatcher = new Dispatcher(this.#options, strategy, this.#crew, {
      sent: (worker, entry) => {
        if (entry.isUntimed) this.#deadlines.start(worker);
      },
      emptied: (worker) => this.#emptied(worker),
      unsendable: (worker, entry, cause) => this.#refuseInput(worker, entry, cause),
      pumped: (cause) => {
        if (cause !== undefined) this.#fail("a worker can't be started", cause);
        this.#admission.admit();
      },
      isOpen: () => this.isOpen,
    });
    const { maxQueuedTasks, maxQueuedBytes } = this.#options;
    this.#admission = new Admission(strategy, maxQueuedTasks, maxQueuedBytes);
    this.#deadlines = new Deadlines(
      this.#options,
      this.#ledger,
      (worker, how) => void this.#losses.lose(worker, how),
    );
    this.#losses = new Losses(
      this.#options,
      this.#crew,
      this.#dispatcher,
      this.#ledger,
      (why, cause) => this.#fail(why, cause),
    );
    this.#answers = new Answers(
      this.#options,
      this.#crew,
      this.#dispatcher,
      this.#ledger,
      this.#deadlines,
      {
        ready: () => {
          this.#losses.started();
          this.#warming.look();
        },
        broken: (worker, how) => void this.#losses.lose(worker, how),
      },
    );
    this.#crew.grow(0);
  }

  /**
   * Queues a task. The input is read when it is sent, so it must not change before `ended`. Typed arrays of 4 KiB
   * and more, as the input or its properties, cross in shared memory and are copied out for the function.
   *
   * @throws {TypeError} When the function or an option is none, or a buffer in `transfer` is detached
   * @throws {RangeError} When an option is out of its range
   * @throws {QueueFullError} When the queue is at its bound: await `ready()` before
   * @throws {Error} When the pool was closed; `PoolFailedError` when it failed
   */
  submit<T = unknown>(fn: TaskFunction, input: unknown, options?: TaskOptions): Task<T> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const target = this.#targets.of(fn);
    if (options !== undefined) checkOptions(fn, options);
    const bytes = options?.bytes ?? sizeOf(input);
    const signal = options?.signal;
    if (signal?.aborted !== true) this.#admission.enter(bytes);
    const entry = new Entry(target, input, options, bytes, performance.now());
    if (target.isTraced) Error.captureStackTrace(entry.origin = {}, this.submit);
    if (options !== undefined && !this.#prepare(entry, options)) return entry as Task<T>;
    this.#ledger.begin();
    this.#dispatcher.queue(entry);
    return entry as Task<T>;
  }

  /** The result of `submit()`, with its failure contract. */
  run<T = unknown>(fn: TaskFunction, input: unknown, options?: TaskOptions): Promise<T> {
    return this.submit<T>(fn, input, options).result;
  }

  /**
   * Calls a function with every input, as many at a time as the queue takes; results are in order. The first failure
   * rejects and cancels the others. Once it settles, no task of it is left.
   */
  async map<T = unknown>(
    fn: TaskFunction,
    inputs: Iterable<unknown>,
    options?: Omit<TaskOptions, "transfer">,
  ): Promise<T[]> {
    const tasks: Task<T>[] = [];
    let hasFailed = false;
    const fail = () => {
      hasFailed = true;
    };
    try {
      for (const input of inputs) {
        let task = hasFailed ? undefined : trySubmit<T>(this, fn, input, options);
        while (task === undefined && !hasFailed) {
          await this.ready();
          if (!hasFailed) task = trySubmit<T>(this, fn, input, options);
        }
        if (task === undefined) break; // one has failed: its rejection is found below
        task.result.catch(fail);
        tasks.push(task);
      }
      return await Promise.all(tasks.map((task) => task.result));
    } catch (error) {
      for (const task of tasks) this.#cancel(task as Task<unknown> as Entry, error);
      throw error;
    } finally {
      await Promise.all(tasks.map((task) => task.ended));
    }
  }

  /** Resolves when the queue has room. Rejects when the pool is closed or failed. */
  ready(): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return this.#admission.ready();
  }

  /** Forgets an affinity key, so that its worker may be ended or replaced. False when no task had it. */
  release(affinity: string): boolean {
    return this.#crew.release(affinity);
  }

  /**
   * Starts workers and loads modules ahead of the first task.
   *
   * @throws {Error} When a module can't be loaded, or workers don't start
   */
  async warm({ workers = this.#crew.max, functions = [] }: WarmOptions = {}): Promise<void> {
    const wanted = Math.min(workers, this.#crew.max);
    const targets = functions.map((fn) => this.#targets.of(fn));
    const { tally } = this.#ledger;
    for (let died = -1;;) {
      if (this.#refusal !== undefined) throw this.#refusal;
      if (died !== tally.died) { while (this.#crew.size < wanted) this.#crew.start(); }
      died = tally.died;
      if ([...this.#crew.workers].every((worker) => worker.isReady)) break;
      await this.#warming.turn();
    }
    const loads: Promise<unknown>[] = [];
    for (const worker of this.#crew.workers) {
      for (const target of targets) {
        if (worker.isReady && !worker.isRetiring) loads.push(this.#load(worker, target));
      }
    }
    await Promise.all(loads);
  }

  /**
   * Changes how many workers there may be. Missing ones are started, surplus ones end between tasks, idle ones
   * first; those that hold an affinity key stay until it is released.
   *
   * @throws {RangeError} When they are no whole numbers with 0 <= min <= max and max >= 1
   */
  resize({ min = this.#crew.min, max = this.#crew.max }: { min?: number; max?: number }): void {
    this.#crew.resize(min, max);
    this.#dispatcher.schedule();
  }

  /** Why the pool has failed, undefined while it has not. */
  get failure(): PoolFailedError | undefined {
    return this.#refusal instanceof PoolFailedError ? this.#refusal : undefined;
  }

  /** Whether it takes tasks: it was not closed or aborted and has not failed. */
  get isOpen(): boolean {
    return this.#refusal === undefined;
  }

  /** Most workers that there may be now. */
  get max(): number {
    return this.#crew.max;
  }

  /** Running sums and present values. O(workers). */
  load(): PoolLoad {
    return loadOf(this.#crew.workers, this.#strategy, this.#ledger.tally);
  }

  /** All statistics. */
  stats(): PoolStats {
    return statsOf(this.#crew.workers, this.#strategy, this.#ledger.tally, this.#options);
  }

  /**
   * Takes no more tasks, waits for those that were submitted, and ends the workers. A function that never ends
   * keeps it waiting: give such tasks a timeout, or call `abort()`.
   */
  close(): Promise<void> {
    this.#refuse(new Error("Cannot use the pool: it is closed; make a new one"));
    return this.#closed ??= this.#drain();
  }

  /**
   * Rejects everything at once with `reason`, gives running tasks the grace to end, and ends the workers whatever
   * they do.
   */
  abort(reason: unknown = new DOMException("The pool was aborted", "AbortError")): Promise<void> {
    this.#refuse(new Error("Cannot use the pool: it was aborted; make a new one", { cause: reason }));
    return this.#empty(reason, this.#options.grace);
  }

  /** Same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Tasks in.

  /** Signal and affinity; false when the task is cancelled already. */
  #prepare(entry: Entry, { signal, affinity }: TaskOptions): boolean {
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#ledger.drop(entry, signal.reason);
        entry.end();
        return false;
      }
      entry.canceller = this.#canceller;
      signal.addEventListener("abort", entry, { once: true });
    }
    if (affinity !== undefined) entry.worker = this.#crew.ownerOf(affinity).number;
    return true;
  }

  /** Loads a function on one worker. */
  #load(worker: PoolWorker, target: Target): Promise<unknown> {
    const entry = new Entry(target, undefined, undefined, 0, performance.now());
    entry.isLoad = true;
    this.#ledger.begin();
    this.#dispatcher.give(worker, entry);
    return entry.result;
  }

  /** An input that can't be cloned. */
  #refuseInput(worker: PoolWorker, entry: Entry, cause: unknown): void {
    const error = new TypeError(
      `Cannot send the input of task ${describeFunction(entry.target.task)}: ${(cause as Error).message}; ` +
        "give plain data, typed arrays or buffers, transfer each buffer once, and none of a WebAssembly memory",
      { cause },
    );
    this.#ledger.tally.failed++;
    this.#ledger.settle(entry, error);
    this.#ledger.end(entry);
    if (worker.tasks === 0) this.#emptied(worker);
  }

  /** A worker has no task any more. It rests in another turn: this is called while tasks are handed out. */
  #emptied(worker: PoolWorker): void {
    queueMicrotask(() => this.#answers.after(worker, performance.now()));
  }

  #cancel(entry: Entry, reason: unknown = entry.options?.signal?.reason): void {
    if (entry.isSettled || entry.hasEnded) return;
    this.#ledger.drop(entry, reason);
    const worker = entry.at;
    if (worker !== undefined) {
      worker.connection.send([Op.cancel, entry.id, encodeError(reason)], []);
      if (this.#options.transport.kind !== "inline") this.#deadlines.limitCancelled(worker, entry);
      return;
    }
    this.#dispatcher.remove(entry);
    this.#ledger.end(entry);
    this.#admission.admit();
  }

  /** Tasks that were bound to a worker which retires have no state there: any other one may have them. */
  #requeueBound(worker: PoolWorker): void {
    const place = this.#crew.idle.indexOf(worker);
    if (place >= 0) this.#crew.idle.splice(place, 1);
    for (const entry of this.#dispatcher.leave(worker)) {
      entry.worker = -1;
      this.#dispatcher.queue(entry);
    }
  }

  // The end.

  #fail(why: string, cause: unknown): void {
    const error = new PoolFailedError(`The pool failed: ${why}`, cause === undefined ? undefined : { cause });
    if (this.#refusal === undefined) this.#refuse(error);
    this.#empty(error, 0).catch((reason) => this.#admission.refuse(reason));
  }

  #refuse(reason: unknown): void {
    this.#refusal ??= reason;
    this.#admission.refuse(this.#refusal);
    this.#warming.refuse(this.#refusal);
  }

  /** Rejects everything, and ends the workers after `grace` ms. */
  #empty(reason: unknown, grace: number): Promise<void> {
    this.#ledger.stop(reason);
    for (const worker of this.#crew.workers) {
      for (const entry of worker.inOrder()) this.#cancel(entry, reason);
    }
    for (const entry of this.#dispatcher.clear()) {
      this.#ledger.drop(entry, reason);
      this.#ledger.end(entry);
    }
    return this.#closed = this.#killAfter(grace);
  }

  /** Ends the workers once every task has ended. */
  async #drain(): Promise<void> {
    await this.#ledger.drain();
    this.#dispatcher.close();
    await this.#crew.close();
  }

  async #killAfter(grace: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const worker of [...this.#crew.workers]) {
        if (worker.tasks > 0) {
          this.#losses.lose(worker, `did not end its tasks within ${grace} ms after abort()`);
        }
      }
    }, grace);
    await this.#drain();
    clearTimeout(timer);
  }
}
