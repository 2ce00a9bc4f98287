// Writes Parquet: columns as they lie in memory become pages; hyparquet-writer has the encodings and the file around them.
import zlib from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import type { Column, Element, Schema, TypedArray } from "../data/schema.ts";
import type { Table } from "../data/table.ts";
import { elementIn, flatOf, startsOf } from "./_values.ts";
import type { OutFile, TableWriter } from "./types.ts";

/** Values (rows, or samples) of a row group, at most: memory is some times as many bytes. */
const GROUP_VALUES = 2 ** 20;
const REQUIRED = { repetition_type: "REQUIRED" } as const;
/** Faster levels are larger, slower ones hardly smaller: what is delta-encoded has little left. */
const ZSTD = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

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

const isList = ({ kind }: Column): boolean => kind === "fixed" || kind === "ragged";

function elementsOf(column: Column): object[] {
  const leaf = leafOf(elementIn(column));
  const { name } = column;
  if (!isList(column)) return [{ name, ...leaf, ...REQUIRED }];
  return [
    { name, converted_type: "LIST", num_children: 1, ...REQUIRED },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", ...leaf, ...REQUIRED },
  ];
}

/** Levels of one bit as runs of equal ones. */
class Levels {
  readonly bytes: ByteWriter = new ByteWriter();
  #value = 0;
  #count = 0;

  add(value: 0 | 1, count: number): void {
    if (count === 0) return;
    if (value !== this.#value) this.end();
    this.#value = value;
    this.#count += count;
  }

  end(): void {
    if (this.#count === 0) return;
    this.bytes.appendVarInt(this.#count << 1);
    this.bytes.appendUint8(this.#value);
    this.#count = 0;
  }
}

/** Where the lists of rows begin (0) and go on (1), and which of them have values (1): a list without any counts as one. */
function levelsOf(
  rows: number,
  lengthOf: (i: number) => number,
): { again: Levels; there: Levels; count: number } {
  const again = new Levels(), there = new Levels();
  let count = 0;
  for (let i = 0; i < rows; i++) {
    const length = lengthOf(i);
    again.add(0, 1);
    again.add(1, Math.max(0, length - 1));
    there.add(length > 0 ? 1 : 0, Math.max(1, length));
    count += Math.max(1, length);
  }
  again.end();
  there.end();
  return { again, there, count };
}

interface Encoded {
  readonly encoding: "PLAIN" | "DELTA_BINARY_PACKED";
  readonly bytes: Uint8Array;
}

/** Numbers of up to 32 bits as what they differ by, others as they are. */
function encode(element: Element, flat: TypedArray): Encoded {
  if (element === "bool") return { encoding: "PLAIN", bytes: bitsOf(flat as Uint8Array) };
  if (leafOf(element).type !== "INT32") {
    return { encoding: "PLAIN", bytes: new Uint8Array(flat.buffer, flat.byteOffset, flat.byteLength) };
  }
  const values = flat.BYTES_PER_ELEMENT === 4
    ? new Int32Array(flat.buffer, flat.byteOffset, flat.length)
    : Int32Array.from(flat as Uint16Array);
  const out = new ByteWriter(64 + 2 * values.length);
  deltaBinaryPack(out as never, values as never, "INT32");
  return { encoding: "DELTA_BINARY_PACKED", bytes: out.getBytes() };
}

function bitsOf(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i] !== 0) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** Least and greatest value of a column, where readers compare them as they are told. */
function statisticsOf(table: Table, column: Column, flat: TypedArray): object | undefined {
  const { element, kind } = column;
  // Unsigned ones would be told with a sign.
  if (isList(column) || element.startsWith("u") || element === "bool") return undefined;
  const values = kind === "time" ? table.columns[column.name] as Float64Array : flat;
  let least = values[0]!, most = least, found = false;
  for (let i = 0; i < table.length; i++) {
    const value = values[i]!;
    if (value !== value) continue; // NaN is no bound
    if (!found || value < least) least = value;
    if (!found || value > most) most = value;
    found = true;
  }
  if (!found) return undefined;
  if (kind === "time") {
    const absolute = (offset: number | bigint) => table.t0 + BigInt(offset);
    return { min_value: absolute(least), max_value: absolute(most), null_count: 0n };
  }
  // Zeros of either sign lie within both bounds.
  return { min_value: least === 0 ? -0 : least, max_value: most === 0 ? 0 : most, null_count: 0n };
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

/**
 * Start a file.
 *
 * @param keys What else is said in it.
 */
export function parquetWriter(
  out: OutFile,
  schema: Schema,
  keys: { readonly key: string; readonly value: string }[],
): TableWriter {
  const head = new ByteWriter();
  const elements = [
    { name: "root", num_children: schema.columns.length },
    ...schema.columns.flatMap(elementsOf),
  ];
  const file = new ParquetWriter({
    writer: head as never,
    schema: elements as ConstructorParameters<typeof ParquetWriter>[0]["schema"],
    codec: "ZSTD",
    kvMetadata: keys,
  });
  /** Write what is in front of larger parts. */
  const flush = async () => {
    await out.write(head.getBytes().slice());
    head.index = 0;
  };
  const writeColumn = async (table: Table, column: Column) => {
    const flat = flatOf(table, column), { encoding, bytes } = encode(elementIn(column), flat);
    const starts = startsOf(table, column), width = column.kind === "fixed" ? table.width(column.name) : 1;
    const levels = isList(column)
      ? levelsOf(table.length, starts ? (i) => starts[i + 1]! - starts[i]! : () => width)
      : undefined;
    const [again, there] = [levels?.again, levels?.there].map((one) =>
      one?.bytes.getBytes() ?? new Uint8Array()
    );
    const count = levels?.count ?? table.length, leveled = again!.length + there!.length;
    const packed = zlib.zstdCompressSync(bytes, ZSTD);
    const from = head.offset;
    writePageHeader(head as never, {
      type: "DATA_PAGE_V2",
      uncompressed_page_size: leveled + bytes.length,
      compressed_page_size: leveled + packed.length,
      crc: [again!, there!, packed].reduce((crc, bytes) => zlib.crc32(bytes, crc), 0) | 0,
      data_page_header_v2: {
        num_values: count,
        num_nulls: levels ? count - flat.length : 0,
        num_rows: table.length,
        encoding,
        repetition_levels_byte_length: again!.length,
        definition_levels_byte_length: there!.length,
        is_compressed: true,
      },
    });
    const headBytes = head.offset - from;
    head.appendBytes(again!);
    head.appendBytes(there!);
    await flush();
    await out.write(packed);
    head.offset += packed.length;
    return {
      meta_data: {
        type: leafOf(elementIn(column)).type,
        encodings: ["RLE", encoding],
        path_in_schema: isList(column) ? [column.name, "list", "element"] : [column.name],
        codec: "ZSTD",
        num_values: BigInt(count),
        total_uncompressed_size: BigInt(headBytes + leveled + bytes.length),
        total_compressed_size: BigInt(head.offset - from),
        data_page_offset: BigInt(from),
        statistics: statisticsOf(table, column, flat),
      },
      file_offset: BigInt(from),
    };
  };
  return {
    async write(table) {
      const most = groupRows(table);
      for (let from = 0; from < table.length; from += most) {
        using part = table.slice(from, Math.min(table.length, from + most));
        const columns = [], start = head.offset;
        for (const column of schema.columns) columns.push(await writeColumn(part, column));
        const bytes = columns.reduce((sum, { meta_data }) => sum + meta_data.total_uncompressed_size, 0n);
        file.row_groups.push({
          columns,
          num_rows: BigInt(part.length),
          total_byte_size: bytes,
          total_compressed_size: BigInt(head.offset - start),
        } as never);
        file.num_rows += BigInt(part.length);
      }
    },
    async finish() {
      await file.finish();
      await flush();
    },
    close: async () => {},
  };
}
