// A table that is filled row by row, and grows where the estimate was too small.
import type { Account, BufferPool } from "@millrace/core/buffers";
import { Table } from "@millrace/core/table";
import { rawSchema, type RawTypes } from "../compass/raw_schema.ts";

const WORD = 2 ** 32;
/** Bytes of samples that are gathered before they go into shared memory: they stay in the cache. */
const STAGE = 2 ** 16;

/** Where tables come from. */
export interface PieceOptions {
  readonly pool: BufferPool | undefined;
  readonly account: Account | undefined;
}

/** Rows of one table in the making. Columns are read anew after every growth. */
export class Piece {
  readonly table: Table<RawTypes>;
  rows = 0;
  values = 0;
  /** `time` of the last row, in halves. */
  lastHi = -1;
  lastLo = 0;
  readonly #startHi: number;
  readonly #startLo: number;
  #capacity: number;
  #valueCapacity: number;
  #time!: Float64Array;
  #endtime!: Float64Array;
  #board!: Uint16Array;
  #channel!: Uint16Array;
  #recordId!: Int32Array;
  #dt!: Int32Array;
  #length!: Uint32Array;
  #energy!: Uint16Array;
  #short!: Uint16Array;
  #calibrated!: Float64Array;
  #flags!: Uint32Array;
  #polarity!: Int8Array;
  #offsets!: Uint32Array;
  /** Samples of all rows; another array after a row was added. */
  samples!: Uint16Array;
  #wave!: Uint8Array;
  /** Bytes `from` to `to` of the samples lie here, at the same place to 8 bytes. */
  readonly #stage: Uint8Array | undefined;
  #from = 0;
  #to = 0;

  /** Times count from `start`; `rows` and `values` are made room for. */
  constructor(start: bigint, rows: number, values: number, options: PieceOptions) {
    this.#startHi = Number(start >> 32n);
    this.#startLo = Number(start & 0xffffffffn);
    this.#capacity = Math.max(1, rows);
    this.#valueCapacity = values;
    this.table = Table.allocate(rawSchema, this.#capacity, {
      t0: start,
      values: { wave: values },
      ...(options.pool ? { pool: options.pool } : {}),
      ...(options.account ? { account: options.account } : {}),
    });
    this.#bind();
    this.#offsets[0] = 0;
    if (this.samples.buffer instanceof SharedArrayBuffer) this.#stage = new Uint8Array(STAGE);
  }

  #bind(): void {
    const { columns } = this.table;
    const ids = columns.record_id;
    this.#time = columns.time;
    this.#endtime = columns.endtime;
    this.#board = columns.board;
    this.#channel = columns.channel;
    this.#recordId = new Int32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    this.#dt = columns.dt;
    this.#length = columns.length;
    this.#energy = columns.energy;
    this.#short = columns.energy_short;
    this.#calibrated = columns.energy_calibrated;
    this.#flags = columns.flags;
    this.#polarity = columns.polarity;
    this.#offsets = columns.wave.offsets;
    this.samples = columns.wave.values;
    this.#wave = new Uint8Array(this.samples.buffer, this.samples.byteOffset, this.samples.byteLength);
  }

  #grow(samples: number): void {
    if (this.rows === this.#capacity) this.#capacity = 2 * this.#capacity;
    if (this.values + samples > this.#valueCapacity) {
      this.#valueCapacity = Math.max(Math.ceil(1.5 * this.#valueCapacity), this.values + samples);
    }
    this.#flush();
    this.table.resize(this.rows);
    this.table.resize(this.#capacity, { values: { wave: this.#valueCapacity } });
    this.#bind();
  }

  /** Append a row whose samples are to be filled in; the index of the first one in {@linkcode Piece.samples}. */
  add(
    hi: number,
    lo: number,
    place: number,
    samples: number,
    dt: number,
    energy: number,
    short: number,
    calibrated: number,
    flags: number,
    polarity: number,
    recordId: number,
  ): number {
    const i = this.rows, first = this.values;
    if (i === this.#capacity || first + samples > this.#valueCapacity) this.#grow(samples);
    const time = (hi - this.#startHi) * WORD + (lo - this.#startLo);
    this.#time[i] = time;
    this.#endtime[i] = time + samples * dt;
    this.#board[i] = place >>> 16;
    this.#channel[i] = place;
    this.#recordId[2 * i] = recordId;
    this.#recordId[2 * i + 1] = recordId / WORD;
    this.#dt[i] = dt;
    this.#length[i] = samples;
    this.#energy[i] = energy;
    this.#short[i] = short;
    this.#calibrated[i] = calibrated;
    this.#flags[i] = flags;
    this.#polarity[i] = polarity;
    this.values = first + samples;
    this.#offsets[i + 1] = this.values;
    this.lastHi = hi;
    this.lastLo = lo;
    this.rows = i + 1;
    return first;
  }

  /**
   * Fill in samples from index `first` on, as bytes. Into shared memory bytes that lie otherwise to 8 bytes are copied one by one,
   * which takes three times as long: they are gathered in memory that isn't shared first.
   */
  put(bytes: Uint8Array, first: number): void {
    const stage = this.#stage, at = 2 * first;
    if (!stage) return this.#wave.set(bytes, at);
    const { length } = bytes;
    if (at !== this.#to || (this.#from & 7) + at + length - this.#from > STAGE) {
      this.#flush();
      this.#from = at;
    }
    if ((at & 7) + length > STAGE) return this.#putLong(bytes, at);
    stage.set(bytes, (this.#from & 7) + at - this.#from);
    this.#to = at + length;
  }

  #putLong(bytes: Uint8Array, at: number): void {
    const most = STAGE - 8;
    for (let k = 0; k < bytes.length; k += most) {
      const part = bytes.subarray(k, k + most);
      this.#from = at + k;
      this.#to = this.#from + part.length;
      this.#stage!.set(part, this.#from & 7);
      this.#flush();
    }
  }

  #flush(): void {
    const from = this.#from, to = this.#to;
    if (from === to) return;
    this.#wave.set(this.#stage!.subarray(from & 7, (from & 7) + to - from), from);
    this.#from = to;
  }

  /** The table with the rows so far. */
  finish(): Table<RawTypes> {
    this.#flush();
    return this.table.resize(this.rows);
  }
}
