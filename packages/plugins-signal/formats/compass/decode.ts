/**
 * A decoder of CoMPASS bytes, delivered in any pieces.
 *
 * Bytes go into one growing backlog; every complete event is noted in typed-array columns, which are kept in the total
 * order (time, board, channel, order in the file). Samples and energies stay where they lie in the backlog until they are
 * taken, so that they are copied once. Damage never throws here: decoding stops, `damage` says where and why, and the
 * events before it remain.
 *
 * Decoding is O(bytes); ordering O(rows) for rows in order, O(rows log rows) at worst.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CompassDecoder } from "./decode.ts";
 *
 * using decoder = new CompassDecoder({ name: "a.BIN" });
 * decoder.push(new Uint8Array([0xe0, 0xca, 1, 0, 2, 0, 7, 0, 0, 0])); // no energies, no waveform
 * decoder.push(new Uint8Array([0, 0, 0, 0, 9, 0, 0, 0])); // the rest of the first event
 * decoder.finish();
 * assert.equal(decoder.damage, undefined);
 * assert.deepEqual([decoder.count, decoder.lo[0], decoder.place[0]], [1, 7, 0x10002]);
 * ```
 * @module
 */
import type { Account } from "@millrace/core/buffers";
import { type Damage, late, LATEST_HI, nonsense, OR_RECOVER, unreadable } from "./_damage.ts";
import { permute, sortRows } from "../merge/order.ts";
import type { Place } from "../merge/source.ts";
import { type EventLayout, eventLayout, HEADER_BYTES, isCompass, MAX_SAMPLES } from "./layout.ts";

export type { Damage } from "./_damage.ts";

/** What a {@linkcode CompassDecoder} may be told. */
export interface DecoderOptions {
  /** Name of the input for messages, e.g. the file's path. */
  readonly name?: string;
  /** Most samples an event may have; default {@linkcode MAX_SAMPLES}, which is also the most. */
  readonly maxSamples?: number;
  /** How far a row may lie behind the latest row before it, ps (at most 2^53); default no limit. */
  readonly reorderWindow?: number;
  /** Charged with the backlog and the columns. */
  readonly account?: Account;
}

const WORD = 2 ** 32;

/** Events of one input: rows `head` to `count` (excluded) of its columns are decoded and not yet taken. */
export class CompassDecoder implements Disposable {
  /** Name of the input. */
  readonly name: string;
  /** Where fields lie in an event; `undefined` until the header is there. */
  layout: EventLayout | undefined;
  /** High halves of the times. */
  hi: Uint32Array = new Uint32Array(0);
  /** Low halves of the times. */
  lo: Uint32Array = new Uint32Array(0);
  /** Board (high 16 bits) and channel (low 16 bits). */
  place: Uint32Array = new Uint32Array(0);
  /** Number of samples. */
  samples: Uint32Array = new Uint32Array(0);
  /** Byte offset of the event in the input. */
  offset: Float64Array = new Float64Array(0);
  /** First row that was not taken. A caller that has taken a row moves it on. */
  head = 0;
  /** Rows in the columns. */
  count = 0;
  /** Events decoded so far. */
  events = 0;
  /** Samples of the first event in the input, 0 until it is there. */
  firstSamples = 0;
  /** High half of the latest time so far, -1 before the first event. */
  latestHi: number = -1;
  /** Low half of the latest time so far. */
  latestLo = 0;
  /** The backlog. An event's byte `offset` lies at index `offset - base`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The backlog as numbers, for the fields of events. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset in the input of the backlog's first byte. */
  base = 0;
  /** Why decoding stopped, if it did. */
  damage: Damage | undefined;

  #filled = 0;
  #parsed = 0;
  #wanted: number = HEADER_BYTES;
  #order = new Uint32Array(0);
  #scratch = new Float64Array(0);
  #charged = 0;
  readonly #maxSamples: number;
  readonly #window: number;
  readonly #account: Account | undefined;

  /**
   * A decoder that has received nothing.
   *
   * @throws {RangeError} On a sample limit or a reorder window out of range.
   */
  constructor(options: DecoderOptions = {}) {
    this.name = options.name ?? "the input";
    this.#maxSamples = options.maxSamples ?? MAX_SAMPLES;
    this.#window = options.reorderWindow ?? Infinity;
    this.#account = options.account;
    if (!(Number.isInteger(this.#maxSamples) && this.#maxSamples >= 0 && this.#maxSamples <= MAX_SAMPLES)) {
      throw new RangeError(`Cannot decode with maxSamples ${this.#maxSamples}: it is 0 to ${MAX_SAMPLES}`);
    }
    if (!(this.#window === Infinity || (Number.isSafeInteger(this.#window) && this.#window >= 0))) {
      throw new RangeError(`Cannot decode with the reorder window ${this.#window} ps: it is 0 to 2^53 ps`);
    }
  }

  /** Offset in the input up to which bytes were received. */
  get received(): number {
    return this.base + this.#filled;
  }

  /** Bytes that are still missing for the event (or header) that is being received; at least 1. */
  get missing(): number {
    return Math.max(1, this.#parsed + this.#wanted - this.#filled);
  }

  /** Room for `bytes` bytes at the end of the backlog, to be filled and then handed to {@linkcode CompassDecoder.commit}. */
  room(bytes: number): Uint8Array {
    if (this.#filled + bytes > this.bytes.length) this.#makeRoom(bytes);
    return this.bytes.subarray(this.#filled, this.#filled + bytes);
  }

  /** The first `bytes` bytes of the room are filled: decode every event that is complete. */
  commit(bytes: number): void {
    this.#filled += bytes;
    if (this.damage === undefined) this.#decode();
  }

  /** Decode a copy of `piece`. */
  push(piece: Uint8Array): void {
    this.room(piece.length).set(piece);
    this.commit(piece.length);
  }

  /** Where the events lie that were not taken, or are still to come. O(rows not taken). */
  mark(): Place {
    let offset = this.base + this.#parsed;
    const { head, count, latestHi, latestLo } = this;
    if (head === count) return { offset, latestHi, latestLo };
    for (let i = head; i < count; i++) if (this.offset[i]! < offset) offset = this.offset[i]!;
    // All events before that one were taken, hence are earlier: the latest of all lies behind it.
    return { offset, latestHi: -1, latestLo: 0 };
  }

  /** The next bytes are those of a place behind the first event: what was received is dropped. */
  jump({ offset, latestHi, latestLo }: Place): void {
    this.head = this.count = 0;
    this.base = offset;
    this.#filled = this.#parsed = 0;
    this.#wanted = this.layout!.fixed;
    this.latestHi = latestHi;
    this.latestLo = latestLo;
  }

  /** No more bytes will come: what is left is an event that was cut off. */
  finish(): void {
    if (this.damage !== undefined) return;
    const left = this.#filled - this.#parsed;
    if (this.layout === undefined) {
      const what = this.#filled === 0 ? "it is empty" : "it ends after 1 byte";
      this.#fail(
        0,
        `${what}; a CoMPASS file starts with the two bytes 0xCAEn; remove the file from the input`,
      );
    } else if (left > 0) {
      const more = left < this.layout.fixed ? " or more" : "";
      this.#fail(
        this.base + this.#parsed,
        `the last event is cut off after ${left} of ${this.#wanted}${more} bytes; ` +
          `copy the file again${OR_RECOVER}`,
      );
    }
  }

  /** Let go of the backlog and the columns. */
  [Symbol.dispose](): void {
    this.#account?.refund(this.#charged);
    this.#charged = 0;
    this.head = this.count = 0;
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.bytes.buffer);
    this.hi =
      this.lo =
      this.place =
      this.samples =
      this.#order =
        new Uint32Array(0);
    this.offset = this.#scratch = new Float64Array(0);
  }

  #fail(offset: number, why: string): void {
    this.damage = unreadable(this.name, offset, why);
  }

  #header(): boolean {
    const { bytes } = this;
    if (this.#filled < HEADER_BYTES) return false;
    if (!isCompass(bytes)) {
      const found = (bytes[0]! | (bytes[1]! << 8)).toString(16).padStart(4, "0");
      this.#fail(
        0,
        `it starts with 0x${found}, a CoMPASS file with 0xcae0 to 0xcaef; ` +
          "give .BIN files of CoMPASS; strax records (.bin) have a JSON of the same name beside them, with itemsize and dtype",
      );
      return false;
    }
    this.layout = eventLayout(bytes[0]! & 15);
    this.#parsed = HEADER_BYTES;
    return true;
  }

  #decode(): void {
    if (this.layout === undefined && !this.#header()) return;
    if (2 * this.head >= this.count) this.#dropTaken();
    const { view, base } = this;
    const { fixed, samples: samplesAt } = this.layout!;
    const end = this.#filled, window = this.#window;
    const first = this.count;
    let at = this.#parsed, count = first;
    let latestHi = this.latestHi, latestLo = this.latestLo;
    let lastHi = -1, lastLo = 0, lastPlace = 0;
    if (count > this.head) {
      lastHi = this.hi[count - 1]!, lastLo = this.lo[count - 1]!, lastPlace = this.place[count - 1]!;
    }
    let ordered = true, leastHi = WORD, leastLo = 0;
    this.#wanted = fixed;
    while (end - at >= fixed) {
      const samples = samplesAt < 0 ? 0 : view.getUint32(at + samplesAt, true);
      const lo = view.getUint32(at + 4, true), hi = view.getUint32(at + 8, true);
      if (hi >= LATEST_HI || samples > this.#maxSamples) {
        this.damage = nonsense(this.name, base + at, hi, lo, samples, this.#maxSamples);
        break;
      }
      const size = fixed + 2 * samples;
      if (end - at < size) {
        this.#wanted = size;
        break;
      }
      if (hi > latestHi || (hi === latestHi && lo >= latestLo)) {
        latestHi = hi, latestLo = lo;
      } else if ((latestHi - hi) * WORD + (latestLo - lo) > window) {
        this.damage = late(this.name, base + at, hi, lo, latestHi, latestLo, window);
        break;
      }
      if (count === this.hi.length) this.#allocateRows(Math.max(256, count * 2));
      const place = ((view.getUint16(at, true) << 16) | view.getUint16(at + 2, true)) >>> 0;
      this.hi[count] = hi;
      this.lo[count] = lo;
      this.place[count] = place;
      this.samples[count] = samples;
      this.offset[count] = base + at;
      count++;
      if (hi < lastHi || (hi === lastHi && (lo < lastLo || (lo === lastLo && place < lastPlace)))) {
        ordered = false;
      }
      if (hi < leastHi || (hi === leastHi && lo < leastLo)) leastHi = hi, leastLo = lo;
      lastHi = hi, lastLo = lo, lastPlace = place;
      at += size;
    }
    this.#parsed = at;
    this.latestHi = latestHi, this.latestLo = latestLo;
    if (this.events === 0 && count > 0) this.firstSamples = this.samples[0]!;
    this.events += count - first;
    this.count = count;
    if (!ordered) this.#sort(first, leastHi, leastLo);
  }

  // Rows from the first one that a new row may precede are sorted, and their columns moved accordingly.
  #sort(first: number, leastHi: number, leastLo: number): void {
    const { hi, lo } = this;
    let from = this.head;
    for (let to = first; from < to;) {
      const mid = (from + to) >>> 1;
      if (hi[mid]! < leastHi || (hi[mid] === leastHi && lo[mid]! < leastLo)) from = mid + 1;
      else to = mid;
    }
    const n = this.count - from;
    if (this.#order.length < n) {
      this.#order = new Uint32Array(2 * n);
      this.#scratch = new Float64Array(2 * n);
    }
    const order = this.#order;
    for (let i = 0; i < n; i++) order[i] = from + i;
    sortRows(this, order, n, new Uint32Array(this.#scratch.buffer));
    permute(this.hi, order, n, from, this.#scratch);
    permute(this.lo, order, n, from, this.#scratch);
    permute(this.place, order, n, from, this.#scratch);
    permute(this.samples, order, n, from, this.#scratch);
    permute(this.offset, order, n, from, this.#scratch);
  }

  // Move what is still needed to the front of the backlog, or to one so large that a byte is moved half a time at most.
  #makeRoom(bytes: number): void {
    let keep = this.#parsed;
    for (let i = this.head; i < this.count; i++) {
      const at = this.offset[i]! - this.base;
      if (at < keep) keep = at;
    }
    const kept = this.#filled - keep;
    if (kept + bytes > this.bytes.length || 3 * kept > this.bytes.length) {
      const larger = new Uint8Array(Math.max(4 * kept, kept + bytes));
      this.#charge(larger.length - this.bytes.length);
      larger.set(this.bytes.subarray(keep, this.#filled));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    } else this.bytes.copyWithin(0, keep, this.#filled);
    this.base += keep;
    this.#filled = kept;
    this.#parsed -= keep;
  }

  #dropTaken(): void {
    const { head, count } = this;
    for (const column of [this.hi, this.lo, this.place, this.samples, this.offset]) {
      column.copyWithin(0, head, count);
    }
    this.count = count - head;
    this.head = 0;
  }

  #allocateRows(rows: number): void {
    this.#charge((rows - this.hi.length) * 24);
    this.hi = grown(this.hi, new Uint32Array(rows));
    this.lo = grown(this.lo, new Uint32Array(rows));
    this.place = grown(this.place, new Uint32Array(rows));
    this.samples = grown(this.samples, new Uint32Array(rows));
    const offset = new Float64Array(rows);
    offset.set(this.offset.subarray(0, rows));
    this.offset = offset;
  }

  #charge(bytes: number): void {
    this.#account?.charge(bytes);
    this.#charged += bytes;
  }
}

function grown(from: Uint32Array, to: Uint32Array): Uint32Array {
  to.set(from.subarray(0, to.length));
  return to;
}
