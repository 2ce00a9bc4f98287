// Writes a result into a temporary folder and puts it in its place when it is complete.
import { Chunk, endtimesOf, NO_COVER, timesOf } from "../chunk/chunk.ts";
import { sameType, Table } from "../data/table.ts";
import { encodeChunk } from "./_arrow_encode.ts";
import { storageError, writeParts, type Written } from "./_files.ts";
import { FolderResult } from "./_folder_result.ts";
import type { Workspace } from "./_folders.ts";
import { METADATA_FILE, metadataText } from "./_metadata.ts";
import type { ChunkRecord, ResultKey, ResultMeta, ResultWriter, StoredMeta, StoredResult } from "./types.ts";

/** Longest row of a table, ps. O(rows). */
function longestRow(table: Table): number {
  const starts = timesOf(table), ends = endtimesOf(table);
  let max = 0;
  if (starts === ends) return max;
  for (let i = 0; i < starts.length; i++) {
    const length = ends[i]! - starts[i]!;
    if (length > max) max = length;
  }
  return max;
}

/** {@linkcode ResultWriter} of a folder store. */
export class FolderWriter implements ResultWriter {
  readonly #key: ResultKey;
  readonly #meta: StoredMeta;
  readonly #space: Workspace;
  readonly #durable: boolean;
  readonly #chunks: ChunkRecord[] = [];
  /** Widths of fixed columns; those that the data decide come with the first rows. */
  readonly #widths: Record<string, number> = {};
  /** Chunks without rows, written before the widths were known. */
  readonly #unsized: number[] = [];
  #longest = 0;
  #tail: Promise<void> = Promise.resolve();
  /** Why nothing more can be written. */
  #done: string | undefined;

  constructor(key: ResultKey, meta: StoredMeta, space: Workspace, durable: boolean) {
    this.#key = { runId: key.runId, dataType: key.dataType };
    this.#meta = meta;
    this.#space = space;
    this.#durable = durable;
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
      this.#done = "aborted after an error";
      const error = storageError(action, this.#space.path, cause);
      try {
        await this.#space.discard();
      } catch (second) {
        throw new AggregateError([error, second], `${error.message}; the folder could not be removed either`);
      }
      throw error;
    }
  }

  async write(chunk: Chunk): Promise<void> {
    const { runId, dataType } = this.#key;
    const dataKind = this.#meta.dataKind ?? dataType;
    this.#checkNames(chunk);
    const { start, end, coverEnd } = chunk;
    // Shared before the first wait, so that the caller may release the chunk.
    using held = new Chunk(chunk.table.share(), { start, end, coverEnd, runId, dataType, dataKind });
    await this.#next(async () => {
      this.#checkUsable("write to");
      this.#check(held);
      await this.#store(held);
    });
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
  }

  async #store(chunk: Chunk): Promise<void> {
    const { schema } = this.#meta;
    const { start, end, coverEnd, length: rows, table } = chunk;
    const file = `${String(this.#chunks.length).padStart(6, "0")}.arrow`;
    const parts = rows > 0 ? await encodeChunk(chunk, schema) : await this.#encodeEmpty(chunk);
    const written = await this.#guarded(`write chunk ${chunk}`, () => this.#save(file, parts));
    let firstStart: bigint | null = null;
    if (rows > 0) {
      firstStart = table.t0 + BigInt(timesOf(table)[0]!);
      this.#longest = Math.max(this.#longest, longestRow(table));
      for (const { name, kind } of schema.columns) {
        if (kind === "fixed") this.#widths[name] = table.width(name);
      }
    } else if (
      schema.columns.some(({ name, kind }) => kind === "fixed" && this.#widths[name] === undefined)
    ) {
      this.#unsized.push(this.#chunks.length);
    }
    this.#chunks.push({ file, rows, start, end, coverEnd, firstStart, ...written });
  }

  #save(file: string, parts: readonly Uint8Array[]): Promise<Written> {
    return writeParts(`${this.#space.path}/${file}`, parts, this.#durable);
  }

  /** The file of a chunk without rows, as wide as those with rows. */
  async #encodeEmpty(interval: Pick<Chunk, "start" | "end" | "coverEnd">): Promise<Uint8Array[]> {
    const { start, end, coverEnd } = interval;
    const { runId, dataType } = this.#key;
    const { schema, dataKind = dataType } = this.#meta;
    const table = Table.allocate(schema, 0, { t0: start, widths: this.#widths });
    using chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    return await encodeChunk(chunk);
  }

  finish(options: { readonly notices?: readonly string[] } = {}): Promise<StoredResult> {
    return this.#next(async () => {
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
        const chunk = this.#chunks[k]!;
        this.#chunks[k] = { ...chunk, ...await this.#save(chunk.file, await this.#encodeEmpty(chunk)) };
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
      longestRow: BigInt(this.#longest),
    };
    const text = new TextEncoder().encode(metadataText(meta, chunks));
    await this.#save(METADATA_FILE, [text]);
    const folder = await this.#space.publish();
    this.#done = "finished";
    return new FolderResult(folder, meta, chunks);
  }

  abort(): Promise<void> {
    return this.#next(async () => {
      if (this.#done !== undefined) return;
      this.#done = "aborted";
      await this.#space.discard();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}
