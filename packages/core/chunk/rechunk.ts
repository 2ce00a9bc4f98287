/**
 * A stream cut into other chunks.
 *
 * Cuts depend on the rows only: the same rows in other chunks, over the same extent, come out in the same chunks. A cut lies
 * at the start of a row, and rows at equal times stay together. With `prefer: "sealed"`, a chunk ends at its last place
 * where no row reaches over the cut, if it has one; dense data without such a place is cut all the same.
 *
 * Complexity: O(rows), every row copied at most once; a chunk that lies within one input chunk is a view of it. Memory: one
 * output chunk and one input chunk.
 *
 * Failure: an error of the stream is thrown after the chunks before it that were complete. Whether the stream is exhausted,
 * fails or is left early, it is closed and what it had delivered is released.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { rechunk } from "@millrace/core/rechunk";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 3n, 9n] });
 * const stream = [new Chunk(rows, { start: 0n, end: 10n })];
 * const intervals: [bigint, bigint][] = [];
 * for await (using chunk of rechunk(stream, { rows: 3 })) intervals.push([chunk.start, chunk.end]);
 * assert.deepEqual(intervals, [[0n, 9n], [9n, 10n]]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { RowBytes } from "./_row_bytes.ts";
import { type Chunk, endtimesOf, MAX_CHUNK_PS, NO_COVER, timesOf } from "./chunk.ts";
import { concat } from "./concat.ts";
import { ContinuityChecker } from "./continuity.ts";
import type { MemoryOptions } from "./gather.ts";
import { split } from "./split.ts";

/** What {@linkcode rechunk} cuts by: `rows`, `bytes` or both. */
export interface RechunkOptions extends MemoryOptions {
  /** Most rows of a chunk; more only where more start at one time. */
  readonly rows?: number;
  /** Most bytes of a chunk's rows; more only where the rows of one time take more. */
  readonly bytes?: number;
  /** Longest interval of a chunk, ps: bounds the wait in a stream with few rows. Default {@linkcode MAX_CHUNK_PS}. */
  readonly maxSpan?: bigint;
  /** Where to cut: as late as possible, or at the latest place where the chunk is sealed. Default `"any"`. */
  readonly prefer?: "sealed" | "any";
}

/**
 * The rows of `stream` in chunks of at most `rows` rows or `bytes` bytes. The input chunks are released when they are used
 * up.
 *
 * @throws {RangeError} When neither `rows` nor `bytes` is given, or one of them or `maxSpan` is not above 0, and on chunks that don't
 * follow each other.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export async function* rechunk<C extends ColumnTypes>(
  stream: AsyncIterable<Chunk<C>> | Iterable<Chunk<C>>,
  options: RechunkOptions,
): AsyncGenerator<Chunk<C>, void, undefined> {
  const { rows, bytes, maxSpan, prefer, ...memory } = options;
  using pending = new Pending<C>({ rows, bytes, maxSpan, prefer });
  const continuity = new ContinuityChecker();
  for await (const chunk of stream) {
    pending.push(chunk);
    continuity.check(chunk);
    for (let cut = pending.nextCut(); cut !== undefined; cut = pending.nextCut()) {
      yield pending.take(cut, memory);
    }
  }
  if (pending.end > pending.start) yield pending.take(pending.end, memory);
}

/** The input from the last cut on, and the search for the next one. */
class Pending<C extends ColumnTypes> implements Disposable {
  readonly #rows: number;
  readonly #bytes: number;
  readonly #maxSpan: bigint;
  readonly #sealed: boolean;
  #chunks: Chunk<C>[] = [];
  start = 0n;
  end = 0n;
  // The search: chunks before #at were looked at; what they hold, and the latest places to cut.
  #at = 0;
  #found = { rows: 0, bytes: 0 };
  #cover = NO_COVER;
  #lastStart: bigint | undefined;
  #lastSealed: bigint | undefined;

  constructor(limits: {
    rows: number | undefined;
    bytes: number | undefined;
    maxSpan: bigint | undefined;
    prefer: "sealed" | "any" | undefined;
  }) {
    const { rows = Infinity, bytes = Infinity, maxSpan = MAX_CHUNK_PS, prefer = "any" } = limits;
    if (!(rows > 0 && bytes > 0 && maxSpan > 0n)) {
      throw new RangeError(
        `Cannot cut a stream into chunks of ${rows} rows, ${bytes} bytes, ${maxSpan} ps: give limits above 0`,
      );
    }
    if (rows === Infinity && bytes === Infinity) {
      throw new RangeError("Cannot cut a stream into chunks without a limit: give rows or bytes");
    }
    this.#rows = rows;
    this.#bytes = bytes;
    this.#maxSpan = maxSpan < MAX_CHUNK_PS ? maxSpan : MAX_CHUNK_PS;
    this.#sealed = prefer === "sealed";
  }

  push(chunk: Chunk<C>): void {
    if (this.#chunks.length === 0 && this.end === this.start) {
      this.start = chunk.start;
      this.#cover = chunk.coverBefore;
    }
    this.#chunks.push(chunk);
    this.end = chunk.end;
  }

  /** Where the next cut is, or `undefined` where that depends on rows to come. */
  nextCut(): bigint | undefined {
    for (; this.#at < this.#chunks.length; this.#at++) {
      const cut = this.#search(this.#chunks[this.#at]! as Chunk);
      if (cut !== undefined) return cut;
    }
    return undefined;
  }

  #search(chunk: Chunk): bigint | undefined {
    const { t0 } = chunk;
    const deadline = this.start + this.#maxSpan;
    const times = timesOf(chunk.table), ends = endtimesOf(chunk.table);
    const n = times.length;
    const size = new RowBytes(chunk.table);
    const limit = Number(deadline - t0);
    let { rows, bytes } = this.#found;
    let cover = Number(this.#cover - t0), ownCover = -Infinity;
    let previous = -Infinity, lastStart: number | undefined, lastSealed: number | undefined;
    let full = false;
    let i = 0;
    for (; i < n && !full && times[i]! < limit; i++) {
      const time = times[i]!;
      if (rows > 0 && time > previous) {
        lastStart = time;
        if (cover <= time) lastSealed = time;
      }
      const more = size.of(i, i + 1);
      full = (rows + 1 > this.#rows || bytes + more > this.#bytes) &&
        (lastStart !== undefined || this.#lastStart !== undefined);
      rows++;
      bytes += more;
      previous = time;
      if (ends[i]! > cover) cover = ownCover = ends[i]!;
    }
    if (lastStart !== undefined) this.#lastStart = t0 + BigInt(lastStart);
    if (lastSealed !== undefined) this.#lastSealed = t0 + BigInt(lastSealed);
    if (full) return this.#sealed ? this.#lastSealed ?? this.#lastStart : this.#lastStart;
    this.#found = { rows, bytes };
    if (ownCover > -Infinity) this.#cover = t0 + BigInt(ownCover);
    if (i === n && chunk.end < deadline) return undefined;
    return !this.#sealed || this.#cover <= deadline ? deadline : this.#lastSealed ?? deadline;
  }

  /** The chunk up to `cut`; the search starts again behind it. */
  take(cut: bigint, memory: MemoryOptions): Chunk<C> {
    const parts: Chunk<C>[] = [];
    try {
      for (let chunk = this.#chunks[0]; chunk && chunk.start < cut; chunk = this.#chunks[0]) {
        if (chunk.end <= cut) {
          parts.push(chunk);
          this.#chunks.shift();
        } else {
          const [left, right] = split(chunk, cut);
          parts.push(left);
          this.#chunks[0] = right;
          chunk.release();
        }
      }
      const taken = concat(parts, memory);
      this.start = cut;
      this.#cover = taken.coverEnd;
      this.#at = 0;
      this.#found = { rows: 0, bytes: 0 };
      this.#lastStart = this.#lastSealed = undefined;
      return taken;
    } finally {
      for (const part of parts) part.release();
    }
  }

  [Symbol.dispose](): void {
    for (const chunk of this.#chunks) chunk.release();
  }
}
