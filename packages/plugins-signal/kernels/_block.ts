// Blocks of records in the memory of the WASM module, and results out of it.

import type { WordSamples } from "./samples.ts";
import { heapBase, memory } from "./wasm/signal.wasm";

/** Records of a block hold so many samples together, if one of them isn't longer: with their results they stay in the cache. */
const BLOCK = 1 << 15;

const PAGE = 65536;
const start = (heapBase() + 63) & ~63;

/** A place in the memory, `bytes` long, for one call after another: starts anew each time. */
export class Arena {
  #next: number;

  /** Behind what lies in `before`, which stays. */
  constructor(before?: Arena) {
    this.#next = before === undefined ? start : before.#next;
  }

  /** Room for `bytes`, aligned to 64. What lies there is whatever was there before. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = (at + bytes + 63) & ~63;
    // A loop may read a vector behind its last sample.
    const missing = this.#next + 64 - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** Put numbers there; gives the address. */
  put(values: Float64Array | Int16Array): number {
    const at = this.take(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    return at;
  }
}

/** Bytes of the memory, as they are now: growing it makes all older views void. */
export function view<T>(
  type: new (buffer: ArrayBufferLike, at: number, length: number) => T,
  at: number,
  length: number,
): T {
  return new type(memory.buffer, at, length);
}

/** Rows `from` to `to` (excluded), which lie one behind the other. */
export interface Block {
  readonly from: number;
  readonly to: number;
  /** Samples of all of them. */
  readonly samples: number;
}

/**
 * Divide rows into blocks that fit the cache.
 *
 * @throws {RangeError} On offsets that decrease or lead beyond the samples.
 */
export function* blocksOf(
  values: WordSamples,
  offsets: Uint32Array,
  rows: number,
  first = 0,
): Generator<Block> {
  checkOffsets(values, offsets, rows, first);
  for (let from = first, to = first; from < rows; from = to) {
    do to++; while (to < rows && offsets[to + 1]! - offsets[from]! <= BLOCK);
    yield { from, to, samples: offsets[to]! - offsets[from]! };
  }
}

function checkOffsets(values: WordSamples, offsets: Uint32Array, rows: number, first: number): void {
  if (offsets.length < rows + 1) {
    throw new RangeError(
      `Cannot read ${rows} records: there are ${offsets.length} offsets; give ${rows + 1}`,
    );
  }
  for (let i = first; i < rows; i++) {
    if (offsets[i + 1]! >= offsets[i]!) continue;
    throw new RangeError(`Cannot read record ${i}: it starts at ${offsets[i]} and ends at ${offsets[i + 1]}`);
  }
  if (rows > 0 && offsets[rows]! > values.length) {
    throw new RangeError(
      `Cannot read record ${rows - 1}: it ends at sample ${offsets[rows]} of ${values.length}`,
    );
  }
}

/**
 * Copy the samples of a block into the memory; gives the address of the first one.
 *
 * They keep their place within 8 bytes: copies out of shared memory are four times slower otherwise.
 */
export function copyIn(
  arena: Arena,
  values: WordSamples,
  offsets: Uint32Array,
  { from, samples }: Block,
): number {
  const first = values.byteOffset + 2 * offsets[from]!, shift = first & 7;
  const at = arena.take(shift + 2 * samples);
  const bytes = new Uint8Array(values.buffer, first - shift, shift + 2 * samples);
  view(Uint8Array, at, bytes.length).set(bytes);
  return at + shift;
}

/** Copy the offsets of a block, counted from its first sample; gives their address. */
export function copyOffsets(arena: Arena, offsets: Uint32Array, { from, to }: Block): number {
  const at = arena.take(4 * (to - from + 1));
  const own = view(Uint32Array, at, to - from + 1);
  const first = offsets[from]!;
  for (let i = from; i <= to; i++) own[i - from] = offsets[i]! - first;
  return at;
}
