// Tables cross in files that both sides have open: 10 MiB take 2 ms so, and 5 to 15 ms through a pipe. Only one call is
// under way at a time, so that each side writes from the beginning again when the other has read what was there.

/** Smaller tables cross in the message itself. */
const SMALL = 2 ** 15;
/** Bytes written or read at once. */
const STEP = 2 ** 20;

/** Where bytes lie in a file. */
export interface BulkPlace {
  readonly at: number;
  readonly bytes: number;
}

/** Bytes, or where they lie. */
export type Bulk = Uint8Array | BulkPlace;

/** Writes what crosses. */
export class BulkWriter {
  readonly #write: (bytes: Uint8Array) => number;
  readonly #seek: (offset: number) => void;
  #at = 0;

  /** Writes to an open file. */
  constructor(file: Deno.FsFile) {
    this.#write = file.writeSync.bind(file);
    this.#seek = (offset) => void file.seekSync(offset, Deno.SeekMode.Start);
  }

  /** What was written has been read. */
  restart(): void {
    this.#at = 0;
    this.#seek(0);
  }

  /** Bytes for the other side. */
  put(bytes: Uint8Array): Bulk {
    if (bytes.length < SMALL) return bytes;
    for (let at = 0; at < bytes.length;) at += this.#write(bytes.subarray(at, at + STEP));
    const at = this.#at;
    this.#at += bytes.length;
    return { at, bytes: bytes.length };
  }
}

/** Reads what crossed. */
export class BulkReader {
  readonly #read: (into: Uint8Array) => number | null;
  readonly #seek: (offset: number) => void;

  /** Reads from an open file. */
  constructor(file: Deno.FsFile) {
    this.#read = file.readSync.bind(file);
    this.#seek = (offset) => void file.seekSync(offset, Deno.SeekMode.Start);
  }

  /** The bytes, in memory that `allocate` gives, at its beginning. @throws {RangeError} When they are not there. */
  take({ at, bytes }: BulkPlace, allocate: (bytes: number) => ArrayBufferLike): Uint8Array {
    const into = new Uint8Array(allocate(bytes), 0, bytes);
    this.#seek(at);
    for (let done = 0; done < bytes;) {
      const count = this.#read(into.subarray(done, done + STEP));
      if (!count) throw new RangeError(`There are ${done} bytes at byte ${at} of the file, not ${bytes}`);
      done += count;
    }
    return into;
  }
}
