// Samples of pulses, from the fragments that hold them.

import type { SampleRecords } from "./hitlet_samples.ts";

/** Columns of records, in time order. */
export type PulseRecords = SampleRecords & { readonly record_i: Int32Array };

/** From where to where the pulse of each record is known, ps. */
export interface PulseSpans {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
}

/** Looks up samples of pulses whose fragments follow each other without a gap, and are numbered so. */
export class PulseSamples {
  /** Of each record. */
  readonly spans: PulseSpans;
  readonly #records: PulseRecords;
  readonly #width: number;
  /** The record before and behind in the pulse, -1 where there is none. */
  readonly #before: Int32Array;
  readonly #behind: Int32Array;

  /** @param width Samples a record. O(records). */
  constructor(records: PulseRecords, width: number) {
    this.#records = records;
    this.#width = width;
    const { channel, record_i } = records, rows = channel.length;
    const before = this.#before = new Int32Array(rows).fill(-1),
      behind = this.#behind = new Int32Array(rows).fill(-1);
    const time = records.time.slice(), endtime = records.endtime.slice();
    const last = new Map<number, number>();
    for (let i = 0; i < rows; i++) {
      const k = last.get(channel[i]!);
      last.set(channel[i]!, i);
      if (k === undefined || record_i[i] !== record_i[k]! + 1 || records.time[i] !== records.endtime[k]) {
        continue;
      }
      before[i] = k;
      behind[k] = i;
      time[i] = time[k]!;
    }
    for (let i = rows - 1; i >= 0; i--) if (behind[i]! >= 0) endtime[i] = endtime[behind[i]!]!;
    this.spans = { time, endtime };
  }

  /** Copy `count` samples from `start` on, which lie in the pulse of record `i`, into `out` from `at` on. */
  copy(i: number, start: number, count: number, out: Int16Array, at: number): void {
    const { time, dt, length, data } = this.#records;
    let k = i;
    while (time[k]! > start) k = this.#before[k]!;
    for (
      let from = Math.round((start - time[k]!) / dt[k]!), left = count;
      left > 0;
      k = this.#behind[k]!, from = 0
    ) {
      const n = Math.min(left, length[k]! - from), first = k * this.#width + from;
      if (n <= 0) continue;
      out.set(data.subarray(first, first + n), at);
      at += n;
      left -= n;
    }
  }
}
