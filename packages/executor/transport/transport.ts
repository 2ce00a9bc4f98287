/**
 * How one worker is reached. A transport starts workers of one kind (a thread, a process, this thread) and
 * carries messages; what the messages mean is in `messages.ts`, and what a worker does with them in
 * `worker/task_runner.ts`, which all kinds share.
 *
 * Failure contract: after `start()` exactly one `ended` event comes for every way a worker may end that is
 * not `stop()` or `kill()` (crash, exit, failure to start); after it, and after `stop()` or `kill()` were
 * called, there are no more events. What the worker sent before it ended comes before `ended`.
 *
 * @module
 */
import type { HostMessage, WorkerMessage } from "./messages.ts";

/** How a worker ended by itself. */
export interface WorkerEnd {
  /**
   * `error`: uncaught error or rejection. `exit`: it ended itself, e.g. `Deno.exit()`. `killed`: by someone
   * else, e.g. a signal. `memory`: its heap was full. `start`: it never got ready. `protocol`: a message could not be
   * read.
   */
  readonly kind: "error" | "exit" | "killed" | "memory" | "start" | "protocol";
  /** What happened, as half a sentence: `called Deno.exit(3)`, `was killed by SIGKILL`. */
  readonly how: string;
  /** The error behind it, where there is one. */
  readonly error?: unknown;
}

/** What a worker reports. Called from the event loop, never from within `start()` or `send()`. */
export interface TransportEvents {
  /** A message from the worker's task runner. */
  message(message: WorkerMessage): void;
  /** The worker ended, and not because of `stop()` or `kill()`. At most once. */
  ended(end: WorkerEnd): void;
}

/** One worker. */
export interface Connection {
  /**
   * Sends a message; `transfer` are buffers that are moved. Calls before the worker is ready are kept. After
   * the end they do nothing.
   *
   * @throws {DOMException} DataCloneError (or TypeError) when the message can't be cloned; nothing is sent then
   */
  send(message: HostMessage, transfer: readonly ArrayBuffer[]): void;
  /** Ends a worker that has nothing to do. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends a worker whatever it does. `stopped` is false when its code may still be running. Never rejects. */
  kill(): Promise<{ readonly stopped: boolean }>;
  /** Whether `kill()` would stop its code now, as far as that can be told. Missing where it always would. */
  readonly stops?: boolean;
  /** Bytes in use by the worker as last known, undefined where that can't be told. Cheap. */
  memory(): number | undefined;
  /**
   * How many tasks modulo 2^30, in the order of sending, the worker has begun (or given up after a cancel message). Valid
   * after its end too; undefined where that can't be known, every task that was sent then counts as begun.
   */
  started(): number | undefined;
  /**
   * Keeps the worker from beginning tasks until it has read a `recall` message for each call; gives the number of tasks that
   * it has begun. Missing where that can't be done at once.
   */
  recall?(): number;
}

/** Starts workers of one kind. */
export interface Transport {
  /** The kind's name, e.g. `thread`. */
  readonly kind: string;
  /** Whether SharedArrayBuffers in messages are shared with the worker; otherwise they are copied. */
  readonly shared: boolean;
  /** Starts worker number `worker`. What goes wrong comes as an `ended` event, only misuse throws. */
  start(worker: number, events: TransportEvents): Connection;
}
