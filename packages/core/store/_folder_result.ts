// Reads a finished result from its folder.
import { Chunk, NO_COVER } from "../chunk/chunk.ts";
import { BufferPool, MemoryBudgetError } from "../data/buffer_pool.ts";
import { columnOf, hasColumn } from "../data/schema.ts";
import { type ArrowFile, openArrow } from "./_arrow_decode.ts";
import { readChecked } from "./_files.ts";
import { lowerBoundInt64, maxInt64 } from "./_int64.ts";
import { METADATA_FILE, parseMetadata, remedy } from "./_metadata.ts";
import type { ChunkRecord, ReadOptions, ResultMeta, StoredResult } from "./types.ts";

/** Files are read into these; chunks lie elsewhere. */
const filePool = new BufferPool({ maxIdle: 64 * 2 ** 20 });

/** First chunk that ends after `time`. O(log chunks). */
function chunkAt(chunks: readonly ChunkRecord[], time: bigint): number {
  let from = 0, to = chunks.length;
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (chunks[mid]!.end <= time) from = mid + 1;
    else to = mid;
  }
  return from;
}

/** {@linkcode StoredResult} in a folder. */
export class FolderResult implements StoredResult {
  readonly #folder: string;
  readonly meta: ResultMeta;
  readonly chunks: readonly ChunkRecord[];

  constructor(folder: string, meta: ResultMeta, chunks: readonly ChunkRecord[]) {
    this.#folder = folder;
    this.meta = meta;
    this.chunks = chunks;
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
    return this.#chunks(from, to, columns, options);
  }

  async *#chunks(from: bigint, to: bigint, columns: string[], options: ReadOptions): AsyncGenerator<Chunk> {
    for (let k = chunkAt(this.chunks, from); k < this.chunks.length && this.chunks[k]!.start < to; k++) {
      yield await this.#chunk(k, from, to, columns, options);
    }
  }

  async #chunk(k: number, from: bigint, to: bigint, columns: string[], options: ReadOptions): Promise<Chunk> {
    const record = this.chunks[k]!;
    const path = `${this.#folder}/${record.file}`;
    const { account, pool } = options;
    try {
      const { bytes, handle } = await readChecked(path, record, pool ?? filePool, account);
      try {
        const file = await openArrow(bytes, { name: path, schema: this.meta.schema });
        if (file.rows !== record.rows) throw new SyntaxError(`it has ${file.rows} rows, not ${record.rows}`);
        return this.#cut(k, file, from, to, columns, options);
      } finally {
        handle.release(account !== undefined);
      }
    } catch (cause) {
      if (cause instanceof MemoryBudgetError) throw cause;
      throw await this.#damage(path, cause);
    }
  }

  /** The part of chunk `k` in `[from, to)`. */
  #cut(k: number, file: ArrowFile, from: bigint, to: bigint, columns: string[], options: ReadOptions): Chunk {
    const { runId, dataType, dataKind } = this.meta;
    const record = this.chunks[k]!;
    const times = file.times("time");
    const start = from > record.start ? from : record.start;
    const end = to < record.end ? to : record.end;
    const first = start > record.start ? lowerBoundInt64(times, start) : 0;
    const last = end < record.end ? lowerBoundInt64(times, end) : file.rows;
    let { coverEnd } = record;
    if (end < record.end) {
      const ends = hasColumn(file.schema, "endtime") ? file.times("endtime") : times;
      coverEnd = maxInt64(ends, 0, last, this.chunks[k - 1]?.coverEnd ?? NO_COVER);
    }
    const { pool, account } = options;
    const table = file.table({
      from: first,
      to: last,
      columns,
      t0: start,
      ...(pool && { pool }),
      ...(account && { account }),
    });
    try {
      return new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
    } catch (error) {
      table.release();
      throw error;
    }
  }

  /** What to say about a file that can't be read. */
  async #damage(path: string, cause: unknown): Promise<Error> {
    const { runId, dataType, id } = this.meta;
    if (await this.#idNow() !== id) {
      return new Error(
        `Cannot read ${runId}/${dataType} on: the result was replaced or removed meanwhile; open it again`,
        { cause },
      );
    }
    const what = cause instanceof Error ? cause.message : String(cause);
    const said = what.startsWith("Cannot read") ? what : `Cannot read "${path}": ${what}`;
    return new Error(`${said}; ${remedy(path)}`, { cause });
  }

  /** The id of the result that lies in the folder now. */
  async #idNow(): Promise<string | undefined> {
    const path = `${this.#folder}/${METADATA_FILE}`;
    try {
      return parseMetadata(await Deno.readTextFile(path), path).meta.id;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }
}
