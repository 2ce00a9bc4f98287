/**
 * The rows of a chunk in a time range.
 *
 * A range `[start, end)` selects by start: adjacent ranges then add up to the whole, with no row twice. `touching` is the
 * other question: which rows have any part in the range. A row touches it if `time < end`, and `endtime > start` or
 * `time >= start`.
 *
 * Complexity: O(log rows) for the cut and O(rows before the range) for what they cover; no copy, unless rows that touch the
 * range lie among earlier ones that don't.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { selectTime } from "@millrace/core/select-time";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time", endtime: "time" }), { time: [0n, 6n], endtime: [9n, 7n] });
 * using hits = new Chunk(rows, { start: 0n, end: 10n });
 * assert.equal(selectTime(hits, 5n, 10n)?.length, 1);
 * assert.equal(selectTime(hits, 5n, 10n, { touching: true })?.length, 2);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { chunkOf, earlier, identityOf, later } from "./_chunk_of.ts";
import { type Chunk, coverEndOf, endtimesOf, rowAt, timesOf } from "./chunk.ts";
import { gather, type MemoryOptions } from "./gather.ts";

/** What {@linkcode selectTime} may be told. */
export interface SelectTimeOptions extends MemoryOptions {
  /** All rows that have a part in the range, not only those that start in it. Default false. */
  readonly touching?: boolean;
}

/**
 * The part of a chunk in `[start, end)`, which shares its buffers; `undefined` where the two have nothing in common.
 *
 * By start, the part is a chunk of the stream: the common interval with all of its rows. With `touching`, the interval is
 * widened to the left to hold the starts of all rows that touch the range, and earlier rows that don't are left out:
 * such parts answer a question, they don't follow each other as a stream.
 *
 * @param start Start of the range, ps.
 * @param end End of the range (excluded), ps.
 * @throws {RangeError} On an empty range.
 * @throws {MemoryBudgetError} When rows must be copied and the account has no room.
 */
export function selectTime<C extends ColumnTypes>(
  chunk: Chunk<C>,
  start: bigint,
  end: bigint,
  options: SelectTimeOptions = {},
): Chunk<C> | undefined {
  if (start >= end) {
    throw new RangeError(`Cannot select [${start} .. ${end}) ps of chunk ${chunk}: the range is empty`);
  }
  const { touching = false, ...memory } = options;
  const from = rowAt(chunk.table, start), to = rowAt(chunk.table, end);
  const first = touching ? firstTouching(chunk as Chunk, from, start) : from;
  const reach = first < from ? chunk.t0 + BigInt(timesOf(chunk.table as Chunk["table"])[first]!) : start;
  const interval = { start: later(chunk.start, reach), end: earlier(chunk.end, end) };
  if (interval.start >= interval.end) return undefined;
  const before = chunk.table.slice(0, first);
  const coverBefore = coverEndOf(before, chunk.coverBefore);
  before.release();
  const table = first < from
    ? touchingRows(chunk, first, from, to, start, memory)
    : chunk.table.slice(first, to);
  return chunkOf(table, { ...identityOf(chunk as Chunk), ...interval, coverBefore });
}

/** First of the rows before `from` that ends behind `start`, or `from`. */
function firstTouching(chunk: Chunk, from: number, start: bigint): number {
  const ends = endtimesOf(chunk.table);
  const at = Number(start - chunk.t0);
  for (let i = 0; i < from; i++) if (ends[i]! > at) return i;
  return from;
}

/** Rows `first` to `to`, of those before `from` only the ones that end behind `start`. */
function touchingRows<C extends ColumnTypes>(
  chunk: Chunk<C>,
  first: number,
  from: number,
  to: number,
  start: bigint,
  memory: MemoryOptions,
): Chunk<C>["table"] {
  const ends = endtimesOf(chunk.table as Chunk["table"]);
  const at = Number(start - chunk.t0);
  const rows = new Uint32Array(to - first);
  let n = 0;
  for (let i = first; i < to; i++) if (i >= from || ends[i]! > at) rows[n++] = i;
  const together = rows[n - 1]! - first === n - 1; // the first one touches: n is above 0
  return together ? chunk.table.slice(first, first + n) : gather(chunk.table, rows, n, memory);
}
