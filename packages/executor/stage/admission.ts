/**
 * How much of a run's memory its tasks may be using at once.
 *
 * What a task will need is guessed from what the stage's tasks before it needed for their input. Tasks start while the guesses
 * add up to a quarter of the budget; one that needs more is alone. A guess that was too low costs time, not correctness: the
 * account refuses what does not fit, and the task is run again, alone.
 *
 * `enter` and `leave` are O(tasks waiting).
 * @module
 */

/** Lets tasks in as far as memory goes. */
export class Admission {
  readonly #room: number;
  /** Bytes that the tasks inside are thought to need. */
  #inside = 0;
  #count = 0;
  #alone = false;
  #waiting: (() => void)[] = [];

  /** @param limit Budget of the run, bytes. */
  constructor(limit: number) {
    this.#room = limit / 4;
  }

  /**
   * Wait until there is room for a task.
   *
   * @param bytes What it is thought to need; `Infinity`: everything, it must be alone.
   * @returns Called when the task is over.
   * @throws The signal's reason, when it is aborted meanwhile.
   */
  async enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    const alone = bytes === Infinity;
    while (this.#count > 0 && (alone || this.#alone || this.#inside + bytes > this.#room)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      signal.throwIfAborted();
    }
    const counted = alone ? 0 : bytes;
    this.#count++;
    this.#inside += counted;
    if (alone) this.#alone = true;
    return () => {
      this.#count--;
      this.#inside -= counted;
      if (alone) this.#alone = false;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
  }
}
