// What the plugins of single pulses have in common: the signal of a record, and the columns that name it.

import type { RecordTypes } from "../records/records.ts";

/** Columns of `records` that they read. */
export const PULSE_NEEDS = {
  time: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  dt: "i32",
  baseline: "f64",
  polarity: "i8",
  wave: "u16[]",
} as const satisfies Partial<RecordTypes>;

/** Columns that name the record, which every result starts with. */
export const RECORD_KEYS = { time: "time", board: "u16", channel: "u16", record_id: "i64" } as const;

interface Keys {
  readonly time: Float64Array;
  readonly board: Uint16Array;
  readonly channel: Uint16Array;
  readonly record_id: BigInt64Array;
}

/** Copy the columns that name the record. */
export function copyKeys(from: Keys, to: Keys): void {
  to.time.set(from.time);
  to.board.set(from.board);
  to.channel.set(from.channel);
  to.record_id.set(from.record_id);
}

// Work space for one record at a time: a chunk is computed without a pause.
let signal = new Float64Array(0);

/** The samples of a record as a signal, in which pulses rise from 0; valid until the next call. NaN without a baseline. */
export function signalOf(
  values: Uint16Array,
  first: number,
  end: number,
  baseline: number,
  polarity: number,
): Float64Array {
  const n = end - first;
  if (signal.length < n) signal = new Float64Array(n);
  if (polarity < 0) { for (let k = 0; k < n; k++) signal[k] = baseline - values[first + k]!; }
  else for (let k = 0; k < n; k++) signal[k] = values[first + k]! - baseline;
  return signal.subarray(0, n);
}

/** Highest sample, the first of several; -1 where there is none that is a number. */
export function highest(x: Float64Array): number {
  let at = -1, top = -Infinity;
  for (let k = 0; k < x.length; k++) {
    if (x[k]! > top) {
      top = x[k]!;
      at = k;
    }
  }
  return at;
}
