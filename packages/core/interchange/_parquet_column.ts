// The rows of a Parquet column, put together page by page: nothing is made a row.
import type { Element, Ragged, TypedArray } from "../data/schema.ts";
import { arrayOver } from "../data/schema.ts";
import type { ReadBytes } from "../store/_arrow_batch.ts";
import type { Leaf, LeafChunk } from "./_parquet_footer.ts";
import { headerIn, type Levels, type Page, PageDecoder } from "./_parquet_page.ts";

/** Bytes that are read at once, at least: a header has no length, and small pages follow each other. */
const AHEAD = 2 ** 16;

/** Entries that are decoded at once: they stay in the cache. */
const WINDOW = 2 ** 15;

/** What is to become of a column. */
export interface Wanted {
  /** Its name. */
  readonly name: string;
  /** What its numbers become. */
  readonly element: Element;
  /** A row has several of them. */
  readonly isList: boolean;
}

/** A column of a row group. O(values). */
export class ColumnReader {
  readonly #wanted: Wanted;
  readonly #read: ReadBytes;
  readonly #chunk: LeafChunk;
  readonly #rows: number;
  readonly #first: number;
  readonly #levels: Levels;
  readonly #decoder: PageDecoder;
  readonly #isReal: boolean;
  readonly #isUnsigned: boolean;
  #at: number;
  /** What was read from there on. */
  #ahead: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  /** The page that is decoded, and entries that are left of it. */
  #page: Page | undefined;
  #left = 0;
  /** Entries that were decoded, and rows that were begun. */
  #entries = 0;
  #begun = 0;
  /** The last row goes on, perhaps. */
  #isOpen = false;
  // What was decoded: rows `#head` to `#end` are kept. Those before were given away and stay as they are.
  #values: TypedArray;
  #filled = 0;
  #starts: Uint32Array = new Uint32Array(1);
  #head = 0;
  #end = 0;
  /** Values that are wanted at once. */
  #most = 0;
  readonly #again = new Uint8Array(WINDOW);
  readonly #there = new Uint8Array(WINDOW);

  /**
   * @param rows Rows of its group.
   * @param first Number of the first in the file, for messages.
   * @throws {SyntaxError} When it has lists and none are wanted, or the other way round; on what is not supported.
   */
  constructor(wanted: Wanted, read: ReadBytes, leaf: Leaf, chunk: LeafChunk, rows: number, first: number) {
    this.#wanted = wanted;
    this.#read = read;
    this.#chunk = chunk;
    this.#rows = rows;
    this.#first = first;
    this.#levels = levelsOf(leaf, wanted);
    this.#decoder = new PageDecoder(leaf, chunk, this.#levels, (values) => this.#converted(values));
    this.#isReal = wanted.element === "f32" || wanted.element === "f64";
    const { converted_type, logical_type } = leaf.elements.at(-1)!;
    this.#isUnsigned = /^UINT/.test(converted_type ?? "") ||
      (logical_type?.type === "INTEGER" && !logical_type.isSigned);
    this.#at = chunk.from;
    this.#values = room(wanted.element, 0);
  }

  /** Place in the file of what was not decoded. */
  get at(): number {
    return this.#at;
  }

  /** Bytes of memory that it takes. */
  get bytes(): number {
    const page = this.#left > 0 ? this.#page!.bytes : 0;
    return this.#values.byteLength + this.#starts.byteLength + this.#ahead.byteLength + page;
  }

  /**
   * Decode until there are so many rows or values, or all of them; how many rows there are.
   *
   * @throws {Error} On damage.
   */
  async ready(rows: number, values: number): Promise<number> {
    this.#most = values;
    for (;;) {
      const isEnd = this.#left === 0 && this.#at >= this.#chunk.to, { count } = this.#chunk;
      if (isEnd && !(this.#entries === count && this.#begun === this.#rows)) {
        throw this.#wrong(
          `has ${this.#begun} of ${this.#rows} rows of its group, ${this.#entries} of ${count} values`,
        );
      }
      const kept = this.#end - this.#head, whole = kept - (this.#isOpen && !isEnd ? 1 : 0);
      const isEnough = whole >= rows || (whole > 0 && this.#filled - this.#valuesBefore() >= values);
      if (isEnough || isEnd) return whole;
      if (this.#left > 0) this.#add(this.#page!);
      else {
        this.#page = await this.#next();
        this.#left = this.#page?.count ?? 0;
      }
    }
  }

  /** The next rows, of those that are ready: views, which nobody writes to any more. */
  take(rows: number): TypedArray | Ragged {
    const from = this.#head;
    this.#head += rows;
    if (this.#levels.list === 0) return this.#values.subarray(from, from + rows);
    const offsets = this.#starts.subarray(from, from + rows + 1);
    return { values: this.#values.subarray(0, offsets[rows]), offsets };
  }

  /** Values in front of those that are kept. */
  #valuesBefore(): number {
    return this.#levels.list > 0 ? this.#starts[this.#head]! : this.#head;
  }

  async #next(): Promise<Page | undefined> {
    const left = this.#chunk.to - this.#at;
    await this.#need(Math.min(left, 256));
    let header;
    try {
      header = headerIn(this.#ahead, left, this.#chunk);
    } catch (error) {
      if (this.#ahead.length >= Math.min(left, AHEAD)) throw error;
      await this.#need(Math.min(left, AHEAD)); // it may be longer
      header = headerIn(this.#ahead, left, this.#chunk);
    }
    const { page, bytes } = header, end = bytes + page.compressed_page_size;
    await this.#need(end);
    const decoded = this.#decoder.decode(
      page,
      this.#ahead.subarray(bytes, end),
      this.#chunk.count - this.#entries,
    );
    this.#at += end;
    this.#ahead = this.#ahead.subarray(end);
    return decoded;
  }

  /** Have so many bytes. */
  async #need(count: number): Promise<void> {
    const have = this.#ahead;
    if (count <= have.length) return;
    const left = this.#chunk.to - this.#at;
    const missing = Math.min(left, Math.max(count, AHEAD)) - have.length;
    const more = await this.#read(this.#at + have.length, missing);
    if (more.length !== missing) throw new SyntaxError("it became shorter while it was read");
    const joined = new Uint8Array(have.length + more.length);
    joined.set(have);
    joined.set(more, have.length);
    this.#ahead = joined;
  }

  /** Decode some entries of a page. */
  #add({ there, again, values, isWhole }: Page): void {
    const { value, list } = this.#levels, isList = list > 0, count = Math.min(this.#left, WINDOW);
    this.#makeRoom(count);
    const levels = this.#there.subarray(0, count), begins = this.#again.subarray(0, count);
    there?.read(levels);
    again?.read(begins);
    const starts = this.#starts, filled = this.#filled, missing: number[] = [];
    if (isList && !this.#isOpen && begins[0] !== 0) throw this.#wrong("goes on before it begins");
    let found = there ? 0 : count, rows = this.#end;
    if (!isList) rows += count;
    if (there) {
      for (let i = 0; i < count; i++) {
        if (isList && begins[i] === 0) starts[rows++] = filled + found;
        const level = levels[i]!;
        if (level === value) found++;
        else if (level >= list && this.#isReal) missing.push(found++);
        else if (level !== list - 1) {
          const row = this.#first + this.#begun + (isList ? rows - this.#end - 1 : i);
          throw this.#wrong(`has no value in row ${row}; fill it in or leave the row out`);
        }
      }
    }
    const out = this.#values.subarray(filled, filled + found), present = found - missing.length;
    if (missing.length > 0) fill(out as Float64Array, values(present) as Float64Array, missing);
    else if (present > 0) (out as Float64Array).set(values(present) as Float64Array);
    this.#begun += rows - this.#end;
    if (this.#begun > this.#rows) throw this.#wrong(`has more than ${this.#rows} rows in a group`);
    this.#filled += found;
    if (isList) starts[rows] = this.#filled;
    this.#end = rows;
    this.#entries += count;
    this.#left -= count;
    this.#isOpen = isList && rows > this.#head && (this.#left > 0 || !isWhole);
  }

  /** Make room for so many entries behind those that are kept. */
  #makeRoom(count: number): void {
    const isList = this.#levels.list > 0, rows = this.#end - this.#head;
    const most = Math.min(this.#chunk.count - this.#entries, this.#most) + WINDOW;
    if (this.#filled + count > this.#values.length) {
      const from = this.#valuesBefore(), kept = this.#values.subarray(from, this.#filled);
      this.#values = room(
        this.#wanted.element,
        kept.length + Math.max(count, isList ? most : 0, kept.length),
      );
      (this.#values as Float64Array).set(kept as Float64Array);
      if (isList) this.#starts = this.#starts.slice(this.#head, this.#end + 1).map((at) => at - from);
      this.#filled = kept.length;
      this.#head = 0;
      this.#end = rows;
    }
    if (isList && this.#end + count >= this.#starts.length) {
      const starts = new Uint32Array(2 * rows + count + 1);
      starts.set(this.#starts.subarray(this.#head, this.#end + 1));
      this.#starts = starts;
      this.#head = 0;
      this.#end = rows;
    }
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`column "${this.#wanted.name}" ${what}`);
  }

  /** As what is wanted. @throws {SyntaxError} On a number that the type has not. */
  #converted(values: TypedArray): TypedArray {
    const { element } = this.#wanted, from = this.#isUnsigned ? unsigned(values) : values;
    const out = room(element, from.length);
    if (from.constructor === out.constructor) return from;
    const wrong = convert(from, out, !this.#isReal);
    if (wrong < 0) return out;
    throw this.#wrong(
      `has the value ${from[wrong]} from row ${this.#first + this.#begun} on, which is no ${element}`,
    );
  }
}

function room(element: Element, count: number): TypedArray {
  const { constructor } = arrayOver(element, new ArrayBuffer(0), 0, 0);
  return new (constructor as new (count: number) => TypedArray)(count);
}

function fill(out: Float64Array, values: Float64Array, missing: readonly number[]): void {
  for (let i = 0, from = 0, next = 0; i < out.length; i++) {
    if (missing[next] === i) {
      out[i] = NaN;
      next++;
    } else out[i] = values[from++]!;
  }
}

const isBig = (array: TypedArray) => array instanceof BigInt64Array || array instanceof BigUint64Array;

/** Copy numbers of another type; which one is not the same then, or -1. */
function convert(from: TypedArray, out: TypedArray, isExact: boolean): number {
  if (isBig(from) === isBig(out)) {
    (out as Float64Array).set(from as Float64Array);
    return isExact ? firstOther(from as Float64Array, out as Float64Array) : -1;
  }
  const to = out as unknown as (number | bigint)[];
  for (let i = 0; i < out.length; i++) {
    const value = from[i]!;
    if (isBig(out) && !Number.isInteger(value)) return i;
    to[i] = isBig(out) ? BigInt(value) : Number(value);
    // deno-lint-ignore eqeqeq
    if (isExact && to[i] != value) return i;
  }
  return -1;
}

function firstOther(a: Float64Array, b: Float64Array): number {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

function unsigned(values: TypedArray): TypedArray {
  if (values instanceof Int32Array) return new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (values instanceof BigInt64Array) {
    return new BigUint64Array(values.buffer, values.byteOffset, values.length);
  }
  return values;
}

function levelsOf({ elements }: Leaf, { name, isList }: Wanted): Levels {
  let value = 0, list = 0;
  for (const { repetition_type } of elements) {
    if (repetition_type !== "REQUIRED") value++;
    if (repetition_type !== "REPEATED") continue;
    if (list > 0) throw new SyntaxError(`column "${name}" has lists in its lists`);
    list = value;
  }
  if (isList === list > 0) return { value, list };
  throw new SyntaxError(`column "${name}" has ${list > 0 ? "lists" : "single values"}`);
}
