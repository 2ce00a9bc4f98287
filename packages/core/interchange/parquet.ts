// Parquet: written and read a row group at a time, zstd; hyparquet knows the encodings.
import zlib from "node:zlib";
import type { ColumnType, ColumnTypes, Element, Schema } from "../data/schema.ts";
import { schema as toSchema } from "../data/schema.ts";
import type { ColumnInput } from "../data/table.ts";
import { Table } from "../data/table.ts";
import { Input } from "./_files.ts";
import { chosen, TIME_NAMES } from "./_values.ts";
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
    const { parquetMetadataAsync, parquetSchema } = await import("hyparquet");
    const { chunkOf, decodeColumn, placeOf } = await import("./_parquet_column.ts");
    const { compressors } = await import("hyparquet-compressors");
    // node's zstd is many times faster than the one in hyparquet-compressors.
    const codecs = {
      ...compressors,
      ZSTD: (bytes: Uint8Array, size: number) =>
        size === 0 ? bytes.subarray(0, 0) : zlib.zstdDecompressSync(bytes, { maxOutputLength: size }),
    };
    const reading = async <T>(
      work: (
        file: { byteLength: number; slice(from: number, to?: number): Promise<ArrayBuffer> },
      ) => Promise<T>,
    ): Promise<T> => {
      using input = await Input.open(path);
      const slice = async (from: number, to = input.size) => {
        const start = from < 0 ? input.size + from : from;
        return (await input.read(start, (to < 0 ? input.size + to : to) - start)).buffer;
      };
      try {
        return await work({ byteLength: input.size, slice });
      } catch (cause) {
        if (cause instanceof SyntaxError && cause.message.startsWith("Cannot read")) throw cause;
        throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}`, { cause });
      }
    };
    const metadata = await reading((file) => parquetMetadataAsync(file));
    const tree = await reading(() => Promise.resolve(parquetSchema(metadata)));
    const own = metadata.key_value_metadata?.find(({ key }) => key === KEY)?.value;
    const all = schema ??
      (own === undefined
        ? foreignSchema(path, metadata.schema as unknown as Node[], columns)
        : toSchema(JSON.parse(own)));
    const wanted = chosen(all, columns);
    return {
      schema: wanted,
      async *tables() {
        let first = 0;
        // A row group at a time, a column of it after the other: a part of one would be unpacked with all of it.
        for (const group of metadata.row_groups) {
          const rows = Number(group.num_rows);
          if (rows === 0) continue;
          yield await reading(async (file) => {
            const input: Record<string, ColumnInput> = {};
            for (const column of wanted.columns) {
              const chunk = chunkOf(group, tree, column, rows, first);
              input[column.name] = decodeColumn(chunk, await file.slice(...placeOf(chunk)), codecs);
            }
            return Table.from(wanted, input);
          });
          first += rows;
        }
      },
    };
  },
};

interface Node {
  readonly name: string;
  readonly type?: string;
  readonly converted_type?: string;
  readonly num_children?: number;
}

/** The types that another program's columns have here. */
function foreignSchema(path: string, nodes: readonly Node[], columns: readonly string[] | undefined): Schema {
  const types: Record<string, ColumnType> = {};
  for (let k = 1; k < nodes.length;) {
    const node = nodes[k++]!;
    let leaf = node, list = false;
    if (node.num_children) {
      const item = nodes[k], value = nodes[k + 1];
      list = node.converted_type === "LIST" && node.num_children === 1 && item?.num_children === 1 &&
        !value?.num_children;
      if (list) {
        leaf = value!;
        k += 2;
      } else k = behind(nodes, k, node.num_children);
    }
    const element = node.num_children && !list ? undefined : elementOf(leaf);
    if (!element) {
      if (columns && !columns.includes(node.name)) continue;
      throw new SyntaxError(
        `Cannot read "${path}": column "${node.name}" (${
          leaf.converted_type ?? leaf.type ?? "nested"
        }) is of a type that no column has here; name the columns to take`,
      );
    }
    types[node.name] = list
      ? `${element}[]`
      : element === "i64" && TIME_NAMES.has(node.name)
      ? "time"
      : element;
  }
  return toSchema(types as ColumnTypes);
}

function behind(nodes: readonly Node[], from: number, count: number): number {
  let k = from;
  for (let i = 0; i < count; i++) k = behind(nodes, k + 1, nodes[k]?.num_children ?? 0);
  return k;
}

function elementOf({ type, converted_type }: Node): Element | undefined {
  const sized = /^(U?)INT_(8|16|32|64)$/.exec(converted_type ?? "");
  if (sized) return `${sized[1] ? "u" : "i"}${sized[2]}` as Element;
  if (converted_type) return undefined;
  return ({ INT32: "i32", INT64: "i64", FLOAT: "f32", DOUBLE: "f64", BOOLEAN: "bool" } as Record<
    string,
    Element
  >)[type ?? ""];
}
