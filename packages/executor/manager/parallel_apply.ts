/**
 * Calls a function with every tuple of arguments, in parallel, and gathers the results in order.
 *
 * The same as `parallelMap`, for functions of several arguments. They get no task context: a function that wants to look at the
 * task's signal takes one input.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parallelApply } from "@millrace/executor/parallel-apply";
 *
 * const power = { module: "data:text/javascript,export const power = (x, n) => x ** n;", export: "power" };
 * assert.deepEqual(await parallelApply(power, [[2, 3], [3, 2]], { maxWorkers: 1 }), [8, 9]);
 * ```
 * @module
 */
import type { TaskFunction } from "../task/task.ts";
import { checkFunction } from "../task/_check_task.ts";
import type { ApplyInput } from "./_apply_worker.ts";
import { parallelMap } from "./parallel_map.ts";
import type { ParallelOptions } from "./parallel_stream.ts";

const APPLY: TaskFunction = { module: new URL("./_apply_worker.ts", import.meta.url).href, export: "apply" };

/**
 * The results in the order of the tuples.
 *
 * @throws {TypeError} On a closure for workers, or wrong options.
 * @throws {RangeError} On numbers out of range.
 * @throws {ItemError} When the function fails for a tuple.
 */
export async function parallelApply<A extends readonly unknown[], R>(
  fn: TaskFunction | ((...args: A) => R | Promise<R>),
  argTuples: Iterable<Readonly<A>> | AsyncIterable<Readonly<A>>,
  options: ParallelOptions = {},
): Promise<R[]> {
  if (typeof fn === "function") {
    return await parallelMap((args: Readonly<A>) => fn(...args as A), argTuples, options);
  }
  checkFunction(fn);
  const { module, export: name } = fn;
  const inputs = withFunction(argTuples, (args): ApplyInput => ({ module, name, args }));
  return await parallelMap<ApplyInput, R>(APPLY, inputs, options);
}

async function* withAsyncFunction<A>(tuples: AsyncIterable<A>, make: (args: A) => ApplyInput) {
  for await (const args of tuples) yield make(args);
}

function withFunction<A>(
  tuples: Iterable<A> | AsyncIterable<A>,
  make: (args: A) => ApplyInput,
): Iterable<ApplyInput> | AsyncIterable<ApplyInput> {
  if (Symbol.asyncIterator in tuples) return withAsyncFunction(tuples, make);
  return Array.isArray(tuples) ? tuples.map(make) : Iterator.from(tuples).map(make);
}
