// Those who wait for workers to get ready.

/** Callers that look again whenever a worker got ready or died. */
export class Warming {
  readonly #waiting = new Set<PromiseWithResolvers<void>>();

  /** Resolves when there is something to look at again. */
  turn(): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.add(turn);
    return turn.promise;
  }

  /** A worker got ready or died. */
  look(): void {
    for (const turn of this.#waiting) turn.resolve();
    this.#waiting.clear();
  }

  /** No worker will: the pool takes nothing any more. */
  refuse(reason: unknown): void {
    for (const turn of this.#waiting) turn.reject(reason);
    this.#waiting.clear();
  }
}
