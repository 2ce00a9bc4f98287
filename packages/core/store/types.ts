/**
 * What a store is: results written chunk by chunk, read back by time.
 *
 * The contract behind which stores can be exchanged; {@linkcode Store} has three methods.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { Schema } from "../data/schema.ts";
import type { SaveChunk } from "./save_chunk.ts";

/** A value that JSON holds exactly. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Which result: a data type of a run. */
export interface ResultKey {
  /** Name of the run. */
  readonly runId: string;
  /** Name of the data type, e.g. `hits`. */
  readonly dataType: string;
}

/** What a result is said to be when it is written. */
export interface StoredMeta {
  /** Names and types of its columns. `time` is one of them. */
  readonly schema: Schema;
  /** Name of the data kind. Default: the data type. */
  readonly dataKind?: string;
  /** How it was made: plugins, versions, tracked options, inputs. */
  readonly lineage: Json;
  /** Hash of the lineage: what a reader compares to know whether the result is the one it wants. */
  readonly lineageHash: string;
  /** What a user of the result should know. */
  readonly notices?: readonly string[];
}

/** What a store knows about a result. */
export interface ResultMeta extends ResultKey {
  /** Names this very result: written anew, it has another. */
  readonly id: string;
  /** Name of the data kind. */
  readonly dataKind: string;
  /** Names and types of the columns. */
  readonly schema: Schema;
  /** How it was made. */
  readonly lineage: Json;
  /** Hash of the lineage. */
  readonly lineageHash: string;
  /** What a user of the result should know. */
  readonly notices: readonly string[];
  /** When it was finished, ISO 8601 in UTC. */
  readonly created: string;
  /** Start of the first chunk, ps. */
  readonly start: bigint;
  /** End of the last chunk (excluded), ps. */
  readonly end: bigint;
  /** Rows of all chunks. */
  readonly rows: number;
  /** Bytes of all chunk files. */
  readonly bytes: number;
  /** Longest row, ps: how far before a time a row may start that touches it. */
  readonly longestRow: bigint;
}

/** What a store knows about one chunk of a result. */
export interface ChunkRecord {
  /** File name in the result's folder. */
  readonly file: string;
  /** Rows. */
  readonly rows: number;
  /** Start of the interval, ps. */
  readonly start: bigint;
  /** End of the interval (excluded), ps. */
  readonly end: bigint;
  /** Highest endtime of this and all earlier chunks, ps. */
  readonly coverEnd: bigint;
  /** Start of the first row, ps; `null` where there is none. */
  readonly firstStart: bigint | null;
  /** Bytes of the file. */
  readonly bytes: number;
  /** CRC-32 of the file, 8 hexadecimal digits. */
  readonly crc32: string;
}

/** What to read of a result. */
export interface ReadOptions {
  /** Rows that start in `[from, to)`, ps. Default: all. */
  readonly timeRange?: readonly [from: bigint, to: bigint];
  /** Columns by name; `time` and `endtime` always come along. Default: all. */
  readonly columns?: readonly string[];
  /** Charged with what is held: the file while it is read, then the chunk until its release. */
  readonly account?: Account;
  /** Where buffers come from. */
  readonly pool?: BufferPool;
}

/** A finished result. */
export interface StoredResult {
  /** What it is. */
  readonly meta: ResultMeta;
  /** Its chunks in order: each starts where the one before ends. */
  readonly chunks: readonly ChunkRecord[];
  /**
   * Its chunks by time. With a range, only the files that it touches are opened, rows are cut exactly by their start, and
   * intervals are cut to the range; `coverEnd` stays that of the whole result's rows before the cut. A chunk belongs to the
   * caller, who releases it.
   *
   * @throws {RangeError} At once, on an empty range or an unknown column.
   * @throws {Error} While iterating: when a file is missing or damaged, naming it; or when the result was replaced meanwhile.
   * @throws {MemoryBudgetError} While iterating: when the account has no room.
   */
  read(options?: ReadOptions): AsyncIterable<Chunk>;
}

/** Writes one result. Nothing of it can be read before {@linkcode ResultWriter.finish}. */
export interface ResultWriter extends AsyncDisposable {
  /**
   * Write the next chunk. It stays the caller's, who may release it as soon as this returns its promise, but must not
   * change its rows before the promise settles. Calls may overlap: the chunks' order is that of the calls.
   *
   * @throws {RangeError} When the chunk doesn't start where the one before ended, or its `coverEnd` or width disagrees.
   * @throws {TypeError} When its columns or names are not the result's, or the writer is done.
   * @throws {Error} When the files can't be written: names the folder. The writer is aborted then.
   */
  write(chunk: Chunk): Promise<void>;
  /**
   * Make the result readable, in the place of an earlier one of that key.
   *
   * @throws {RangeError} When no chunk was written.
   * @throws {Error} When the files can't be written: names the folder. The writer is aborted then, an earlier result stays.
   */
  finish(options?: { readonly notices?: readonly string[] }): Promise<StoredResult>;
  /** Remove what was written. Does nothing after `finish` or `abort`. */
  abort(): Promise<void>;
}

/** A result in a list: what it is, or why it can't be read. */
export interface StoredSummary extends ResultKey {
  /** What it is. Absent where it can't be read. */
  readonly meta?: ResultMeta;
  /** Why it can't be read. */
  readonly problem?: string;
}

/** Keeps results by run and data type. */
export interface Store {
  /**
   * Start to write a result. What an ended process left unfinished of that key is removed.
   *
   * @param options.save Writes the chunks' files, instead of this thread.
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {Error} When nothing can be written there: names the folder.
   */
  writer(
    key: ResultKey,
    meta: StoredMeta,
    options?: { readonly save?: SaveChunk | undefined },
  ): Promise<ResultWriter>;
  /**
   * The result of that key, `undefined` where there is none.
   *
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {SyntaxError} When its metadata is missing or damaged: names the file and the remedy.
   */
  open(key: ResultKey): Promise<StoredResult | undefined>;
  /** All results, by run and data type in order; damaged ones with their problem. */
  list(): Promise<StoredSummary[]>;
}
