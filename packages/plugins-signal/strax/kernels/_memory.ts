// The memory of the WASM module, divided anew for every call.
//
// Arrays that one kernel has made or read stay there until a call that has no use for them: in a chain of plugins, where the next
// call is about the very same arrays, they need not be copied back. Nothing depends on it but the time it takes. Arrays are told by
// their identity, and only while the engine itself calls the plugins: tables are not written to once they were given to it, but a
// plugin that calls another one may change what that made.

import type { TypedArray } from "@millrace/core/schema";
import { heapBase, memory } from "../../kernels/wasm/strax.wasm";

const PAGE = 65536;
const base = (heapBase() + 63) & ~63;

/** Arrays whose values lie in the memory, and where. */
const resident = new Map<TypedArray, number>();

let stays = false;

/** Whether arrays stay from now on; if not, none that is there does. Said by a plugin in front of its kernels. */
export function mayStay(may: boolean): void {
  stays = may;
  if (!may) resident.clear();
}

/** Places in the memory, one behind the other. */
export class Places {
  #next = base;

  /** All of the memory is free but for what is there of `inputs`. */
  constructor(inputs: readonly TypedArray[] = []) {
    for (const [array, at] of resident) {
      if (inputs.includes(array)) this.#next = Math.max(this.#next, endOf(at, array.byteLength));
      else resident.delete(array);
    }
  }

  /** Room for `bytes`, aligned to 64, with a vector behind it. What lies there is whatever was there before. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = endOf(at, bytes);
    const missing = this.#next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** Where an array lies: it is there already, or is copied. */
  put(array: TypedArray): number {
    const there = resident.get(array);
    if (there !== undefined) return there;
    const at = this.putPart(array, 0, array.length);
    keep(at, array);
    return at;
  }

  /** A copy of an array's elements `from` to `to` (excluded); gives the address of the first. */
  putPart(array: TypedArray, from: number, to: number): number {
    const size = array.BYTES_PER_ELEMENT, start = array.byteOffset + from * size, bytes = (to - from) * size;
    // They keep their place within 8 bytes: copies out of shared memory are four times slower otherwise.
    const shift = start & 7, at = this.take(shift + bytes);
    copy(array, start - shift, shift + bytes, at);
    return at + shift;
  }
}

/** Behind the room for `bytes` at an address. */
function endOf(at: number, bytes: number): number {
  return (at + bytes + 64 + 63) & ~63;
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

/** Copy what lies at an address into the whole of an array, whose values are there from now on. */
export function give(at: number, to: TypedArray): void {
  copyOut(at, to.length, to);
  keep(at, to);
}

/** Say that the values of an array lie at an address. */
export function keep(at: number, array: TypedArray): void {
  if (stays) resident.set(array, at);
}

/** A view of the memory; growing it makes views void. */
export function view<T>(
  type: new (buffer: ArrayBufferLike, at: number, length: number) => T,
  at: number,
  length: number,
): T {
  return new type(memory.buffer, at, length);
}
