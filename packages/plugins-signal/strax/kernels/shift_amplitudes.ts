// Samples multiplied by a power of two: those of attenuated channels.

import { type RecordResults, roundHalfEven } from "./record_rows.ts";

/**
 * Multiply the samples of rows 0 and on of `out` by 2 to the power of `shiftOf(channel)`; their integrals are those of the products, the baseline
 * stays as it is. Rows `from` and on of the input.
 *
 * @returns The first row of the input of which a product is more than 16 bits hold, -1 where there is none.
 */
export function shiftAmplitudes(
  { channel, length }: { readonly channel: Uint16Array; readonly length: Int32Array },
  from: number,
  width: number,
  shiftOf: (channel: number) => number,
  { data, area, baseline }: RecordResults,
): number {
  for (let row = 0; row < area.length; row++) {
    const i = from + row, factor = 2 ** shiftOf(channel[i]!), mean = baseline[row]!;
    if (factor === 1 || Number.isNaN(mean)) continue;
    const first = row * width, n = Math.min(length[i]!, width);
    let sum = 0;
    for (let k = first; k < first + n; k++) {
      const product = data[k]! * factor;
      if (product > 32767 || product < -32768) return i;
      data[k] = product;
      sum += product;
    }
    area[row] = sum + roundHalfEven((mean - Math.floor(mean)) * n);
  }
  return -1;
}
