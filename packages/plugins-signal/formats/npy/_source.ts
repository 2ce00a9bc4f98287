// One array, its traces read block by block.

import { type OpenFiles, RunFile } from "../merge/file.ts";
import { headerBytes, type NpyHeader, parseHeader } from "./header.ts";

/** Bytes from front to back: those of a file, or of an array in an archive. */
export interface ByteSource {
  /** Name for messages. */
  readonly name: string;
  /** Bytes that there are. */
  readonly size: number;
  /** Read on into `room`; how many bytes, `null` at the end. */
  read(room: Uint8Array): Promise<number | null>;
  /** Read on from another place. Absent where bytes come only one after the other. */
  seek?(at: number): Promise<void>;
  /** Close what is open. */
  close(): void;
}

/** A file as it is. */
export async function fileBytes(path: string, open: OpenFiles): Promise<ByteSource> {
  const file = new RunFile(path, open);
  return {
    name: path,
    size: await file.stat(),
    read: (room) => file.read(room),
    seek: (at) => file.seek(at),
    close: () => file.close(),
  };
}

/** An array that is being read. */
export class NpySource implements Disposable {
  /** Name for messages. */
  readonly path: string;
  readonly header: NpyHeader;
  /** Bytes of the file. */
  readonly size: number;
  readonly #file: ByteSource;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Rows of a block, the first row in the buffer, and how many there are. */
  readonly #capacity: number;
  #first = 0;
  #count = 0;

  private constructor(file: ByteSource, header: NpyHeader, readBytes: number) {
    const rowBytes = Math.max(1, header.width * header.type.size);
    this.path = file.name;
    this.header = header;
    this.size = file.size;
    this.#file = file;
    this.#capacity = Math.max(1, Math.floor(readBytes / rowBytes));
    this.#bytes = new Uint8Array(Math.min(this.#capacity, Math.max(1, header.rows)) * rowBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** @throws {SyntaxError} On a file that isn't whole. @throws {TypeError} On content that is no traces. */
  static async open(file: ByteSource, readBytes: number): Promise<NpySource> {
    const { name, size } = file;
    try {
      const head = await take(file, Math.min(12, size));
      const rest = await take(file, Math.max(0, Math.min(headerBytes(name, head), size) - head.length));
      const start = new Uint8Array(head.length + rest.length);
      start.set(head);
      start.set(rest, head.length);
      const header = parseHeader(name, start);
      const wanted = header.start + header.rows * header.width * header.type.size;
      if (size !== wanted) {
        throw new SyntaxError(
          `Cannot read "${name}": its header says ${header.rows} x ${header.width} samples, ${wanted} bytes, and it has ${size}; copy it again (recover keeps no parts of such files)`,
        );
      }
      return new NpySource(file, header, readBytes);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Whether {@linkcode NpySource.skipTo} may be used. */
  get canSkip(): boolean {
    return this.#file.seek !== undefined;
  }

  /** The next row to be read is `row`. Gives the bytes that are not read. */
  async skipTo(row: number): Promise<number> {
    const { start, width, type } = this.header;
    await this.#file.seek!(start + row * width * type.size);
    this.#first = row;
    this.#count = 0;
    return row * width * type.size;
  }

  /** Read the block with `row`, unless it is there; rows come in order. Gives the bytes read. */
  async load(row: number): Promise<number> {
    const { rows, width, type } = this.header;
    if (row < this.#first + this.#count) return 0;
    this.#first = row;
    this.#count = Math.min(this.#capacity, rows - row);
    const bytes = this.#bytes.subarray(0, this.#count * width * type.size);
    for (let have = 0; have < bytes.length;) {
      const got = await this.#file.read(bytes.subarray(have));
      if (got === null) throw new SyntaxError(`Cannot read "${this.path}" at row ${row}: it became shorter`);
      have += got;
    }
    return bytes.length;
  }

  /**
   * The samples of a loaded row.
   *
   * @throws {RangeError} On a sample that is no integer from 0 to 65535.
   */
  copyRow(row: number, out: Uint16Array): void {
    const { width, type, isLittle } = this.header;
    const from = (row - this.#first) * width * type.size;
    for (let k = 0; k < width; k++) {
      const sample = type.read(this.#view, from + k * type.size, isLittle);
      if (!(sample >= 0 && sample <= 65535 && Number.isInteger(sample))) {
        throw new RangeError(
          `Cannot read "${this.path}": sample ${k} of row ${row} is ${sample}; samples are integers from 0 to 65535: ` +
            'shift and scale them, such as (x + 32768).astype("u2")',
        );
      }
      out[k] = sample;
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

async function take(file: ByteSource, bytes: number): Promise<Uint8Array> {
  const out = new Uint8Array(bytes);
  let have = 0;
  for (let got; have < bytes && (got = await file.read(out.subarray(have))) !== null;) have += got;
  return out.subarray(0, have);
}
