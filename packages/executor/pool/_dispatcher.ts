// The queue of a pool, and how its tasks get to workers.

import type { Strategy } from "../balance/strategy.ts";
import type { Crew } from "./_crew.ts";
import type { Entry } from "./_entry.ts";
import type { PoolWorker } from "./_pool_worker.ts";
import { collect, isTiny, MAX_BATCH, sendBatch, sendOne } from "./_sending.ts";
import { Op } from "../transport/messages.ts";
import type { CheckedPoolOptions } from "./options.ts";

/** A task is sent ahead only behind one that is expected to end within this time, ms: those of higher priority wait too. */
const PREFETCH_BEHIND = 4;
/** The same where what was sent ahead can be taken back, ms. */
const PREFETCH_BEHIND_RECALLABLE = 50;
/** Messages that are sent ahead where they can be taken back: what takes about so long, ms, as a host may wait for a core. */
const MOST_AHEAD = 4, AHEAD_MS = 3;
/** Behind a task that is expected to end sooner, ms, tasks wait less long than taking them back would take, */
const RECALL_FROM = 0.15;
/** unless it has not ended after this time, ms. */
const RECALL_AFTER = 2;
const NOTHING: readonly ArrayBuffer[] = [];
/** A worker that takes what is left. */
const NOBODY = -2;

/** What the dispatcher reports. */
export interface DispatcherEvents {
  /** A task that does not share its message was sent. */
  sent(worker: PoolWorker, entry: Entry): void;
  /** A task's input can't be sent; it is on no worker and not queued. */
  unsendable(worker: PoolWorker, entry: Entry, cause: unknown): void;
  /** A worker has no task any more, and gave no answer. Called while tasks are handed out. */
  emptied(worker: PoolWorker): void;
  /** Tasks may have left the queue; `cause` when a worker could not be started. */
  pumped(cause?: unknown): void;
  /** Whether new workers are wanted even without tasks. */
  isOpen(): boolean;
}

/** Queues tasks, and gives workers what they can take. */
export class Dispatcher {
  readonly #options: CheckedPoolOptions;
  readonly #strategy: Strategy<Entry>;
  readonly #crew: Crew;
  readonly #events: DispatcherEvents;
  /** Queued tasks that only one worker may have. */
  #bound = 0;
  #isScheduled = false;
  /** Looks again whether a task takes unexpectedly long. */
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    options: CheckedPoolOptions,
    strategy: Strategy<Entry>,
    crew: Crew,
    events: DispatcherEvents,
  ) {
    this.#options = options;
    this.#strategy = strategy;
    this.#crew = crew;
    this.#events = events;
  }

  /** Queues a task; it is sent once all that is submitted in the same turn is queued. */
  queue(entry: Entry): void {
    this.#strategy.add(entry);
    if (entry.worker !== -1) this.#bound++;
    this.schedule();
  }

  /** Takes a cancelled task out of the queue. */
  remove(entry: Entry): void {
    if (this.#strategy.remove(entry) && entry.worker !== -1) this.#bound--;
  }

  /** Gives a worker nothing more; gives back the tasks that only this one could have. */
  leave(worker: PoolWorker): Entry[] {
    if (worker.hasLeft) return [];
    worker.hasLeft = true;
    const bound = this.#strategy.leave(worker.number);
    this.#bound -= bound.length;
    return bound;
  }

  /** Takes all tasks out of the queue; no worker gets any after that. */
  clear(): Entry[] {
    const queued = [...this.#crew.workers].flatMap((worker) => this.leave(worker));
    this.#strategy.join(NOBODY);
    for (let next; (next = this.#strategy.take(NOBODY)) !== undefined;) queued.push(next);
    this.#strategy.leave(NOBODY);
    return queued;
  }

  /** Gives workers tasks at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.pump();
    });
  }

  /** Gives workers what they can take: first those that can begin at once. */
  pump(): void {
    const { idle, workers } = this.#crew;
    const strategy = this.#strategy;
    const { concurrency } = this.#options;
    for (let i = idle.length - 1; i >= 0 && strategy.length > 0; i--) {
      if (this.#fill(idle[i]!, Math.ceil(strategy.length / (i + 1)))) i = Math.min(i, idle.length);
    }
    if (strategy.length > 0) {
      for (const worker of workers) {
        while (isOpen(worker) && worker.messages < concurrency && this.#fill(worker, MAX_BATCH));
      }
    }
    if (strategy.length > workers.size || this.#bound > 0) this.#prefetch();
    if (strategy.length === this.#bound) this.#rebalance();
    let failure: unknown;
    if (strategy.length > 0 || this.#events.isOpen()) {
      try {
        this.#crew.grow(strategy.length - this.#bound);
      } catch (cause) {
        failure = cause;
      }
    }
    this.#events.pumped(failure);
  }

  /** Gives a worker a task of its own, e.g. to load a module. */
  give(worker: PoolWorker, entry: Entry): void {
    this.#occupy(worker);
    this.#send(worker, entry);
  }

  #prefetch(): void {
    const { workers } = this.#crew;
    for (const worker of workers) {
      while (isOpen(worker) && this.#mayPrefetch(worker)) {
        // Who else could have what is left may be free sooner; what is bound to one worker waits there as well as here.
        if (this.#strategy.length <= workers.size && this.#strategy.length > this.#bound) return;
        if (!this.#fill(worker, Math.ceil(this.#strategy.length / workers.size))) break;
      }
    }
  }

  #mayPrefetch({ messages, target, connection }: PoolWorker): boolean {
    const ahead = messages - this.#options.concurrency;
    const expected = target?.expected ?? Infinity;
    if (connection.recall === undefined) return ahead <= 0 && expected <= PREFETCH_BEHIND;
    return expected <= PREFETCH_BEHIND_RECALLABLE &&
      (ahead <= 0 || ahead < MOST_AHEAD && ahead * target!.average < AHEAD_MS);
  }

  /** Gives workers tasks, or what waits at others. */
  goOn(): void {
    if (this.#strategy.length > 0) this.pump();
    else this.#rebalance();
  }

  /** Takes back what waits behind a long task while another worker has nothing to do. */
  #rebalance(): void {
    const { idle, workers } = this.#crew;
    if (idle.length === 0 || idle.length === workers.size) return;
    const { concurrency } = this.#options;
    const now = performance.now();
    for (const worker of workers) {
      if (!isOpen(worker) || worker.tasks <= concurrency || worker.connection.recall === undefined) continue;
      const begun = worker.connection.started();
      if (begun === undefined || !worker.hasMovable(begun)) continue;
      const isLong = worker.messages > concurrency && worker.target!.expected! > RECALL_FROM;
      if (isLong || worker.stalledFor(begun, now) >= RECALL_AFTER) this.#takeBack(worker);
      else this.#looking ??= setTimeout(() => this.#lookAgain(), RECALL_AFTER);
    }
  }

  /** There is nothing to give any more. */
  close(): void {
    clearTimeout(this.#looking);
  }

  /** Nothing may have been answered meanwhile. */
  #lookAgain(): void {
    this.#looking = undefined;
    this.goOn();
  }

  #takeBack(worker: PoolWorker): void {
    const { entries, ids } = worker.takeBack(worker.connection.recall!());
    worker.connection.send([Op.recall, ...ids], NOTHING);
    for (const entry of entries) this.queue(entry);
    if (worker.tasks === 0) this.#events.emptied(worker);
  }

  /** Sends a worker its next task, or several tiny ones in one message, at most `limit`. */
  #fill(worker: PoolWorker, limit: number): boolean {
    const first = this.#take(worker);
    if (first === undefined) return false;
    if (!isTiny(first)) {
      this.give(worker, first);
      return true;
    }
    this.#occupy(worker);
    const batch = [first];
    const other = collect(batch, Math.min(limit, MAX_BATCH), () => this.#take(worker));
    if (!sendBatch(worker, batch, this.#options.transport.shared)) {
      for (const entry of batch) this.#send(worker, entry);
    }
    if (other !== undefined) this.#send(worker, other);
    return true;
  }

  #take(worker: PoolWorker): Entry | undefined {
    if (worker.hasLeft) return undefined;
    const entry = this.#strategy.take(worker.number);
    if (entry !== undefined && entry.worker !== -1) this.#bound--;
    return entry;
  }

  /** Takes a worker off the stack of idle ones. */
  #occupy(worker: PoolWorker): void {
    if (worker.tasks > 0) return;
    worker.since = performance.now();
    const { idle } = this.#crew;
    if (idle[idle.length - 1] === worker) idle.pop();
    else if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
  }

  #send(worker: PoolWorker, entry: Entry): void {
    try {
      sendOne(worker, entry, this.#options.transport.shared);
    } catch (cause) {
      return this.#events.unsendable(worker, entry, cause);
    }
    this.#events.sent(worker, entry);
  }
}

/** Whether a worker may be given more tasks beside those that it has. */
function isOpen(worker: PoolWorker): boolean {
  return worker.isReady && !worker.isRetiring && worker.tasks > 0;
}
