/**
 * Workers that are threads: Web Workers, which under Deno move arrays 10 to 300 times faster than
 * `node:worker_threads`.
 *
 * Failure contract: an uncaught error, an unhandled rejection, `Deno.exit()`, `process.exit()` and `close()` in a
 * worker end that worker only, and are reported with the error. Heap exhaustion ends the whole process, and a
 * thread that is busy in synchronous code can't be stopped from outside (Deno's `terminate()` waits for it to
 * return to its event loop): `kill()` says so. Code that is not trusted belongs in a process.
 *
 * @module
 */
import { decodeError, type ErrorData } from "../task/error_data.ts";
import { Board, CLOSED, COUNT } from "../worker/task_runner.ts";
import { ThreadOp } from "./_thread_ops.ts";
import { type HostMessage, Op, type WorkerMessage } from "./messages.ts";
import type { Connection, Transport, TransportEvents, WorkerEnd } from "./transport.ts";

/**
 * Makes the transport of worker threads. They have the permissions of the caller.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { threadTransport } from "@millrace/executor/transport/thread";
 * import { WorkerPool } from "@millrace/executor/worker-pool";
 *
 * await using pool = new WorkerPool({ transport: threadTransport(), max: 1 });
 * const double = { module: "data:text/javascript,export const double = (x) => 2 * x;", export: "double" };
 * assert.equal(await pool.run(double, 21), 42);
 * ```
 */
export function threadTransport(options: { readonly share?: ThreadShare } = {}): Transport {
  const awake = new Int32Array(new SharedArrayBuffer(4 * PLACES));
  return {
    kind: "thread",
    shared: true,
    start: (worker, events) => new ThreadConnection(worker, events, awake, options.share),
  };
}

/** Something of the host's that each thread is given a share of, before it loads anything else. */
export interface ThreadShare {
  /** A thread finds its share at this symbol of its global object. */
  readonly key: string;
  /** A share for one thread: what can be posted to it. */
  open(): unknown;
  /** Whether its thread has something that is to be given back. */
  isHeld(share: unknown): boolean;
  /** Its thread has ended. Not called where a thread may still run. */
  end(share: unknown): void;
}

/** Cells that tell which workers are awake; workers beyond share them. */
const PLACES = 64;
/** A thread that is told to leave is waited for so long, ms. */
const LEAVING = 1000;

class ThreadConnection implements Connection {
  readonly #board = new Int32Array(new SharedArrayBuffer(64));
  readonly #worker: Worker;
  #events: TransportEvents | undefined;
  #isReady = false;
  #memory: number | undefined;
  #uncaught: ErrorData | undefined;
  readonly #awake: Int32Array;
  readonly #place: number;
  readonly #share: ThreadShare | undefined;
  readonly #given: unknown;
  #left: (() => void) | undefined;

  constructor(number: number, events: TransportEvents, awake: Int32Array, share: ThreadShare | undefined) {
    this.#events = events;
    this.#share = share;
    this.#given = share?.open();
    this.#awake = awake;
    this.#place = number % PLACES;
    const worker = this.#worker = new Worker(new URL("../worker/thread_main.ts", import.meta.url), {
      type: "module",
      name: `millrace worker ${number}`,
    });
    worker.onmessage = (event) => this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault(); // otherwise the whole process ends
      this.#die(event);
    };
    worker.onmessageerror = () => {
      this.#end({ kind: "protocol", how: "sent a message that can't be read" });
    };
    worker.postMessage([Op.configure, this.#board, awake, this.#place, share?.key, this.#given]);
  }

  send(message: HostMessage, transfer: readonly ArrayBuffer[]): void {
    if (this.#events === undefined) return;
    if (message[0] === Op.cancel) Atomics.add(this.#board, Board.cancels, 1);
    this.#worker.postMessage(message, transfer as ArrayBuffer[]);
    Atomics.add(this.#board, Board.messages, 1); // afterwards: who sees it finds the message
  }

  async stop(): Promise<void> {
    this.#events = undefined;
    await this.#leave();
  }

  async kill(): Promise<{ stopped: boolean }> {
    const stops = this.stops;
    this.#events = undefined;
    if (stops) return { stopped: await this.#leave() };
    this.#terminate();
    return { stopped: false };
  }

  /** A thread that has read what it was sent last is at its event loop now and then: it stops. */
  get stops(): boolean {
    return this.#events === undefined || this.#isReady &&
        Atomics.load(this.#board, Board.cancels) > 0 &&
        Atomics.load(this.#board, Board.cancels) === Atomics.load(this.#board, Board.cancelsRead);
  }

  memory(): number | undefined {
    return this.#memory;
  }

  started(): number {
    return Atomics.load(this.#board, Board.started) & COUNT;
  }

  recall(): number {
    Atomics.add(this.#board, Board.recalls, 1);
    return Atomics.or(this.#board, Board.started, CLOSED) & COUNT;
  }

  #receive(message: WorkerMessage): void {
    switch (message[0]) {
      case Op.ready:
        this.#isReady = true;
        break;
      case Op.memory:
        this.#memory = message[1] as number;
        return;
      case ThreadOp.exit:
        return this.#end({ kind: "exit", how: String(message[1]) });
      case ThreadOp.uncaught:
        this.#uncaught = message[1] as ErrorData;
        return;
    }
    this.#events?.message(message);
  }

  #die({ message, filename, lineno }: ErrorEvent): void {
    const error = this.#uncaught === undefined ? new Error(message) : decodeError(this.#uncaught);
    const where = filename ? ` (${filename}:${lineno})` : "";
    this.#end(
      this.#isReady
        ? { kind: "error", how: `died of an uncaught error: ${message}${where}`, error }
        : { kind: "start", how: `could not start: ${message}${where}`, error },
    );
  }

  #end(end: WorkerEnd): void {
    const events = this.#events;
    this.#events = undefined;
    this.#terminate();
    // After a message that can't be read it may go on for a moment: what it has stays its own.
    if (end.kind !== "protocol") this.#share?.end(this.#given);
    this.#left?.();
    events?.ended(end);
  }

  /** Ends the thread. One that has something to give back leaves by itself and tells; false where it does not. */
  async #leave(): Promise<boolean> {
    this.recall(); // one that is never sent: it begins nothing more
    if (!this.#share?.isHeld(this.#given)) {
      this.#terminate();
      return true;
    }
    this.#worker.postMessage([ThreadOp.leave]);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#left = () => resolve(true);
    const timer = setTimeout(() => resolve(false), LEAVING);
    const left = await promise;
    clearTimeout(timer);
    this.#terminate();
    return left;
  }

  #terminate(): void {
    this.recall(); // one that is never sent: a thread that goes on begins nothing more
    this.#worker.terminate();
    Atomics.store(this.#awake, this.#place, 0);
  }
}
