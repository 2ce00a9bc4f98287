// Samples of 16 bits into two planes of bytes and back: zigzag of the distance from each row's base, then a byte shuffle.
import { heapBase, joinRows, memory, splitRows } from "./wasm/planes.wasm";

/** Samples of 16 bits. */
export type Words = Uint16Array | Int16Array;

/** Rows of samples, divided. */
export interface Planes {
  /** A number of each row that is subtracted from its samples (modulo 2^16). */
  readonly bases: Words;
  /** Lower bytes of the zigzag numbers. */
  readonly low: Uint8Array;
  /** Higher ones. */
  readonly high: Uint8Array;
  /** Whether any higher byte is not 0. */
  readonly hasHigh: boolean;
}

/** Samples and rows that are worked on at once: they stay in the cache. */
const BLOCK = 2 ** 15;
/** Samples of a row that its base is taken from. */
const HEAD = 16;

// The memory: samples, offsets, bases, planes.
const start = (heapBase() + 63) & ~63;
const AT = {
  samples: start,
  offsets: start + 2 * BLOCK,
  bases: start + 6 * BLOCK + 64,
  low: start + 8 * BLOCK + 64,
  high: start + 9 * BLOCK + 64,
};
const samplesThere = new Uint8Array(memory.buffer, AT.samples, 2 * BLOCK);
const offsetsThere = new Uint32Array(memory.buffer, AT.offsets, BLOCK + 1);
const basesThere = new Uint16Array(memory.buffer, AT.bases, BLOCK);
const lowThere = new Uint8Array(memory.buffer, AT.low, BLOCK);
const highThere = new Uint8Array(memory.buffer, AT.high, BLOCK);

/** Where rows lie: `offsets` of ragged ones, or all of one width. */
export type Rows = { readonly offsets: Uint32Array | Int32Array } | { readonly width: number };

interface Block {
  /** First sample and one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Parts of rows in it; their offsets and bases are in the memory. */
  readonly parts: number;
}

/** Rows in blocks that fit the memory, a long row in several; the offsets and bases of each are put there. */
function* blocksOf(rows: number, where: Rows, bases: Words): Generator<Block> {
  const offsets = "offsets" in where ? where.offsets : undefined;
  const width = "offsets" in where ? 0 : where.width;
  const first = offsets ? offsets[0]! : 0;
  let from = 0, to = 0, parts = 0;
  for (let row = 0; row < rows; row++) {
    const end = offsets ? offsets[row + 1]! - first : (row + 1) * width;
    do {
      if (parts === BLOCK || to - from === BLOCK) {
        yield { from, to, parts };
        from = to;
        parts = 0;
      }
      offsetsThere[parts] = to - from;
      basesThere[parts++] = bases[row]!;
      to = Math.min(end, from + BLOCK);
      offsetsThere[parts] = to - from;
    } while (to < end);
  }
  if (to > from) yield { from, to, parts };
}

/** The mean of the first samples of each row, where a waveform has its baseline. */
function basesOf(values: Words, rows: number, where: Rows): Words {
  const bases = values instanceof Int16Array ? new Int16Array(rows) : new Uint16Array(rows);
  const offsets = "offsets" in where ? where.offsets : undefined;
  const width = "offsets" in where ? 0 : where.width;
  const origin = offsets ? offsets[0]! : 0;
  for (let row = 0; row < rows; row++) {
    const first = offsets ? offsets[row]! - origin : row * width;
    const end = offsets ? offsets[row + 1]! - origin : first + width;
    const last = end < first + HEAD ? end : first + HEAD;
    if (last === first) continue;
    let sum = 0;
    for (let i = first; i < last; i++) sum += values[i]!;
    bases[row] = Math.floor(sum / (last - first) + 0.5);
  }
  return bases;
}

/** Divide the samples of `rows` rows, of which the first starts at `values[0]`. O(samples). */
export function splitSamples(values: Words, rows: number, where: Rows): Planes {
  const bases = basesOf(values, rows, where);
  const low = new Uint8Array(values.length), high = new Uint8Array(values.length);
  let hasHigh = false;
  for (const { from, to, parts } of blocksOf(rows, where, bases)) {
    samplesThere.set(new Uint8Array(values.buffer, values.byteOffset + 2 * from, 2 * (to - from)));
    const seen = splitRows(AT.samples, AT.offsets, parts, AT.bases, AT.low, AT.high);
    low.set(lowThere.subarray(0, to - from), from);
    if (seen === 0) continue; // as it was made
    hasHigh = true;
    high.set(highThere.subarray(0, to - from), from);
  }
  return { bases, low, high, hasHigh };
}

/** Put the samples together again, into `out`. O(samples). */
export function joinSamples(
  bases: Words,
  low: Uint8Array,
  high: Uint8Array | undefined,
  rows: number,
  where: Rows,
  out: Words,
): void {
  const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  for (const { from, to, parts } of blocksOf(rows, where, bases)) {
    lowThere.set(low.subarray(from, to));
    if (high) highThere.set(high.subarray(from, to));
    joinRows(AT.low, AT.high, high ? 1 : 0, AT.offsets, parts, AT.bases, AT.samples);
    bytes.set(samplesThere.subarray(0, 2 * (to - from)), 2 * from);
  }
}
