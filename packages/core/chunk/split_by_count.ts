/**
 * Cut a chunk into parts of so many rows.
 *
 * Complexity: O(rows), no copy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { splitByCount } from "@millrace/core/split-by-count";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 2n, 7n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * assert.deepEqual(splitByCount(hits, 2).map((part) => part.length), [1, 2, 1]); // rows at 2 stay together
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { rowsToCut, splitAtRows } from "./_split_at_rows.ts";
import { type Chunk, timesOf } from "./chunk.ts";

/**
 * Parts of at most `rows` rows, more only where more start at one time; each part but the first begins at a row's start.
 * Views of the chunk's buffers; the chunk stays the caller's.
 *
 * @throws {RangeError} When `rows` is no integer above 0.
 */
export function splitByCount<C extends ColumnTypes>(chunk: Chunk<C>, rows: number): Chunk<C>[] {
  if (!(Number.isSafeInteger(rows) && rows > 0)) {
    throw new RangeError(`Cannot split chunk ${chunk} into parts of ${rows} rows: give an integer above 0`);
  }
  return splitAtRows(chunk, rowsToCut(timesOf(chunk.table), (from) => from + rows));
}
