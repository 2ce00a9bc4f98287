// Tables to Arrow IPC files, in parts that lie in the table's own buffers where the forms agree.
import type * as Arrow from "apache-arrow";
import type { Chunk } from "../chunk/chunk.ts";
import type { Column, Ragged, Schema, TypedArray } from "../data/schema.ts";
import { sameType, type Table } from "../data/table.ts";
import { arrowOffsets, hasPlanes, LOW_KEY, planesData } from "./_arrow_planes.ts";
import { isShuffled, shuffledData } from "./_arrow_numbers.ts";
import { type ArrowModule, elementType, fieldOf } from "./_arrow_types.ts";
import { fileWriter } from "./_arrow_writer.ts";
import { packBits } from "./_bits.ts";
import type { Packed } from "./codecs/_frame.ts";
import { packSamples, type Planes, type Words } from "./codecs/_planes.ts";
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
export async function encodeTable(table: Table, options: EncodeOptions = {}): Promise<Uint8Array[]> {
  const schema = options.schema ?? table.schema;
  checkColumns(table, schema);
  checkEncodable(table);
  const codec = codecOf(options.codec ?? "none");
  // Tables without samples stay plain Arrow.
  const planes = codec.planes && schema.columns.some(hasPlanes);
  const arrow = await import("apache-arrow");
  const rows = table.length;
  const metadata = new Map(Object.entries(options.metadata ?? {}));
  const fields = schema.columns.map((column) => fieldOf(arrow, column, table.width(column.name), planes));
  const low: string[] = [], packed = new Map<ArrayBufferLike, Packed>();
  const children = schema.columns.map((column, k) => {
    if (!planes || !hasPlanes(column)) {
      const shuffled = planes && isShuffled(column) ? packed : undefined;
      return dataOf(arrow, table, column, fields[k]!.type, shuffled);
    }
    const { divided, offsets } = split(table, column);
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

function split(
  table: Table,
  column: Column,
): { divided: Planes; offsets?: Int32Array } {
  const rows = table.length;
  const held = table.columns[column.name] as Words | Ragged<Words>;
  if (!("offsets" in held)) return { divided: packSamples(held, rows, { width: table.width(column.name) }) };
  const offsets = arrowOffsets(held, rows);
  const values = held.values.subarray(held.offsets[0]!, held.offsets[rows]);
  return { divided: packSamples(values, rows, { offsets }), offsets };
}

/** @throws {RangeError} When a table takes 2 GiB or more, or its times may not fit 64 bits. */
export function checkEncodable(table: Table): void {
  if (table.nbytes > MAX_BYTES) {
    throw new RangeError(`Cannot write ${table.nbytes} bytes as one Arrow file: use chunks below 2 GiB`);
  }
  checkOrigin(table.t0);
}

/** Keys of the file's metadata that {@linkcode encodeChunk} writes. */
export const CHUNK_KEYS = ["runId", "dataType", "dataKind", "start", "end", "coverEnd"] as const;

/** Prefix of every metadata key of ours. */
export const PREFIX = "millrace.";

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
  const metadata: Record<string, string> = {};
  for (const key of CHUNK_KEYS) metadata[PREFIX + key] = String(chunk[key]);
  return encodeTable(chunk.table, { schema, metadata, codec });
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
  const children = schema.columns.map((column, k) => dataOf(arrow, table, column, fields[k]!.type));
  return arrow.makeData({ type: new arrow.Struct(fields), length: table.length, nullCount: 0, children });
}

/** Arrow's data of a column; with `packed`, its numbers are shuffled. */
function dataOf(
  arrow: ArrowModule,
  table: Table,
  column: Column,
  type: Arrow.DataType,
  packed?: Map<ArrayBufferLike, Packed>,
): Arrow.Data {
  const rows = table.length;
  const held = table.columns[column.name] as TypedArray | Ragged;
  const flat = (values: TypedArray) =>
    packed ? shuffledData(arrow, column, values, table.t0, packed) : flatData(arrow, column, values);
  if (column.kind === "time" && !packed) {
    const data = new BigInt64Array(rows);
    offsetsToInt64(held as Float64Array, table.t0, data);
    return arrow.makeData({ type: type as Arrow.Int64, length: rows, nullCount: 0, data });
  }
  if ("offsets" in held) {
    const values = held.values.subarray(held.offsets[0]!, held.offsets[rows]);
    const valueOffsets = arrowOffsets(held, rows);
    const child = flat(values);
    return arrow.makeData({ type: type as Arrow.List, length: rows, nullCount: 0, valueOffsets, child });
  }
  const values = flat(held);
  if (column.kind === "scalar" || column.kind === "time") return values;
  return arrow.makeData({ type: type as Arrow.FixedSizeList, length: rows, nullCount: 0, child: values });
}

function flatData(arrow: ArrowModule, column: Column, values: TypedArray): Arrow.Data {
  const { length } = values;
  const data = column.element === "bool" ? packBits(values as Uint8Array) : values;
  const type = elementType(arrow, column.element) as Arrow.Uint8;
  return arrow.makeData({ type, length, nullCount: 0, data: data as Uint8Array });
}
