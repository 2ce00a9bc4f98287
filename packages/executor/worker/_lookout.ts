// Waiting for the next message without going to sleep, where it comes soon.

import { Board } from "./task_runner.ts";

/** Longest time that a worker looks out for the next message, ms: about twice what it takes to wake a sleeping thread. */
const PATIENCE = 0.12;
/** Looks between two readings of the clock. */
const LOOKS = 64;

/**
 * Keeps a thread awake for a moment after its last task. A thread that sleeps takes 50 µs to wake, as long as a small
 * task; but one that waits in vain takes a core from others. So it only looks out where the message before came so soon
 * that looking out paid or would have paid: a worker that is asked now and then sleeps at once.
 */
export class Lookout {
  readonly #board: Int32Array;
  #read = 0;
  /** When the worker had nothing to do any more, ms. */
  #idleSince = -Infinity;
  #isBusy = false;

  constructor(board: Int32Array) {
    this.#board = board;
  }

  /** A message was read. */
  received(): void {
    this.#read = (this.#read + 1) | 0;
    if (this.#idleSince === -Infinity) return;
    this.#isBusy = performance.now() - this.#idleSince < 2 * PATIENCE;
    this.#idleSince = -Infinity;
  }

  /** Whether a message was sent that was not read; one may be read before it is counted. */
  #hasMail(): boolean {
    return (Atomics.load(this.#board, Board.messages) - this.#read | 0) > 0;
  }

  /** The worker has nothing to do: gives back when a message is there, or none comes soon. */
  wait(): void {
    if (this.#hasMail()) return;
    const began = this.#idleSince = performance.now();
    if (!this.#isBusy) return;
    while (performance.now() - began < PATIENCE) {
      for (let looks = 0; looks < LOOKS; looks++) {
        if (this.#hasMail()) return;
        Atomics.pause();
      }
    }
  }
}
