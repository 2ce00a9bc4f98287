// A part of the kernels' memory that the host lends for one table.

import { type Account, BufferHandle, type BufferSource } from "@millrace/core/buffers";
import { memoryUpTo } from "@millrace/core/kernel-memory";
import type { Table } from "@millrace/core/table";

/** The first table that fits lies there, the others come from a pool. */
export class Place implements BufferSource {
  readonly buffer: ArrayBufferLike;
  readonly #start: number;
  readonly #bytes: number;
  readonly #pool: BufferSource;
  #handle: BufferHandle | undefined;

  constructor([start, bytes]: readonly [start: number, bytes: number], pool: BufferSource) {
    this.#start = start;
    this.#bytes = bytes;
    this.#pool = pool;
    this.buffer = memoryUpTo(start + bytes);
  }

  acquire(bytes: number, account?: Account): BufferHandle {
    if (this.#handle || bytes > this.#bytes) return this.#pool.acquire(bytes, account);
    // The host charges it.
    return this.#handle = new BufferHandle(this.buffer, undefined, undefined, this.#start, this.#bytes);
  }

  /** Whether all of a table lies there. */
  holds({ held }: Table): boolean {
    return this.#handle !== undefined && held.length > 0 &&
      held.every(({ handle }) => handle === this.#handle);
  }
}
