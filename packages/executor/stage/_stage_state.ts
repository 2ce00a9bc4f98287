// What is known of a stage or source of a run while it is at work in workers.

import type { BufferPool } from "@millrace/core/buffers";
import type { Stage } from "@millrace/core/stage";
import { specOf } from "./_plugins.ts";
import type { StageSpec } from "./messages.ts";

const MARGIN = 1.5;
const SMALL = 2 ** 16;

/** Idle buffers of the sizes that something made last, for it to use again. */
export class Spare {
  #sizes: readonly number[] = [];

  /** What was made. */
  seen(buffers: readonly ArrayBufferLike[]): void {
    this.#sizes = buffers.map(({ byteLength }) => byteLength);
  }

  /** Buffers that are no longer the pool's. */
  take(pool: BufferPool): ArrayBufferLike[] {
    return this.#sizes.flatMap((size) => pool.takeIdle(size, 1));
  }
}

/** One stage of a run. */
export class StageState {
  readonly key: string;
  /** For the tasks: parsed once by each worker. */
  readonly spec: string;
  readonly spare = new Spare();
  /** Bytes needed a byte of input, highest so far. */
  #ratio = 3;
  #measured = false;

  constructor(key: string, runId: string, { id, steps, outputs, ahead }: Stage) {
    this.key = key;
    this.spec = JSON.stringify({ runId, id, steps: steps.map(specOf), outputs, ahead } satisfies StageSpec);
  }

  /** Bytes that a task is thought to need. */
  guess(inputBytes: number): number {
    return SMALL + inputBytes * this.#ratio;
  }

  /** What a task needed. */
  needed(inputBytes: number, peak: number): void {
    const ratio = MARGIN * peak / Math.max(inputBytes, SMALL);
    if (!this.#measured || ratio > this.#ratio) this.#ratio = ratio;
    this.#measured = true;
  }
}
