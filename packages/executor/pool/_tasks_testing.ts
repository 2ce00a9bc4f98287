// Functions that the pool's tests call.

import type { TaskContext } from "../task/task.ts";

export const add = ({ a, b }: { a: number; b: number }): number => a + b;
export const identity = (input: unknown): unknown => input;
export const workerNumber = (_: unknown, { worker }: TaskContext): number => worker;

/** Busy for some ms. */
export function spin({ ms }: { ms: number }): number {
  const end = performance.now() + ms;
  let turns = 0;
  while (performance.now() < end) turns++;
  return turns;
}

/** Waits without being busy, and does not listen to its signal. */
export async function sleep({ ms, value }: { ms: number; value?: unknown }): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

/** Waits until its signal aborts; then rejects with the signal's reason. */
export function untilAborted(_: unknown, { signal }: TaskContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Runs until a flag in shared memory is set. */
export function untilFlag({ flag }: { flag: Int32Array }): number {
  Atomics.store(flag, 1, 1);
  Atomics.notify(flag, 1);
  return Atomics.wait(flag, 0, 0) === "ok" ? 1 : 0;
}

/** Counts its calls in shared memory. */
export const count = ({ counter, at = 0 }: { counter: Int32Array; at?: number }): number =>
  Atomics.add(counter, at, 1);

let state = 0;
/** State of the worker. */
export const next = (): number => ++state;

const kept: Float32Array[] = [];
/** Keeps its input, and gives the first one that it was given. */
export function keep(array: Float32Array): number {
  kept.push(array);
  return kept[0]![0]!;
}

/** What a typed array looks like here. */
export const look = ({ array }: { array: Float32Array }): [string, boolean, number, number] => [
  array.constructor.name,
  array.buffer instanceof SharedArrayBuffer,
  array.length,
  array.reduce((sum, value) => sum + value, 0),
];

/** A result that is moved. */
export function makeMoved({ length }: { length: number }, context: TaskContext): Float32Array {
  const array = new Float32Array(length).fill(2);
  context.transfer(array.buffer);
  return array;
}

export const unclonable = (): unknown => () => 1;

class WrongUnit extends RangeError {
  override readonly name = "WrongUnit";
  readonly unit = "furlong";
}

/** Throws what its input names. */
export function fail({ what }: { what: string }): never {
  switch (what) {
    case "type":
      throw new TypeError("Wrong type", { cause: new Error("inner", { cause: "innermost" }) });
    case "own":
      throw new WrongUnit("Wrong unit");
    case "many":
      throw new AggregateError([new RangeError("one"), "two"], "Several");
    case "abort":
      throw new DOMException("Stopped", "AbortError");
    case "missing":
      throw new Deno.errors.NotFound("No such thing");
    case "plain":
      throw { code: 7 };
    default:
      throw () => what;
  }
}

/** Ends its worker in some way; never settles otherwise. */
export function die({ how, counter }: { how: string; counter?: Int32Array }): Promise<never> {
  if (counter !== undefined) Atomics.add(counter, 0, 1);
  switch (how) {
    case "Deno.exit":
      return Deno.exit(3);
    case "close":
      self.close();
      break;
    case "process.exit":
      return import("node:process").then(({ exit }) => exit(4));
    case "reallyExit":
      return import("node:process").then(({ default: process }) =>
        (process as unknown as { reallyExit(code: number): never }).reallyExit(5)
      );
    case "throw":
      setTimeout(() => {
        throw new RangeError("boom");
      }, 0);
      break;
    case "reject":
      Promise.reject(new RangeError("boom"));
      break;
  }
  return new Promise(() => {});
}

/** Dies the first time. */
export function dieOnce({ counter }: { counter: Int32Array }): number | Promise<never> {
  return Atomics.add(counter, 0, 1) === 0 ? die({ how: "Deno.exit" }) : 42;
}
