/**
 * The rows of several tables one after the other, in one buffer.
 *
 * Complexity: O(bytes), one allocation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { concatTables } from "@millrace/core/concat-tables";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hit = schema({ time: "time" });
 * using all = concatTables([Table.from(hit, { time: [100n] }), Table.from(hit, { time: [250n] })]);
 * assert.equal(all.t0, 100n);
 * assert.deepEqual([...all.columns.time], [0, 150]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { copyRows, Table } from "../data/table.ts";
import { originOf, shapeOf } from "./_shape.ts";
import type { MemoryOptions } from "./gather.ts";

/** What {@linkcode concatTables} may be told. */
export interface ConcatTablesOptions extends MemoryOptions {
  /** Origin of the times, ps. Default: that of the first table with rows. */
  readonly t0?: bigint;
}

/**
 * All rows in the order given, times relative to one origin; the tables stay the caller's.
 *
 * A table without rows fits any width of a `"u16[n]"` column.
 *
 * @throws {TypeError} On different schemas.
 * @throws {RangeError} On an empty list, different widths, or times more than 2^53 ps (2.5 h) from the origin.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function concatTables<C extends ColumnTypes>(
  tables: readonly Table<C>[],
  options: ConcatTablesOptions = {},
): Table<C> {
  const { rows, allocate } = shapeOf(tables as readonly Table[], "join tables");
  const t0 = options.t0 ?? originOf(tables as readonly Table[]);
  const out = Table.allocate(tables[0]!.schema, rows, { ...options, ...allocate, t0 });
  try {
    let at = 0;
    for (const table of tables) {
      copyRows(table as Table, 0, table.length, out as Table, at);
      at += table.length;
    }
  } catch (error) {
    out.release();
    throw error;
  }
  return out;
}
