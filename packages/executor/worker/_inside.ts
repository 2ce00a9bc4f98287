// Whether this code runs in a worker of a pool.

const MARK = Symbol.for("millrace.worker");
const scope = globalThis as { [MARK]?: true };

/** This thread is a worker: called first of all there. */
export function markWorker(): void {
  scope[MARK] = true;
}

/**
 * A worker that imports the module that made it would make workers of its own, which import it again, and so on.
 *
 * @throws {TypeError} In a worker.
 */
export function refuseInWorker(): void {
  if (!scope[MARK]) return;
  throw new TypeError(
    "Cannot start workers in a worker: it imports a module that does so when it is imported; put what the program does " +
      "behind `if (import.meta.main)`, or what workers need into a module of its own",
  );
}
