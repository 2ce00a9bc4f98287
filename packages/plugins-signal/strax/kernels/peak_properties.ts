// Where the area of a summed waveform lies.

/** Mean index of the samples, weighted with them; the middle where they have no area. */
export function centerOf(data: Float32Array): number {
  let sum = 0, moment = 0;
  for (let i = 0; i < data.length; i++) {
    sum += data[i]!;
    moment += i * data[i]!;
  }
  const center = moment / sum;
  return center >= 0 && center <= data.length - 1
    ? center
    : center > 0
    ? data.length - 1
    : center < 0
    ? 0
    : (data.length - 1) / 2;
}

/**
 * Where given fractions of `area` (ascending) are reached, in samples from the start: linear within a sample.
 *
 * A fraction that is not reached, as rounding may have it for 1, is at the end.
 */
export function indexOfFraction(
  data: Float32Array,
  area: number,
  fractions: Float64Array,
  out: Float64Array,
): Float64Array {
  let seen = 0, next = 0;
  for (let i = 0; i < data.length && next < fractions.length; i++) {
    const x = data[i]!, here = x / area;
    while (next < fractions.length && seen + here >= fractions[next]!) {
      out[next] = x === 0 ? i : i + area * (fractions[next]! - seen) / x;
      next++;
    }
    seen += here;
  }
  return out.fill(data.length, next);
}
