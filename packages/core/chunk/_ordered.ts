// Tables whose rows are known to be in their kind's order, with valid times: they are looked at once, not by every part of the
// engine that they go through.

import type { Table } from "../data/table.ts";

const ordered = new WeakSet<Table>();

/** Remember that a table was checked; it must not be written to any more. */
export function markOrdered(table: Table): Table {
  ordered.add(table);
  return table;
}

/** Whether a table was checked in this thread. */
export function isOrdered(table: Table): boolean {
  return ordered.has(table);
}
