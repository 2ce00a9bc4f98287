/**
 * Cut a chunk into parts of so many bytes.
 *
 * Complexity: O(rows), no copy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { splitBySize } from "@millrace/core/split-by-size";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 3n, 4n, 5n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * assert.deepEqual(splitBySize(hits, 16).map((part) => part.length), [2, 2, 1]); // 8 bytes a row
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { RowBytes } from "./_row_bytes.ts";
import { rowsToCut, splitAtRows } from "./_split_at_rows.ts";
import { type Chunk, timesOf } from "./chunk.ts";

/**
 * Parts whose rows take at most `bytes`, more only where the rows of one time do; each part but the first begins at a
 * row's start. Views of the chunk's buffers; the chunk stays the caller's.
 *
 * @throws {RangeError} When `bytes` is not above 0.
 */
export function splitBySize<C extends ColumnTypes>(chunk: Chunk<C>, bytes: number): Chunk<C>[] {
  if (!(bytes > 0)) {
    throw new RangeError(`Cannot split chunk ${chunk} into parts of ${bytes} bytes: give a size above 0`);
  }
  const size = new RowBytes(chunk.table as Chunk["table"]);
  const cuts = rowsToCut(timesOf(chunk.table), (from) => size.upTo(from, chunk.length, bytes));
  return splitAtRows(chunk, cuts);
}
