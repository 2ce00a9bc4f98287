// A page of a Parquet column: its header is checked, its bytes are unpacked and decoded into levels and numbers.
import zlib from "node:zlib";
import type { CompressionCodec, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { decompressLz4, decompressLz4Raw, decompressSnappy } from "hyparquet-compressors";
import type { TypedArray } from "../data/schema.ts";
import type { Leaf, LeafChunk } from "./_parquet_footer.ts";
import { RunReader } from "./_parquet_runs.ts";
import { endOfStruct } from "./_parquet_thrift.ts";

/** Types of numbers, as arrays. */
const ARRAYS = {
  INT32: Int32Array,
  INT64: BigInt64Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
} as const;
/** Encodings that are undone for all values of a page at once. */
const DECODED: ReadonlySet<string> = new Set(["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]);
/** Values of a block of deltas, at most. */
const LARGEST_BLOCK = 2 ** 20;

type Convert = (values: TypedArray) => TypedArray;
type Unpack = (bytes: Uint8Array, size: number) => Uint8Array;
const none = new Uint8Array(0);
const limited =
  (unpack: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array): Unpack =>
  (bytes, size) => size === 0 ? none : unpack(bytes, { maxOutputLength: size });
// node's are many times faster than those of hyparquet-compressors.
const CODECS: Readonly<Record<CompressionCodec, Unpack | undefined>> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY: decompressSnappy,
  GZIP: limited(zlib.gunzipSync),
  BROTLI: limited(zlib.brotliDecompressSync),
  ZSTD: limited(zlib.zstdDecompressSync),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
  LZO: undefined,
};

/** What levels mean: of a value that is there, of a list with something in it; 0 where there is no list. */
export interface Levels {
  readonly value: number;
  readonly list: number;
}

/** A page that holds values. */
export interface Page {
  /** Entries: values that are there and places where none is. */
  readonly count: number;
  /** Level of each; nothing where there is only one. */
  readonly there: RunReader | undefined;
  /** 0 where a row begins; nothing where each entry is a row. */
  readonly again: RunReader | undefined;
  /** The next of the values that are there; truths are 0 and 1. Valid until they are asked for again. */
  readonly values: (count: number) => TypedArray;
  /** The row that it ends in is complete. */
  readonly isWhole: boolean;
  /** Bytes of memory that it takes. */
  readonly bytes: number;
}

/** A header and how many bytes it has. */
export interface Header {
  readonly page: PageHeader;
  readonly bytes: number;
}

/**
 * The header at the start of `bytes`.
 *
 * @param left Bytes of the column from there on.
 * @throws {RangeError} When it is none, or its page is longer than the column.
 */
export function headerIn(bytes: Uint8Array, left: number, { meta }: LeafChunk): Header {
  const end = endOfStruct(bytes, 0), view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const page = parquetHeader({ view, offset: 0 });
  const { uncompressed_page_size: size, compressed_page_size: packed } = page;
  const most = Number(meta.total_uncompressed_size);
  if (!isWithin(packed, left - end)) {
    throw new RangeError(`a page says that it has ${packed} bytes, of ${left - end} that are left`);
  }
  if (!isWithin(size, most)) {
    throw new RangeError(`a page says that it has ${size} bytes unpacked, its column has ${most}`);
  }
  return { page, bytes: end };
}

const isWithin = (value: unknown, most: number) =>
  Number.isInteger(value) && value as number >= 0 && value as number <= most;

/** Decodes the pages of a column, one after the other: the first may be their dictionary. */
export class PageDecoder {
  readonly #chunk: LeafChunk;
  readonly #type: string;
  readonly #levels: Levels;
  readonly #unpack: Unpack;
  readonly #convert: Convert;
  #dictionary: TypedArray | undefined;

  /**
   * @param convert Makes numbers of the file's type what is wanted.
   * @throws {RangeError} On what is packed in a way that is not known.
   */
  constructor(leaf: Leaf, chunk: LeafChunk, levels: Levels, convert: Convert) {
    const { codec } = chunk.meta, unpack = CODECS[codec];
    if (!unpack) throw new RangeError(`it is packed with ${codec}, which is not supported`);
    this.#chunk = chunk;
    this.#type = leaf.elements.at(-1)!.type!;
    if (this.#type !== "BOOLEAN" && !(this.#type in ARRAYS)) {
      throw new RangeError(`it is of type ${this.#type}, not of numbers`);
    }
    this.#levels = levels;
    this.#unpack = unpack;
    this.#convert = convert;
  }

  /**
   * The values of a page; nothing where it is none of values.
   *
   * @param most Entries of the column that are left.
   * @throws {Error} On damage.
   */
  decode(header: PageHeader, bytes: Uint8Array, most: number): Page | undefined {
    const { data_page_header: one, data_page_header_v2: two, dictionary_page_header: words, crc } = header;
    if (crc !== undefined && crc !== (zlib.crc32(bytes) | 0)) {
      throw new RangeError("a page has another checksum");
    }
    const count = (one ?? two ?? words)?.num_values;
    if (header.type === "INDEX_PAGE") return undefined;
    if (!isWithin(count, words ? header.uncompressed_page_size * 8 : most)) {
      throw new RangeError(`a page says that it has ${count} values, ${most} are left`);
    }
    if (header.type === "DICTIONARY_PAGE" && words) {
      if (this.#dictionary) throw new RangeError("it has two dictionaries");
      this.#dictionary = this.#convert(
        this.#plain(this.#unpacked(bytes, header.uncompressed_page_size), count!),
      );
      return undefined;
    }
    if (header.type === "DATA_PAGE" && one) return this.#first(header, bytes, count!);
    if (header.type === "DATA_PAGE_V2" && two) return this.#second(header, bytes, count!);
    throw new RangeError(`a page is of the type ${header.type}`);
  }

  #first(header: PageHeader, bytes: Uint8Array, count: number): Page {
    const { list, value } = this.#levels;
    const { encoding, repetition_level_encoding, definition_level_encoding } = header.data_page_header!;
    let rest = this.#unpacked(bytes, header.uncompressed_page_size);
    const levels = (most: number, encoding: string) => {
      if (most === 0) return undefined;
      if (encoding !== "RLE") {
        throw new RangeError(`levels are encoded as ${encoding}, which is not supported`);
      }
      const [own, behind] = withLength(rest);
      rest = behind;
      return own;
    };
    const again = levels(list > 0 ? 1 : 0, repetition_level_encoding);
    const there = levels(value, definition_level_encoding);
    return this.#page(count, again, there, rest, encoding, list === 0);
  }

  #second(header: PageHeader, bytes: Uint8Array, count: number): Page {
    const { list, value } = this.#levels;
    const {
      encoding,
      repetition_levels_byte_length: again,
      definition_levels_byte_length: there,
      is_compressed,
    } = header.data_page_header_v2!;
    if (!isWithin(again, bytes.length) || !isWithin(there, bytes.length - again)) {
      throw new RangeError(`a page says that its levels have ${again} and ${there} bytes of ${bytes.length}`);
    }
    if ((list === 0 && again > 0) || (value === 0 && there > 0)) {
      throw new RangeError("a page has levels where its column has none");
    }
    const packed = bytes.subarray(again + there), size = header.uncompressed_page_size - again - there;
    const rest = is_compressed === false ? packed : this.#unpacked(packed, size);
    return this.#page(
      count,
      list > 0 ? bytes.subarray(0, again) : undefined,
      value > 0 ? bytes.subarray(again, again + there) : undefined,
      rest,
      encoding,
      true,
    );
  }

  #page(
    count: number,
    again: Uint8Array | undefined,
    there: Uint8Array | undefined,
    rest: Uint8Array,
    encoding: string,
    isWhole: boolean,
  ): Page {
    const { value } = this.#levels, width = 32 - Math.clz32(value);
    const present = there ? presentIn(new RunReader(there, 0, width), count, value) : count;
    return {
      count,
      again: again && new RunReader(again, 0, 1),
      there: there && new RunReader(there, 0, width),
      values: this.#values(rest, encoding, present),
      isWhole,
      bytes: rest.length + (DECODED.has(encoding) ? 8 * present : 0),
    };
  }

  #unpacked(bytes: Uint8Array, size: number): Uint8Array {
    const { codec } = this.#chunk.meta, unpacked = this.#unpack(bytes, size);
    if (unpacked.length === size) return unpacked;
    throw new RangeError(`a page has ${unpacked.length} bytes when ${codec} is undone, not ${size}`);
  }

  #values(bytes: Uint8Array, encoding: string, count: number): Page["values"] {
    if (count === 0) return () => none;
    if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") return this.#looked(bytes);
    const all = this.#numbers(bytes, encoding, count);
    let at = 0;
    return (count) => this.#convert(all.subarray(at, at += count));
  }

  #numbers(bytes: Uint8Array, encoding: string, count: number): TypedArray {
    const type = this.#type, isInt = type === "INT32" || type === "INT64";
    if (encoding === "PLAIN") return this.#plain(bytes, count);
    if (encoding === "RLE" && type === "BOOLEAN") {
      const truths = new Uint8Array(count);
      new RunReader(withLength(bytes)[0], 0, 1).read(truths);
      return truths;
    }
    if (encoding === "DELTA_BINARY_PACKED" && isInt) {
      const out = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      checkDeltas(bytes, count);
      deltaBinaryUnpack(readerOf(bytes), count, out);
      return out;
    }
    if (encoding === "BYTE_STREAM_SPLIT" && type !== "BOOLEAN") {
      this.#checkRoom(bytes, count);
      return byteStreamSplit(readerOf(bytes), count, type as "INT32", undefined) as TypedArray;
    }
    throw new RangeError(`its numbers are encoded as ${encoding}, which is not supported for ${type}`);
  }

  /** @throws {RangeError} When there are not as many bytes as so many values need. */
  #checkRoom(bytes: Uint8Array, count: number): void {
    const array = ARRAYS[this.#type as keyof typeof ARRAYS];
    const needed = array ? count * array.BYTES_PER_ELEMENT : Math.ceil(count / 8);
    // Where there are no levels, nothing else is in a page: more bytes are levels of a column that had them.
    if (this.#levels.value === 0 ? needed === bytes.length : needed <= bytes.length) return;
    throw new RangeError(`a page has ${bytes.length} bytes for ${count} values`);
  }

  #plain(bytes: Uint8Array, count: number): TypedArray {
    this.#checkRoom(bytes, count);
    if (this.#type === "BOOLEAN") {
      return Uint8Array.from({ length: count }, (_, k) => bytes[k >> 3]! >> (k & 7) & 1);
    }
    const array = ARRAYS[this.#type as keyof typeof ARRAYS], size = array.BYTES_PER_ELEMENT;
    const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes); // slice() of a Buffer is a view
    return new array(buffer as ArrayBuffer, byteOffset, count);
  }

  #looked(bytes: Uint8Array): Page["values"] {
    const words = this.#dictionary;
    if (!words) throw new RangeError("it has no dictionary");
    if (bytes.length === 0) throw new RangeError("a page is empty");
    const runs = new RunReader(bytes, 1, bytes[0]!);
    let places = new Uint32Array(0), out = words.subarray(0, 0);
    return (count) => {
      if (places.length !== count) {
        places = new Uint32Array(count);
        out = new (words.constructor as new (count: number) => TypedArray)(count);
      }
      runs.read(places);
      look(words as Int32Array, places, out as Int32Array);
      return out;
    };
  }
}

function look(words: Int32Array, places: Uint32Array, out: Int32Array): void {
  const count = words.length;
  let most = 0;
  for (let k = 0; k < places.length; k++) {
    const place = places[k]!;
    if (place > most) most = place;
    out[k] = words[place]!;
  }
  if (most >= count) throw new RangeError(`it names value ${most} of a dictionary of ${count}`);
}

const readerOf = (bytes: Uint8Array) => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** As many bytes as the first four say, and what is behind them. */
function withLength(bytes: Uint8Array): readonly [own: Uint8Array, behind: Uint8Array] {
  const length = bytes.length < 4 ? undefined : readerOf(bytes).view.getUint32(0, true);
  if (length === undefined || length > bytes.length - 4) {
    throw new RangeError("numbers are longer than a page");
  }
  return [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
}

/** How many values are there. @throws {RangeError} On levels that there are not. */
function presentIn(levels: RunReader, count: number, value: number): number {
  const some = new Uint8Array(Math.min(count, 2 ** 15));
  let present = 0;
  for (let left = count; left > 0; left -= some.length) {
    const part = some.subarray(0, Math.min(left, some.length));
    levels.read(part);
    for (let i = 0; i < part.length; i++) {
      if (part[i] === value) present++;
      else if (part[i]! > value) throw new RangeError(`a level is ${part[i]}, of ${value}`);
    }
  }
  return present;
}

/** The head of packed differences: with other numbers in it, undoing them has no end. */
function checkDeltas(bytes: Uint8Array, count: number): void {
  let at = 0;
  const [block, parts, values] = Array.from({ length: 3 }, () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    return value;
  }) as [number, number, number];
  const isBlock = block > 0 && block <= LARGEST_BLOCK && parts > 0 && block % (parts * 8) === 0;
  if (!isBlock || values !== count) {
    throw new RangeError(
      `a page has ${values} differences of ${count}, in blocks of ${block} in ${parts} parts`,
    );
  }
}
