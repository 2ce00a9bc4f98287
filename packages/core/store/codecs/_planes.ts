// Samples of 16 bits into two planes of bytes (`_join.ts`: and back): zigzag of the distance from each row's base, then a byte shuffle, then
// zstd's format.
import { BLOCK, Blocks, type Packed, place } from "./_frame.ts";
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
  offsets: place(4 * (ROWS + 1)),
  bases: place(2 * ROWS),
  low: place(BLOCK),
  high: place(BLOCK),
};
const samplesThere = new Uint8Array(memory.buffer, AT.samples, 2 * BLOCK + 8);
const offsetsThere = new Uint32Array(memory.buffer, AT.offsets, ROWS + 1);
const basesThere = new Uint16Array(memory.buffer, AT.bases, ROWS);
const highThere = new Uint8Array(memory.buffer, AT.high, BLOCK);

/** Where rows lie: `offsets` of ragged ones, or all of one width. */
export type Rows = { readonly offsets: Uint32Array | Int32Array } | { readonly width: number };

interface Block {
  /** First sample and one behind the last. */
  readonly from: number;
  readonly to: number;
  /** First row, and rows or parts of them; their offsets are in the memory. */
  readonly row: number;
  readonly rows: number;
  /** Whether the first of them began in the block before. */
  readonly goesOn: boolean;
}

/** Whole rows in blocks that fit the memory, a longer row in several; the offsets of each are put there. */
function* blocksOf(count: number, where: Rows): Generator<Block> {
  const offsets = "offsets" in where ? where.offsets : undefined;
  const width = "offsets" in where ? 0 : where.width;
  const first = offsets ? offsets[0]! : 0;
  const endOf = (row: number) => offsets ? offsets[row + 1]! - first : (row + 1) * width;
  for (let row = 0, from = 0, goesOn = false; row < count;) {
    offsetsThere[0] = 0;
    let rows = 0, to = from;
    while (row + rows < count && rows < ROWS) {
      const end = endOf(row + rows);
      if (end - from > BLOCK) break;
      offsetsThere[++rows] = end - from;
      to = end;
    }
    const part = rows === 0; // of a row that is longer than a block
    if (part) offsetsThere[1] = BLOCK;
    yield { from, to: part ? from + BLOCK : to, row, rows: part ? 1 : rows, goesOn };
    from = part ? from + BLOCK : to;
    row += rows;
    goesOn = part;
  }
}

const lowBlocks = new Blocks(), highBlocks = new Blocks();
/** The high plane, used again. */
let highPlane = new Uint8Array(0);

/** A high plane that is packed to less than 1/32 is left so. */
const SILENT = 32;
/** Bytes of a plane that is too small for that to matter. */
const LITTLE = 2 ** 10;
/** By how much zstd must pack pulses better, which have shorter repetitions than runs. */
const BETTER = 0.95;
/** Bytes that are kept to be used again. */
const KEPT = 2 ** 24;

/** Divide and pack the samples of `count` rows, of which the first starts at `values[0]`. O(samples). */
export function packSamples(values: Words, count: number, where: Rows): Planes {
  const signed = values instanceof Int16Array;
  const bases = signed ? new Int16Array(count) : new Uint16Array(count);
  const size = values.length;
  if (size === 0) {
    const none: Packed = { bytes: new Uint8Array(0), size };
    return { bases, low: none, high: none, hasHigh: false };
  }
  if (highPlane.length < size) highPlane = new Uint8Array(size);
  let hasHigh = false, worst = { from: 0, to: 0, bytes: 0 };
  for (const { from, to, row, rows, goesOn } of blocksOf(count, where)) {
    if (to === from) continue;
    // As they lie to 8 bytes: elsewhere V8 copies shared memory byte by byte.
    const place = values.byteOffset + 2 * from, shift = place & 7;
    samplesThere.set(new Uint8Array(values.buffer, place, 2 * (to - from)), shift);
    const seen = splitRows(
      AT.samples + shift,
      AT.offsets,
      rows,
      AT.bases,
      signed ? 1 : 0,
      goesOn ? 1 : 0,
      AT.low,
      AT.high,
    );
    bases.set(basesThere.subarray(0, rows), row);
    if (seen !== 0) hasHigh = true;
    lowBlocks.add(AT.low, to - from, to === size);
    const bytes = highBlocks.add(AT.high, to - from, to === size);
    if (bytes > worst.bytes) worst = { from, to, bytes };
    highPlane.set(highThere.subarray(0, to - from), from);
  }
  const low = Blocks.frame([lowBlocks], size);
  let high = Blocks.frame([highBlocks], size);
  const { from, to, bytes } = worst;
  if (
    SILENT * high.bytes.length > size && size > LITTLE &&
    zstdBuffers.encode(highPlane.subarray(from, to)).length < BETTER * bytes
  ) {
    // In a buffer of its own: small results of zlib share one.
    high = { bytes: new Uint8Array(zstdBuffers.encode(highPlane.subarray(0, size))), size };
  }
  if (highPlane.length > KEPT) highPlane = new Uint8Array(0);
  return { bases, low, high, hasHigh };
}
