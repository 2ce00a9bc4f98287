// Tables from arrays of any shape that says which rows are meant.

import { exactOffset } from "./_offset.ts";
import type { Column, ColumnTypes, Ragged, Schema, TypedArray } from "./schema.ts";
import type { AllocateOptions, ColumnInput, Table } from "./table.ts";

/** What {@linkcode Table.from} does, with `allocate` for {@linkcode Table.allocate}. */
export function tableFrom<C extends ColumnTypes>(
  schema: Schema<C>,
  input: Readonly<Record<string, ColumnInput>>,
  options: AllocateOptions,
  allocate: (schema: Schema<C>, rows: number, options: AllocateOptions) => Table<C>,
): Table<C> {
  const given = (column: Column): ColumnInput => {
    const value = input[column.name] ?? (column.name === "time" ? input.timestamp : undefined);
    if (value === undefined) throw new TypeError(`Cannot make a table: column "${column.name}" is missing`);
    return value;
  };
  const known = new Set([...schema.columns.map((c) => c.name), "timestamp"]);
  for (const name of Object.keys(input)) {
    if (!known.has(name)) throw new TypeError(`Cannot make a table: column "${name}" is not in its schema`);
  }
  let rows: number | undefined;
  let t0 = options.t0;
  const widths: Record<string, number> = {}, values: Record<string, number> = {};
  for (const column of schema.columns) {
    const data = given(column);
    const [count, width, pool] = shapeOf(column, data);
    rows ??= count;
    if (count !== rows) {
      throw new RangeError(`Cannot make a table: column "${column.name}" has ${count} rows, others ${rows}`);
    }
    if (column.kind === "time" && t0 === undefined && count > 0) {
      const first = (data as ArrayLike<unknown>)[0];
      if (typeof first === "bigint") t0 = first;
    }
    if (column.kind === "fixed") widths[column.name] = width;
    if (column.kind === "ragged") values[column.name] = pool;
  }
  const table = allocate(schema, rows ?? 0, { ...options, t0: t0 ?? 0n, widths, values });
  try {
    for (const column of schema.columns) fill(column, given(column), table as unknown as Table);
  } catch (error) {
    table.release();
    throw error;
  }
  return table;
}

function shapeOf(column: Column, data: ColumnInput): [rows: number, width: number, pool: number] {
  if ("offsets" in data) {
    if (column.kind !== "ragged") {
      throw new TypeError(`Cannot make column "${column.name}" of type ${column.type} from ragged values`);
    }
    const n = data.offsets.length - 1;
    return [n, 0, data.offsets[n]! - data.offsets[0]!];
  }
  const rowsOf = data as readonly ArrayLike<unknown>[];
  if (column.kind === "ragged") {
    return [data.length, 0, rowsOf.reduce((sum, row) => sum + row.length, 0)];
  }
  if (column.kind !== "fixed") return [data.length, 1, 0];
  const nested = typeof data[0] === "object";
  if (!nested && data.length > 0) {
    if (!column.width) {
      throw new TypeError(
        `Cannot make column "${column.name}" from flat values: its width is open; give an array a row`,
      );
    }
    return [data.length / column.width, column.width, 0];
  }
  const width = column.width || (rowsOf[0]?.length ?? 0);
  for (const row of rowsOf) {
    if (row.length !== width) {
      throw new RangeError(
        `Cannot make column "${column.name}": a row has ${row.length} samples, not ${width}`,
      );
    }
  }
  return [data.length, width, 0];
}

function fill(column: Column, data: ColumnInput, table: Table): void {
  const target = table.columns[column.name] as TypedArray | Ragged;
  if ("offsets" in target) return fillRagged(column, data, target);
  const out = target as unknown as (number | bigint)[];
  if (column.kind === "time") {
    const times = data as ArrayLike<number | bigint>;
    for (let i = 0; i < times.length; i++) {
      const value = times[i]!;
      const offset = typeof value === "bigint" ? exactOffset(value, table.t0) : value;
      if (!Number.isSafeInteger(offset)) {
        throw new RangeError(
          `Column "${column.name}" has the time ${offset} at row ${i}: times are exact integers (ps)`,
        );
      }
      out[i] = offset;
    }
    return;
  }
  const flat = typeof data === "object" && typeof (data as ArrayLike<unknown>)[0] === "object"
    ? (data as readonly ArrayLike<number | bigint>[])
    : undefined;
  const width = table.width(column.name);
  if (flat) flat.forEach((row, i) => setValues(column, row, out, i * width));
  else setValues(column, data as ArrayLike<number | bigint | boolean>, out, 0);
}

function setValues(
  column: Column,
  from: ArrayLike<number | bigint | boolean>,
  to: (number | bigint)[],
  at: number,
): void {
  const big = column.element === "i64" || column.element === "u64";
  if (ArrayBuffer.isView(from) && big === (from instanceof BigInt64Array || from instanceof BigUint64Array)) {
    (to as unknown as TypedArray as Float64Array).set(from as unknown as Float64Array, at);
    return;
  }
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    to[at + i] = big ? BigInt(value) : Number(value);
  }
}

function fillRagged(column: Column, data: ColumnInput, target: Ragged): void {
  const out = target.values as unknown as (number | bigint)[];
  target.offsets[0] = 0;
  let at = 0;
  const count = target.offsets.length - 1;
  for (let i = 0; i < count; i++) {
    const row = "offsets" in data
      ? data.values.subarray(data.offsets[i], data.offsets[i + 1])
      : (data as readonly ArrayLike<number | bigint>[])[i]!;
    setValues(column, row, out, at);
    target.offsets[i + 1] = at += row.length;
  }
}
