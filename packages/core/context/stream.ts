/**
 * Streams: the chunks of a data type, read one after the other.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { ColumnTypes } from "../data/schema.ts";

/** A run, and how it is read. */
export interface StreamRequest {
  /** Name of the run. */
  readonly runId: string;
  /** What gives the stream: the context. */
  readonly context: object;
  /** Its settings. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Whether two streams are of one run, read in the same way. */
export function sameRequest(a: StreamRequest | undefined, b: StreamRequest | undefined): boolean {
  if (!a || !b || a.runId !== b.runId || a.context !== b.context) return false;
  const names = new Set([...Object.keys(a.options), ...Object.keys(b.options)]);
  return [...names].every((name) => sameSetting(a.options[name], b.options[name]));
}

function sameSetting(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, k) => value === b[k]);
  }
  const plain = [a, b].every((value) => value !== null && value?.constructor === Object);
  return plain && JSON.stringify(a) === JSON.stringify(b);
}

/**
 * The chunks of one data type. Nothing is read before the first chunk is asked for; every iteration runs anew.
 *
 * Leaving a `for await` loop ends the run. A chunk is the caller's until its `release()` (or `using chunk`); without it,
 * its memory is left to the garbage collector.
 */
export class DataStream<C extends ColumnTypes = ColumnTypes> implements AsyncIterable<Chunk<C>> {
  /** Name of the data type. */
  readonly dataType: string;
  /** What it is a stream of, where it is one of a run: streams of equal requests can be read together. */
  readonly request: StreamRequest | undefined;
  readonly #open: () => AsyncGenerator<Chunk>;

  /**
   * A stream that has not started.
   *
   * @param open Starts a run and gives its chunks.
   * @param request The run that it is of, and how it is read.
   */
  constructor(dataType: string, open: () => AsyncGenerator<Chunk>, request?: StreamRequest) {
    this.dataType = dataType;
    this.request = request;
    this.#open = open;
  }

  /** The chunks in order. */
  [Symbol.asyncIterator](): AsyncGenerator<Chunk<C>> {
    return this.#open() as AsyncGenerator<Chunk<C>>;
  }
}
