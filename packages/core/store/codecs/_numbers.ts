// Columns of numbers as planes of bytes in one frame: byte 0 of every number, then byte 1 ... Times are steps before, signed integers
// zigzagged.
import type { TypedArray } from "../../data/schema.ts";
import { BLOCK, Blocks, type Packed, place } from "./_frame.ts";
import {
  joinNumbers,
  memory,
  splitNumbers,
  stepsToOffsets,
  stepsToTimes,
  timesToSteps,
  unzigzag,
  wasFar,
  zigzag,
} from "./wasm/planes.wasm";

/** What is done before a column's bytes are divided. */
export type Before = "none" | "zigzag" | "steps";

/** Numbers of up to 8 bytes that are divided at once, and most bytes of one. */
const PIECE = 2 ** 13, WIDEST = 8;

const AT = { values: place(PIECE * WIDEST), planes: place(BLOCK * WIDEST) };
const there = new Uint8Array(memory.buffer);
const blocks = Array.from({ length: WIDEST }, () => new Blocks());

/** Most numbers whose frame has a size of 32 bits. */
const MOST = 2 ** 29 - 1;

/** The numbers' planes; with `"steps"` the numbers are offsets from `origin`. O(bytes). */
export function packNumbers(values: TypedArray, before: Before, origin = 0n): Packed {
  const count = values.length, width = values.BYTES_PER_ELEMENT;
  if (count === 0) return { bytes: new Uint8Array(0), size: 0 };
  if (count > MOST) throw new RangeError(`Cannot pack ${count} numbers in one frame: use smaller chunks`);
  let time = 0n;
  for (let from = 0; from < count; from += BLOCK) {
    const rows = Math.min(BLOCK, count - from);
    for (let at = 0; at < rows; at += PIECE) {
      const n = Math.min(PIECE, rows - at), bytes = n * width;
      // As they lie to 8 bytes: elsewhere V8 copies shared memory byte by byte.
      const source = values.byteOffset + width * (from + at), to = AT.values + (source & 7);
      there.set(new Uint8Array(values.buffer, source, bytes), to);
      if (before === "steps") time = timesToSteps(to, n, origin, time);
      else if (before === "zigzag") zigzag(to, bytes, width);
      splitNumbers(to, n, width, AT.planes + at, BLOCK);
    }
    for (let k = 0; k < width; k++) {
      blocks[k]!.add(AT.planes + k * BLOCK, rows, k === width - 1 && from + rows === count);
    }
  }
  return Blocks.frame(blocks.slice(0, width), count * width);
}

/** Pieces of `planes` of `count` numbers joined, from number `from` to `to`, at `AT.values`. */
function* joined(planes: Uint8Array, count: number, width: number, from: number, to: number) {
  for (let at = from; at < to; at += PIECE) {
    const n = Math.min(PIECE, to - at);
    for (let k = 0; k < width; k++) {
      there.set(planes.subarray(k * count + at, k * count + at + n), AT.planes + k * BLOCK);
    }
    joinNumbers(AT.planes, BLOCK, n, width, AT.values);
    yield { at, n };
  }
}

/** Numbers from `from` on into `out`, of planes of `count` numbers. O(bytes of `out`). */
export function unpackNumbers(
  planes: Uint8Array,
  count: number,
  before: Before,
  from: number,
  out: TypedArray,
): void {
  const width = out.BYTES_PER_ELEMENT, to = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  for (const { at, n } of joined(planes, count, width, from, from + out.length)) {
    if (before === "zigzag") unzigzag(AT.values, n * width, width);
    to.set(there.subarray(AT.values, AT.values + n * width), width * (at - from));
  }
}

/** Times from `from` on as offsets from `origin`. O(rows before and in `out`). @throws {RangeError} Where one is beyond 2^53. */
export function unpackOffsets(
  planes: Uint8Array,
  count: number,
  from: number,
  origin: bigint,
  out: Float64Array,
): void {
  const offsets = new Float64Array(memory.buffer, AT.values, PIECE);
  let time = 0n;
  for (const { at, n } of joined(planes, count, 8, 0, from + out.length)) {
    const skip = Math.min(n, Math.max(0, from - at));
    time = stepsToTimes(AT.values, skip, time);
    time = stepsToOffsets(AT.values + 8 * skip, n - skip, time, origin);
    if (skip < n) out.set(offsets.subarray(skip, n), at + skip - from);
  }
  if (wasFar() || BigInt.asIntN(64, origin) !== origin) {
    throw new RangeError(`A time is more than 2^53 ps (2.5 h) from ${origin} ps`);
  }
}

/** All times. O(rows). */
export function unpackTimes(planes: Uint8Array, count: number): BigInt64Array {
  const out = new BigInt64Array(count), times = new BigInt64Array(memory.buffer, AT.values, PIECE);
  let time = 0n;
  for (const { at, n } of joined(planes, count, 8, 0, count)) {
    time = stepsToTimes(AT.values, n, time);
    out.set(times.subarray(0, n), at);
  }
  return out;
}
