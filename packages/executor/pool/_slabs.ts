// Shared memory through which typed arrays go to one worker.

/** Slabs of one worker: power-of-two sizes, reused as soon as the task that they carried has ended. */
export class Slabs {
  readonly #slabs: Uint8Array<SharedArrayBuffer>[] = [];
  /** Free slabs by the logarithm of their size. */
  readonly #free: number[][] = [];

  /** A free slab for `bytes`, -1 when one has to be made. */
  take(bytes: number): number {
    return this.#free[sizeClass(bytes)]?.pop() ?? -1;
  }

  /** Makes a slab for `bytes`. */
  make(bytes: number): number {
    const buffer = new SharedArrayBuffer(2 ** sizeClass(bytes));
    return this.#slabs.push(new Uint8Array(buffer)) - 1;
  }

  /** The slab's memory. */
  get(slab: number): Uint8Array<SharedArrayBuffer> {
    return this.#slabs[slab]!;
  }

  /** Gives a slab back. */
  release(slab: number): void {
    const kind = sizeClass(this.#slabs[slab]!.length);
    (this.#free[kind] ??= []).push(slab);
  }
}

function sizeClass(bytes: number): number {
  return Math.max(14, 32 - Math.clz32(bytes - 1));
}
