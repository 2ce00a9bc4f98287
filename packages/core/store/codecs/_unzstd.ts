// Frames of zstd into memory that is used again, by our own decoder; zlib, which makes a new buffer for each, does the frames that it
// leaves out: with a checksum, with a dictionary, of unknown parts or very large.
import { type KernelCopies, kernelCopies } from "../../data/_kernel_copies.ts";
import { isKernelMemory } from "../../data/kernel_memory.ts";
import { aimBlocks, beginBlocks, decodeBlocks, heapBase, memory, swapBlocks } from "./wasm/unzstd.wasm";

const MAGIC = 0xfd2fb528;
/** Most bytes that come out here: a reader's memory stays this large. */
const MOST = 2 ** 25;
/** What the decoder may write behind an end, and read before a beginning. */
const ROOM = 128;
const PAGE = 2 ** 16;

/** What the decoder says, by its negative number. */
const DAMAGES = [
  "a block is damaged",
  "its literals are damaged",
  "its sequences are damaged",
  "more comes out than it says",
  "it repeats what is not there",
];

const base = (heapBase() + 2 * ROOM) & -ROOM;
/** Where a frame is put: behind everything that is reserved. */
let frameAt = base;

/**
 * Room for parts of so many bytes in the reader's memory, which lies where it did until the next call: the address of each, a multiple of
 * 64. What was there is no longer.
 */
export function reserve(...sizes: readonly number[]): number[] {
  const places: number[] = [];
  let at = base;
  for (const size of sizes) {
    places.push(at);
    at += (size + 2 * ROOM) & -ROOM;
  }
  frameAt = at;
  grow(at);
  return places;
}

/** Whether parts of that many bytes have room. */
export function fits(bytes: number): boolean {
  return bytes <= MOST;
}

/** The reader's memory as bytes, from an address on. Valid until more is reserved or put there. */
export function bytesAt(at: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, at, length);
}

let copies: KernelCopies | undefined;

/** Bytes of the reader's memory to a place of another buffer. */
export function copyOut(at: number, bytes: number, buffer: ArrayBufferLike, to: number): void {
  if (isKernelMemory(buffer)) (copies ??= kernelCopies(memory)).put(to, at, bytes);
  else new Uint8Array(buffer, to, bytes).set(bytesAt(at, bytes));
}

function grow(end: number): void {
  const pages = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE;
  if (pages > 0) memory.grow(pages);
}

/** Where the blocks of a frame begin that is decoded here, 0 of another one: O(blocks). */
function blocksOf(bytes: Uint8Array, size: number): number {
  if (bytes.length < 9 || !fits(size) || !fits(bytes.length)) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return 0;
  const what = bytes[4]!, whole = (what & 0x20) !== 0;
  if ((what & 0x0f) !== 0) return 0; // a dictionary, a checksum, a bit without meaning yet
  const first = whole ? 5 : 6, sizeBytes = what >> 6 === 0 ? (whole ? 1 : 0) : 1 << (what >> 6);
  if (first + sizeBytes + 3 > bytes.length) return 0;
  if (sizeBytes === 1 && bytes[first] !== size) return 0;
  if (sizeBytes === 2 && view.getUint16(first, true) + 256 !== size) return 0;
  if (sizeBytes === 4 && view.getUint32(first, true) !== size) return 0;
  if (sizeBytes === 8 && view.getBigUint64(first, true) !== BigInt(size)) return 0;
  for (let at = first + sizeBytes; at + 3 <= bytes.length;) {
    const head = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16, kind = head >> 1 & 3;
    if (kind === 3) return 0;
    at += 3 + (kind === 1 ? 1 : head >> 3);
    if (head & 1) return at === bytes.length ? first + sizeBytes : 0; // nothing behind it
  }
  return 0;
}

/** Brings what comes out of a frame, up to so many bytes at least, to its place. @throws {SyntaxError} When the frame is damaged. */
export type Until = (bytes: number) => void;

/**
 * Begin with a frame, out of which `size` bytes come, that go to an address that was reserved for them: they are there as far as was asked
 * for, and until another frame is begun. Gives undefined where zlib has to do it.
 */
export function beginUnzstd(bytes: Uint8Array, size: number, at: number): Until | undefined {
  const blocks = blocksOf(bytes, size);
  if (blocks === 0) return undefined;
  grow(frameAt + bytes.length + 2 * ROOM);
  const from = frameAt + ROOM;
  bytesAt(from, bytes.length).set(bytes);
  beginBlocks(from + blocks, from + bytes.length, at, at + size);
  return (wanted) => {
    const came = decodeBlocks(wanted);
    if (came < 0) throw new SyntaxError(`its compressed bytes are damaged (${DAMAGES[-came - 1]})`);
    if (came < wanted) throw new SyntaxError(`${came} bytes came out of its compressed ones, not ${size}`);
  };
}

/** Most bytes of a block, and of a window. */
const BLOCK = 2 ** 17, WINDOW = 3 * BLOCK;

/**
 * Bytes that come out of a frame as far as they are needed at once, in memory that stays in the cache: of frames whose blocks need nothing
 * of those before.
 */
interface Window {
  readonly at: number;
  readonly size: number;
  /** Which byte is the first there, and how many there are. */
  from: number;
  have: number;
}

/** Windows over one or two frames that are read side by side. What else is begun ends them. */
export class Windows {
  readonly #windows: readonly Window[];
  #current: number;

  private constructor(windows: readonly Window[]) {
    this.#windows = windows;
    this.#current = windows.length - 1;
  }

  /** Begin with frames out of which so many bytes come, beside room for parts of these sizes. Undefined where zlib has to do one of them. */
  static open(
    frames: readonly { readonly bytes: Uint8Array; readonly size: number }[],
    sizes: readonly number[],
  ): { readonly windows: Windows; readonly places: readonly number[] } | undefined {
    const starts = frames.map(({ bytes, size }) => blocksOf(bytes, size));
    if (starts.includes(0)) return undefined;
    const places = reserve(
      ...sizes,
      ...frames.map(() => WINDOW),
      ...frames.map(({ bytes }) => bytes.length + ROOM),
    );
    const windows = frames.map(({ bytes, size }, k) => {
      const at = places[sizes.length + k]!, frame = places[sizes.length + frames.length + k]! + ROOM;
      bytesAt(frame, bytes.length).set(bytes);
      if (k > 0) swapBlocks();
      beginBlocks(frame + starts[k]!, frame + bytes.length, at, at);
      return { at, size, from: 0, have: 0 };
    });
    return { windows: new Windows(windows), places: places.slice(0, sizes.length) };
  }

  /**
   * Where the bytes `from` to `to` of a frame lie, at most 2^17 of them; 0 where that cannot be told: it is damaged, or its blocks need what
   * was before. Both only rise.
   */
  bytes(k: number, from: number, to: number): number {
    const window = this.#windows[k]!;
    while (window.from + window.have < to) {
      if (window.have + BLOCK > WINDOW) {
        // What was asked for last comes to the front.
        const drop = Math.min(window.have, Math.max(0, from - window.from));
        bytesAt(window.at, WINDOW).copyWithin(0, drop, window.have);
        window.from += drop;
        window.have -= drop;
      }
      if (this.#current !== k) swapBlocks();
      this.#current = k;
      const left = window.size - window.from;
      aimBlocks(window.at, window.have, window.at + Math.min(WINDOW, left));
      const came = decodeBlocks(window.have + 1);
      if (came <= window.have) return 0;
      window.have = came;
    }
    return window.at + from - window.from;
  }
}
