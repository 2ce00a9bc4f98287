/**
 * Parquet files, read page by page into typed arrays: nothing is made for a row.
 *
 * hyparquet knows the footer and some encodings; what a file says of itself is checked before it is believed, so that damage is an
 * error and not an endless loop or a full memory.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { exportRows } from "@millrace/core/export-rows";
 * import { ParquetFile } from "@millrace/core/parquet-file";
 * import { schema } from "@millrace/core/schema";
 * import { Table } from "@millrace/core/table";
 *
 * const path = await Deno.makeTempFile({ suffix: ".parquet" });
 * using table = Table.from(schema({ time: "time", wave: "u16[]" }), { time: [5n, 7n], wave: [[1, 2], [3]] });
 * await exportRows([table], table.schema, path);
 * const bytes = await Deno.readFile(path);
 * await Deno.remove(path);
 * const file = await ParquetFile.open((at, length) => bytes.subarray(at, at + length), bytes.length);
 * assert.deepEqual(file.columns.map(({ name, element, isList }) => [name, element, isList]), [
 *   ["time", "i64", false],
 *   ["wave", "u16", true],
 * ]);
 * for await (const { rows, columns } of file.blocks([{ name: "wave", element: "u16", isList: true }])) {
 *   assert.equal(rows, 2);
 *   assert.deepEqual(columns.wave, { values: new Uint16Array([1, 2, 3]), offsets: new Uint32Array([0, 2, 3]) });
 * }
 * ```
 * @module
 */
import type { SchemaElement } from "hyparquet";
import type { Element, Ragged, TypedArray } from "../data/schema.ts";
import type { ReadBytes } from "../store/_arrow_batch.ts";
import { ColumnReader, type Wanted } from "./_parquet_column.ts";
import { type Footer, type Leaf, readFooter } from "./_parquet_footer.ts";

export type { Wanted } from "./_parquet_column.ts";

const VALUES = 2 ** 20;
/** Most rows at once, where there are no lists. */
const ROWS = 2 ** 16;

/** A column of a file. */
export interface ParquetColumn {
  /** Its name. */
  readonly name: string;
  /** Its numbers' type; nothing where it has other ones, texts or columns of its own. */
  readonly element: Element | undefined;
  /** Whether a row has several numbers. */
  readonly isList: boolean;
  /** Unit of its times, where they are timestamps: they are read as `i64`. */
  readonly timestamp: "MILLIS" | "MICROS" | "NANOS" | undefined;
  /** Its type in words, for messages. */
  readonly type: string;
}

/** Which rows are read. */
export interface BlockOptions {
  /** Number of the first. Row groups before it are not read. Default 0. */
  readonly from?: number;
  /** Values of a list that are decoded at once, as a target: a row may have more. Default 2^20. */
  readonly values?: number;
}

/** Some rows. */
export interface ParquetBlock {
  /** Number of the first. */
  readonly first: number;
  /** How many. */
  readonly rows: number;
  /** Values of each column; of lists with where those of each row start. They belong to the receiver. */
  readonly columns: Readonly<Record<string, TypedArray | Ragged>>;
  /** Bytes of memory that were taken for them, about. */
  readonly bytes: number;
  /** Bytes of the file up to them, about. */
  readonly received: number;
}

/** A file. Errors do not name it: that is the caller's to do. */
export class ParquetFile {
  readonly #read: ReadBytes;
  readonly #footer: Footer;
  /** Its columns, in order. */
  readonly columns: readonly ParquetColumn[];
  /** How many rows there are. */
  readonly rows: number;

  private constructor(read: ReadBytes, footer: Footer) {
    this.#read = read;
    this.#footer = footer;
    this.rows = footer.groups.reduce((sum, { rows }) => sum + rows, 0);
    const names = new Set(footer.leaves.map(({ path }) => path[0]!));
    this.columns = [...names].map((name) => columnOf(name, this.#leaves(name)));
  }

  /**
   * Read what a file says of itself.
   *
   * @param read Gives bytes of it.
   * @param size How many it has.
   * @throws {SyntaxError} When it is cut or damaged.
   */
  static async open(read: ReadBytes, size: number): Promise<ParquetFile> {
    return new ParquetFile(read, await readFooter(read, size));
  }

  /** What a program has written into the file beside its rows. */
  text(key: string): string | undefined {
    return this.#footer.texts.get(key);
  }

  /**
   * Rows of these columns, in blocks. Missing real numbers are NaN.
   *
   * @throws {SyntaxError} While iterating, naming the column: on one that there is not or that has lists where none are wanted, on other
   * missing values, on numbers that the wanted type has not.
   * @throws {Error} On damage.
   */
  async *blocks(
    wanted: readonly Wanted[],
    { from = 0, values = VALUES }: BlockOptions = {},
  ): AsyncGenerator<ParquetBlock, void, undefined> {
    const { leaves, groups } = this.#footer, own = wanted.map(({ name }) => this.#leaf(name));
    const lists = wanted.map(({ isList }, k) => isList ? k : -1).filter((k) => k >= 0);
    const singles = wanted.map(({ isList }, k) => isList ? -1 : k).filter((k) => k >= 0);
    let first = 0;
    for (const { rows, chunks } of groups) {
      const end = first + rows;
      if (rows === 0 || end <= from) {
        first = end;
        continue;
      }
      const readers = wanted.map((column, k) =>
        new ColumnReader(column, this.#read, own[k]!, chunks[leaves.indexOf(own[k]!)]!, rows, first)
      );
      const begin = Math.min(...chunks.map(({ from }) => from));
      while (first < end) {
        // Rows before the first one are passed over.
        let count = Math.min(end - first, first < from ? from - first : lists.length > 0 ? Infinity : ROWS);
        for (const k of lists) count = Math.min(count, await readers[k]!.ready(count, values));
        for (const k of singles) await readers[k]!.ready(count, Infinity);
        const columns = Object.fromEntries(wanted.map(({ name }, k) => [name, readers[k]!.take(count)]));
        const bytes = readers.reduce((sum, reader) => sum + reader.bytes, 0);
        const received = begin +
          readers.reduce((sum, { at }, k) => sum + at - chunks[leaves.indexOf(own[k]!)]!.from, 0);
        if (first >= from) yield { first, rows: count, columns, bytes, received };
        first += count;
      }
    }
  }

  #leaves(name: string): Leaf[] {
    return this.#footer.leaves.filter(({ path }) => path[0] === name);
  }

  #leaf(name: string): Leaf {
    const [leaf, ...more] = this.#leaves(name);
    if (!leaf) throw new SyntaxError(`it has no column "${name}"`);
    if (more.length > 0) throw new SyntaxError(`column "${name}" has ${1 + more.length} columns in it`);
    return leaf;
  }
}

function columnOf(name: string, leaves: readonly Leaf[]): ParquetColumn {
  const [{ elements }, ...more] = leaves as [Leaf], leaf = elements.at(-1)!;
  const lists = elements.filter(({ repetition_type }) => repetition_type === "REPEATED").length;
  const isPlain = more.length === 0 &&
    (lists === 0 ? elements.length === 1 : lists === 1 && elements.length <= 3);
  const { type, converted_type, logical_type } = leaf, timestamp = timestampOf(leaf);
  return {
    name,
    element: isPlain ? elementOf(leaf) : undefined,
    isList: lists > 0,
    timestamp: isPlain ? timestamp : undefined,
    type: isPlain ? logical_type?.type ?? converted_type ?? type! : "nested",
  };
}

function elementOf({ type, converted_type, logical_type }: SchemaElement): Element | undefined {
  if (logical_type?.type === "INTEGER") {
    return `${logical_type.isSigned ? "i" : "u"}${logical_type.bitWidth}` as Element;
  }
  const sized = /^(U?)INT_(8|16|32|64)$/.exec(converted_type ?? "");
  if (sized) return `${sized[1] ? "u" : "i"}${sized[2]}` as Element;
  if (converted_type || logical_type) return undefined;
  return ({ INT32: "i32", INT64: "i64", FLOAT: "f32", DOUBLE: "f64", BOOLEAN: "bool" } as Record<
    string,
    Element
  >)[type!];
}

function timestampOf({ converted_type, logical_type }: SchemaElement): ParquetColumn["timestamp"] {
  if (logical_type?.type === "TIMESTAMP") return logical_type.unit as ParquetColumn["timestamp"];
  return /^TIMESTAMP_(MILLIS|MICROS)$/.exec(converted_type ?? "")?.[1] as ParquetColumn["timestamp"];
}
