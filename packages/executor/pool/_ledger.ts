// The tasks of a pool that have not ended.

import type { Entry } from "./_entry.ts";
import { Tally } from "./_tally.ts";

/** Counts tasks from their submission to their end, and settles them. */
export class Ledger {
  readonly tally: Tally = new Tally();
  #outstanding = 0;
  #drained: PromiseWithResolvers<void> | undefined;
  #stopped: { readonly reason: unknown } | undefined;

  /** A task is in the pool from now on. */
  begin(): void {
    this.#outstanding++;
  }

  /** Rejects a task, unless it is settled; its function may go on. */
  settle(entry: Entry, reason: unknown): void {
    if (entry.isSettled) return;
    entry.isSettled = true;
    entry.reject(reason);
  }

  /** A task's input is not touched any more. */
  end(entry: Entry): void {
    entry.clearTimers();
    if (entry.canceller !== undefined) {
      entry.options!.signal!.removeEventListener("abort", entry);
      entry.canceller = undefined;
    }
    entry.end();
    if (--this.#outstanding === 0) this.#drained?.resolve();
  }

  /** A task that nothing is done for any more, because of the pool. */
  drop(entry: Entry, reason: unknown): void {
    if (!entry.isSettled) this.tally.cancelled++;
    this.settle(entry, reason);
  }

  /** Resolves when every task has ended. */
  drain(): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers<void>()).promise;
  }

  /** No task goes on from now on: the pool was aborted or has failed. The first reason counts. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason };
  }

  /** Why no task goes on, undefined while they do. */
  get stopped(): { readonly reason: unknown } | undefined {
    return this.#stopped;
  }
}
