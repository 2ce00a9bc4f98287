// Parquet's hybrid of runs and packed bits, in which levels and places in dictionaries are.

/** Widest numbers, bits: a dictionary of 16 million values. */
const WIDEST = 24;

/** Numbers of `width` bits, some at a time. O(numbers). */
export class RunReader {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  #at: number;
  /** Numbers that are left of a run, and what they are; of packed ones, how many. */
  #run = 0;
  #value = 0;
  #packed = 0;
  /** Bits of packed ones that were read and not given. */
  #bits = 0;
  #have = 0;

  /** @throws {RangeError} On numbers that are wider than any. */
  constructor(bytes: Uint8Array, from: number, width: number) {
    if (width > WIDEST) throw new RangeError(`numbers have ${width} bits`);
    this.#bytes = bytes;
    this.#at = from;
    this.#width = width;
  }

  /** Fill `out` with the next ones. @throws {RangeError} When they go on behind the last byte. */
  read(out: Uint8Array | Uint32Array): void {
    for (let n = 0; n < out.length;) {
      const left = out.length - n;
      if (this.#run > 0) {
        const count = Math.min(left, this.#run);
        out.fill(this.#value, n, n + count);
        this.#run -= count;
        n += count;
      } else if (this.#packed > 0) {
        const count = Math.min(left, this.#packed);
        this.#unpack(out, n, count);
        this.#packed -= count;
        n += count;
      } else this.#begin();
    }
  }

  #begin(): void {
    const bytes = this.#bytes, size = (this.#width + 7) >> 3;
    let header = 0;
    for (let shift = 0;; shift += 7) {
      if (this.#at >= bytes.length || shift > 28) throw tooShort();
      const byte = bytes[this.#at++]!;
      header += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    const count = Math.floor(header / 2);
    this.#bits = this.#have = 0;
    if (header % 2 === 1) {
      this.#packed = 8 * count;
      return;
    }
    if (size > bytes.length - this.#at) throw tooShort();
    this.#run = count;
    this.#value = 0;
    for (let k = 0; k < size; k++) this.#value |= bytes[this.#at++]! << (8 * k);
  }

  #unpack(out: Uint8Array | Uint32Array, first: number, count: number): void {
    const bytes = this.#bytes, width = this.#width;
    // The last ones may be cut where their padding starts.
    if (Math.ceil((count * width - this.#have) / 8) > bytes.length - this.#at) throw tooShort();
    if (width === 8) {
      out.set(bytes.subarray(this.#at, this.#at + count), first);
      this.#at += count;
      return;
    }
    const mask = 2 ** width - 1;
    let at = this.#at, bits = this.#bits, have = this.#have;
    for (let k = first; k < first + count; k++) {
      while (have < width) {
        bits |= bytes[at++]! << have;
        have += 8;
      }
      out[k] = bits & mask;
      bits >>>= width;
      have -= width;
    }
    this.#at = at;
    this.#bits = bits;
    this.#have = have;
  }
}

const tooShort = () => new RangeError("numbers go on behind the end of a page");
