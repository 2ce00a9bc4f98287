/**
 * Write CoMPASS `.BIN` files.
 *
 * Events are laid out in one buffer that is used again; {@linkcode CompassWriter.drain} hands it on. O(bytes), memory one
 * buffer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCompass } from "./write.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".BIN" });
 * {
 *   await using writer = await createCompass(file, { content: 9 }); // energy and waveform
 *   writer.append({ board: 0, channel: 3, timeHi: 0, timeLo: 5000, energy: 40, flags: 0 }, new Uint16Array([1, 2, 3]));
 *   await writer.drain();
 * }
 * assert.equal((await Deno.stat(file)).size, 2 + 12 + 2 + 4 + 5 + 6);
 * await Deno.remove(file);
 * ```
 * @module
 */
import type { Table } from "@millrace/core/table";
import { ENERGY, type EventLayout, eventLayout, HEADER_BYTES, SHORT, WAVEFORM } from "./layout.ts";
import type { RawTypes } from "./raw_schema.ts";

/** Where bytes go, e.g. a `Deno.FsFile`. */
export interface ByteSink {
  /** Write some of the bytes; how many. The bytes are not kept. */
  write(bytes: Uint8Array): Promise<number>;
  /** Called once, after the last bytes. */
  close?(): void;
}

/** What a {@linkcode CompassWriter} may be told. */
export interface WriterOptions {
  /**
   * What every event carries: the sum of 1 energy, 2 calibrated energy, 4 short-gate energy, 8 waveform; default 13, all
   * but the calibrated energy.
   */
  readonly content?: number;
  /** Bytes to gather before `drain` writes them; default 1 MiB. */
  readonly bufferBytes?: number;
}

/** The fields of one event. An object may be used again for every event. */
export interface EventFields {
  /** Digitizer board, u16. */
  board: number;
  /** Channel of the board, u16. */
  channel: number;
  /** High 32 bits of the time (ps), below 2^31. */
  timeHi: number;
  /** Low 32 bits of the time (ps). */
  timeLo: number;
  /** Energy, u16; default 0. */
  energy?: number;
  /** Calibrated energy; default NaN. */
  calibrated?: number;
  /** Short-gate energy, u16; default 0. */
  short?: number;
  /** Flags, u32. */
  flags: number;
  /** Code of the trace, u8; default 1 (the input). */
  code?: number;
}

const NO_SAMPLES = new Uint16Array(0);

/** Lays out events as CoMPASS does. */
export class CompassWriter implements AsyncDisposable {
  /** What every event carries. */
  readonly content: number;
  /** Bytes laid out so far, written or not. */
  bytes: number = HEADER_BYTES;
  /** Events laid out so far. */
  events = 0;
  readonly #sink: ByteSink;
  readonly #layout: EventLayout;
  readonly #target: number;
  #buffer: Uint8Array;
  #view: DataView;
  #filled: number = HEADER_BYTES;
  #samples: Uint16Array = NO_SAMPLES;
  #sampleBytes: Uint8Array = new Uint8Array(NO_SAMPLES.buffer);
  #closed = false;

  /**
   * A writer that has laid out the header.
   *
   * @throws {RangeError} On a content that is not 0 to 15, or a buffer below 1 byte.
   */
  constructor(sink: ByteSink, options: WriterOptions = {}) {
    this.content = options.content ?? (ENERGY | SHORT | WAVEFORM);
    this.#target = options.bufferBytes ?? 2 ** 20;
    if (!(Number.isInteger(this.content) && this.content >= 0 && this.content <= 15)) {
      throw new RangeError(
        `Cannot write CoMPASS content ${this.content}: it is the sum of 1, 2, 4 and 8, or 0`,
      );
    }
    if (!(Number.isInteger(this.#target) && this.#target >= 1)) {
      throw new RangeError(
        `Cannot write with a buffer of ${this.#target} bytes: give a whole number above 0`,
      );
    }
    this.#sink = sink;
    this.#layout = eventLayout(this.content);
    this.#buffer = new Uint8Array(this.#target + 4096);
    this.#view = new DataView(this.#buffer.buffer);
    this.#view.setUint16(0, 0xcae0 | this.content, true);
  }

  /** Whether enough is gathered that `drain` writes it. */
  get full(): boolean {
    return this.#filled >= this.#target;
  }

  /**
   * Lay out one event. Call {@linkcode CompassWriter.drain} now and then: until it is called, everything stays in memory.
   *
   * @throws {TypeError} On samples for a content without waveform, or after the end.
   * @throws {RangeError} On a time that is not below 2^63 ps, or a board, channel or energy outside 0 to 65535.
   */
  append(event: EventFields, samples: Uint16Array = NO_SAMPLES): void {
    const layout = this.#layout;
    if (this.#closed) throw new TypeError("Cannot write an event after the end of the file");
    if (samples.length > 0 && layout.samples < 0) {
      throw new TypeError(`Cannot write samples with content ${this.content}: add ${WAVEFORM}`);
    }
    if (!(event.timeHi >= 0 && event.timeHi < 0x80000000)) {
      throw new RangeError(`Cannot write an event at ${event.timeHi} x 2^32 ps: a time is 0 to 2^63 ps`);
    }
    if (((event.board | event.channel | (event.energy ?? 0) | (event.short ?? 0)) >>> 16) !== 0) {
      throw new RangeError(
        `Cannot write an event of board ${event.board}, channel ${event.channel}, energies ${
          event.energy ?? 0
        } and ` +
          `${event.short ?? 0}: these are 0 to 65535`,
      );
    }
    const size = layout.fixed + 2 * samples.length;
    if (this.#filled + size > this.#buffer.length) this.#grow(size);
    const view = this.#view, at = this.#filled;
    view.setUint16(at, event.board, true);
    view.setUint16(at + 2, event.channel, true);
    view.setUint32(at + 4, event.timeLo, true);
    view.setUint32(at + 8, event.timeHi, true);
    if (layout.energy >= 0) view.setUint16(at + layout.energy, event.energy ?? 0, true);
    if (layout.calibrated >= 0) view.setFloat64(at + layout.calibrated, event.calibrated ?? NaN, true);
    if (layout.short >= 0) view.setUint16(at + layout.short, event.short ?? 0, true);
    view.setUint32(at + layout.flags, event.flags, true);
    if (layout.samples >= 0) {
      view.setUint8(at + layout.code, event.code ?? 1);
      view.setUint32(at + layout.samples, samples.length, true);
      if (samples !== this.#samples) {
        this.#samples = samples;
        this.#sampleBytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
      }
      this.#buffer.set(this.#sampleBytes, at + layout.fixed);
    }
    this.#filled += size;
    this.bytes += size;
    this.events++;
  }

  /**
   * Lay out and write all rows of a table of raw records. Times are absolute.
   *
   * @throws {RangeError} On a time outside 0 to 2^63 ps.
   */
  async appendTable(table: Table<RawTypes>): Promise<void> {
    const { time, board, channel, energy, energy_short, energy_calibrated, flags, wave } = table.columns;
    const baseHi = Number(table.t0 >> 32n), baseLo = Number(table.t0 & 0xffffffffn);
    const event = {
      board: 0,
      channel: 0,
      timeHi: 0,
      timeLo: 0,
      energy: 0,
      calibrated: 0,
      short: 0,
      flags: 0,
    };
    for (let i = 0; i < table.length; i++) {
      const high = Math.floor(time[i]! / 2 ** 32);
      const low = baseLo + (time[i]! - high * 2 ** 32);
      const carry = low >= 2 ** 32 ? 1 : 0;
      event.timeHi = baseHi + high + carry;
      event.timeLo = low - carry * 2 ** 32;
      event.board = board[i]!;
      event.channel = channel[i]!;
      event.energy = energy[i]!;
      event.calibrated = energy_calibrated[i]!;
      event.short = energy_short[i]!;
      event.flags = flags[i]!;
      this.append(
        event,
        this.#layout.samples < 0 ? NO_SAMPLES : wave.values.subarray(wave.offsets[i], wave.offsets[i + 1]),
      );
      if (this.full) await this.drain();
    }
    await this.drain();
  }

  /** Write what is gathered if that is enough, or all of it (`all`). */
  async drain(all = false): Promise<void> {
    if (!all && !this.full) return;
    for (let at = 0; at < this.#filled;) {
      at += await this.#sink.write(this.#buffer.subarray(at, this.#filled));
    }
    this.#filled = 0;
  }

  /** Write the rest and close the sink. A second call does nothing. */
  async end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.drain(true);
    } finally {
      this.#sink.close?.();
    }
  }

  /** The same as {@linkcode CompassWriter.end}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#filled + size));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/**
 * Create (or replace) a `.BIN` file and a writer for it, which closes it.
 *
 * @throws {Deno.errors.NotFound} When the folder is missing.
 */
export async function createCompass(path: string, options: WriterOptions = {}): Promise<CompassWriter> {
  return new CompassWriter(await Deno.create(path), options);
}
