/**
 * The rows of several tables or chunks in one total order.
 *
 * Complexity: O(rows log k) comparisons for k ordered inputs and one copy of the rows; O(rows) where the inputs follow each
 * other; a single ordered input is shared, not copied. Inputs that are out of order cost O(rows log runs).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mergeRows } from "@millrace/core/merge-rows";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hit = schema({ time: "time", channel: "i16" });
 * const a = Table.from(hit, { time: [1n, 5n], channel: [0, 0] });
 * const b = Table.from(hit, { time: [3n, 5n], channel: [1, 1] });
 * using both = mergeRows([b, a]);
 * assert.deepEqual([...both.times()], [1n, 3n, 5n, 5n]);
 * assert.deepEqual([...both.columns.channel], [0, 1, 0, 1]);
 * ```
 * @module
 */
import type { ColumnTypes, Ragged } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { checkIntervals, checkRuns, chunkOf, firstOf, later, mergedNames } from "./_chunk_of.ts";
import { compareRest, keysOf } from "./_keys.ts";
import { countingUp, placeLengths, placeRows, type Places, sumOffsets } from "./_place_rows.ts";
import { originOf, shapeOf } from "./_shape.ts";
import { sortPermutation } from "./_sort_permutation.ts";
import { Chunk, NO_COVER } from "./chunk.ts";
import { concatTables } from "./concat_tables.ts";
import type { MemoryOptions } from "./gather.ts";
import { isSorted, type Order, orderOf } from "./order.ts";

/** What {@linkcode mergeRows} may be told. */
export interface MergeRowsOptions extends MemoryOptions {
  /** Columns to order by. Default: {@linkcode orderOf} the schema. */
  readonly order?: Order;
  /** Data type of the result, of chunks. Default: the inputs' types, joined by `+` where they differ. */
  readonly dataType?: string;
}

/**
 * All rows in order. Stable: of equal rows, those of the earlier input come first. The inputs stay the caller's.
 *
 * Chunks must have the same interval; their result is a data kind of its own, named as the data type, unless all inputs
 * are of one kind.
 *
 * @throws {TypeError} On different schemas or runs, or an order column of samples.
 * @throws {RangeError} On an empty list, different intervals or widths, an unknown order column, or times more than
 * 2^53 ps (2.5 h) apart.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function mergeRows<C extends ColumnTypes>(
  inputs: readonly Chunk<C>[],
  options?: MergeRowsOptions,
): Chunk<C>;
/** The same for tables. */
export function mergeRows<C extends ColumnTypes>(
  inputs: readonly Table<C>[],
  options?: MergeRowsOptions,
): Table<C>;
export function mergeRows(
  inputs: readonly Chunk[] | readonly Table[],
  options: MergeRowsOptions = {},
): Chunk | Table {
  const { dataType, ...rest } = options;
  return firstOf<Chunk | Table>(inputs, "merge rows") instanceof Chunk
    ? mergeChunks(inputs as readonly Chunk[], dataType, rest)
    : mergeTables(inputs as readonly Table[], rest);
}

function mergeChunks(
  chunks: readonly Chunk[],
  dataType: string | undefined,
  options: MergeRowsOptions,
): Chunk {
  const first = chunks[0]!;
  let coverBefore = NO_COVER, coverEnd = NO_COVER;
  for (const chunk of chunks) {
    checkRuns(first, chunk, "merge rows");
    checkIntervals(first, chunk, "merge rows");
    coverBefore = later(coverBefore, chunk.coverBefore);
    coverEnd = later(coverEnd, chunk.coverEnd);
  }
  const table = mergeTables(chunks.map((chunk) => chunk.table), options);
  const { runId, start, end } = first;
  return chunkOf(table, { ...mergedNames(chunks, dataType), runId, start, end, coverBefore, coverEnd });
}

function mergeTables(tables: readonly Table[], options: MergeRowsOptions): Table {
  const { rows, allocate } = shapeOf(tables, "merge rows");
  const { schema } = tables[0]!;
  const { order = orderOf(schema), ...memory } = options;
  const filled = tables.filter((table) => table.length > 0);
  if (filled.length === 0) return tables[0]!.share();
  if (follow(filled, order)) return filled.length === 1 ? filled[0]!.share() : concatTables(filled, memory);
  const permutation = sortPermutation(keysOf(filled, order))!; // something is out of order
  const out = Table.allocate(schema, rows, { ...memory, ...allocate, t0: originOf(filled) });
  try {
    scatter(filled, out, permutation);
  } catch (error) {
    out.release();
    throw error;
  }
  return out;
}

/** Whether the tables are in order one after the other, each of them being so. No copy of their keys. */
function follow(tables: readonly Table[], order: Order): boolean {
  for (let k = 1; k < tables.length; k++) {
    const before = tables[k - 1]!;
    using last = before.slice(before.length - 1, before.length);
    using first = tables[k]!.slice(0, 1);
    const { primary, rest } = keysOf([last, first], order);
    if (primary[0]! > primary[1]! || (primary[0] === primary[1] && compareRest(rest, 0, 1) > 0)) return false;
  }
  return tables.every((table) => isSorted(table, order));
}

/** Write row `permutation[i]`, counted over all tables, to row `i` of `out`: table by table, with no lookup a row. */
function scatter(tables: readonly Table[], out: Table, permutation: Uint32Array): void {
  const to = new Uint32Array(permutation.length);
  for (let i = 0; i < permutation.length; i++) to[permutation[i]!] = i;
  let at = 0;
  const parts = tables.map((table): [Table, Places] => {
    const count = table.length;
    const places = { from: countingUp(count), to: to.subarray(at, at + count), count };
    at += count;
    return [table, places];
  });
  for (const { name, kind } of out.schema.columns) {
    if (kind !== "ragged") continue;
    const target = out.columns[name] as Ragged;
    for (const [table, places] of parts) placeLengths(table.columns[name] as Ragged, target, places);
    sumOffsets(target);
  }
  for (const [table, places] of parts) placeRows(table, out, places);
}
