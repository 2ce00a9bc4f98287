/**
 * The file of one chunk: written where the chunk is, or by whatever an executor offers instead.
 * @module
 */
import { Chunk, type ChunkInfo, endtimesOf, timesOf } from "../chunk/chunk.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { chunkMetadata, encodeTables, joinsTables } from "./_arrow_encode.ts";
import { giveBack } from "./codecs/_frame.ts";
import type { CodecName } from "./codecs/types.ts";
import { syncFile, writeParts } from "./_files.ts";

/** Where and how a chunk is written. Can be posted to another thread. */
export interface SaveRequest {
  /** The file. */
  readonly path: string;
  /** Text of the schema that it is written with. */
  readonly schema: string;
  /** Wait until it is on the disk. */
  readonly durable: boolean;
  /** How its columns are held. Default `"none"`. */
  readonly codec?: CodecName;
}

/** What was written. */
export interface SavedChunk {
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Longest row, ps. */
  readonly longestRow: bigint;
}

/** What {@linkcode ChunkRows} are called, and where they lie in time. */
export type ChunkRowsInfo = Required<
  Pick<ChunkInfo, "start" | "end" | "coverEnd" | "runId" | "dataType" | "dataKind">
>;

/**
 * The rows of a chunk that is to be stored: in one table or, in order, in several as they came. Whoever writes the file puts them
 * together.
 */
export class ChunkRows implements Disposable {
  /** At least one; one without rows for a chunk without rows. */
  readonly tables: readonly Table[];
  /** Interval, cover and names. */
  readonly info: ChunkRowsInfo;

  /** The rows of `tables`, which it owns from now on. */
  constructor(tables: readonly Table[], info: ChunkRowsInfo) {
    this.tables = tables;
    this.info = info;
  }

  /** Rows. */
  get length(): number {
    return this.tables.reduce((sum, { length }) => sum + length, 0);
  }

  /** Bytes of the rows. */
  get nbytes(): number {
    return this.tables.reduce((sum, { nbytes }) => sum + nbytes, 0);
  }

  /** Let go of the rows. */
  release(): void {
    for (const table of this.tables) table.release();
  }

  /** Let go of the rows. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** The rows of a chunk, which stays the caller's. */
export function rowsOf({ table, start, end, coverEnd, runId, dataType, dataKind }: Chunk): ChunkRows {
  return new ChunkRows([table.share()], { start, end, coverEnd, runId, dataType, dataKind });
}

/**
 * Writes the file of a chunk, whose rows must not change until that is done.
 *
 * @throws {Error} When the file can't be written.
 */
export type SaveChunk = (rows: ChunkRows, request: SaveRequest) => Promise<SavedChunk>;

/** Rows of several tables are put together in these. */
const joining = new BufferPool({ maxIdle: 2 ** 25 });

/** What the thread that writes a file has for it. */
export interface SavingThread {
  /** Where rows of several tables are put together, if the codec can't. Default: one of this module. */
  readonly pool?: BufferPool;
  /** Whether it has nothing else to do meanwhile: then it writes without waiting for other threads. Default false. */
  readonly idle?: boolean;
}

/** Write the file of a chunk here. O(bytes). */
export async function saveChunk(
  rows: ChunkRows,
  { path, schema: text, durable, codec = "none" }: SaveRequest,
  { pool = joining, idle = false }: SavingThread = {},
): Promise<SavedChunk> {
  const types = schema(JSON.parse(text)), info = rows.info;
  const filled = rows.tables.filter(({ length }) => length > 0);
  const tables = filled.length > 0 ? filled : rows.tables.slice(0, 1);
  using joined = tables.length === 1 || joinsTables(types, codec)
    ? undefined
    : concatTables(tables, { pool });
  const whole = joined ? [joined] : tables;
  for (const table of whole) new Chunk(table, info); // checks that its rows lie there
  const longest = longestRow(tables); // before: the codec then has the times in its cache
  const parts = await encodeTables(whole, { schema: types, metadata: chunkMetadata(info), codec });
  try {
    return { ...await writeParts(path, parts, durable, idle), longestRow: longest };
  } finally {
    freeParts(parts, whole);
  }
}

/** Bytes from which memory is given back at once; smaller parts may share theirs with something else. */
const LARGE = 2 ** 16;

/** Give back the memory of parts that were made for the file: a collector that comes later finds hundreds of megabytes of them. */
function freeParts(parts: readonly Uint8Array[], tables: readonly Table[]): void {
  const others = new Set<ArrayBufferLike>();
  for (const held of tables.flatMap(({ columns }) => Object.values(columns))) {
    others.add("offsets" in held ? held.values.buffer : held.buffer);
    if ("offsets" in held) others.add(held.offsets.buffer);
  }
  for (const buffer of new Set(parts.map(({ buffer }) => buffer))) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= LARGE && !others.has(buffer)) {
      if (!giveBack(buffer)) buffer.transfer(0);
    }
  }
}

/**
 * Write a chunk's file by `write`, which is asked not to wait for the disk, and wait here: whoever writes has its hands free for the
 * next one. The file has its name before it is on the disk, but counts for nothing without its line in the journal.
 *
 * @throws {Error} When the file can't be written; then there is none.
 */
export async function saveThenSync(
  write: (request: SaveRequest) => Promise<SavedChunk>,
  request: SaveRequest,
): Promise<SavedChunk> {
  const saved = await write({ ...request, durable: false });
  if (request.durable) await syncFile(request.path);
  return saved;
}

function longestRow(tables: readonly Table[]): bigint {
  return BigInt(Math.max(...tables.map((table) => longestOf(timesOf(table), endtimesOf(table)))));
}

/** A loop of its own: V8 compiles it once, and not for each loop over tables. */
function longestOf(starts: Float64Array, ends: Float64Array): number {
  if (starts === ends) return 0;
  let max = 0;
  for (let i = 0; i < starts.length; i++) {
    const length = ends[i]! - starts[i]!;
    if (length > max) max = length;
  }
  return max;
}
