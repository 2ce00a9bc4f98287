// What is known of a stage or source of a run while it is at work in workers.

import type { BufferPool } from "@millrace/core/buffers";
import type { Stage } from "@millrace/core/stage";
import { specOf } from "./_plugins.ts";
import type { StageSpec } from "./messages.ts";

const MARGIN = 1.5;
/** Inputs of about the same size need about the same places. */
const ROOM = 1.125;
const SMALL = 2 ** 16;

/** Idle buffers of the sizes that something made last of an input about as large, for it to use again. */
export class Spare {
  readonly #pool: BufferPool;
  readonly #sizes = new Map<number, readonly number[]>();

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** What was made of so many bytes. */
  seen(bytes: number, buffers: readonly ArrayBufferLike[]): void {
    this.#sizes.set(sizeKey(bytes), buffers.map(({ byteLength }) => byteLength));
  }

  /** Sizes of the buffers that were made last of so many bytes. */
  sizes(bytes: number): readonly number[] {
    return this.#sizes.get(sizeKey(bytes)) ?? [];
  }

  /** Buffers for what is made of so many bytes, which are no longer the pool's. */
  take(bytes: number): ArrayBufferLike[] {
    return this.sizes(bytes).flatMap((size) => this.#pool.takeIdle(size, 1));
  }
}

const spares = new WeakMap<BufferPool, Map<string, Spare>>();

/** What is known of something by its name, for as long as the buffers are kept, over all runs. */
export function spareFor(name: string, pool: BufferPool): Spare {
  let byName = spares.get(pool);
  if (!byName) spares.set(pool, byName = new Map());
  let spare = byName.get(name);
  if (!spare) byName.set(name, spare = new Spare(pool));
  return spare;
}

/** Inputs of one key differ by less than a factor of two. */
function sizeKey(bytes: number): number {
  return Math.round(Math.log2(bytes + 1));
}

/** One stage of a run. */
export class StageState {
  readonly key: string;
  /** For the tasks: parsed once by each worker. */
  readonly spec: string;
  readonly spare: Spare;
  readonly #placed = new Map<number, readonly (readonly [type: string, bytes: number])[]>();
  /** Bytes needed a byte of input, highest so far. */
  #ratio = 3;
  #measured = false;

  constructor(key: string, runId: string, { id, steps, outputs, ahead, lent = [] }: Stage, pool: BufferPool) {
    this.key = key;
    this.spare = spareFor(id, pool);
    this.spec = JSON.stringify(
      { runId, id, steps: steps.map(specOf), outputs, ahead, lent } satisfies StageSpec,
    );
  }

  /** Bytes of outputs that might have been placed, of an input of so many bytes. */
  placed(inputBytes: number, wanted: readonly (readonly [type: string, bytes: number])[]): void {
    if (wanted.length > 0) this.#placed.set(sizeKey(inputBytes), wanted);
  }

  /** ... as far as that is known, with some room. */
  placesFor(inputBytes: number): readonly (readonly [type: string, bytes: number])[] {
    return (this.#placed.get(sizeKey(inputBytes)) ?? []).map((
      [type, bytes],
    ) => [type, Math.ceil(bytes * ROOM)]);
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
