// Sort keys of the rows of one or several tables, as arrays of numbers: one array an order column (two for 64-bit
// integers, so that no bigint is made), the tables one after the other. Of a single table, arrays are views.

import { type Column, columnOf, type TypedArray } from "../data/schema.ts";
import { exactOffset, type Table } from "../data/table.ts";

/** A typed array of numbers. */
export type NumberArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>;

/** Keys of `count` rows: compared by `primary`, then by each of `rest`. */
export interface Keys {
  readonly primary: Float64Array;
  readonly rest: readonly NumberArray[];
  readonly count: number;
}

/** The keys of all rows of `tables` (of one schema) for the columns in `order`. */
export function keysOf(tables: readonly Table[], order: readonly string[]): Keys {
  const [first] = tables;
  if (!first || order.length === 0) throw new RangeError("Cannot order rows by no column; name at least one");
  const lanes = order.flatMap((name) => {
    const column = columnOf(first.schema, name);
    return transpose(tables.map((table) => lanesOf(table, column, first.t0))).map(join);
  });
  const [primary, ...rest] = lanes;
  const keys = primary instanceof Float64Array ? primary : Float64Array.from(primary!);
  return { primary: keys, rest, count: keys.length };
}

/** Below 0, 0 or above 0 as row `i` comes before, with or after row `j` by the columns behind the primary one. */
export function compareRest(rest: readonly NumberArray[], i: number, j: number): number {
  for (let k = 0; k < rest.length; k++) {
    const lane = rest[k]!;
    const a = lane[i]!, b = lane[j]!;
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

function lanesOf(table: Table, column: Column, t0: bigint): NumberArray[] {
  const data = table.columns[column.name] as TypedArray;
  if (column.kind === "time") {
    const delta = exactOffset(table.t0, t0);
    return [delta === 0 ? data as Float64Array : (data as Float64Array).map((time) => time + delta)];
  }
  if (column.kind !== "scalar") {
    throw new TypeError(
      `Cannot order rows by column "${column.name}" of type ${column.type}: it holds samples`,
    );
  }
  switch (column.element) {
    case "i64":
    case "u64":
      return words(data as BigInt64Array, column.element === "i64");
    case "f32":
    case "f64": // NaN compares with nothing: let it come last
      return [Float64Array.from(data as Float64Array, (value) => value === value ? value : Infinity)];
    default:
      return [data as NumberArray];
  }
}

/** High and low halves of 64-bit integers. */
function words(data: BigInt64Array, signed: boolean): NumberArray[] {
  const n = data.length;
  const pairs = new Uint32Array(data.buffer, data.byteOffset, 2 * n);
  const high = signed ? new Int32Array(n) : new Uint32Array(n);
  const low = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    low[i] = pairs[2 * i]!;
    high[i] = pairs[2 * i + 1]!;
  }
  return [high, low];
}

function transpose<T>(lists: T[][]): T[][] {
  return lists[0]!.map((_, k) => lists.map((list) => list[k]!));
}

function join(parts: NumberArray[]): NumberArray {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const make = first!.constructor as new (length: number) => NumberArray;
  const all = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
