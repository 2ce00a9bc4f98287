/**
 * Work that ends cleanly at Ctrl-C.
 *
 * The first SIGINT, SIGTERM or SIGHUP aborts the work, which then cleans up; the second ends the process at once.
 * One Ctrl-C may come twice, from the terminal to the group of processes and forwarded by a parent such as `deno task`:
 * a SIGINT within a second of the first is taken for the same.
 * @module
 */
import { exitCodeOf, InterruptedError } from "./errors.ts";
import type { EndSignal, Io } from "./io.ts";

/** How long after the first a SIGINT is taken for the same, ms. */
const SAME_MS = 1000;

/**
 * Do `work` with a signal that is aborted at SIGINT, SIGTERM and SIGHUP.
 *
 * @param now A clock in milliseconds.
 * @throws {InterruptedError} When a signal came, after the work has settled. An error of its cleanup is thrown as it is.
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  let first: { readonly name: EndSignal; readonly at: number } | undefined;
  const stop = io.onSignal((name) => {
    const error = new InterruptedError(name);
    if (first) {
      if (name === "SIGINT" && first.name === name && now() - first.at < SAME_MS) return;
      io.exit(exitCodeOf(error));
    }
    first = { name, at: now() };
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
