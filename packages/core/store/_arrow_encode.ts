// Tables to Arrow IPC files, in parts that lie in the table's own buffers where the forms agree.
import type * as Arrow from "apache-arrow";
import type { Chunk } from "../chunk/chunk.ts";
import { copyNumbers } from "../data/_copy.ts";
import type { Column, Ragged, Schema, TypedArray } from "../data/schema.ts";
import { sameType, type Table } from "../data/table.ts";
import { arrowOffsets, hasPlanes, LOW_KEY, planesData } from "./_arrow_planes.ts";
import { isShuffled, shuffledData } from "./_arrow_numbers.ts";
import { type ArrowModule, elementType, fieldOf } from "./_arrow_types.ts";
import { fileWriter } from "./_arrow_writer.ts";
import { packBits } from "./_bits.ts";
import type { Packed } from "./codecs/_frame.ts";
import type { Numbers } from "./codecs/_numbers.ts";
import { packSamples, type Planes, type Samples, type Words } from "./codecs/_planes.ts";
import { type CodecName, codecOf } from "./codecs/codec.ts";
import { checkOrigin, offsetsToInt64 } from "./_int64.ts";

/** Most bytes of one file: its parts are placed with 32-bit numbers. */
const MAX_BYTES = 2 ** 31 - 2 ** 16;

/** What {@linkcode encodeTable} may be told. */
export interface EncodeOptions {
  /** Types to write: the table's own by default; `"u16[n]"` may stand for a fixed width. */
  readonly schema?: Schema;
  /** Texts to keep in the file's schema, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How the columns are held. Default `"none"`. */
  readonly codec?: CodecName;
}

/**
 * A table as the parts of an Arrow IPC file, to be written one after the other. Times become absolute `int64`, `bool`
 * bits, fixed widths `FixedSizeList`, ragged columns `List`; each field's metadata keeps the column type.
 *
 * Parts are views of the table's buffers where possible: write them before the table is changed or released. Extra memory:
 * times, booleans, and offsets of ragged slices. O(rows) in times and booleans.
 *
 * @throws {TypeError} When the table's columns are not the schema's.
 * @throws {RangeError} When the table takes 2 GiB or more, its times may not fit 64 bits, or on an unknown codec.
 */
export function encodeTable(table: Table, options: EncodeOptions = {}): Promise<Uint8Array[]> {
  return encodeTables([table], options);
}

/** Whether {@linkcode encodeTables} puts together the rows of several tables. */
export function joinsTables(schema: Schema, codec: CodecName = "none"): boolean {
  // Tables without samples stay plain Arrow.
  return codecOf(codec).planes && schema.columns.some(hasPlanes);
}

/**
 * {@linkcode encodeTable} of the rows of several tables, one after the other, where {@linkcode joinsTables} says so; else of the
 * only one. Tables without rows stand beside no others.
 *
 * @throws {RangeError} Also on different widths, and when all tables take 2 GiB or more.
 */
export async function encodeTables(tables: readonly Table[], options: EncodeOptions): Promise<Uint8Array[]> {
  const [first] = tables as [Table], schema = options.schema ?? first.schema;
  for (const table of tables) {
    checkColumns(table, schema);
    checkOrigin(table.t0);
  }
  checkBytes(tables.reduce((sum, { nbytes }) => sum + nbytes, 0));
  const codec = codecOf(options.codec ?? "none"), planes = joinsTables(schema, options.codec);
  if (tables.length > 1 && !planes) throw new TypeError("Cannot write several tables so: join them first");
  const arrow = await import("apache-arrow");
  const rows = tables.reduce((sum, { length }) => sum + length, 0);
  const metadata = new Map(Object.entries(options.metadata ?? {}));
  const fields = schema.columns.map((column) => fieldOf(arrow, column, widthOf(tables, column), planes));
  const low: string[] = [], packed = new Map<ArrayBufferLike, Packed>();
  const children = schema.columns.map((column, k) => {
    if (!planes || !hasPlanes(column)) {
      const shuffled = planes && isShuffled(column) ? packed : undefined;
      return dataOf(arrow, tables, column, fields[k]!.type, shuffled);
    }
    const { divided, offsets } = split(tables, column);
    if (!divided.hasHigh) low.push(column.name);
    return planesData(arrow, fields[k]!, rows, divided, offsets, packed);
  });
  if (low.length > 0) metadata.set(LOW_KEY, JSON.stringify(low));
  const arrowSchema = new arrow.Schema(fields, metadata);
  const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows, nullCount: 0, children });
  const writer = fileWriter(arrow, codec.buffers, packed);
  writer.write(new arrow.RecordBatch(arrowSchema, data));
  writer.finish();
  return await Array.fromAsync(writer as AsyncIterable<Uint8Array>);
}

/** How wide a column is in all tables; 0 for a ragged one. */
function widthOf(tables: readonly Table[], { name, kind }: Column): number {
  const width = tables[0]!.width(name);
  const other = kind === "ragged" ? undefined : tables.find((table) => table.width(name) !== width);
  if (!other) return width;
  throw new RangeError(`Cannot write column "${name}": it is ${width} wide, then ${other.width(name)}`);
}

function split(tables: readonly Table[], column: Column): { divided: Planes; offsets?: Int32Array } {
  const parts = tables.map((table): Samples => {
    const held = table.columns[column.name] as Words | Ragged<Words>, count = table.length;
    if (!("offsets" in held)) return { values: held, count, where: { width: table.width(column.name) } };
    return { values: valuesOf(held, count), count, where: { offsets: held.offsets.subarray(0, count + 1) } };
  });
  const divided = packSamples(parts);
  return column.kind === "ragged" ? { divided, offsets: offsetsOf(tables, column) } : { divided };
}

/** The values of a ragged column's rows. */
function valuesOf<T extends TypedArray>({ values, offsets }: Ragged<T>, rows: number): T {
  return values.subarray(offsets[0]!, offsets[rows]) as T;
}

/** Offsets of a ragged column's rows in all tables. */
function offsetsOf(tables: readonly Table[], { name }: Column): Int32Array {
  const held = (table: Table) => table.columns[name] as Ragged;
  if (tables.length === 1) return arrowOffsets(held(tables[0]!), tables[0]!.length);
  const out = new Int32Array(1 + tables.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const table of tables) {
    const { offsets } = held(table), shift = out[at]! - offsets[0]!;
    shiftInto(out, at, offsets, table.length, shift);
    at += table.length;
  }
  return out;
}

/** A loop of its own: V8 compiles it once, and not for each loop over tables. */
function shiftInto(out: Int32Array, at: number, offsets: Uint32Array, rows: number, shift: number): void {
  for (let row = 1; row <= rows; row++) out[at + row] = offsets[row]! + shift;
}

/** @throws {RangeError} When a table takes 2 GiB or more, or its times may not fit 64 bits. */
export function checkEncodable(table: Table): void {
  checkBytes(table.nbytes);
  checkOrigin(table.t0);
}

function checkBytes(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  throw new RangeError(`Cannot write ${bytes} bytes as one Arrow file: use chunks below 2 GiB`);
}

/** Keys of the file's metadata that {@linkcode encodeChunk} writes. */
export const CHUNK_KEYS = ["runId", "dataType", "dataKind", "start", "end", "coverEnd"] as const;

/** Prefix of every metadata key of ours. */
export const PREFIX = "millrace.";

/** Interval and names of a chunk. */
export type ChunkNames = Pick<Chunk, typeof CHUNK_KEYS[number]>;

/** A chunk's interval and names as metadata of its file. */
export function chunkMetadata(chunk: ChunkNames): Record<string, string> {
  return Object.fromEntries(CHUNK_KEYS.map((key) => [PREFIX + key, String(chunk[key])]));
}

/**
 * A chunk as the parts of an Arrow IPC file: {@linkcode encodeTable} with its interval, `coverEnd` and names in the
 * file's metadata.
 *
 * @throws {RangeError} As {@linkcode encodeTable} does.
 */
export function encodeChunk(
  chunk: Chunk,
  schema: Schema = chunk.schema,
  codec: CodecName = "none",
): Promise<Uint8Array[]> {
  return encodeTable(chunk.table, { schema, metadata: chunkMetadata(chunk), codec });
}

function checkColumns(table: Table, schema: Schema): void {
  const { columns } = table.schema;
  const same = columns.length === schema.columns.length &&
    columns.every((column, k) =>
      column.name === schema.columns[k]!.name && sameType(column, schema.columns[k]!.type)
    );
  if (!same) {
    throw new TypeError(`Cannot write a table of ${table.schema.text} as ${schema.text}: the columns differ`);
  }
}

/** A table's columns as one record batch's data, in Arrow's own types. */
export function tableData(
  arrow: ArrowModule,
  table: Table,
  schema: Schema,
  fields: Arrow.Field[],
): Arrow.Data<Arrow.Struct> {
  checkColumns(table, schema);
  checkEncodable(table);
  const children = schema.columns.map((column, k) => dataOf(arrow, [table], column, fields[k]!.type));
  return arrow.makeData({ type: new arrow.Struct(fields), length: table.length, nullCount: 0, children });
}

/** Arrow's data of a column; with `packed`, its numbers are shuffled. */
function dataOf(
  arrow: ArrowModule,
  tables: readonly Table[],
  column: Column,
  type: Arrow.DataType,
  packed?: Map<ArrayBufferLike, Packed>,
): Arrow.Data {
  const rows = tables.reduce((sum, { length }) => sum + length, 0);
  const parts = tables.map((table) => {
    const held = table.columns[column.name] as TypedArray | Ragged;
    return { values: "offsets" in held ? valuesOf(held, table.length) : held, origin: table.t0 };
  });
  if (column.kind === "time" && !packed) {
    const data = new BigInt64Array(rows), [{ values, origin }] = parts as [Numbers];
    offsetsToInt64(values as Float64Array, origin, data);
    return arrow.makeData({ type: type as Arrow.Int64, length: rows, nullCount: 0, data });
  }
  const child = packed ? shuffledData(arrow, column, parts, packed) : flatData(arrow, column, joined(parts));
  if (column.kind === "scalar" || column.kind === "time") return child;
  if (column.kind === "ragged") {
    const valueOffsets = offsetsOf(tables, column);
    return arrow.makeData({ type: type as Arrow.List, length: rows, nullCount: 0, valueOffsets, child });
  }
  return arrow.makeData({ type: type as Arrow.FixedSizeList, length: rows, nullCount: 0, child });
}

/** All numbers in one array. */
function joined(parts: readonly Numbers[]): TypedArray {
  const [{ values }] = parts as [Numbers];
  if (parts.length === 1) return values;
  const Type = values.constructor as new (length: number) => TypedArray;
  const out = new Type(parts.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of parts) {
    copyNumbers(values, out, at);
    at += values.length;
  }
  return out;
}

function flatData(arrow: ArrowModule, column: Column, values: TypedArray): Arrow.Data {
  const { length } = values;
  const data = column.element === "bool" ? packBits(values as Uint8Array) : values;
  const type = elementType(arrow, column.element) as Arrow.Uint8;
  return arrow.makeData({ type, length, nullCount: 0, data: data as Uint8Array });
}
