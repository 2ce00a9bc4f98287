// Waiting that ends when a run is aborted, and the end of what was waited for.

import { PipelineError } from "./errors.ts";

/**
 * `promise`, or a rejection with the signal's reason as soon as it is aborted. Leaves no listener behind.
 *
 * @param late Takes what comes after the abort; its failure no longer matters: the reason of the abort is what is reported.
 */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (value: T) => void = () => {},
): Promise<T> {
  if (signal.aborted) {
    promise.then(late, () => {});
    throw signal.reason;
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  let missed = false;
  const listener = () => {
    missed = true;
    reject(signal.reason);
  };
  signal.addEventListener("abort", listener, { once: true });
  try {
    const value = await Promise.race([promise, aborted]);
    missed = false; // it came first
    return value;
  } finally {
    signal.removeEventListener("abort", listener);
    if (missed) promise.then(late, () => {});
  }
}

/** Close an iterator; a failure names the plugin, also where it is thrown at once. */
export async function closeIterator(
  iterator: AsyncIterator<unknown>,
  { name: plugin, module }: { readonly name: string; readonly module: string | undefined },
  runId: string,
): Promise<void> {
  try {
    await iterator.return?.();
  } catch (cause) {
    throw new PipelineError(
      { plugin, module, runId, chunkIndex: 0, start: undefined, end: undefined },
      cause,
    );
  }
}
