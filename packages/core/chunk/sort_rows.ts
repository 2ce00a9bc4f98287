/**
 * Rows in their total order.
 *
 * Complexity: O(rows) for rows in order, which are shared, not copied; else O(rows log runs), where `runs` are the ordered
 * stretches, and one copy of the rows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sortRows } from "@millrace/core/sort-rows";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * using hits = Table.from(schema({ time: "time", channel: "i16" }), { time: [5n, 5n, 2n], channel: [1, 0, 3] });
 * using sorted = sortRows(hits);
 * assert.deepEqual([...sorted.columns.channel], [3, 0, 1]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { keysOf } from "./_keys.ts";
import { sortPermutation } from "./_sort_permutation.ts";
import { gather, type MemoryOptions } from "./gather.ts";
import { type Order, orderOf } from "./order.ts";

/** What {@linkcode sortRows} may be told. */
export interface SortOptions extends MemoryOptions {
  /** Columns to order by. Default: {@linkcode orderOf} the schema. */
  readonly order?: Order;
}

/**
 * A table of the same rows in order, to be released on its own. Stable: equal rows stay in the order they are in.
 *
 * @throws {RangeError} On an unknown order column.
 * @throws {TypeError} On an order column of samples.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function sortRows<C extends ColumnTypes>(table: Table<C>, options: SortOptions = {}): Table<C> {
  const { order = orderOf(table.schema), ...memory } = options;
  const permutation = sortPermutation(keysOf([table as Table], order));
  return permutation ? gather(table, permutation, permutation.length, memory) : table.share();
}
