/**
 * Random rows that find what chunking breaks: ties, rows without length, overlaps, rows without a gap between them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import fc from "fast-check";
 * import { randomRows } from "@millrace/core/testing";
 *
 * fc.assert(fc.property(randomRows({ maxRows: 5 }), (table) => {
 *   assert.ok(table.length <= 5);
 *   for (const { time, endtime } of table.rows()) assert.ok(time <= endtime);
 * }));
 * ```
 * @module
 */
import fc, { type Arbitrary } from "fast-check";
import { isSorted } from "../chunk/order.ts";
import type { ColumnType } from "../data/schema.ts";
import { schema } from "../data/schema.ts";
import { type RowValue, Table } from "../data/table.ts";

/** A random row, before it becomes part of a table; times in units of the scale. */
export interface RandomRow {
  /** Start. */
  readonly time: number;
  /** End, not before the start. */
  readonly endtime: number;
  /** From 0 to the number of channels (excluded). */
  readonly channel: number;
  /** Number of the row in order of time, channel and endtime. */
  readonly id: number;
}

/** A column of random rows beside those of {@linkcode RandomRow}. */
export interface RandomColumn {
  /** Its type. */
  readonly type: ColumnType;
  /** The value of a row. */
  readonly value: (row: RandomRow) => RowValue | readonly number[];
}

/** What {@linkcode randomRows} may be told. */
export interface RandomRowsOptions {
  /** Most rows. Default 24. */
  readonly maxRows?: number;
  /** Latest start, in units of the scale. Default 30. */
  readonly lastTime?: number;
  /** Longest row, in units of the scale. Default 8. */
  readonly longest?: number;
  /** Channels. Default 3. */
  readonly channels?: number;
  /** Picoseconds a unit. Default 1. */
  readonly scale?: number;
  /** Time of unit 0, ps. Default 0. */
  readonly origin?: bigint;
  /** More columns by name, or another `channel` or `id`. */
  readonly columns?: Readonly<Record<string, RandomColumn>>;
}

/** Columns of {@linkcode randomRows}. */
export interface RandomRowColumns {
  /** By name, as in any schema. */
  readonly [name: string]: ColumnType;
  /** Start. */
  readonly time: "time";
  /** End. */
  readonly endtime: "time";
  /** Channel. */
  readonly channel: "u16";
  /** Number of the row. */
  readonly id: "i32";
}

const order = (a: Omit<RandomRow, "id">, b: Omit<RandomRow, "id">) =>
  a.time - b.time || a.channel - b.channel || a.endtime - b.endtime;

/**
 * Tables of random rows in order, with the columns `time`, `endtime`, `channel` (`u16`), `id` (`i32`) and those asked for.
 */
export function randomRows(options: RandomRowsOptions = {}): Arbitrary<Table<RandomRowColumns>> {
  const { maxRows = 24, lastTime = 30, longest = 8, channels = 3 } = options;
  const channel = fc.integer({ min: 0, max: channels - 1 });
  const loose = fc.array(
    fc.record({
      time: fc.integer({ min: 0, max: lastTime }),
      length: fc.integer({ min: 0, max: longest }),
      channel,
    }),
    { maxLength: maxRows },
  ).map((list) => list.map(({ time, length, channel }) => ({ time, endtime: time + length, channel })));
  const bricks = fc.array(fc.record({ length: fc.integer({ min: 1, max: 3 }), channel }), {
    maxLength: maxRows,
  })
    .map((list) => {
      let time = 0;
      return list.map(({ length, channel }) => {
        const start = time;
        time += length;
        return { time: start, endtime: time, channel };
      });
    });
  return fc.oneof({ arbitrary: loose, weight: 4 }, { arbitrary: bricks, weight: 1 })
    .map((list) => tableOf(list.sort(order).map((row, id) => ({ ...row, id })), options));
}

function tableOf(rows: readonly RandomRow[], options: RandomRowsOptions): Table<RandomRowColumns> {
  const { scale = 1, origin = 0n, columns = {} } = options;
  const types: Record<string, ColumnType> = { time: "time", endtime: "time", channel: "u16", id: "i32" };
  const at = (time: number) => origin + BigInt(time) * BigInt(scale);
  const values: Record<string, unknown[]> = {
    time: rows.map(({ time }) => at(time)),
    endtime: rows.map(({ endtime }) => at(endtime)),
    channel: rows.map(({ channel }) => channel),
    id: rows.map(({ id }) => id),
  };
  for (const [name, { type, value }] of Object.entries(columns)) {
    types[name] = type;
    values[name] = rows.map(value);
  }
  const table = Table.from(schema(types), values as Record<string, number[]>, { t0: origin });
  if (!isSorted(table)) throw new RangeError("Cannot make random rows: a given column changes their order");
  return table as unknown as Table<RandomRowColumns>;
}
