// Arrays in an .npz archive, read from front to back.
import type { TypedArray } from "../data/schema.ts";
import type { ColumnInput } from "../data/table.ts";
import { type NpyField, type NpyHeader, readNpyHeader } from "./_npy_header.ts";
import { numbersIn } from "./_values.ts";
import { type UnpackedEntry, unpackEntry, type ZipEntry, zipStart } from "./zip.ts";

/** What the names of arrays in an archive end with. */
export const ENDING = ".npy";
/** What the name of the array ends with that says where the rows of another one start. */
export const OFFSETS = "_offsets";
/** Bytes that a text has, at most. */
const MOST_TEXT = 2 ** 24;

/** An array in an archive: its header, then its numbers from front to back. */
export class ArrayIn implements Disposable {
  readonly field: NpyField;
  readonly rows: number;
  readonly #member: UnpackedEntry;
  readonly #file: Deno.FsFile;

  private constructor(member: UnpackedEntry, file: Deno.FsFile, name: string, header: NpyHeader) {
    const [field] = header.fields;
    if (header.fields.length !== 1 || !field) throw new SyntaxError("it holds records");
    this.field = { ...field, name };
    this.rows = header.rows;
    this.#member = member;
    this.#file = file;
    const wanted = header.bytes + this.rows * this.rowBytes;
    if (wanted !== member.size) {
      throw new SyntaxError(
        `its header says ${this.rows} rows, ${wanted} bytes, and it has ${member.size}`,
      );
    }
  }

  static async open(path: string, entry: ZipEntry): Promise<ArrayIn> {
    const start = await zipStart(path, entry);
    const file = await Deno.open(path);
    try {
      await file.seek(start, Deno.SeekMode.Start);
      const member = unpackEntry(path, entry, (room) => file.read(room));
      try {
        let head = new Uint8Array(0);
        const header = await readNpyHeader(async (at, length) => {
          if (at + length > entry.size) throw new SyntaxError("it is no .npy file");
          const more = new Uint8Array(Math.max(head.length, at + length));
          more.set(head);
          await fill(member, more.subarray(head.length));
          head = more;
          return head.subarray(at, at + length);
        });
        return new ArrayIn(member, file, entry.name.slice(0, -ENDING.length), header);
      } catch (error) {
        member.close();
        throw error;
      }
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get rowBytes(): number {
    const { element, width } = this.field;
    return numbersIn(element, new Uint8Array(0)).BYTES_PER_ELEMENT * width;
  }

  /** The numbers of the next rows. */
  async next(rows: number): Promise<TypedArray> {
    const bytes = new Uint8Array(rows * this.rowBytes);
    await fill(this.#member, bytes);
    return numbersIn(this.field.element, bytes);
  }

  [Symbol.dispose](): void {
    this.#member.close();
    this.#file.close();
  }
}

/** Read on until `room` is full. */
async function fill({ name, read }: UnpackedEntry, room: Uint8Array): Promise<void> {
  for (let have = 0; have < room.length;) {
    const got = await read(room.subarray(have));
    if (got === null) throw new SyntaxError(`Cannot read "${name}": it is shorter than it says`);
    have += got;
  }
}

/** Reads the next rows of a column. */
export interface ColumnReader {
  /** Bytes of a row, about. */
  readonly bytes: number;
  read(rows: number): Promise<ColumnInput>;
  /** Look at what is left, when all rows were read. */
  end?(): Promise<void>;
}

/** Reads samples of different numbers a row. */
export function raggedReader(path: string, values: ArrayIn, offsets: ArrayIn): ColumnReader {
  let before: number | undefined;
  const damaged = () =>
    new SyntaxError(
      `Cannot read "${path}": "${values.field.name}${OFFSETS}" is damaged: rows start in order`,
    );
  const skip = async (until: number) => {
    for (let at = before!; at < until;) {
      const count = Math.min(until - at, 2 ** 16);
      await values.next(count);
      at += count;
    }
    before = until;
  };
  return {
    bytes: 8 + values.rowBytes * Math.ceil(values.rows / Math.max(1, offsets.rows - 1)),
    async read(rows) {
      const first = before === undefined;
      const next = Array.from(await offsets.next(rows + (first ? 1 : 0)), Number);
      const starts = first ? next : [before!, ...next];
      if (starts.some((at, i) => !(at >= 0 && at <= (starts[i + 1] ?? values.rows)))) throw damaged();
      if (first) {
        before = 0;
        await skip(starts[0]!);
      }
      const from = starts[0]!;
      before = starts.at(-1)!;
      const pool = await values.next(before - from);
      return { values: pool, offsets: Uint32Array.from(starts, (at) => at - from) };
    },
    end: async () => await skip(values.rows),
  };
}

/** The whole of an entry as text. */
export async function textOf(path: string, entry: ZipEntry): Promise<string> {
  if (entry.size > MOST_TEXT) {
    throw new SyntaxError(
      `Cannot read "${path}:${entry.name}": it has ${entry.size} bytes, which are no schema`,
    );
  }
  const start = await zipStart(path, entry);
  using file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  const member = unpackEntry(path, entry, (room) => file.read(room));
  try {
    const bytes = new Uint8Array(entry.size);
    await fill(member, bytes);
    return new TextDecoder().decode(bytes);
  } finally {
    member.close();
  }
}
