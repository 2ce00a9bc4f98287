// Samples of 16 bits out of their two planes, decompressed where they are put together.
import type { TypedArray } from "../../data/schema.ts";
import type { Rows, Words } from "./_planes.ts";
import { bytesAt, copyOut, fits, reserve, Windows } from "./_unzstd.ts";
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
  /** The frame of zstd that they come out of; undefined where they are no frame. */
  readonly frame: Uint8Array | undefined;
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
  const join = { bases, count, where, out };
  const planes = high ? [low, high] : [low];
  if (joinInWindows(planes, first, join)) return;
  const whole = planes.every(({ bytes }) => fits(bytes));
  const [lowAt, highAt, ...rest] = reserve(
    whole ? low.bytes : BLOCK,
    whole ? high?.bytes ?? 0 : BLOCK,
    ...roomFor(join),
  ) as [number, number, ...number[]];
  if (whole) high?.beginAt(highAt)(high.bytes);
  // The low plane as it is put together: it comes out of the cache.
  const lowUntil = whole ? low.beginAt(lowAt) : undefined;
  joinBlocks(join, rest, (at, n) => {
    if (lowUntil) {
      lowUntil(first + at + n);
      return [lowAt + first + at, high ? highAt + first + at : 0];
    }
    bytesAt(lowAt, n).set((low.values as Uint8Array).subarray(first + at, first + at + n));
    if (high) bytesAt(highAt, n).set((high.values as Uint8Array).subarray(first + at, first + at + n));
    return [lowAt, high ? highAt : 0];
  });
}

/** What is put together. */
interface Join {
  readonly bases: Words;
  readonly count: number;
  readonly where: Rows;
  readonly out: Words;
}

/** The same where both planes are frames whose blocks need nothing of earlier ones, as our own are. Whether they were: nothing is told else. */
function joinInWindows(planes: readonly Plane[], first: number, join: Join): boolean {
  const frames = planes.flatMap(({ frame, bytes }) =>
    frame && fits(bytes) ? [{ bytes: frame, size: bytes }] : []
  );
  const opened = frames.length === planes.length ? Windows.open(frames, roomFor(join)) : undefined;
  if (!opened) return false;
  const { windows, places } = opened, isLow = planes.length === 1;
  return joinBlocks(join, places, (at, n) => {
    const low = windows.bytes(0, first + at, first + at + n);
    const high = isLow || low === 0 ? 0 : windows.bytes(1, first + at, first + at + n);
    return low === 0 || (high === 0 && !isLow) ? undefined : [low, high];
  });
}

/** Bytes of the bases, of offsets and of samples on their way. */
function roomFor({ count, where }: Join): number[] {
  return [2 * count, "offsets" in where ? 4 * (count + 1) : 0, 2 * BLOCK + 8];
}

/**
 * Block after block of samples. `planesAt` says where the bytes of the next ones are, 0 for a high plane of zeros; where it does not, this
 * ends and gives false.
 */
function joinBlocks(
  { bases, count, where, out }: Join,
  places: readonly number[],
  planesAt: (at: number, n: number) => readonly [low: number, high: number] | undefined,
): boolean {
  const offsets = "offsets" in where ? where.offsets : undefined,
    width = "offsets" in where ? 0 : where.width;
  const [basesAt, offsetsAt, samplesAt] = places as [number, number, number];
  copy(bases.subarray(0, count), basesAt);
  if (offsets) copy(offsets.subarray(0, count + 1), offsetsAt);
  const origin = offsets?.[0] ?? 0;
  const startOf = (row: number) => offsets ? offsets[row]! - origin : row * width;
  const put = (row: number, rows: number, at: number, of: number, length: number): boolean => {
    // As it lies to 8 bytes in the rows: elsewhere V8 copies shared memory byte by byte.
    const to = out.byteOffset + 2 * at, shift = to & 7;
    const n = of === 0 ? rows * length : startOf(row + rows) - at;
    const planes = n === 0 ? [samplesAt, 0] as const : planesAt(at, n);
    if (!planes) return false;
    const [low, high] = planes;
    joinRows(low, high, high === 0 ? 0 : 1, of, length, rows, basesAt + 2 * row, samplesAt + shift);
    copyOut(samplesAt + shift, 2 * n, out.buffer, to);
    return true;
  };
  for (let row = 0; row < count;) {
    const from = startOf(row);
    let rows = 0;
    if (offsets) {
      while (row + rows < count && startOf(row + rows + 1) - from <= BLOCK) rows++;
    } else rows = Math.min(count - row, Math.floor(BLOCK / width));
    if (rows > 0) {
      if (!put(row, rows, from, offsets ? offsetsAt + 4 * row : 0, width)) return false;
    } else {
      // A row longer than a block, in parts.
      const to = startOf(row + 1);
      for (let at = from; at < to; at += BLOCK) {
        if (!put(row, 1, at, 0, Math.min(BLOCK, to - at))) return false;
      }
      rows = 1;
    }
    row += rows;
  }
  return true;
}

/** Numbers into the reader's memory. */
function copy(numbers: Words | Uint32Array | Int32Array, at: number): void {
  bytesAt(at, numbers.byteLength).set(
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  );
}
