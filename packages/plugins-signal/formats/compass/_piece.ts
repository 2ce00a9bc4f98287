// A table that is filled row by row from decoders, and grows where the estimate was too small.
import type { Account, BufferPool } from "@millrace/core/buffers";
import { Table } from "@millrace/core/table";
import type { CompassDecoder } from "./decode.ts";
import type { Polarities } from "./polarity.ts";
import { rawSchema, type RawTypes } from "./raw_schema.ts";

const WORD = 2 ** 32;
// From here on a copy of a view is faster than a loop.
const LONG_TRACE = 48;

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
  #samples!: Uint16Array;
  #wave!: Uint8Array;

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
    this.#samples = columns.wave.values;
    this.#wave = new Uint8Array(this.#samples.buffer, this.#samples.byteOffset, this.#samples.byteLength);
  }

  #grow(samples: number): void {
    if (this.rows === this.#capacity) this.#capacity = 2 * this.#capacity;
    if (this.values + samples > this.#valueCapacity) {
      this.#valueCapacity = Math.max(Math.ceil(1.5 * this.#valueCapacity), this.values + samples);
    }
    this.table.resize(this.rows);
    this.table.resize(this.#capacity, { values: { wave: this.#valueCapacity } });
    this.#bind();
  }

  /** Append the decoder's first row, which keeps it. */
  append(decoder: CompassDecoder, dt: number, polarities: Polarities, recordId: number): void {
    const row = decoder.head, i = this.rows;
    const samples = decoder.samples[row]!;
    if (i === this.#capacity || this.values + samples > this.#valueCapacity) this.#grow(samples);
    const layout = decoder.layout!, view = decoder.view;
    const at = decoder.offset[row]! - decoder.base;
    const hi = decoder.hi[row]!, lo = decoder.lo[row]!, place = decoder.place[row]!;
    const time = (hi - this.#startHi) * WORD + (lo - this.#startLo);
    this.#time[i] = time;
    this.#endtime[i] = time + samples * dt;
    this.#board[i] = place >>> 16;
    this.#channel[i] = place;
    this.#recordId[2 * i] = recordId;
    this.#recordId[2 * i + 1] = recordId / WORD;
    this.#dt[i] = dt;
    this.#length[i] = samples;
    this.#energy[i] = layout.energy < 0 ? 0 : view.getUint16(at + layout.energy, true);
    this.#short[i] = layout.short < 0 ? 0 : view.getUint16(at + layout.short, true);
    this.#calibrated[i] = layout.calibrated < 0 ? NaN : view.getFloat64(at + layout.calibrated, true);
    this.#flags[i] = view.getUint32(at + layout.flags, true);
    this.#polarity[i] = polarities.at(place >>> 16, place & 0xffff);
    const from = at + layout.fixed;
    if (samples >= LONG_TRACE) {
      this.#wave.set(decoder.bytes.subarray(from, from + 2 * samples), 2 * this.values);
    } else {
      const { bytes } = decoder;
      const out = this.#samples, first = this.values;
      for (let k = 0, b = from; k < samples; k++, b += 2) out[first + k] = bytes[b]! | (bytes[b + 1]! << 8);
    }
    this.values += samples;
    this.#offsets[i + 1] = this.values;
    this.lastHi = hi;
    this.lastLo = lo;
    this.rows = i + 1;
  }

  /** The table with the rows so far. */
  finish(): Table<RawTypes> {
    return this.table.resize(this.rows);
  }
}
