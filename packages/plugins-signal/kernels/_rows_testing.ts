// For tests: records of many lengths in one array.
import fc from "fast-check";
import type { WordSamples } from "./samples.ts";

/** Records one behind the other, with something before and behind them. */
export interface TestRows<T extends WordSamples> {
  readonly values: T;
  readonly offsets: Uint32Array;
  readonly rows: number;
  readonly row: (i: number) => T;
}

type Lists = readonly (readonly number[])[];
type BufferType = new (bytes: number) => ArrayBufferLike;

/** Records in an array of `type`, which starts at an odd place of its buffer. */
export function toRows(type: Uint16ArrayConstructor, list: Lists, buffer?: BufferType): TestRows<Uint16Array>;
/** Records of either type. */
export function toRows(
  type: Uint16ArrayConstructor | Int16ArrayConstructor,
  list: Lists,
  buffer?: BufferType,
): TestRows<WordSamples>;
export function toRows(
  type: Uint16ArrayConstructor | Int16ArrayConstructor,
  list: Lists,
  buffer: BufferType = ArrayBuffer,
): TestRows<WordSamples> {
  const offsets = new Uint32Array(list.length + 1);
  offsets[0] = 3;
  list.forEach((row, i) => offsets[i + 1] = offsets[i]! + row.length);
  const end = offsets[list.length]!;
  const bytes = new buffer(2 * (end + 9));
  const values = type === Uint16Array
    ? new Uint16Array(bytes, 2, end + 5)
    : new Int16Array(bytes, 2, end + 5);
  values.fill(12345);
  list.forEach((row, i) => values.set(row, offsets[i]));
  return { values, offsets, rows: list.length, row: (i) => values.subarray(offsets[i], offsets[i + 1]) };
}

/** Records of `minLength` to `maxLength` samples within the limits, often with their neighbour's length. */
export const randomRows = (
  minLength: number,
  maxLength: number,
  low: number,
  high: number,
): fc.Arbitrary<number[][]> => {
  const sample = fc.oneof(fc.integer({ min: low, max: high }), fc.constantFrom(low, high));
  return fc.array(
    fc.tuple(fc.integer({ min: minLength, max: maxLength }), fc.integer({ min: 1, max: 5 })).chain((
      [length, count],
    ) =>
      fc.array(fc.array(sample, { minLength: length, maxLength: length }), {
        minLength: count,
        maxLength: count,
      })
    ),
    { maxLength: 4 },
  ).map((groups) => groups.flat());
};
