// 64-bit columns as pairs of 32-bit integers, so that none of their values is made a bigint.

/** The words of a column of 64-bit integers: the lower one of row `i` is at `2 i`, the higher one behind it. */
export function halves(column: BigInt64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, 2 * column.length);
}

/** The integer of row `i` as a number: exact within 2^53. */
export function wholeOf(words: Uint32Array, i: number): number {
  return words[2 * i]! + (words[2 * i + 1]! | 0) * 2 ** 32;
}

/** Rows by the number of their record. */
export function rowsById(words: Uint32Array, rows: number): Map<number, number> {
  const byId = new Map<number, number>();
  for (let i = 0; i < rows; i++) byId.set(wholeOf(words, i), i);
  return byId;
}
