// A file that is read from front to back, one of many: only so many are open at once.

const MOST_OPEN = 128;
/** Reads that take less than this, ms, are of bytes that are at hand: the next one is waited for on the spot. */
const QUICK = 1;
/** The event loop turns at least this often between reads, ms. */
const BREATH = 10;

/** When the event loop turned last for a read. */
let turned = -Infinity;

/** The run's open files: beyond a number of them, idle ones are closed and opened again when they are read. */
export type OpenFiles = Set<RunFile>;

/**
 * One input file.
 *
 * What the page cache holds is read synchronously: a read that goes through another thread costs twice as much. A file whose reads
 * take long is read asynchronously, so that a slow disk doesn't hold up anything else.
 */
export class RunFile {
  /** Bytes that were read. */
  at = 0;
  readonly #path: string;
  readonly #open: OpenFiles;
  #file: Deno.FsFile | undefined;
  /** What comes next is at hand, as far as the last read tells. */
  isQuick = false;

  constructor(path: string, open: OpenFiles) {
    this.#path = path;
    this.#open = open;
  }

  /** Its size. @throws {TypeError} On what is no file. @throws {Error} On one that cannot be looked at, saying why. */
  async stat(): Promise<number> {
    let info: Deno.FileInfo;
    try {
      info = await Deno.stat(this.#path);
    } catch (cause) {
      throw openError(this.#path, cause);
    }
    if (info.isDirectory) {
      throw new TypeError(
        `Cannot read "${this.#path}": it is a folder; give its files, e.g. "${this.#path}/*.BIN"`,
      );
    }
    if (!info.isFile) {
      throw new TypeError(`Cannot read "${this.#path}": it is neither a file nor a folder; give data files`);
    }
    return info.size;
  }

  /** Read on into `room`; how many bytes, `null` at the end. */
  async read(room: Uint8Array): Promise<number | null> {
    const file = this.#file ?? await this.#handle();
    try {
      const before = performance.now(), atOnce = this.isQuick && before - turned < BREATH;
      const got = atOnce ? file.readSync(room) : await file.read(room);
      const after = performance.now();
      if (!atOnce) turned = after;
      this.isQuick = after - before < QUICK;
      this.at += got ?? 0;
      return got;
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      throw new Error(
        `Cannot read "${this.#path}" at byte ${this.at}: ${cause.message}; check the disk and the file`,
        { cause },
      );
    }
  }

  /** `length` bytes from a place on. @throws {SyntaxError} When there are fewer. */
  async bytes(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    if (this.at !== at) await this.seek(at);
    for (let have = 0; have < length;) {
      const got = await this.read(bytes.subarray(have));
      if (got === null) {
        throw new SyntaxError(
          `Cannot read "${this.#path}" at byte ${at + have}: it became shorter; copy it again`,
        );
      }
      have += got;
    }
    return bytes;
  }

  /** Read on from another place. */
  async seek(at: number): Promise<void> {
    this.at = at;
    await this.#file?.seek(at, Deno.SeekMode.Start);
  }

  async #handle(): Promise<Deno.FsFile> {
    for (const other of this.#open) {
      if (this.#open.size < MOST_OPEN) break;
      other.close();
    }
    try {
      this.#file = await Deno.open(this.#path, { read: true });
    } catch (cause) {
      throw openError(this.#path, cause);
    }
    this.#open.add(this);
    if (this.at > 0) await this.#file.seek(this.at, Deno.SeekMode.Start);
    return this.#file;
  }

  /** Close it; it is opened again when it is read. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#open.delete(this);
  }
}

/** What is said about a file that cannot be opened. */
export function openError(path: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(`Cannot open "${path}"`, { cause });
  if (cause instanceof Deno.errors.NotFound) {
    return new Deno.errors.NotFound(`Cannot open "${path}": there is no such file; check the path`, {
      cause,
    });
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(
      `Cannot open "${path}": this program may not read it; run it with --allow-read="${path}"`,
      { cause },
    );
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new Deno.errors.PermissionDenied(
      `Cannot open "${path}": the system does not let this user read it; change its permissions`,
      { cause },
    );
  }
  return new Error(`Cannot open "${path}": ${cause.message}; check the path and the disk`, { cause });
}
