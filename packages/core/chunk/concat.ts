/**
 * Contiguous chunks of one stream as one chunk.
 *
 * Complexity: O(bytes), one allocation; a single chunk is shared, not copied.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { concat } from "@millrace/core/concat";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hit = schema({ time: "time" });
 * using first = new Chunk(Table.from(hit, { time: [1n] }), { start: 0n, end: 10n });
 * using second = new Chunk(Table.from(hit, { time: [12n] }), { start: 10n, end: 20n });
 * using all = concat([first, second]);
 * assert.deepEqual([all.start, all.end, all.length], [0n, 20n, 2]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { checkRuns, checkSchemas, chunkOf, firstOf, identityOf, later } from "./_chunk_of.ts";
import { type Chunk, MAX_CHUNK_PS, NO_COVER } from "./chunk.ts";
import { concatTables } from "./concat_tables.ts";
import type { MemoryOptions } from "./gather.ts";

/**
 * One chunk from the first one's start to the last one's end; the chunks stay the caller's.
 *
 * @throws {TypeError} On different schemas, runs or data types.
 * @throws {RangeError} On an empty list, chunks that don't follow each other without a gap or an overlap, different widths,
 * or more than 2^53 ps (2.5 h) in all.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function concat<C extends ColumnTypes>(
  chunks: readonly Chunk<C>[],
  options: MemoryOptions = {},
): Chunk<C> {
  const action = "join chunks";
  const first = firstOf(chunks, action);
  let coverEnd = NO_COVER, previous: Chunk<C> | undefined;
  for (const chunk of chunks) {
    if (previous) checkNext(previous as Chunk, chunk as Chunk, action);
    coverEnd = later(coverEnd, chunk.coverEnd);
    previous = chunk;
  }
  const { start, coverBefore } = first;
  const { end } = previous!;
  if (end - start > MAX_CHUNK_PS) {
    throw new RangeError(
      `Cannot ${action} from ${start} to ${end} ps: a chunk is at most 2^53 ps (2.5 h) long`,
    );
  }
  const info = { ...identityOf(first as Chunk), start, end, coverBefore, coverEnd };
  return chunkOf(tableOf(chunks, options), info);
}

function tableOf<C extends ColumnTypes>(chunks: readonly Chunk<C>[], options: MemoryOptions): Table<C> {
  const tables = chunks.map((chunk) => chunk.table);
  const filled = tables.filter((table) => table.length > 0);
  if (filled.length < 2) return (filled[0] ?? tables[0]!).share();
  return concatTables(filled, options);
}

function checkNext(previous: Chunk, next: Chunk, action: string): void {
  checkSchemas(previous, next, action);
  checkRuns(previous, next, action);
  if (previous.dataType !== next.dataType) {
    throw new TypeError(`Cannot ${action}: ${previous} and ${next} are of different data types`);
  }
  if (previous.end !== next.start) {
    throw new RangeError(`Cannot ${action}: ${next} does not start where ${previous} ends`);
  }
}
