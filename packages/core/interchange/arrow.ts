// Arrow IPC files with a record batch a table, in Arrow's own types.
import type * as Arrow from "apache-arrow";
import { type ColumnType, type ColumnTypes, type Schema, schema as toSchema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { batchAt, readFooter } from "../store/_arrow_batch.ts";
import { tableData } from "../store/_arrow_encode.ts";
import { fieldOf, TYPE_KEY } from "../store/_arrow_types.ts";
import { ArrowFile } from "../store/arrow.ts";
import { Input } from "./_files.ts";
import { chosen, TIME_NAMES } from "./_values.ts";
import type { Format } from "./types.ts";

/** Arrow IPC files (also called Feather, version 2). */
export const arrow: Format = {
  name: "arrow",
  endings: ["arrow", "feather", "ipc"],
  help: "columns as they lie in memory: for polars, pyarrow, R",
  typed: true,
  refuses: () => undefined,
  async writer(out, schema) {
    const arrow = await import("apache-arrow");
    const writer = new arrow.RecordBatchFileWriter();
    let fields: Arrow.Field[] | undefined;
    const parts = writer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    let written = 0;
    // What is known so far; the writer gives its parts as it has them.
    const drain = async (to: number) => {
      while (written < to) {
        const { value, done } = await parts.next();
        if (done) return;
        written += value.length;
        await out.write(value.slice());
      }
    };
    const put = (table: Table) => {
      fields ??= schema.columns.map((column) => fieldOf(arrow, column, table.width(column.name)));
      const data = tableData(arrow, table, schema, fields);
      writer.write(new arrow.RecordBatch(new arrow.Schema(fields), data));
    };
    return {
      async write(table) {
        if (table.length === 0) return;
        put(table);
        await drain((writer as unknown as { _position: number })._position);
      },
      async finish() {
        if (!fields) {
          using none = Table.allocate(schema, 0);
          put(none);
        }
        writer.finish();
        await drain(Infinity);
      },
      close: async () => {},
    };
  },
  async open(path, { schema, columns }) {
    using input = await Input.open(path);
    const footer = await readFooter((at, length) => input.read(at, length), input.size).catch((cause) => {
      throw cause instanceof SyntaxError && !cause.message.startsWith("Cannot read")
        ? new SyntaxError(`Cannot read "${path}": ${cause.message}`, { cause })
        : cause;
    });
    const wanted = chosen(schema ?? schemaOfFields(path, footer.schema.fields, columns), columns);
    return {
      schema: wanted,
      async *tables() {
        using file = await Input.open(path);
        for (let k = 0; k < footer.numRecordBatches; k++) {
          const { offset, metaDataLength, bodyLength } = footer.getRecordBatch(k)!;
          const bytes = await file.read(offset, metaDataLength + bodyLength);
          try {
            const batch = await batchAt(bytes, metaDataLength, footer.schema);
            yield new ArrowFile(`"${path}"`, wanted, batch).table();
          } catch (cause) {
            if (!(cause instanceof SyntaxError) || cause.message.startsWith("Cannot read")) throw cause;
            throw new SyntaxError(`Cannot read "${path}", record batch ${k}: ${cause.message}`, { cause });
          }
        }
      },
    };
  },
};

function schemaOfFields(
  path: string,
  fields: readonly Arrow.Field[],
  columns: readonly string[] | undefined,
): Schema {
  const types: Record<string, ColumnType> = {};
  for (const field of fields) {
    const type = field.metadata.get(TYPE_KEY) as ColumnType | undefined ?? foreignType(field);
    if (type) types[field.name] = type;
    else if (!columns || columns.includes(field.name)) {
      throw new SyntaxError(
        `Cannot read "${path}": column "${field.name}" (${field.type}) is of a type that no column has here; name the columns to take`,
      );
    }
  }
  try {
    return toSchema(types as ColumnTypes);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}

const SCALAR: Readonly<Record<string, ColumnType>> = {
  Int8: "i8",
  Int16: "i16",
  Int32: "i32",
  Int64: "i64",
  Uint8: "u8",
  Uint16: "u16",
  Uint32: "u32",
  Uint64: "u64",
  Float32: "f32",
  Float64: "f64",
  Bool: "bool",
};

function foreignType({ name, type }: Arrow.Field): ColumnType | undefined {
  const text = String(type);
  if (Object.hasOwn(SCALAR, text)) return text === "Int64" && TIME_NAMES.has(name) ? "time" : SCALAR[text];
  const [, width, element] = /^(?:FixedSizeList\[(\d+)\]|(?:Large)?List)<(\w+)>$/.exec(text) ?? [];
  if (element === undefined || !Object.hasOwn(SCALAR, element)) return undefined;
  return `${SCALAR[element]}[${width ?? ""}]` as ColumnType;
}
