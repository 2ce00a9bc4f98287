import type { Samples } from "./samples.ts";

/**
 * Local maxima as `scipy.signal._peak_finding_utils._local_maxima_1d`: samples, or plateaus of equal samples, with lower
 * neighbours on both sides. The first and the last sample are none. Gives their number; `peaks` are the middles (rounded
 * down), `left` and `right` the first and last sample of each plateau.
 */
export function localMaxima(x: Samples, peaks: Int32Array, left: Int32Array, right: Int32Array): number {
  const last = x.length - 1;
  let found = 0;
  for (let i = 1; i < last; i++) {
    if (!(x[i - 1]! < x[i]!)) continue;
    let ahead = i + 1;
    while (ahead < last && x[ahead]! === x[i]!) ahead++;
    if (x[ahead]! < x[i]!) {
      left[found] = i;
      right[found] = ahead - 1;
      peaks[found++] = (i + ahead - 1) >> 1;
      i = ahead;
    }
  }
  return found;
}
