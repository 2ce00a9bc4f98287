// What a task may not look like.

import { describeFunction } from "./errors.ts";
import type { TaskFunction, TaskOptions } from "./task.ts";

const PROTOCOLS = ["file:", "http:", "https:", "npm:", "jsr:", "data:", "blob:", "node:"];
const KEYS: ReadonlySet<string> = new Set(
  [
    "transfer",
    "signal",
    "priority",
    "timeout",
    "retries",
    "affinity",
    "bytes",
    "batch",
    "lend",
    "retryFullHeap",
  ] satisfies (keyof TaskOptions)[],
);

/**
 * Checks a task function.
 *
 * @throws {TypeError} When it is none, or its module is no absolute URL
 */
export function checkFunction(task: TaskFunction): void {
  if (typeof task === "function") {
    throw new TypeError(
      "Cannot run a function in a worker: name it by { module, export }, e.g. " +
        '{ module: new URL("./work.ts", import.meta.url).href, export: "work" }',
    );
  }
  const { module, export: name } = task ?? {};
  if (typeof module !== "string" || typeof name !== "string") {
    throw new TypeError(
      `Task function must be { module, export }, two strings: received ${Deno.inspect(task)}`,
    );
  }
  if (URL.canParse(module) && PROTOCOLS.includes(new URL(module).protocol)) return;
  throw new TypeError(
    `Module of task ${
      describeFunction(task)
    } is no absolute URL: use new URL("${module}", import.meta.url).href, ` +
      `or import.meta.resolve("${module}") for a bare name`,
  );
}

/**
 * Checks the options of a task.
 *
 * @throws {RangeError} When a number is out of its range
 * @throws {TypeError} When an option is unknown or of the wrong type, or a buffer is detached
 */
export function checkOptions(task: TaskFunction, options: TaskOptions): void {
  const { transfer, signal, priority = 0, timeout, retries = 0, affinity, bytes = 0 } = options;
  for (const key in options) {
    if (!KEYS.has(key)) {
      throw new TypeError(`Unknown task option "${key}": known are ${[...KEYS].join(", ")}`);
    }
  }
  if (!(Math.abs(priority) <= 1e6)) {
    throw new RangeError(`Task option priority must be a number within ±1e6: received ${priority}`);
  }
  if (timeout !== undefined && !(timeout > 0 && timeout < 2 ** 31)) {
    throw new RangeError(`Task option timeout must be ms above 0 and below 2^31: received ${timeout}`);
  }
  if (!Number.isInteger(retries) || retries < 0) {
    throw new RangeError(`Task option retries must be a whole number of at least 0: received ${retries}`);
  }
  if (!(bytes >= 0 && bytes < Infinity)) {
    throw new RangeError(`Task option bytes must be a finite number of at least 0: received ${bytes}`);
  }
  if (affinity !== undefined && typeof affinity !== "string") {
    throw new TypeError(`Task option affinity must be a string: received ${Deno.inspect(affinity)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Task option signal must be an AbortSignal: received ${Deno.inspect(signal)}`);
  }
  if (affinity !== undefined && retries > 0) {
    throw new TypeError(
      "Task options affinity and retries exclude each other: the worker's state would be gone",
    );
  }
  if (transfer === undefined) return;
  if (retries > 0 && transfer.length > 0) {
    throw new TypeError(
      "Task options transfer and retries exclude each other: a moved input can't be sent again",
    );
  }
  for (const [place, buffer] of transfer.entries()) {
    if (!(buffer instanceof ArrayBuffer)) {
      throw new TypeError(
        `Cannot transfer buffer ${place} of task ${describeFunction(task)}: it is no ArrayBuffer`,
      );
    }
    if (buffer.detached) {
      throw new TypeError(
        `Cannot transfer buffer ${place} of task ${
          describeFunction(task)
        }: it is detached, was it transferred before?`,
      );
    }
  }
}
