/**
 * Cut a chunk at breaks: gaps longer than a threshold.
 *
 * A break lies before row n where `n.time - coverEnd > threshold`, `coverEnd` being the highest endtime of all rows before
 * it, in this chunk and in all earlier ones. The cut is at `n.time`.
 *
 * Complexity: O(rows), no copy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { splitByBreaks } from "@millrace/core/split-by-breaks";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 9n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * assert.deepEqual(splitByBreaks(hits, 5n).map(({ start, end }) => [start, end]), [[0n, 9n], [9n, 10n]]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { splitAtRows } from "./_split_at_rows.ts";
import { type Chunk, endtimesOf, NO_COVER, timesOf } from "./chunk.ts";

/**
 * The parts of a chunk between breaks, views of its buffers. Each part but the first begins at a break; the first one does
 * if `breakRows(chunk, threshold)` begins with row 0 and that row starts with the chunk. The chunk stays the caller's.
 *
 * @param threshold Longest distance, ps, that is no break.
 * @throws {RangeError} On a threshold below 0.
 */
export function splitByBreaks<C extends ColumnTypes>(chunk: Chunk<C>, threshold: bigint): Chunk<C>[] {
  return splitAtRows(chunk, breakRows(chunk as Chunk, threshold));
}

/**
 * Numbers of the rows that have a break before them. The first row of a stream has none.
 *
 * @param threshold Longest distance, ps, that is no break.
 * @throws {RangeError} On a threshold below 0.
 */
export function breakRows(chunk: Chunk, threshold: bigint): Uint32Array {
  if (threshold < 0n) {
    throw new RangeError(
      `Cannot find breaks of ${threshold} ps in chunk ${chunk}: give a threshold of 0 or more`,
    );
  }
  const times = timesOf(chunk.table), ends = endtimesOf(chunk.table);
  const n = times.length;
  if (n === 0) return new Uint32Array(0);
  const rows = new Uint32Array(n);
  let count = 0;
  const { t0, coverBefore } = chunk;
  if (coverBefore !== NO_COVER && t0 + BigInt(times[0]!) - coverBefore > threshold) rows[count++] = 0;
  const limit = Number(threshold);
  let cover = Math.max(Number(coverBefore - t0), ends[0]!);
  for (let i = 1; i < n; i++) {
    if (times[i]! - cover > limit) rows[count++] = i;
    if (ends[i]! > cover) cover = ends[i]!;
  }
  return rows.slice(0, count);
}
