/**
 * The rows of several streams in one total order, as a stream.
 *
 * Every stream has a frontier, the end of its last chunk, and rows below the lowest frontier are known and can be merged.
 * Only the streams at the lowest frontier are read on, so that at most one chunk of each is held. Streams may start and
 * end at different times: the result runs from the least start to the last end. Its rows and their order do not depend on
 * the streams' chunks; its cuts do (`rechunk` gives it others).
 *
 * Complexity: O(rows log k) for k streams; memory: one chunk a stream, and the merged chunk.
 *
 * Failure: an error of a stream is thrown after the chunks before it. Whether the stream is exhausted, fails or is left
 * early, all inputs are closed and what they had delivered is released.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { mergeStreams } from "@millrace/core/merge-streams";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const hit = schema({ time: "time" });
 * const a = [new Chunk(Table.from(hit, { time: [1n, 15n] }), { start: 0n, end: 20n })];
 * const b = [new Chunk(Table.from(hit, { time: [12n] }), { start: 10n, end: 30n })];
 * const times: bigint[] = [];
 * for await (using chunk of mergeStreams([a, b])) times.push(...chunk.table.times());
 * assert.deepEqual(times, [1n, 12n, 15n]);
 * ```
 * @module
 */
import type { ColumnTypes } from "../data/schema.ts";
import { checkRuns, checkSchemas, chunkOf, earlier, later, mergedNames } from "./_chunk_of.ts";
import { type Chunk, MAX_CHUNK_PS, NO_COVER } from "./chunk.ts";
import { ContinuityChecker } from "./continuity.ts";
import { mergeRows, type MergeRowsOptions } from "./merge_rows.ts";
import { split } from "./split.ts";

/** Chunks that come one after the other. */
export type ChunkStream<C extends ColumnTypes = ColumnTypes> = AsyncIterable<Chunk<C>> | Iterable<Chunk<C>>;

/** One input: its chunk that is not used up, and how far it is known. */
class Input<C extends ColumnTypes> {
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

/**
 * All rows of `streams` in order, merged chunk by chunk. The chunks of the inputs are released when they are used up.
 *
 * @throws {TypeError} On different schemas or runs.
 * @throws {RangeError} On an input whose chunks don't follow each other, or on different widths.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export async function* mergeStreams<C extends ColumnTypes>(
  streams: readonly ChunkStream<C>[],
  options: MergeRowsOptions = {},
): AsyncGenerator<Chunk<C>, void, undefined> {
  await using closing = new AsyncDisposableStack();
  const inputs = streams.map((stream) => closing.use(new Input(stream)));
  await readAll(inputs);
  const known = inputs.filter((input) => input.sample);
  if (known.length === 0) return;
  const samples = known.map((input) => input.sample! as Chunk);
  for (const sample of samples) {
    checkSchemas(samples[0]!, sample, "merge streams");
    checkRuns(samples[0]!, sample, "merge streams");
  }
  const names = mergedNames(samples, options.dataType);
  let from = known.map((input) => input.pending!.start).reduce(earlier);
  let cover = known.map((input) => input.pending!.coverBefore).reduce(later);
  for (;;) {
    const open = known.filter((input) => input.frontier !== undefined);
    const to = open.length > 0
      ? open.map((input) => input.frontier!).reduce(earlier)
      : known.map((input) => input.end).reduce(later);
    while (from < to) {
      const end = earlier(to, from + MAX_CHUNK_PS);
      const chunk = mergeParts(known, from, end, cover, { ...options, ...names });
      cover = chunk.coverEnd;
      from = end;
      yield chunk;
    }
    if (open.length === 0) return;
    await readAll(open.filter((input) => input.frontier === to));
  }
}

/** Read one chunk of each; all reads are over when this throws the first error. */
async function readAll<C extends ColumnTypes>(inputs: readonly Input<C>[]): Promise<void> {
  const results = await Promise.allSettled(inputs.map((input) => input.read()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** The merged rows of `[start, end)`. */
function mergeParts<C extends ColumnTypes>(
  inputs: readonly Input<C>[],
  start: bigint,
  end: bigint,
  coverBefore: bigint,
  options: MergeRowsOptions & { dataType: string; dataKind: string },
): Chunk<C> {
  const { dataType, dataKind, ...rest } = options;
  const parts: Chunk<C>[] = [];
  try {
    for (const input of inputs) {
      const part = input.take(end);
      if (part) parts.push(part);
    }
    const tables = parts.length > 0 ? parts.map((part) => part.table) : [inputs[0]!.sample!.table];
    const coverEnd = parts.map((part) => part.coverEnd).reduce(later, coverBefore);
    const { runId } = inputs[0]!.sample!;
    return chunkOf(mergeRows(tables, rest), { runId, dataType, dataKind, start, end, coverBefore, coverEnd });
  } finally {
    for (const part of parts) part.release();
  }
}
