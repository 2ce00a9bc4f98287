/**
 * A chunk out of its file: read where it is asked for, or by whatever an executor offers instead.
 * @module
 */
import { NO_COVER } from "../chunk/chunk.ts";
import { type Account, BufferPool, type BufferSource } from "../data/buffer_pool.ts";
import { hasColumn, schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { openArrow } from "./_arrow_decode.ts";
import { readChecked } from "./_files.ts";
import { lowerBoundInt64, maxInt64 } from "./_int64.ts";
import type { Verify } from "./types.ts";

/** What to read of a chunk's file. Can be posted to another thread. */
export interface LoadRequest {
  /** The file. */
  readonly path: string;
  /** Bytes that it has. */
  readonly bytes: number;
  /** SHA-256 that it has, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Rows that it has. */
  readonly rows: number;
  /** When its checksum is compared. */
  readonly verify: Verify;
  /** The file as it was when its checksum was found right, as {@linkcode LoadedChunk.state} says; for `"first"`. */
  readonly known: string | undefined;
  /** Text of the schema that it was written with. */
  readonly schema: string;
  /** Columns by name. */
  readonly columns: readonly string[];
  /** Interval of the rows that are read, ps; the table's times count from its start. */
  readonly start: bigint;
  /** ... its end (excluded). */
  readonly end: bigint;
  /** Rows that start before it are left out, ps. `undefined`: none are. */
  readonly from: bigint | undefined;
  /** Rows that start there or later are left out, ps. `undefined`: none are. */
  readonly to: bigint | undefined;
  /** Only the engine and plugins see the rows: they may lie in the memory of the kernels. */
  readonly isInside?: boolean;
}

/** What was read. */
export interface LoadedChunk {
  /** The rows. */
  readonly table: Table;
  /** Where rows were left out at the end: the highest endtime of those before, ps. */
  readonly cover: bigint | undefined;
  /** The file as it was: a text that is another once it has changed. */
  readonly state: string;
}

/** Where buffers come from, and what they are charged to. */
export interface LoadMemory {
  /** Gives buffers for tables. Default: fresh ones. */
  readonly pool?: BufferSource | undefined;
  /** Charged with the file while it is read, then with the table. */
  readonly account?: Account | undefined;
  /** The thread waits for the file: for one that has nothing else to do. Default `false`. */
  readonly waits?: boolean | undefined;
}

/**
 * Reads a chunk's file.
 *
 * @throws {SyntaxError} When it is damaged.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export type LoadChunk = (request: LoadRequest, memory: LoadMemory) => Promise<LoadedChunk>;

/** Files are read into these, which are not shared: what is shared is slow to copy from. Chunks lie elsewhere. */
const filePool = new BufferPool({ maxIdle: 32 * 2 ** 20 });

/** Read a chunk's file here. O(bytes). */
export async function loadChunk(
  request: LoadRequest,
  { pool, account, waits }: LoadMemory = {},
): Promise<LoadedChunk> {
  const { path, verify, known, rows, from, to, start: t0, columns } = request;
  const read = await readChecked(path, request, filePool, account, { verify, known, waits });
  try {
    const file = await openArrow(read.bytes, { name: path, schema: schema(JSON.parse(request.schema)) });
    if (file.rows !== rows) throw new SyntaxError(`it has ${file.rows} rows, not ${rows}`);
    const first = from === undefined ? 0 : lowerBoundInt64(file.times("time"), from);
    const last = to === undefined ? rows : lowerBoundInt64(file.times("time"), to);
    const cover = to === undefined
      ? undefined
      : maxInt64(file.times(hasColumn(file.schema, "endtime") ? "endtime" : "time"), 0, last, NO_COVER);
    const memory = { ...(pool && { pool }), ...(account && { account }) };
    return { table: file.table({ from: first, to: last, columns, t0, ...memory }), cover, state: read.state };
  } finally {
    read.handle.release(account !== undefined);
  }
}
