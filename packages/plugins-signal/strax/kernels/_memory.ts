// Where arrays lie in the memory of the kernels, and room beside them for the time of a call.
//
// Tables that the engine keeps to itself are in that memory: kernels work on them where they are. Others are copied in and out.

import type { TypedArray } from "@millrace/core/schema";
import { freePlace, isKernelMemory, memory, takePlace } from "@millrace/core/kernel-memory";

/** Room in the memory, and arrays in it, until it is disposed of. */
export class Places implements Disposable {
  readonly #taken: number[] = [];
  readonly #made: { readonly at: number; readonly array: TypedArray }[] = [];

  /** Room for `bytes`, aligned to 64, with a vector behind it. What lies there is whatever was there before. */
  take(bytes: number): number {
    const at = takePlace(bytes + 64);
    this.#taken.push(at);
    return at;
  }

  /** Where the values of an array lie, or a copy of them. */
  put(array: TypedArray): number {
    return this.putPart(array, 0, array.length);
  }

  /** Where an array's elements `from` to `to` (excluded) lie, or a copy of them. */
  putPart(array: TypedArray, from: number, to: number): number {
    const size = array.BYTES_PER_ELEMENT, start = array.byteOffset + from * size;
    if (isKernelMemory(array.buffer)) return start;
    // They keep their place within 8 bytes: copies out of shared memory are four times slower otherwise.
    return copyIn(array, from, to, this.take((to - from) * size + 8));
  }

  /** Where a kernel writes an array: into it, or into room that {@linkcode Places.give} copies into it. */
  make(array: TypedArray): number {
    if (isKernelMemory(array.buffer)) return array.byteOffset;
    const at = this.take(array.byteLength);
    this.#made.push({ at, array });
    return at;
  }

  /** What was made is complete. */
  give(): void {
    for (const { at, array } of this.#made.splice(0)) copyOut(at, array.length, array);
  }

  /** The room is free again. */
  [Symbol.dispose](): void {
    for (const at of this.#taken.splice(0)) freePlace(at);
  }
}

/** Copy elements `from` to `to` (excluded) of an array to an address, or up to 7 bytes behind it; gives where the first one is. */
export function copyIn(array: TypedArray, from: number, to: number, at: number): number {
  const size = array.BYTES_PER_ELEMENT, start = array.byteOffset + from * size, shift = start & 7;
  const bytes = shift + (to - from) * size;
  new Uint8Array(memory.buffer, at, bytes).set(new Uint8Array(array.buffer, start - shift, bytes));
  return at + shift;
}

/** Copy what lies at an address into an array, from element `from` on. */
export function copyOut(at: number, count: number, to: TypedArray, from = 0): void {
  const size = to.BYTES_PER_ELEMENT;
  new Uint8Array(to.buffer, to.byteOffset + from * size, count * size).set(
    new Uint8Array(memory.buffer, at, count * size),
  );
}

/** A view of the memory. */
export function view<T>(
  type: new (buffer: ArrayBufferLike, at: number, length: number) => T,
  at: number,
  length: number,
): T {
  return new type(memory.buffer, at, length);
}
