// NumPy's .npz: a ZIP file with an array a column. Samples of different numbers a row are one array, with a second one,
// `NAME_offsets`, of where those of each row start.
import {
  type ColumnType,
  type ColumnTypes,
  type Schema,
  schema as toSchema,
  type TypedArray,
} from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { Input, Output } from "./_files.ts";
import { codeOf, npyHeader } from "./_npy_header.ts";
import { ArrayIn, type ColumnReader, ENDING, OFFSETS, raggedReader, textOf } from "./_npz_array.ts";
import { chosen, elementIn, flatOf, startsOf } from "./_values.ts";
import { Zip } from "./_zip_writer.ts";
import { inputOf, typeOfField } from "./npy.ts";
import type { Format, OutFile } from "./types.ts";
import { zipEntries, type ZipEntry } from "./zip.ts";

const SCHEMA = "millrace.json";

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

/** Bytes of a table that is read, about. */
const TABLE_BYTES = 2 ** 24;

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
    const entries = new Map<string, ZipEntry>();
    let own: string | undefined;
    for (const entry of await zipEntries(path)) {
      if (entry.name.endsWith(ENDING)) entries.set(entry.name.slice(0, -ENDING.length), entry);
      else if (entry.name === SCHEMA) own = await textOf(path, entry);
    }
    using stack = new DisposableStack();
    const arrays = new Map<string, ArrayIn>();
    for (const [name, entry] of entries) {
      const array = await arrayIn(path, entry, columns);
      if (array) arrays.set(name, stack.use(array));
    }
    const all = schema ?? (own === undefined ? schemaOfArrays(arrays) : ownSchema(path, own));
    const wanted = chosen(all, columns);
    const count = rowsOf(path, wanted, arrays);
    return {
      schema: wanted,
      async *tables() {
        using stack = new DisposableStack();
        const open = async (name: string) => stack.use(await ArrayIn.open(path, entries.get(name)!));
        const readers: ColumnReader[] = [];
        for (const { name, kind } of wanted.columns) {
          const array = await open(name);
          readers.push(
            kind === "ragged" ? raggedReader(path, array, await open(name + OFFSETS)) : {
              bytes: array.rowBytes,
              read: async (rows) => inputOf(wanted, name, await array.next(rows), array.field.width),
            },
          );
        }
        const bytes = readers.reduce((sum, { bytes }) => sum + bytes, 0);
        const most = Math.max(1, Math.min(rows, Math.floor(TABLE_BYTES / Math.max(1, bytes))));
        for (let from = 0; from < count; from += most) {
          const values: Record<string, ColumnInput> = {};
          for (const [k, { name }] of wanted.columns.entries()) {
            values[name] = await readers[k]!.read(Math.min(most, count - from));
          }
          yield Table.from(wanted, values);
        }
        for (const { end } of readers) await end?.();
      },
    };
  },
};

/** The array of a column; `undefined` for one that cannot be read and is not asked for. */
async function arrayIn(
  path: string,
  entry: ZipEntry,
  columns: readonly string[] | undefined,
): Promise<ArrayIn | undefined> {
  try {
    return await ArrayIn.open(path, entry);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const column = entry.name.slice(0, -ENDING.length).replace(/_offsets$/, "");
    if (columns && ![...columns, "time", "endtime"].includes(column)) return undefined;
    if (cause.message.startsWith("Cannot read")) throw cause;
    throw new SyntaxError(`Cannot read "${path}:${entry.name}": ${cause.message}`, { cause });
  }
}

function ownSchema(path: string, text: string): Schema {
  try {
    return toSchema(JSON.parse(text));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}:${SCHEMA}": ${(cause as Error).message}`, { cause });
  }
}

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
