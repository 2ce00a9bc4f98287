// How many bytes rows take.

import type { Ragged } from "../data/schema.ts";
import type { Table } from "../data/table.ts";

/** Bytes of rows of one table: those every row takes, and the offsets and sizes of its ragged columns. */
export class RowBytes {
  readonly #each: number;
  readonly #ragged: { offsets: Uint32Array; bytes: number }[] = [];

  constructor(table: Table) {
    let each = 0;
    for (const column of table.schema.columns) {
      if (column.kind === "ragged") {
        each += 4; // its offset
        const { offsets } = table.columns[column.name] as Ragged;
        this.#ragged.push({ offsets, bytes: column.bytes });
      } else each += table.width(column.name) * column.bytes;
    }
    this.#each = each;
  }

  /** Bytes of rows `from` to `to` (excluded). O(ragged columns). */
  of(from: number, to: number): number {
    let bytes = (to - from) * this.#each;
    for (const ragged of this.#ragged) bytes += (ragged.offsets[to]! - ragged.offsets[from]!) * ragged.bytes;
    return bytes;
  }

  /** The highest row up to which the rows from `from` on take at most `bytes`. O(log rows). */
  upTo(from: number, rows: number, bytes: number): number {
    let low = from, high = rows;
    while (low < high) {
      const mid = (low + high + 1) >>> 1;
      if (this.of(from, mid) <= bytes) low = mid;
      else high = mid - 1;
    }
    return low;
  }
}
