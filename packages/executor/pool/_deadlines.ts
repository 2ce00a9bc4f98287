// When tasks on workers have to end: timeouts, and the grace after a timeout or a cancellation.

import { encodeError } from "../task/error_data.ts";
import { describeFunction, TaskTimeoutError } from "../task/errors.ts";
import { Op } from "../transport/messages.ts";
import type { Entry } from "./_entry.ts";
import type { Ledger } from "./_ledger.ts";
import type { CheckedPoolOptions } from "./options.ts";
import type { PoolWorker } from "./_pool_worker.ts";

/** What has arrived when a time is over is read within this time, ms: where this program was busy, answers wait. */
const HEAR_MS = 5;

/** Gives a worker up, whatever it does. */
type Lose = (worker: PoolWorker, how: string) => void;

/** The timers of tasks that workers have begun. */
export class Deadlines {
  readonly #options: CheckedPoolOptions;
  readonly #ledger: Ledger;
  readonly #lose: Lose;

  constructor(options: CheckedPoolOptions, ledger: Ledger, lose: Lose) {
    this.#options = options;
    this.#ledger = ledger;
    this.#lose = lose;
  }

  /** Starts the timers of those tasks that have begun: a worker begins them in order, `concurrency` at a time. */
  start(worker: PoolWorker): void {
    if (worker.untimed === 0 || !worker.isReady) return;
    for (const entry of worker.inOrder().slice(0, this.#options.concurrency)) {
      const timeout = entry.options?.timeout;
      if (timeout === undefined || !entry.isUntimed) continue;
      entry.isUntimed = false;
      worker.untimed--;
      entry.timer = setTimeout(() => {
        // Where this program was busy, the answer waits to be read: that comes first.
        entry.timer = setTimeout(() => this.#timeOut(worker, entry, timeout), HEAR_MS);
      }, timeout);
    }
  }

  #timeOut(worker: PoolWorker, entry: Entry, timeout: number): void {
    if (!entry.isSettled) {
      const error = new TaskTimeoutError(entry.target.task, timeout);
      error.stack += entry.submittedAt;
      this.#ledger.tally.timedOut++;
      this.#ledger.settle(entry, error);
      worker.connection.send([Op.cancel, entry.id, encodeError(error)], []);
    }
    const { grace } = this.#options;
    const task = describeFunction(entry.target.task);
    this.#afterGrace(
      entry,
      () => this.#lose(worker, `did not end task ${task} within ${grace} ms after its timeout`),
    );
  }

  /**
   * Kills a worker that goes on with a cancelled task beyond the grace, once it is not at work for others too and can be
   * stopped: a thread that computes ends what it has in hand, one that waits for something may wait for ever.
   */
  limitCancelled(worker: PoolWorker, entry: Entry): void {
    this.#afterGrace(entry, () => {
      const begun = worker.connection.started();
      const isShared = begun !== undefined &&
        worker.inOrder().some((other) => worker.hasBegun(other, begun) && !other.isSettled);
      if (isShared || worker.connection.stops === false) this.limitCancelled(worker, entry);
      else this.#lose(worker, `did not end a cancelled task within ${this.#options.grace} ms`);
    });
  }

  /** Once the grace is over and what has arrived by then was read. */
  #afterGrace(entry: Entry, then: () => void): void {
    clearTimeout(entry.graceTimer);
    entry.graceTimer = setTimeout(() => {
      entry.graceTimer = setTimeout(then, HEAR_MS);
    }, this.#options.grace);
  }
}
