/**
 * Cut rows to a time range with their samples.
 *
 * Sample k of a row covers `[time + k dt, time + (k + 1) dt)`. A row that reaches over an edge of the range loses the samples
 * that do not lie in it whole: the first one kept starts at or after the range's start, the last one ends at or before its
 * end. Its `time`, `endtime`, `length` and samples follow; a row of which nothing is left is dropped.
 *
 * Complexity: O(rows), and one copy of the rows that are left; no copy where nothing has to be cut.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { clip } from "@millrace/core/clip";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const record = schema({ time: "time", endtime: "time", dt: "i32", wave: "u16[]" });
 * const rows = Table.from(record, { time: [0n], endtime: [40n], dt: [10], wave: [[1, 2, 3, 4]] });
 * using records = new Chunk(rows, { start: 0n, end: 50n });
 * using part = clip(records, 5n, 35n);
 * assert.deepEqual(part?.table.row(0), { time: 10n, endtime: 30n, dt: 10, wave: Uint16Array.of(2, 3) });
 * ```
 * @module
 */
import { columnOf, type ColumnTypes, hasColumn, type Ragged, type TypedArray } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { chunkOf, earlier, identityOf, later } from "./_chunk_of.ts";
import { type Chunk, coverEndOf, rowAt, timesOf } from "./chunk.ts";
import { gather, type MemoryOptions } from "./gather.ts";
import { type Order, orderOf } from "./order.ts";
import { sortRows } from "./sort_rows.ts";

/** What {@linkcode clip} may be told. */
export interface ClipOptions extends MemoryOptions {
  /** Picoseconds a sample, of a table without a `dt` column. */
  readonly dt?: number;
  /** Names of the columns that hold samples in time. Default: all fixed and ragged columns. */
  readonly samples?: readonly string[];
  /** Columns to order by: rows that lose their begin may change places. Default: {@linkcode orderOf} the schema. */
  readonly order?: Order;
}

/**
 * The rows of `chunk`, which are in order, cut to `[start, end)` and in order again; `undefined` where chunk and range have nothing in common.
 *
 * A row's number of samples is its `length` where there is such a column, else what its samples say. Fixed samples move to the
 * front and are followed by zeros. A row without samples stays if it starts in the
 * range; the `endtime` of a row that loses nothing at its end stays as it is. The result's interval is the
 * range as far as the chunk's rows may reach; it is no chunk of the stream, since cut rows start later than they did.
 *
 * @param start Start of the range, ps.
 * @param end End of the range (excluded), ps.
 * @throws {TypeError} When there are no samples, a row has to be cut and no `dt` is known, or fixed samples have to be
 * shortened and there is no `length` column.
 * @throws {RangeError} On an empty range, a `dt` that is no integer above 0, or samples that are fewer than the row's `length`.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export function clip<C extends ColumnTypes>(
  chunk: Chunk<C>,
  start: bigint,
  end: bigint,
  options: ClipOptions = {},
): Chunk<C> | undefined {
  if (start >= end) {
    throw new RangeError(`Cannot clip chunk ${chunk} to [${start} .. ${end}) ps: the range is empty`);
  }
  const interval = {
    start: later(start, chunk.start),
    end: earlier(end, coverEndOf(chunk.table as Table, chunk.end)),
  };
  if (interval.start >= interval.end) return undefined;
  const { dt, samples, order, ...memory } = options;
  const rows = new SampledRows(chunk.table as Table, { dt, samples });
  const plan = planCuts(rows, chunk as Chunk, interval.start, interval.end);
  const info = { ...identityOf(chunk as Chunk), ...interval };
  if (!plan.cut) return chunkOf(chunk.table.slice(plan.rows[0] ?? 0, (plan.rows.at(-1) ?? -1) + 1), info);
  const { table } = chunk;
  using clipped = gather(table, plan.rows, plan.rows.length, memory);
  new SampledRows(clipped as Table, { dt, samples }).shorten(plan);
  return chunkOf(sortRows(clipped, { order: order ?? orderOf(table.schema), ...memory }), info);
}

/** Which rows stay, and how many samples each loses in front and keeps. */
interface Plan {
  rows: Uint32Array;
  skip: Uint32Array;
  keep: Uint32Array;
  /** Whether anything has to be copied. */
  cut: boolean;
}

function planCuts(rows: SampledRows, chunk: Chunk, start: bigint, end: bigint): Plan {
  const first = rowAt(chunk.table, start), last = rowAt(chunk.table, end);
  const times = timesOf(chunk.table);
  const from = Number(start - chunk.t0), to = Number(end - chunk.t0);
  const plan = { rows: new Uint32Array(last), skip: new Uint32Array(last), keep: new Uint32Array(last) };
  let n = 0, cut = false;
  for (let i = 0; i < last; i++) {
    const count = rows.count(i);
    let skip = 0, keep = count;
    if (count === 0) {
      if (i < first) continue;
    } else if (i < first && !rows.endsAfter(i, from)) {
      continue;
    } else if (i < first || rows.endsAfter(i, to)) {
      // Quotients of integers below 2^53 never round to or over another integer.
      const dt = rows.dt(i), time = times[i]!;
      skip = i < first ? Math.ceil((from - time) / dt) : 0;
      keep = Math.min(count, Math.floor((to - time) / dt)) - skip;
      if (keep <= 0) continue;
      cut ||= keep < count;
    }
    plan.rows[n] = i;
    plan.skip[n] = skip;
    plan.keep[n++] = keep;
  }
  cut ||= n > 0 && plan.rows[n - 1]! - plan.rows[0]! !== n - 1; // rows between are gone
  return {
    rows: plan.rows.subarray(0, n),
    skip: plan.skip.subarray(0, n),
    keep: plan.keep.subarray(0, n),
    cut,
  };
}

/** A table's rows as traces of samples. */
class SampledRows {
  readonly #table: Table;
  readonly #samples: readonly string[];
  readonly #times: Float64Array;
  readonly #ends: Float64Array | undefined;
  readonly #length: TypedArray | undefined;
  readonly #dts: TypedArray | undefined;
  readonly #dt: number | undefined;
  readonly #width: number;
  readonly #offsets: Uint32Array | undefined;

  constructor(table: Table, given: { dt: number | undefined; samples: readonly string[] | undefined }) {
    const { schema } = table;
    this.#table = table;
    this.#samples = given.samples ??
      schema.columns.filter(({ kind }) => kind === "fixed" || kind === "ragged").map(({ name }) => name);
    this.#times = timesOf(table);
    this.#ends = hasColumn(schema, "endtime") ? table.get("endtime", "time") : undefined;
    this.#length = scalar(table, "length");
    this.#dts = scalar(table, "dt");
    this.#dt = given.dt;
    const kinds = this.#samples.map((name) => columnOf(schema, name));
    const ragged = kinds.find(({ kind }) => kind === "ragged");
    this.#offsets = ragged && (table.columns[ragged.name] as Ragged).offsets;
    this.#width = kinds.length > 0 ? table.width(kinds[0]!.name) : 0;
    if (kinds.length === 0 && !this.#length) {
      throw new TypeError(`Cannot clip rows of ${schema.text}: they have neither samples nor a length`);
    }
    if (table.length > 0) { for (const { name } of kinds) this.#checkCounts(name); }
  }

  /** @throws {RangeError} When a row has fewer samples in this column than it says, or a ragged one a different number. */
  #checkCounts(name: string): void {
    const { kind } = columnOf(this.#table.schema, name);
    const offsets = kind === "ragged" ? (this.#table.columns[name] as Ragged).offsets : undefined;
    const width = this.#table.width(name);
    for (let i = 0; i < this.#table.length; i++) {
      const count = this.count(i);
      const own = offsets ? offsets[i + 1]! - offsets[i]! : width;
      if (offsets ? own !== count : own < count) {
        throw new RangeError(
          `Cannot clip row ${i}: column "${name}" has ${own} samples of ${count}; name the sample columns (samples)`,
        );
      }
    }
  }

  /** Samples of row `i`. */
  count(i: number): number {
    if (this.#length) return Number(this.#length[i]);
    return this.#offsets ? this.#offsets[i + 1]! - this.#offsets[i]! : this.#width;
  }

  /** Picoseconds a sample of row `i`. */
  dt(i: number): number {
    const dt = this.#dts ? Number(this.#dts[i]) : this.#dt;
    if (dt === undefined) {
      throw new TypeError('Cannot clip rows without a column "dt": give dt, the picoseconds a sample');
    }
    if (!(Number.isSafeInteger(dt) && dt > 0)) {
      throw new RangeError(`Cannot clip row ${i}: its dt is ${dt} ps; give an integer above 0`);
    }
    return dt;
  }

  /** Whether row `i`, which has samples, reaches behind `at` (offset), by its endtime or by its samples. */
  endsAfter(i: number, at: number): boolean {
    const ends = this.#ends;
    if (ends && (ends[i]! > at || (this.#dts === undefined && this.#dt === undefined))) return ends[i]! > at;
    return this.#times[i]! + this.count(i) * this.dt(i) > at;
  }

  /** Move times, ends, lengths and samples of all rows as planned, in place. */
  shorten({ skip, keep }: Plan): void {
    const table = this.#table;
    const counts = Float64Array.from(keep, (_, i) => this.count(i));
    const times = this.#times, ends = this.#ends;
    for (let i = 0; i < keep.length; i++) {
      if (skip[i] === 0 && keep[i] === counts[i]) continue;
      const dt = this.dt(i);
      times[i] = times[i]! + skip[i]! * dt;
      if (ends && skip[i]! + keep[i]! < counts[i]!) ends[i] = times[i]! + keep[i]! * dt;
      if (this.#length) setNumber(this.#length, i, keep[i]!);
    }
    for (const name of this.#samples) {
      const data = table.columns[name] as TypedArray | Ragged;
      if ("offsets" in data) shortenRagged(data, skip, keep);
      else this.#shortenFixed(name, data, counts, skip, keep);
    }
  }

  #shortenFixed(
    name: string,
    data: TypedArray,
    counts: Float64Array,
    skip: Uint32Array,
    keep: Uint32Array,
  ): void {
    const width = this.#table.width(name);
    for (let i = 0; i < keep.length; i++) {
      if (skip[i] === 0 && keep[i] === counts[i]) continue;
      if (!this.#length) {
        throw new TypeError(
          `Cannot clip row ${i}: column "${name}" has a fixed width and there is no column "length" for what is left`,
        );
      }
      const at = i * width;
      data.copyWithin(at, at + skip[i]!, at + skip[i]! + keep[i]!);
      if (isBig(data)) data.fill(0n, at + keep[i]!, at + width);
      else data.fill(0, at + keep[i]!, at + width);
    }
  }
}

function shortenRagged({ values, offsets }: Ragged, skip: Uint32Array, keep: Uint32Array): void {
  let at = offsets[0]!, next = at;
  for (let i = 0; i < keep.length; i++) {
    const from = next + skip[i]!;
    next = offsets[i + 1]!;
    values.copyWithin(at, from, from + keep[i]!);
    offsets[i + 1] = at += keep[i]!;
  }
}

function scalar(table: Table, name: string): TypedArray | undefined {
  if (!hasColumn(table.schema, name)) return undefined;
  const { kind } = columnOf(table.schema, name);
  return kind === "scalar" ? table.columns[name] as TypedArray : undefined;
}

function isBig(data: TypedArray): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

function setNumber(data: TypedArray, i: number, value: number): void {
  if (isBig(data)) data[i] = BigInt(value);
  else data[i] = value;
}
