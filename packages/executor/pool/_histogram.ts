// Times in logarithmic buckets: percentiles in bounded memory.

const PER_OCTAVE = 16;
const LOWEST = 2 ** -14; // ms
const OCTAVES = 44; // up to 2^30 ms, 12 days
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** The upper 16 bits of a number: exponent and four bits of mantissa. */
const step = (value: number): number => {
  float[0] = value;
  return words[1]! >>> 16;
};
const FIRST = step(LOWEST);

/** Percentiles of times in ms. `add` is O(1), all else O(buckets); values are within 3.2 % of the true ones. */
export class Histogram {
  readonly #counts = new Float64Array(OCTAVES * PER_OCTAVE);
  /** Values. */
  count = 0;
  /** Their sum, ms. */
  sum = 0;

  /** Counts a time of at least 0 ms. */
  add(value: number): void {
    float[0] = value;
    const bucket = (words[1]! >>> 16) - FIRST;
    const last = OCTAVES * PER_OCTAVE - 1;
    this.#counts[bucket < 0 ? 0 : bucket > last ? last : bucket]!++;
    this.count++;
    this.sum += value;
  }

  /** The time that a share `q` of all times do not exceed; 0 when there are none. */
  quantile(q: number): number {
    let left = Math.max(1, Math.ceil(q * this.count));
    for (let i = 0; i < this.#counts.length; i++) {
      left -= this.#counts[i]!;
      if (left > 0) continue;
      const octave = Math.floor(i / PER_OCTAVE);
      return LOWEST * 2 ** octave * (1 + (i % PER_OCTAVE + 0.5) / PER_OCTAVE);
    }
    return 0;
  }
}
