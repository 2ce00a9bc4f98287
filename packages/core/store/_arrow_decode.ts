// Arrow IPC files to tables, checked.
import type * as Arrow from "apache-arrow";
import { type Batch, type BatchColumn, loadArrow, openBatch } from "./_arrow_batch.ts";
import { copyShuffled, holdsShuffled, shuffledTimes } from "./_arrow_numbers.ts";
import { isDivided, joinColumn, LOW_KEY, samplesOf } from "./_arrow_planes.ts";
import type { Words } from "./codecs/_planes.ts";
import { Chunk } from "../chunk/chunk.ts";
import { copyNumbers } from "../data/_copy.ts";
import type { Account, BufferSource } from "../data/buffer_pool.ts";
import { type Column, columnOf, type ColumnTypes, type Ragged, type Schema, schema } from "../data/schema.ts";
import type { ColumnType, TypedArray } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { PREFIX } from "./_arrow_encode.ts";
import { checkField, schemaOf, WIDTH_KEY } from "./_arrow_types.ts";
import { unpackBits } from "./_bits.ts";
import { int64ToOffsets } from "./_int64.ts";

/** What an Arrow file is opened with. */
export interface OpenArrowOptions {
  /** Name of the file, for messages. Default "an Arrow file". */
  readonly name?: string;
  /** Types of the columns. Default: what the fields' metadata say. */
  readonly schema?: Schema;
}

/** Which rows and columns to take from an {@linkcode ArrowFile}. */
export interface ArrowTableOptions {
  /** First row. Default 0. */
  readonly from?: number;
  /** Last row (excluded). Default all. */
  readonly to?: number;
  /** Columns by name. Default all. */
  readonly columns?: readonly string[];
  /** Origin of the times, ps. Default: the chunk's start, else the first time. */
  readonly t0?: bigint;
  /** Where the table's buffer comes from. */
  readonly pool?: BufferSource;
  /** Charged with the table's buffer. */
  readonly account?: Account;
}

/** What {@linkcode decodeTable} may be told. */
export interface DecodeOptions extends OpenArrowOptions, ArrowTableOptions {}

/** An Arrow IPC file in memory, its columns checked against their types. Made by {@linkcode openArrow}. */
export class ArrowFile {
  /** Column types. */
  readonly schema: Schema;
  /** Rows. */
  readonly rows: number;
  /** Texts kept in the file's schema. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly #name: string;
  readonly #fields: ReadonlyMap<string, Arrow.Field>;
  readonly #data: ReadonlyMap<string, BatchColumn>;
  /** Divided columns whose high bytes are all 0. */
  readonly #low: readonly string[];

  /**
   * The columns of `schema` in a record batch; {@linkcode openArrow} is the way to make one.
   *
   * @throws {SyntaxError} When columns are missing, of another type, with nulls or shorter than they should be.
   */
  constructor(name: string, schema: Schema, batch: Batch) {
    this.#name = name;
    this.schema = schema;
    this.rows = batch.rows;
    this.metadata = batch.metadata;
    this.#fields = new Map((batch.fields as Arrow.Field[]).map((field) => [field.name, field]));
    this.#data = batch.columns;
    this.#low = JSON.parse(batch.metadata.get(LOW_KEY) ?? "[]");
    for (const column of schema.columns) {
      checkField(this.#fields.get(column.name), column);
      checkData(column, this.#data.get(column.name)!, this.rows, this.#width(column));
    }
  }

  #width(column: Column): number {
    if (column.kind !== "fixed") return 1;
    const field = this.#fields.get(column.name)!;
    if (this.rows === 0 && field.metadata.get(WIDTH_KEY) === "0") return 0;
    const list = isDivided(field) ? (field.type as Arrow.Struct).children[1]! : field;
    return (list.type as Arrow.FixedSizeList).listSize;
  }

  /** A time column as it lies in the file: absolute picoseconds. @throws {TypeError} On a column that is no time. */
  times(name: string): BigInt64Array {
    const column = columnOf(this.schema, name);
    if (column.kind !== "time") {
      throw new TypeError(`Cannot read column "${name}" as time: it is ${column.type}`);
    }
    const data = this.#data.get(name)!;
    return this.#reading(() =>
      holdsShuffled(data.field) ? shuffledTimes(data) : (data.values as BigInt64Array).subarray(0, this.rows)
    );
  }

  /** What goes wrong names the file. */
  #reading<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof SyntaxError) {
        throw new SyntaxError(`Cannot read ${this.#name}: ${error.message}`, { cause: error });
      }
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`Cannot read ${this.#name}: ${error.message}`, { cause: error });
    }
  }

  /**
   * Rows as a table in a buffer of its own. O(bytes taken).
   *
   * @throws {RangeError} On an unknown column, rows out of range, or times more than 2^53 ps from `t0`.
   * @throws {SyntaxError} On damaged offsets of a ragged column.
   * @throws {MemoryBudgetError} When the account has no room.
   */
  table(options: ArrowTableOptions = {}): Table {
    const { from = 0, to = this.rows } = options;
    if (!(0 <= from && from <= to && to <= this.rows)) {
      throw new RangeError(`Cannot read rows ${from} to ${to} of ${this.rows} from ${this.#name}`);
    }
    const chosen = choose(this.schema, options.columns);
    const widths: Record<string, number> = {}, values: Record<string, number> = {};
    for (const column of chosen.columns) {
      if (column.kind === "fixed") widths[column.name] = this.#width(column);
      if (column.kind === "ragged") {
        values[column.name] = this.#reading(() => this.#count(column, from, to));
      }
    }
    const { pool, account } = options;
    const table = Table.allocate(chosen, to - from, {
      t0: options.t0 ?? this.#origin(from, to),
      widths,
      values,
      ...(pool && { pool }),
      ...(account && { account }),
    });
    try {
      this.#reading(() => {
        for (const column of chosen.columns) this.#copy(column, from, table);
      });
    } catch (error) {
      table.release();
      throw error;
    }
    return table;
  }

  #copy(column: Column, from: number, table: Table): void {
    const data = this.#data.get(column.name)!;
    if (holdsShuffled(data.field)) return copyBytes(column, data, from, table);
    if (!isDivided(data.field)) return copyColumn(column, data, from, table);
    const target = table.columns[column.name] as Words | Ragged<Words>;
    const hasHigh = !this.#low.includes(column.name);
    const ragged = "offsets" in target;
    if (ragged) copyOffsets(samplesOf(data), from, table.length, target);
    if (table.length === 0) return;
    joinColumn(
      data,
      hasHigh,
      from,
      table.length,
      ragged ? target.values : target,
      ragged ? 0 : table.width(column.name),
    );
  }

  #origin(from: number, to: number): bigint {
    const start = this.metadata.get(`${PREFIX}start`);
    if (start !== undefined) return BigInt(start);
    const column = this.schema.columns.find((column) => column.kind === "time");
    return column && from < to ? this.times(column.name)[from]! : 0n;
  }

  // Values of a ragged column, its offsets checked.
  #count(column: Column, from: number, to: number): number {
    if (from === to) return 0;
    const data = samplesOf(this.#data.get(column.name)!);
    const offsets = data.values as Int32Array;
    let bad = offsets[from]! < 0;
    for (let i = from; i < to; i++) if (offsets[i]! > offsets[i + 1]!) bad = true;
    if (bad || offsets[to]! > data.children[0]!.length) {
      throw new SyntaxError(`column "${column.name}" has damaged offsets`);
    }
    return offsets[to]! - offsets[from]!;
  }
}

let loaded: Promise<void> | undefined;

/**
 * Open the bytes of an Arrow IPC file with one record batch, as {@linkcode encodeTable} writes it. O(columns): nothing is
 * copied, so the bytes must stay as they are while the file is in use.
 *
 * @throws {SyntaxError} When it is no such file, is damaged or holds other types: names the file and what is wrong.
 */
export async function openArrow(bytes: Uint8Array, options: OpenArrowOptions = {}): Promise<ArrowFile> {
  const name = options.name === undefined ? "an Arrow file" : `"${options.name}"`;
  loaded ??= loadArrow();
  await loaded;
  try {
    const batch = await openBatch(bytes);
    return new ArrowFile(name, options.schema ?? schemaOf(batch.fields as Arrow.Field[]), batch);
  } catch (cause) {
    const what = cause instanceof SyntaxError
      ? cause.message
      : `it is no intact Arrow file (${cause instanceof Error ? cause.message : cause})`;
    throw new SyntaxError(`Cannot read ${name}: ${what}`, { cause });
  }
}

/**
 * The table in the bytes of an Arrow IPC file, copied into a (pooled) buffer; the bytes are free afterwards.
 *
 * @throws {SyntaxError} When the bytes are no intact Arrow file of those columns.
 * @throws {RangeError} When its times span more than 2^53 ps.
 */
export async function decodeTable(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Table> {
  return (await openArrow(bytes, options)).table(options);
}

/**
 * The chunk in the bytes that {@linkcode encodeChunk} wrote, copied into a (pooled) buffer.
 *
 * @throws {SyntaxError} When the bytes are no intact Arrow file of a chunk.
 */
export async function decodeChunk(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Chunk> {
  const file = await openArrow(bytes, options);
  const text = (key: string): string => {
    const value = file.metadata.get(PREFIX + key);
    if (value !== undefined) return value;
    throw new SyntaxError(
      `Cannot read "${
        options.name ?? "an Arrow file"
      }": it holds a table, no chunk ("${PREFIX}${key}" is missing)`,
    );
  };
  const info = {
    start: BigInt(text("start")),
    end: BigInt(text("end")),
    coverEnd: BigInt(text("coverEnd")),
    runId: text("runId"),
    dataType: text("dataType"),
    dataKind: text("dataKind"),
  };
  return new Chunk(file.table({ ...options, t0: options.t0 ?? info.start }), info);
}

function choose(schema_: Schema, names: readonly string[] | undefined): Schema {
  if (!names) return schema_;
  const types: Record<string, ColumnType> = {};
  for (const name of names) types[name] = columnOf(schema_, name).type;
  return schema(types as ColumnTypes);
}

function checkData(column: Column, data: BatchColumn, rows: number, width: number): void {
  const fail = (what: string): never => {
    throw new SyntaxError(`column "${column.name}" ${what}`);
  };
  if (data.length !== rows) fail(`has ${data.length} rows of ${rows}`);
  if (data.nullCount > 0) fail("has nulls");
  if (rows > 0 && width < 1) fail(`is ${width} wide`);
  const ragged = column.kind === "ragged";
  const list = samplesOf(data);
  if (list.length !== rows) fail(`has ${list.length} rows of samples of ${rows}`);
  if (ragged && rows > 0 && list.bytes < 4 * (rows + 1)) fail("is cut off in its offsets");
  const flat = ragged || column.kind === "fixed" ? list.children[0]! : list;
  if (list.nullCount > 0 || flat.nullCount > 0) fail("has nulls");
  const wanted = ragged ? flat.length : rows * width;
  const check = (part: BatchColumn, bytes: number, count: number): void => {
    const there = column.element === "bool" ? part.bytes * 8 : Math.floor(part.bytes / bytes);
    if (there < count || part.length < count) {
      fail(`is cut off: ${Math.min(there, part.length)} values of ${count}`);
    }
  };
  if (holdsShuffled(data.field) && flat.bytes < flat.length * column.bytes) {
    fail(`is cut off: ${flat.bytes} bytes of ${flat.length * column.bytes}`);
  }
  if (list === data) return check(flat, column.bytes, wanted);
  check(data.children[0]!, 2, rows);
  for (const plane of flat.children) check(plane, 1, wanted);
}

function copyColumn(column: Column, data: BatchColumn, from: number, table: Table): void {
  const target = table.columns[column.name] as TypedArray | Ragged;
  if (column.kind === "time") {
    int64ToOffsets(data.look() as BigInt64Array, from, from + table.length, table.t0, target as Float64Array);
    return;
  }
  if ("offsets" in target) {
    copyOffsets(data, from, table.length, target);
    if (table.length === 0) return;
    const first = (data.values as Int32Array)[from]!;
    copyValues(column, data.children[0]!.look(), first, target.values);
    return;
  }
  const flat = column.kind === "fixed" ? data.children[0]! : data;
  copyValues(column, flat.look(), from * table.width(column.name), target);
}

/** A column whose bytes are shuffled. */
function copyBytes(column: Column, data: BatchColumn, from: number, table: Table): void {
  const target = table.columns[column.name] as TypedArray | Ragged;
  if ("offsets" in target) copyOffsets(data, from, table.length, target);
  if (table.length === 0) return;
  copyShuffled(column, data, from, table.width(column.name), table.t0, target);
}

function copyOffsets(list: BatchColumn, from: number, rows: number, target: Ragged): void {
  target.offsets[0] = 0;
  if (rows === 0) return;
  const offsets = list.values as Int32Array;
  const first = offsets[from]!;
  for (let i = 0; i < rows; i++) target.offsets[i + 1] = offsets[from + i + 1]! - first;
}

function copyValues(column: Column, from: TypedArray, at: number, to: TypedArray): void {
  if (column.element === "bool") unpackBits(from as Uint8Array, at, to as Uint8Array);
  else copyNumbers(from.subarray(at, at + to.length), to, 0);
}
