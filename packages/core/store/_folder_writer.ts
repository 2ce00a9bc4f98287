// Writes a result into a temporary folder and puts it in its place when it is complete.
import { Chunk, NO_COVER, timesOf } from "../chunk/chunk.ts";
import { sameType, Table } from "../data/table.ts";
import { storageError, writeParts } from "./_files.ts";
import { FolderResult } from "./_folder_result.ts";
import type { Workspace } from "./_folders.ts";
import { checkEncodable } from "./_arrow_encode.ts";
import { METADATA_FILE, metadataText } from "./_metadata.ts";
import { type SaveChunk, saveChunk, type SavedChunk } from "./save_chunk.ts";
import type { CodecName } from "./codecs/types.ts";
import type { ChunkRecord, ResultKey, ResultMeta, ResultWriter, StoredMeta, StoredResult } from "./types.ts";

/** {@linkcode ResultWriter} of a folder store. */
export class FolderWriter implements ResultWriter {
  readonly #key: ResultKey;
  readonly #meta: StoredMeta;
  readonly #space: Workspace;
  readonly #durable: boolean;
  readonly #codec: CodecName;
  readonly #saveChunk: SaveChunk;
  /** In order; what is known of a file only when it is written comes then. */
  readonly #chunks: ChunkRecord[] = [];
  /** Files that are being written. */
  readonly #saving = new Set<Promise<void>>();
  /** Widths of fixed columns; those that the data decide come with the first rows. */
  readonly #widths: Record<string, number> = {};
  /** Chunks without rows, written before the widths were known. */
  readonly #unsized: number[] = [];
  #longest = 0n;
  #tail: Promise<void> = Promise.resolve();
  /** Why nothing more can be written. */
  #done: string | undefined;

  constructor(
    key: ResultKey,
    meta: StoredMeta,
    space: Workspace,
    options: { readonly durable: boolean; readonly codec: CodecName; readonly save: SaveChunk | undefined },
  ) {
    this.#key = { runId: key.runId, dataType: key.dataType };
    this.#meta = meta;
    this.#space = space;
    this.#durable = options.durable;
    this.#codec = options.codec;
    this.#saveChunk = options.save ?? saveChunk;
  }

  get #name(): string {
    return `${this.#key.runId}/${this.#key.dataType}`;
  }

  /** Run after everything that was asked for before. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.then(() => {}, () => {}); // whoever asked has the error; what comes next runs all the same
    return result;
  }

  #checkUsable(action: string): void {
    if (this.#done !== undefined) {
      throw new TypeError(`Cannot ${action} result ${this.#name}: it was ${this.#done}`);
    }
  }

  /** Do file work; when it fails, remove what was written. */
  async #guarded<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const error = storageError(action, this.#space.path, cause);
      if (this.#done !== undefined) throw error; // another file failed before: it is removed already
      this.#done = "aborted after an error";
      try {
        await this.#discard();
      } catch (second) {
        throw new AggregateError([error, second], `${error.message}; the folder could not be removed either`);
      }
      throw error;
    }
  }

  /** Remove everything, when no file is being written any more. */
  async #discard(): Promise<void> {
    await Promise.allSettled(this.#saving);
    await this.#space.discard();
  }

  async write(chunk: Chunk): Promise<void> {
    const { runId, dataType } = this.#key;
    const dataKind = this.#meta.dataKind ?? dataType;
    this.#checkNames(chunk);
    const { start, end, coverEnd } = chunk;
    // Shared before the first wait, so that the caller may release the chunk.
    using held = new Chunk(chunk.table.share(), { start, end, coverEnd, runId, dataType, dataKind });
    // Places are given in order; the files are written at the same time.
    const index = await this.#next(() => {
      this.#checkUsable("write to");
      this.#check(held);
      return Promise.resolve(this.#reserve(held));
    });
    await this.#guarded(`write chunk ${held}`, () => this.#store(index, held));
  }

  #checkNames(chunk: Chunk): void {
    const { runId, dataType } = this.#key;
    if (
      (chunk.runId === "" || chunk.runId === runId) && (chunk.dataType === "" || chunk.dataType === dataType)
    ) {
      return;
    }
    throw new TypeError(`Cannot write chunk ${chunk} of run "${chunk.runId}" to result ${this.#name}`);
  }

  #check(chunk: Chunk): void {
    const fail = (what: string): never => {
      throw new RangeError(`Cannot write chunk ${chunk} to result ${this.#name}: ${what}`);
    };
    const last = this.#chunks.at(-1);
    if (last && chunk.start !== last.end) fail(`the chunk before ends at ${last.end} ps`);
    const before = last?.coverEnd ?? NO_COVER;
    if (chunk.coverEnd < before) {
      fail(`its coverEnd ${chunk.coverEnd} is below the ${before} of the chunk before`);
    }
    const { columns, text } = this.#meta.schema;
    const given = chunk.schema.columns;
    const same = given.length === columns.length &&
      columns.every(({ name, type }, k) => given[k]!.name === name && sameType(given[k]!, type));
    if (!same) {
      throw new TypeError(
        `Cannot write chunk ${chunk} to result ${this.#name}: its columns are ${chunk.schema.text}, not ${text}`,
      );
    }
    for (const { name, kind } of chunk.length > 0 ? columns : []) {
      if (kind !== "fixed") continue;
      const width = chunk.table.width(name), known = this.#widths[name] ?? width;
      if (width !== known) fail(`column "${name}" is ${width} wide, in the chunks before ${known}`);
    }
    checkEncodable(chunk.table);
  }

  /** A chunk's place among the others. */
  #reserve(chunk: Chunk): number {
    const { start, end, coverEnd, length: rows, table } = chunk;
    const index = this.#chunks.length;
    const { columns } = this.#meta.schema;
    const file = `${String(index).padStart(6, "0")}.arrow`;
    if (rows > 0) {
      for (const { name, kind } of columns) if (kind === "fixed") this.#widths[name] = table.width(name);
    } else if (columns.some(({ name, kind }) => kind === "fixed" && this.#widths[name] === undefined)) {
      this.#unsized.push(index);
    }
    const firstStart = rows > 0 ? table.t0 + BigInt(timesOf(table)[0]!) : null;
    this.#chunks.push({ file, rows, start, end, coverEnd, firstStart, bytes: 0, crc32: "" });
    return index;
  }

  async #store(index: number, chunk: Chunk): Promise<void> {
    const saving = chunk.length > 0 ? this.#save(index, chunk) : this.#saveEmpty(index);
    const settled = saving.then(() => {}, () => {}); // whoever asked has the error
    this.#saving.add(settled);
    try {
      const { longestRow, ...written } = await saving;
      if (longestRow > this.#longest) this.#longest = longestRow;
      this.#chunks[index] = { ...this.#chunks[index]!, ...written };
    } finally {
      this.#saving.delete(settled);
    }
  }

  #save(index: number, chunk: Chunk): Promise<SavedChunk> {
    const path = `${this.#space.path}/${this.#chunks[index]!.file}`;
    const { text } = this.#meta.schema;
    return this.#saveChunk(chunk, { path, schema: text, durable: this.#durable, codec: this.#codec });
  }

  /** The file of a chunk without rows, as wide as those with rows. */
  async #saveEmpty(index: number): Promise<SavedChunk> {
    const { start, end, coverEnd } = this.#chunks[index]!;
    const { runId, dataType } = this.#key;
    const { schema, dataKind = dataType } = this.#meta;
    const table = Table.allocate(schema, 0, { t0: start, widths: this.#widths });
    using chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    return await this.#save(index, chunk);
  }

  finish(options: { readonly notices?: readonly string[] } = {}): Promise<StoredResult> {
    return this.#next(async () => {
      await Promise.all(this.#saving);
      this.#checkUsable("finish");
      if (this.#chunks.length === 0) {
        throw new RangeError(
          `Cannot finish result ${this.#name} without chunks: write one without rows for an empty stretch`,
        );
      }
      return await this.#guarded(`finish result ${this.#name}`, () => this.#finish(options.notices ?? []));
    });
  }

  async #finish(notices: readonly string[]): Promise<StoredResult> {
    if (Object.keys(this.#widths).length > 0) {
      for (const k of this.#unsized) {
        const { bytes, crc32 } = await this.#saveEmpty(k);
        this.#chunks[k] = { ...this.#chunks[k]!, bytes, crc32 };
      }
    }
    const { schema, lineage, lineageHash, dataKind = this.#key.dataType } = this.#meta;
    const chunks = this.#chunks;
    const meta: ResultMeta = {
      ...this.#key,
      id: crypto.randomUUID(),
      dataKind,
      schema,
      lineage,
      lineageHash,
      notices: [...this.#meta.notices ?? [], ...notices],
      created: new Date().toISOString(),
      start: chunks[0]!.start,
      end: chunks.at(-1)!.end,
      rows: chunks.reduce((sum, chunk) => sum + chunk.rows, 0),
      bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
      longestRow: this.#longest,
    };
    const text = new TextEncoder().encode(metadataText(meta, chunks));
    await writeParts(`${this.#space.path}/${METADATA_FILE}`, [text], this.#durable);
    const folder = await this.#space.publish();
    this.#done = "finished";
    return new FolderResult(folder, meta, chunks);
  }

  abort(): Promise<void> {
    return this.#next(async () => {
      if (this.#done !== undefined) return;
      this.#done = "aborted";
      await this.#discard();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}
