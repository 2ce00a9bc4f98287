// Rows of one input that wait for a cut, and those kept as halo.
//
// append O(1) (plus the scan of a `CutSet`, O(rows)); gather O(1) where the stretch lies in one piece (a view), else a
// copy of the stretch; memory: the rows not yet dropped.

import { type Chunk, endtimesOf, lowerBound, NO_COVER, rowAt, timesOf } from "../chunk/chunk.ts";
import type { Memory } from "../data/buffer_pool.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";

/** A time range whose end is not known. */
export const END: bigint = 2n ** 63n - 1n;

/** The pending rows of one input. Positions of rows are counted from the first row that is kept. */
export class InputBuffer {
  #pieces: Table[] = [];
  #schema: Schema;
  // Ends of the chunks that came, with the cover there; those before the last cut are dropped.
  #marks: { readonly end: bigint; readonly cover: bigint }[] = [];
  /** What was asked for last: it is asked for again when rows are let go. */
  #asked: { readonly end: bigint; readonly cover: bigint } | undefined;
  /** Start of the first chunk. */
  start: bigint | undefined;
  /** All rows that start before it are known; undefined before the first chunk. */
  frontier: bigint | undefined;
  /** No more chunks come. */
  ended = false;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Rows kept. */
  get rows(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Bytes of the buffers that are kept alive. */
  get bytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.heldBytes, 0);
  }

  /** The next chunk; the buffer owns its table from now on. */
  append(chunk: Chunk): void {
    if (this.frontier !== undefined && chunk.start !== this.frontier) {
      throw new RangeError(
        `Stream ${chunk.dataType} is not continuous: ${chunk} follows ${this.frontier} ps`,
      );
    }
    this.start ??= chunk.start;
    this.frontier = chunk.end;
    this.#schema = chunk.schema;
    this.#marks.push({ end: chunk.end, cover: chunk.coverEnd });
    if (chunk.length > 0) this.#pieces.push(chunk.table);
    else chunk.release();
  }

  /** The next chunk, whose rows nobody needs here any more: those before it must have been let go. */
  skip(chunk: Chunk): void {
    this.append(chunk);
    this.drop(this.rows);
  }

  /** The frontier, `END` when the input has ended. */
  get known(): bigint | undefined {
    return this.ended ? END : this.frontier;
  }

  /** First row that starts at or after `time`. */
  rowAt(time: bigint): number {
    let row = 0;
    for (const piece of this.#pieces) {
      const at = rowAt(piece, time);
      row += at;
      if (at < piece.length) break;
    }
    return row;
  }

  /** Start of row `row`, ps. */
  timeOf(row: number): bigint {
    for (const piece of this.#pieces) {
      if (row < piece.length) return piece.t0 + BigInt(timesOf(piece)[row]!);
      row -= piece.length;
    }
    throw new RangeError(`Row ${row} is not in the buffer`);
  }

  /** First row that touches `[time, ...)`: it starts at or after it, or ends after it. */
  firstTouching(time: bigint): number {
    let row = 0;
    for (const piece of this.#pieces) {
      const offset = Number(time - piece.t0);
      const times = timesOf(piece), ends = endtimesOf(piece);
      const stop = lowerBound(times, offset);
      for (let i = 0; i < stop; i++) if (ends[i]! > offset) return row + i;
      row += stop;
      if (stop < piece.length) break;
    }
    return row;
  }

  /** First row from `from` on that starts before `before` and ends after `time`; -1 if none does. */
  firstEndingAfter(time: bigint, from: number, before: bigint): number {
    let row = 0;
    for (const piece of this.#pieces) {
      if (from < row + piece.length) {
        const offset = Number(time - piece.t0);
        const stop = rowAt(piece, before);
        const ends = endtimesOf(piece);
        for (let i = Math.max(0, from - row); i < stop; i++) if (ends[i]! > offset) return row + i;
        if (stop < piece.length) return -1;
      }
      row += piece.length;
    }
    return -1;
  }

  /** Highest endtime of all rows that start before `time` (not before the last drop), `NO_COVER` if there is none. */
  coverAt(time: bigint): bigint {
    let mark: { readonly end: bigint; readonly cover: bigint } | undefined;
    for (const candidate of this.#marks) {
      if (candidate.end > time) break;
      mark = candidate;
    }
    if (mark?.end === time) return mark.cover;
    if (this.#asked?.end === time) return this.#asked.cover;
    const cover = this.coverEnd(mark ? this.rowAt(mark.end) : 0, this.rowAt(time), mark?.cover ?? NO_COVER);
    if (this.frontier !== undefined && time <= this.frontier) this.#asked = { end: time, cover };
    return cover;
  }

  /** Forget what is known of covers before `time`, except the last. */
  forget(time: bigint): void {
    const cover = this.coverAt(time);
    this.#marks = [{ end: time, cover }, ...this.#marks.filter((mark) => mark.end > time)];
  }

  /** Highest endtime of rows `from` to `to` (excluded), or `least` where that is higher. */
  coverEnd(from: number, to: number, least: bigint): bigint {
    let row = 0, cover = least;
    for (const piece of this.#pieces) {
      const a = Math.max(0, from - row), b = Math.min(piece.length, to - row);
      if (a < b) {
        const ends = endtimesOf(piece);
        let max = ends[a]!;
        for (let i = a + 1; i < b; i++) if (ends[i]! > max) max = ends[i]!;
        const end = piece.t0 + BigInt(max);
        if (end > cover) cover = end;
      }
      row += piece.length;
    }
    return cover;
  }

  /** The tables that hold the pending rows, in order. */
  get pieces(): readonly Table[] {
    return this.#pieces;
  }

  /** Rows `from` to `to` (excluded) as one table: a view where they lie in one piece, else a copy. */
  gather(from: number, to: number, t0: bigint, memory: Memory): Table {
    let row = 0;
    const parts: { piece: Table; a: number; b: number }[] = [];
    for (const piece of this.#pieces) {
      const a = Math.max(0, from - row), b = Math.min(piece.length, to - row);
      if (a < b) parts.push({ piece, a, b });
      row += piece.length;
    }
    if (parts.length === 0) return Table.allocate(this.#schema, 0, { ...memory, t0 });
    if (parts.length === 1) {
      const { piece, a, b } = parts[0]!;
      return a === 0 && b === piece.length ? piece.share() : piece.slice(a, b);
    }
    const views = parts.map(({ piece, a, b }) => piece.slice(a, b));
    try {
      return concatTables(views, memory);
    } finally {
      for (const view of views) view.release();
    }
  }

  /** Let go of all rows before row `row`. */
  drop(row: number): void {
    while (row > 0 && this.#pieces.length > 0) {
      const piece = this.#pieces[0]!;
      if (row < piece.length) {
        this.#pieces[0] = piece.slice(row, piece.length);
        piece.release();
        return;
      }
      row -= piece.length;
      piece.release();
      this.#pieces.shift();
    }
  }

  /** Let go of everything. */
  clear(): void {
    for (const piece of this.#pieces) piece.release();
    this.#pieces = [];
  }
}
