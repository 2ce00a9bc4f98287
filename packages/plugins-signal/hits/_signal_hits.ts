// Hits of a signal that is no integer: the formulas of findThresholdHits in double precision.

import type { HitWindow, ThresholdHits } from "../kernels/find_threshold_hits.ts";

/** The hits of one signal, in order, written to `out` from row `at` on; gives their number. NaN is no hit. */
export function findSignalHits(
  signal: Float64Array,
  window: HitWindow,
  out: ThresholdHits,
  at: number,
): number {
  const n = signal.length, { threshold, left, right, truncate } = window;
  let row = at;
  let before = 0; // end of the window before, where windows may not overlap
  for (let k = 0; k < n;) {
    if (!(signal[k]! >= threshold)) {
      k++;
      continue;
    }
    const start = k;
    do k++; while (k < n && signal[k]! >= threshold);
    const a = Math.max(start - left, before);
    let b = Math.min(k + right, n);
    if (truncate) {
      let next = k;
      while (next < b && !(signal[next]! >= threshold)) next++;
      before = b = next;
    }
    let position = a, height = signal[a]!, sum = 0;
    for (let i = a; i < b; i++) {
      const value = signal[i]!;
      if (value > height) {
        height = value;
        position = i;
      }
      if (value > 0) sum += value;
    }
    out.edge_start[row] = a;
    out.edge_end[row] = b;
    out.position[row] = position;
    out.height[row] = height;
    out.integral[row] = sum;
    row++;
  }
  return row - at;
}
