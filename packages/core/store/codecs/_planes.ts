// Samples of 16 bits into two planes of bytes (`_join.ts`: and back): zigzag of the distance from each row's base, then a byte shuffle, then
// zstd's format.
import { BLOCK, Blocks, bring, type Packed, place } from "./_frame.ts";
import { memory, splitRows } from "./wasm/planes.wasm";
import { zstdBuffers } from "./zstd.ts";

/** Samples of 16 bits. */
export type Words = Uint16Array | Int16Array;

/** Rows of samples, divided. */
export interface Planes {
  /** A number of each row that is subtracted from its samples (modulo 2^16). */
  readonly bases: Words;
  /** Lower bytes of the zigzag numbers. */
  readonly low: Packed;
  /** Higher ones. */
  readonly high: Packed;
  /** Whether any higher byte is not 0. */
  readonly hasHigh: boolean;
}

/** Rows at once. */
const ROWS = 2 ** 13;

const AT = {
  samples: place(2 * BLOCK + 8),
  offsets: place(4 * (ROWS + 1) + 8),
  bases: place(2 * ROWS),
  low: place(BLOCK),
  high: place(BLOCK),
};
const basesThere = new Uint16Array(memory.buffer, AT.bases, ROWS);
const highThere = new Uint8Array(memory.buffer, AT.high, BLOCK);

/** Where rows lie: `offsets` of ragged ones (counted from anywhere), or all of one width. */
export type Rows = { readonly offsets: Uint32Array | Int32Array } | { readonly width: number };

/** Rows of samples that lie in one array. */
export interface Samples {
  /** From the first row's first to the last one's last. */
  readonly values: Words;
  /** Rows. */
  readonly count: number;
  /** Where they lie. */
  readonly where: Rows;
}

/** Rows from `row` on, at most `ROWS`, whose samples from `from` on fit `room`. */
function rowsThatFit(offsets: Uint32Array | Int32Array, row: number, from: number, room: number): number {
  let least = 0, most = Math.min(ROWS, offsets.length - 1 - row);
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (offsets[row + middle]! - offsets[0]! - from <= room) least = middle;
    else most = middle - 1;
  }
  return least;
}

/**
 * Divides whole rows in blocks that fit the memory, a longer row in several. Each block is in both planes while `block` is called with
 * its samples and whether a higher byte is not 0.
 */
function divide(
  parts: readonly Samples[],
  bases: Words,
  block: (length: number, hasHigh: boolean) => void,
): void {
  const signed = bases instanceof Int16Array ? 1 : 0;
  /** Samples in the block, and rows before. */
  let used = 0, before = 0, hasHigh = 0;
  /** Whether the next row began in the block before. */
  let goesOn = 0;
  const end = () => {
    if (used > 0) block(used, hasHigh !== 0);
    used = hasHigh = 0;
  };
  for (const { values, count, where } of parts) {
    const offsets = "offsets" in where ? where.offsets : undefined,
      width = "width" in where ? where.width : 0;
    const origin = offsets ? offsets[0]! : 0;
    const endOf = (row: number) => offsets ? offsets[row]! - origin : row * width;
    for (let row = 0, from = 0; row < count;) {
      const room = BLOCK - used;
      let rows = offsets
        ? rowsThatFit(offsets, row, from, room)
        : goesOn === 1
        ? endOf(row + 1) - from <= room ? 1 : 0
        : Math.min(ROWS, count - row, width === 0 ? ROWS : Math.floor(room / width));
      if (rows === 0 && used > 0) {
        end();
        continue;
      }
      const isPart = rows === 0; // of a row that is longer than a block
      const to = isPart ? from + BLOCK : endOf(row + rows);
      rows ||= 1;
      const samples = bring(values.buffer, values.byteOffset + 2 * from, 2 * (to - from), AT.samples);
      const of = offsets && rows > 1
        ? bring(offsets.buffer, offsets.byteOffset + 4 * row, 4 * (rows + 1), AT.offsets)
        : 0;
      hasHigh |= splitRows(
        samples,
        of,
        rows === 1 ? to - from : width,
        rows,
        AT.bases,
        signed,
        goesOn,
        AT.low + used,
        AT.high + used,
      );
      bases.set(basesThere.subarray(0, rows), before + row);
      used += to - from;
      from = to;
      goesOn = isPart ? 1 : 0;
      if (isPart) end();
      else row += rows;
    }
    before += count;
  }
  end();
}

const lowBlocks = new Blocks(true), highBlocks = new Blocks();
/** The higher bytes of the block that takes most. */
const worst = new Uint8Array(BLOCK);

/** A high plane that is packed to less than 1/32 is left so. */
const SILENT = 32;
/** Bytes of a plane that is too small for that to matter. */
const LITTLE = 2 ** 10;
/** By how much zstd must pack pulses better, which have shorter repetitions than runs. */
const BETTER = 0.95;
/** A plane for zstd, used again up to so many bytes. */
let plane = new Uint8Array(0);
const KEPT = 2 ** 24;

/** Divide and pack the samples of rows, in one array or several one after the other. O(samples). */
export function packSamples(parts: readonly Samples[]): Planes {
  const sum = (of: (part: Samples) => number) => parts.reduce((sum, part) => sum + of(part), 0);
  const count = sum(({ count }) => count), size = sum(({ values }) => values.length);
  const bases = parts[0]!.values instanceof Int16Array ? new Int16Array(count) : new Uint16Array(count);
  if (size === 0) {
    const none: Packed = { bytes: new Uint8Array(0), size };
    return { bases, low: none, high: none, hasHigh: false };
  }
  lowBlocks.clear(); // of a column that failed
  highBlocks.clear();
  let any = false, done = 0, most = 0, worstLength = 0;
  divide(parts, bases, (length, hasHigh) => {
    done += length;
    if (hasHigh) any = true;
    lowBlocks.add(AT.low, length, done === size);
    const bytes = highBlocks.add(AT.high, length, done === size);
    if (bytes <= most) return;
    most = bytes;
    worstLength = length;
    worst.set(highThere.subarray(0, length));
  });
  const low = Blocks.frame([lowBlocks], size);
  let high = Blocks.frame([highBlocks], size);
  if (
    SILENT * high.bytes.length > size && size > LITTLE &&
    zstdBuffers.encode(worst.subarray(0, worstLength)).length < BETTER * most
  ) {
    // In a buffer of its own: small results of zlib share one.
    high = { bytes: new Uint8Array(zstdBuffers.encode(highPlane(parts, bases, size))), size };
  }
  return { bases, low, high, hasHigh: any };
}

/** The higher bytes of all samples; they are there until this is called again. */
function highPlane(parts: readonly Samples[], bases: Words, size: number): Uint8Array {
  const out = plane.length < size ? new Uint8Array(size) : plane;
  plane = size > KEPT ? new Uint8Array(0) : out;
  let done = 0;
  divide(parts, bases, (length) => {
    out.set(highThere.subarray(0, length), done);
    done += length;
  });
  return out.subarray(0, size);
}
