// A column of a Parquet row group: hyparquet knows the encodings of pages, the rows are put together here. Its own way makes an array
// of numbers of every row, some ten times the bytes of the samples.
import type { ColumnMetaData, RowGroup, SchemaTree } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { convert, convertWithDictionary, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { getTreePath } from "hyparquet/src/schema.js";
import { arrayOver, type Column, type TypedArray } from "../data/schema.ts";
import type { ColumnInput } from "../data/table.ts";
import { elementIn } from "./_values.ts";

type Decoder = Parameters<typeof convert>[1];
type Values = Parameters<typeof convert>[0];

/** Unpacks the bytes of a page, by the name of its codec. */
export type Codecs = Readonly<Record<string, (bytes: Uint8Array, size: number) => Uint8Array>>;

/** Where a column lies and what it is. */
export interface ColumnChunk {
  /** What the file says of it. */
  readonly meta: ColumnMetaData;
  /** From the root to its numbers. */
  readonly path: readonly SchemaTree[];
  /** What is to become of it. */
  readonly column: Column;
  /** Rows of its group. */
  readonly rows: number;
  /** Number of the first in the file, for messages. */
  readonly first: number;
}

/** The only column of that name. @throws {SyntaxError} When the group has no such column, or several in one. */
export function chunkOf(
  group: RowGroup,
  tree: SchemaTree,
  column: Column,
  rows: number,
  first: number,
): ColumnChunk {
  const { name } = column,
    [chunk, ...more] = group.columns.filter(({ meta_data }) => meta_data?.path_in_schema[0] === name);
  const meta = chunk?.meta_data;
  if (!meta) throw new SyntaxError(`it has no column "${name}"`);
  if (more.length > 0) throw new SyntaxError(`column "${name}" has ${1 + more.length} columns in it`);
  if (chunk.file_path) throw new SyntaxError(`column "${name}" lies in another file, "${chunk.file_path}"`);
  return { meta, path: getTreePath(tree, meta.path_in_schema), column, rows, first };
}

/** First byte of the column and the one behind the last. */
export function placeOf({ meta }: ColumnChunk): readonly [from: number, to: number] {
  const data = Number(meta.data_page_offset), dictionary = Number(meta.dictionary_page_offset ?? 0);
  const from = dictionary > 0 && dictionary < data ? dictionary : data;
  return [from, from + Number(meta.total_compressed_size)];
}

/**
 * The values of its rows. Missing real numbers are NaN. O(values).
 *
 * @param bytes From the first to the last byte of {@linkcode placeOf}.
 * @throws {SyntaxError} On other missing values, and lists in lists: names the column.
 * @throws {Error} On damage.
 */
export function decodeColumn(chunk: ColumnChunk, bytes: ArrayBuffer, compressors: Codecs): ColumnInput {
  const { meta, path, column } = chunk, levels = levelsOf(path, column), leaf = path.at(-1)!;
  const decoder = {
    pathInSchema: meta.path_in_schema,
    parsers: DEFAULT_PARSERS,
    compressors,
    ...meta,
    element: leaf.element,
    schemaPath: [path[0], { ...leaf, element: { ...leaf.element, repetition_type: "REQUIRED" } }], // levels are read here
  } as unknown as Decoder;
  const rows = new Rows(chunk, levels);
  const reader = { view: new DataView(bytes), offset: 0 };
  let dictionary: Values | undefined;
  while (reader.offset < bytes.byteLength && !rows.isFull()) {
    const header = parquetHeader(reader);
    const { data_page_header: one, data_page_header_v2: two, dictionary_page_header: words } = header;
    const entries = (one ?? two)?.num_values ?? 0;
    if (entries > Number(meta.num_values)) throw new Error(`a page says that it has ${entries} values`);
    const packed = new Uint8Array(bytes, reader.offset, header.compressed_page_size);
    reader.offset += packed.length;
    if (two) {
      const { num_values: count, repetition_levels_byte_length, definition_levels_byte_length, encoding } =
        two;
      const again = levelsIn(readerOf(packed), count, levels.list > 0 ? 1 : 0, repetition_levels_byte_length);
      const behind = repetition_levels_byte_length + definition_levels_byte_length;
      const there = levelsIn(
        readerOf(packed.subarray(repetition_levels_byte_length)),
        count,
        levels.value,
        definition_levels_byte_length,
      );
      const num_nulls = count - presentIn(there, count, levels.value);
      const lengths = { repetition_levels_byte_length: behind, definition_levels_byte_length: 0 };
      const page = { ...header, data_page_header_v2: { ...two, num_nulls, ...lengths } };
      const { dataPage } = readDataPageV2(packed, page, decoder);
      rows.add(count, there, again, convertWithDictionary(dataPage, dictionary, encoding, decoder));
      continue;
    }
    if (!one && !words) throw new Error(`a page is of the type ${header.type}`);
    const page = decompressPage(packed, header.uncompressed_page_size, decoder.codec, decoder.compressors);
    const inPage = readerOf(page);
    if (words) {
      dictionary = convert(
        readPlain(inPage, decoder.type, words.num_values, decoder.element.type_length),
        decoder,
      );
    } else if (one) {
      const { num_values: count, encoding } = one;
      const again = levelsIn(inPage, count, levels.list > 0 ? 1 : 0);
      const there = levelsIn(inPage, count, levels.value);
      const num_values = presentIn(there, count, levels.value);
      const { dataPage } = readDataPage(page.subarray(inPage.offset), { ...one, num_values }, decoder);
      rows.add(count, there, again, convertWithDictionary(dataPage, dictionary, encoding, decoder));
    }
  }
  return rows.take();
}

const readerOf = (bytes: Uint8Array) => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** Levels of up to `most`, in so many bytes or as many as the first four say; nothing where there is only one level. */
function levelsIn(
  reader: ReturnType<typeof readerOf>,
  count: number,
  most: number,
  bytes?: number,
): Uint8Array | undefined {
  if (most === 0) return undefined;
  const levels = new Uint8Array(count);
  readRleBitPackedHybrid(reader, 32 - Math.clz32(most), levels as never, bytes);
  return levels;
}

/** How many values are there. */
function presentIn(levels: Uint8Array | undefined, count: number, value: number): number {
  if (!levels) return count;
  let present = 0;
  for (let i = 0; i < count; i++) if (levels[i] === value) present++;
  return present;
}

/** What levels mean: of a value that is there, of a list with something in it; 0 where there is no list. */
interface Levels {
  readonly value: number;
  readonly list: number;
}

function levelsOf(path: readonly SchemaTree[], { name, kind }: Column): Levels {
  let value = 0, list = 0;
  for (const { element: { repetition_type } } of path.slice(1)) {
    if (repetition_type !== "REQUIRED") value++;
    if (repetition_type !== "REPEATED") continue;
    if (list > 0) throw new SyntaxError(`column "${name}" has lists in its lists`);
    list = value;
  }
  const wanted = kind === "ragged" || kind === "fixed";
  if (wanted !== list > 0) {
    throw new SyntaxError(
      `column "${name}" has ${list > 0 ? "lists" : "single values"}, which is not ${kind}`,
    );
  }
  return { value, list };
}

/** Rows that are put together page by page. */
class Rows {
  readonly #chunk: ColumnChunk;
  readonly #levels: Levels;
  readonly #isReal: boolean;
  readonly #parts: TypedArray[] = [];
  /** Where the values of the rows start, of lists. */
  readonly #starts: Uint32Array;
  #rows = 0;
  #values = 0;

  constructor(chunk: ColumnChunk, levels: Levels) {
    const { kind, element } = chunk.column;
    this.#chunk = chunk;
    this.#levels = levels;
    this.#isReal = kind !== "time" && (element === "f32" || element === "f64");
    this.#starts = new Uint32Array(levels.list > 0 ? chunk.rows + 1 : 0);
  }

  /** All rows are there; of lists the last one may go on. */
  isFull(): boolean {
    return this.#levels.list === 0 && this.#rows >= this.#chunk.rows;
  }

  /** Add a page of `count` entries, without levels where there is only one. */
  add(count: number, there: Uint8Array | undefined, again: Uint8Array | undefined, values: Values): void {
    const { value, list } = this.#levels;
    const missing: number[] = [];
    let found = 0;
    if (!there) this.#rows += found = count;
    else {
      for (let i = 0; i < count; i++) {
        if (!again || again[i] === 0) this.#begin(found);
        else if (this.#rows === 0) throw this.#wrong("goes on before it begins");
        const level = there[i]!;
        if (level === value) found++;
        else if (level >= list && this.#isReal) missing.push(found++);
        else if (level !== list - 1) {
          throw this.#wrong(`has no value in row ${this.#chunk.first + this.#rows - 1}`);
        }
      }
    }
    const present = found - missing.length;
    if (values.length < present) throw this.#wrong(`has ${values.length} values of ${present}`);
    this.#values += found;
    this.#parts.push(missing.length > 0 ? this.#filled(values, found, missing) : this.#typed(values, found));
  }

  #begin(found: number): void {
    if (this.#rows >= this.#chunk.rows) {
      throw this.#wrong(`has more than ${this.#chunk.rows} rows in a group`);
    }
    if (this.#levels.list > 0) this.#starts[this.#rows] = this.#values + found;
    this.#rows++;
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`column "${this.#chunk.column.name}" ${what}`);
  }

  #room(count: number): TypedArray {
    const { constructor } = arrayOver(elementIn(this.#chunk.column), new ArrayBuffer(0), 0, 0);
    return new (constructor as new (count: number) => TypedArray)(count);
  }

  #typed(values: Values, count: number): TypedArray {
    const room = this.#room(0);
    if (values.constructor === room.constructor) return (values as TypedArray).subarray(0, count);
    const out = this.#room(count), isBig = out instanceof BigInt64Array || out instanceof BigUint64Array;
    const from = values as ArrayLike<number | bigint>, to = out as unknown as (number | bigint)[];
    if (isBig) { for (let i = 0; i < count; i++) to[i] = BigInt(from[i]!); }
    else if (ArrayBuffer.isView(values) && typeof from[0] === "number") {
      (out as Float64Array).set((values as Float64Array).subarray(0, count));
    } else for (let i = 0; i < count; i++) to[i] = Number(from[i]);
    return out;
  }

  /** With NaN where a value is missing. */
  #filled(values: Values, count: number, missing: readonly number[]): TypedArray {
    const out = this.#room(count) as Float64Array;
    for (let i = 0, from = 0, next = 0; i < count; i++) {
      if (missing[next] === i) {
        out[i] = NaN;
        next++;
      } else out[i] = Number(values[from++]);
    }
    return out;
  }

  /** All rows. */
  take(): ColumnInput {
    const { rows, column } = this.#chunk, starts = this.#starts;
    if (this.#rows !== rows) throw this.#wrong(`has ${this.#rows} of ${rows} rows of its group`);
    const values = this.#parts.length === 1 ? this.#parts[0]! : this.#room(this.#values);
    if (this.#parts.length !== 1) {
      let at = 0;
      for (const part of this.#parts) {
        (values as Float64Array).set(part as Float64Array, at);
        at += part.length;
      }
    }
    if (this.#levels.list === 0) return values.length === rows ? values : values.subarray(0, rows);
    starts[rows] = this.#values;
    if (column.kind === "ragged") return { offsets: starts, values };
    return Array.from({ length: rows }, (_, i) => values.subarray(starts[i], starts[i + 1]));
  }
}
