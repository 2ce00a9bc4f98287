// Columns of a table: their widths and arrays, checked.

import type { Layout } from "./layout.ts";
import {
  arrayOver,
  type Column,
  type Columns,
  type ColumnTypes,
  elementOf,
  type Ragged,
  type Schema,
  type TypedArray,
} from "./schema.ts";
import type { Table } from "./table.ts";

export function widthOf(column: Column, given: number | undefined, rows: number): number {
  if (column.kind !== "fixed") return column.kind === "ragged" ? 0 : 1;
  const width = given ?? column.width;
  if (column.width !== 0 && width !== column.width) {
    throw new RangeError(`Cannot make column "${column.name}" ${width} wide: its type is ${column.type}`);
  }
  if (!Number.isSafeInteger(width) || width < 0 || (width === 0 && rows > 0)) {
    throw new RangeError(
      `Cannot make column "${column.name}": give its width (widths: { ${column.name}: ... })`,
    );
  }
  return width;
}

export function checkShared(column: Column, table: Table, rows: number, t0: bigint): number {
  if (table.length !== rows) {
    throw new RangeError(`Cannot share column "${column.name}": it has ${table.length} rows, not ${rows}`);
  }
  if (column.kind === "time" && table.t0 !== t0) {
    throw new RangeError(
      `Cannot share column "${column.name}": its times count from ${table.t0} ps, not from ${t0} ps; rebase it first`,
    );
  }
  table.get(column.name, column.type);
  return table.width(column.name);
}

export function checkArray(column: Column, data: TypedArray | Ragged, rows: number): number {
  const array = "offsets" in data ? data.values : data;
  const element = elementOf(array);
  const wanted = column.element === "bool" ? "u8" : column.element;
  if (element !== wanted || ("offsets" in data) !== (column.kind === "ragged")) {
    throw new TypeError(
      `Cannot make column "${column.name}" of type ${column.type} from an array of ${element}`,
    );
  }
  if ("offsets" in data) {
    if (data.offsets.length !== rows + 1) {
      throw new RangeError(
        `Column "${column.name}" needs ${rows + 1} offsets: received ${data.offsets.length}`,
      );
    }
    if (data.offsets[rows]! > data.values.length) {
      throw new RangeError(
        `Column "${column.name}" has ${data.values.length} values: its last offset is ${data.offsets[rows]}`,
      );
    }
    return 0;
  }
  const width = column.kind !== "fixed" ? 1 : column.width || (rows ? data.length / rows : 0);
  if (data.length !== rows * width || !Number.isInteger(width)) {
    throw new RangeError(`Column "${column.name}" has ${data.length} values for ${rows} rows`);
  }
  return width;
}

export function columnsOver(
  schema: Schema,
  buffer: ArrayBufferLike,
  start: number,
  rows: number,
  layout: Layout,
  share?: Readonly<Record<string, Table>>,
): Record<string, TypedArray | Ragged> {
  const columns: Record<string, TypedArray | Ragged> = {};
  schema.columns.forEach((column, k) => {
    const other = share?.[column.name];
    if (other) {
      columns[column.name] = other.columns[column.name] as TypedArray | Ragged;
      return;
    }
    const place = layout.places[k]!;
    const values = arrayOver(column.element, buffer, start + place.offset, place.values);
    columns[column.name] = column.kind === "ragged"
      ? { values, offsets: new Uint32Array(buffer, start + place.offsets, rows + 1) }
      : values;
  });
  return columns;
}

export function cut<C extends ColumnTypes>(
  schema: Schema<C>,
  columns: Columns<C>,
  widths: readonly number[],
  rows: number,
): Record<string, TypedArray | Ragged> {
  const out: Record<string, TypedArray | Ragged> = {};
  schema.columns.forEach((column, k) => {
    const data = columns[column.name] as TypedArray | Ragged;
    out[column.name] = "offsets" in data
      ? { values: data.values, offsets: data.offsets.subarray(0, rows + 1) }
      : data.subarray(0, rows * widths[k]!);
  });
  return out;
}
