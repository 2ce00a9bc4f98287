// The lines of a file, some at a time.
import type { Account } from "@millrace/core/buffers";
import type { RunFile } from "../merge/file.ts";

/** Longest line, bytes. */
const MAX_LINE = 2 ** 27;

/** Reads a file line by line into one buffer. */
export class Lines {
  bytes: Uint8Array = new Uint8Array(0);
  /** Number of the line before the next one, from 1. */
  line = 0;
  /** The file ended. */
  ended = false;
  #from = 0;
  #to = 0;
  #searched = 0;
  #charged = 0;
  readonly #path: string;
  readonly #file: RunFile;
  readonly #account: Account | undefined;

  constructor(path: string, file: RunFile, account: Account | undefined) {
    this.#path = path;
    this.#file = file;
    this.#account = account;
  }

  /** Bytes behind the last line that was given. */
  get left(): number {
    return this.#to - this.#from;
  }

  /** First byte of what is left. */
  get from(): number {
    return this.#from;
  }

  /** Read at most so many bytes. Lines that were given lie elsewhere then. */
  async more(bytes: number): Promise<void> {
    const left = this.left;
    if (left + bytes > this.bytes.length) {
      if (left > MAX_LINE) {
        throw new SyntaxError(
          `Cannot read "${this.#path}" at line ${
            this.line + 1
          }: it is longer than ${MAX_LINE} bytes; check the file`,
        );
      }
      const larger = new Uint8Array(Math.max(2 * left, left + bytes));
      this.#account?.charge(larger.length - this.bytes.length);
      this.#charged += larger.length - this.bytes.length;
      larger.set(this.bytes.subarray(this.#from, this.#to));
      this.bytes = larger;
    } else this.bytes.copyWithin(0, this.#from, this.#to);
    this.#from = 0;
    this.#searched = this.#to = left;
    const got = await this.#file.read(this.bytes.subarray(left, left + bytes));
    if (got === null) this.ended = true;
    else this.#to += got;
  }

  /** The next whole line: its end (its break excluded), -1 where there is none yet. It starts at `start`. */
  next(): number {
    const end = this.bytes.indexOf(10, Math.max(this.#from, this.#searched));
    if (end < 0 || end >= this.#to) {
      this.#searched = this.#to;
      return -1;
    }
    this.start = this.#from;
    this.#from = this.#searched = end + 1;
    this.line++;
    const { bytes, start } = this;
    if (this.line === 1 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) {
      this.start += 3; // a byte order mark
    }
    return end > this.start && this.bytes[end - 1] === 13 ? end - 1 : end;
  }

  /** First byte of the line that was given last. */
  start = 0;

  /** Let go of the buffer. */
  dispose(): void {
    this.#account?.refund(this.#charged);
    this.#charged = 0;
    this.bytes = new Uint8Array(0);
    this.#from = this.#to = this.#searched = 0;
  }
}
