// Tables, texts and vectors of a flat buffer, by their places. Whatever points out of the buffer throws a RangeError.

/** Bytes of tables, vectors and texts that are looked at, per byte of the buffer: they may be shared, but not without end. */
const MOST_SHARED = 16;

/** A flat buffer that is not trusted. */
export class FlatBuffer {
  readonly #view: DataView;
  #left: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = MOST_SHARED * bytes.byteLength;
  }

  /** The table that all others hang on. */
  root(): number {
    return this.#tableAt(this.#follow(0));
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  #need(at: number, length: number, step: number): void {
    if (at % step !== 0) throw new RangeError(`A value at byte ${at} is not at a multiple of ${step}`);
    if (at < 0 || at + length > this.#view.byteLength) throw new RangeError("A value ends beyond the buffer");
    this.#left -= length;
    if (this.#left < 0) throw new RangeError("More hangs on the buffer than it can hold");
  }

  /** A table, whose shape and fields lie in the buffer. */
  #tableAt(at: number): number {
    const view = this.#view;
    this.#need(at, 4, 4);
    const shape = at - view.getInt32(at, true);
    this.#need(shape, 4, 2);
    const slots = view.getUint16(shape, true), size = view.getUint16(shape + 2, true);
    if (slots < 4 || slots % 2 !== 0 || size < 4) throw new RangeError("A table has no shape");
    this.#need(shape, slots, 2);
    this.#need(at, size, 4);
    for (let slot = 4; slot < slots; slot += 2) {
      const offset = view.getUint16(shape + slot, true);
      if (offset !== 0 && (offset < 4 || offset >= size)) {
        throw new RangeError("A field lies outside its table");
      }
    }
    return at;
  }

  #field(table: number, field: number): number | undefined {
    const view = this.#view, shape = table - view.getInt32(table, true), slot = 4 + 2 * field;
    if (slot >= view.getUint16(shape, true)) return undefined;
    const at = view.getUint16(shape + slot, true);
    return at === 0 ? undefined : table + at;
  }

  /** A number of one byte; 0 where the table has none. */
  byte(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  /** An integer of 8 bytes; 0 where the table has none. */
  long(table: number, field: number): number {
    const at = this.#field(table, field);
    return at === undefined ? 0 : this.int64(at);
  }

  /** The table that a field points at; `undefined` where it has none. */
  table(table: number, field: number): number | undefined {
    const at = this.#field(table, field);
    return at === undefined ? undefined : this.#tableAt(this.#follow(at));
  }

  /** First element of a vector and how many there are, all of which are there. */
  vector(table: number, field: number, size: number): readonly [first: number, count: number] {
    const at = this.#field(table, field);
    if (at === undefined) return [0, 0];
    const start = this.#follow(at);
    this.#need(start, 4, 4);
    const count = this.#view.getUint32(start, true);
    this.#need(start + 4, count * size, 4);
    return [start + 4, count];
  }

  /** The tables of a vector. */
  tables(table: number, field: number): number[] {
    const [first, count] = this.vector(table, field, 4);
    return Array.from({ length: count }, (_, i) => this.#tableAt(this.#follow(first + 4 * i)));
  }

  /** A text lies in the buffer, and a 0 ends it. */
  checkText(table: number, field: number): void {
    const [first, count] = this.vector(table, field, 1);
    if (first !== 0 && this.#view.getUint8(first + count) !== 0) throw new RangeError("A text has no end");
  }

  /** An integer of 4 bytes. */
  int32(at: number): number {
    return this.#view.getInt32(at, true);
  }

  /** An integer of 8 bytes. */
  int64(at: number): number {
    return Number(this.#view.getBigInt64(at, true));
  }
}
