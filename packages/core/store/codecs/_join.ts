// Samples of 16 bits out of their two planes, decompressed where they are put together.
import type { TypedArray } from "../../data/schema.ts";
import type { Rows, Words } from "./_planes.ts";
import { bytesAt, fits, reserve } from "./_unzstd.ts";
import { joinRows } from "./wasm/unzstd.wasm";

/** Samples that are put together at once: they stay in the cache on their way into the rows' own memory. */
const BLOCK = 2 ** 14;

/** Bytes of a column's buffer. */
export interface Plane {
  /** How many there are. */
  readonly bytes: number;
  /**
   * Begin to put them at an address of the reader's memory: they are there up to where what it gives is called for, until another plane is begun.
   * @throws {SyntaxError} When they are damaged, then or now.
   */
  beginAt(at: number): (bytes: number) => void;
  /** They themselves, for planes that have no room there. @throws {SyntaxError} When they are damaged. */
  readonly values: TypedArray;
}

/**
 * Put the samples of `count` rows together again, into `out`; the first of them is the planes' sample `first`. `offsets` of rows may be
 * counted from anywhere. O(samples), and the planes' bytes.
 *
 * @throws {SyntaxError} When a plane is damaged.
 */
export function joinSamples(
  bases: Words,
  low: Plane,
  high: Plane | undefined,
  first: number,
  count: number,
  where: Rows,
  out: Words,
): void {
  if (out.length === 0) return;
  const offsets = "offsets" in where ? where.offsets : undefined,
    width = "offsets" in where ? 0 : where.width;
  const whole = fits(low.bytes) && fits(high?.bytes ?? 0);
  const [lowAt, highAt, basesAt, offsetsAt, samplesAt] = reserve(
    whole ? low.bytes : BLOCK,
    whole ? high?.bytes ?? 0 : BLOCK,
    2 * count,
    offsets ? 4 * (count + 1) : 0,
    2 * BLOCK + 8,
  ) as [number, number, number, number, number];
  if (whole) high?.beginAt(highAt)(high.bytes);
  // The low plane as it is put together: it comes out of the cache.
  const lowUntil = whole ? low.beginAt(lowAt) : undefined;
  copy(bases.subarray(0, count), basesAt);
  if (offsets) copy(offsets.subarray(0, count + 1), offsetsAt);
  const origin = offsets?.[0] ?? 0;
  const startOf = (row: number) => offsets ? offsets[row]! - origin : row * width;
  const samples = bytesAt(samplesAt, 2 * BLOCK + 8);
  const target = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  const put = (row: number, rows: number, at: number, of: number, length: number) => {
    // As it lies to 8 bytes in the rows: elsewhere V8 copies shared memory byte by byte.
    const shift = (target.byteOffset + 2 * at) & 7;
    const n = of === 0 ? rows * length : startOf(row + rows) - at;
    const from = whole ? first + at : 0;
    if (lowUntil) lowUntil(from + n);
    else {
      bytesAt(lowAt, n).set((low.values as Uint8Array).subarray(first + at, first + at + n));
      if (high) bytesAt(highAt, n).set((high.values as Uint8Array).subarray(first + at, first + at + n));
    }
    joinRows(
      lowAt + from,
      highAt + from,
      high ? 1 : 0,
      of,
      length,
      rows,
      basesAt + 2 * row,
      samplesAt + shift,
    );
    target.set(samples.subarray(shift, shift + 2 * n), 2 * at);
  };
  for (let row = 0; row < count;) {
    const from = startOf(row);
    let rows = 0;
    if (offsets) {
      while (row + rows < count && startOf(row + rows + 1) - from <= BLOCK) rows++;
    } else rows = Math.min(count - row, Math.floor(BLOCK / width));
    if (rows > 0) put(row, rows, from, offsets ? offsetsAt + 4 * row : 0, width);
    else {
      // A row longer than a block, in parts.
      const to = startOf(row + 1);
      for (let at = from; at < to; at += BLOCK) put(row, 1, at, 0, Math.min(BLOCK, to - at));
      rows = 1;
    }
    row += rows;
  }
}

/** Numbers into the reader's memory. */
function copy(numbers: Words | Uint32Array | Int32Array, at: number): void {
  bytesAt(at, numbers.byteLength).set(
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  );
}
