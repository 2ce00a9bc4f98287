// Columns of tables as values for others, and back.
import { offsetsToInt64 } from "../store/_int64.ts";
import {
  arrayOver,
  type Column,
  type ColumnType,
  type ColumnTypes,
  type Element,
  type Ragged,
  type Schema,
  schema,
  type TypedArray,
} from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";

/** Names of columns that hold times. */
export const TIME_NAMES: ReadonlySet<string> = new Set(["time", "endtime", "peakTime", "timestamp"]);

/** A number, an exact integer, a truth, or several numbers. */
export type Cell = number | bigint | boolean | readonly (number | bigint)[] | TypedArray;

/** Values of a column of numbers one behind the other, times as absolute picoseconds; of a ragged one all of its samples. */
export function flatOf(table: Table, { name, kind }: Column): TypedArray {
  const data = table.columns[name] as TypedArray | Ragged;
  if ("offsets" in data) return data.values.subarray(data.offsets[0], data.offsets[table.length]);
  if (kind !== "time") return data;
  const out = new BigInt64Array(table.length);
  offsetsToInt64(data as Float64Array, table.t0, out);
  return out;
}

/** Where the samples of each row start, counted from 0, and where the last ends; `undefined` for columns that are not ragged. */
export function startsOf(table: Table, { name }: Column): Uint32Array | undefined {
  const data = table.columns[name] as TypedArray | Ragged;
  if (!("offsets" in data)) return undefined;
  const first = data.offsets[0]!;
  return Uint32Array.from(data.offsets.subarray(0, table.length + 1), (at) => at - first);
}

/** A function that gives the value of a row of a column. */
export function cellsOf(table: Table, column: Column): (i: number) => Cell {
  const flat = flatOf(table, column), starts = startsOf(table, column);
  if (starts) return (i) => flat.subarray(starts[i], starts[i + 1]);
  if (column.kind === "fixed") {
    const width = table.width(column.name);
    return (i) => flat.subarray(i * width, (i + 1) * width);
  }
  return column.element === "bool" ? (i) => flat[i] !== 0 : (i) => flat[i]!;
}

/** The number type that a column's values have in a file: times are `i64`. */
export function elementIn({ kind, element }: Column): Element {
  return kind === "time" ? "i64" : element;
}

/** Bytes as numbers: a view, or a copy where they are not aligned. */
export function numbersIn(element: Element, bytes: Uint8Array<ArrayBuffer>): TypedArray {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { BYTES_PER_ELEMENT: size } = arrayOver(element, new ArrayBuffer(0), 0, 0);
  return arrayOver(element, aligned.buffer, aligned.byteOffset, Math.floor(bytes.length / size));
}

/** Rows of columns that are gathered one value after the other. */
export class Gathered {
  readonly schema: Schema;
  readonly #values: Cell[][];

  constructor(schema: Schema) {
    this.schema = schema;
    this.#values = schema.columns.map(() => []);
  }

  get length(): number {
    return this.#values[0]!.length;
  }

  /** Add a row: a value a column, in order. */
  add(row: readonly Cell[]): void {
    for (let k = 0; k < row.length; k++) this.#values[k]!.push(row[k]!);
  }

  /** What was gathered, as a table; nothing is gathered any more then. */
  take(): Table {
    const input: Record<string, ColumnInput> = {};
    this.schema.columns.forEach(({ name }, k) => {
      input[name] = this.#values[k] as unknown as ColumnInput;
      this.#values[k] = [];
    });
    return Table.from(this.schema, input);
  }
}

/** The schema with the columns that are wanted. @throws {RangeError} On an unknown one. */
export function chosen(all: Schema, columns: readonly string[] | undefined): Schema {
  if (!columns) return all;
  const unknown = columns.find((name) => !Object.hasOwn(all.types, name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Unknown column "${unknown}": there are ${all.columns.map(({ name }) => name).join(", ")}`,
    );
  }
  const types: Record<string, ColumnType> = {};
  for (const { name, type } of all.columns) {
    if (columns.includes(name) || name === "time" || name === "endtime") types[name] = type;
  }
  return schema(types as ColumnTypes);
}
