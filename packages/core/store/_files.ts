// Chunk files on disk: written in parts under a temporary name, read whole, with a checksum.
import type { Account, BufferHandle, BufferPool } from "../data/buffer_pool.ts";

/** Parts smaller than this are gathered into one write. */
const SMALL = 2 ** 16;

/** A full disk, a spent quota, a file above its limit: not all of them come with a code. */
const FULL = /ENOSPC|EDQUOT|EFBIG|no space left|not enough space|quota exceeded|file too large/i;

/** An error of the file system with what was tried, where, and what helps. */
export function storageError(action: string, folder: string, cause: unknown): Error {
  const what = cause instanceof Error ? cause.message : String(cause);
  const denied = cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable;
  const full = FULL.test(`${what} ${(cause as { code?: unknown }).code}`);
  const help = full
    ? "; free some space or choose another folder for the store"
    : denied
    ? "; allow this program to read and write there or choose another folder for the store"
    : "";
  return new Error(`Cannot ${action} in folder "${folder}": ${what}${help}`, { cause });
}

/** What was written: bytes and CRC-32 (8 hexadecimal digits). */
export interface Written {
  readonly bytes: number;
  readonly crc32: string;
}

const hex = (sum: number) => sum.toString(16).padStart(8, "0");

/** Write parts to `path` under a temporary name, then rename; `durable` waits until they are on the disk. */
export async function writeParts(
  path: string,
  parts: readonly Uint8Array[],
  durable: boolean,
): Promise<Written> {
  const { crc32 } = await import("node:zlib");
  const temporary = `${path}.tmp`;
  let bytes = 0, sum = 0;
  {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    for (const part of gathered(parts)) {
      sum = crc32(part, sum);
      bytes += part.length;
      let at = 0;
      while (at < part.length) at += await file.write(part.subarray(at));
    }
    if (durable) await file.syncData();
  }
  await Deno.rename(temporary, path);
  return { bytes, crc32: hex(sum) };
}

/** The same bytes in fewer parts: neighbours that are small become one. A part is valid until the next is asked for. */
function* gathered(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  const room = new Uint8Array(SMALL);
  let used = 0;
  for (const part of parts) {
    if (used + part.length > SMALL && used > 0) {
      yield room.subarray(0, used);
      used = 0;
    }
    if (part.length > SMALL) yield part;
    else {
      room.set(part, used);
      used += part.length;
    }
  }
  if (used > 0) yield room.subarray(0, used);
}

/**
 * Read a file of a known size and checksum into a buffer of `pool`; the caller releases the handle.
 *
 * @throws {SyntaxError} When its size or checksum is another.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export async function readChecked(
  path: string,
  wanted: Written,
  pool: BufferPool,
  account?: Account,
): Promise<{ bytes: Uint8Array; handle: BufferHandle }> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  if (size !== wanted.bytes) throw new SyntaxError(`it has ${size} bytes, not ${wanted.bytes}`);
  const handle = pool.acquire(size, account);
  try {
    const bytes = new Uint8Array(handle.buffer, 0, size);
    let at = 0;
    while (at < size) {
      const count = await file.read(bytes.subarray(at));
      if (count === null) throw new SyntaxError(`it ended after ${at} bytes of ${size}`);
      at += count;
    }
    const { crc32 } = await import("node:zlib");
    const sum = hex(crc32(bytes));
    if (sum !== wanted.crc32) throw new SyntaxError(`its checksum is ${sum}, not ${wanted.crc32}`);
    return { bytes, handle };
  } catch (error) {
    handle.release(account !== undefined);
    throw error;
  }
}
