/**
 * Cut a chunk in two at a time.
 *
 * A row belongs to the side that holds its start: a cut at `t` puts rows with `time < t` left, all others right. Rows at
 * equal times stay together, and a zero-length row at `t` goes right. Always possible; a row may reach over the cut, and
 * the left chunk is then unsealed.
 *
 * Complexity: O(log rows) for the cut, no copy; O(rows on the left) for the left chunk's `coverEnd`, O(1) where the rows
 * before the chunk reach as far as any in it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { split } from "@millrace/core/split";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time", endtime: "time" }), { time: [0n, 5n], endtime: [8n, 6n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * const [left, right] = split(hits, 5n);
 * assert.deepEqual([left.length, right.length], [1, 1]);
 * assert.equal(left.sealed, false); // its row ends at 8
 * assert.equal(right.coverBefore, 8n);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { chunkOf, identityOf } from "./_chunk_of.ts";
import { type Chunk, coverEndOf, rowAt } from "./chunk.ts";

/**
 * The chunks `[start, t)` and `[t, end)`, views of the same buffers. The chunk itself stays valid and has to be released
 * on its own.
 *
 * @param t Time strictly inside the chunk, ps.
 * @throws {RangeError} When `t` is not strictly inside.
 */
export function split<C extends ColumnTypes>(chunk: Chunk<C>, t: bigint): [left: Chunk<C>, right: Chunk<C>] {
  if (t <= chunk.start || t >= chunk.end) {
    throw new RangeError(`Cannot split chunk ${chunk} at ${t} ps: choose a time strictly inside it`);
  }
  const row = rowAt(chunk.table, t);
  const same = identityOf(chunk);
  const { coverBefore, coverEnd } = chunk;
  const rows = chunk.table.slice(0, row);
  const cover = coverBefore === coverEnd ? coverEnd : coverEndOf(rows, coverBefore);
  const left = chunkOf(rows, { ...same, start: chunk.start, end: t, coverBefore, coverEnd: cover });
  try {
    const rest = chunk.table.slice(row, chunk.length);
    return [left, chunkOf(rest, { ...same, start: t, end: chunk.end, coverBefore: cover, coverEnd })];
  } catch (error) {
    left.release();
    throw error;
  }
}
