// Arrow's own buffer compression with LZ4 (https://github.com/lz4/lz4, doc/lz4_Frame_format.md and lz4_Block_format.md), which pyarrow and
// Polars write into Feather files unless they are told otherwise. It is only read here. No package reads it that looks at bounds and
// checksums and is no native one.
import { bytesAt } from "./_unzstd.ts";
import { xxh32 } from "./_xxh32.ts";
import type { BufferDecoder } from "./types.ts";

const MAGIC = 0x184d2204;
/** Bits of the first byte behind the magic; the version is in the highest two. */
const INDEPENDENT = 32, BLOCK_SUMS = 16, SIZE = 8, CONTENT_SUM = 4, DICTIONARY = 1, VERSION = 64;
/** Bytes that the byte behind that says of the largest block, by its bits 4 to 6. */
const LARGEST = [0, 0, 0, 0, 2 ** 16, 2 ** 18, 2 ** 20, 2 ** 22];
/** A block that is not compressed, in its length. */
const PLAIN = 2 ** 31;
/** No byte makes more of others. */
const MOST = 255;
/** Bytes that are sooner copied one by one. */
const FEW = 16;

/** LZ4 frames. */
export const lz4Buffers: BufferDecoder = {
  type: 0,
  decode(bytes, size) {
    if (size > MOST * bytes.length) {
      throw new SyntaxError(`${bytes.length} compressed bytes cannot hold ${size}`);
    }
    const out = new Uint8Array(size);
    checkSize(decodeFrame(bytes, out), size);
    return out;
  },
  beginAt(bytes, size, at) {
    checkSize(decodeFrame(bytes, bytesAt(at, size)), size);
    return () => {};
  },
};

/**
 * What an LZ4 frame holds. O(bytes).
 *
 * @throws {SyntaxError} When it is damaged.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unlz4 } from "@millrace/core/arrow";
 *
 * // Two bytes as they are, which are repeated over 16 bytes, and one more.
 * const block = [0x2c, 5, 6, 2, 0, 0x10, 9];
 * const frame = [4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0];
 * assert.deepEqual([...unlz4(new Uint8Array(frame))], [...Array(9).fill([5, 6]).flat(), 9]);
 * assert.throws(() => unlz4(new Uint8Array(frame).with(14, 9)), SyntaxError);
 * ```
 */
export function unlz4(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(mostOf(bytes));
  return out.subarray(0, decodeFrame(bytes, out));
}

/** Bytes that a frame holds at most: what it says, else what its blocks may hold. */
function mostOf(bytes: Uint8Array): number {
  const most = MOST * bytes.length;
  if (bytes.length < 15) return most;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[4]! & SIZE) {
    const size = view.getBigUint64(6, true);
    if (size > BigInt(most)) throw damaged(`${bytes.length} bytes cannot hold ${size}`);
    return Number(size);
  }
  const largest = LARGEST[bytes[5]! >> 4 & 7]!;
  let total = 0;
  for (let at = 7; at + 4 <= bytes.length;) {
    const length = view.getUint32(at, true), held = length % PLAIN;
    if (length === 0) break;
    total += length >= PLAIN ? held : largest;
    at += 4 + held + (bytes[4]! & BLOCK_SUMS ? 4 : 0);
  }
  return Math.min(most, total);
}

const damaged = (what: string) => new SyntaxError(`its compressed bytes are damaged: ${what}`);

function checkSize(filled: number, size: number): void {
  if (filled !== size) throw damaged(`${filled} bytes came out, not ${size}`);
}

/** Fill `out` with what a frame holds; how many bytes that are. @throws {SyntaxError} When they are more, or damaged. O(bytes). */
function decodeFrame(bytes: Uint8Array, out: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const word = (): number => {
    if (at + 4 > bytes.length) throw damaged("they are cut");
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const checkSum = (what: string, of: Uint8Array) => {
    if (word() !== xxh32(of)) throw damaged(`${what} has another checksum`);
  };
  if (word() !== MAGIC) throw damaged("they are no LZ4 frame");
  const flags = bytes[at]!, largest = LARGEST[bytes[at + 1]! >> 4 & 7]!, head = flags & SIZE ? 10 : 2;
  if (flags & DICTIONARY) throw new SyntaxError("its LZ4 frames have a dictionary, which is not supported");
  if (at + head >= bytes.length) throw damaged("they are cut");
  if (flags >> 6 !== VERSION >> 6 || largest === 0) throw damaged("their head is none");
  if (bytes[at + head] !== (xxh32(bytes.subarray(at, at + head)) >> 8 & 255)) {
    throw damaged("their head has another checksum");
  }
  if (flags & SIZE && view.getBigUint64(at + 2, true) !== BigInt(out.length)) {
    throw damaged(`they say that they hold ${view.getBigUint64(at + 2, true)} bytes, not ${out.length}`);
  }
  at += head + 1;
  let filled = 0;
  for (let length = word(); length !== 0; length = word()) {
    const isPlain = length >= PLAIN, end = at + (isPlain ? length - PLAIN : length);
    if (end > bytes.length || end - at > largest) throw damaged(`a block has ${end - at} bytes`);
    const block = bytes.subarray(at, end), most = Math.min(out.length, filled + largest);
    at = end;
    if (flags & BLOCK_SUMS) checkSum("a block", block);
    if (isPlain) {
      if (block.length > most - filled) throw damaged("more comes out than it says");
      out.set(block, filled);
      filled += block.length;
    } else filled = decodeBlock(block, out, filled, most, flags & INDEPENDENT ? filled : 0);
  }
  if (flags & CONTENT_SUM) checkSum("what comes out", out.subarray(0, filled));
  // Some writers fill a buffer up.
  if (bytes.subarray(at).some((byte) => byte !== 0)) {
    throw damaged(`${bytes.length - at} bytes lie behind their end`);
  }
  return filled;
}

/**
 * Undo one block.
 *
 * @param from Where in `out` it begins.
 * @param most Where in `out` it ends at the latest.
 * @param first First byte of `out` that it may repeat.
 * @return Where it ended.
 */
function decodeBlock(block: Uint8Array, out: Uint8Array, from: number, most: number, first: number): number {
  const end = block.length;
  let at = 0, to = from;
  for (;;) {
    if (at >= end) throw damaged("a block is cut");
    const token = block[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let byte = 255; byte === 255;) {
        if (at >= end) throw damaged("a block is cut");
        literals += byte = block[at++]!;
      }
    }
    if (literals > end - at) throw damaged("a block is cut");
    if (literals > most - to) throw damaged("more comes out than it says");
    if (literals > FEW) out.set(block.subarray(at, at + literals), to);
    else for (let k = 0; k < literals; k++) out[to + k] = block[at + k]!;
    at += literals;
    to += literals;
    if (at === end) return to;
    if (end - at < 2) throw damaged("a block is cut");
    const back = block[at]! | block[at + 1]! << 8;
    at += 2;
    if (back === 0 || back > to - first) throw damaged("it repeats what is not there");
    let length = (token & 15) + 4;
    if (length === 19) {
      for (let byte = 255; byte === 255;) {
        if (at >= end) throw damaged("a block is cut");
        length += byte = block[at++]!;
      }
    }
    if (length > most - to) throw damaged("more comes out than it says");
    const start = to - back;
    if (length <= FEW) { for (let k = 0; k < length; k++) out[to + k] = out[start + k]!; }
    else {
      // What is repeated grows as it is copied.
      for (let have = back, left = length, next = to; left > 0;) {
        const count = Math.min(have, left);
        out.copyWithin(next, start, start + count);
        next += count;
        left -= count;
        have += count;
      }
    }
    to += length;
  }
}
