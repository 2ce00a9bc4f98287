/**
 * A chunk: all rows of a data type whose start lies in one half-open interval.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time", endtime: "time" }), { time: [10n, 12n], endtime: [40n, 13n] });
 * using chunk = new Chunk(rows, { start: 0n, end: 20n, dataType: "hits" });
 * assert.equal(chunk.coverEnd, 40n);
 * assert.equal(chunk.sealed, false); // the first row reaches past the end
 * ```
 * @module
 */
import type { Table } from "../data/table.ts";
import { type Columns, type ColumnTypes, hasColumn, type Schema } from "../data/schema.ts";

/** `coverEnd` of a stream before its first row: earlier than every time. */
export const NO_COVER: bigint = -(2n ** 63n);

/** Longest interval of one chunk, ps (2^53, 2.5 h): offsets in it are exact numbers. */
export const MAX_CHUNK_PS: bigint = 2n ** 53n;

/** What a chunk is, beside its rows. */
export interface ChunkInfo {
  /** Start of the interval, ps since the start of the run. */
  readonly start: bigint;
  /** End of the interval (excluded), above `start`. */
  readonly end: bigint;
  /**
   * Highest endtime of this and all earlier chunks of the stream. Taken from the rows (and `coverBefore`) where it is not
   * given. O(rows) then.
   */
  readonly coverEnd?: bigint;
  /**
   * `coverEnd` of the chunk before. Default: the given `coverEnd` where that lies beyond all rows of this chunk, else
   * {@linkcode NO_COVER}; whoever gives `coverEnd` of a chunk inside a stream gives this too.
   */
  readonly coverBefore?: bigint;
  /** The rows are those of the interval with a halo: they may start outside it. */
  readonly withHalo?: boolean;
  /** Name of the run. */
  readonly runId?: string;
  /** Name of the data type, e.g. `hits`. */
  readonly dataType?: string;
  /** Name of the data kind: types of one kind have the same rows. Default: the data type. */
  readonly dataKind?: string;
}

/**
 * Rows of a data type in `[start, end)`. A row belongs to the one chunk that holds its start; it may end later.
 *
 * `length`, `columns`, `t0` and `schema` are the table's.
 */
export class Chunk<C extends ColumnTypes = ColumnTypes> implements Disposable {
  /** The rows, in time order. */
  readonly table: Table<C>;
  /** Start of the interval, ps. */
  readonly start: bigint;
  /** End of the interval (excluded), ps. */
  readonly end: bigint;
  /** Highest endtime of this and all earlier chunks of the stream, {@linkcode NO_COVER} where there was no row. */
  readonly coverEnd: bigint;
  #coverBefore: bigint | undefined;
  /** Name of the run. */
  readonly runId: string;
  /** Name of the data type. */
  readonly dataType: string;
  /** Name of the data kind. */
  readonly dataKind: string;

  /**
   * A chunk of `table`, which it owns from now on.
   *
   * @throws {RangeError} On an empty interval, one longer than {@linkcode MAX_CHUNK_PS}, or when the first or last row
   * does not start in it (the rows between are looked at by `validate`), or when `coverEnd` is below `coverBefore`.
   */
  constructor(table: Table<C>, info: ChunkInfo) {
    this.table = table;
    this.start = info.start;
    this.end = info.end;
    this.runId = info.runId ?? "";
    this.dataType = info.dataType ?? "";
    this.dataKind = info.dataKind ?? this.dataType;
    if (this.start >= this.end) {
      throw new RangeError(`Cannot make chunk ${this}: its interval is empty; an interval has start < end`);
    }
    if (this.end - this.start > MAX_CHUNK_PS) {
      throw new RangeError(
        `Cannot make chunk ${this}: it is longer than 2^53 ps (2.5 h); split it into several`,
      );
    }
    const n = table.length;
    if (n > 0 && !info.withHalo) {
      const times = timesOf(table);
      for (const row of [0, n - 1]) {
        const time = table.t0 + BigInt(times[row]!);
        if (time >= this.start && time < this.end) continue;
        throw new RangeError(`Cannot make chunk ${this}: row ${row} starts at ${time} ps, outside it`);
      }
    }
    const { coverBefore } = info;
    this.coverEnd = info.coverEnd ?? coverEndOf(table, coverBefore);
    this.#coverBefore = coverBefore ?? (info.coverEnd === undefined ? NO_COVER : undefined);
    if (coverBefore !== undefined && coverBefore > this.coverEnd) {
      throw new RangeError(
        `Cannot make chunk ${this}: coverEnd ${this.coverEnd} ps is below coverBefore ${coverBefore} ps; ` +
          "coverEnd is the highest endtime of this and all earlier chunks",
      );
    }
  }

  /** Rows. */
  get length(): number {
    return this.table.length;
  }

  /** The arrays by column name; times are offsets from {@linkcode Chunk.t0}. */
  get columns(): Columns<C> {
    return this.table.columns;
  }

  /** Names and types of the columns. */
  get schema(): Schema<C> {
    return this.table.schema;
  }

  /** Origin of the time columns, ps. */
  get t0(): bigint {
    return this.table.t0;
  }

  /**
   * Highest endtime of all earlier chunks of the stream, {@linkcode NO_COVER} where there was no row.
   *
   * O(1), or O(rows) the first time where it was not given to the constructor.
   */
  get coverBefore(): bigint {
    return this.#coverBefore ??= coverEndOf(this.table) < this.coverEnd ? this.coverEnd : NO_COVER;
  }

  /** Whether no row so far reaches past the end: a cut there divides no row. */
  get sealed(): boolean {
    return this.coverEnd <= this.end;
  }

  /** Hand the rows' buffers back; access throws afterwards. */
  release(): void {
    this.table.release();
  }

  /** The same as {@linkcode Chunk.release}, for `using`. */
  [Symbol.dispose](): void {
    this.table.release();
  }

  /** `hits[1000 .. 2000) ps, 3 rows`. */
  toString(): string {
    const rows = this.table.released ? "released" : `${this.table.length} rows`;
    return `${this.dataType || "chunk"}[${this.start} .. ${this.end}) ps, ${rows}`;
  }
}

/** The `time` column (offsets). @throws {RangeError} When the table has none. */
export function timesOf(table: Table): Float64Array {
  return table.get("time", "time");
}

/** The `endtime` column, or `time` itself where there is none: such rows have no length. */
export function endtimesOf(table: Table): Float64Array {
  return hasColumn(table.schema, "endtime") ? table.get("endtime", "time") : timesOf(table);
}

/** The higher of `before` and all endtimes. O(rows), O(1) for rows without length. */
export function coverEndOf(table: Table, before: bigint = NO_COVER): bigint {
  const n = table.length;
  if (n === 0) return before;
  const ends = endtimesOf(table);
  let max = ends[n - 1]!;
  if (ends !== timesOf(table)) { for (let i = 0; i < n; i++) if (ends[i]! > max) max = ends[i]!; }
  const cover = table.t0 + BigInt(max);
  return cover > before ? cover : before;
}

/** First row with `time >= offset` (offset from `t0`). O(log rows). */
export function lowerBound(times: Float64Array, offset: number, from = 0, to: number = times.length): number {
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (times[mid]! < offset) from = mid + 1;
    else to = mid;
  }
  return from;
}

/** Like {@linkcode lowerBound} for an absolute time, however far away. */
export function rowAt(table: Table, time: bigint): number {
  const times = timesOf(table);
  const n = times.length;
  const offset = Number(time - table.t0);
  // Beyond 2^53 the number is rounded, but every row's offset is smaller. Cuts mostly lie at the ends of tables.
  if (n === 0 || times[n - 1]! < offset) return n;
  if (times[0]! >= offset) return 0;
  return lowerBound(times, offset);
}
