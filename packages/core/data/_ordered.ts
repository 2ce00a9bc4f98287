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

/** The rows from `from` to `to` (excluded) of a table, with what is known of them: with the highest end only of most rows. O(rows left out). */
export function sliceOrdered(table: Table, from: number, to: number): Table {
  const slice = table.slice(from, to), end = ordered.get(table);
  if (end === undefined) return slice;
  const ends = endsOf(table);
  const isHigher = (a: number, b: number) => {
    for (let i = a; i < b; i++) if (ends[i]! >= end) return true;
    return false;
  };
  // What has the highest end may be left out: then it is not known.
  const known = to - from > table.length / 2 && !isHigher(0, from) && !isHigher(to, table.length);
  return markOrdered(slice, known ? end : NaN); // NaN stays NaN
}

function endsOf({ columns }: Table): Float64Array {
  return (columns["endtime"] ?? columns["time"]) as Float64Array;
}
