/**
 * Work that ends cleanly at Ctrl-C.
 *
 * The first SIGINT or SIGTERM aborts the work, which then cleans up; the second ends the process at once.
 * @module
 */
import { exitCodeOf, InterruptedError } from "./errors.ts";
import type { Io } from "./io.ts";

/**
 * Do `work` with a signal that is aborted at SIGINT and SIGTERM.
 *
 * @throws {InterruptedError} When a signal came, after the work has settled. An error of its cleanup is thrown as it is.
 */
export async function interruptible<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = io.onSignal((name) => {
    const error = new InterruptedError(name);
    if (signal.aborted) io.exit(exitCodeOf(error));
    controller.abort(error);
  });
  try {
    const result = await work(signal);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    if (signal.aborted && comesFrom(error, signal.reason)) throw signal.reason;
    throw error;
  } finally {
    stop();
  }
}

function comesFrom(error: unknown, reason: unknown): boolean {
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    if (at === reason) return true;
  }
  return false;
}
