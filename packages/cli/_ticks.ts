// Round numbers for the axes of a picture.

/**
 * Round values from `low` to `high`, about `most` at most: multiples of 1, 2 or 5 times a power of ten. None where numbers
 * are too coarse or too fine for that.
 */
export function ticks(low: number, high: number, most: number): number[] {
  const rough = (high - low) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9)) ?? 0;
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  const values: number[] = [];
  if (!(step > 0 && Number.isSafeInteger(first) && Number.isSafeInteger(last))) return values;
  for (let k = first; k <= last; k++) values.push(Number((k * step).toPrecision(12)));
  return values;
}

/** A unit of an axis, and how much of the smallest it is. */
export interface AxisUnit {
  readonly name: string;
  /** ps, or Hz. */
  readonly size: number;
}

const UNITS = {
  time: { s: 1e12, ms: 1e9, "µs": 1e6, ns: 1e3, ps: 1 },
  frequency: { GHz: 1e9, MHz: 1e6, kHz: 1e3, Hz: 1 },
} as const;

/** The largest unit of which a stretch holds at least 10. @param whole Duration, ps, or range of frequencies, Hz. */
export function axisUnit(whole: number, of: keyof typeof UNITS = "time"): AxisUnit {
  const units = Object.entries(UNITS[of]).map(([name, size]) => ({ name, size }));
  return units.find(({ size }) => whole >= 10 * size) ?? units.at(-1)!;
}
