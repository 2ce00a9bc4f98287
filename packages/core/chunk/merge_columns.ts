/**
 * The columns of chunks of one data kind side by side.
 *
 * Types of one kind have the same rows in the same order: the merge pairs row with row, after comparing the number of rows
 * and all key columns (time, board, channel, endtime) that two inputs have in common.
 *
 * Complexity: O(rows) for the comparison, no copy (but of times whose origins differ).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { mergeColumns } from "@millrace/core/merge-columns";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const info = { start: 0n, end: 10n, dataKind: "hits" };
 * using height = new Chunk(Table.from(schema({ time: "time", height: "f32" }), { time: [1n], height: [7] }), info);
 * using width = new Chunk(Table.from(schema({ time: "time", width: "f32" }), { time: [1n], width: [3] }), info);
 * using both = mergeColumns([height, width], { dataType: "hit_features" });
 * assert.deepEqual(both.table.row(0), { time: 1n, height: 7, width: 3 });
 * ```
 * @module
 */
import { columnOf, hasColumn, type TypedArray } from "../data/schema.ts";
import { combineTables } from "../data/combine_tables.ts";
import type { Table } from "../data/table.ts";
import { checkIntervals, checkRuns, chunkOf, firstOf, later, mergedNames } from "./_chunk_of.ts";
import type { Chunk } from "./chunk.ts";
import { DEFAULT_ORDER } from "./order.ts";

/** What {@linkcode mergeColumns} may be told. */
export interface MergeColumnsOptions {
  /** Data type of the result. Default: the inputs' types, joined by `+` where they differ. */
  readonly dataType?: string;
}

/**
 * One chunk with the columns of all `chunks` in turn; of key columns that several have, the first one's. The result shares
 * the inputs' buffers; the inputs stay the caller's.
 *
 * @throws {TypeError} On different data kinds or runs, or a column of one name in several inputs that isn't a key.
 * @throws {RangeError} On an empty list, different intervals or numbers of rows, or rows whose keys differ: names the row.
 */
export function mergeColumns(chunks: readonly Chunk[], options: MergeColumnsOptions = {}): Chunk {
  const action = "merge columns";
  const first = firstOf(chunks, action);
  let { coverBefore, coverEnd } = first;
  chunks.forEach((chunk, k) => {
    checkRuns(first, chunk, action);
    checkIntervals(first, chunk, action);
    if (chunk.dataKind !== first.dataKind) {
      throw new TypeError(
        `Cannot ${action}: ${first} is of kind "${first.dataKind}" and ${chunk} of kind "${chunk.dataKind}"; ` +
          "only types of one kind have the same rows",
      );
    }
    if (chunk.length !== first.length) {
      throw new RangeError(`Cannot ${action}: ${first} and ${chunk} have different numbers of rows`);
    }
    for (let j = 0; j < k; j++) checkKeys(chunks[j]!, chunk, action);
    coverBefore = later(coverBefore, chunk.coverBefore);
    coverEnd = later(coverEnd, chunk.coverEnd);
  });
  const { start, end, runId } = first;
  const table = combineTables(chunks.map((chunk) => chunk.table));
  return chunkOf(table, {
    ...mergedNames(chunks, options.dataType),
    runId,
    start,
    end,
    coverBefore,
    coverEnd,
  });
}

/** @throws {RangeError} On the first row whose keys differ. */
function checkKeys(a: Chunk, b: Chunk, action: string): void {
  for (const name of DEFAULT_ORDER) {
    if (!hasColumn(a.schema, name) || !hasColumn(b.schema, name)) continue;
    const row = firstDifference(a.table, b.table, name);
    if (row < 0) continue;
    const [x, y] = [a.table.row(row)[name], b.table.row(row)[name]];
    throw new RangeError(
      `Cannot ${action}: row ${row} of ${a} has ${name} ${x}, of ${b} ${name} ${y}; ` +
        "types of one kind have the same rows in the same order",
    );
  }
}

/** The first row whose values differ, or -1. */
function firstDifference(a: Table, b: Table, name: string): number {
  const x = a.columns[name] as TypedArray, y = b.columns[name] as TypedArray;
  const isTime = columnOf(a.schema, name).kind === "time";
  if (isTime !== (columnOf(b.schema, name).kind === "time")) return a.length > 0 ? 0 : -1;
  const n = a.length;
  const shift = isTime && n > 0 ? Number(b.t0 - a.t0) : 0;
  if (shift !== 0) {
    for (let i = 0; i < n; i++) if ((x[i] as number) - (y[i] as number) !== shift) return i;
  } else for (let i = 0; i < n; i++) if (x[i] !== y[i]) return i;
  return -1;
}
