// Copies of results, byte by byte.

import { BufferPool } from "../data/buffer_pool.ts";
import { ifThere, readChecked, writeParts } from "./_files.ts";
import { damageError, readFolder } from "./_folder_result.ts";
import type { LockedPlace } from "./_folders.ts";
import type { HeldResult } from "./_hold.ts";
import { JOURNAL_FILE } from "./_journal.ts";
import { METADATA_FILE } from "./_metadata.ts";
import type { ChunkRecord, StoredResult } from "./types.ts";

/** How a result is copied. */
export interface CopyOptions {
  /** Compare the checksums of files that are there already, too. Default false: their sizes. */
  readonly verify?: boolean;
  /** Ends the work. */
  readonly signal?: AbortSignal;
}

/** A result in its new place, and what had to be copied. */
export interface CopiedResult {
  /** The result, where it is now. */
  readonly result: StoredResult;
  /** Chunk files that were written: none if all were there. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
}

const copyPool = new BufferPool({ maxIdle: 64 * 2 ** 20 });

/** What lies in the place now, and what had to be written. */
interface Copied {
  readonly meta: StoredResult["meta"];
  readonly chunks: readonly ChunkRecord[];
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copy a result that is held to a place. Where the very files are said to be there already, those that are not whole are written
 * again; else they are all, and what is there is exchanged for them.
 */
export async function copyInto(
  place: LockedPlace,
  result: StoredResult,
  held: HeldResult,
  durable: boolean,
  { verify = false, signal }: CopyOptions,
): Promise<Copied> {
  const there = await sameIn(place.path, result);
  const target = there ? place.path : await place.makeNew();
  let files = 0, bytes = 0;
  for (const record of result.chunks) {
    signal?.throwIfAborted();
    const path = `${target}/${record.file}`;
    if (there && await isWhole(path, record, verify)) continue;
    await held.use((folder) => copyChunk(`${folder}/${record.file}`, path, record, durable));
    files++;
    bytes += record.bytes;
  }
  if (there) return { ...there, files, bytes };
  for (const file of [JOURNAL_FILE, METADATA_FILE]) {
    const bytes = await held.use((folder) => Deno.readFile(`${folder}/${file}`));
    await writeParts(`${target}/${file}`, [bytes], durable);
  }
  if (!await readFolder(target)) throw new SyntaxError("it was replaced while it was copied");
  await place.exchange();
  return { meta: result.meta, chunks: result.chunks, files, bytes };
}

/** The result in a folder, if it is said to have the very files of another one. */
async function sameIn(
  folder: string,
  { meta, chunks }: StoredResult,
): Promise<Pick<Copied, "meta" | "chunks"> | undefined> {
  let found;
  try {
    found = await readFolder(folder);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // damaged: it is replaced
    throw error;
  }
  if (found?.metadata.state !== "complete" || found.metadata.meta.lineageHash !== meta.lineageHash) {
    return undefined;
  }
  const isSame = found.chunks.length === chunks.length &&
    found.chunks.every(({ sha256, start, end }, k) =>
      sha256 === chunks[k]!.sha256 && start === chunks[k]!.start && end === chunks[k]!.end
    );
  return isSame ? { meta: found.metadata.meta, chunks: found.chunks } : undefined;
}

/** Whether a chunk's file is there in full size, or, if it shall be verified, with all its bytes. */
async function isWhole(path: string, record: ChunkRecord, verify: boolean): Promise<boolean> {
  const found = await ifThere(Deno.stat(path));
  if (found?.size !== record.bytes) return false;
  if (!verify) return true;
  try {
    (await readChecked(path, record, copyPool)).handle.release(false);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function copyChunk(from: string, to: string, record: ChunkRecord, durable: boolean): Promise<void> {
  const { bytes, handle } = await readChecked(from, record, copyPool).catch((cause) => {
    throw damageError(from, from.slice(0, -record.file.length - 1), cause);
  });
  try {
    await writeParts(to, [bytes], durable);
  } finally {
    handle.release(false);
  }
}
