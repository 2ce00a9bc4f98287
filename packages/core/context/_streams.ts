// The chunks of a run, pulled as they are read.

import type { Chunk } from "../chunk/chunk.ts";
import { mergeColumnStreams } from "../chunk/merge_column_streams.ts";
import { rechunk } from "../chunk/rechunk.ts";
import { selectChunks } from "../select/select_chunks.ts";
import type { Runs } from "./_runs.ts";
import type { Work } from "./_work.ts";
import type { LoadOptions } from "./run_options.ts";

/** The chunks of one data type, or of several side by side: rows and columns that are wanted, in chunks as wanted. */
export async function* loadStream(
  runs: Runs,
  runId: string,
  types: readonly string[],
  options: LoadOptions,
): AsyncGenerator<Chunk> {
  const { where, columns, rechunk: limits } = options;
  let chunks: AsyncIterable<Chunk> = types.length === 1
    ? streamOf(runs, runId, types[0]!, options)
    : joinStreams(runs, runId, types, (streams) => mergeColumnStreams(streams), options);
  if (where !== undefined || columns) chunks = selectChunks(chunks, { where, columns });
  if (limits) chunks = rechunk(chunks, limits);
  yield* chunks;
}

/**
 * The chunks of one data type as they are computed or stored.
 *
 * @param ignore Data type of which no stored result is looked for.
 */
export async function* streamOf(
  runs: Runs,
  runId: string,
  dataType: string,
  options: LoadOptions,
  ignore?: string,
): AsyncGenerator<Chunk> {
  const work = await runs.start(runId, [dataType], options, ignore === undefined ? {} : { ignore });
  yield* toItsEnd(work, () => pulled(() => work.graph.pull(dataType)));
}

/** Streams of several data types of one run as one stream, made of them by `join`. */
export async function* joinStreams(
  runs: Runs,
  runId: string,
  dataTypes: readonly string[],
  join: (streams: readonly AsyncIterable<Chunk>[]) => AsyncIterable<Chunk>,
  options: LoadOptions,
): AsyncGenerator<Chunk> {
  if (new Set(dataTypes).size < dataTypes.length) {
    throw new RangeError(`Cannot join streams: a data type is named twice in ${dataTypes.join(", ")}`);
  }
  const work = await runs.start(runId, dataTypes, options);
  // The streams are asked at once, the graph answers one after the other.
  let last: Promise<unknown> = Promise.resolve();
  const streams = dataTypes.map((dataType) =>
    pulled(() => {
      const next = last.then(() => work.graph.pull(dataType));
      last = next.catch(() => {}); // told to whoever asked
      return next;
    })
  );
  yield* toItsEnd(work, () => join(streams));
}

async function* pulled(pull: () => Promise<Chunk | undefined>): AsyncGenerator<Chunk> {
  for (let chunk = await pull(); chunk; chunk = await pull()) yield chunk;
}

/** The chunks of a run that is under way; it ends with them, or where they are no longer read. */
async function* toItsEnd(work: Work, chunks: () => AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  let failure: unknown;
  try {
    yield* chunks();
    await work.finish();
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await work.close(failure);
  }
}
