// The bytes of a file that holds one event behind the other, as many as are needed at a time.
import type { FormatOptions } from "../format.ts";
import { type OpenFiles, RunFile } from "./file.ts";

const FIRST_READ = 64 * 1024;

/** What was read of a file and not yet decoded. */
export class FileBytes {
  /** Bytes `0` to `filled` are there. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** The same, for numbers. */
  view: DataView = new DataView(this.bytes.buffer);
  filled = 0;
  /** Bytes of the file, known after {@linkcode FileBytes.stat}. */
  size = 0;
  readonly #file: RunFile;
  readonly #options: FormatOptions;
  #next: number;

  constructor(path: string, options: FormatOptions, open: OpenFiles) {
    this.#file = new RunFile(path, open);
    this.#options = options;
    this.#next = Math.min(FIRST_READ, options.readBytes);
  }

  /** Bytes of the file that were read. */
  get received(): number {
    return this.#file.at;
  }

  /** Place in the file of byte `at` of what is there. */
  offset(at: number): number {
    return this.#file.at - this.filled + at;
  }

  /** Look at the file. */
  async stat(): Promise<number> {
    return this.size = await this.#file.stat();
  }

  /** Read on, if `wanted` bytes are wanted at least so much; false at the end of the file. */
  async more(wanted: number): Promise<boolean> {
    // An event that says it is longer than the file gets no room: it will be found cut off.
    const left = Math.max(1, this.size - this.#file.at);
    const bytes = Math.min(left, Math.max(wanted - this.filled, this.#next)), room = this.filled + bytes;
    this.#next = Math.min(2 * this.#next, this.#options.readBytes);
    if (room > this.bytes.length) {
      const larger = new Uint8Array(room + (room & 1));
      this.#options.account?.charge(larger.length - this.bytes.length);
      larger.set(this.bytes.subarray(0, this.filled));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    const got = await this.#file.read(this.bytes.subarray(this.filled, room));
    this.filled += got ?? 0;
    return got !== null;
  }

  /** Read on from another place in the file. */
  async seek(at: number): Promise<void> {
    await this.#file.seek(at);
    this.filled = 0;
  }

  /** The first `at` bytes are decoded. */
  drop(at: number): void {
    this.bytes.copyWithin(0, at, this.filled);
    this.filled -= at;
  }

  /** Close the file and let go of its bytes. */
  close(): void {
    this.#file.close();
    this.#options.account?.refund(this.bytes.length);
    this.bytes = new Uint8Array(0);
    this.filled = 0;
  }
}
