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

const UNITS: readonly [name: string, ps: number][] = [["s", 1e12], ["ms", 1e9], ["µs", 1e6], ["ns", 1e3], [
  "ps",
  1,
]];

/** The largest unit of which a duration holds at least 10. @param ps Duration, ps. */
export function axisUnit(ps: number): { name: string; ps: number } {
  const [name, size] = UNITS.find(([, size]) => ps >= 10 * size) ?? UNITS.at(-1)!;
  return { name, ps: size };
}
