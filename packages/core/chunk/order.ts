/**
 * The total order of rows.
 *
 * A data kind has one order; by default rows are ordered by time, then board, channel and endtime, as far as there are
 * such columns. Sorting by time alone would let rows at equal times change places with the chunking.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isSorted, orderOf } from "@millrace/core/order";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hits = Table.from(schema({ time: "time", channel: "i16" }), { time: [5n, 5n], channel: [1, 0] });
 * assert.deepEqual(orderOf(hits.schema), ["time", "channel"]);
 * assert.equal(isSorted(hits), false);
 * assert.equal(isSorted(hits, ["time"]), true);
 * ```
 * @module
 */
import { hasColumn, type Schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { compareRest, keysOf } from "./_keys.ts";

/** Names of the columns that rows are ordered by, the first one first. Scalars and times only; NaN comes last. */
export type Order = readonly string[];

/** The default order, of which a schema may have a part. */
export const DEFAULT_ORDER: Order = ["time", "board", "channel", "endtime"];

/**
 * The default order of a schema: those of time, board, channel and endtime that it has.
 *
 * @throws {TypeError} When it has none of them.
 */
export function orderOf(schema: Schema): Order {
  const order = DEFAULT_ORDER.filter((name) => hasColumn(schema, name));
  if (order.length > 0) return order;
  throw new TypeError(
    `Cannot order rows of ${schema.text}: it has none of ${
      DEFAULT_ORDER.join(", ")
    }; name the columns to order by`,
  );
}

/**
 * Whether the rows are in order; equal rows are. O(rows), stops at the first pair out of order.
 *
 * @param order Default: {@linkcode orderOf} the schema.
 * @throws {RangeError} On an unknown column.
 * @throws {TypeError} On a column of samples.
 */
export function isSorted(table: Table, order: Order = orderOf(table.schema)): boolean {
  const { primary, rest, count } = keysOf([table], order);
  for (let i = 1; i < count; i++) {
    const a = primary[i - 1]!, b = primary[i]!;
    if (a > b || (a === b && compareRest(rest, i - 1, i) > 0)) return false;
  }
  return true;
}
