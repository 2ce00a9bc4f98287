// NumPy's .npy: one array of records, a field a column.
import {
  type ColumnType,
  type ColumnTypes,
  type Schema,
  schema as toSchema,
  type TypedArray,
} from "../data/schema.ts";
import { type ColumnInput, Table } from "../data/table.ts";
import { Input } from "./_files.ts";
import { type NpyField, npyHeader, readNpyHeader, recordType } from "./_npy_header.ts";
import { chosen, flatOf, numbersIn, TIME_NAMES } from "./_values.ts";
import type { Format } from "./types.ts";

const SIZES = { i8: 1, i16: 2, i32: 4, i64: 8, u8: 1, u16: 2, u32: 4, u64: 8, f32: 4, f64: 8, bool: 1 };

const bytesOf = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Copy `size` bytes of each row from one place in rows of `fromStep` bytes to another. */
function interleave(
  from: Uint8Array,
  fromAt: number,
  fromStep: number,
  to: Uint8Array,
  toAt: number,
  toStep: number,
  size: number,
  rows: number,
): void {
  for (let i = 0; i < rows; i++) {
    const a = fromAt + i * fromStep, b = toAt + i * toStep;
    for (let k = 0; k < size; k++) to[b + k] = from[a + k]!;
  }
}

/** The type of a field here. */
export function typeOfField({ name, element, width, isArray }: NpyField): ColumnType {
  if (isArray) return `${element}[${width}]`;
  return element === "i64" && TIME_NAMES.has(name) ? "time" : element;
}

/** NumPy arrays of records. */
export const npy: Format = {
  name: "npy",
  endings: ["npy"],
  help: "one NumPy array of records; no samples of different numbers a row",
  typed: true,
  refuses(schema) {
    const ragged = schema.columns.find(({ kind }) => kind === "ragged");
    return ragged &&
      `column "${ragged.name}" may have another number of samples in each row, which an array of records cannot hold; use .npz or .parquet, a data type whose rows have one length (such as st_waveforms), or leave the column out`;
  },
  async writer(out, schema) {
    let rows = 0;
    let descr: string | undefined;
    const begin = async (widthOf: (name: string) => number) => {
      descr = recordType(schema.columns, widthOf);
      await out.write(npyHeader(descr, [0]));
    };
    return {
      async write(table) {
        if (descr === undefined) await begin((name) => table.width(name));
        const places: [bytes: Uint8Array, size: number][] = schema.columns.map((column) => {
          const bytes = bytesOf(flatOf(table, column));
          return [bytes, bytes.length / (table.length || 1)];
        });
        const size = places.reduce((sum, [, size]) => sum + size, 0);
        const block = new Uint8Array(size * table.length);
        let at = 0;
        for (const [bytes, own] of places) {
          interleave(bytes, 0, own, block, at, size, own, table.length);
          at += own;
        }
        await out.write(block);
        rows += table.length;
      },
      async finish() {
        if (descr === undefined) {
          await begin((name) => schema.columns.find((column) => column.name === name)!.width || 1);
        }
        await out.writeAt(0, npyHeader(descr!, [rows]));
      },
      close: async () => {},
    };
  },
  async open(path, { schema, rows, columns }) {
    const header = await withInput(path, (input) => readNpyHeader((at, length) => input.read(at, length)));
    if (header.fields[0]?.name === "") {
      throw new SyntaxError(
        `Cannot read "${path}": it holds one array without names; save an array of records with a field "time", or an .npz of several arrays`,
      );
    }
    const wanted = chosen(schema ?? schemaOfFields(header.fields), columns);
    const size = header.fields.reduce((sum, { element, width }) => sum + SIZES[element] * width, 0);
    return {
      schema: wanted,
      async *tables() {
        using input = await Input.open(path);
        for (let from = 0; from < header.rows; from += rows) {
          const count = Math.min(rows, header.rows - from);
          const block = await input.read(header.bytes + from * size, count * size);
          const values: Record<string, ColumnInput> = {};
          let at = 0;
          for (const { name, element, width } of header.fields) {
            const own = SIZES[element] * width;
            if (Object.hasOwn(wanted.types, name)) {
              const bytes = new Uint8Array(own * count);
              interleave(block, at, size, bytes, 0, own, own, count);
              values[name] = inputOf(wanted, name, numbersIn(element, bytes), width);
            }
            at += own;
          }
          yield Table.from(wanted, values);
        }
      },
    };
  },
};

async function withInput<T>(path: string, work: (input: Input) => Promise<T>): Promise<T> {
  using input = await Input.open(path);
  try {
    return await work(input);
  } catch (cause) {
    if (!(cause instanceof SyntaxError) || cause.message.startsWith("Cannot read")) throw cause;
    throw new SyntaxError(`Cannot read "${path}": ${cause.message}`, { cause });
  }
}

function schemaOfFields(fields: readonly NpyField[]): Schema {
  const types: Record<string, ColumnType> = {};
  for (const field of fields) types[field.name] = typeOfField(field);
  return toSchema(types as ColumnTypes);
}

/** Numbers as a table takes them for a column. */
export function inputOf(schema: Schema, name: string, values: TypedArray, width: number): ColumnInput {
  const column = schema.columns.find((column) => column.name === name)!;
  if (column.kind === "time") return Array.from(values as BigInt64Array);
  if (column.kind !== "fixed") return values;
  return Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));
}
