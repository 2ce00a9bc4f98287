// NumPy's .npz: a ZIP file with an array a column. Samples of different numbers a row are one array, with a second one,
// `NAME_offsets`, of where those of each row start.
import zlib from "node:zlib";
import {
  type ColumnType,
  type ColumnTypes,
  type Schema,
  schema as toSchema,
  type TypedArray,
} from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { Input, Output } from "./_files.ts";
import { codeOf, type NpyField, npyHeader, readNpyHeader } from "./_npy_header.ts";
import { chosen, elementIn, flatOf, numbersIn, startsOf } from "./_values.ts";
import { inputOf, typeOfField } from "./npy.ts";
import type { Format, OutFile } from "./types.ts";

const SCHEMA = "millrace.json", OFFSETS = "_offsets";
const MOST = 2 ** 32 - 1;
const PART = 2 ** 20;

const bytesOf = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** An array that is written into a file of its own before it is put into the ZIP file. */
class Member implements AsyncDisposable {
  readonly name: string;
  readonly #descr: string;
  readonly #file: Output;
  #width = 1;
  #isArray: boolean;
  #count = 0;

  private constructor(name: string, descr: string, isArray: boolean, file: Output) {
    this.name = name;
    this.#descr = descr;
    this.#isArray = isArray;
    this.#file = file;
  }

  static async create(
    out: OutFile,
    k: number,
    name: string,
    descr: string,
    isArray = false,
  ): Promise<Member> {
    const member = new Member(name, descr, isArray, await Output.create(`${out.path}.${k}`));
    await member.#file.write(npyHeader(descr, isArray ? [0, 0] : [0]));
    return member;
  }

  async write(values: TypedArray, width = 1): Promise<void> {
    this.#width = width;
    this.#count += values.length / width;
    await this.#file.write(bytesOf(values).slice());
  }

  /** Put it into the ZIP file. */
  async into(zip: Zip): Promise<void> {
    const shape = this.#isArray ? [this.#count, this.#width] : [this.#count];
    await this.#file.writeAt(0, npyHeader(`'${this.#descr}'`, shape));
    using input = await Input.open(this.#file.path);
    await zip.add(`${this.name}.npy`, input);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}

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
class Zip {
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

interface Place {
  readonly at: number;
  readonly size: number;
}

/** Where the files in a ZIP file lie. @throws {SyntaxError} On compressed ones, and on no ZIP file. */
async function placesIn(path: string, input: Input): Promise<Map<string, Place>> {
  const fail = (what: string): never => {
    throw new SyntaxError(`Cannot read "${path}": ${what}`);
  };
  const tail = await input.read(Math.max(0, input.size - 65557), Math.min(input.size, 65557));
  const view = new DataView(tail.buffer);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) fail("it is no .npz file");
  const count = view.getUint16(end + 10, true),
    bytes = view.getUint32(end + 12, true),
    start = view.getUint32(end + 16, true);
  if (start === MOST || count === 65535) fail("it is larger than 4 GiB, which is not read here");
  const directory = await input.read(start, bytes);
  const entry = new DataView(directory.buffer);
  const places = new Map<string, Place>();
  for (let k = 0, at = 0; k < count; k++) {
    if (at + 46 > bytes || entry.getUint32(at, true) !== 0x02014b50) fail("its directory is damaged");
    const method = entry.getUint16(at + 10, true),
      size = entry.getUint32(at + 24, true),
      head = entry.getUint32(at + 42, true);
    const nameBytes = entry.getUint16(at + 28, true);
    const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameBytes));
    if (method !== 0) fail(`"${name}" in it is compressed; save it with numpy.savez, not savez_compressed`);
    const own = await input.read(head, 30);
    const lengths = new DataView(own.buffer);
    places.set(name, { at: head + 30 + lengths.getUint16(26, true) + lengths.getUint16(28, true), size });
    at += 46 + nameBytes + entry.getUint16(at + 30, true) + entry.getUint16(at + 32, true);
  }
  return places;
}

interface ArrayIn {
  readonly field: NpyField;
  readonly rows: number;
  /** Where its numbers start in the file. */
  readonly at: number;
}

/** NumPy arrays by column. */
export const npz: Format = {
  name: "npz",
  endings: ["npz"],
  help: "a NumPy array a column, in one file",
  typed: true,
  canCompress: true,
  refuses: () => undefined,
  async writer(out, schema, compress = false) {
    const members = new Map<string, Member>(), offsets = new Map<string, { member: Member; next: bigint }>();
    const close = async () => {
      for (const member of [...members.values(), ...[...offsets.values()].map(({ member }) => member)]) {
        await member[Symbol.asyncDispose]();
      }
    };
    try {
      let k = 0;
      for (const column of schema.columns) {
        const { name, kind } = column;
        members.set(name, await Member.create(out, k++, name, codeOf(elementIn(column)), kind === "fixed"));
        if (kind !== "ragged") continue;
        const member = await Member.create(out, k++, name + OFFSETS, "<i8");
        await member.write(BigInt64Array.of(0n));
        offsets.set(name, { member, next: 0n });
      }
    } catch (error) {
      await close();
      throw error;
    }
    return {
      async write(table) {
        for (const column of schema.columns) {
          const width = column.kind === "fixed" ? table.width(column.name) : 1;
          if (width > 0) await members.get(column.name)!.write(flatOf(table, column), width);
          const starts = startsOf(table, column);
          if (!starts) continue;
          const own = offsets.get(column.name)!, { next } = own;
          await own.member.write(BigInt64Array.from(starts.subarray(1), (at) => next + BigInt(at)));
          own.next += BigInt(starts[table.length]!);
        }
      },
      async finish() {
        const zip = new Zip(out, compress);
        for (const { name } of schema.columns) {
          await members.get(name)!.into(zip);
          await offsets.get(name)?.member.into(zip);
        }
        await zip.add(SCHEMA, new TextEncoder().encode(schema.text));
        await zip.finish();
      },
      close,
    };
  },
  async open(path, { schema, rows, columns }) {
    using input = await Input.open(path);
    const arrays = new Map<string, ArrayIn>();
    const places = await placesIn(path, input);
    for (const [name, { at, size }] of places) {
      if (!name.endsWith(".npy")) continue;
      const column = name.slice(0, -4);
      try {
        const header = await readNpyHeader((from, length) =>
          input.read(at + from, Math.min(length, size - from))
        );
        const [field] = header.fields;
        if (header.fields.length !== 1 || !field) throw new SyntaxError("it holds records");
        arrays.set(column, { field: { ...field, name: column }, rows: header.rows, at: at + header.bytes });
      } catch (cause) {
        if (!(cause instanceof SyntaxError) || (columns && !columns.includes(column))) throw cause;
        throw new SyntaxError(`Cannot read "${path}": "${name}" in it cannot be read: ${cause.message}`, {
          cause,
        });
      }
    }
    const own = places.get(SCHEMA);
    const all = schema ??
      (own
        ? toSchema(JSON.parse(new TextDecoder().decode(await input.read(own.at, own.size))))
        : schemaOfArrays(arrays));
    const wanted = chosen(all, columns);
    const count = rowsOf(path, wanted, arrays);
    return {
      schema: wanted,
      async *tables() {
        using file = await Input.open(path);
        for (let from = 0; from < count; from += rows) {
          yield await tableAt(path, file, wanted, arrays, from, Math.min(count, from + rows));
        }
      },
    };
  },
};

function schemaOfArrays(arrays: ReadonlyMap<string, ArrayIn>): Schema {
  const types: Record<string, ColumnType> = {};
  for (const [name, { field }] of arrays) {
    if (name.endsWith(OFFSETS) && arrays.has(name.slice(0, -OFFSETS.length))) continue;
    types[name] = arrays.has(name + OFFSETS) ? `${field.element}[]` : typeOfField(field);
  }
  return toSchema(types as ColumnTypes);
}

function rowsOf(path: string, schema: Schema, arrays: ReadonlyMap<string, ArrayIn>): number {
  let rows: number | undefined;
  for (const { name, kind } of schema.columns) {
    const array = arrays.get(name), offsets = arrays.get(name + OFFSETS);
    if (!array || (kind === "ragged" && !offsets)) {
      throw new SyntaxError(`Cannot read "${path}": the array "${array ? name + OFFSETS : name}" is missing`);
    }
    const own = kind === "ragged" ? offsets!.rows - 1 : array.rows;
    if (rows !== undefined && rows !== own) {
      throw new SyntaxError(`Cannot read "${path}": "${name}" has ${own} rows, others ${rows}`);
    }
    rows = own;
  }
  return rows ?? 0;
}

async function tableAt(
  path: string,
  input: Input,
  schema: Schema,
  arrays: ReadonlyMap<string, ArrayIn>,
  from: number,
  to: number,
): Promise<Table> {
  const numbers = async (
    { field: { element, width }, at }: ArrayIn,
    first: number,
    last: number,
  ): Promise<TypedArray> => {
    const size = numbersIn(element, new Uint8Array(0)).BYTES_PER_ELEMENT * width;
    return numbersIn(element, await input.read(at + first * size, (last - first) * size));
  };
  const values: Record<string, ColumnInput> = {};
  for (const { name, kind } of schema.columns) {
    const array = arrays.get(name)!;
    if (kind !== "ragged") {
      values[name] = inputOf(schema, name, await numbers(array, from, to), array.field.width);
      continue;
    }
    const starts = Array.from(await numbers(arrays.get(name + OFFSETS)!, from, to + 1), Number);
    const first = starts[0]!;
    const bad = starts.some((at, i) => at > (starts[i + 1] ?? array.rows) || at < 0);
    if (bad) throw new SyntaxError(`Cannot read "${path}": "${name}${OFFSETS}" is damaged`);
    const pool = await numbers(array, first, starts.at(-1)!);
    values[name] = { values: pool, offsets: Uint32Array.from(starts, (at) => at - first) };
  }
  return Table.from(schema, values);
}
