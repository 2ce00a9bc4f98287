// Waiting for the next message without going to sleep, where it comes soon.

import { Board } from "./task_runner.ts";

/** Longest time that a worker looks out for the next message, ms: about twice what it takes to wake a sleeping thread. */
const PATIENCE = 0.12;
/** Looks between two readings of the clock. */
const LOOKS = 64;

/**
 * Keeps a thread awake for a moment after its last task. A thread that sleeps takes 50 µs to wake, as long as a small
 * task; but one that waits in vain takes a core from others. So it only looks out where the message before came so soon
 * that looking out paid or would have paid, and where that leaves the host a core: a worker that is asked now and then,
 * or whose neighbours are busy, sleeps at once.
 */
export class Lookout {
  readonly #board: Int32Array;
  readonly #awake: Int32Array;
  readonly #place: number;
  /** Neighbours that may be awake while this worker looks out. */
  readonly #neighbours = navigator.hardwareConcurrency - 2;
  #read = 0;
  /** When the worker had nothing to do any more, ms. */
  #idleSince = -Infinity;
  #isBusy = false;

  /**
   * @param board Cells shared with the host
   * @param awake One cell a worker, 1 while it is awake
   * @param place This worker's cell
   */
  constructor(board: Int32Array, awake: Int32Array, place: number) {
    this.#board = board;
    this.#awake = awake;
    this.#place = place;
  }

  /** A message was read. */
  received(): void {
    this.#read = (this.#read + 1) | 0;
    Atomics.store(this.#awake, this.#place, 1);
    if (this.#idleSince === -Infinity) return;
    this.#isBusy = performance.now() - this.#idleSince < 2 * PATIENCE;
    this.#idleSince = -Infinity;
  }

  /** The message was dealt with. Gives back when the next one is there, or none comes soon. */
  wait(isIdle: boolean): void {
    if (this.#hasMail()) return;
    if (isIdle) {
      const began = this.#idleSince = performance.now();
      if (this.#isBusy) {
        while (this.#hasRoom() && performance.now() - began < PATIENCE) {
          for (let looks = 0; looks < LOOKS; looks++) {
            if (this.#hasMail()) return;
            Atomics.pause();
          }
        }
      }
    }
    Atomics.store(this.#awake, this.#place, 0);
  }

  /** Whether a message was sent that was not read; one may be read before it is counted. */
  #hasMail(): boolean {
    return (Atomics.load(this.#board, Board.messages) - this.#read | 0) > 0;
  }

  /** Whether so few neighbours are awake that the host has a core beside this worker. */
  #hasRoom(): boolean {
    const awake = this.#awake;
    let count = -1; // itself
    for (let i = 0; i < awake.length; i++) count += Atomics.load(awake, i);
    return count <= this.#neighbours;
  }
}
