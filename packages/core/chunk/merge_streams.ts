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
import { type ChunkStream, Input, readAll } from "./_stream_input.ts";
import { type Chunk, MAX_CHUNK_PS } from "./chunk.ts";
import { mergeRows, type MergeRowsOptions } from "./merge_rows.ts";

export type { ChunkStream } from "./_stream_input.ts";

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
