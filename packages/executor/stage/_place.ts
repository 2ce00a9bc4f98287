// Parts of the kernels' memory that the host lends for tables.

import { type Account, BufferHandle, type BufferSource } from "@millrace/core/buffers";
import { newObject } from "@millrace/core/kernel-memory";
import type { Table } from "@millrace/core/table";
import type { BufferForm, PlaceForm } from "./messages.ts";

/** The first table that fits lies there, the others come from a pool. */
export class Place implements BufferSource {
  /** An object of its own. */
  readonly buffer: ArrayBufferLike;
  readonly #start: number;
  readonly #bytes: number;
  readonly #pool: BufferSource;
  #handle: BufferHandle | undefined;

  constructor([start, bytes]: readonly [start: number, bytes: number], pool: BufferSource) {
    this.#start = start;
    this.#bytes = bytes;
    this.#pool = pool;
    this.buffer = newObject(start + bytes);
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

  /** As it crosses. */
  get form(): BufferForm {
    return [this.#start, this.#bytes];
  }
}

/** The places of one task. */
export class Places {
  readonly #places: ReadonlyMap<string, Place>;
  readonly #byBuffer: ReadonlyMap<ArrayBufferLike, Place>;
  readonly #types: ReadonlySet<string>;
  readonly #inputs: ReadonlySet<ArrayBufferLike>;
  readonly #pool: BufferSource;
  readonly #wanted = new Map<string, number>();

  /**
   * @param types What may be placed.
   * @param inputs Buffers of what came with the task, which are the host's too.
   */
  constructor(
    forms: readonly PlaceForm[],
    types: readonly string[],
    pool: BufferSource,
    inputs: readonly ArrayBufferLike[] = [],
  ) {
    this.#inputs = new Set(inputs);
    this.#places = new Map(forms.map(([type, start, bytes]) => [type, new Place([start, bytes], pool)]));
    this.#byBuffer = new Map([...this.#places.values()].map((place) => [place.buffer, place]));
    this.#types = new Set(types);
    this.#pool = pool;
  }

  /** Where a type's table may lie; undefined for what may not be placed. */
  sourceFor(type: string): BufferSource | undefined {
    if (!this.#types.has(type)) return undefined;
    return {
      acquire: (bytes, account) => {
        this.#wanted.set(type, Math.max(bytes, this.#wanted.get(type) ?? 0));
        return (this.#places.get(type) ?? this.#pool).acquire(bytes, account);
      },
    };
  }

  /** Whether a type's table may lie in a buffer: that of a place, or of an input. */
  mayHave(type: string, buffer: ArrayBufferLike): boolean {
    return this.#types.has(type) && (this.#byBuffer.has(buffer) || this.#inputs.has(buffer));
  }

  /** Whether a buffer is that of a place. */
  has(buffer: ArrayBufferLike): boolean {
    return this.#byBuffer.has(buffer);
  }

  /** A buffer as it crosses. */
  formOf(buffer: ArrayBufferLike): BufferForm {
    return this.#byBuffer.get(buffer)?.form ?? buffer;
  }

  /** Bytes that were asked for, by type. */
  get wanted(): [type: string, bytes: number][] {
    return [...this.#wanted];
  }
}
