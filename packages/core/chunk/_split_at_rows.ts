// Cut a chunk before several of its rows at once.

import type { ColumnTypes } from "../data/schema.ts";
import { allOrNone, chunkOf, identityOf } from "./_chunk_of.ts";
import { type Chunk, coverEndOf, timesOf } from "./chunk.ts";

/**
 * Parts of `chunk` that begin at the starts of `rows`, which are above each other and above the starts before them. A row
 * that starts with the chunk makes no cut. O(rows of the chunk), no copy.
 */
export function splitAtRows<C extends ColumnTypes>(chunk: Chunk<C>, rows: ArrayLike<number>): Chunk<C>[] {
  const times = timesOf(chunk.table);
  const cuts: { row: number; at: bigint }[] = [{ row: 0, at: chunk.start }];
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k]!;
    const at = chunk.t0 + BigInt(times[row]!);
    if (at > chunk.start) cuts.push({ row, at });
  }
  cuts.push({ row: chunk.length, at: chunk.end });
  const same = identityOf(chunk);
  let coverBefore = chunk.coverBefore;
  return allOrNone(cuts.length - 1, (k) => {
    const from = cuts[k]!, to = cuts[k + 1]!;
    const table = chunk.table.slice(from.row, to.row);
    const coverEnd = to.row === chunk.length ? chunk.coverEnd : coverEndOf(table, coverBefore);
    const part = chunkOf(table, { ...same, start: from.at, end: to.at, coverBefore, coverEnd });
    coverBefore = coverEnd;
    return part;
  });
}

/**
 * Rows to cut before, such that each part is as large as `fits(from, to)` allows, and at least the rows of one time. Rows
 * at equal times stay together.
 */
export function rowsToCut(times: Float64Array, fits: (from: number) => number): number[] {
  const rows: number[] = [];
  const n = times.length;
  for (let from = 0;;) {
    let to = fits(from);
    if (to >= n) return rows;
    if (to > from) { while (to > from && times[to] === times[to - 1]) to--; }
    if (to <= from) {
      to = from + 1; // too many rows at one time: they stay together all the same
      while (to < n && times[to] === times[to - 1]) to++;
      if (to >= n) return rows;
    }
    rows.push(to);
    from = to;
  }
}
