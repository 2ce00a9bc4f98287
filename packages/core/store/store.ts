/**
 * Results in folders: one a run and data type, with `metadata.json` and one Arrow file a chunk.
 *
 * `ROOT/RUN/TYPE/metadata.json`, `ROOT/RUN/TYPE/000000.arrow`, ... A result is written into a hidden folder beside its
 * place and moved there when it is complete, so that a reader sees the result before or the new one. After a crash nothing
 * half-written is served, and the next writer of that key removes what was left.
 *
 * Failure contract: a failed write or finish removes the writer's folder and leaves an earlier result as it was. A result
 * that is replaced while it is read fails its reader with an error that says so. Files carry checksums: what is damaged is
 * named and never returned.
 *
 * `open` is O(chunks); `read` opens the files that the range touches and holds one at a time.
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
import { hasColumn } from "../data/schema.ts";
import { storageError } from "./_files.ts";
import { FolderResult } from "./_folder_result.ts";
import { FolderWriter } from "./_folder_writer.ts";
import { type CodecName, codecOf, DEFAULT_CODEC } from "./codecs/codec.ts";
import { checkName, foldersIn, holdsResult, locate, typesIn, Workspace } from "./_folders.ts";
import type { SaveChunk } from "./save_chunk.ts";
import { METADATA_FILE, parseMetadata, remedy } from "./_metadata.ts";
import type { ResultKey, ResultWriter, Store, StoredMeta, StoredResult, StoredSummary } from "./types.ts";

export { type CodecName, codecNames, DEFAULT_CODEC } from "./codecs/codec.ts";
export type {
  ChunkRecord,
  Json,
  ReadOptions,
  ResultKey,
  ResultMeta,
  ResultWriter,
  Store,
  StoredMeta,
  StoredResult,
  StoredSummary,
} from "./types.ts";

/** What a {@linkcode FolderStore} may be told. */
export interface FolderStoreOptions {
  /** Wait until each file is on the disk, so that results survive a loss of power. Default true. */
  readonly durable?: boolean;
  /** How the columns of new results are held: changes no row and no lineage. Default {@linkcode DEFAULT_CODEC}. */
  readonly codec?: CodecName;
}

/** A {@linkcode Store} in a folder. */
export class FolderStore implements Store {
  /** The folder; made by the first writer. */
  readonly root: string;
  readonly #durable: boolean;
  readonly #codec: CodecName;

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
  }

  /**
   * Start to write a result, as {@linkcode Store.writer} says.
   *
   * @throws {TypeError} On a name that can't be a folder's, a schema without `time`, or a lineage that is no JSON.
   * @throws {Error} When nothing can be written there: names the folder.
   */
  async writer(
    key: ResultKey,
    meta: StoredMeta,
    options: { readonly save?: SaveChunk | undefined } = {},
  ): Promise<ResultWriter> {
    checkKey(key);
    const name = `${key.runId}/${key.dataType}`;
    if (!hasColumn(meta.schema, "time")) {
      throw new TypeError(`Cannot store ${name}: its schema ${meta.schema.text} has no column "time"`);
    }
    if (JSON.stringify(meta.lineage) === undefined) {
      throw new TypeError(`Cannot store ${name}: its lineage is no JSON value`);
    }
    const run = `${this.root}/${key.runId}`;
    try {
      const space = await Workspace.create(run, key.dataType);
      return new FolderWriter(key, meta, space, {
        durable: this.#durable,
        codec: this.#codec,
        save: options.save,
      });
    } catch (cause) {
      throw storageError(`store ${name}`, run, cause);
    }
  }

  /**
   * The result of that key, `undefined` where there is none. O(chunks).
   *
   * @throws {TypeError} On a name that can't be a folder's.
   * @throws {SyntaxError} When its metadata is missing or damaged: names the file and the remedy.
   */
  async open(key: ResultKey): Promise<StoredResult | undefined> {
    checkKey(key);
    for (let tries = 1;; tries++) {
      const folder = await locate(`${this.root}/${key.runId}`, key.dataType);
      if (folder === undefined) return undefined;
      const file = `${folder}/${METADATA_FILE}`;
      try {
        const { meta, chunks } = parseMetadata(await Deno.readTextFile(file), file);
        checkOwner(key, meta, file);
        return new FolderResult(folder, meta, chunks);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        // It may have been exchanged between the look and the read.
        if (tries === 5) {
          if (!await holdsResult(folder)) return undefined; // somebody else's folder
          throw new SyntaxError(`Cannot read "${file}": it is missing; ${remedy(file)}`, { cause: error });
        }
      }
    }
  }

  /**
   * All results, by run and data type in order; damaged ones with their problem. Folders that hold neither metadata nor
   * chunks are none. O(chunks of all results).
   */
  async list(): Promise<StoredSummary[]> {
    const summaries: StoredSummary[] = [];
    for (const runId of await foldersIn(this.root)) {
      for (const dataType of await typesIn(`${this.root}/${runId}`)) {
        const summary = await this.#summary({ runId, dataType });
        if (summary) summaries.push(summary);
      }
    }
    return summaries;
  }

  async #summary(key: ResultKey): Promise<StoredSummary | undefined> {
    try {
      checkKey(key);
    } catch {
      return undefined; // no writer takes such a name
    }
    try {
      const result = await this.open(key);
      return result && { ...key, meta: result.meta };
    } catch (error) {
      return { ...key, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

function checkKey(key: ResultKey): void {
  checkName("run", key.runId);
  checkName("data type", key.dataType);
}

function checkOwner(key: ResultKey, meta: ResultKey, file: string): void {
  if (meta.runId === key.runId && meta.dataType === key.dataType) return;
  throw new SyntaxError(
    `Cannot read "${file}": it is of ${meta.runId}/${meta.dataType}; move its folder back to that name`,
  );
}
