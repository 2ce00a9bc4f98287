/**
 * What a store is: results written chunk by chunk, read back by time.
 *
 * The contract behind which stores can be exchanged; {@linkcode Store} has three methods.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { Account, BufferPool } from "../data/buffer_pool.ts";
import type { Schema } from "../data/schema.ts";
import type { CodecName } from "./codecs/types.ts";
import type { LoadChunk } from "./load_chunk.ts";
import type { SaveChunk } from "./save_chunk.ts";

/** A value that JSON holds exactly. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Which result: a data type of a run. */
export interface ResultKey {
  /** Name of the run. */
  readonly runId: string;
  /** Name of the data type, e.g. `hits`. */
  readonly dataType: string;
  /** Hash of the lineage, 4 to 64 digits and small letters. Left out: the one that was finished last. */
  readonly lineageHash?: string;
}

/** What a result is said to be when it is written. */
export interface StoredMeta {
  /** Names and types of its columns. `time` is one of them. */
  readonly schema: Schema;
  /** Name of the data kind. Default: the data type. */
  readonly dataKind?: string;
  /** How it was made: plugins, versions, tracked options, inputs. */
  readonly lineage: Json;
  /** Hash of the lineage: results of one run and type with different ones lie beside each other. */
  readonly lineageHash: string;
  /** What a user of the result should know. */
  readonly notices?: readonly string[];
  /** When its rows were finished, ISO 8601 in UTC: of one that is written anew as it is, as before. Default: when it is finished. */
  readonly created?: string;
}

/**
 * Where a stored chunk ends: behind the row with which it has `bytes` bytes, or at the first multiple of `spanPs` behind its
 * first row. Both depend on the rows alone, so that files are the same however the rows came.
 */
export interface ChunkTarget {
  /** Bytes of rows in memory. */
  readonly bytes: number;
  /** Longest stretch with rows, ps. */
  readonly spanPs: bigint;
}

/** What a store knows about a result. */
export interface ResultMeta extends ResultKey {
  /** Hash of the lineage. */
  readonly lineageHash: string;
  /** Names this very result: written anew, it has another. */
  readonly id: string;
  /** Name of the data kind. */
  readonly dataKind: string;
  /** Names and types of the columns. */
  readonly schema: Schema;
  /** How it was made. */
  readonly lineage: Json;
  /** What a user of the result should know. */
  readonly notices: readonly string[];
  /** Where its chunks end, if that was by a rule. */
  readonly target: ChunkTarget | undefined;
  /** How its columns are held in the files. */
  readonly codec: CodecName;
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
  /** Longest row, ps. */
  readonly longestRow: bigint;
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Which rows a time range `[from, to)` means: those that start in it (`start`), those that have a part in it (`touch`), or
 * those that start in it and end at `to` at the latest (`inside`).
 */
export type Straddlers = "start" | "touch" | "inside";

/**
 * When checksums of files are compared: at every read, at the first one in this process of a file as it is, or never. Sizes
 * always are.
 */
export type Verify = "always" | "first" | "never";

/** What to read of a result. */
export interface ReadOptions {
  /** Rows of `[from, to)`, ps. Default: all. */
  readonly timeRange?: readonly [from: bigint, to: bigint];
  /** Which rows these are. Default `"start"`: adjacent ranges then have every row once. */
  readonly straddlers?: Straddlers;
  /** When checksums are compared. Default: as the store was told. */
  readonly verify?: Verify;
  /** Columns by name; `time` and `endtime` always come along. Default: all. */
  readonly columns?: readonly string[];
  /** Charged with what is held: the file while it is read, then the chunk until its release. */
  readonly account?: Account;
  /** Where buffers come from. */
  readonly pool?: BufferPool;
  /** Reads the chunks' files, instead of this thread; its tables are charged to the account. */
  readonly load?: LoadChunk | undefined;
  /**
   * Whether to begin the next chunk before it is asked for, while so many are being read or wait to be taken. Asked each time
   * that they change. Default: never.
   * Chunks come in order all the same, failures in their turn; those that nobody takes are released.
   */
  readonly ahead?: ((underWay: number) => boolean) | undefined;
}

/** A finished result. */
export interface StoredResult {
  /** What it is. */
  readonly meta: ResultMeta;
  /** The folder that it lies in, where it lies in one. */
  readonly folder?: string;
  /** Its chunks in order: each starts where the one before ends. */
  readonly chunks: readonly ChunkRecord[];
  /**
   * Its chunks by time. With a range, only the files that it touches are opened, rows are cut exactly, and intervals are cut
   * to the range, except that with `touch` the first may start earlier; `coverEnd` stays that of the whole result's rows
   * before the cut. A chunk belongs to the caller, who releases it.
   *
   * @throws {RangeError} At once, on an empty range or an unknown column.
   * @throws {Error} While iterating: when a file is missing or damaged, naming it.
   * @throws {ResultChangedError} While iterating: at the first chunk, when the result was replaced or removed since it was opened;
   * later only when its files were taken away by force.
   * @throws {MemoryBudgetError} While iterating: when the account has no room.
   */
  read(options?: ReadOptions): AsyncIterable<Chunk>;
  /**
   * Keep its files until the hold is disposed of, or the process ends. While it is read it is held anyway, from the
   * first chunk to the last, or until the iteration is left. Absent where nobody removes anything.
   *
   * @throws {ResultChangedError} When it was replaced or removed since it was opened.
   */
  hold?(): Promise<Disposable>;
}

/** State of a plugin between two rows of its input. */
export interface SavedState {
  /** The state itself. */
  readonly bytes: Uint8Array;
  /** Highest endtime of the rows before, ps. */
  readonly cover: bigint;
  /** Earliest start of a row that the plugin may still make of those before, ps. */
  readonly hold: bigint;
}

/** Where the input of a plugin may start again. */
export interface Restart {
  /** ps. */
  readonly at: bigint;
  /** State that it has there; it starts anew without. */
  readonly saved?: SavedState | undefined;
}

/** A place in the input of a source, from which all rows that start at or after `at` are read. */
export interface InputPlace {
  /** ps. */
  readonly at: bigint;
  /** Highest endtime of the rows before it, ps. */
  readonly cover: bigint;
  /** What the source said about it. */
  readonly cursor: string;
}

/** Writes one result. Nothing of it can be read before {@linkcode ResultWriter.finish}. */
export interface ResultWriter extends AsyncDisposable {
  /** End of what an earlier writer left complete, ps: rows from there on are still to come. `undefined`: all are. */
  readonly resumesAt: bigint | undefined;
  /** Where plugins may start again to go on from there, by name: what `restartsAt` gave for what is kept last. */
  readonly restarts: Readonly<Record<string, Restart>>;
  /** The last place in a source's input at or before a time that an earlier writer kept with its chunks. */
  placeBefore(source: string, time: bigint): InputPlace | undefined;
  /**
   * Chunks that are complete, and last, where they were kept, the rows that wait for theirs: they survive whatever happens to
   * this process.
   */
  readonly kept: readonly ChunkRecord[];
  /** Whether a complete result of before is still there, whose place this one takes when it is finished. */
  readonly replaces: boolean;
  /**
   * Write the next rows. The chunk stays the caller's, who may release it as soon as this returns its promise, but must not
   * change its rows before the promise settles. Calls may overlap: the chunks' order is that of the calls. With a target,
   * rows wait for the chunk that they belong to.
   *
   * @throws {RangeError} When the chunk doesn't start where the one before ended, or its `coverEnd` or width disagrees.
   * @throws {TypeError} When its columns or names are not the result's, or the writer is done.
   * @throws {Error} When the files can't be written: names the folder. The writer is closed then.
   */
  write(chunk: Chunk): Promise<void>;
  /**
   * Make the result readable, in the place of an earlier one of that key and lineage, which is kept aside while it is read.
   *
   * @throws {RangeError} When no chunk was written.
   * @throws {Error} When the files can't be written: names the folder. The writer is closed then, an earlier result stays.
   */
  finish(options?: { readonly notices?: readonly string[] }): Promise<StoredResult>;
  /**
   * Stop. A writer that may resume and replaces nothing keeps complete chunks for the next one, any other removes them; so does
   * disposal. With `keepRest` it also keeps the rows that wait for their chunk.
   */
  close(options?: { readonly keepRest?: boolean }): Promise<void>;
}

/** How a result is written. */
export interface WriterOptions {
  /** Writes the chunks' files, instead of this thread. */
  readonly save?: SaveChunk | undefined;
  /** Where stored chunks end. Default: where the given ones do. */
  readonly target?: ChunkTarget | undefined;
  /** Where rows of several chunks are put together: memory that `save` can write from. Default: the writers' own. */
  readonly pool?: BufferPool | undefined;
  /** Go on where an earlier writer of this key and lineage was interrupted, with its target. Default false: begin anew. */
  readonly resume?: boolean | undefined;
  /**
   * With `resume`: begin anew all the same. What an earlier writer left incomplete is removed, and what this one leaves is
   * gone on with. A complete result stays until a new one takes its place, and nothing is kept of one that does not come so far.
   */
  readonly fresh?: boolean | undefined;
  /** Keep the rows that wait for their chunk so often, where there may be a resume, ms. Default 1000. */
  readonly keepRestMs?: number | undefined;
  /** Wait for another writer of this key and lineage, until aborted. Default: don't. */
  readonly wait?: AbortSignal | undefined;
  /** Called once when a wait begins, with who is waited for. */
  readonly onWait?: ((owner: string) => void) | undefined;
  /** Where to start again to go on from the end of a chunk, by plugin; kept with the chunk. */
  readonly restartsAt?: ((end: bigint) => Readonly<Record<string, Restart>>) | undefined;
  /** Places in the inputs of sources to go on from the end of a chunk, by source; kept with the chunk. */
  readonly placesAt?: ((end: bigint) => Readonly<Record<string, InputPlace>>) | undefined;
}

/** Another writer has the result. */
export class ResultLockedError extends Error {
  /** Error name. */
  override readonly name = "ResultLockedError";
}

/** The result is no longer what it was when it was listed. */
export class ResultChangedError extends Error {
  /** Error name. */
  override readonly name = "ResultChangedError";
}

/** Somebody reads the result. */
export class ResultInUseError extends Error {
  /** Error name. */
  override readonly name = "ResultInUseError";
}

/** The result that was to be resumed is complete: open it. */
export class AlreadyStoredError extends Error {
  /** Error name. */
  override readonly name = "AlreadyStoredError";
}

/** A result in a list: what it is, how far it is, or why it can't be read. */
export interface StoredSummary extends ResultKey {
  /** Its folder. */
  readonly folder: string;
  /** How it was made. Absent where its metadata can't be read, as `lineageHash` is. */
  readonly lineage?: Json;
  /** What it is. Absent where it is not complete or can't be read. */
  readonly meta?: ResultMeta;
  /** Of one that is not complete: what of it is. The next run goes on there. */
  readonly partial?: PartialResult;
  /** Why it can't be read. */
  readonly problem?: string;
}

/** What is there of a result that is not complete. */
export interface PartialResult {
  /** Where its next chunk starts, ps; `undefined` without a chunk. */
  readonly end: bigint | undefined;
  /** Rows of its chunks. */
  readonly rows: number;
  /** Bytes of its chunk files. */
  readonly bytes: number;
  /** When it was begun, ISO 8601 in UTC. */
  readonly created: string;
}

/** Keeps results by run, data type and lineage. */
export interface Store {
  /** Nothing is written to it. Default false. */
  readonly readOnly?: boolean;
  /**
   * Start to write a result. What an ended process left unfinished of that key is resumed or removed.
   *
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {ResultLockedError} When another writer has it and `wait` was not asked for: names the process.
   * @throws {AlreadyStoredError} When it was to be resumed and is complete.
   * @throws {Error} When nothing can be written there: names the folder.
   */
  writer(key: ResultKey, meta: StoredMeta, options?: WriterOptions): Promise<ResultWriter>;
  /**
   * The finished result of that key, `undefined` where there is none.
   *
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {SyntaxError} When its metadata or journal is missing or damaged: names the file and the remedy.
   */
  open(key: ResultKey): Promise<StoredResult | undefined>;
  /** All results, by run, data type and age in order; unfinished ones as far as they are, damaged ones with their problem. */
  list(): Promise<StoredSummary[]>;
}
