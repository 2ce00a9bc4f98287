// Tables whose rows are known to be in their kind's order, with valid times: they are looked at once, not by every part of the
// engine that they go through, nor in every thread.

import type { Table } from "./table.ts";

/** The highest endtime by table, ps from its `t0`; NaN where it is not known. */
const ordered = new WeakMap<Table, number>();

/**
 * Remember that a table was checked; it must not be written to any more.
 *
 * @param highestEnd Its highest endtime, ps from `t0`, where that is known.
 */
export function markOrdered(table: Table, highestEnd = NaN): Table {
  ordered.set(table, highestEnd);
  return table;
}

/** Whether a table was checked. */
export function isOrdered(table: Table): boolean {
  return ordered.has(table);
}

/** The highest endtime of a table that was checked, ps from its `t0`; undefined where it is not known. */
export function highestEndOf(table: Table): number | undefined {
  const end = ordered.get(table);
  return end === undefined || Number.isNaN(end) ? undefined : end;
}

/** One more table over the same rows, with what is known of them. */
export function shareOrdered(table: Table): Table {
  const end = ordered.get(table), share = table.share();
  return end === undefined ? share : markOrdered(share, end);
}
