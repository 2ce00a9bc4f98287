/**
 * Results in folders: one a run, data type and lineage, with `metadata.json`, `journal.tsv` and one Arrow file a chunk.
 *
 * `ROOT/RUN/TYPE-HASH/metadata.json`, `.../journal.tsv`, `.../000000.arrow`, ... A chunk's file is written under a temporary
 * name, synced and renamed; then its line is appended to the journal, with its SHA-256, rows and times. The metadata say when
 * a result is complete; until then no reader sees it, and after a crash the next writer of the same lineage goes on behind the
 * last whole line. Results of other lineages lie beside it.
 *
 * Failure contract: a failed write or finish leaves what was complete before it, for the next writer to go on with; a complete
 * result is replaced only by a complete one. One writer at a time has a result, across processes: a file lock, which ends with
 * its process. A result that is read is not removed; one that is replaced while it is read lies aside until its readers have
 * done. Metadata, journal and files carry checksums: what is damaged is named and never returned.
 *
 * `open` is O(chunks), some 2 µs each; `read` finds its files by binary search, opens those that the range touches and holds one
 * at a time; writing a chunk is O(its bytes), however many there are before it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Chunk } from "@millrace/core/chunk";
 * import { schema } from "@millrace/core/schema";
 * import { FolderStore } from "@millrace/core/store";
 * import { Table } from "@millrace/core/table";
 *
 * const root = await Deno.makeTempDir();
 * const store = new FolderStore(root);
 * const hits = schema({ time: "time", height: "f32" });
 * const key = { runId: "run_7", dataType: "hits" };
 * {
 *   await using writer = await store.writer(key, { schema: hits, lineage: { hits: "1.0.0" }, lineageHash: "4f1a" });
 *   using chunk = new Chunk(Table.from(hits, { time: [100n, 700n], height: [3, 4] }), { start: 0n, end: 1000n });
 *   await writer.write(chunk);
 *   await writer.finish();
 * }
 * const stored = await store.open(key);
 * for await (using chunk of stored!.read({ timeRange: [500n, 900n] })) {
 *   assert.deepEqual(chunk.table.rows(), [{ time: 700n, height: 4 }]);
 * }
 * await Deno.remove(root, { recursive: true });
 * ```
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { hasColumn } from "../data/schema.ts";
import { type CopiedResult, copyInto, type CopyOptions } from "./_copy.ts";
import { ifThere, removeAll, storageError } from "./_files.ts";
import { FolderResult, readFolder } from "./_folder_result.ts";
import { FolderWriter, type FolderWriterSpec } from "./_folder_writer.ts";
import { NO_PREFIX, readPrefix } from "./_prefix.ts";
import { restLine } from "./_rest.ts";
import {
  checkKey,
  folderName,
  foldersIn,
  holdsResult,
  locate,
  LockedPlace,
  type ResultFolder,
  resultFolders,
} from "./_folders.ts";
import { placeOf } from "./_hold.ts";
import { JOURNAL_FILE, type JournalLine, parseJournal } from "./_journal.ts";
import { type BegunMeta, METADATA_FILE, parseMetadata, remedy } from "./_metadata.ts";
import { OTHER_ROWS } from "./repair_command.ts";
import { type CodecName, codecOf, DEFAULT_CODEC } from "./codecs/codec.ts";
import { rowsOf, saveChunk } from "./save_chunk.ts";
import {
  AlreadyStoredError,
  ResultChangedError,
  ResultInUseError,
  type ResultKey,
  ResultLockedError,
  type ResultWriter,
  type Store,
  type StoredMeta,
  type StoredResult,
  type StoredSummary,
  type Verify,
  type WriterOptions,
} from "./types.ts";

export { type CodecName, codecNames, DEFAULT_CODEC } from "./codecs/codec.ts";
export type {
  ChunkRecord,
  ChunkTarget,
  InputPlace,
  Json,
  PartialResult,
  ReadOptions,
  Restart,
  ResultKey,
  ResultMeta,
  ResultWriter,
  SavedState,
  Store,
  StoredMeta,
  StoredResult,
  StoredSummary,
  Straddlers,
  Verify,
  WriterOptions,
} from "./types.ts";
export type { CopiedResult, CopyOptions } from "./_copy.ts";
export { type Leftover, leftoversOf, removeLeftovers } from "./leftovers.ts";
export { StoreLocations } from "./locations.ts";
export { quoted, repairCommand, SHOWN_HASH } from "./repair_command.ts";
export { openHeld, type OpenResult } from "./open_held.ts";
export { checkSizes, type StorageProblem, type VerifyReport, verifyResult } from "./verify.ts";
export { AlreadyStoredError, ResultChangedError, ResultInUseError, ResultLockedError } from "./types.ts";

/** What a {@linkcode FolderStore} may be told. */
export interface FolderStoreOptions {
  /** Wait until each file is on the disk, so that results survive a loss of power. Default true. */
  readonly durable?: boolean;
  /** How the columns of new results are held: changes no row and no lineage. Default {@linkcode DEFAULT_CODEC}. */
  readonly codec?: CodecName;
  /** When checksums of chunk files are compared. Default `"first"`. */
  readonly verify?: Verify;
  /** Only read: whoever wants to write or remove is told so. Default false. */
  readonly readOnly?: boolean;
}

/** A {@linkcode Store} in a folder. */
export class FolderStore implements Store {
  /** The folder; made by the first writer. */
  readonly root: string;
  /** Whether it is only read. */
  readonly readOnly: boolean;
  readonly #durable: boolean;
  readonly #codec: CodecName;
  readonly #verify: Verify;

  /**
   * A store in `root`; nothing is looked at before it is used.
   *
   * @throws {TypeError} When `root` is empty.
   * @throws {RangeError} On an unknown codec.
   */
  constructor(root: string, options: FolderStoreOptions = {}) {
    if (root === "") {
      throw new TypeError(`Cannot open a store: its folder is empty; use "." for the current one`);
    }
    this.root = root.replace(/(?<=.)[/\\]+$/, "");
    this.#durable = options.durable ?? true;
    this.#codec = codecOf(options.codec ?? DEFAULT_CODEC).name;
    this.#verify = options.verify ?? "first";
    this.readOnly = options.readOnly ?? false;
  }

  /**
   * Start to write a result, as {@linkcode Store.writer} says.
   *
   * @throws {TypeError} On a name that can't be a folder's, a schema without `time`, or a lineage that is no JSON.
   * @throws {ResultLockedError} When another writer has it and `wait` was not asked for: names the process.
   * @throws {AlreadyStoredError} When it was to be resumed and is complete.
   * @throws {Error} When nothing can be written there: names the folder.
   */
  async writer(key: ResultKey, meta: StoredMeta, options: WriterOptions = {}): Promise<ResultWriter> {
    const { runId, dataType } = key;
    checkKey({ ...key, lineageHash: meta.lineageHash });
    const name = `${runId}/${dataType}`;
    if (!hasColumn(meta.schema, "time")) {
      throw new TypeError(`Cannot store ${name}: its schema ${meta.schema.text} has no column "time"`);
    }
    if (JSON.stringify(meta.lineage) === undefined) {
      throw new TypeError(`Cannot store ${name}: its lineage is no JSON value`);
    }
    checkTarget(name, options);
    this.#checkWritable(`store ${name}`);
    const run = `${this.root}/${runId}`;
    try {
      const place = await LockedPlace.make(run, folderName(dataType, meta.lineageHash), name, options);
      try {
        return await this.#begin(place, key, meta, options);
      } catch (error) {
        try {
          await place.discardNew();
        } finally {
          await place.abandon();
        }
        throw error;
      }
    } catch (cause) {
      if (cause instanceof ResultLockedError || cause instanceof AlreadyStoredError) throw cause;
      if (options.wait?.aborted) throw options.wait.reason;
      throw storageError(`store ${name}`, run, cause);
    }
  }

  async #begin(
    place: LockedPlace,
    { runId, dataType }: ResultKey,
    meta: StoredMeta,
    options: WriterOptions,
  ): Promise<ResultWriter> {
    const { lineage, lineageHash, schema, dataKind = dataType } = meta;
    const spec: FolderWriterSpec = {
      meta,
      begun: {
        id: crypto.randomUUID(),
        runId,
        dataType,
        dataKind,
        schema,
        lineage,
        lineageHash,
        target: options.target,
        codec: this.#codec,
        created: new Date().toISOString(),
      },
      place,
      folder: place.path,
      prefix: NO_PREFIX,
      durable: this.#durable,
      verify: this.#verify,
      options,
    };
    if (!options.resume || (options.fresh && await isReplaced(place.path))) {
      const folder = await place.makeNew();
      return await FolderWriter.open({ ...spec, folder, options: { ...options, resume: false } });
    }
    const before = options.fresh ? undefined : await this.#before(place.path, spec);
    if (before) return await FolderWriter.open(before);
    await place.remove();
    await Deno.mkdir(place.path);
    try {
      return await FolderWriter.open(spec);
    } catch (error) {
      await place.remove();
      throw error;
    }
  }

  /** What an earlier writer left in a folder, to go on with; `undefined` where it is of no use. */
  async #before(folder: string, spec: FolderWriterSpec): Promise<FolderWriterSpec | undefined> {
    const { runId, dataType, lineageHash, schema } = spec.begun;
    let metadata;
    try {
      metadata = (await readFolder(folder))?.metadata;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined; // damaged: computed anew
      throw error;
    }
    if (!metadata) return undefined;
    const { meta } = metadata;
    const other = meta.runId !== runId || meta.dataType !== dataType || meta.lineageHash !== lineageHash;
    if (metadata.state === "complete" && !other) {
      throw new AlreadyStoredError(`Cannot go on with ${runId}/${dataType}: it is complete`);
    }
    if (other) {
      throw new Error(
        `"${folder}" holds ${meta.runId}/${meta.dataType} of lineage ${meta.lineageHash}, not ${lineageHash}: move it away`,
      );
    }
    if (meta.schema.text !== schema.text) return undefined;
    const prefix = await readPrefix(folder, meta);
    return prefix && { ...spec, begun: meta, prefix };
  }

  /**
   * The result of that key, `undefined` where there is none. O(chunks).
   *
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {SyntaxError} When its metadata or journal is missing or damaged: names the file and the remedy.
   */
  async open(key: ResultKey): Promise<StoredResult | undefined> {
    checkKey(key);
    const { runId, dataType, lineageHash } = key;
    const run = `${this.root}/${runId}`;
    if (lineageHash !== undefined) return await this.#open(run, folderName(dataType, lineageHash), key);
    let newest: FolderResult | undefined, problem: unknown;
    for (const folder of await resultFolders(run)) {
      if (folder.dataType !== dataType) continue;
      try {
        if (folder.hash === undefined) {
          if (await holdsResult(folder.path)) throw olderForm(folder);
          continue;
        }
        const result = await this.#open(run, folder.name, key);
        if (result && (!newest || result.meta.created >= newest.meta.created)) newest = result;
      } catch (error) {
        problem ??= error;
      }
    }
    if (!newest && problem !== undefined) throw problem;
    return newest;
  }

  async #open(run: string, name: string, key: ResultKey): Promise<FolderResult | undefined> {
    for (let tries = 1;; tries++) {
      const folder = await locate(run, name);
      if (folder === undefined) return undefined;
      const found = await readFolder(folder);
      // Without metadata: it may have been exchanged between the look and the read.
      if (!found && tries < 20) continue;
      if (!found) {
        if (!await holdsResult(folder)) return undefined; // somebody else's folder
        // What is there may have come after the last look: a result that is being begun.
        if (tries < 40) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          continue;
        }
        const file = `${folder}/${METADATA_FILE}`;
        throw new SyntaxError(`Cannot read "${file}": it is missing; ${remedy(file)}`);
      }
      const { metadata, chunks } = found;
      checkOwner(key, name, metadata.meta, folder);
      if (metadata.state === "writing") return undefined;
      if (key.lineageHash !== undefined && key.lineageHash !== metadata.meta.lineageHash) return undefined;
      return new FolderResult(folder, metadata.meta, chunks, this.#verify);
    }
  }

  /**
   * All results, by run, data type and age in order; unfinished ones as far as they are, damaged ones with their problem.
   * Folders that hold nothing of a result are none. O(chunks of all results).
   */
  async list(): Promise<StoredSummary[]> {
    const summaries: StoredSummary[] = [];
    for (const runId of await foldersIn(this.root)) {
      const run: StoredSummary[] = [];
      for (const folder of await resultFolders(`${this.root}/${runId}`)) {
        const summary = await this.#summary(runId, folder);
        if (summary) run.push(summary);
      }
      run.sort((a, b) =>
        a.dataType < b.dataType ? -1 : a.dataType > b.dataType ? 1 : age(a) < age(b) ? -1 : 1
      );
      summaries.push(...run);
    }
    return summaries;
  }

  async #summary(runId: string, folder: ResultFolder): Promise<StoredSummary | undefined> {
    const { dataType, path, name, hash } = folder;
    const key = { runId, dataType };
    try {
      checkKey(key);
    } catch {
      return undefined; // no writer takes such a name
    }
    try {
      if (hash === undefined) {
        if (await holdsResult(path)) throw olderForm(folder);
        return undefined;
      }
      const result = await this.#open(`${this.root}/${runId}`, name, key);
      if (result) {
        const { meta } = result;
        return { ...key, ...madeAs(meta), folder: result.folder, meta };
      }
      const begun = (await readFolder(path))?.metadata;
      if (begun?.state !== "writing") return undefined;
      const { lines: whole } = parseJournal(
        await ifThere(Deno.readFile(`${path}/${JOURNAL_FILE}`)) ?? new Uint8Array(),
      );
      const rest = await restLine(path, whole), lines = rest ? [...whole, rest] : whole;
      const sum = (of: (line: JournalLine) => number) => lines.reduce((total, line) => total + of(line), 0);
      return {
        ...key,
        ...madeAs(begun.meta),
        folder: path,
        partial: {
          end: lines.at(-1)?.end,
          rows: sum(({ rows }) => rows),
          bytes: sum(({ bytes }) => bytes),
          created: begun.meta.created,
        },
      };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { ...key, ...await madeIn(folder), folder: path, problem };
    }
  }

  /**
   * Copy a complete result of another store, byte by byte, checking every file. One of the same lineage and with the same files is
   * here already: it stays, and gets what is missing or of another size. Any other result of that lineage that is here is
   * replaced.
   *
   * @throws {ResultLockedError} When somebody is writing it here.
   * @throws {Error} When it cannot be read or written: names the file or folder. What was here stays then.
   */
  async copy(result: StoredResult, options: CopyOptions = {}): Promise<CopiedResult> {
    const { meta: { runId, dataType, lineageHash } } = result;
    const name = `${runId}/${dataType}`;
    if (!(result instanceof FolderResult)) throw new TypeError(`Cannot copy ${name}: it lies in no folder`);
    this.#checkWritable(`copy ${name}`);
    const run = `${this.root}/${runId}`;
    try {
      using held = await result.hold();
      const place = await LockedPlace.make(run, folderName(dataType, lineageHash), name, {});
      try {
        const { meta, chunks, files, bytes } = await copyInto(place, result, held, this.#durable, options);
        return { result: new FolderResult(place.path, meta, chunks, this.#verify), files, bytes };
      } finally {
        await place.discardNew();
        await place.abandon();
      }
    } catch (cause) {
      if (
        cause instanceof ResultLockedError || cause instanceof ResultChangedError || options.signal?.aborted
      ) throw cause;
      throw storageError(`copy ${name}`, run, cause);
    }
  }

  /**
   * Write the file of one chunk of a complete result anew: with the very bytes that it had.
   *
   * @param chunk Its rows, with the interval and cover of the stored one.
   * @throws {ResultChangedError} When the result was replaced or removed since it was opened.
   * @throws {Error} When the bytes are others than the journal says (nothing is changed then), or cannot be written.
   */
  async replaceChunk(result: StoredResult, index: number, chunk: Chunk): Promise<void> {
    const { meta: { schema, codec }, chunks } = result;
    const { file, sha256 } = chunks[index]!;
    await this.#mend(result, async (folder) => {
      const path = `${folder}/${file}.repair`;
      using rows = rowsOf(chunk);
      const written = await saveChunk(rows, { path, schema: schema.text, durable: this.#durable, codec });
      if (written.sha256 !== sha256) {
        await Deno.remove(path);
        throw new Error(
          `Cannot repair "${folder}/${file}": computed anew, its SHA-256 is ${written.sha256}, not ${sha256}: ${OTHER_ROWS}`,
        );
      }
      await Deno.rename(path, `${folder}/${file}`);
    });
  }

  /**
   * Remove a file or folder that is none of a complete result's from its folder, if it is there.
   *
   * @throws {RangeError} When it is one of the result's files.
   * @throws {ResultChangedError} When the result was replaced or removed since it was opened.
   */
  async removeStray(result: StoredResult, file: string): Promise<void> {
    const own = [METADATA_FILE, JOURNAL_FILE, ...result.chunks.map(({ file }) => file)];
    if (own.includes(file) || /[/\\]/.test(file)) {
      throw new RangeError(`Cannot remove "${file}": it is no stray file of a result's folder`);
    }
    await this.#mend(result, (folder) => removeAll(`${folder}/${file}`));
  }

  /** Change files of a result while nobody else does. */
  async #mend({ meta }: StoredResult, work: (folder: string) => Promise<void>): Promise<void> {
    const { runId, dataType, lineageHash, id } = meta;
    const name = `${runId}/${dataType}`;
    this.#checkWritable(`repair ${name}`);
    const run = `${this.root}/${runId}`;
    const place = await LockedPlace.take(run, folderName(dataType, lineageHash), name, {});
    try {
      if ((await readFolder(place.path))?.metadata.meta.id !== id) {
        throw new ResultChangedError(
          `Cannot repair ${name}: it was replaced or removed meanwhile; look at it again`,
        );
      }
      await work(place.path);
    } finally {
      await place.release();
    }
  }

  #checkWritable(action: string): void {
    if (this.readOnly) throw new Error(`Cannot ${action}: the store "${this.root}" is only to be read`);
  }

  /**
   * Remove a result, complete or not. Readers see all of it or nothing.
   *
   * @throws {ResultLockedError} When somebody is writing it.
   * @throws {ResultInUseError} When somebody reads or holds it.
   * @throws {ResultChangedError} When it is no longer what the summary says: finished, gone on with or replaced since.
   * @throws {Error} When it cannot be removed: names the folder.
   */
  async remove(summary: StoredSummary): Promise<void> {
    const { run, name } = placeOf(summary.folder);
    const what = `${summary.runId}/${summary.dataType}`;
    this.#checkWritable(`remove ${what}`);
    try {
      const place = await LockedPlace.take(run, name, what, {});
      try {
        await checkUnchanged(place.path, summary);
        await place.removeUnread(what);
      } finally {
        await place.release();
      }
    } catch (cause) {
      if (
        cause instanceof ResultLockedError || cause instanceof ResultChangedError ||
        cause instanceof ResultInUseError
      ) throw cause;
      throw storageError(`remove ${what}`, run, cause);
    }
  }
}

const madeAs = ({ lineage, lineageHash }: BegunMeta) => ({ lineage, lineageHash });

/** How a result was made that can't be read, if its metadata still tell. */
async function madeIn({ path, name }: ResultFolder): Promise<Pick<StoredSummary, "lineage" | "lineageHash">> {
  const file = `${path}/${METADATA_FILE}`;
  try {
    const { meta } = parseMetadata(await Deno.readTextFile(file), file);
    return folderName(meta.dataType, meta.lineageHash) === name ? madeAs(meta) : {};
  } catch {
    return {}; // why it can't be read is told already
  }
}

/** What is listed may have become something else before it was locked. */
async function checkUnchanged(
  folder: string,
  { runId, dataType, meta, partial }: StoredSummary,
): Promise<void> {
  let now;
  try {
    now = (await readFolder(folder))?.metadata;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    now = undefined; // damaged
  }
  if (!now) return;
  const same = meta
    ? now.state === "complete" && now.meta.id === meta.id
    : partial && now.state === "writing" && now.meta.created === partial.created;
  if (same) return;
  throw new ResultChangedError(
    `Cannot remove ${runId}/${dataType}: it was ${
      now.state === "complete" ? "finished or replaced" : "begun anew"
    } meanwhile; look at it again`,
  );
}

/** Whether there is a result that was complete, also if it is damaged now: it stays until another takes its place. */
async function isReplaced(folder: string): Promise<boolean> {
  try {
    const { metadata } = await readFolder(folder) ?? {};
    return metadata ? metadata.state === "complete" : await holdsResult(folder);
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

const age = ({ meta, partial }: StoredSummary): string => meta?.created ?? partial?.created ?? "";

function checkTarget(name: string, { target }: WriterOptions): void {
  if (!target || (Number.isSafeInteger(target.bytes) && target.bytes > 0 && target.spanPs > 0n)) return;
  throw new RangeError(
    `Cannot store ${name} in chunks of ${target.bytes} bytes and ${target.spanPs} ps: both are whole numbers above 0`,
  );
}

function checkOwner(
  key: ResultKey,
  name: string,
  meta: ResultKey & { lineageHash: string },
  folder: string,
): void {
  const { runId, dataType, lineageHash } = meta;
  if (runId === key.runId && dataType === key.dataType && folderName(dataType, lineageHash) === name) return;
  throw new SyntaxError(
    `Cannot read "${folder}/${METADATA_FILE}": it is of ${runId}/${dataType}, lineage ${lineageHash}; move its folder back to ` +
      `${runId}/${folderName(dataType, lineageHash)}`,
  );
}

function olderForm({ path }: ResultFolder): SyntaxError {
  return new SyntaxError(
    `Cannot read "${path}": it was written by an older version of Millrace, whose results cannot be read any more; ` +
      "remove the folder and compute the result again",
  );
}
