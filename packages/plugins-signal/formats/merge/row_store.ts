// Decoded rows of one file, with their samples, in order and not yet taken.
import type { Account } from "@millrace/core/buffers";
import { LATEST_HI } from "../compass/_damage.ts";
import { type NumberColumn, permute, sortRows } from "./order.ts";
import type { Piece } from "./piece.ts";
import type { Backlog, Place } from "./source.ts";

const WORD = 2 ** 32;
const NO_WORDS = new Uint32Array(0);
/** Bytes of a row in the columns, its samples apart. */
const ROW_BYTES = 61;

/** What a {@linkcode RowStore} is told. */
export interface RowStoreOptions {
  /** Name of the file, for messages. */
  readonly name: string;
  /** What a row's place in the file is counted in: `line`, `byte`, `row`. */
  readonly unit: string;
  /** How far a row may lie behind the latest one, ps. */
  readonly reorderWindow: number;
  /** Leave rows out that come later than that, instead of failing. */
  readonly recover: boolean;
  /** Charged with columns and samples. */
  readonly account: Account | undefined;
}

/**
 * Rows of one file. A format's reader calls `begin`, then `add` for each row and fills the columns of row `count - 1` and its
 * samples, then `end`. O(rows) where they come in order.
 */
export class RowStore implements Backlog {
  hi: Uint32Array = NO_WORDS;
  lo: Uint32Array = NO_WORDS;
  place: Uint32Array = NO_WORDS;
  samples: Uint32Array = NO_WORDS;
  /** Sampling interval, ps. */
  dt: Int32Array = new Int32Array(0);
  /** Energy; 0 unless it is filled in. */
  energy: Uint16Array = new Uint16Array(0);
  /** Short-gate energy; 0 unless it is filled in. */
  short: Uint16Array = new Uint16Array(0);
  /** Calibrated energy; NaN unless it is filled in. */
  calibrated: Float64Array = new Float64Array(0);
  /** Flags; 0 unless they are filled in. */
  flags: Uint32Array = NO_WORDS;
  /** Polarity; 0 unless it is filled in. */
  polarity: Int8Array = new Int8Array(0);
  /** Samples of all rows. */
  wave: Uint16Array = new Uint16Array(0);
  head = 0;
  count = 0;
  events = 0;
  latestHi = -1;
  latestLo = 0;
  received = 0;
  /** Rows that were left out since they lay behind the window, and the first of them. */
  late: { count: number; first: string } = { count: 0, first: "" };
  /** Name of the file. */
  readonly name: string;
  readonly #options: RowStoreOptions;
  readonly #window: number;
  #at: Float64Array = new Float64Array(0);
  /** Place of each row in the file. */
  #where: Float64Array = new Float64Array(0);
  #base = 0;
  #filled = 0;
  #first = 0;
  #ordered = true;
  #leastHi = WORD;
  #leastLo = 0;
  #charged = 0;
  #order = NO_WORDS;
  #scratch = new Float64Array(0);

  constructor(options: RowStoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.#window = options.reorderWindow;
  }

  /** More rows come. */
  begin(): void {
    if (2 * this.head >= this.count) this.#dropTaken();
    this.#first = this.count;
    this.#ordered = true;
    this.#leastHi = WORD;
    this.#leastLo = 0;
  }

  /**
   * Note a row at place `where` of the file. Gives the index of its first sample in `wave`, or -1 if it comes too late and is to
   * be left out.
   *
   * @throws {RangeError} On a time outside 0 to 2^63 - 2^53 ps, or a row behind the window unless `recover` is set.
   */
  add(hi: number, lo: number, place: number, samples: number, dt: number, where: number): number {
    if (!(hi >= 0 && hi < LATEST_HI)) throw this.#outside(hi, lo, where);
    if (hi > this.latestHi || (hi === this.latestHi && lo >= this.latestLo)) {
      this.latestHi = hi;
      this.latestLo = lo;
    } else if ((this.latestHi - hi) * WORD + (this.latestLo - lo) > this.#window) {
      this.#refuse(hi, lo, where);
      return -1;
    }
    const i = this.count;
    if (i === this.hi.length) this.#allocateRows(Math.max(64, 2 * i));
    if (this.#filled + samples > this.wave.length) this.#makeRoom(samples);
    if (i > this.head) {
      const p = i - 1, lastHi = this.hi[p]!, lastLo = this.lo[p]!;
      if (hi < lastHi || (hi === lastHi && (lo < lastLo || (lo === lastLo && place < this.place[p]!)))) {
        this.#ordered = false;
      }
    }
    if (hi < this.#leastHi || (hi === this.#leastHi && lo < this.#leastLo)) {
      this.#leastHi = hi;
      this.#leastLo = lo;
    }
    this.hi[i] = hi;
    this.lo[i] = lo;
    this.place[i] = place;
    this.samples[i] = samples;
    this.dt[i] = dt;
    this.energy[i] =
      this.short[i] =
      this.flags[i] =
      this.polarity[i] =
        0;
    this.calibrated[i] = NaN;
    this.#at[i] = this.#base + this.#filled;
    this.#where[i] = where;
    const at = this.#filled;
    this.#filled += samples;
    this.count = i + 1;
    this.events++;
    return at;
  }

  /** Put the rows since `begin` in their places. */
  end(): void {
    if (this.#ordered) return;
    const { hi, lo } = this;
    let from = this.head;
    for (let to = this.#first; from < to;) {
      const mid = (from + to) >>> 1;
      if (hi[mid]! < this.#leastHi || (hi[mid] === this.#leastHi && lo[mid]! < this.#leastLo)) from = mid + 1;
      else to = mid;
    }
    const n = this.count - from;
    if (this.#order.length < n) {
      this.#order = new Uint32Array(2 * n);
      this.#scratch = new Float64Array(2 * n);
    }
    for (let i = 0; i < n; i++) this.#order[i] = from + i;
    sortRows(this, this.#order, n, new Uint32Array(this.#scratch.buffer));
    for (const column of this.#columns()) permute(column, this.#order, n, from, this.#scratch);
  }

  /** Copy the first row, which stays. */
  append(piece: Piece, recordId: number): void {
    const row = this.head, samples = this.samples[row]!, at = this.#at[row]! - this.#base;
    const first = piece.add(
      this.hi[row]!,
      this.lo[row]!,
      this.place[row]!,
      samples,
      this.dt[row]!,
      this.energy[row]!,
      this.short[row]!,
      this.calibrated[row]!,
      this.flags[row]!,
      this.polarity[row]!,
      recordId,
    );
    piece.samples.set(this.wave.subarray(at, at + samples), first);
  }

  /** Where the rows lie that were not taken, or are still to come: at `next`. O(rows not taken). */
  mark(next: number): Place {
    const { head, count, latestHi, latestLo } = this;
    if (head === count) return { offset: next, latestHi, latestLo };
    let offset = next;
    for (let i = head; i < count; i++) if (this.#where[i]! < offset) offset = this.#where[i]!;
    // All rows before that one were taken, hence are earlier: the latest of all lies behind it.
    return { offset, latestHi: -1, latestLo: 0 };
  }

  /** The next rows are those of another place: what is there is dropped. */
  jump({ latestHi, latestLo }: Place): void {
    this.head = this.count = 0;
    this.latestHi = latestHi;
    this.latestLo = latestLo;
  }

  /** Let go of everything. */
  dispose(): void {
    this.#options.account?.refund(this.#charged);
    this.#charged = this.head = this.count = 0;
    this.wave = new Uint16Array(0);
  }

  #columns(): NumberColumn[] {
    return [
      ...[this.hi, this.lo, this.place, this.samples, this.dt, this.energy, this.short, this.calibrated],
      ...[this.flags, this.polarity, this.#at, this.#where],
    ];
  }

  #outside(hi: number, lo: number, where: number): RangeError {
    const { unit } = this.#options;
    return new RangeError(
      `Cannot read "${this.name}" at ${unit} ${where}: its time is ${hi * WORD + lo} ps; ` +
        "a time is 0 to 2^63 - 2^53 ps from the start of the run: check the row and the unit of its time",
    );
  }

  #refuse(hi: number, lo: number, where: number): void {
    const { unit, recover, reorderWindow } = this.#options;
    const behind = (BigInt(this.latestHi) - BigInt(hi)) * BigInt(WORD) + BigInt(this.latestLo) - BigInt(lo);
    const text = `the row at ${unit} ${where} lies ${behind} ps behind the latest one before it`;
    if (!recover) {
      throw new RangeError(
        `Cannot order "${this.name}": ${text}; set reorderWindow to at least ${behind} ps (it is ${reorderWindow} ps), ` +
          "or run again with --recover (option raw_files.recover) to leave such rows out",
      );
    }
    if (this.late.count++ === 0) this.late.first = text;
  }

  #dropTaken(): void {
    const { head, count } = this;
    if (head === 0) return;
    for (const column of this.#columns()) column.copyWithin(0, head, count);
    this.count = count - head;
    this.head = 0;
  }

  // Move what is still needed to the front of the samples, or to a larger array.
  #makeRoom(samples: number): void {
    let keep = this.#filled;
    for (let i = this.head; i < this.count; i++) {
      const at = this.#at[i]! - this.#base;
      if (at < keep) keep = at;
    }
    const kept = this.#filled - keep;
    if (kept + samples > this.wave.length || kept > this.wave.length / 2) {
      const larger = new Uint16Array(Math.max(2 * kept, kept + samples, 8192));
      this.#charge(2 * (larger.length - this.wave.length));
      larger.set(this.wave.subarray(keep, this.#filled));
      this.wave = larger;
    } else this.wave.copyWithin(0, keep, this.#filled);
    this.#base += keep;
    this.#filled = kept;
  }

  #allocateRows(rows: number): void {
    this.#charge((rows - this.hi.length) * ROW_BYTES);
    const grown = <T extends NumberColumn>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.hi = grown(this.hi, new Uint32Array(rows));
    this.lo = grown(this.lo, new Uint32Array(rows));
    this.place = grown(this.place, new Uint32Array(rows));
    this.samples = grown(this.samples, new Uint32Array(rows));
    this.dt = grown(this.dt, new Int32Array(rows));
    this.energy = grown(this.energy, new Uint16Array(rows));
    this.short = grown(this.short, new Uint16Array(rows));
    this.calibrated = grown(this.calibrated, new Float64Array(rows));
    this.flags = grown(this.flags, new Uint32Array(rows));
    this.polarity = grown(this.polarity, new Int8Array(rows));
    this.#at = grown(this.#at, new Float64Array(rows));
    this.#where = grown(this.#where, new Float64Array(rows));
  }

  #charge(bytes: number): void {
    this.#options.account?.charge(bytes);
    this.#charged += bytes;
  }
}
