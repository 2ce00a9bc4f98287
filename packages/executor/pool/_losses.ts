// Workers that die, and what becomes of their tasks.

import { WorkerLostError } from "../task/errors.ts";
import type { WorkerEnd } from "../transport/transport.ts";
import type { Crew } from "./_crew.ts";
import type { Dispatcher } from "./_dispatcher.ts";
import type { Entry } from "./_entry.ts";
import type { Ledger } from "./_ledger.ts";
import type { CheckedPoolOptions } from "./options.ts";
import type { PoolWorker } from "./_pool_worker.ts";

const MAX_START_FAILURES = 3;

/** Fails the pool. */
type Fail = (why: string, cause: unknown) => void;

/** Gives dead workers' tasks to others, or rejects them. */
export class Losses {
  readonly #options: CheckedPoolOptions;
  readonly #crew: Crew;
  readonly #dispatcher: Dispatcher;
  readonly #ledger: Ledger;
  readonly #fail: Fail;
  /** Workers in a row that died before they were ready. */
  #startFailures = 0;

  constructor(
    options: CheckedPoolOptions,
    crew: Crew,
    dispatcher: Dispatcher,
    ledger: Ledger,
    fail: Fail,
  ) {
    this.#options = options;
    this.#crew = crew;
    this.#dispatcher = dispatcher;
    this.#ledger = ledger;
    this.#fail = fail;
  }

  /** A worker has started. */
  started(): void {
    this.#startFailures = 0;
  }

  /** Gives a worker up whatever it does. */
  async lose(worker: PoolWorker, how: string): Promise<void> {
    if (worker.isGone) return;
    const { tally } = this.#ledger;
    tally.died++;
    const { stopped } = await this.#crew.kill(worker);
    this.#settleOrphans(worker, { kind: "killed", how }, stopped);
    if (!stopped && ++tally.stuck > this.#options.maxLost) {
      this.#fail(
        `${tally.stuck} workers are lost whose code may still run; the last one ${how}; ` +
          "let functions look at context.signal, or run them in processes, which can be ended",
        undefined,
      );
    }
    this.#dispatcher.schedule();
  }

  /** A worker ended by itself. */
  bury(worker: PoolWorker, end: WorkerEnd): void {
    this.#ledger.tally.died++;
    this.#settleOrphans(worker, end, end.kind !== "protocol");
    if (!worker.isReady && ++this.#startFailures >= MAX_START_FAILURES) {
      this.#fail(`${this.#startFailures} workers in a row did not start; the last one ${end.how}`, end.error);
    }
    this.#dispatcher.pump();
  }

  #settleOrphans(worker: PoolWorker, end: WorkerEnd, isStopped: boolean): void {
    const begun = worker.connection.started();
    const { tally, stopped } = this.#ledger;
    for (const entry of this.#dispatcher.leave(worker)) this.#loseTask(entry, worker, end);
    for (const entry of worker.inOrder()) {
      const hasBegun = begun === undefined || worker.hasBegun(entry, begun);
      entry.runsOn = hasBegun && !isStopped;
      worker.remove(entry);
      entry.clearTimers();
      if (stopped !== undefined) this.#ledger.drop(entry, stopped.reason);
      if (entry.isSettled) this.#ledger.end(entry);
      else if (isBound(entry) || hasBegun && !mayRunAgain(entry, end)) this.#loseTask(entry, worker, end);
      else {
        if (hasBegun) {
          entry.retries--;
          tally.retried++;
        }
        entry.reached = undefined;
        this.#dispatcher.queue(entry);
      }
    }
  }

  #loseTask(entry: Entry, worker: PoolWorker, end: WorkerEnd): void {
    const error = new WorkerLostError(
      entry.target.task,
      worker.number,
      end.how,
      remedyOf(entry, end),
      end.error,
      entry.reached,
    );
    error.stack += entry.submittedAt;
    this.#ledger.tally.lost++;
    this.#ledger.settle(entry, error);
    this.#ledger.end(entry);
  }
}

/** Whether no other worker can have a task. */
function isBound(entry: Entry): boolean {
  return entry.worker !== -1 || entry.isLoad || (entry.options?.transfer?.length ?? 0) > 0;
}

/** Whether a task that its worker had begun is begun again elsewhere. */
function mayRunAgain({ retries, options }: Entry, { kind }: WorkerEnd): boolean {
  return retries > 0 && (kind !== "memory" || options?.retryFullHeap === true);
}

function remedyOf({ options = {} }: Entry, { kind }: WorkerEnd): string {
  const { affinity, transfer, retries } = options;
  if (kind === "memory") {
    return "it would need as much memory again: give it less to do at once, or the processes a higher heapLimit";
  }
  if (affinity !== undefined) {
    return `the state of affinity key "${affinity}" is gone, a later task with it starts on another worker`;
  }
  if (transfer !== undefined && transfer.length > 0) {
    return "its input was transferred and is gone with the worker";
  }
  return retries ? "its retries are used up" : "give tasks that may run twice the option retries";
}
