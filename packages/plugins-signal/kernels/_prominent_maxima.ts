import type { Samples } from "./samples.ts";

/**
 * The local maxima (as `localMaxima` gives them) that have a prominence of at least `least` > 0 in the whole trace, and perhaps
 * a few others of the same heights; in one pass, where looking around every maximum costs a scan for each.
 *
 * The trace is followed as a zigzag: up to the highest sample so far until it has fallen by `least`, then down to the lowest until
 * it has risen by as much. A peak of that prominence has such a fall on both sides before anything higher, so that it is a
 * turning point, or as high as one and on the same way up.
 */
export function prominentMaxima(
  x: Samples,
  least: number,
  peaks: Int32Array,
  left: Int32Array,
  right: Int32Array,
): number {
  const n = x.length;
  let found = 0, rising = false, low = Infinity, high = -Infinity, top = -1;
  for (let i = 0; i < n; i++) {
    const value = x[i]!;
    if (rising) {
      if (value > high) {
        high = value;
        top = i;
      } else if (high - value >= least) {
        found = maximaAt(x, high, top, i, found, peaks, left, right);
        rising = false;
        low = value;
      }
    } else if (value < low) low = value;
    else if (value - low >= least) {
      rising = true;
      high = value;
      top = i;
    }
  }
  return found;
}

/** The maxima as high as `height` that start in `from .. to`; what is at `to` is lower. */
function maximaAt(
  x: Samples,
  height: number,
  from: number,
  to: number,
  found: number,
  peaks: Int32Array,
  left: Int32Array,
  right: Int32Array,
): number {
  for (let i = from; i < to; i++) {
    if (x[i] !== height) continue;
    const start = i;
    while (x[i + 1] === height) i++;
    // The first one may follow a sample that is no number.
    if (!(x[start - 1]! < height && x[i + 1]! < height)) continue;
    left[found] = start;
    right[found] = i;
    peaks[found++] = (start + i) >> 1;
  }
  return found;
}
