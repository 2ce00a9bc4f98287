// Writes zip archives for `.npz`.
import zlib from "node:zlib";
import type { Input } from "./_files.ts";
import type { OutFile } from "./types.ts";

const MOST = 2 ** 32 - 1;
const PART = 2 ** 20;

interface Entry {
  readonly name: Uint8Array;
  readonly at: number;
  readonly size: number;
  /** Bytes in the ZIP file. */
  readonly packed: number;
  readonly crc: number;
  readonly deflated: boolean;
}

/** Writes a ZIP file of files that are stored as they are, or deflated. Memory: parts of 1 MiB. */
export class Zip {
  readonly #out: OutFile;
  readonly #compress: boolean;
  readonly #entries: Entry[] = [];

  constructor(out: OutFile, compress: boolean) {
    this.#out = out;
    this.#compress = compress;
  }

  async add(name: string, from: Input | Uint8Array): Promise<void> {
    const size = from instanceof Uint8Array ? from.length : from.size;
    const at = this.#out.size;
    if (at + size > MOST) {
      throw new RangeError("Cannot write an .npz file of 4 GiB or more: use .parquet, or a time range");
    }
    const encoded = new TextEncoder().encode(name);
    const empty = { name: encoded, at, size, packed: 0, crc: 0, deflated: this.#compress };
    await this.#out.write(headOf(empty, false));
    let crc = 0;
    const parts = async function* () {
      for (let k = 0; k < size; k += PART) {
        const length = Math.min(PART, size - k);
        const part = from instanceof Uint8Array ? from.slice(k, k + length) : await from.read(k, length);
        crc = zlib.crc32(part, crc);
        yield part as Uint8Array<ArrayBuffer>;
      }
    };
    const packed = this.#compress
      ? ReadableStream.from(parts()).pipeThrough(new CompressionStream("deflate-raw"))
      : parts();
    const start = this.#out.size;
    for await (const part of packed) await this.#out.write(part);
    const entry = { ...empty, packed: this.#out.size - start, crc };
    await this.#out.writeAt(at, headOf(entry, false));
    this.#entries.push(entry);
  }

  async finish(): Promise<void> {
    const at = this.#out.size;
    for (const entry of this.#entries) await this.#out.write(headOf(entry, true));
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, this.#entries.length, true);
    end.setUint16(10, this.#entries.length, true);
    end.setUint32(12, this.#out.size - at, true);
    end.setUint32(16, at, true);
    await this.#out.write(new Uint8Array(end.buffer));
  }
}

/** The head of a file in front of it, or its entry in the directory at the end. */
function headOf({ name, at, size, packed, crc, deflated }: Entry, directory: boolean): Uint8Array {
  const fixed = directory ? 46 : 30, shift = directory ? 2 : 0;
  const out = new Uint8Array(fixed + name.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, directory ? 0x02014b50 : 0x04034b50, true);
  if (directory) view.setUint16(4, 20, true);
  view.setUint16(4 + shift, 20, true);
  view.setUint16(6 + shift, 0x800, true); // names are UTF-8
  if (deflated) view.setUint16(8 + shift, 8, true);
  view.setUint16(12 + shift, 33, true); // 1980-01-01
  view.setUint32(14 + shift, crc, true);
  view.setUint32(18 + shift, packed, true);
  view.setUint32(22 + shift, size, true);
  view.setUint16(26 + shift, name.length, true);
  if (directory) view.setUint32(42, at, true);
  out.set(name, fixed);
  return out;
}
