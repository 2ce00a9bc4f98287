// Positive pulses among negative ones: what `recordRows` made of both with `flip` is turned back for the former.

import { type RecordResults, roundHalfEven } from "./record_rows.ts";

/** Rows `from` to `to` (excluded) of the input are rows 0 and on of `out`. Those of positive polarity get what they have without `flip`. */
export function turnPositive(
  { polarity, length }: { readonly polarity: Int8Array; readonly length: Int32Array },
  from: number,
  to: number,
  width: number,
  { data, area, baseline }: RecordResults,
): void {
  for (let i = from; i < to; i++) {
    const row = i - from, mean = baseline[row]!;
    if (polarity[i]! <= 0 || Number.isNaN(mean)) continue;
    const first = row * width, n = Math.min(length[i]!, width);
    let sum = 0;
    for (let k = first; k < first + n; k++) {
      data[k] = -data[k]!;
      sum += data[k]!; // as 16 bits hold it: -32768 stays what it is
    }
    area[row] = sum + roundHalfEven((mean - Math.floor(mean)) * n);
  }
}
