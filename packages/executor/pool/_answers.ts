// What workers answer.

import { decodeError, type ErrorData } from "../task/error_data.ts";
import { Op, type WorkerMessage } from "../transport/messages.ts";
import type { Crew } from "./_crew.ts";
import type { Deadlines } from "./_deadlines.ts";
import type { Dispatcher } from "./_dispatcher.ts";
import type { Entry } from "./_entry.ts";
import type { Ledger } from "./_ledger.ts";
import type { CheckedPoolOptions } from "./options.ts";
import type { PoolWorker } from "./_pool_worker.ts";

/** A worker's memory is looked at this often, ms. */
const MEMORY_EVERY = 100;

/** What answers lead to elsewhere. */
export interface AnswerEvents {
  /** A worker is ready. */
  ready(): void;
  /** A worker does not keep to the protocol. */
  broken(worker: PoolWorker, how: string): void;
}

/** Settles tasks by their workers' answers, and gives the workers something else to do. */
export class Answers {
  readonly #options: CheckedPoolOptions;
  readonly #crew: Crew;
  readonly #dispatcher: Dispatcher;
  readonly #ledger: Ledger;
  readonly #deadlines: Deadlines;
  readonly #events: AnswerEvents;

  constructor(
    options: CheckedPoolOptions,
    crew: Crew,
    dispatcher: Dispatcher,
    ledger: Ledger,
    deadlines: Deadlines,
    events: AnswerEvents,
  ) {
    this.#options = options;
    this.#crew = crew;
    this.#dispatcher = dispatcher;
    this.#ledger = ledger;
    this.#deadlines = deadlines;
    this.#events = events;
  }

  /** Takes a message of a worker. */
  receive(worker: PoolWorker, message: WorkerMessage): void {
    const now = performance.now();
    const { tally } = this.#ledger;
    switch (message[0]) {
      case Op.results:
        for (let i = 1; i < message.length; i += 3) {
          const entry = this.#answered(worker, message[i] as number, message[i + 2] as number, now);
          if (entry === undefined) continue;
          entry.isSettled = true;
          if (!entry.isLoad) tally.done++;
          entry.resolve(message[i + 1]);
        }
        break;
      case Op.failed: {
        const entry = this.#answered(worker, message[1] as number, message[3] as number, now);
        if (entry === undefined) break;
        tally.failed++;
        this.#ledger.settle(entry, decodeError(message[2] as ErrorData, entry.submittedAt));
        break;
      }
      case Op.reached: {
        const entry = worker.entries[message[1] as number];
        if (entry !== undefined) entry.reached = message[2] as number; // else it has just been answered
        return;
      }
      case Op.ready:
        worker.isReady = true;
        worker.since = now; // it was not busy while it started
        this.#events.ready();
        break;
      default:
        this.#events.broken(worker, `sent an unknown message (${Deno.inspect(message).slice(0, 100)})`);
    }
    this.after(worker, now);
  }

  /** Takes an answered task off its worker; gives it if it is not settled yet. */
  #answered(worker: PoolWorker, id: number, milliseconds: number, now: number): Entry | undefined {
    const entry = worker.entries[id];
    if (entry === undefined) {
      this.#events.broken(worker, `answered task ${id}, which it had not been given`);
      return undefined;
    }
    worker.remove(entry);
    worker.ended++;
    if (!entry.isLoad) {
      const { tally } = this.#ledger;
      entry.target.observe(milliseconds);
      tally.run.add(milliseconds);
      tally.wait.add(Math.max(0, now - milliseconds - entry.queuedAt));
    }
    const isSettled = entry.isSettled;
    this.#ledger.end(entry);
    return isSettled ? undefined : entry;
  }

  /** A worker has fewer tasks than before: it goes on, rests, or ends. */
  after(worker: PoolWorker, now: number): void {
    if (worker.isGone) return;
    if (this.#isWornOut(worker, now)) {
      this.#ledger.tally.recycled++;
      this.#crew.retire(worker);
      this.#dispatcher.schedule();
    } else if (worker.tasks > 0) this.#deadlines.start(worker);
    else if (worker.isRetiring) this.#crew.end(worker);
    else if (worker.isReady && !this.#crew.idle.includes(worker)) {
      worker.busy += now - worker.since;
      worker.since = now;
      this.#crew.rest(worker);
    }
    this.#dispatcher.goOn();
  }

  #isWornOut(worker: PoolWorker, now: number): boolean {
    const { recycleAfterTasks, recycleAboveBytes } = this.#options;
    if (worker.isRetiring || worker.keys > 0 || worker.ended === 0) return false;
    if (worker.ended >= recycleAfterTasks) return true;
    if (recycleAboveBytes === Infinity || now - worker.memoryAt < MEMORY_EVERY) return false;
    worker.memoryAt = now;
    return (worker.connection.memory() ?? 0) > recycleAboveBytes;
  }
}
