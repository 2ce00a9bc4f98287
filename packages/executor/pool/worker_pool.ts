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
import { checkFunction, checkOptions } from "../task/_check_task.ts";
import { decodeError, encodeError, type ErrorData } from "../task/error_data.ts";
import { describeFunction, PoolFailedError, TaskTimeoutError, WorkerLostError } from "../task/errors.ts";
import type { Task, TaskFunction, TaskOptions } from "../task/task.ts";
import { Op, type WorkerMessage } from "../transport/messages.ts";
import type { WorkerEnd } from "../transport/transport.ts";
import { Admission } from "./_admission.ts";
import { Crew } from "./_crew.ts";
import { Dispatcher } from "./_dispatcher.ts";
import { type Canceller, Entry, Target } from "./_entry.ts";
import { sizeOf } from "./_payload.ts";
import type { PoolWorker } from "./_pool_worker.ts";
import { loadOf, statsOf } from "./_stats.ts";
import { Tally } from "./_tally.ts";
import { refuseInWorker } from "../worker/_inside.ts";
import { type CheckedPoolOptions, checkPoolOptions, type WorkerPoolOptions } from "./options.ts";
import type { PoolLoad, PoolStats } from "./stats.ts";

export type { WorkerPoolOptions } from "./options.ts";
export type { Percentiles, PoolLoad, PoolStats } from "./stats.ts";

/** A worker's memory is looked at this often, ms. */
const MEMORY_EVERY = 100;
const MAX_START_FAILURES = 3;
/** What has arrived from a process is read within this time, ms. */
const HEAR_MS = 5;

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
  readonly #crew: Crew;
  readonly #tally = new Tally();
  readonly #admission: Admission;
  readonly #dispatcher: Dispatcher;
  readonly #targets = new Map<string, Map<string, Target>>();
  readonly #canceller: Canceller = { cancel: (entry) => this.#cancel(entry) };
  /** Most tasks have the same function as the one before. */
  #lastFunction: TaskFunction = { module: "", export: "" };
  #lastTarget: Target | undefined;
  #targetCount = 0;
  /** Tasks that have not ended. */
  #outstanding = 0;
  #startFailures = 0;
  /** Why nothing may be submitted. */
  #refusal: unknown;
  /** Why nothing runs any more: the pool was aborted or has failed. */
  #stopped: { readonly reason: unknown } | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;
  /** Those who wait for workers to get ready. */
  readonly #warming = new Set<PromiseWithResolvers<void>>();

  /**
   * Makes a pool and starts its first `min` workers.
   *
   * @throws {RangeError} When a setting is out of its range
   * @throws {TypeError} When a setting is unknown, or in a worker
   */
  constructor(options: WorkerPoolOptions = {}) {
    refuseInWorker();
    this.#options = checkPoolOptions(options);
    this.#strategy = this.#options.strategy<Entry>();
    this.#crew = new Crew(this.#options, {
      joined: (worker) => this.#strategy.join(worker.number),
      message: (worker, message) => this.#receive(worker, message),
      ended: (worker, end) => this.#buryWorker(worker, end),
      retired: (worker) => this.#requeueBound(worker),
    }, this.#tally);
    this.#dispatcher = new Dispatcher(this.#options, this.#strategy, this.#crew, {
      sent: (worker, entry) => {
        if (entry.isUntimed) this.#startTimers(worker);
      },
      emptied: (worker) => this.#emptied(worker),
      unsendable: (worker, entry, cause) => this.#refuseInput(worker, entry, cause),
      pumped: (cause) => {
        if (cause !== undefined) this.#fail("a worker can't be started", cause);
        this.#admission.admit();
      },
      isOpen: () => this.#refusal === undefined,
    });
    this.#admission = new Admission(
      this.#strategy,
      this.#options.maxQueuedTasks,
      this.#options.maxQueuedBytes,
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
    const target = fn === this.#lastFunction ? this.#lastTarget! : this.#targetOf(fn);
    if (options !== undefined) checkOptions(fn, options);
    const bytes = options?.bytes ?? sizeOf(input);
    const signal = options?.signal;
    if (signal?.aborted !== true) this.#admission.enter(bytes);
    const entry = new Entry(target, input, options, bytes, performance.now());
    if (target.isTraced) Error.captureStackTrace(entry.origin = {}, this.submit);
    if (options !== undefined && !this.#prepare(entry, options)) return entry as Task<T>;
    this.#outstanding++;
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
        if (!this.#admission.hasRoom) await this.ready();
        if (hasFailed) break; // the rejection is found below
        const task = this.submit<T>(fn, input, options);
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
    if (this.#refusal !== undefined) throw this.#refusal;
    const wanted = Math.min(workers, this.#crew.max);
    const targets = functions.map((fn) => this.#targetOf(fn));
    for (let died = -1;;) {
      if (died !== this.#tally.died) { while (this.#crew.size < wanted) this.#crew.start(); }
      died = this.#tally.died;
      if ([...this.#crew.workers].every((worker) => worker.isReady)) break;
      const turn = Promise.withResolvers<void>();
      this.#warming.add(turn);
      await turn.promise;
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
    return loadOf(this.#crew.workers, this.#strategy, this.#tally);
  }

  /** All statistics. */
  stats(): PoolStats {
    return statsOf(this.#crew.workers, this.#strategy, this.#tally, this.#options);
  }

  /**
   * Takes no more tasks, waits for those that were submitted, and ends the workers. A function that never ends
   * keeps it waiting: give such tasks a timeout, or call `abort()`.
   */
  close(): Promise<void> {
    this.#refuse(new Error("Cannot use the pool: it is closed; make a new one"));
    return this.#closed ??= this.#drain().then(() => this.#crew.close());
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

  #targetOf(fn: TaskFunction): Target {
    let target = this.#targets.get(fn?.module)?.get(fn.export);
    if (target === undefined) {
      checkFunction(fn);
      const { module, export: name } = fn;
      target = new Target(this.#targetCount++, { module, export: name });
      const ofModule = this.#targets.get(module) ?? new Map<string, Target>();
      this.#targets.set(module, ofModule.set(name, target));
    }
    this.#lastFunction = fn;
    this.#lastTarget = target;
    return target;
  }

  /** Signal and affinity; false when the task is cancelled already. */
  #prepare(entry: Entry, { signal, affinity }: TaskOptions): boolean {
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#tally.cancelled++;
        this.#settle(entry, signal.reason);
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
    this.#outstanding++;
    this.#dispatcher.give(worker, entry);
    return entry.result;
  }

  /** An input that can't be cloned. */
  #refuseInput(worker: PoolWorker, entry: Entry, cause: unknown): void {
    const error = new TypeError(
      `Cannot send the input of task ${describeFunction(entry.target.task)}: ${(cause as Error).message}; ` +
        "give plain data, typed arrays or buffers, and transfer each buffer once",
      { cause },
    );
    this.#tally.failed++;
    this.#settle(entry, error);
    this.#end(entry);
    if (worker.tasks === 0) this.#emptied(worker);
  }

  /** A worker has no task any more. It rests in another turn: this is called while tasks are handed out. */
  #emptied(worker: PoolWorker): void {
    queueMicrotask(() => this.#afterAnswers(worker, performance.now()));
  }

  // Answers.

  #receive(worker: PoolWorker, message: WorkerMessage): void {
    const now = performance.now();
    switch (message[0]) {
      case Op.results:
        for (let i = 1; i < message.length; i += 3) {
          const entry = this.#answered(worker, message[i] as number, message[i + 2] as number, now);
          if (entry === undefined) continue;
          entry.isSettled = true;
          if (!entry.isLoad) this.#tally.done++;
          entry.resolve(message[i + 1]);
        }
        break;
      case Op.failed: {
        const entry = this.#answered(worker, message[1] as number, message[3] as number, now);
        if (entry === undefined) break;
        this.#tally.failed++;
        this.#settle(entry, decodeError(message[2] as ErrorData, entry.submittedAt));
        break;
      }
      case Op.ready:
        worker.isReady = true;
        worker.since = now; // it was not busy while it started
        this.#startFailures = 0;
        this.#turnWarming();
        break;
      default:
        this.#lose(worker, `sent an unknown message (${Deno.inspect(message).slice(0, 100)})`);
    }
    this.#afterAnswers(worker, now);
  }

  /** Takes an answered task off its worker; gives it if it is not settled yet. */
  #answered(worker: PoolWorker, id: number, milliseconds: number, now: number): Entry | undefined {
    const entry = worker.entries[id];
    if (entry === undefined) {
      this.#lose(worker, `answered task ${id}, which it had not been given`);
      return undefined;
    }
    worker.remove(entry);
    worker.ended++;
    if (!entry.isLoad) {
      entry.target.observe(milliseconds);
      this.#tally.run.add(milliseconds);
      this.#tally.wait.add(Math.max(0, now - milliseconds - entry.queuedAt));
    }
    const isSettled = entry.isSettled;
    this.#end(entry);
    return isSettled ? undefined : entry;
  }

  #afterAnswers(worker: PoolWorker, now: number): void {
    if (worker.isGone) return;
    if (this.#isWornOut(worker, now)) {
      this.#tally.recycled++;
      this.#crew.retire(worker);
      this.#dispatcher.schedule();
    } else if (worker.tasks > 0) this.#startTimers(worker);
    else if (worker.isRetiring) this.#crew.end(worker);
    else if (worker.isReady && !this.#crew.idle.includes(worker)) {
      worker.busy += now - worker.since;
      worker.since = now;
      this.#crew.rest(worker);
    }
    if (this.#strategy.length > 0) this.#dispatcher.pump();
    else this.#dispatcher.rebalance();
  }

  #isWornOut(worker: PoolWorker, now: number): boolean {
    const { recycleAfterTasks, recycleAboveBytes } = this.#options;
    if (worker.isRetiring || worker.keys > 0 || worker.ended === 0) return false;
    if (worker.ended >= recycleAfterTasks) return true;
    if (recycleAboveBytes === Infinity || now - worker.memoryAt < MEMORY_EVERY) return false;
    worker.memoryAt = now;
    return (worker.connection.memory() ?? 0) > recycleAboveBytes;
  }

  /** A task's input is not touched any more. */
  #end(entry: Entry): void {
    entry.clearTimers();
    if (entry.canceller !== undefined) {
      entry.options!.signal!.removeEventListener("abort", entry);
      entry.canceller = undefined;
    }
    entry.end();
    if (--this.#outstanding === 0) this.#drained?.resolve();
  }

  #settle(entry: Entry, reason: unknown): void {
    if (entry.isSettled) return;
    entry.isSettled = true;
    entry.reject(reason);
  }

  // Cancelling and timeouts.

  #cancel(entry: Entry, reason: unknown = entry.options?.signal?.reason): void {
    if (entry.isSettled || entry.hasEnded) return;
    this.#tally.cancelled++;
    this.#settle(entry, reason);
    const worker = entry.at;
    if (worker !== undefined) {
      worker.connection.send([Op.cancel, entry.id, encodeError(reason)], []);
      if (this.#options.transport.kind === "process") this.#limitCancelled(worker, entry);
      return;
    }
    this.#dispatcher.remove(entry);
    this.#end(entry);
    this.#admission.admit();
  }

  /** Kills a process that goes on with a cancelled task beyond the grace, once it is not at work for others too. */
  #limitCancelled(worker: PoolWorker, entry: Entry): void {
    const { grace } = this.#options;
    entry.graceTimer = setTimeout(() => {
      // Where this program was busy, the answer waits to be read: that comes first.
      entry.graceTimer = setTimeout(() => {
        const begun = worker.connection.started();
        const isShared = begun !== undefined &&
          worker.inOrder().some((other) => worker.hasBegun(other, begun) && !other.isSettled);
        if (isShared) this.#limitCancelled(worker, entry);
        else this.#lose(worker, `did not end a cancelled task within ${grace} ms`);
      }, HEAR_MS);
    }, grace);
  }

  /** Starts the timers of those tasks that have begun: a worker begins them in order, `concurrency` at a time. */
  #startTimers(worker: PoolWorker): void {
    if (worker.untimed === 0 || !worker.isReady) return;
    for (const entry of worker.inOrder().slice(0, this.#options.concurrency)) {
      const timeout = entry.options?.timeout;
      if (timeout === undefined || !entry.isUntimed) continue;
      entry.isUntimed = false;
      worker.untimed--;
      entry.timer = setTimeout(() => this.#timeOut(worker, entry, timeout), timeout);
    }
  }

  #timeOut(worker: PoolWorker, entry: Entry, timeout: number): void {
    if (!entry.isSettled) {
      const error = new TaskTimeoutError(entry.target.task, timeout);
      error.stack += entry.submittedAt;
      this.#tally.timedOut++;
      this.#settle(entry, error);
      worker.connection.send([Op.cancel, entry.id, encodeError(error)], []);
    }
    const { grace } = this.#options;
    const how = `did not end task ${
      describeFunction(entry.target.task)
    } within ${grace} ms after its timeout`;
    clearTimeout(entry.graceTimer);
    entry.graceTimer = setTimeout(() => this.#lose(worker, how), grace);
  }

  // Workers that die.

  /** Gives a worker up whatever it does. */
  async #lose(worker: PoolWorker, how: string): Promise<void> {
    if (worker.isGone) return;
    this.#tally.died++;
    const { stopped } = await this.#crew.kill(worker);
    this.#settleOrphans(worker, how, undefined);
    if (!stopped && ++this.#tally.stuck > this.#options.maxLost) {
      this.#fail(
        `${this.#tally.stuck} workers are lost whose code may still run; the last one ${how}; ` +
          "let functions look at context.signal, or run them in processes, which can be ended",
        undefined,
      );
    }
    this.#dispatcher.schedule();
  }

  /** A worker ended by itself. */
  #buryWorker(worker: PoolWorker, end: WorkerEnd): void {
    this.#tally.died++;
    this.#settleOrphans(worker, end.how, end.error);
    if (!worker.isReady && ++this.#startFailures >= MAX_START_FAILURES) {
      this.#fail(`${this.#startFailures} workers in a row did not start; the last one ${end.how}`, end.error);
    }
    this.#turnWarming();
    if (this.#refusal === undefined || this.#outstanding > 0) this.#dispatcher.pump();
  }

  #settleOrphans(worker: PoolWorker, how: string, cause: unknown): void {
    const begun = worker.connection.started();
    for (const entry of this.#dispatcher.leave(worker)) {
      this.#loseTask(entry, worker, how, cause);
    }
    for (const entry of worker.inOrder()) {
      const hasBegun = begun === undefined || worker.hasBegun(entry, begun);
      worker.remove(entry);
      entry.clearTimers();
      const isBound = entry.worker !== -1 || entry.isLoad || (entry.options?.transfer?.length ?? 0) > 0;
      if (this.#stopped !== undefined && !entry.isSettled) {
        this.#tally.cancelled++;
        this.#settle(entry, this.#stopped.reason);
      }
      if (entry.isSettled) this.#end(entry);
      else if (isBound || hasBegun && entry.retries === 0) this.#loseTask(entry, worker, how, cause);
      else {
        if (hasBegun) {
          entry.retries--;
          this.#tally.retried++;
        }
        this.#dispatcher.queue(entry);
      }
    }
  }

  #loseTask(entry: Entry, worker: PoolWorker, how: string, cause: unknown): void {
    const { affinity, transfer } = entry.options ?? {};
    const remedy = affinity !== undefined
      ? `the state of affinity key "${affinity}" is gone, a later task with it starts on another worker`
      : transfer !== undefined && transfer.length > 0
      ? "its input was transferred and is gone with the worker"
      : entry.options?.retries
      ? "its retries are used up"
      : "give tasks that may run twice the option retries";
    const error = new WorkerLostError(entry.target.task, worker.number, how, remedy, cause);
    error.stack += entry.submittedAt;
    this.#tally.lost++;
    this.#settle(entry, error);
    this.#end(entry);
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
    this.#turnWarming();
  }

  #turnWarming(): void {
    for (const turn of this.#warming) {
      if (this.#refusal === undefined) turn.resolve();
      else turn.reject(this.#refusal);
    }
    this.#warming.clear();
  }

  /** Rejects everything, and ends the workers after `grace` ms. */
  #empty(reason: unknown, grace: number): Promise<void> {
    this.#stopped ??= { reason };
    for (const worker of this.#crew.workers) {
      for (const entry of worker.inOrder()) this.#cancel(entry, reason);
    }
    for (const entry of this.#dispatcher.clear()) {
      this.#tally.cancelled++;
      this.#settle(entry, reason);
      this.#end(entry);
    }
    return this.#closed = this.#killAfter(grace);
  }

  async #killAfter(grace: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const worker of [...this.#crew.workers]) {
        if (worker.tasks > 0) this.#lose(worker, `did not end its tasks within ${grace} ms after abort()`);
      }
    }, grace);
    await this.#drain();
    clearTimeout(timer);
    await this.#crew.close();
  }

  #drain(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers<void>()).promise;
  }
}
