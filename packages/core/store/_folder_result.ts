// Reads a finished result from its folder.
import { Chunk, endtimesOf, NO_COVER, timesOf } from "../chunk/chunk.ts";
import { gather } from "../chunk/gather.ts";
import { columnOf, hasColumn } from "../data/schema.ts";
import { inTurn } from "./_ahead.ts";
import { ifThere, sha256Of, storageError } from "./_files.ts";
import { type HeldResult, hold } from "./_hold.ts";
import { JOURNAL_FILE, parseJournal } from "./_journal.ts";
import { loadChunk } from "./load_chunk.ts";
import { type Metadata, METADATA_FILE, parseMetadata, remedy } from "./_metadata.ts";
import {
  type ChunkRecord,
  type ReadOptions,
  ResultChangedError,
  type ResultMeta,
  type StoredResult,
  type Verify,
} from "./types.ts";

/** Files by path, as they were when their checksum was found right. */
const checked = new Map<string, string>();

const MOST_CHECKED = 200_000;

/** First of `n` for which `holds`, which does not hold for any before it; `n` where there is none. O(log n). */
function firstOf(n: number, holds: (k: number) => boolean): number {
  let from = 0, to = n;
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (holds(mid)) to = mid;
    else from = mid + 1;
  }
  return from;
}

/**
 * The metadata of a result, and the chunks of a complete one; `undefined` where there is no metadata file, or the
 * folder was exchanged while it was read. O(chunks).
 *
 * @throws {SyntaxError} When they are damaged: names the file and the remedy.
 */
export async function readFolder(
  folder: string,
): Promise<{ metadata: Metadata; chunks: readonly ChunkRecord[] } | undefined> {
  const file = `${folder}/${METADATA_FILE}`;
  const read = async <T>(promise: Promise<T>): Promise<T | undefined> => {
    try {
      return await ifThere(promise);
    } catch (cause) {
      throw storageError("read a result", folder, cause);
    }
  };
  const text = await read(Deno.readTextFile(file));
  if (text === undefined) return undefined;
  const metadata = parseMetadata(text, file);
  if (metadata.state === "writing") return { metadata, chunks: [] };
  const journal = `${folder}/${JOURNAL_FILE}`;
  const bytes = await read(Deno.readFile(journal));
  const fail = (what: string): never => {
    throw new SyntaxError(`Cannot read "${journal}": ${what}; ${remedy(journal)}`);
  };
  const fits = bytes && sha256Of(bytes) === metadata.journal.sha256;
  // The whole folder may have been exchanged between the two reads.
  if (!fits && await ifThere(Deno.readTextFile(file)) !== text) return undefined;
  if (!bytes) return fail("it is missing");
  if (!fits) {
    const { problem = `its SHA-256 is not the one that ${METADATA_FILE} says` } = parseJournal(bytes);
    fail(problem);
  }
  const { lines: chunks, problem } = parseJournal(bytes, true);
  if (problem !== undefined || chunks.length !== metadata.chunks) {
    fail(problem ?? `it lists ${chunks.length} chunks, not ${metadata.chunks}`);
  }
  return { metadata, chunks };
}

/** {@linkcode StoredResult} in a folder. */
export class FolderResult implements StoredResult {
  /** Where it lies. */
  readonly folder: string;
  readonly meta: ResultMeta;
  readonly chunks: readonly ChunkRecord[];
  readonly #verify: Verify;

  constructor(folder: string, meta: ResultMeta, chunks: readonly ChunkRecord[], verify: Verify) {
    this.folder = folder;
    this.meta = meta;
    this.chunks = chunks;
    this.#verify = verify;
  }

  read(options: ReadOptions = {}): AsyncIterable<Chunk> {
    const { meta } = this;
    const [from, to] = options.timeRange ?? [meta.start, meta.end];
    if (from >= to) {
      throw new RangeError(`Cannot read ${meta.dataType} from ${from} to ${to} ps: the range is empty`);
    }
    const wanted = options.columns && new Set(["time", "endtime", ...options.columns]);
    for (const name of options.columns ?? []) columnOf(meta.schema, name);
    if (!hasColumn(meta.schema, "endtime")) wanted?.delete("endtime");
    const columns = meta.schema.columns.map(({ name }) => name).filter((name) => wanted?.has(name) ?? true);
    if (options.timeRange === undefined || (options.straddlers ?? "start") === "start") {
      return this.#chunks(from, to, columns, options);
    }
    return options.straddlers === "touch"
      ? this.#touching(from, to, columns, options)
      : this.#inside(from, to, columns, options);
  }

  /** Rows that have a part in the range: earlier ones that reach into it too. */
  async *#touching(from: bigint, to: bigint, columns: string[], options: ReadOptions): AsyncGenerator<Chunk> {
    const { chunks, meta } = this;
    // Nothing that starts longer than the longest row before the range reaches into it, and nothing under a lower cover.
    const near = firstOf(chunks.length, (k) => chunks[k]!.end > from - meta.longestRow);
    const covering = firstOf(chunks.length, (k) => chunks[k]!.coverEnd > from || chunks[k]!.end > from);
    const first = Math.max(near, covering);
    const start = first < chunks.length ? chunks[first]!.start : from;
    let begun = false;
    for await (const chunk of this.#chunks(start < from ? start : from, to, columns, options)) {
      if (chunk.start >= from) {
        yield chunk;
        continue;
      }
      const kept = keepRows(chunk, options, (time, end) => time >= from || end > from);
      begun ||= kept.length > 0 || kept.end > from;
      if (begun) yield kept;
      else kept.release();
    }
  }

  async *#inside(from: bigint, to: bigint, columns: string[], options: ReadOptions): AsyncGenerator<Chunk> {
    for await (const chunk of this.#chunks(from, to, columns, options)) {
      yield keepRows(chunk, options, (_, end) => end <= to);
    }
  }

  async *#chunks(from: bigint, to: bigint, columns: string[], options: ReadOptions): AsyncGenerator<Chunk> {
    const { chunks } = this;
    using held = await this.hold();
    const first = firstOf(chunks.length, (k) => chunks[k]!.end > from);
    const last = firstOf(chunks.length, (k) => chunks[k]!.start >= to);
    yield* inTurn(first, last, {
      begin: (k) => this.#chunk(held, k, from, to, columns, options),
      more: options.ahead ?? (() => false),
      drop: (chunk) => chunk.release(),
      again: isBudgetError,
    });
  }

  /** The part of chunk `k` in `[from, to)`. */
  async #chunk(
    held: HeldResult,
    k: number,
    from: bigint,
    to: bigint,
    columns: string[],
    options: ReadOptions,
  ): Promise<Chunk> {
    const record = this.chunks[k]!;
    const { runId, dataType, dataKind, schema } = this.meta;
    const { account, pool, verify = this.#verify, load = loadChunk } = options;
    const { bytes, sha256, rows } = record;
    const start = from > record.start ? from : record.start;
    const end = to < record.end ? to : record.end;
    let path = "";
    try {
      const { table, cover, state } = await held.use((folder) => {
        path = `${folder}/${record.file}`;
        return load({
          path,
          bytes,
          sha256,
          rows,
          verify,
          known: checked.get(path),
          schema: schema.text,
          columns,
          from: start > record.start ? start : undefined,
          to: end < record.end ? end : undefined,
          start,
          end,
        }, { pool, account });
      }, ({ table }) => table.release());
      try {
        if (verify !== "never") {
          if (checked.size >= MOST_CHECKED) checked.clear();
          checked.set(path, state);
        }
        const before = this.chunks[k - 1]?.coverEnd ?? NO_COVER;
        const coverEnd = cover === undefined ? record.coverEnd : cover > before ? cover : before;
        return new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
      } catch (error) {
        table.release();
        throw error;
      }
    } catch (cause) {
      throw isBudgetError(cause) || cause instanceof ResultChangedError
        ? cause
        : damageError(path, this.folder, cause);
    }
  }

  async hold(): Promise<HeldResult> {
    const changed = this.#changed.bind(this);
    const isThis = (text: string, file: string) => parseMetadata(text, file).meta.id === this.meta.id;
    const held = await hold(this.folder, isThis, changed);
    if (!held) throw changed();
    return held;
  }

  #changed(cause?: unknown): ResultChangedError {
    const { runId, dataType } = this.meta;
    return new ResultChangedError(
      `Cannot read ${runId}/${dataType} on: the result was replaced or removed meanwhile; open it again`,
      cause === undefined ? {} : { cause },
    );
  }
}

/** What to say about a chunk's file that can't be read. */
export function damageError(path: string, folder: string, cause: unknown): Error {
  if (!isDamage(cause)) return storageError(`read "${path}"`, folder, cause);
  const what = cause instanceof Error ? cause.message : String(cause);
  const said = what.startsWith("Cannot read") ? what : `Cannot read "${path}": ${what}`;
  return new Error(`${said}; ${remedy(path)}`, { cause });
}

/** Whether the account has no room, here or in another thread. */
function isBudgetError(error: unknown): boolean {
  return error instanceof Error && error.name === "MemoryBudgetError";
}

/** Whether a file is another than it should be, or missing; a disk, a permission or a program that fails is no damage of it. */
function isDamage(cause: unknown): boolean {
  return cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof Deno.errors.NotFound;
}

/** The rows of a chunk for whose absolute times `keep` holds, in the same interval; takes the chunk. */
function keepRows(
  chunk: Chunk,
  { pool, account }: ReadOptions,
  keep: (time: bigint, end: bigint) => boolean,
): Chunk {
  const { table, t0 } = chunk;
  const times = timesOf(table), ends = endtimesOf(table);
  const rows = new Uint32Array(table.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    if (keep(t0 + BigInt(times[i]!), t0 + BigInt(ends[i]!))) rows[count++] = i;
  }
  if (count === rows.length) return chunk;
  try {
    const { start, end, coverEnd, runId, dataType, dataKind } = chunk;
    const kept = gather(table, rows, count, { ...(pool && { pool }), ...(account && { account }) });
    return new Chunk(kept, { start, end, coverEnd, runId, dataType, dataKind });
  } finally {
    chunk.release();
  }
}
