// Who may put tasks into a bounded queue.

import type { Strategy } from "../balance/strategy.ts";
import { QueueFullError } from "../task/errors.ts";
import type { Entry } from "./_entry.ts";

/** The queue's bounds, and those who wait for room. */
export class Admission {
  readonly #strategy: Strategy<Entry>;
  readonly #maxTasks: number;
  readonly #maxBytes: number;
  #waiting: PromiseWithResolvers<void>[] = [];
  /** Callers that were let in and have not submitted yet. */
  #granted = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(strategy: Strategy<Entry>, maxTasks: number, maxBytes: number) {
    this.#strategy = strategy;
    this.#maxTasks = maxTasks;
    this.#maxBytes = maxBytes;
  }

  /**
   * Counts a submission.
   *
   * @throws {QueueFullError} When the queue is at a bound; a single task is always let in
   */
  enter(bytes: number): void {
    const { length, bytes: queued } = this.#strategy;
    if (length > 0 && (length >= this.#maxTasks || queued + bytes > this.#maxBytes && !this.#granted)) {
      throw new QueueFullError(
        `Cannot submit a task of ${bytes} bytes: ${length} of ${this.#maxTasks} tasks and ${queued} of ` +
          `${this.#maxBytes} bytes are queued; await pool.ready() before each submit()`,
      );
    }
    if (this.#granted > 0) this.#granted--;
  }

  /** Resolves when there is room for a task, in the order of calls. */
  ready(): Promise<void> {
    if (this.#waiting.length === 0 && this.hasRoom) {
      this.#grant();
      return Promise.resolve();
    }
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Lets in whom there is room for. */
  admit(): void {
    while (this.#waiting.length > 0 && this.hasRoom) {
      this.#grant();
      this.#waiting.shift()!.resolve();
    }
  }

  /** Rejects all who wait. */
  refuse(reason: unknown): void {
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  /** Whether a task may be submitted now. */
  get hasRoom(): boolean {
    const { length, bytes } = this.#strategy;
    if (length === 0 && this.#granted === 0) return true;
    return length + this.#granted < this.#maxTasks && bytes < this.#maxBytes;
  }

  #grant(): void {
    // Once the event loop has turned, those who were let in have submitted, or never will.
    if (this.#granted++ === 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#granted = 0;
        this.admit();
      }, 0);
    }
  }
}
