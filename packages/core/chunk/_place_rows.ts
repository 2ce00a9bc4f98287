// Copy rows by number: `target[to[i]] = source[from[i]]` for every column but times of another origin, which are rebased.
// Without `from` or `to`, row numbers count up from 0.

import type { Ragged, TypedArray } from "../data/schema.ts";
import { exactOffset, type Table } from "../data/table.ts";
import type { NumberArray } from "./_keys.ts";

/** Which rows go where. */
export interface Places {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly count: number;
}

/** Row numbers 0 .. count - 1. */
export function countingUp(count: number): Uint32Array {
  const list = new Uint32Array(count);
  for (let i = 0; i < count; i++) list[i] = i;
  return list;
}

/** Write the lengths of ragged rows to `target.offsets[to + 1]`; {@linkcode sumOffsets} makes offsets of them. */
export function placeLengths(source: Ragged, target: Ragged, { from, to, count }: Places): void {
  const offsets = source.offsets, out = target.offsets;
  for (let i = 0; i < count; i++) {
    const row = from[i]!;
    out[to[i]! + 1] = offsets[row + 1]! - offsets[row]!;
  }
}

/** Lengths to offsets. */
export function sumOffsets({ offsets }: Ragged): void {
  offsets[0] = 0;
  for (let i = 1; i < offsets.length; i++) offsets[i] = offsets[i]! + offsets[i - 1]!;
}

/** Copy the rows of all columns; the offsets of ragged columns are in place already. */
export function placeRows(source: Table, target: Table, places: Places): void {
  for (const column of target.schema.columns) {
    const src = source.columns[column.name] as TypedArray | Ragged;
    const dst = target.columns[column.name] as TypedArray | Ragged;
    if ("offsets" in dst) {
      placeRagged(src as Ragged, dst, places);
    } else if (column.kind === "time") {
      placeTimes(src as Float64Array, dst as Float64Array, exactOffset(source.t0, target.t0), places);
    } else {
      const width = target.width(column.name);
      const { source: a, target: b, words } = asWords(src as TypedArray, dst, width * column.bytes, width);
      if (words === 1) placeNumbers(a, b, places);
      else placeBlocks(a, b, words, places);
    }
  }
}

/** The same memory as the widest numbers that a row is a multiple of, so that copying meets few array types. */
function asWords(source: TypedArray, target: TypedArray, rowBytes: number, width: number): {
  source: NumberArray;
  target: NumberArray;
  words: number;
} {
  const odd = rowBytes | source.byteOffset | target.byteOffset;
  if (target instanceof Float64Array && width === 1) {
    return { source: source as NumberArray, target, words: 1 };
  }
  if (odd % 4 === 0) {
    return { source: view(Int32Array, source, 4), target: view(Int32Array, target, 4), words: rowBytes / 4 };
  }
  if (odd % 2 === 0) {
    return {
      source: view(Uint16Array, source, 2),
      target: view(Uint16Array, target, 2),
      words: rowBytes / 2,
    };
  }
  return { source: view(Uint8Array, source, 1), target: view(Uint8Array, target, 1), words: rowBytes };
}

function view(
  make: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray,
  array: TypedArray,
  bytes: number,
): NumberArray {
  return new make(array.buffer, array.byteOffset, array.byteLength / bytes);
}

function placeNumbers(src: NumberArray, dst: NumberArray, { from, to, count }: Places): void {
  for (let i = 0; i < count; i++) dst[to[i]!] = src[from[i]!]!;
}

function placeTimes(src: Float64Array, dst: Float64Array, delta: number, { from, to, count }: Places): void {
  for (let i = 0; i < count; i++) {
    const time = src[from[i]!]! + delta;
    if (!(time <= Number.MAX_SAFE_INTEGER && time >= -Number.MAX_SAFE_INTEGER)) tooFar();
    dst[to[i]!] = time;
  }
}

function tooFar(): never {
  throw new RangeError(
    "Cannot join tables whose times are more than 2^53 ps (2.5 h) apart; join shorter stretches",
  );
}

/** Words from which a block copy pays for its two views. */
const BLOCK = 512;

function copyWords(src: NumberArray, from: number, dst: NumberArray, to: number, count: number): void {
  if (count >= BLOCK) dst.set(src.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) dst[to + i] = src[from + i]!;
}

function placeBlocks(src: NumberArray, dst: NumberArray, words: number, { from, to, count }: Places): void {
  for (let i = 0; i < count;) {
    const a = from[i]!, b = to[i]!;
    let rows = 1; // rows that stay together are one block
    while (i + rows < count && from[i + rows] === a + rows && to[i + rows] === b + rows) rows++;
    copyWords(src, a * words, dst, b * words, rows * words);
    i += rows;
  }
}

function placeRagged(src: Ragged, dst: Ragged, { from, to, count }: Places): void {
  const offsets = src.offsets, starts = dst.offsets;
  const bytes = src.values.BYTES_PER_ELEMENT;
  const { source, target, words } = asWords(src.values, dst.values, bytes, bytes === 8 ? 1 : 0);
  for (let i = 0; i < count;) {
    const a = from[i]!, b = to[i]!;
    let rows = 1;
    while (i + rows < count && from[i + rows] === a + rows && to[i + rows] === b + rows) rows++;
    const first = offsets[a]!, length = offsets[a + rows]! - first;
    copyWords(source, first * words, target, starts[b]! * words, length * words);
    i += rows;
  }
}
