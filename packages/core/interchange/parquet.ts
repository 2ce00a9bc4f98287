// Parquet through hyparquet and hyparquet-writer: a row group at a time, zstd.
import zlib from "node:zlib";
import type { ByteWriter } from "hyparquet-writer";
import type { Column, ColumnType, ColumnTypes, Element, Schema } from "../data/schema.ts";
import { schema as toSchema } from "../data/schema.ts";
import type { ColumnInput } from "../data/table.ts";
import { Table } from "../data/table.ts";
import { Input } from "./_files.ts";
import { cellsOf, chosen, elementIn, flatOf, TIME_NAMES } from "./_values.ts";
import type { Format } from "./types.ts";

const KEY = "millrace.schema";
/** Values (rows, or samples) of a row group, at most; a row group is gathered in memory. */
const GROUP_VALUES = 2 ** 20;
const REQUIRED = { repetition_type: "REQUIRED" } as const;

interface Leaf {
  readonly type: "INT32" | "INT64" | "FLOAT" | "DOUBLE" | "BOOLEAN";
  readonly converted_type?: string;
}

function leafOf(element: Element): Leaf {
  if (element === "bool") return { type: "BOOLEAN" };
  if (element === "f32") return { type: "FLOAT" };
  if (element === "f64") return { type: "DOUBLE" };
  const bits = Number(element.slice(1)), unsigned = element.startsWith("u");
  const type = bits === 64 ? "INT64" : "INT32";
  return unsigned || bits < 32 ? { type, converted_type: `${unsigned ? "UINT" : "INT"}_${bits}` } : { type };
}

function elementsOf(column: Column): object[] {
  const leaf = leafOf(elementIn(column));
  const { name } = column;
  if (column.kind === "time" || column.kind === "scalar") return [{ name, ...leaf, ...REQUIRED }];
  return [
    { name, converted_type: "LIST", num_children: 1, ...REQUIRED },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", ...leaf, ...REQUIRED },
  ];
}

/** Values as hyparquet-writer takes them. */
function dataOf(table: Table, column: Column): unknown {
  if (column.kind === "fixed" || column.kind === "ragged") {
    const cell = cellsOf(table, column);
    const bool = column.element === "bool";
    return Array.from(
      { length: table.length },
      (_, i) => Array.from(cell(i) as Uint8Array, (x) => bool ? x !== 0 : x),
    );
  }
  const flat = flatOf(table, column);
  if (column.element === "bool") return Array.from(flat as Uint8Array, (x) => x !== 0);
  // Unsigned ones of 32 bits are taken as a list alone.
  return column.element === "u32" ? Array.from(flat as Uint32Array) : flat;
}

/** Rows of a row group. */
function groupRows(table: Table): number {
  let most = 1;
  for (const { name, kind } of table.schema.columns) {
    if (kind === "fixed") most = Math.max(most, table.width(name));
    if (kind === "ragged") most = Math.max(most, table.nbytes / Math.max(1, table.length) / 2);
  }
  return Math.max(1, Math.floor(GROUP_VALUES / most));
}

/** Parquet. */
export const parquet: Format = {
  name: "parquet",
  endings: ["parquet"],
  help: "columns with types, compressed: for DuckDB, pandas, polars, Spark",
  typed: true,
  refuses: () => undefined,
  async writer(out, schema) {
    const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
    const sink = new ByteWriter() as ByteWriter & {
      index: number;
      buffer: ArrayBuffer;
      flush?: () => Promise<void>;
      finish: () => Promise<void>;
    };
    const flush = async () => {
      const bytes = new Uint8Array(sink.buffer, 0, sink.index).slice();
      sink.index = 0;
      if (bytes.length > 0) await out.write(bytes);
    };
    sink.flush = flush;
    sink.finish = flush;
    const elements = [
      { name: "root", num_children: schema.columns.length },
      ...schema.columns.flatMap(elementsOf),
    ];
    const writer = new ParquetWriter({
      writer: sink,
      schema: elements as ConstructorParameters<typeof ParquetWriter>[0]["schema"],
      codec: "ZSTD",
      compressors: { ZSTD: (bytes: Uint8Array) => zlib.zstdCompressSync(bytes) },
      kvMetadata: [{ key: KEY, value: schema.text }],
    });
    return {
      async write(table) {
        const most = groupRows(table);
        for (let from = 0; from < table.length; from += most) {
          using part = table.slice(from, Math.min(table.length, from + most));
          const columnData = schema.columns.map((column) => ({
            name: column.name,
            data: dataOf(part, column) as never,
            // The least and greatest of unsigned ones would be told with a sign.
            statistics: !column.element.startsWith("u"),
          }));
          await writer.write({ columnData, rowGroupSize: part.length });
        }
      },
      finish: async () => {
        await writer.finish();
      },
      close: async () => {},
    };
  },
  async open(path, { schema, columns }) {
    const { parquetMetadataAsync, parquetRead } = await import("hyparquet");
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
    const own = metadata.key_value_metadata?.find(({ key }) => key === KEY)?.value;
    const all = schema ??
      (own === undefined
        ? foreignSchema(path, metadata.schema as unknown as Node[], columns)
        : toSchema(JSON.parse(own)));
    const wanted = chosen(all, columns);
    return {
      schema: wanted,
      async *tables() {
        let rowEnd = 0;
        // A row group at a time: a part of one would be decompressed with all of it.
        for (const group of metadata.row_groups) {
          const rowStart = rowEnd;
          rowEnd += Number(group.num_rows);
          if (rowEnd === rowStart) continue;
          const values = new Map<string, unknown[]>(
            wanted.columns.map(({ name }) => [name, new Array(rowEnd - rowStart)]),
          );
          await reading((file) =>
            parquetRead({
              file,
              metadata,
              compressors: codecs,
              columns: wanted.columns.map(({ name }) => name),
              rowStart,
              rowEnd,
              onChunk: (
                { columnName, columnData, rowStart: from }: {
                  columnName: string;
                  columnData: ArrayLike<unknown>;
                  rowStart: number;
                },
              ) => {
                const to = values.get(columnName)!;
                for (let i = 0; i < columnData.length; i++) {
                  const at = from + i - rowStart;
                  if (at >= 0 && at < to.length) to[at] = columnData[i];
                }
              },
            } as never)
          );
          const input: Record<string, ColumnInput> = {};
          for (const column of wanted.columns) {
            input[column.name] = checked(path, column, values.get(column.name)!, rowStart);
          }
          yield Table.from(wanted, input);
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

function checked(path: string, column: Column, values: unknown[], from: number): ColumnInput {
  const real = column.kind === "scalar" && (column.element === "f32" || column.element === "f64");
  const missing = values.findIndex((value) => value === null || value === undefined);
  if (missing < 0) return values as ColumnInput;
  if (!real) {
    throw new SyntaxError(
      `Cannot read "${path}": column "${column.name}" has no value in row ${from + missing}`,
    );
  }
  return values.map((value) => value ?? NaN) as number[];
}
