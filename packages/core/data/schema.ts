/**
 * Column types and schemas.
 *
 * A column type is a short string: `"time"`, a number type (`"u16"`), a block of fixed width (`"u16[800]"`, or
 * `"u16[n]"` where the data decide the width), or ragged samples (`"u16[]"`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schema } from "@millrace/core/schema";
 *
 * const hits = schema({ time: "time", height: "f32", wave: "u16[]" });
 * assert.equal(hits.columns[2]?.kind, "ragged");
 * ```
 * @module
 */

/** A number type: signed, unsigned or floating, with its bits; `bool` is one byte, 0 or 1. */
export type Element = "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "f32" | "f64" | "bool";

/**
 * The type of a column.
 * - `"time"`: picoseconds, held as exact integer offsets (`Float64Array`) from the table's `t0`, rebased when tables are joined;
 * - an {@linkcode Element}: one number a row;
 * - `"u16[800]"`: an `[n, 800]` block in row order; `"u16[n]"`: the same with a width that the data decide, one for a run;
 * - `"u16[]"`: ragged, a value pool with offsets.
 */
export type ColumnType = "time" | Element | `${Element}[${number}]` | `${Element}[n]` | `${Element}[]`;

/** Column types by column name, in column order. */
export type ColumnTypes = { readonly [name: string]: ColumnType };

/** The typed array that holds an {@linkcode Element}. */
export interface ElementArrays {
  /** Signed 8 bit. */
  i8: Int8Array;
  /** Signed 16 bit. */
  i16: Int16Array;
  /** Signed 32 bit. */
  i32: Int32Array;
  /** Signed 64 bit. */
  i64: BigInt64Array;
  /** Unsigned 8 bit. */
  u8: Uint8Array;
  /** Unsigned 16 bit. */
  u16: Uint16Array;
  /** Unsigned 32 bit. */
  u32: Uint32Array;
  /** Unsigned 64 bit. */
  u64: BigUint64Array;
  /** Single precision. */
  f32: Float32Array;
  /** Double precision. */
  f64: Float64Array;
  /** 0 or 1. */
  bool: Uint8Array;
}

/** Any typed array that a column may be held in. */
export type TypedArray = ElementArrays[Element];

/** A ragged column: row `i` is `values[offsets[i]] .. values[offsets[i + 1]]` (end excluded). */
export interface Ragged<A extends TypedArray = TypedArray> {
  /** The pool that all rows' values lie in; a slice shares it. */
  readonly values: A;
  /** `length + 1` non-decreasing positions in `values`; the first need not be 0. */
  readonly offsets: Uint32Array;
}

/** The array (or {@linkcode Ragged}) that holds a column of type `T`. */
export type ColumnData<T extends ColumnType> = T extends "time" ? Float64Array
  : T extends Element ? ElementArrays[T]
  : T extends `${infer E extends Element}[]` ? Ragged<ElementArrays[E]>
  : T extends `${infer E extends Element}[${string}]` ? ElementArrays[E]
  : never;

/** The columns of a table, by name. */
export type Columns<C extends ColumnTypes> = { readonly [K in keyof C]: ColumnData<C[K]> };

/** One column of a {@linkcode Schema}, parsed. */
export interface Column {
  /** Column name. */
  readonly name: string;
  /** The type as it was written. */
  readonly type: ColumnType;
  /** How it is held. */
  readonly kind: "time" | "scalar" | "fixed" | "ragged";
  /** Number type of a value; a `time` column holds `f64` offsets. */
  readonly element: Element;
  /** Samples a row: 1 for scalars, the width of a fixed block, 0 for a width that the data decide and for ragged columns. */
  readonly width: number;
  /** Bytes a value. */
  readonly bytes: number;
}

/** Columns of a table: names, types and order. Make one with {@linkcode schema}. */
export interface Schema<C extends ColumnTypes = ColumnTypes> {
  /** Types by name, as given. */
  readonly types: C;
  /** Columns in order. */
  readonly columns: readonly Column[];
  /** The canonical text of the types (JSON): equal schemas have equal text. */
  readonly text: string;
}

const BYTES: Readonly<Record<Element, number>> = {
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  f32: 4,
  f64: 8,
  bool: 1,
};

/** Names of all number types. */
export const ELEMENTS: readonly Element[] = Object.keys(BYTES) as Element[];

const TYPE = /^([a-z]+\d*)(?:\[(\d+|n)?\])?$/;
const MAX_WIDTH = 2 ** 31 - 1;

function parseColumn(name: string, type: string): Column {
  if (name === "") throw new TypeError("Cannot make a schema: a column name is empty");
  if (name === "__proto__") throw new TypeError('Cannot make a schema: "__proto__" cannot be a column name');
  if (type === "time") return { name, type, kind: "time", element: "f64", width: 1, bytes: 8 };
  const match = TYPE.exec(type);
  const element = match?.[1] as Element;
  if (!match || !Object.hasOwn(BYTES, element)) {
    throw new TypeError(
      `Cannot make a schema: column "${name}" has the unknown type "${type}"; ` +
        `use "time", one of ${ELEMENTS.join(", ")}, or samples such as "u16[800]", "u16[n]" or "u16[]"`,
    );
  }
  const bytes = BYTES[element];
  const columnType = type as ColumnType;
  if (!type.endsWith("]")) return { name, type: columnType, kind: "scalar", element, width: 1, bytes };
  const width = match[2];
  if (width === undefined) return { name, type: columnType, kind: "ragged", element, width: 0, bytes };
  if (width === "n") return { name, type: columnType, kind: "fixed", element, width: 0, bytes };
  const samples = Number(width);
  if (samples < 1 || samples > MAX_WIDTH) {
    throw new RangeError(
      `Cannot make a schema: column "${name}" is ${width} wide; a width is 1 to ${MAX_WIDTH}`,
    );
  }
  return { name, type: columnType, kind: "fixed", element, width: samples, bytes };
}

/**
 * A schema from column types, checked.
 *
 * @throws {TypeError} On an empty schema, an empty name or an unknown type.
 * @throws {RangeError} On a width below 1.
 */
export function schema<const C extends ColumnTypes>(types: C): Schema<C> {
  const columns = Object.entries(types).map(([name, type]) => parseColumn(name, type));
  if (columns.length === 0) throw new TypeError("Cannot make a schema without columns");
  return { types, columns, text: JSON.stringify(types) };
}

/** Whether a value is a {@linkcode Schema} already (rather than bare column types). */
export function isSchema(value: ColumnTypes | Schema): value is Schema {
  return Array.isArray((value as Schema).columns) && typeof (value as Schema).text === "string";
}

/** The schema itself, or one made from bare column types. */
export function toSchema<const C extends ColumnTypes>(value: C | Schema<C>): Schema<C> {
  return isSchema(value) ? value as Schema<C> : schema(value as C);
}

/** The column of that name. @throws {RangeError} naming the columns there are. */
export function columnOf(schema: Schema, name: string): Column {
  const column = schema.columns.find((c) => c.name === name);
  if (column) return column;
  throw new RangeError(`Unknown column "${name}": there are ${schema.columns.map((c) => c.name).join(", ")}`);
}

/** Whether the schema has a column of that name. */
export function hasColumn(schema: Schema, name: string): boolean {
  return Object.hasOwn(schema.types, name);
}

/** A new typed array of `element` over `buffer`. */
export function arrayOver(
  element: Element,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArray {
  switch (element) {
    case "i8":
      return new Int8Array(buffer, byteOffset, length);
    case "i16":
      return new Int16Array(buffer, byteOffset, length);
    case "i32":
      return new Int32Array(buffer, byteOffset, length);
    case "i64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "u8":
    case "bool":
      return new Uint8Array(buffer, byteOffset, length);
    case "u16":
      return new Uint16Array(buffer, byteOffset, length);
    case "u32":
      return new Uint32Array(buffer, byteOffset, length);
    case "u64":
      return new BigUint64Array(buffer, byteOffset, length);
    case "f32":
      return new Float32Array(buffer, byteOffset, length);
    case "f64":
      return new Float64Array(buffer, byteOffset, length);
  }
}

/** The {@linkcode Element} that a typed array holds (`u8` for a `Uint8Array`). */
export function elementOf(array: TypedArray): Element {
  switch (Object.prototype.toString.call(array)) {
    case "[object Int8Array]":
      return "i8";
    case "[object Int16Array]":
      return "i16";
    case "[object Int32Array]":
      return "i32";
    case "[object BigInt64Array]":
      return "i64";
    case "[object Uint8Array]":
      return "u8";
    case "[object Uint16Array]":
      return "u16";
    case "[object Uint32Array]":
      return "u32";
    case "[object BigUint64Array]":
      return "u64";
    case "[object Float32Array]":
      return "f32";
    case "[object Float64Array]":
      return "f64";
    default:
      throw new TypeError(
        `Cannot use ${Object.prototype.toString.call(array)} as a column: it is no typed array`,
      );
  }
}
