// Tasks that end badly, wait for each other or wait to be cancelled.

import type { TaskContext } from "@millrace/executor/task";

/** Ends the worker. */
export function exit(): void {
  Deno.exit(0);
}

/** Number of the process. */
export function pid(): number {
  return Deno.pid;
}

/** Ends only when a second task does the same at the same time, on another worker. */
export function meet(arrived: Int32Array): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  while (Atomics.load(arrived, 0) < 2) {
    if (Atomics.wait(arrived, 0, 1, 10_000) === "timed-out") throw new Error("Nobody came");
  }
}

/** Never looks up. */
export function busy({ seconds }: { readonly seconds: number }): void {
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end);
}

/** Says that it has begun, and ends when it is cancelled. */
export function cooperative(begun: Int32Array, { signal }: TaskContext): Promise<void> {
  Atomics.store(begun, 0, 1);
  Atomics.notify(begun, 0);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
