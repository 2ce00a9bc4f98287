// The memory of the WASM module, divided anew for every call.
//
// Samples that one kernel has made and copied out are kept until the next call: where that one is about the very same array, which it
// mostly is in a chain of plugins, they need not be copied back. Nothing depends on it but the time it takes.

import type { TypedArray } from "@millrace/core/schema";
import { heapBase, memory } from "../../kernels/wasm/strax.wasm";

const PAGE = 65536;
const base = (heapBase() + 63) & ~63;

/** The array whose values lie at the beginning of the memory. */
let kept: TypedArray | undefined;

/** Places in the memory, one behind the other. */
export class Places {
  #next = base;
  readonly #kept = kept;

  /** All of the memory is free: what was kept is not any more. */
  constructor() {
    kept = undefined;
  }

  /** The samples at the beginning of an array: they are there already, or are copied to the first place. */
  putSamples(array: TypedArray, count: number): number {
    if (array !== this.#kept) return this.put(array, 0, count);
    return this.take(count * array.BYTES_PER_ELEMENT);
  }

  /** Room for `bytes`, aligned to 64, with a vector behind it. What lies there is whatever was there before. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = (at + bytes + 64 + 63) & ~63;
    const missing = this.#next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** A copy of an array's elements `from` to `to` (excluded); gives the address of the first. */
  put(array: TypedArray, from = 0, to: number = array.length): number {
    const size = array.BYTES_PER_ELEMENT, start = array.byteOffset + from * size, bytes = (to - from) * size;
    // They keep their place within 8 bytes: copies out of shared memory are four times slower otherwise.
    const shift = start & 7, at = this.take(shift + bytes);
    copy(array, start - shift, shift + bytes, at);
    return at + shift;
  }
}

/** Say that the values of `array` lie in the first place that was taken, up to the next call of a kernel. */
export function keep(array: TypedArray): void {
  kept = array;
}

/** Copy bytes of the buffer that an array lies in to an address. */
function copy(array: TypedArray, start: number, bytes: number, at: number): void {
  new Uint8Array(memory.buffer, at, bytes).set(new Uint8Array(array.buffer, start, bytes));
}

/** Copy elements `from` to `to` (excluded) of an array to an address that was taken for them. */
export function copyIn(array: TypedArray, from: number, to: number, at: number): void {
  const size = array.BYTES_PER_ELEMENT;
  copy(array, array.byteOffset + from * size, (to - from) * size, at);
}

/** Copy what lies at an address into an array, from element `from` on. */
export function copyOut(at: number, count: number, to: TypedArray, from = 0): void {
  const size = to.BYTES_PER_ELEMENT;
  new Uint8Array(to.buffer, to.byteOffset + from * size, count * size).set(
    new Uint8Array(memory.buffer, at, count * size),
  );
}

/** A view of the memory; growing it makes views void. */
export function view<T>(
  type: new (buffer: ArrayBufferLike, at: number, length: number) => T,
  at: number,
  length: number,
): T {
  return new type(memory.buffer, at, length);
}
