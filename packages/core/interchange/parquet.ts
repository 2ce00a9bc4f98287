// Parquet: written a row group at a time, zstd; read some pages at a time.
import type { Column, ColumnType, ColumnTypes, Ragged, Schema, TypedArray } from "../data/schema.ts";
import { schema as toSchema } from "../data/schema.ts";
import type { ColumnInput } from "../data/table.ts";
import { Table } from "../data/table.ts";
import { Input } from "./_files.ts";
import { chosen, elementIn, TIME_NAMES } from "./_values.ts";
import type { ParquetFile } from "./parquet_file.ts";
import type { Format } from "./types.ts";

const KEY = "millrace.schema";

/** Parquet. */
export const parquet: Format = {
  name: "parquet",
  endings: ["parquet"],
  help: "columns with types, compressed: for DuckDB, pandas, polars, Spark",
  typed: true,
  refuses: () => undefined,
  async writer(out, schema) {
    const { parquetWriter } = await import("./_parquet_write.ts");
    return parquetWriter(out, schema, [{ key: KEY, value: schema.text }]);
  },
  async open(path, { schema, columns }) {
    const { ParquetFile } = await import("./parquet_file.ts");
    const opened = (input: Input) => ParquetFile.open((at, length) => input.read(at, length), input.size);
    using input = await Input.open(path);
    const wanted = await reading(path, async () => {
      const file = await opened(input), own = file.text(KEY);
      return chosen(
        schema ?? (own === undefined ? foreignSchema(file, columns) : ownSchema(file, own)),
        columns,
      );
    });
    return {
      schema: wanted,
      async *tables() {
        using input = await Input.open(path);
        const file = await reading(path, () => opened(input));
        const blocks = file.blocks(wanted.columns.map((column) => ({
          name: column.name,
          element: elementIn(column),
          isList: isList(column),
        })));
        for (;;) {
          const { value: block, done } = await reading(path, () => blocks.next());
          if (done) return;
          yield await reading(path, async () => {
            const input: Record<string, ColumnInput> = {};
            for (const column of wanted.columns) {
              input[column.name] = inputOf(column, block.columns[column.name]!);
            }
            return Table.from(wanted, input);
          });
        }
      },
    };
  },
};

/** What is made of a file. @throws {SyntaxError} When that fails: names the file. */
async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error) || cause.message.startsWith("Cannot read")) throw cause;
    if (cause instanceof RangeError && cause.message.startsWith("Unknown column")) throw cause;
    throw new SyntaxError(`Cannot read "${path}": ${cause.message}`, { cause });
  }
}

const isList = ({ kind }: Column): boolean => kind === "fixed" || kind === "ragged";

function inputOf({ kind }: Column, data: TypedArray | Ragged): ColumnInput {
  if (kind !== "fixed" || !("offsets" in data)) return data;
  const { offsets, values } = data;
  return Array.from({ length: offsets.length - 1 }, (_, i) => values.subarray(offsets[i], offsets[i + 1]));
}

/** What the file's columns were before they were written. @throws {SyntaxError} When they cannot have been that. */
function ownSchema(file: ParquetFile, text: string): Schema {
  const schema = toSchema(JSON.parse(text));
  for (const column of schema.columns) {
    const found = file.columns.find(({ name }) => name === column.name);
    if (found?.element === elementIn(column) && found.isList === isList(column)) continue;
    throw new SyntaxError(
      `column "${column.name}" is not ${column.type}, which it was when the file was written`,
    );
  }
  return schema;
}

/** The types that another program's columns have here. */
function foreignSchema(file: ParquetFile, columns: readonly string[] | undefined): Schema {
  const types: Record<string, ColumnType> = {};
  for (const { name, element, isList, type } of file.columns) {
    if (element) {
      types[name] = isList ? `${element}[]` : element === "i64" && TIME_NAMES.has(name) ? "time" : element;
    } else if (!columns || columns.includes(name)) {
      throw new SyntaxError(
        `column "${name}" (${type}) is of a type that no column has here; name the columns to take`,
      );
    }
  }
  return toSchema(types as ColumnTypes);
}
