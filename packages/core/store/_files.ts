// Files on disk: written in parts under a temporary name, read whole, with a checksum.
import { createHash } from "node:crypto";
import type { Account, BufferHandle, BufferPool } from "../data/buffer_pool.ts";
import type { Verify } from "./types.ts";

/** Parts smaller than this are gathered into one write. */
const SMALL = 2 ** 16;

/** A full disk, a spent quota, a file above its limit: not all of them come with a code. */
const FULL = /ENOSPC|EDQUOT|EFBIG|no space left|not enough space|quota exceeded|file too large/i;

/** Whether there is no room for what was to be written. */
export function isFull(cause: unknown): boolean {
  return FULL.test(`${cause instanceof Error ? cause.message : cause} ${(cause as { code?: unknown }).code}`);
}

/** An error of the file system with what was tried, where, and what helps. */
export function storageError(action: string, folder: string, cause: unknown): Error {
  const what = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: unknown }).code;
  const denied = cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable ||
    code === "EROFS";
  const help = isFull(cause)
    ? "; free some space or choose another folder for the store: what is complete stays"
    : denied
    ? "; allow this program to read and write there or choose another folder for the store"
    : cause instanceof Deno.errors.NotFound
    ? "; it was removed or moved meanwhile: put it back, or start again"
    : cause instanceof Deno.errors.AlreadyExists || cause instanceof Deno.errors.NotADirectory
    ? "; a file, or a link that leads nowhere, stands where a folder belongs: move it away"
    : "";
  return new Error(`Cannot ${action} in folder "${folder}": ${what}${help}`, { cause });
}

/** What was written: bytes and SHA-256 (64 hexadecimal digits). */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** SHA-256 of bytes, 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Write all of some bytes at a file's position. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await file.write(bytes.subarray(at));
}

/** Write parts as a new file. */
async function writeNew(path: string, parts: readonly Uint8Array[], durable: boolean): Promise<Written> {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path, NEW);
  for (const part of gathered(parts)) {
    hash.update(part);
    bytes += part.length;
    await writeAll(file, part);
  }
  if (durable) await file.syncData();
  return { bytes, sha256: hash.digest("hex") };
}

/** The same on this thread, which does nothing else meanwhile. */
function writeNewHere(path: string, parts: readonly Uint8Array[], durable: boolean): Written {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = Deno.openSync(path, NEW);
  for (const part of gathered(parts)) {
    hash.update(part);
    bytes += part.length;
    for (let at = 0; at < part.length;) at += file.writeSync(part.subarray(at));
  }
  if (durable) file.syncDataSync();
  return { bytes, sha256: hash.digest("hex") };
}

const NEW = { write: true, create: true, truncate: true };

/**
 * Write parts to `path` under a temporary name, then rename; `durable` waits until they are on the disk. When that fails,
 * nothing is left.
 *
 * @param idle This thread has nothing else to do: it writes by itself, which takes no time to wake others.
 */
export async function writeParts(
  path: string,
  parts: readonly Uint8Array[],
  durable: boolean,
  idle = false,
): Promise<Written> {
  const temporary = `${path}.tmp`;
  try {
    const written = idle
      ? writeNewHere(temporary, parts, durable)
      : await writeNew(temporary, parts, durable);
    await Deno.rename(temporary, path);
    return written;
  } catch (error) {
    try {
      await Deno.remove(temporary);
    } catch (second) {
      if (!(second instanceof Deno.errors.NotFound)) throw new AggregateError([error, second], String(error));
    }
    throw error;
  }
}

/** Wait until a file that was just written is on the disk. When that fails, it is not left. */
export async function syncFile(path: string): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true }); // Windows syncs no file that is open for reading alone
    await file.syncData();
  } catch (error) {
    await removeAll(path);
    throw error;
  }
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

/** When a checksum is compared. */
export interface Check {
  /** Default `"always"`. */
  readonly verify?: Verify | undefined;
  /** The file as it was when its checksum was found right, for `"first"`. */
  readonly known?: string | undefined;
  /** The thread waits for the file: it has nothing else to do, and comes by it sooner. */
  readonly waits?: boolean | undefined;
}

/**
 * Read a file of a known size and checksum into a buffer of `pool`; the caller releases the handle. `state` is another text once
 * the file has changed.
 *
 * @throws {SyntaxError} When its size or checksum is another.
 * @throws {MemoryBudgetError} When the account has no room.
 */
export async function readChecked(
  path: string,
  wanted: Written,
  pool: BufferPool,
  account?: Account,
  { verify = "always", known, waits = false }: Check = {},
): Promise<{ bytes: Uint8Array; handle: BufferHandle; state: string }> {
  using file = waits ? openNow(path) : await Deno.open(path);
  const { size, mtime, ctime, ino } = waits ? file.statSync() : await file.stat();
  if (size !== wanted.bytes) throw new SyntaxError(`it has ${size} bytes, not ${wanted.bytes}`);
  const handle = pool.acquire(size, account);
  try {
    const bytes = new Uint8Array(handle.buffer, 0, size);
    let at = 0;
    while (at < size) {
      const rest = bytes.subarray(at), count = waits ? file.readSync(rest) : await file.read(rest);
      if (count === null) throw new SyntaxError(`it ended after ${at} bytes of ${size}`);
      at += count;
    }
    const state = `${wanted.sha256}\n${mtime?.getTime()}\n${ctime?.getTime()}\n${ino}`;
    if (verify === "always" || (verify === "first" && state !== known)) {
      const sum = sha256Of(bytes);
      if (sum !== wanted.sha256) throw new SyntaxError(`its SHA-256 is ${sum}, not ${wanted.sha256}`);
    }
    return { bytes, handle, state };
  } catch (error) {
    handle.release(account !== undefined);
    throw error;
  }
}

function openNow(path: string): Deno.FsFile {
  return Deno.openSync(path);
}

/** `promise`, or `undefined` where what it needs isn't there. */
export async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Remove a folder in which nothing is; a link to one stays, and so does what may not be removed: it is in nobody's way. */
export async function removeEmpty(path: string): Promise<void> {
  const { NotFound, PermissionDenied, NotCapable } = Deno.errors;
  try {
    if ((await Deno.lstat(path)).isDirectory) await Deno.remove(path);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const isFilled = code === "ENOTEMPTY" || code === "EEXIST";
    if (!isFilled && ![NotFound, PermissionDenied, NotCapable].some((kind) => error instanceof kind)) {
      throw error;
    }
  }
}

/** Remove a file or folder, if it is there. */
export async function removeAll(path: string): Promise<void> {
  await ifThere(Deno.remove(path, { recursive: true }));
}
