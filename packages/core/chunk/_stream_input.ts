// One of several streams that are read in step.
import type { ColumnTypes } from "../data/schema.ts";
import { chunkOf } from "./_chunk_of.ts";
import { type Chunk, NO_COVER } from "./chunk.ts";
import { ContinuityChecker } from "./continuity.ts";
import { split } from "./split.ts";

/** Chunks that come one after the other. */
export type ChunkStream<C extends ColumnTypes = ColumnTypes> = AsyncIterable<Chunk<C>> | Iterable<Chunk<C>>;

/** One input: its chunk that is not used up, and how far it is known. */
export class Input<C extends ColumnTypes> {
  readonly #iterator: AsyncIterator<Chunk<C>> | Iterator<Chunk<C>>;
  readonly #continuity = new ContinuityChecker();
  /** The rest of the last chunk. */
  pending: Chunk<C> | undefined;
  /** Everything before it is known; `undefined` at the end of the stream, which is as good as infinity. */
  frontier: bigint | undefined = NO_COVER;
  /** An empty part of the input, which names its schema and data type. */
  sample: Chunk<C> | undefined;
  end = NO_COVER;

  constructor(stream: ChunkStream<C>) {
    this.#iterator = Symbol.asyncIterator in stream
      ? stream[Symbol.asyncIterator]()
      : stream[Symbol.iterator]();
  }

  /** Read the next chunk. */
  async read(): Promise<void> {
    let next: IteratorResult<Chunk<C>>;
    try {
      next = await this.#iterator.next();
    } catch (error) {
      this.frontier = undefined; // an iterator that threw is done
      throw error;
    }
    if (next.done) {
      this.frontier = undefined;
      return;
    }
    this.pending = next.value;
    this.frontier = this.end = next.value.end;
    this.#continuity.check(next.value as Chunk);
    this.sample ??= chunkOf(next.value.table.slice(0, 0), next.value);
  }

  /** The part of the pending chunk before `t`, if there is any; the rest stays. */
  take(t: bigint): Chunk<C> | undefined {
    const chunk = this.pending;
    if (!chunk || chunk.start >= t) return undefined;
    if (chunk.end <= t) {
      this.pending = undefined;
      return chunk;
    }
    const [left, right] = split(chunk, t);
    chunk.release();
    this.pending = right;
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pending?.release();
    this.sample?.release();
    if (this.frontier !== undefined) await this.#iterator.return?.();
  }
}

/** Read one chunk of each; all reads are over when this throws the first error. */
export async function readAll<C extends ColumnTypes>(inputs: readonly Input<C>[]): Promise<void> {
  const results = await Promise.allSettled(inputs.map((input) => input.read()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
