/**
 * Calls a function with every item, in parallel, and gathers the results in order.
 *
 * Bounds, failures and cancellation are those of `parallelStream`: not all items are taken at once, the first failure names the
 * item, and nothing is left running.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parallelMap } from "@millrace/executor/parallel";
 *
 * const square = { module: "data:text/javascript,export const square = (x) => x * x;", export: "square" };
 * assert.deepEqual(await parallelMap(square, [1, 2, 3], { maxWorkers: 2 }), [1, 4, 9]);
 *
 * // A closure can't cross to a worker; in place it can be called.
 * const offset = 10;
 * assert.deepEqual(await parallelMap((x: number) => x + offset, [1, 2], { type: "inline" }), [11, 12]);
 * ```
 * @module
 */
import { type ItemFunction, type ParallelOptions, parallelStream } from "./parallel_stream.ts";

export { ItemError, type ItemFunction, type ParallelOptions } from "./parallel_stream.ts";

/**
 * The results in the order of the items.
 *
 * @throws {TypeError} On a closure for workers, or wrong options.
 * @throws {RangeError} On numbers out of range.
 * @throws {ItemError} When the function fails for an item.
 */
export async function parallelMap<T, R>(
  fn: ItemFunction<T, R>,
  items: Iterable<T> | AsyncIterable<T>,
  options: ParallelOptions = {},
): Promise<R[]> {
  const results: R[] = [];
  for await (const result of parallelStream(fn, items, options)) results.push(result);
  return results;
}
