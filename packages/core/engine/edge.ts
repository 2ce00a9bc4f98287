// The way from a node to one of its consumers: a queue of chunks, cut to the time range that the consumer asked for.

import { Chunk, coverEndOf, rowAt } from "../chunk/chunk.ts";
import type { TimeRange } from "../plugin/plugin.ts";
import type { Table } from "../data/table.ts";

/** What an edge leads away from. */
export interface Producer {
  /** Make progress: at least one more chunk on some edge, or the end of all. */
  step(): Promise<void>;
  /** Called when an edge wants no more. */
  abandoned(): void;
}

/** Chunks of one data type on their way to one consumer. */
export class Edge {
  readonly type: string;
  readonly range: TimeRange | undefined;
  readonly producer: Producer;
  #queue: Chunk[] = [];
  #closed = false;
  /** All chunks before it were delivered, ps; undefined before the first. */
  watermark: bigint | undefined;

  constructor(producer: Producer, type: string, range?: TimeRange) {
    this.producer = producer;
    this.type = type;
    this.range = range;
  }

  /** No more chunks come (some may still be queued). */
  get closed(): boolean {
    return this.#closed;
  }

  /** Nothing comes and nothing is queued. */
  get ended(): boolean {
    return this.#closed && this.#queue.length === 0;
  }

  /** Whether a chunk is queued. */
  get ready(): boolean {
    return this.#queue.length > 0;
  }

  /** Bytes of buffers that queued chunks keep alive. */
  get bytes(): number {
    return this.#queue.reduce((sum, chunk) => sum + chunk.table.heldBytes, 0);
  }

  /** Queue a chunk; the edge owns it. */
  push(chunk: Chunk): void {
    if (this.#closed) return chunk.release();
    this.watermark = chunk.end;
    const kept = this.range ? cutTo(chunk, this.range) : chunk;
    if (kept) this.#queue.push(kept);
    if (this.range && chunk.end >= this.range[1]) this.#closed = true;
  }

  /** The next chunk; the caller owns it. */
  take(): Chunk | undefined {
    return this.#queue.shift();
  }

  /** No more chunks come. */
  close(): void {
    this.#closed = true;
  }

  /** The consumer wants no more. */
  abandon(): void {
    const open = !this.#closed;
    this.#closed = true;
    for (const chunk of this.#queue) chunk.release();
    this.#queue = [];
    if (open) this.producer.abandoned();
  }
}

/** The rows of a chunk that start in a range, in the part of its interval that lies in it; takes the chunk. */
function cutTo(chunk: Chunk, [from, to]: TimeRange): Chunk | undefined {
  const start = chunk.start > from ? chunk.start : from;
  const end = chunk.end < to ? chunk.end : to;
  if (start >= end) {
    chunk.release();
    return undefined;
  }
  if (start === chunk.start && end === chunk.end) return chunk;
  const first = rowAt(chunk.table, start), last = rowAt(chunk.table, end);
  const table: Table = chunk.table.slice(first, last);
  const { runId, dataType, dataKind } = chunk;
  // Rows before the range count for the cover: they may reach into it.
  const head = chunk.table.slice(0, last);
  const coverEnd = end === chunk.end ? chunk.coverEnd : coverEndOf(head, chunk.coverBefore);
  head.release();
  const cut = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
  chunk.release();
  return cut;
}
