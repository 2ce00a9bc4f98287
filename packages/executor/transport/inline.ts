/**
 * Workers that are none: tasks run in place, in the caller's thread, one after the other. For tests, for
 * debugging, and where a thread costs more than it gives.
 *
 * Failure contract: inputs and results are passed as they are, not copied, and `transfer` moves nothing. A
 * task that exits ends the process; a synchronous task can't be interrupted. Between tasks the event loop
 * turns at least every 10 ms.
 *
 * @module
 */
import { Board, COUNT, createTaskRunner, type TaskRunner } from "../worker/task_runner.ts";
import { type HostMessage, Op, type WorkerMessage } from "./messages.ts";
import type { Connection, Transport, TransportEvents } from "./transport.ts";

/**
 * Makes the transport that runs tasks in place.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inlineTransport } from "@millrace/executor/transport/inline";
 * import { WorkerPool } from "@millrace/executor/worker-pool";
 *
 * await using pool = new WorkerPool({ transport: inlineTransport(), max: 1 });
 * const double = { module: "data:text/javascript,export const double = (x) => 2 * x;", export: "double" };
 * assert.equal(await pool.run(double, 21), 42);
 * ```
 */
export function inlineTransport(): Transport {
  return { kind: "inline", shared: false, start: (_worker, events) => new InlineConnection(events) };
}

/** Longest stretch without a turn of the event loop, ms. */
const TURN_AFTER = 10;

class InlineConnection implements Connection {
  readonly #board = new Int32Array(5);
  readonly #runner: TaskRunner;
  #events: TransportEvents | undefined;
  #inbox: HostMessage[] = [];
  #isScheduled = false;
  #turnedAt = performance.now();

  constructor(events: TransportEvents) {
    this.#events = events;
    const post = (message: WorkerMessage) => this.#events?.message(message);
    this.#runner = createTaskRunner(post, this.#board);
    queueMicrotask(() => post([Op.ready]));
  }

  send(message: HostMessage): void {
    if (this.#events === undefined) return;
    if (message[0] === Op.cancel) Atomics.add(this.#board, Board.cancels, 1);
    this.#inbox.push(message);
    this.#schedule();
  }

  stop(): Promise<void> {
    this.#events = undefined;
    this.#inbox = [];
    return Promise.resolve();
  }

  async kill(): Promise<{ stopped: boolean }> {
    await this.stop();
    return { stopped: true }; // this very code is running, so no task's synchronous code is
  }

  memory(): undefined {}

  started(): number {
    return this.#board[Board.started]! & COUNT;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (performance.now() - this.#turnedAt < TURN_AFTER) queueMicrotask(() => this.#drain());
    else {
      setTimeout(() => {
        this.#turnedAt = performance.now();
        this.#drain();
      }, 0);
    }
  }

  #drain(): void {
    this.#isScheduled = false;
    for (let i = 0; i < this.#inbox.length; i++) {
      this.#runner.receive(this.#inbox[i]!);
      if (performance.now() - this.#turnedAt < TURN_AFTER || i + 1 === this.#inbox.length) continue;
      this.#inbox.splice(0, i + 1);
      return this.#schedule();
    }
    this.#inbox = [];
  }
}
