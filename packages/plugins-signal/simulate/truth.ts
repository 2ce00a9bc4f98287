/**
 * What a simulated run really holds: one row a pulse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { truthSchema } from "./truth.ts";
 *
 * assert.equal(truthSchema.columns[0]?.name, "time");
 * ```
 * @module
 */
import { type Schema, schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";

/** Column types of {@linkcode truthSchema}, in order. */
export type TruthTypes = {
  /** Start of the pulse, ps, to a 16th of a sample. */
  readonly time: "time";
  /** Digitizer board. */
  readonly board: "u16";
  /** Channel of the board. */
  readonly channel: "u16";
  /** Number of the record that holds it, as the reader numbers them. */
  readonly record_id: "i64";
  /** Height without noise and saturation, ADC counts. */
  readonly amplitude: "f32";
  /** Position of its shape in the options. */
  readonly shape: "u8";
  /** Whether its trace is clipped. */
  readonly saturated: "bool";
  /** Whether its trace holds another pulse. */
  readonly piled_up: "bool";
  /** Whether it is a dark count. */
  readonly dark: "bool";
  /** Whether it is seen because another channel saw it. */
  readonly coincident: "bool";
};

/** The pulses of a simulated run, in the order (time, board, channel). */
export const truthSchema: Schema<TruthTypes> = schema({
  time: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  amplitude: "f32",
  shape: "u8",
  saturated: "bool",
  piled_up: "bool",
  dark: "bool",
  coincident: "bool",
});

/** Bits of a pulse's `marks`. */
export const SATURATED = 1, PILED_UP = 2, DARK = 4, COINCIDENT = 8;

/** Gathers pulses in columns, in any order. Memory: 30 bytes a pulse. */
export class TruthLog {
  /** Pulses so far. */
  length = 0;
  #time = new Float64Array(1024);
  #record = new Float64Array(1024);
  #channel = new Uint16Array(1024);
  #amplitude = new Float32Array(1024);
  #shape = new Uint8Array(1024);
  #marks = new Uint8Array(1024);

  /** Note a pulse. `channel` counts over all boards. */
  add(time: number, channel: number, record: number, amplitude: number, shape: number): void {
    const i = this.length++;
    if (i === this.#time.length) this.#grow();
    this.#time[i] = time;
    this.#channel[i] = channel;
    this.#record[i] = record;
    this.#amplitude[i] = amplitude;
    this.#shape[i] = shape;
  }

  /** Set the marks of all pulses from number `from` on. */
  mark(from: number, marks: number): void {
    for (let i = from; i < this.length; i++) this.#marks[i] = marks;
  }

  #grow(): void {
    const rows = 2 * this.#time.length;
    const time = new Float64Array(rows), record = new Float64Array(rows), channel = new Uint16Array(rows);
    const amplitude = new Float32Array(rows), shape = new Uint8Array(rows), marks = new Uint8Array(rows);
    time.set(this.#time), record.set(this.#record), channel.set(this.#channel);
    amplitude.set(this.#amplitude), shape.set(this.#shape), marks.set(this.#marks);
    this.#time = time, this.#record = record, this.#channel = channel;
    this.#amplitude = amplitude, this.#shape = shape, this.#marks = marks;
  }

  /** All pulses as a table, sorted. O(n log n). */
  toTable(boardChannels: number): Table<TruthTypes> {
    const n = this.length;
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    const time = this.#time, channel = this.#channel, marks = this.#marks;
    order.sort((a, b) => time[a]! - time[b]! || channel[a]! - channel[b]! || a - b);
    const table = Table.allocate(truthSchema, n);
    const to = table.columns;
    const ids = new Int32Array(to.record_id.buffer, to.record_id.byteOffset, 2 * n);
    for (let i = 0; i < n; i++) {
      const k = order[i]!;
      to.time[i] = time[k]!;
      to.board[i] = Math.floor(channel[k]! / boardChannels);
      to.channel[i] = channel[k]! % boardChannels;
      ids[2 * i] = this.#record[k]!;
      ids[2 * i + 1] = this.#record[k]! / 2 ** 32;
      to.amplitude[i] = this.#amplitude[k]!;
      to.shape[i] = this.#shape[k]!;
      to.saturated[i] = marks[k]! & SATURATED ? 1 : 0;
      to.piled_up[i] = marks[k]! & PILED_UP ? 1 : 0;
      to.dark[i] = marks[k]! & DARK ? 1 : 0;
      to.coincident[i] = marks[k]! & COINCIDENT ? 1 : 0;
    }
    return table;
  }
}
