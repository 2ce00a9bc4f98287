/**
 * Bytes by their SHA-256: {@linkcode BlobStore}.
 * @module
 */
import { join } from "node:path";
import { sha256 } from "./sha256.ts";

/**
 * A folder of files named by the SHA-256 of what is in them. A blob appears whole or not at all: it is written to a temporary file,
 * synced and renamed. What was written is never changed, so that several processes may write the same blob.
 */
export class BlobStore {
  readonly #folder: string;
  readonly #temporary: string;
  #made = new Set<string>();

  /** @param folder Where blobs are; made where it is missing. @param temporary A folder on the same file system. */
  constructor(folder: string, temporary: string) {
    this.#folder = folder;
    this.#temporary = temporary;
    Deno.mkdirSync(folder, { recursive: true });
    Deno.mkdirSync(temporary, { recursive: true });
  }

  #path(hash: string): string {
    return join(this.#folder, hash.slice(0, 2), hash.slice(2));
  }

  /** Keep bytes; gives their SHA-256 in hexadecimal digits. A blob that is there already is as young as one that was just written. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    if (await this.#touch(hash)) return hash;
    const prefix = hash.slice(0, 2);
    if (!this.#made.has(prefix)) {
      await Deno.mkdir(join(this.#folder, prefix), { recursive: true });
      this.#made.add(prefix);
    }
    const temporary = join(this.#temporary, crypto.randomUUID());
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.syncData();
    }
    await Deno.rename(temporary, this.#path(hash));
    using folder = await Deno.open(join(this.#folder, prefix)); // else a power cut could undo the renaming
    await folder.sync();
    return hash;
  }

  /** Whether a blob is there, which is young from now on. */
  async #touch(hash: string): Promise<boolean> {
    try {
      const now = new Date();
      await Deno.utime(this.#path(hash), now, now);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Whether a blob is there. */
  async has(hash: string): Promise<boolean> {
    try {
      await Deno.stat(this.#path(hash));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Read a blob.
   *
   * @throws {Error} When it is missing, or when its bytes are not those that were written.
   */
  async get(hash: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await Deno.readFile(this.#path(hash));
    if (sha256(bytes) !== hash) {
      throw new Error(
        `Cannot read blob "${this.#path(hash)}": its bytes have changed; restore the file from a backup`,
      );
    }
    return bytes;
  }

  /** All blobs, in no order. */
  async *list(): AsyncGenerator<string> {
    for await (const folder of Deno.readDir(this.#folder)) {
      for await (const file of Deno.readDir(join(this.#folder, folder.name))) yield folder.name + file.name;
    }
  }

  /** When a blob was put last; undefined when it is gone. */
  writtenAtSync(hash: string): Date | undefined {
    try {
      return Deno.statSync(this.#path(hash)).mtime!;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Whether a blob is there; within a transaction. */
  hasSync(hash: string): boolean {
    try {
      Deno.statSync(this.#path(hash));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Remove a blob that nothing refers to; within a transaction. */
  removeSync(hash: string): void {
    Deno.removeSync(this.#path(hash));
  }
}
