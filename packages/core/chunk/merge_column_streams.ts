/**
 * The columns of several streams of one data kind side by side, as a stream.
 *
 * The streams may be cut in different places; they are read in step, and what is common to all is merged and given. Memory: one
 * chunk a stream. O(rows) for the comparison of the rows, no copy.
 *
 * Failure: an error of a stream is thrown after the chunks before it. Whether the stream is exhausted, fails or is left early, all
 * inputs are closed and what they had delivered is released.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { mergeColumnStreams } from "@millrace/core/merge-column-streams";
 * import { Table } from "@millrace/core/table";
 * import { schema } from "@millrace/core/schema";
 *
 * const info = { start: 0n, end: 10n, dataKind: "hits" };
 * const height = [new Chunk(Table.from(schema({ time: "time", height: "f32" }), { time: [1n], height: [7] }), info)];
 * const width = [new Chunk(Table.from(schema({ time: "time", width: "f32" }), { time: [1n], width: [3] }), info)];
 * for await (using both of mergeColumnStreams([height, width])) {
 *   assert.deepEqual(both.table.row(0), { time: 1n, height: 7, width: 3 });
 * }
 * ```
 * @module
 */
import { earlier } from "./_chunk_of.ts";
import { type ChunkStream, Input, readAll } from "./_stream_input.ts";
import type { Chunk } from "./chunk.ts";
import { mergeColumns, type MergeColumnsOptions } from "./merge_columns.ts";

/**
 * All columns of `streams`, chunk by chunk. The chunks of the inputs are released when they are used up.
 *
 * @throws {TypeError} On different data kinds or runs, or a column of one name in several that isn't a key.
 * @throws {RangeError} On streams that start or end at different times, and on rows that differ: names the first.
 */
export async function* mergeColumnStreams(
  streams: readonly ChunkStream[],
  options: MergeColumnsOptions = {},
): AsyncGenerator<Chunk, void, undefined> {
  await using closing = new AsyncDisposableStack();
  const inputs = streams.map((stream) => closing.use(new Input(stream)));
  for (;;) {
    await readAll(inputs.filter((input) => !input.pending));
    const open = inputs.filter((input) => input.pending);
    if (open.length === 0) return;
    if (open.length < inputs.length) {
      const ended = inputs.find((input) => !input.pending)!;
      throw new RangeError(
        `Cannot merge columns: ${open[0]!.pending} goes on where ${
          ended.sample?.dataType || "another type"
        } has ended; ` +
          "types of one kind have the same rows",
      );
    }
    const to = open.map((input) => input.pending!.end).reduce(earlier);
    const parts: Chunk[] = [];
    try {
      for (const input of open) {
        const part = input.take(to);
        if (part) parts.push(part);
      }
      if (parts.length < open.length) {
        const late = open.find((input) => input.pending && input.pending.start >= to)!;
        throw new RangeError(
          `Cannot merge columns: ${late.pending} starts where ${
            parts[0]
          } has ended; types of one kind have the same rows`,
        );
      }
      yield mergeColumns(parts, options);
    } finally {
      for (const part of parts) part.release();
    }
  }
}
