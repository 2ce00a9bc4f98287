import type { PeakProminences } from "./peak_prominences.ts";
import type { Samples } from "./samples.ts";

/** The ways up and down of a trace: way up `k` comes behind valley `k`; one valley more than ways. */
export interface Zigzag {
  /** Height of each way up. */
  readonly tops: Float64Array;
  /** Lowest sample of each valley. */
  readonly valleys: Float64Array;
  /** Where it is first. */
  readonly valleyFirst: Int32Array;
  /** Where it is last. */
  readonly valleyLast: Int32Array;
  /** Way up of each peak. */
  readonly ways: Int32Array;
}

/** Room for a trace with up to `peaks` peaks. */
export function zigzagRoom(peaks: number): Zigzag {
  const reals = () => new Float64Array(peaks + 2), ints = () => new Int32Array(peaks + 2);
  return { tops: reals(), valleys: reals(), valleyFirst: ints(), valleyLast: ints(), ways: ints() };
}

/** Where {@linkcode prominentMaxima} writes. */
export interface ProminentRoom extends PeakProminences {
  readonly peaks: Int32Array;
  readonly leftEdges: Int32Array;
  readonly rightEdges: Int32Array;
  readonly zigzag: Zigzag;
}

/**
 * The local maxima (as `localMaxima` gives them) that have a prominence of at least `least` > 0 in the whole trace, and perhaps
 * a few others of the same heights, with their prominences and bases; in one pass, where looking around every maximum costs a
 * scan for each. Gives their number; below 0, less 1, where prominences are still to be found since there is a NaN.
 *
 * The trace is followed as a zigzag: up to the highest sample so far until it has fallen by `least`, then down to the lowest until
 * it has risen by as much. A peak of that prominence has such a fall on both sides before anything higher, so that it is a
 * turning point, or as high as one and on the same way up. On a way down no sample is as high as its top, on a way up none as
 * low as its valley: the lowest sample between a peak and the next higher sample is that of a valley.
 */
export function prominentMaxima(x: Samples, least: number, room: ProminentRoom): number {
  const { tops, valleys, valleyFirst, valleyLast } = room.zigzag;
  const n = x.length;
  let found = 0, ways = 0, rising = false, isComplete = true;
  let low = Infinity, first = 0, last = 0, high = -Infinity, top = -1;
  for (let i = 0; i < n; i++) {
    const value = x[i]!;
    if (rising) {
      if (value > high) {
        high = value;
        top = i;
      } else if (high - value >= least) {
        found = maximaAt(x, high, top, i, ways, found, room);
        tops[ways++] = high;
        rising = false;
        low = value;
        first = last = i;
      } else if (value !== value) isComplete = false;
    } else if (value <= low) {
      if (value < low) first = i;
      low = value;
      last = i;
    } else if (value - low >= least) {
      rising = true;
      valleys[ways] = low;
      valleyFirst[ways] = first;
      valleyLast[ways] = last;
      high = value;
      top = i;
    } else if (value !== value) isComplete = false;
  }
  if (!rising) {
    valleys[ways] = low;
    valleyFirst[ways] = first;
    valleyLast[ways] = last;
  }
  if (!isComplete) return -found - 1;
  for (let p = 0; p < found; p++) findProminence(room, ways, p);
  return found;
}

/** The maxima as high as `height` that start in `from .. to`; what is at `to` is lower. */
function maximaAt(
  x: Samples,
  height: number,
  from: number,
  to: number,
  way: number,
  found: number,
  { peaks, leftEdges, rightEdges, zigzag }: ProminentRoom,
): number {
  for (let i = from; i < to; i++) {
    if (x[i] !== height) continue;
    const start = i;
    while (x[i + 1] === height) i++;
    // The first one may follow a sample that is no number.
    if (!(x[start - 1]! < height && x[i + 1]! < height)) continue;
    leftEdges[found] = start;
    rightEdges[found] = i;
    zigzag.ways[found] = way;
    peaks[found++] = (start + i) >> 1;
  }
  return found;
}

/** Over the valleys on both sides, up to the first way that leads higher. */
function findProminence(
  { zigzag, prominences, leftBases, rightBases }: ProminentRoom,
  ways: number,
  p: number,
): void {
  const { tops, valleys, valleyFirst, valleyLast } = zigzag;
  const way = zigzag.ways[p]!, top = tops[way]!;
  let left = way;
  for (let k = way - 1; k >= 0 && tops[k]! <= top; k--) if (valleys[k]! < valleys[left]!) left = k;
  let right = way + 1;
  for (let k = way + 1; k < ways && tops[k]! <= top; k++) {
    if (valleys[k + 1]! < valleys[right]!) right = k + 1;
  }
  prominences[p] = top - (valleys[left]! > valleys[right]! ? valleys[left]! : valleys[right]!);
  leftBases[p] = valleyLast[left]!;
  rightBases[p] = valleyFirst[right]!;
}
