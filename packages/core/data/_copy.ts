// Numbers from one array into another, also in shared memory.
//
// V8 copies shared memory word by word where source and target lie alike to 8 bytes, else byte by byte, which takes 3.4 times as
// long; so it goes through memory that isn't shared, in which bytes are moved at full speed.
import type { TypedArray } from "./schema.ts";

/** Bytes at once: they stay in the cache. */
const BLOCK = 2 ** 15;
/** Fewer bytes are not worth the views. */
const SMALL = 2 ** 10;

let between: Uint8Array | undefined;

/** `target.set(source, at)`, for arrays of one type. O(bytes). @throws {RangeError} When there is too little room. */
export function copyNumbers(source: TypedArray, target: TypedArray, at: number): void {
  const from = source.byteOffset, to = target.byteOffset + at * target.BYTES_PER_ELEMENT;
  const alike = (from & 7) === (to & 7), bytes = source.byteLength;
  const shared = isShared(source.buffer) || isShared(target.buffer);
  if (
    alike || !shared || bytes < SMALL || source.buffer === target.buffer || at + source.length > target.length
  ) {
    return (target as Float64Array).set(source as Float64Array, at);
  }
  const room = between ??= new Uint8Array(BLOCK + 16);
  // `room` begins at a multiple of 8, and so does every block.
  const here = from & 7, there = to & 7;
  for (let k = 0; k < bytes; k += BLOCK) {
    const n = Math.min(BLOCK, bytes - k);
    room.set(new Uint8Array(source.buffer, from + k, n), here);
    room.copyWithin(there, here, here + n);
    new Uint8Array(target.buffer, to + k, n).set(room.subarray(there, there + n));
  }
}

function isShared(buffer: ArrayBufferLike): boolean {
  return buffer instanceof SharedArrayBuffer;
}
