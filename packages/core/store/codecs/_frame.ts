// zstd frames of blocks that our kernels make, and where these have their memory.
import { type KernelCopies, kernelCopies } from "../../data/_kernel_copies.ts";
import { isKernelMemory } from "../../data/kernel_memory.ts";
import { coderSize, forgetCode, heapBase, makeCoder, memory, packBlock } from "./wasm/planes.wasm";

/** Bytes as a zstd frame. */
export interface Packed {
  /** The frame. */
  readonly bytes: Uint8Array;
  /** Bytes that come out of it. */
  readonly size: number;
}

/** Most bytes of a block: what is worked on at once stays in the cache. */
export const BLOCK = 2 ** 16;
/** Room for a block that is packed, also while it is not known yet that this does not pay. */
const ROOM = 2 * BLOCK;
/** Bytes of a frame's header. */
const HEADER = 9;
/** Bytes that are kept to be used again. */
const KEPT = 2 ** 24;

let free = (heapBase() + 63) & ~63;

/** Address of `bytes` of the kernels' memory, and 64 behind them, for good. */
export function place(bytes: number): number {
  const at = free;
  free = (at + bytes + 127) & ~63;
  const more = free - memory.buffer.byteLength;
  if (more > 0) throw new RangeError(`The kernels' memory is ${more} bytes too small`);
  return at;
}

const all = new Uint8Array(memory.buffer);
let copies: KernelCopies | undefined;

/** Brings bytes to an address of the kernels' memory or up to 7 behind it: gives where they are. */
export function bring(buffer: ArrayBufferLike, from: number, bytes: number, at: number): number {
  if (isKernelMemory(buffer)) {
    (copies ??= kernelCopies(memory)).fetch(at, from, bytes);
    return at;
  }
  const to = at + (from & 7); // elsewhere V8 copies shared memory byte by byte
  all.set(new Uint8Array(buffer, from, bytes), to);
  return to;
}

const packed = place(ROOM);
const packedThere = new Uint8Array(memory.buffer, packed, ROOM);

/** Buffers of frames that were given back, their bytes, and most of these that are kept. */
const spare: Uint8Array<ArrayBuffer>[] = [], MOST_SPARE = 2 ** 25;
let spareBytes = 0;
/** Bytes from which a frame is given away in the buffer where its blocks came. */
const LARGE = 2 ** 18;
/** Bytes from which a buffer is worth being used again. */
const WORTH = 2 ** 16;
/** Such buffers, as long as they live. */
const given = new WeakSet<ArrayBufferLike>();

/** Gives back a frame's buffer, of which nothing is read any more; false where it is none that can be used again. */
export function giveBack(buffer: ArrayBuffer): boolean {
  if (!given.delete(buffer) || buffer.byteLength > KEPT) return false;
  if (spareBytes + buffer.byteLength > MOST_SPARE) return false;
  spare.push(new Uint8Array(buffer));
  spareBytes += buffer.byteLength;
  return true;
}

/** A buffer for so many bytes: the smallest that was given back, or a new one. */
function bufferFor(bytes: number): Uint8Array<ArrayBuffer> {
  let best = -1, least = Infinity;
  spare.forEach(({ length }, k) => {
    if (length < bytes || length >= least) return;
    best = k;
    least = length;
  });
  if (best < 0) return new Uint8Array(bytes);
  const [buffer] = spare.splice(best, 1);
  spareBytes -= buffer!.length;
  return buffer!;
}

/** Blocks of a frame as they come, behind room for its header. */
export class Blocks {
  #bytes = new Uint8Array(2 ** 12);
  #size = HEADER;
  /** Where the code of the blocks before is. */
  readonly #coder: number;

  /** @param many There are many blocks: worth a large table for their code. */
  constructor(many = false) {
    this.#coder = place(coderSize(many ? 1 : 0));
    makeCoder(this.#coder, many ? 1 : 0);
  }

  /** The next block: 1 to 64 KiB at an address. Gives its bytes. */
  add(at: number, length: number, last: boolean): number {
    const bytes = packBlock(at, length, packed, last ? 1 : 0, this.#coder);
    if (this.#size + bytes > this.#bytes.length) {
      const more = new Uint8Array(2 * this.#bytes.length + bytes);
      more.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = more;
    }
    this.#bytes.set(packedThere.subarray(0, bytes), this.#size);
    this.#size += bytes;
    return bytes;
  }

  /** The frame of several runs of blocks, out of which `size` bytes come. They are empty afterwards. */
  static frame(parts: readonly Blocks[], size: number): Packed {
    const [first] = parts as [Blocks];
    const bytes = parts.length === 1 && first.#size >= LARGE ? first.#giveAway() : joined(parts);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0xfd2fb528, true);
    view.setUint8(4, 0xa0); // one segment; its size has 4 bytes
    view.setUint32(5, size, true);
    for (const part of parts) part.clear();
    return { bytes, size };
  }

  /** What there is, in the buffer where it came; what comes next goes to another. */
  #giveAway(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#size);
    given.add(bytes.buffer);
    this.#bytes = bufferFor(this.#size > KEPT ? 2 ** 12 : this.#size);
    return bytes;
  }

  /** The blocks. */
  get blocks(): Uint8Array {
    return this.#bytes.subarray(HEADER, this.#size);
  }

  /** Forget what there is. */
  clear(): void {
    this.#size = HEADER;
    forgetCode(this.#coder);
    if (this.#bytes.length > KEPT) this.#bytes = new Uint8Array(2 ** 12);
  }
}

/** Blocks one after the other, behind room for a header. */
function joined(parts: readonly Blocks[]): Uint8Array {
  const size = parts.reduce((sum, { blocks }) => sum + blocks.length, HEADER);
  const bytes = size < WORTH ? new Uint8Array(size) : bufferFor(size).subarray(0, size);
  if (size >= WORTH) given.add(bytes.buffer);
  let at = HEADER;
  for (const { blocks } of parts) {
    bytes.set(blocks, at);
    at += blocks.length;
  }
  return bytes;
}

const source = place(BLOCK);
const there = new Uint8Array(memory.buffer, source, BLOCK);
const blocks = new Blocks();

/** A frame of bytes that repeat nothing but runs. O(bytes). */
export function packBytes(bytes: Uint8Array): Packed {
  const size = bytes.length;
  if (size === 0) return { bytes: new Uint8Array(0), size };
  for (let from = 0; from < size; from += BLOCK) {
    const to = Math.min(size, from + BLOCK);
    there.set(bytes.subarray(from, to));
    blocks.add(source, to - from, to === size);
  }
  return Blocks.frame([blocks], size);
}
