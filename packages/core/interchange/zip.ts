/**
 * The files in a zip archive, as far as `.npz` needs it: stored or deflated, zip64 too, not encrypted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exportRows } from "@millrace/core/export-rows";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 * import { zipEntries } from "@millrace/core/zip";
 *
 * const hits = Table.from(schema({ time: "time", height: "f32" }), { time: [10n], height: [5] });
 * const file = await Deno.makeTempFile({ suffix: ".npz" });
 * await exportRows([hits], hits.schema, file);
 * const names = (await zipEntries(file)).map(({ name }) => name);
 * assert.deepEqual(names, ["time.npy", "height.npy", "millrace.json"]);
 * await Deno.remove(file);
 * ```
 * @module
 */
import { crc32 } from "node:zlib";

/** A file in an archive. */
export interface ZipEntry {
  /** Its name. */
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** CRC-32 of its bytes. */
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Where its local header lies in the archive. */
  readonly at: number;
}

const END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
/** The end record lies at most so far from the end of the archive: 22 bytes and a comment. */
const TAIL = 22 + 65535;

/** Bytes that are unpacked at once: damaged or hostile ones become at most a thousand times as many. */
const PART = 2 ** 14;

/** The directory of an archive. O(entries). @throws {SyntaxError} On one that is damaged, or encrypted. */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const from = Math.max(0, size - TAIL), tail = view(await bytesAt(file, path, from, size - from));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) {
    throw new SyntaxError(`Cannot read "${path}": it has no directory at its end, it was cut; copy it again`);
  }
  let count = tail.getUint16(end + 10, true), length = tail.getUint32(end + 12, true);
  let at = tail.getUint32(end + 16, true);
  if (end >= 20 && tail.getUint32(end - 20, true) === LOCATOR64) {
    const record = view(await bytesAt(file, path, big(tail, end - 12), 56));
    if (record.getUint32(0, true) !== END64) throw damaged(path, big(tail, end - 12));
    count = big(record, 32);
    length = big(record, 40);
    at = big(record, 48);
  }
  const directory = view(await bytesAt(file, path, at, length));
  const entries: ZipEntry[] = [], names = new Set<string>();
  for (let i = 0, k = 0; k < count; k++) {
    if (i + 46 > length || directory.getUint32(i, true) !== CENTRAL) throw damaged(path, at + i);
    const next = i + 46 + [28, 30, 32].reduce((sum, at) => sum + directory.getUint16(i + at, true), 0);
    const entry = next <= length ? entryAt(directory, i) : undefined;
    if (!entry) throw damaged(path, at + i);
    if (directory.getUint16(i + 8, true) & 1) {
      throw new SyntaxError(`Cannot read "${entry.name}" in "${path}": it is encrypted; save it without`);
    }
    if (entry.method !== 0 && entry.method !== 8) {
      throw new SyntaxError(
        `Cannot read "${path}:${entry.name}": it is packed by method ${entry.method}; save it with numpy.savez or savez_compressed`,
      );
    }
    if (names.has(entry.name)) {
      throw new SyntaxError(`Cannot read "${path}": "${entry.name}" is in it twice; save it again`);
    }
    if (entry.at + entry.packed > at || (entry.method === 0 && entry.packed !== entry.size)) {
      throw damaged(path, at + i);
    }
    names.add(entry.name);
    entries.push(entry);
    i = next;
  }
  return entries;
}

/** Where an entry's bytes start. @throws {SyntaxError} When its own header is not the one that the directory says. */
export async function zipStart(path: string, { name, at }: ZipEntry): Promise<number> {
  using file = await Deno.open(path, { read: true });
  const head = await bytesAt(file, path, at, 30), local = view(head);
  const length = local.getUint16(26, true);
  const isHere = local.getUint32(0, true) === LOCAL &&
    new TextDecoder().decode(await bytesAt(file, path, at + 30, length)) === name;
  if (!isHere) throw damaged(path, at);
  return at + 30 + length + local.getUint16(28, true);
}

/** Reads bytes on into `room`; how many, `null` at the end. */
export type ReadOn = (room: Uint8Array) => Promise<number | null>;

/** An entry's bytes from front to back. */
export interface UnpackedEntry {
  /** Name for messages: that of the archive and its own. */
  readonly name: string;
  /** Bytes that there are. */
  readonly size: number;
  /**
   * Read on; `null` behind the last byte, where its checksum was right.
   *
   * @throws {SyntaxError} When it is cut off or damaged.
   */
  readonly read: ReadOn;
  /** Let go of what is open, the archive excepted. */
  close(): void;
}

/**
 * Unpack an entry as it is read, and look at its size and checksum behind its last byte. O(bytes); memory: parts of some KiB, a
 * thousand times that of bytes that were packed to do harm.
 *
 * @param path The archive, for messages.
 * @param archive Reads it on, from {@linkcode zipStart}.
 */
export function unpackEntry(path: string, entry: ZipEntry, archive: ReadOn): UnpackedEntry {
  const name = `${path}:${entry.name}`;
  const fail = (what: string, cause?: unknown): never => {
    throw new SyntaxError(`Cannot read "${name}": ${what}; copy the archive again`, { cause });
  };
  let left = entry.packed, sum = 0, done = 0;
  const packed = async (room: Uint8Array): Promise<number | null> => {
    if (left === 0) return null;
    const got = await archive(room.subarray(0, Math.min(room.length, left)));
    if (got === null) return fail("the archive was cut");
    left -= got;
    return got;
  };
  const inflated = entry.method === 8
    ? inflate(packed, (cause) => fail("its packed bytes are damaged", cause))
    : undefined;
  const read = inflated?.read ?? packed;
  return {
    name,
    size: entry.size,
    async read(room) {
      const got = await read(room);
      if (got === null) {
        if (done < entry.size) fail(`its packed bytes are damaged, they end after ${done} of ${entry.size}`);
        if (sum !== entry.crc) fail("its checksum is wrong, it is damaged");
        return null;
      }
      done += got;
      if (done > entry.size) fail(`its packed bytes are damaged, they are more than ${entry.size}`);
      sum = crc32(room.subarray(0, got), sum);
      if (done === entry.size && sum !== entry.crc) fail("its checksum is wrong, it is damaged");
      return got;
    },
    close: () => inflated?.close(),
  };
}

function inflate(
  packed: ReadOn,
  damaged: (cause: unknown) => never,
): { readonly read: ReadOn; close(): void } {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const part = new Uint8Array(PART);
      const got = await packed(part);
      if (got === null) controller.close();
      else controller.enqueue(part.subarray(0, got));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let rest = new Uint8Array(0);
  return {
    async read(room) {
      while (rest.length === 0) {
        try {
          const { value, done } = await reader.read();
          if (done) return null;
          rest = value;
        } catch (cause) {
          if (cause instanceof SyntaxError) throw cause;
          damaged(cause);
        }
      }
      const got = Math.min(room.length, rest.length);
      room.set(rest.subarray(0, got));
      rest = rest.subarray(got);
      return got;
    },
    close: () => void reader.cancel().catch(() => {}), // nobody is left to be told
  };
}

/** The entry at `i`; `undefined` where its 64-bit fields are not all there. */
function entryAt(directory: DataView, i: number): ZipEntry | undefined {
  const nameLength = directory.getUint16(i + 28, true), extraLength = directory.getUint16(i + 30, true);
  const name = new TextDecoder().decode(
    new Uint8Array(directory.buffer, directory.byteOffset + i + 46, nameLength),
  );
  let packed = directory.getUint32(i + 20, true), size = directory.getUint32(i + 24, true);
  let at = directory.getUint32(i + 42, true);
  const end = i + 46 + nameLength + extraLength;
  for (let e = i + 46 + nameLength; e + 4 <= end; e += 4 + directory.getUint16(e + 2, true)) {
    if (directory.getUint16(e, true) !== 1) continue;
    let next = e + 4; // only what did not fit in 32 bits is there, in this order
    const wanted = [size, packed, at].filter((narrow) => narrow === 0xffffffff).length;
    if (wanted * 8 > Math.min(directory.getUint16(e + 2, true), end - next)) return undefined;
    const wide = (narrow: number) => narrow === 0xffffffff ? big(directory, (next += 8) - 8) : narrow;
    size = wide(size);
    packed = wide(packed);
    at = wide(at);
    break;
  }
  return {
    name,
    method: directory.getUint16(i + 10, true),
    crc: directory.getUint32(i + 16, true),
    packed,
    size,
    at,
  };
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const big = (from: DataView, at: number) => Number(from.getBigUint64(at, true));

function damaged(path: string, at: number): SyntaxError {
  return new SyntaxError(`Cannot read "${path}" at byte ${at}: its directory is damaged; copy it again`);
}

async function bytesAt(file: Deno.FsFile, path: string, at: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (!(at + length <= size)) throw damaged(path, at);
  await file.seek(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const got = await file.read(bytes.subarray(have));
    if (got === null) throw damaged(path, at + have);
    have += got;
  }
  return bytes;
}
