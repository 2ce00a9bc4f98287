/**
 * A table: a schema and one typed array a column.
 *
 * Rows are in time order. Times are exact integer offsets (ps) from `t0`. A table holds references to the buffers that
 * its columns lie in; a slice shares them. `release()` (or `using`) hands them back, after which access throws.
 *
 * Complexity: `slice` and `release` O(columns); `allocate` O(columns); `toBuffer` O(1) for a table that lies alone in its
 * buffer, O(bytes) else.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * using hits = Table.from(schema({ time: "time", height: "f32" }), { time: [1000n, 2500n], height: [3, 4] });
 * assert.equal(hits.t0, 1000n);
 * assert.deepEqual(hits.row(1), { time: 2500n, height: 4 });
 * ```
 * @module
 */
import { type Account, BufferHandle, BufferPool, type BufferSource } from "./buffer_pool.ts";
import { checkArray, checkShared, columnsOver, cut, widthOf } from "./_columns.ts";
import { bytesHeld, type Held, heldFor, releaseAll, retainAll, unchargeAll } from "./_held.ts";
import { exactOffset, shiftTimes } from "./_offset.ts";
import { rowOf, tableText } from "./_row_text.ts";
import { tableFrom } from "./_table_from.ts";
import { copyRows } from "./copy_rows.ts";
import { type Layout, layOut, readHeader, writeHeader } from "./layout.ts";
import {
  type Column,
  type ColumnData,
  columnOf,
  type Columns,
  type ColumnType,
  type ColumnTypes,
  type Ragged,
  type Schema,
  type TypedArray,
} from "./schema.ts";

export type { Held } from "./_held.ts";
export { exactOffset } from "./_offset.ts";
export { copyRows } from "./copy_rows.ts";

/** A value of a row object: times and 64-bit integers are `bigint`, samples are typed arrays. */
export type RowValue = number | bigint | boolean | TypedArray;

/** What {@linkcode Table.from} takes for a column. */
export type ColumnInput =
  | TypedArray
  | Ragged
  | readonly (number | bigint | boolean)[]
  | readonly (readonly (number | bigint)[] | TypedArray)[];

/** What {@linkcode Table.allocate} may be told. */
export interface AllocateOptions {
  /** Origin of the times, ps. Default 0. */
  readonly t0?: bigint;
  /** Samples a row, of columns whose type leaves it open (`"u16[n]"`). */
  readonly widths?: Readonly<Record<string, number>>;
  /** Values to make room for, of ragged columns. */
  readonly values?: Readonly<Record<string, number>>;
  /** Columns taken as they are from another table of as many rows, without a copy. */
  readonly share?: Readonly<Record<string, Table>>;
  /** Where buffers come from. */
  readonly pool?: BufferSource;
  /** Charged with the buffer. */
  readonly account?: Account;
}

const defaultPool = new BufferPool();

/** Columns that tell a row: types of one kind may all have them, side by side they stand once. */
export const ROW_KEYS: readonly string[] = ["time", "board", "channel", "endtime", "record_id"];

/** Rows of typed columns with times relative to {@linkcode Table.t0}. */
export class Table<C extends ColumnTypes = ColumnTypes> implements Disposable {
  /** Names and types of the columns. */
  readonly schema: Schema<C>;
  /** Origin of the time columns, ps since the start of the run. */
  readonly t0: bigint;
  #length: number;
  #columns: Columns<C> | undefined;
  #held: Held[];
  #widths: readonly number[];
  /** Set when the table lies alone in its (only) buffer, in standard layout. */
  #layout: Layout | undefined;
  #growth: AllocateOptions | undefined;

  private constructor(
    schema: Schema<C>,
    t0: bigint,
    length: number,
    columns: Columns<C>,
    widths: readonly number[],
    held: Held[],
    layout?: Layout,
    growth?: AllocateOptions,
  ) {
    this.schema = schema;
    this.t0 = t0;
    this.#length = length;
    this.#columns = columns;
    this.#widths = widths;
    this.#held = held;
    this.#layout = layout;
    this.#growth = growth;
  }

  /** Rows. */
  get length(): number {
    return this.#length;
  }

  /** The arrays by column name. @throws {TypeError} After release. */
  get columns(): Columns<C> {
    return this.#columns ?? this.#gone();
  }

  get #arrays(): Readonly<Record<string, TypedArray | Ragged>> {
    return this.columns as Readonly<Record<string, TypedArray | Ragged>>;
  }

  /** Whether the table was released. */
  get released(): boolean {
    return this.#columns === undefined;
  }

  /** Bytes that the rows take (not the buffers' size). */
  get nbytes(): number {
    let bytes = 0;
    this.schema.columns.forEach((column, k) => {
      if (column.kind === "ragged") {
        const { offsets } = this.#arrays[column.name] as Ragged;
        bytes += (offsets[this.#length]! - offsets[0]!) * column.bytes + (this.#length + 1) * 4;
      } else bytes += this.#length * this.#widths[k]! * column.bytes;
    });
    return bytes;
  }

  /** The buffers that this table keeps alive. */
  get held(): readonly Held[] {
    return this.#held;
  }

  /** Bytes of the buffers that this table keeps alive, each counted whole. */
  get heldBytes(): number {
    return bytesHeld(this.#held);
  }

  #gone(): never {
    throw new TypeError("Cannot use a table after its release");
  }

  /** Samples a row of a fixed column, 1 of a scalar, 0 of a ragged one or where no row has fixed it yet. */
  width(name: string): number {
    return this.#widths[this.schema.columns.indexOf(columnOf(this.schema, name))]!;
  }

  /**
   * The column `name`, which must have type `type`: typed access where the schema isn't known at compile time.
   *
   * `"u16[n]"` accepts every fixed width.
   *
   * @throws {RangeError} On an unknown column.
   * @throws {TypeError} On another type, naming both.
   */
  get<T extends ColumnType>(name: string, type: T): ColumnData<T> {
    const column = columnOf(this.schema, name);
    if (!sameType(column, type)) {
      throw new TypeError(`Cannot read column "${name}" as ${type}: it is ${column.type}`);
    }
    return this.columns[name] as ColumnData<ColumnType> as ColumnData<T>;
  }

  /**
   * A table of `length` rows in one pooled buffer, its columns holding whatever was there before: write every row. Offsets of ragged
   * columns begin with 0.
   *
   * @throws {MemoryBudgetError} When the account has no room.
   * @throws {RangeError} On a width or pool size that is missing or negative.
   */
  static allocate<C extends ColumnTypes>(
    schema: Schema<C>,
    length: number,
    options: AllocateOptions = {},
  ): Table<C> {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot allocate a table of ${length} rows`);
    }
    const { share } = options;
    const absent = schema.columns.map((column) => share?.[column.name] !== undefined);
    const widths = schema.columns.map((column, k) =>
      absent[k]
        ? checkShared(column, share![column.name]!, length, options.t0 ?? 0n)
        : widthOf(column, options.widths?.[column.name], length)
    );
    const values = schema.columns.map((column) => options.values?.[column.name] ?? 0);
    const layout = layOut(schema, length, widths, values, absent);
    const handle = (options.pool ?? defaultPool).acquire(layout.bytes, options.account);
    const held: Held[] = [{ handle, charged: options.account !== undefined }];
    if (share) { for (const [table, names] of sharedBy(share)) held.push(...table.#retain(names)); }
    const columns = columnsOver(schema, handle.buffer, handle.byteOffset, length, layout, share);
    schema.columns.forEach(({ name, kind }, k) => {
      if (kind === "ragged" && !absent[k]) (columns[name] as Ragged).offsets[0] = 0;
    });
    return new Table(
      schema,
      options.t0 ?? 0n,
      length,
      columns as Columns<C>,
      widths,
      held,
      absent.includes(true) || !isWhole(handle) ? undefined : layout,
      options,
    );
  }

  /** A table without rows. */
  static empty<C extends ColumnTypes>(schema: Schema<C>, t0 = 0n): Table<C> {
    return Table.allocate(schema, 0, { t0 });
  }

  /**
   * A table from arrays, copied. Times are absolute (`bigint`) or offsets from `t0` (numbers). `timestamp` is taken for a
   * missing `time`. Without `t0`, the first absolute time is the origin.
   *
   * @throws {TypeError} On a missing column or one of another shape.
   * @throws {RangeError} On columns of different lengths, or times that are not exact integers within 2^53 ps of `t0`.
   */
  static from<C extends ColumnTypes>(
    schema: Schema<C>,
    input: Readonly<Record<string, ColumnInput>>,
    options: Pick<AllocateOptions, "t0" | "pool" | "account"> = {},
  ): Table<C> {
    return tableFrom(schema, input, options, (...args) => Table.allocate(...args));
  }

  /**
   * A table over arrays as they are, without a copy; they must not be written to afterwards.
   *
   * @throws {TypeError} On an array of another type.
   * @throws {RangeError} On an array of another length.
   */
  static wrap<C extends ColumnTypes>(
    schema: Schema<C>,
    length: number,
    columns: Columns<C>,
    options: { t0?: bigint; account?: Account } = {},
  ): Table<C> {
    const buffers = new Set<ArrayBufferLike>();
    const widths = schema.columns.map((column) => {
      const data = columns[column.name] as TypedArray | Ragged | undefined;
      if (data === undefined) throw new TypeError(`Cannot make a table: column "${column.name}" is missing`);
      buffers.add("offsets" in data ? data.values.buffer : data.buffer);
      if ("offsets" in data) buffers.add(data.offsets.buffer);
      return checkArray(column, data, length);
    });
    const held = [...buffers].map((buffer) => {
      options.account?.charge(buffer.byteLength);
      return { handle: new BufferHandle(buffer, options.account), charged: options.account !== undefined };
    });
    return new Table(schema, options.t0 ?? 0n, length, columns, widths, held);
  }

  /** A table over columns that were checked, with the references that it is to have: for code that hands tables over. */
  static over(
    schema: Schema,
    t0: bigint,
    length: number,
    columns: Record<string, TypedArray | Ragged>,
    widths: readonly number[],
    held: readonly Held[],
  ): Table {
    return new Table(schema, t0, length, columns as Columns<ColumnTypes>, widths, [...held]);
  }

  /** Give the references to the buffers up, without handing those back: the caller has them now. The table is released. */
  detach(): readonly Held[] {
    const held = this.#held;
    this.#held = [];
    this.#columns = undefined;
    return held;
  }

  /**
   * The table in a buffer that {@linkcode Table.toBuffer} made, without a copy; behind it may be more bytes.
   *
   * @param options.account Charged with the buffer until its release.
   * @param options.pool Gets the buffer then.
   * @throws {SyntaxError} On a buffer that holds no such table: says what was expected and found.
   */
  static fromBuffer(
    buffer: ArrayBufferLike,
    options: { account?: Account | undefined; pool?: BufferPool | undefined } = {},
  ): Table {
    const { schema, rows, t0, layout } = readHeader(buffer);
    options.account?.charge(buffer.byteLength);
    const handle = new BufferHandle(buffer, options.account, options.pool);
    return new Table(
      schema,
      t0,
      rows,
      columnsOver(schema, buffer, 0, rows, layout) as Columns<ColumnTypes>,
      layout.places.map((place) => place.width),
      [{ handle, charged: options.account !== undefined }],
      layout,
    );
  }

  /**
   * This table in one buffer with its header. A table that lies alone in its buffer gives that buffer itself; a slice or
   * a table with shared columns is compacted into a new one.
   */
  toBuffer(): ArrayBufferLike {
    if (!this.#layout || this.#held.length !== 1) {
      const compact = this.compact();
      try {
        return compact.toBuffer();
      } finally {
        compact.#forget();
      }
    }
    const { buffer } = this.#held[0]!.handle;
    writeHeader(buffer, this.schema, this.#length, this.t0, this.#layoutNow());
    return buffer;
  }

  /**
   * Hand the buffer over, for a transfer to another thread: this table is released.
   *
   * @throws {TypeError} When another table shares the buffer, or this one does not lie alone in it: share or
   * {@linkcode Table.compact} it instead.
   */
  takeBuffer(): ArrayBufferLike {
    if (!this.#layout || this.#held.length !== 1 || this.#held[0]!.handle.refs !== 1) {
      throw new TypeError("Cannot take the buffer of a table that is not its sole owner: compact it first");
    }
    const buffer = this.toBuffer();
    this.#forget();
    return buffer;
  }

  // Released, but the buffer does not go back to a pool: somebody else has it now.
  #forget(): void {
    unchargeAll(this.detach());
  }

  #layoutNow(): Layout {
    const layout = this.#layout!;
    const places = layout.places.map((place, k) => {
      const column = this.schema.columns[k]!;
      if (column.kind === "ragged") return place;
      return { ...place, values: this.#length * place.width };
    });
    return { places, bytes: layout.bytes };
  }

  // What a table is allocated with that is to hold these columns: `valuesOf` says how many values a ragged one gets.
  #sizes(valuesOf: (data: Ragged, name: string) => number): Pick<AllocateOptions, "widths" | "values"> {
    const widths: Record<string, number> = {}, values: Record<string, number> = {};
    this.schema.columns.forEach(({ name, kind }, k) => {
      if (kind === "ragged") values[name] = valuesOf(this.#arrays[name] as Ragged, name);
      else widths[name] = this.#widths[k]!;
    });
    return { widths, values };
  }

  /** A copy of these rows alone in one buffer. */
  compact(options: Pick<AllocateOptions, "pool" | "account"> = {}): Table<C> {
    const sizes = this.#sizes(({ offsets }) => offsets[this.#length]! - offsets[0]!);
    const out = Table.allocate(this.schema, this.#length, { ...options, t0: this.t0, ...sizes });
    copyRows(this as unknown as Table, 0, this.#length, out as unknown as Table, 0);
    return out;
  }

  // One more reference to the buffers: all of them, or those that the named columns lie in.
  #retain(names?: readonly string[]): Held[] {
    return retainAll(names === undefined ? this.#held : heldFor(this.#held, this.#arrays, names));
  }

  /** Bytes of the buffers that the named columns lie in, each counted whole. */
  heldBytesOf(names: readonly string[]): number {
    return bytesHeld(heldFor(this.#held, this.#arrays, names));
  }

  /** Rows `from` to `to` (excluded) as a view that shares the buffers. O(columns). */
  slice(from: number, to: number): Table<C> {
    if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= this.#length)) {
      throw new RangeError(`Cannot slice rows ${from} to ${to} of ${this.#length}`);
    }
    const columns: Record<string, TypedArray | Ragged> = {};
    this.schema.columns.forEach((column, k) => {
      const data = this.#arrays[column.name]!;
      const width = this.#widths[k]!;
      columns[column.name] = "offsets" in data
        ? { values: data.values, offsets: data.offsets.subarray(from, to + 1) }
        : data.subarray(from * width, to * width);
    });
    return new Table(this.schema, this.t0, to - from, columns as Columns<C>, this.#widths, this.#retain());
  }

  /** One more table over the same rows, to be released on its own. */
  share(): Table<C> {
    return new Table(
      this.schema,
      this.t0,
      this.#length,
      this.columns,
      this.#widths,
      this.#retain(),
      this.#layout,
    );
  }

  /**
   * The same rows under another schema: a choice of this table's columns by name, without a copy.
   *
   * @throws {TypeError} When a column is missing or has another type.
   */
  project<P extends ColumnTypes>(schema: Schema<P>): Table<P> {
    const columns: Record<string, unknown> = {};
    const widths = schema.columns.map((column) => {
      columns[column.name] = this.get(column.name, column.type);
      return this.width(column.name);
    });
    return new Table(
      schema,
      this.t0,
      this.#length,
      columns as Columns<P>,
      widths,
      this.#retain(Object.keys(columns)),
    );
  }

  /** A time column relative to `t0`: the column itself where that is this table's origin. */
  #timesFrom(name: string, t0: bigint): Float64Array {
    const from = this.columns[name] as Float64Array;
    const delta = this.#length === 0 ? 0 : exactOffset(this.t0, t0);
    if (delta === 0) return from;
    const to = new Float64Array(this.#length);
    shiftTimes(from, 0, this.#length, delta, to, 0);
    return to;
  }

  /**
   * Set the number of rows of a table that this code allocated and nobody shares. Fewer rows keep the buffer; more
   * move to a larger one, after which `columns` has new arrays.
   *
   * @throws {TypeError} On a slice, a wrapped or a shared table.
   */
  resize(length: number, options: { values?: Readonly<Record<string, number>> } = {}): this {
    if (this.released) this.#gone();
    const growth = this.#growth;
    if (!growth || this.#held[0]!.handle.refs !== 1) {
      throw new TypeError("Cannot resize a table that was not allocated here or is shared");
    }
    if (length <= this.#length && !options.values) {
      const view = cut(this.schema, this.columns, this.#widths, length);
      this.#columns = view as Columns<C>;
      this.#length = length;
      return this;
    }
    if (growth.share) throw new TypeError("Cannot grow a table with shared columns");
    const sizes = this.#sizes((data, name) => options.values?.[name] ?? data.values.length);
    const larger = Table.allocate(this.schema, length, { ...growth, t0: this.t0, ...sizes });
    try {
      copyRows(this as unknown as Table, 0, Math.min(length, this.#length), larger as unknown as Table, 0);
    } catch (error) {
      larger.release();
      throw error;
    }
    this.#drop();
    this.#columns = larger.#columns;
    this.#length = length;
    this.#held = larger.#held;
    this.#layout = larger.#layout;
    this.#growth = larger.#growth;
    return this;
  }

  /**
   * The same rows with times relative to `t0`: time columns are copied, all others shared. O(rows of time columns).
   *
   * @throws {RangeError} When a time is more than 2^53 ps from `t0`.
   */
  rebase(t0: bigint): Table<C> {
    const columns: Record<string, unknown> = { ...this.columns };
    for (const { name, kind } of this.schema.columns) {
      if (kind === "time") columns[name] = this.#timesFrom(name, t0);
    }
    return new Table(this.schema, t0, this.#length, columns as Columns<C>, this.#widths, this.#retain());
  }

  /** Row `i` as an object: for printing and tests, not for loops. */
  row(i: number): { [K in keyof C]: RowValue } {
    if (!(Number.isInteger(i) && 0 <= i && i < this.#length)) {
      throw new RangeError(`Cannot read row ${i} of ${this.#length}`);
    }
    return rowOf(this as unknown as Table, i) as { [K in keyof C]: RowValue };
  }

  /** All rows as objects: for printing and tests. */
  rows(): { [K in keyof C]: RowValue }[] {
    return Array.from({ length: this.#length }, (_, i) => this.row(i));
  }

  /** How many rows there are, and the first ten of them, a line each. */
  toString(): string {
    return tableText(this as unknown as Table);
  }

  /** The same as {@linkcode Table.toString}, for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** A time column as absolute picoseconds, copied. */
  times(name = "time"): BigInt64Array {
    const offsets = this.get(name, "time");
    return BigInt64Array.from(offsets, (offset) => this.t0 + BigInt(offset));
  }

  /** The budget stops counting this table's buffers: they are the user's now. */
  uncharge(): void {
    this.#held = unchargeAll(this.#held);
  }

  #drop(): void {
    releaseAll(this.#held);
    this.#held = [];
  }

  /** Hand the buffers back. Access throws from then on; a second release does nothing. */
  release(): void {
    if (this.#columns === undefined) return;
    this.#columns = undefined;
    this.#drop();
  }

  /** The same as {@linkcode Table.release}, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Whether a handle's part is all of its buffer. */
function isWhole({ buffer, byteLength }: BufferHandle): boolean {
  return buffer.byteLength === byteLength;
}

/** Names of the shared columns by the table that they come from. */
function sharedBy(share: Readonly<Record<string, Table>>): Map<Table, string[]> {
  const byTable = new Map<Table, string[]>();
  for (const name in share) {
    const names = byTable.get(share[name]!);
    if (names) names.push(name);
    else byTable.set(share[name]!, [name]);
  }
  return byTable;
}

/** Whether a column may be read as `type`: equal, or a fixed width where the type leaves the width open. */
export function sameType(column: Column, type: ColumnType): boolean {
  return column.type === type || (column.kind === "fixed" && `${column.element}[n]` === type);
}
