/**
 * What a worker is asked to do: the function, named by module URL and export, its options and what comes back.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { TaskFunction } from "@millrace/executor/task";
 *
 * const area: TaskFunction = {
 *   module: "data:text/javascript,export const area = ({ width, height }) => width * height;",
 *   export: "area",
 * };
 * const { [area.export]: run } = await import(area.module);
 * assert.equal(run({ width: 2, height: 3 }), 6);
 * ```
 * @module
 */

/**
 * A function that a worker calls: named by module URL and export; the module is loaded once a worker.
 * `module` is an absolute URL or specifier (`file:`, `http:`, `https:`, `npm:`, `jsr:`, `data:`, `blob:`).
 */
export interface TaskFunction {
  /** Absolute URL of the module, e.g. `new URL("./work.ts", import.meta.url).href`. */
  readonly module: string;
  /** Name of the exported function; `"default"` for the default export. */
  readonly export: string;
}

/** What a task function is called with beside its input: `(input, context) => result` or a promise of it. */
export interface TaskContext {
  /** Aborts when the task is cancelled or has run into its timeout; cooperative functions look at it. */
  readonly signal: AbortSignal;
  /** Number of the worker that runs the task; a worker that replaces another one has a new number. */
  readonly worker: number;
  /**
   * Says which of its steps the task is at, a number of its own choice, so that `WorkerLostError.reached` tells where its worker was
   * lost. Costs a message.
   */
  reached(step: number): void;
  /** Marks buffers of the result to be moved to the host instead of copied. */
  transfer(...buffers: ArrayBuffer[]): void;
}

/** The form of a task function. */
export type TaskCallable<I = unknown, O = unknown> = (input: I, context: TaskContext) => O | Promise<O>;

/** How one task is run. */
export interface TaskOptions {
  /**
   * Buffers of the input that are moved to the worker instead of copied; they are detached here. The buffer of a
   * WebAssembly memory can't be: the task rejects, unless the buffer is lent, which copies it.
   */
  readonly transfer?: readonly ArrayBuffer[];
  /** Cancels the task: its result rejects at once with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Higher is sooner; waiting tasks gain priority with time, so that none starves. Default 0. */
  readonly priority?: number;
  /** Milliseconds of running (waiting does not count) after which the result rejects. Default: none. */
  readonly timeout?: number;
  /**
   * Times the task may run again when its worker died; 0 (default) means that it is not safe to. A task that filled the
   * heap of its process is not run again: it would fill the next one's too.
   */
  readonly retries?: number;
  /** Whether `retries` hold for a full heap as well, e.g. where earlier tasks may have filled it. Default false. */
  readonly retryFullHeap?: boolean;
  /** Tasks with equal keys run on the same worker, as long as it lives. Such tasks are never run again. */
  readonly affinity?: string;
  /** Size of the input in bytes for the queue's bound. Default: its arrays, at most one level deep. */
  readonly bytes?: number;
  /** Whether the task may share a message with other small ones. Default true. */
  readonly batch?: boolean;
  /**
   * Typed arrays of a few KiB and more, as the input or as its properties, are lent for the time of the
   * call: they lie in memory that is used again afterwards, so the function must not keep them. Buffers in
   * `transfer` that are lent are detached here and freed at once. Default false: the function gets arrays of its own.
   */
  readonly lend?: boolean;
}

/** A task that was submitted. */
export interface Task<T> {
  /** The function's result. Rejects with what it threw, or with what kept it from a result. */
  readonly result: Promise<T>;
  /** Settles (never rejects) when no worker touches the input any more: finished, lost or never started. */
  readonly ended: Promise<void>;
  /** After `ended`: its worker was given up, and its code may still be running there. */
  readonly runsOn: boolean;
}
