// A file with a table of traces, read block by block of rows.
import type { TypedArray } from "@millrace/core/schema";
import type { FormatOptions } from "../format.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import { OTHERS } from "./names.ts";

const SECOND = 1_000_000_000_000n;
/** Times from here on (ps) are no times of a run, which lasts 107 days at most, but count from 1970. */
const ABSOLUTE = 10_000_000n * SECOND;

/** Some rows of a file. */
export interface Block {
  readonly rows: number;
  /** Samples of a row. @throws {TypeError} On a row without. */
  wave(row: number): TypedArray;
  /** Numbers of a column, those of {@linkcode OTHERS} and `energy_calibrated`, and `time`. */
  column(name: string): ArrayLike<number | bigint | null> | undefined;
  /** Bytes of the file that were read up to its end. */
  readonly received: number;
}

/** Where blocks come from. */
export interface BlockSource {
  readonly path: string;
  /** ps of 1 in the column of times. */
  readonly timeScale: bigint;
  /** Bytes of the file. */
  readonly size: number;
  /** The next rows; nothing at the end. */
  next(): Promise<Block | undefined>;
  /** The next rows shall be those with this one. Gives the number of the first of them. Absent where that is not known. */
  goTo?(row: number): number;
  close(): void;
}

/** What the files of a run have in common. */
export class Epoch {
  /** Second since 1970 that all times count from, ps; 0 where they are those of the run. */
  ps: bigint | undefined;

  /** A file starts then, and rows may lie so far behind. */
  seen(first: bigint, window: number): void {
    const start = first >= ABSOLUTE ? (first - BigInt(window)) / SECOND * SECOND : 0n;
    if (this.ps === undefined || start < this.ps) this.ps = start;
  }
}

/** A table as one of a run's streams. */
export class ColumnarReader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes = 1;
  readonly rows: RowStore;
  readonly #open: () => Promise<BlockSource>;
  readonly #number: number;
  readonly #epoch: Epoch;
  readonly #options: FormatOptions;
  #source: BlockSource | undefined;
  #block: Block | undefined;
  #row = 0;
  /** Rows of the block that are passed over. */
  #passed = 0;
  /** Start of the next row where the file has no times. */
  #next: bigint;
  goTo?: (row: number) => Promise<number>;

  /** `number` is the channel where the file has none. */
  constructor(
    path: string,
    number: number,
    epoch: Epoch,
    options: FormatOptions,
    open: () => Promise<BlockSource>,
  ) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rows = rowStore(path, "row", options);
    this.#open = open;
    this.#number = number;
    this.#epoch = epoch;
    this.#options = options;
    this.#next = BigInt(options.t0 ?? 0);
  }

  async open(): Promise<number> {
    const source = this.#source = await this.#open();
    const block = this.#block = await source.next();
    const times = block?.column("time");
    if (times && this.#options.t0 !== undefined) {
      throw new TypeError(
        `Cannot read "${this.path}" with raw_files.t0: it has times of its own; leave it out`,
      );
    }
    if (block && !block.column("dt") && this.#options.dt === undefined) {
      throw new TypeError(
        `Cannot read "${this.path}": it has no column dt; set it, such as --set raw_files.dt=2ns`,
      );
    }
    // Where rows follow each other, those before tell when one starts.
    if (source.goTo && (times || !block)) this.goTo = (row) => this.#goTo(row);
    if (times && block!.rows > 0) this.#epoch.seen(this.#time(times, 0), this.window);
    return source.size;
  }

  get next(): number {
    return this.#row;
  }

  async #goTo(row: number): Promise<number> {
    const source = this.#source!, { received } = this.rows;
    this.#passed = row - source.goTo!(row);
    this.#row = row;
    this.#block = await source.next();
    return Math.max(received, this.#block?.received ?? source.size);
  }

  async read(): Promise<boolean> {
    const block = this.#block;
    if (!block) return false;
    const { rows } = this, times = block.column("time"), epoch = this.#epoch.ps ?? 0n;
    const { dt: given } = this.#options;
    const others = Object.fromEntries(Object.keys(OTHERS).map((name) => [name, this.#column(block, name)]));
    const calibrated = block.column("energy_calibrated");
    for (let i = this.#passed; i < block.rows; i++, this.#row++) {
      const wave = block.wave(i), dt = given ?? others.dt!(i, 0);
      const time = times ? this.#time(times, i) - epoch : this.#next;
      this.#next += BigInt(wave.length) * BigInt(dt);
      const place = ((others.board!(i, 0) << 16) | others.channel!(i, this.#number)) >>> 0;
      // The high half of a time before the start stays below 0, which is refused.
      const at = rows.add(Number(time >> 32n), Number(time & 0xffffffffn), place, wave.length, dt, this.#row);
      if (at < 0) continue;
      const row = rows.count - 1;
      rows.energy[row] = others.energy!(i, 0);
      rows.short[row] = others.energy_short!(i, 0);
      rows.flags[row] = others.flags!(i, 0);
      rows.polarity[row] = others.polarity!(i, 0);
      if (calibrated) rows.calibrated[row] = Number(calibrated[i] ?? NaN);
      this.#copy(wave, at);
    }
    this.#passed = 0;
    this.rows.received = block.received;
    this.#block = await this.#source!.next();
    return this.#block !== undefined;
  }

  #copy(wave: TypedArray, at: number): void {
    const out = this.rows.wave, { length } = wave;
    let k = 0;
    if (wave instanceof BigInt64Array || wave instanceof BigUint64Array) {
      const halves = new Uint32Array(wave.buffer, wave.byteOffset, 2 * length);
      for (; k < length && halves[2 * k + 1] === 0 && halves[2 * k]! <= 65535; k++) {
        out[at + k] = halves[2 * k]!;
      }
    } else {
      out.set(wave, at);
      // What stays what it was is a sample.
      if (wave instanceof Uint16Array) k = length;
      else while (k < length && out[at + k] === wave[k]) k++;
    }
    if (k === length) return;
    throw new RangeError(
      `Cannot read "${this.path}": sample ${k} of row ${this.#row} is ${wave[k]}; ` +
        "samples are integers from 0 to 65535: shift and scale them",
    );
  }

  #time(times: ArrayLike<number | bigint | null>, i: number): bigint {
    const time = times[i];
    if (typeof time === "bigint") return time * this.#source!.timeScale;
    if (Number.isSafeInteger(time)) return BigInt(time!) * this.#source!.timeScale;
    throw new TypeError(
      `Cannot read "${this.path}" at row ${this.#row}: its time is ${time}; save whole numbers`,
    );
  }

  /** A column's whole numbers, or what is to be taken where there is none. */
  #column(block: Block, name: string): (row: number, otherwise: number) => number {
    const values = block.column(name), [least, most] = OTHERS[name]!;
    if (!values) return (_, otherwise) => otherwise;
    return (row) => {
      const value = values[row] === null ? NaN : Number(values[row]);
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      throw new RangeError(
        `Cannot read "${this.path}" at row ${this.#row}: ${name} is ${
          values[row]
        }; it is a whole number from ${least} to ${most}`,
      );
    };
  }

  close(): void {
    this.#source?.close();
    this.#source = this.#block = undefined;
  }
}
