/**
 * Calls a function with every item, in parallel, and gives the results in order as they come.
 *
 * Items are taken one after the other, and only while fewer than `inFlight` are computed or wait for their turn to be given: an
 * endless source is fine.
 *
 * Failure contract: the first failure, by time, cancels what is queued, waits for what runs and is thrown as {@linkcode ItemError}
 * with the item's index and the cause. An aborted signal throws its reason in the same way. Leaving the loop early does the same
 * without an error. Whatever happens, no task is left running afterwards and the source is closed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parallelStream } from "@millrace/executor/parallel-stream";
 *
 * const square = { module: "data:text/javascript,export const square = (x) => x * x;", export: "square" };
 * function* numbers() {
 *   for (let n = 1;; n++) yield n;
 * }
 * const results = [];
 * for await (const result of parallelStream<number, number>(square, numbers(), { maxWorkers: 1, inFlight: 4 })) {
 *   if (results.push(result) === 3) break;
 * }
 * assert.deepEqual(results, [1, 4, 9]);
 * ```
 * @module
 */
import type { TaskFunction, TaskOptions } from "../task/task.ts";
import { OrderedWindow } from "./_ordered_window.ts";
import { openRunner, type RunnerOptions } from "./_runner.ts";

export { ItemError } from "./_ordered_window.ts";
export type { RunnerOptions } from "./_runner.ts";

/** A function of an item: named, so that a worker can load it, or a closure where the type is `"inline"`. */
export type ItemFunction<T, R> = TaskFunction | ((item: T) => R | Promise<R>);

/** How items are computed. */
export interface ParallelOptions extends RunnerOptions {
  /** Items that are computed, or whose results wait for their turn, at a time. Default: 256; 1 for closures. */
  readonly inFlight?: number;
  /** Called with the number of items that are done, and of all where that is known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Ends everything when it is aborted. */
  readonly signal?: AbortSignal;
  /** Options of each task, e.g. `timeout` or `retries`. */
  readonly task?: Omit<TaskOptions, "signal" | "transfer">;
}

/**
 * Results in the order of the items. Nothing starts before the first one is asked for.
 *
 * @throws {TypeError} On a closure for workers, or wrong options.
 * @throws {RangeError} On numbers out of range.
 * @throws {ItemError} When the function fails for an item.
 */
export async function* parallelStream<T, R>(
  fn: ItemFunction<T, R>,
  items: Iterable<T> | AsyncIterable<T>,
  options: ParallelOptions = {},
): AsyncGenerator<R, void, undefined> {
  const { inFlight = typeof fn === "function" ? 1 : 256, onProgress, signal, task } = options;
  if (!Number.isInteger(inFlight) || inFlight < 1) {
    throw new RangeError(`inFlight must be a whole number from 1: received ${inFlight}`);
  }
  signal?.throwIfAborted();
  await using runner = openRunner<T, R>(fn, options, task);
  const window = new OrderedWindow(runner, items, inFlight, signal);
  const total = Array.isArray(items) ? items.length : undefined;
  let done = 0;
  try {
    while (await window.next()) {
      const result = window.shift();
      onProgress?.(++done, total);
      yield result;
    }
  } finally {
    await window.end();
  }
}
