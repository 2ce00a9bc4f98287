/**
 * What tells one input file from another, without reading all of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fingerprint } from "./fingerprint.ts";
 *
 * const file = await Deno.makeTempFile();
 * const before = await fingerprint(file);
 * await Deno.writeFile(file, new Uint8Array([1]));
 * assert.notEqual((await fingerprint(file)).sha256, before.sha256);
 * await Deno.remove(file);
 * ```
 * @module
 */
import { basename } from "node:path";

const PART = 2 ** 20;

/** What was hashed, in words: stored with every fingerprint. */
export const FINGERPRINT_METHOD = "SHA-256 of size (u64, little-endian), first 1 MiB and last 1 MiB";

/** A file, told from others. The folder plays no part, so that data may be moved. */
export interface Fingerprint {
  /** File name, without its folder. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Hash in hex digits. */
  readonly sha256: string;
  /** What was hashed: {@linkcode FINGERPRINT_METHOD}. */
  readonly method: string;
}

/**
 * The fingerprint of a file: its size and the SHA-256 of size, first and last 1 MiB (a file up to 2 MiB counts whole, a
 * larger one may differ in between unnoticed). O(1) in the size.
 *
 * @throws {Deno.errors.NotFound} On a missing file.
 */
export async function fingerprint(path: string): Promise<Fingerprint> {
  const { createHash } = await import("node:crypto"); // 12 ms that whoever only reads need not wait for
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const hash = createHash("sha256");
  hash.update(new Uint8Array(new BigUint64Array([BigInt(size)]).buffer));
  const buffer = new Uint8Array(Math.min(size, PART));
  const head = Math.min(size, PART), tail = Math.min(size - head, PART);
  for (const [at, bytes] of [[0, head], [size - tail, tail]] as const) {
    await file.seek(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes;) {
      const got = await file.read(buffer.subarray(0, bytes - done));
      if (got === null) {
        throw new Error(
          `Cannot take the fingerprint of "${path}": it ended at byte ${
            at + done
          } of ${size}; is it being written`,
        );
      }
      hash.update(buffer.subarray(0, got));
      done += got;
    }
  }
  return { name: basename(path), size, sha256: hash.digest("hex"), method: FINGERPRINT_METHOD };
}
