// How inputs are cut into chunks, and how that is written down.

import { endtimesOf, timesOf } from "../chunk/chunk.ts";
import type { Table } from "../data/table.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { Random } from "./_random.ts";

/** How one input is cut: the stream's extent, and times strictly inside it, ascending. */
export interface Cutting {
  readonly extent: TimeRange;
  readonly cuts: readonly bigint[];
}

/** How all inputs are cut, by data type. */
export type Cuttings = Readonly<Record<string, Cutting>>;

type Tables = Readonly<Record<string, Table>>;

/** First start and end of all rows; `[0, 1)` without rows. */
export function extentOf(table: Table): TimeRange {
  if (table.length === 0) return [0n, 1n];
  const times = absolute(table);
  const last = times.at(-1)! + 1n;
  return [times[0]! < 0n ? times[0]! : 0n, ends(table).reduce((a, b) => (a > b ? a : b), last)];
}

function absolute(table: Table): bigint[] {
  return Array.from(timesOf(table), (offset) => table.t0 + BigInt(offset)).sort((
    a,
    b,
  ) => (a < b ? -1 : a > b ? 1 : 0));
}

function ends(table: Table): bigint[] {
  return "endtime" in table.schema.types ? [...table.times("endtime")] : absolute(table);
}

const each = <T>(tables: Tables, make: (table: Table, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, make(table, name)]));

/** One chunk an input. */
export function uncut(tables: Tables, extents?: Readonly<Record<string, TimeRange>>): Cuttings {
  return each(tables, (table, name) => ({ extent: extents?.[name] ?? extentOf(table), cuts: [] }));
}

/** Extents as they are, with `more` picoseconds without rows at the end: those that no halo to the right can reach into. */
export function paddedExtents(tables: Tables, more: bigint): Record<string, TimeRange> {
  return each(tables, (table) => {
    const [start, end] = extentOf(table);
    return [start, end + more] as const;
  });
}

/** How long the longest row of all inputs is, ps. */
export function longestRow(tables: Tables): bigint {
  let longest = 0;
  for (const table of Object.values(tables)) {
    const times = timesOf(table), until = endtimesOf(table);
    for (let i = 0; i < times.length; i++) longest = Math.max(longest, until[i]! - times[i]!);
  }
  return BigInt(longest);
}

/** A cut 1 ps after every distinct start of every input: regions `[t, t + 1)`, where each row's declared reach shows. */
export function cutAfterEveryStart(
  tables: Tables,
  extents?: Readonly<Record<string, TimeRange>>,
): Cuttings {
  const all = [
    ...new Set(Object.values(tables).flatMap((table) => absolute(table).flatMap((t) => [t, t + 1n]))),
  ];
  all.sort((a, b) => (a < b ? -1 : 1));
  return each(tables, (table, name) => cutting(extents?.[name] ?? extentOf(table), all));
}

function cutting(extent: TimeRange, times: readonly bigint[]): Cutting {
  return { extent, cuts: times.filter((t) => extent[0] < t && t < extent[1]) };
}

/** Extents that differ from input to input, the given ones or longer. */
export function randomExtents(
  tables: Tables,
  random: Random,
  extents?: Readonly<Record<string, TimeRange>>,
): Record<string, TimeRange> {
  const extra = (length: bigint) =>
    random.below(3) === 0 ? BigInt(Math.floor(random.next() * Number(length))) : 0n;
  return each(tables, (table, name) => {
    const [start, end] = extents?.[name] ?? extentOf(table);
    const length = end - start + 3n;
    return [start - extra(length), end + extra(length)] as const;
  });
}

/** Random cuts, different ones for every input: at starts, behind them, at ends, and where nothing is. */
export function randomCuts(
  tables: Tables,
  extents: Readonly<Record<string, TimeRange>>,
  random: Random,
): Cuttings {
  return each(tables, (table, name) => {
    const extent = extents[name]!;
    const share = [0, 0.1, 0.5, 1][random.below(4)]!;
    const places = [...absolute(table).flatMap((t) => [t, t + 1n]), ...ends(table)];
    const span = Number(extent[1] - extent[0]);
    for (let k = random.below(6); k > 0; k--) {
      places.push(extent[0] + BigInt(Math.floor(random.next() * span)));
    }
    const times = [...new Set(places)].filter(() => random.next() < share);
    return cutting(extent, times.sort((a, b) => (a < b ? -1 : 1)));
  });
}

const MOST = 60;

/** An input with its cuts as text, such as `[2,4)ch1 |3 [3,4)`; of a long one, how many rows and cuts it has. */
export function cutText(table: Table, { extent, cuts }: Cutting): string {
  const rows = table.rows().sort((a, b) => Number((a.time as bigint) - (b.time as bigint)));
  const where = `from ${extent[0]} to ${extent[1]}: `;
  if (rows.length + cuts.length > MOST) return `${where}${rows.length} rows, ${cuts.length} cuts`;
  const parts: string[] = [];
  let next = 0;
  for (const row of rows) {
    while (next < cuts.length && cuts[next]! <= (row.time as bigint)) parts.push(`|${cuts[next++]}`);
    const channel = row.channel === undefined ? "" : `ch${row.channel}`;
    parts.push(`[${row.time},${row.endtime ?? row.time})${channel}`);
  }
  while (next < cuts.length) parts.push(`|${cuts[next++]}`);
  return where + parts.join(" ");
}
