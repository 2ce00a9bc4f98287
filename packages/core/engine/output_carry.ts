// Rows that a node has made but may not give yet: a later stretch may still make earlier ones.
//
// add O(rows) to check the order (a sort where it is not given); advance O(1) where the rows lie in one table, else O(rows given), but
// of a large table only those that come before the last of the others: what is behind them is a chunk of its own, a view.

import { Chunk, endtimesOf, MAX_CHUNK_PS, NO_COVER, rowAt, timesOf } from "../chunk/chunk.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import { mergeRows } from "../chunk/merge_rows.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import type { Memory } from "../data/buffer_pool.ts";
import { checkTimes, coverOf, inOrder } from "./_in_order.ts";
import { sliceOrdered } from "../data/_ordered.ts";
import { timeText } from "./_time_text.ts";

/** What an output is called. */
export interface OutputInfo {
  readonly runId: string;
  readonly dataType: string;
  readonly dataKind: string;
  readonly schema: Schema;
  /** Same rows as an input: their order is the input's and is never changed. */
  readonly sameKind: boolean;
  /** What to do about a row that starts too early. */
  readonly advice: string;
}

/** A part of fewer bytes is copied sooner than it is given alone, and so is one of fewer rows, compared with the others. */
const LARGE = 2 ** 20, MANY = 4;

/** One output of a node: rows in, chunks out, everything below the watermark in total order. */
export class OutputCarry {
  readonly #info: OutputInfo;
  readonly #memory: Memory;
  readonly #give: (chunk: Chunk) => void;
  #schema: Schema;
  #pending: Table[] = [];
  #cover = NO_COVER;
  /** All rows before it were given; undefined before the stream has started. */
  watermark: bigint | undefined;
  /** Rows and chunks given. */
  rows = 0;
  chunks = 0;

  constructor(info: OutputInfo, memory: Memory, give: (chunk: Chunk) => void) {
    this.#info = info;
    this.#schema = info.schema;
    this.#memory = memory;
    this.#give = give;
  }

  /** Bytes of buffers that pending rows keep alive. */
  get bytes(): number {
    return this.#pending.reduce((sum, table) => sum + table.heldBytes, 0);
  }

  /** Where the stream starts, and the highest endtime of what was before, ps. */
  start(time: bigint, cover: bigint = NO_COVER): void {
    if (this.watermark !== undefined) return;
    this.watermark = time;
    this.#cover = cover;
  }

  /** Rows that end by `cover` went elsewhere. */
  pass(cover: bigint): void {
    if (cover > this.#cover) this.#cover = cover;
  }

  /** Highest endtime of what was given, ps. */
  get cover(): bigint {
    return this.#cover;
  }

  /** Whether all rows were given. */
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** Start of the first pending row. */
  get firstTime(): bigint | undefined {
    let first: bigint | undefined;
    for (const table of this.#pending) {
      const time = table.t0 + BigInt(timesOf(table)[0]!);
      if (first === undefined || time < first) first = time;
    }
    return first;
  }

  /** Whether rows start at `time` or later, with which those of the next stretch are to be put in order. */
  reachesTo(time: bigint): boolean {
    if (this.#info.sameKind) return false;
    return this.#pending.some((table) => table.t0 + BigInt(timesOf(table).at(-1)!) >= time);
  }

  /** Start of the first pending row behind the first `rows` that starts later than those; undefined where there is none. */
  timeAfter(rows: number): bigint | undefined {
    const [table, ...more] = this.#pending;
    if (!table || more.length > 0) return undefined;
    const times = timesOf(table);
    let row = rows;
    while (row < times.length && times[row] === times[0]) row++;
    return row < times.length ? table.t0 + BigInt(times[row]!) : undefined;
  }

  /**
   * Rows of one stretch, of which those that start in `[from, to)` are kept; the carry owns the table.
   *
   * @throws {RangeError} On a row below the watermark: the plugin's reach is longer than it says.
   */
  add(table: Table, from?: bigint, to?: bigint): void {
    this.#schema = table.schema;
    const sorted = this.#inOrder(table);
    this.#addSorted(sorted, from, to);
  }

  // Rows in total order, checked: those of an input's kind have that input's order.
  #inOrder(table: Table): Table {
    try {
      const { dataType, sameKind } = this.#info;
      if (!sameKind) return inOrder(table, dataType, this.#memory);
      // The times of a kind were compared with the input's already, which are checked.
      if (endtimesOf(table) !== timesOf(table)) checkTimes(table, dataType);
      return table.share();
    } finally {
      table.release();
    }
  }

  #addSorted(sorted: Table, from: bigint | undefined, to: bigint | undefined): void {
    const a = from === undefined ? 0 : rowAt(sorted, from);
    const b = to === undefined ? sorted.length : rowAt(sorted, to);
    if (a > 0 || b < sorted.length) {
      const kept = sorted.slice(a, Math.max(a, b));
      sorted.release();
      sorted = kept;
    }
    if (sorted.length === 0) return sorted.release();
    this.#pending.push(sorted);
    const first = sorted.t0 + BigInt(timesOf(sorted)[0]!);
    if (this.watermark !== undefined && first < this.watermark) {
      throw new RangeError(
        `A row of "${this.#info.dataType}" starts at ${timeText(first)}, but all rows before ${
          timeText(this.watermark)
        } were given ` +
          `already: ${this.#info.advice}`,
      );
    }
  }

  /**
   * Check the rows added last, which were made from rows that start before `end`. O(1).
   *
   * @throws {RangeError} On a row that starts more than `reach` behind all of those.
   */
  checkLast(end: bigint, reach: bigint): void {
    const table = this.#pending.at(-1);
    if (!table) return;
    const last = table.t0 + BigInt(timesOf(table)[table.length - 1]!);
    if (last < end + reach) return;
    throw new RangeError(
      `A row of "${this.#info.dataType}" starts at ${timeText(last)}, more than reach.right (${
        timeText(reach)
      }) behind all rows that ` +
        `it was made from, which start before ${
          timeText(end)
        }: declare how far behind its input row an output may start`,
    );
  }

  /**
   * Give the chunk `[watermark, time)`: no row below `time` comes any more.
   *
   * @param more What is left of a table is given next: it stays where it is.
   */
  advance(time: bigint, more = false): void {
    // A chunk is at most 2^53 ps long: a longer stretch is several.
    while (time - this.watermark! > MAX_CHUNK_PS) this.#advanceTo(this.watermark! + MAX_CHUNK_PS, more);
    if (time > this.watermark!) this.#advanceTo(time, more);
  }

  #advanceTo(time: bigint, more: boolean): void {
    const from = this.watermark!;
    const ready: Table[] = [], rest: Table[] = [];
    try {
      for (const table of this.#pending) {
        const at = rowAt(table, time);
        if (at > 0) ready.push(at === table.length ? table : sliceOrdered(table, 0, at));
        if (at < table.length) rest.push(at === 0 ? table : this.#rest(table, at, more));
      }
    } catch (cause) {
      for (const table of [...ready, ...rest]) table.release(); // there is no room for a copy
      throw cause;
    }
    this.#pending = rest;
    this.watermark = time;
    const parts = this.#near(ready, from, time);
    const alone = this.#cutAlone(parts);
    if (!alone) return this.#giveOne(this.#joined(parts, from), from, time);
    let joined: Table;
    try {
      joined = this.#joined(parts, from);
    } catch (error) {
      alone.table.release();
      throw error;
    }
    this.#giveOne(joined, from, alone.start);
    this.#giveOne(alone.table, alone.start, time);
  }

  /** Cuts off the rows of a large part that start later than all rows of the others. */
  #cutAlone(parts: Table[]): { readonly table: Table; readonly start: bigint } | undefined {
    if (parts.length < 2 || this.#info.sameKind) return undefined;
    const large = parts.reduce((most, part) => part.length > most.length ? part : most);
    if (large.nbytes < LARGE) return undefined;
    let start: bigint | undefined, others = 0;
    for (const part of parts) {
      if (part === large) continue;
      others += part.length;
      const time = part.t0 + BigInt(timesOf(part).at(-1)!) + 1n;
      if (start === undefined || time > start) start = time;
    }
    const at = rowAt(large, start!), rows = large.length - at;
    if (rows < MANY * (at + others)) return undefined;
    const table = sliceOrdered(large, at, large.length);
    const place = parts.indexOf(large);
    if (at > 0) parts[place] = sliceOrdered(large, 0, at);
    else parts.splice(place, 1);
    large.release();
    return { table, start: start! };
  }

  // Tables whose rows before `time` are exact from the origin of any of them.
  #near(parts: Table[], from: bigint, time: bigint): Table[] {
    if (parts.length < 2 || parts.every((part) => time - part.t0 <= MAX_CHUNK_PS)) return parts;
    return parts.map((part) => {
      const rebased = part.rebase(from);
      part.release();
      return rebased;
    });
  }

  #joined(parts: readonly Table[], t0: bigint): Table {
    if (parts.length === 0) return Table.allocate(this.#schema, 0, { ...this.#memory, t0 });
    if (parts.length === 1) return parts[0]!;
    try {
      // Rows of an input's kind came in that input's order, which need not be the order of their own columns.
      return this.#info.sameKind
        ? concatTables(parts, { ...this.#memory, t0 })
        : mergeRows(parts, this.#memory);
    } finally {
      for (const part of parts) part.release();
    }
  }

  // What remains of a table; copied when it would keep alive much more than it is.
  #rest(table: Table, at: number, more: boolean): Table {
    const view = table.slice(at, table.length);
    table.release();
    if (more || view.nbytes * 4 > view.heldBytes) return view;
    try {
      return view.compact(this.#memory);
    } finally {
      view.release();
    }
  }

  #giveOne(table: Table, start: bigint, end: bigint): void {
    const { runId, dataType, dataKind } = this.#info;
    const coverBefore = this.#cover;
    this.#cover = coverOf(table, coverBefore);
    this.rows += table.length;
    this.chunks++;
    this.#give(
      new Chunk(table, { start, end, coverEnd: this.#cover, coverBefore, runId, dataType, dataKind }),
    );
  }

  /** The stream ends: give everything, at least up to `end`. */
  finish(end: bigint): void {
    let last = end;
    for (const table of this.#pending) {
      const time = table.t0 + BigInt(timesOf(table)[table.length - 1]!) + 1n;
      if (time > last) last = time;
    }
    if (this.watermark !== undefined) this.advance(last);
  }

  /** Let go of everything. */
  clear(): void {
    for (const table of this.#pending) table.release();
    this.#pending = [];
  }
}
