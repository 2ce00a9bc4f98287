// Rows that a plugin or a source gave, checked and put in order.

import { coverEndOf, endtimesOf, NO_COVER, timesOf } from "../chunk/chunk.ts";
import { compareRest, keysOf, type NumberArray } from "../chunk/_keys.ts";
import { orderOf } from "../chunk/order.ts";
import { sortRows } from "../chunk/sort_rows.ts";
import { highestEndOf, isOrdered, markOrdered, shareOrdered } from "../data/_ordered.ts";
import type { Memory } from "../data/buffer_pool.ts";
import type { Table } from "../data/table.ts";

/**
 * One more table of the same rows in total order, marked as such: a view where they are in order, as they mostly are, else a copy.
 *
 * @throws {RangeError} On times that are no exact integers, or an end before its start.
 */
export function inOrder(table: Table, dataType: string, memory: Partial<Memory>): Table {
  if (isOrdered(table)) return shareOrdered(table);
  const end = orderedEnd(table);
  if (end !== undefined) return markOrdered(table.share(), end);
  checkTimes(table, dataType);
  return markOrdered(sortRows(table, memory));
}

/** More than the distance of two values of a column of 32 bits. */
const FAR = 2 ** 33;

/**
 * The highest endtime of rows in total order with valid times, ps from `t0`; undefined if they are not so, or there are none. One
 * look at each; from the last on, since an end is then seldom the highest so far.
 */
function orderedEnd(table: Table): number | undefined {
  const { rest, count } = keysOf([table], orderOf(table.schema));
  const times = timesOf(table), ends = endtimesOf(table);
  const second = rest[0] && !(rest[0] instanceof Float64Array) ? rest[0] : times;
  return count === 0 ? undefined : endOf(times, ends, second, rest);
}

/** A loop of its own: V8 compiles it without all that is around it. */
function endOf(
  times: Float64Array,
  ends: Float64Array,
  second: NumberArray,
  rest: readonly NumberArray[],
): number | undefined {
  let later = Infinity, key = 0, highest = -Infinity;
  for (let i = times.length - 1; i >= 0; i--) {
    const time = times[i]!, end = ends[i]!, next = second[i]!;
    // All false for NaN; what is infinite or too large is one of the ends of the range.
    if (!(end >= time && Math.trunc(time) === time && Math.trunc(end) === end)) return undefined;
    // Above 0 for a later time and, of equal ones, a higher second key: no branch on which it is.
    if (!((later - time) * FAR + (key - next) > 0)) {
      if (!(time <= later) || (time === later && compareRest(rest, i, i + 1) > 0)) return undefined;
    }
    later = time;
    key = next;
    if (end > highest) highest = end;
  }
  const isExact = later >= Number.MIN_SAFE_INTEGER && highest <= Number.MAX_SAFE_INTEGER;
  return isExact ? highest : undefined;
}

/** The higher of `before` and all endtimes of rows that {@linkcode inOrder} gave, or others. O(1) for those. */
export function coverOf(table: Table, before: bigint = NO_COVER): bigint {
  const end = highestEndOf(table);
  if (end === undefined) return coverEndOf(table, before);
  const cover = table.t0 + BigInt(end);
  return cover > before ? cover : before;
}

/**
 * Check that all times are exact integers and no row ends before it starts. O(rows).
 *
 * @throws {RangeError} Naming the first row that is not so.
 */
export function checkTimes(table: Table, dataType: string): void {
  const times = timesOf(table), ends = endtimesOf(table);
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!, end = ends[i]!;
    const whole = Math.trunc(time) === time && Math.trunc(end) === end; // false for NaN
    if (whole && end >= time && time >= Number.MIN_SAFE_INTEGER && end <= Number.MAX_SAFE_INTEGER) continue;
    const where = `row ${i} of "${dataType}" is [${time}, ${end}) ps from ${table.t0} ps`;
    throw new RangeError(
      `A row must start and end at whole picoseconds and not end before it starts: ${where}`,
    );
  }
}
