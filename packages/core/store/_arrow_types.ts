// Which Arrow type holds which column type.
import type * as Arrow from "apache-arrow";
import type { Column, ColumnType, ColumnTypes, Element } from "../data/schema.ts";
import { type Schema, schema } from "../data/schema.ts";
import { holdsShuffled, isShuffled, shuffledType } from "./_arrow_numbers.ts";
import { hasPlanes, isDivided, planesField } from "./_arrow_planes.ts";

/** The `apache-arrow` module, loaded when it is first needed: it takes 60 ms. */
export type ArrowModule = typeof Arrow;

/** Field metadata: the column type as written in the schema. */
export const TYPE_KEY = "millrace.type";
/** Field metadata: present and "0" where no row has fixed an open width yet. */
export const WIDTH_KEY = "millrace.width";

const NAMES: Readonly<Record<Element, string>> = {
  i8: "Int8",
  i16: "Int16",
  i32: "Int32",
  i64: "Int64",
  u8: "Uint8",
  u16: "Uint16",
  u32: "Uint32",
  u64: "Uint64",
  f32: "Float32",
  f64: "Float64",
  bool: "Bool",
};

/** The Arrow type of one value. */
export function elementType(arrow: ArrowModule, element: Element): Arrow.DataType {
  const Type = arrow[NAMES[element] as "Int8"];
  return new Type();
}

/** The Arrow field of a column that is `width` samples wide; with `planes`, samples of 16 bits are divided, other numbers shuffled. */
export function fieldOf(arrow: ArrowModule, column: Column, width: number, planes = false): Arrow.Field {
  const metadata = new Map<string, string>([[TYPE_KEY, column.type]]);
  if (planes && hasPlanes(column)) {
    if (column.kind === "fixed" && width === 0) metadata.set(WIDTH_KEY, "0");
    return planesField(
      arrow,
      column.name,
      column.element,
      column.kind === "fixed" ? width || 1 : 0,
      metadata,
    );
  }
  const value = planes && isShuffled(column)
    ? shuffledType(arrow, column, metadata)
    : column.kind === "time"
    ? new arrow.Int64()
    : elementType(arrow, column.element);
  const item = () => new arrow.Field("item", value, false);
  let type: Arrow.DataType;
  if (column.kind === "time" || column.kind === "scalar") type = value;
  else if (column.kind === "ragged") type = new arrow.List(item());
  else {
    // Not every reader takes lists of length 0, so an empty column of open width is written as lists of 1.
    if (width === 0) metadata.set(WIDTH_KEY, "0");
    type = new arrow.FixedSizeList(width || 1, item());
  }
  return new arrow.Field(column.name, type, false, metadata);
}

/** The name of the Arrow type that a column is held in; `*` stands for any width. */
export function typeName(column: Column, shuffled = false): string {
  const element = shuffled
    ? `FixedSizeBinary[${column.bytes}]`
    : column.kind === "time"
    ? "Int64"
    : NAMES[column.element];
  if (column.kind === "scalar" || column.kind === "time") return element;
  return column.kind === "ragged" ? `List<${element}>` : `FixedSizeList[${column.width || "*"}]<${element}>`;
}

function dividedName(column: Column): string {
  const list = column.kind === "ragged" ? "List" : `FixedSizeList[${column.width || "*"}]`;
  return `Struct<{base:${NAMES[column.element]}, samples:${list}<Struct<{low:Uint8, high:Uint8}>>}>`;
}

/** The schema that the fields' metadata name. @throws {SyntaxError} When a field has none or an unknown one. */
export function schemaOf(fields: readonly Arrow.Field[]): Schema {
  const types: Record<string, ColumnType> = {};
  for (const field of fields) {
    const type = field.metadata.get(TYPE_KEY);
    if (type === undefined) {
      throw new SyntaxError(
        `column "${field.name}" (${field.type}) names no Millrace type ("${TYPE_KEY}" in its field metadata), ` +
          "so it was written by another program; give its schema",
      );
    }
    types[field.name] = type as ColumnType;
  }
  return schema(types as ColumnTypes);
}

/** Check that a field holds what the column's type says, without nulls. @throws {SyntaxError} Naming both types. */
export function checkField(field: Arrow.Field | undefined, column: Column): asserts field is Arrow.Field {
  if (!field) throw new SyntaxError(`column "${column.name}" is missing`);
  const found = String(field.type).replace(/^LargeList</, "List<"); // their offsets are read as those of others
  const wanted = isDivided(field) && hasPlanes(column)
    ? dividedName(column)
    : typeName(column, holdsShuffled(field) && isShuffled(column));
  const same = wanted.includes("*") ? found.replace(/\[\d+\]/, "[*]") === wanted : found === wanted;
  if (!same) {
    throw new SyntaxError(`column "${column.name}" is ${found}, but ${column.type} is held as ${wanted}`);
  }
}
