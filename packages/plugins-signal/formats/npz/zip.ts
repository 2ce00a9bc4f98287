/**
 * The files in a zip archive, as far as `.npz` needs it: stored or deflated, zip64 too, not encrypted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { zipEntries } from "./zip.ts";
 * import { npzBytes } from "./write.ts";
 *
 * const file = await Deno.makeTempFile();
 * await Deno.writeFile(file, npzBytes({ a: { values: new Uint16Array(6), width: 3 } }));
 * assert.deepEqual((await zipEntries(file)).map(({ name }) => name), ["a.npy"]);
 * await Deno.remove(file);
 * ```
 * @module
 */

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

/** The directory of an archive. @throws {SyntaxError} On one that is damaged, or encrypted. */
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
  const entries: ZipEntry[] = [];
  for (let i = 0, k = 0; k < count; k++) {
    if (i + 46 > length || directory.getUint32(i, true) !== CENTRAL) throw damaged(path, at + i);
    const entry = entryAt(directory, i);
    if (directory.getUint16(i + 8, true) & 1) {
      throw new SyntaxError(`Cannot read "${entry.name}" in "${path}": it is encrypted; save it without`);
    }
    entries.push(entry);
    i += 46 + directory.getUint16(i + 28, true) + directory.getUint16(i + 30, true) +
      directory.getUint16(i + 32, true);
  }
  return entries;
}

/** Where an entry's bytes start. */
export async function zipStart(path: string, { at }: ZipEntry): Promise<number> {
  using file = await Deno.open(path, { read: true });
  const local = view(await bytesAt(file, path, at, 30));
  if (local.getUint32(0, true) !== LOCAL) throw damaged(path, at);
  return at + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}

function entryAt(directory: DataView, i: number): ZipEntry {
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
    const wide = (narrow: number) => narrow === 0xffffffff ? big(directory, (next += 8) - 8) : narrow;
    size = wide(size);
    packed = wide(packed);
    at = wide(at);
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
