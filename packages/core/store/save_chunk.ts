/**
 * The file of one chunk: written where the chunk is, or by whatever an executor offers instead.
 * @module
 */
import { type Chunk, endtimesOf, timesOf } from "../chunk/chunk.ts";
import { schema } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { encodeChunk } from "./_arrow_encode.ts";
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

/**
 * Writes the file of a chunk, which must not change until that is done.
 *
 * @throws {Error} When the file can't be written.
 */
export type SaveChunk = (chunk: Chunk, request: SaveRequest) => Promise<SavedChunk>;

/** Write the file of a chunk here. O(bytes). */
export async function saveChunk(
  chunk: Chunk,
  { path, schema: text, durable, codec }: SaveRequest,
): Promise<SavedChunk> {
  const parts = await encodeChunk(chunk, schema(JSON.parse(text)), codec);
  try {
    return { ...await writeParts(path, parts, durable), longestRow: longestRow(chunk.table) };
  } finally {
    freeParts(parts, chunk.table);
  }
}

/** Bytes from which memory is given back at once; smaller parts may share theirs with something else. */
const LARGE = 2 ** 16;

/** Give back the memory of parts that were made for the file: a collector that comes later finds hundreds of megabytes of them. */
function freeParts(parts: readonly Uint8Array[], table: Table): void {
  const others = new Set<ArrayBufferLike>();
  for (const held of Object.values(table.columns)) {
    others.add("offsets" in held ? held.values.buffer : held.buffer);
    if ("offsets" in held) others.add(held.offsets.buffer);
  }
  for (const { buffer } of parts) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= LARGE && !others.has(buffer)) {
      buffer.transfer(0);
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

function longestRow(table: Table): bigint {
  const starts = timesOf(table), ends = endtimesOf(table);
  if (starts === ends) return 0n;
  let max = 0;
  for (let i = 0; i < starts.length; i++) {
    const length = ends[i]! - starts[i]!;
    if (length > max) max = length;
  }
  return BigInt(max);
}
