// Rows into chunks that end where the rows say, however they came: a result has the same files for every chunk size, number
// of workers and interruption.
//
// add O(1) amortized: the rows of a chunk stay in the tables in which they came; memory: the rows of one chunk.
import { RowBytes } from "../chunk/_row_bytes.ts";
import { type Chunk, coverEndOf, MAX_CHUNK_PS, rowAt, timesOf } from "../chunk/chunk.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import type { BufferPool } from "../data/buffer_pool.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { ChunkRows } from "./save_chunk.ts";
import type { ChunkTarget } from "./types.ts";

/** Pending rows that keep alive so many times their bytes of the run's memory are copied, */
const MOST_HELD = 4;
/** ... and those of so many tables. */
const MOST_TABLES = 256;

/** Cuts a stream anew. */
export class Regrouper {
  readonly #target: ChunkTarget;
  readonly #pool: BufferPool;
  #pending: Table[] = [];
  /** Bytes of the pending rows, and of the run's buffers that they keep alive. */
  #bytes = 0;
  #held = 0;
  #schema: Schema | undefined;
  #names: { runId: string; dataType: string; dataKind: string } | undefined;
  #start: bigint | undefined;
  #frontier: bigint | undefined;
  #cover: bigint;

  /**
   * @param start Where the next chunk starts; `undefined`: where the first one does.
   * @param cover Highest endtime before it.
   */
  constructor(target: ChunkTarget, pool: BufferPool, start: bigint | undefined, cover: bigint) {
    this.#target = target;
    this.#pool = pool;
    this.#start = start;
    this.#frontier = start;
    this.#cover = cover;
  }

  /** End of what has come. */
  get frontier(): bigint | undefined {
    return this.#frontier;
  }

  /** The next rows; gives the chunks that are complete by now, which the caller releases. The chunk stays the caller's. */
  add(chunk: Chunk): ChunkRows[] {
    const { runId, dataType, dataKind, table } = chunk;
    this.#names ??= { runId, dataType, dataKind };
    this.#start ??= chunk.start;
    this.#frontier = chunk.end;
    this.#schema = table.schema;
    if (chunk.length > 0) {
      this.#pending.push(table.share());
      this.#bytes += new RowBytes(table).of(0, table.length);
      this.#held += heldBytes(table);
    }
    const chunks: ChunkRows[] = [];
    for (let end = this.#end(); end !== undefined; end = this.#end()) chunks.push(this.#take(end));
    this.#compact();
    return chunks;
  }

  /** What is left, up to the end of what has come. */
  finish(): ChunkRows | undefined {
    if (this.#start === undefined || this.#frontier === undefined || this.#start >= this.#frontier) {
      return undefined;
    }
    return this.#take(this.#frontier);
  }

  /** What waits for its chunk to be complete, in the interval up to the end of what has come; the caller releases the rows. */
  rest(): ChunkRows | undefined {
    const start = this.#start, end = this.#frontier;
    if (start === undefined || end === undefined || start >= end || !this.#names) return undefined;
    const tables = this.#pending.map((table) => table.share());
    if (tables.length === 0) tables.push(Table.allocate(this.#schema!, 0, { t0: start }));
    const coverEnd = tables.reduce((cover, table) => coverEndOf(table, cover), this.#cover);
    return new ChunkRows(tables, { ...this.#names, start, end, coverEnd });
  }

  /** Let go of what waits. */
  clear(): void {
    for (const table of this.#pending) table.release();
    this.#pending = [];
  }

  /** Where the next chunk ends, if that is known by now. */
  #end(): bigint | undefined {
    const start = this.#start!, first = this.#pending[0];
    let end = start + MAX_CHUNK_PS;
    if (first) {
      const { spanPs } = this.#target;
      const time = timeOf(first, 0);
      const line = (floorDiv(time, spanPs) + 1n) * spanPs;
      if (line < end) end = line;
      const full = this.#bytes >= this.#target.bytes ? this.#full() : undefined;
      if (full !== undefined && full < end) end = full;
    }
    return end <= this.#frontier! ? end : undefined;
  }

  /** Behind the row with which the target is reached. */
  #full(): bigint | undefined {
    let left = this.#target.bytes;
    for (const table of this.#pending) {
      const bytes = new RowBytes(table);
      const all = bytes.of(0, table.length);
      if (all < left) {
        left -= all;
        continue;
      }
      return timeOf(table, bytes.upTo(0, table.length, left - 1)) + 1n;
    }
    return undefined;
  }

  #take(end: bigint): ChunkRows {
    const start = this.#start!;
    const parts: Table[] = [], rest: Table[] = [];
    for (const table of this.#pending) {
      const at = rowAt(table, end);
      if (at === table.length) parts.push(table);
      else {
        if (at > 0) parts.push(table.slice(0, at));
        rest.push(at > 0 ? table.slice(at, table.length) : table);
        if (at > 0) table.release();
      }
    }
    this.#pending = rest;
    this.#bytes = rest.reduce((sum, table) => sum + new RowBytes(table).of(0, table.length), 0);
    this.#held = rest.reduce((sum, table) => sum + heldBytes(table), 0);
    if (parts.length === 0) parts.push(Table.allocate(this.#schema!, 0, { t0: start }));
    for (const table of parts) this.#cover = coverEndOf(table, this.#cover);
    this.#start = end;
    return new ChunkRows(parts, { ...this.#names!, start, end, coverEnd: this.#cover });
  }

  // Views of much larger buffers, and very many small ones, become one table.
  #compact(): void {
    const parts = this.#pending, held = this.#held;
    const wasteful = held > MOST_HELD * this.#bytes && held >= this.#target.bytes;
    if (parts.length === 0 || (!wasteful && parts.length < MOST_TABLES)) return;
    const t0 = parts[0]!.t0 > this.#start! ? parts[0]!.t0 : this.#start!;
    this.#pending = [concatTables(parts, { pool: this.#pool, t0 })];
    this.#held = heldBytes(this.#pending[0]!);
    for (const part of parts) part.release();
  }
}

/** Bytes that are free when the table is: not those that the rows' owner has anyway. */
function heldBytes(table: Table): number {
  return table.held.reduce((sum, { handle, charged }) => sum + (charged ? handle.byteLength : 0), 0);
}

function timeOf(table: Table, row: number): bigint {
  return table.t0 + BigInt(timesOf(table)[row]!);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}
