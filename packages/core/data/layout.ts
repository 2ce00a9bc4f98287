// How a table lies in one buffer: a fixed header, a directory entry a column, the schema's text, then the columns, each
// at a multiple of 64 bytes.
//
// | bytes | what |
// |---|---|
// | 0 | magic "MRTB" |
// | 4 | u16 version, u16 number of columns |
// | 8 | u32 bytes of the schema text, u32 reserved (0) |
// | 16 | u64 rows |
// | 24 | i64 t0 (ps) |
// | 32 | u64 bytes in use |
// | 64 + 32 k | column k: u64 offset of its values, u64 values, u64 offset of its ragged offsets (0: none), u32 width, u32 reserved |
// | after that | schema text, UTF-8 |

import { type Column, type Schema, schema } from "./schema.ts";

const MAGIC = 0x4254524d; // "MRTB", little-endian
const VERSION = 1;
const FIXED = 64;
const ENTRY = 32;

/** Where one column lies. */
export interface ColumnPlace {
  readonly offset: number;
  /** Values (not bytes) that lie there. */
  readonly values: number;
  /** Where a ragged column's `rows + 1` offsets lie, else 0. */
  readonly offsets: number;
  /** Samples a row of a fixed column; 1 for scalars, 0 for ragged. */
  readonly width: number;
}

/** Where every column of a table lies, and how many bytes that takes. */
export interface Layout {
  readonly places: readonly ColumnPlace[];
  readonly bytes: number;
}

const texts = new WeakMap<Schema, Uint8Array>();

function schemaText(schema: Schema): Uint8Array {
  let text = texts.get(schema);
  if (!text) texts.set(schema, text = new TextEncoder().encode(schema.text));
  return text;
}

const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Lay out `rows` rows; `widths` and `values` (pool sizes) are by column index, for fixed and ragged columns. */
export function layOut(
  schema: Schema,
  rows: number,
  widths: readonly number[],
  values: readonly number[],
  /** Columns that lie elsewhere (shared) and take no room here. */
  absent: readonly boolean[] = [],
): Layout {
  let at = align(FIXED + ENTRY * schema.columns.length + schemaText(schema).length);
  const places = schema.columns.map((column, k): ColumnPlace => {
    const width = widths[k]!;
    const count = absent[k] ? 0 : column.kind === "ragged" ? values[k]! : rows * width;
    const offset = at;
    at = align(at + count * column.bytes);
    if (column.kind !== "ragged" || absent[k]) return { offset, values: count, offsets: 0, width };
    const offsets = at;
    at = align(at + (rows + 1) * 4);
    return { offset, values: count, offsets, width };
  });
  return { places, bytes: at };
}

/** Write the header of a laid-out table. */
export function writeHeader(
  buffer: ArrayBufferLike,
  schema: Schema,
  rows: number,
  t0: bigint,
  layout: Layout,
): void {
  const view = new DataView(buffer);
  const text = schemaText(schema);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, schema.columns.length, true);
  view.setUint32(8, text.length, true);
  view.setUint32(12, 0, true);
  view.setBigUint64(16, BigInt(rows), true);
  view.setBigInt64(24, t0, true);
  view.setBigUint64(32, BigInt(layout.bytes), true);
  layout.places.forEach((place, k) => {
    const at = FIXED + ENTRY * k;
    view.setBigUint64(at, BigInt(place.offset), true);
    view.setBigUint64(at + 8, BigInt(place.values), true);
    view.setBigUint64(at + 16, BigInt(place.offsets), true);
    view.setUint32(at + 24, place.width, true);
    view.setUint32(at + 28, 0, true);
  });
  new Uint8Array(buffer).set(text, FIXED + ENTRY * layout.places.length);
}

/** What {@linkcode readHeader} found. */
export interface Header {
  readonly schema: Schema;
  readonly rows: number;
  readonly t0: bigint;
  readonly layout: Layout;
}

class Reader {
  readonly view: DataView;
  constructor(readonly buffer: ArrayBufferLike) {
    this.view = new DataView(buffer);
  }
  fail(what: string): never {
    throw new SyntaxError(`Cannot read a table from a buffer of ${this.buffer.byteLength} bytes: ${what}`);
  }
  size(at: number, what: string): number {
    const value = this.view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`${what} is ${value}`);
    return Number(value);
  }
}

/** Check one column that has to lie behind byte `from`; gives the byte where it ends. */
function checkPlace(
  reader: Reader,
  column: Column,
  place: ColumnPlace,
  rows: number,
  from: number,
  bytes: number,
): number {
  const label = `column "${column.name}"`;
  const { offset, values, offsets, width } = place;
  const valuesEnd = offset + values * column.bytes;
  if (offset % 64 !== 0 || offset < from || valuesEnd > bytes) {
    reader.fail(
      `${label} has ${values} values at byte ${offset}, outside bytes ${from} to ${bytes} or misaligned`,
    );
  }
  if (column.kind === "ragged") {
    if (width !== 0) reader.fail(`${label} is ${width} wide, ragged samples are 0`);
    const offsetsEnd = offsets + (rows + 1) * 4;
    if (offsets % 64 !== 0 || offsets < valuesEnd || offsetsEnd > bytes) {
      reader.fail(
        `${label} has its offsets at byte ${offsets}, outside bytes ${valuesEnd} to ${bytes} or misaligned`,
      );
    }
    const list = new Uint32Array(reader.buffer, offsets, rows + 1);
    for (let i = 0; i < rows; i++) {
      if (list[i]! > list[i + 1]!) reader.fail(`${label} has decreasing offsets at row ${i}`);
    }
    if (list[rows]! > values) reader.fail(`${label} ends at value ${list[rows]} of ${values}`);
    return offsetsEnd;
  }
  if (offsets !== 0) reader.fail(`${label} has offsets at byte ${offsets}, only ragged samples have`);
  if (width === 0 && rows > 0) reader.fail(`${label} is 0 wide with ${rows} rows`);
  if (column.kind === "fixed" && column.width !== 0 && width !== column.width) {
    reader.fail(`${label} is ${width} wide, its type says ${column.width}`);
  }
  if (column.kind !== "fixed" && width !== 1) reader.fail(`${label} is ${width} wide, a scalar is 1`);
  if (values !== rows * width) reader.fail(`${label} has ${values} values for ${rows} rows of ${width}`);
  return valuesEnd;
}

/**
 * Read and check the header of a buffer from elsewhere.
 *
 * @throws {SyntaxError} On anything that is not exactly what {@linkcode writeHeader} writes: says what was found.
 */
export function readHeader(buffer: ArrayBufferLike): Header {
  const reader = new Reader(buffer);
  const { view } = reader;
  if (buffer.byteLength < FIXED) reader.fail(`a header has ${FIXED} bytes`);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) {
    reader.fail(`it starts with 0x${magic.toString(16).padStart(8, "0")}, not 0x${MAGIC.toString(16)}`);
  }
  const version = view.getUint16(4, true);
  if (version !== VERSION) reader.fail(`its version is ${version}, this program reads ${VERSION}`);
  const count = view.getUint16(6, true);
  const textBytes = view.getUint32(8, true);
  const textAt = FIXED + ENTRY * count;
  const rows = reader.size(16, "the number of rows");
  const bytes = reader.size(32, "the bytes in use");
  if (bytes > buffer.byteLength) reader.fail(`it says that ${bytes} bytes are in use`);
  if (textAt + textBytes > bytes) reader.fail("its schema lies outside it");
  let parsed: Schema;
  try {
    parsed = schema(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(
      new Uint8Array(buffer, textAt, textBytes).slice(),
    )));
  } catch (cause) {
    throw new SyntaxError(`Cannot read a table from a buffer: its schema is damaged`, { cause });
  }
  if (parsed.columns.length !== count) {
    reader.fail(`it has ${count} columns, its schema ${parsed.columns.length}`);
  }
  let end = textAt + textBytes;
  const places = parsed.columns.map((column, k): ColumnPlace => {
    const at = FIXED + ENTRY * k;
    const place = {
      offset: reader.size(at, `the place of column "${column.name}"`),
      values: reader.size(at + 8, `the size of column "${column.name}"`),
      offsets: reader.size(at + 16, `the offsets of column "${column.name}"`),
      width: view.getUint32(at + 24, true),
    };
    end = checkPlace(reader, column, place, rows, end, bytes);
    return place;
  });
  return { schema: parsed, rows, t0: view.getBigInt64(24, true), layout: { places, bytes } };
}
