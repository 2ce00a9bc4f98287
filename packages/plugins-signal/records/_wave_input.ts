// What plugins that look at traces have in common: raw or filtered input, the signal of a record, the columns that name it.

import { option, type OptionSpec } from "@millrace/core/option";
import { copyColumns } from "../_copy_columns.ts";
import type { RecordTypes } from "./records.ts";

const COLUMNS = {
  time: "time",
  endtime: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  dt: "i32",
  baseline: "f64",
  polarity: "i8",
} as const satisfies Partial<RecordTypes>;

/** Samples of records, raw or filtered. */
export type WaveValues = Uint16Array | Float32Array;

/** Dependencies of a plugin that reads records, or filtered ones where its option `useFiltered` is set. */
export const WAVE_INPUT = {
  dependsOn: ["records", "filtered_waveforms"],
  reads: (
    { useFiltered }: { readonly useFiltered: boolean },
  ): readonly ("records" | "filtered_waveforms")[] => [
    useFiltered ? "filtered_waveforms" : "records",
  ],
  needs: {
    records: { ...COLUMNS, wave: "u16[]" },
    filtered_waveforms: { ...COLUMNS, wave: "f32[]" },
  },
} as const;

/** The option for it. */
export const useFiltered = (byDefault: boolean): OptionSpec<boolean> =>
  option.boolean({
    default: byDefault,
    help: "Whether the samples of filtered_waveforms are looked at, or those of records",
  });

/** Columns that name the record, which every result of a record starts with. */
export const RECORD_KEYS = { time: "time", board: "u16", channel: "u16", record_id: "i64" } as const;

interface Keys {
  readonly time: Float64Array;
  readonly board: Uint16Array;
  readonly channel: Uint16Array;
  readonly record_id: BigInt64Array;
}

/** Copy the columns that name the record. */
export function copyKeys(from: Keys, to: Keys): void {
  copyColumns(["time", "board", "channel", "record_id"], from, to);
}

// Work space for one record at a time: a chunk is computed without a pause.
let signal = new Float64Array(0);

/** The samples of a record as a signal, in which pulses rise from 0; valid until the next call. NaN without a baseline. */
export function signalOf(
  values: WaveValues,
  first: number,
  end: number,
  baseline: number,
  polarity: number,
): Float64Array {
  const n = end - first;
  if (signal.length < n) signal = new Float64Array(n);
  // A loop that has seen one kind of array only is several times faster.
  if (values instanceof Float32Array) fromReals(values, first, n, baseline, polarity);
  else if (polarity < 0) { for (let k = 0; k < n; k++) signal[k] = baseline - values[first + k]!; }
  else for (let k = 0; k < n; k++) signal[k] = values[first + k]! - baseline;
  return signal.subarray(0, n);
}

function fromReals(values: Float32Array, first: number, n: number, baseline: number, polarity: number): void {
  const sign = polarity < 0 ? -1 : 1;
  for (let k = 0; k < n; k++) signal[k] = sign * (values[first + k]! - baseline);
}

/** Columns of records, raw or filtered. */
interface WaveColumns extends Keys {
  readonly baseline: Float64Array;
  readonly polarity: Int8Array;
  readonly wave: { readonly values: WaveValues; readonly offsets: Uint32Array };
}

/** Go through records: the signal of each (valid during the call), its row, board and channel. */
export function forEachSignal(
  { board, channel, baseline, polarity, wave: { values, offsets } }: WaveColumns,
  use: (signal: Float64Array, i: number, board: number, channel: number) => void,
): void {
  for (let i = 0; i < board.length; i++) {
    const signal = signalOf(values, offsets[i]!, offsets[i + 1]!, baseline[i]!, polarity[i]!);
    use(signal, i, board[i]!, channel[i]!);
  }
}

/** Highest sample of `x[from .. to)`, the first of several; -1 where there is none that is a number. */
export function highest(x: Float64Array, from = 0, to: number = x.length): number {
  let at = -1, top = -Infinity;
  for (let k = from; k < to; k++) {
    if (x[k]! > top) {
      top = x[k]!;
      at = k;
    }
  }
  return at;
}
