// Normal noise, drawn anew for every sample: 16 random bits choose one of 65,536 equally probable quantiles; the two outermost
// stand for all that is beyond 4.17 sigma, which is drawn exactly.
import type { Random } from "./random.ts";

const CELLS = 2 ** 16;

/** Rational approximations of the normal quantile, within 1.2e-9 of it (P. J. Acklam). */
const CENTRE = [
  [
    -39.69683028665376,
    220.9460984245205,
    -275.9285104469687,
    138.357751867269,
    -30.66479806614716,
    2.506628277459239,
  ],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
] as const;
const TAIL = [
  [
    -0.007784894002430293,
    -0.3223964580411365,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
] as const;

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}

/** The number that a normal number (mean 0, standard deviation 1) is below with a probability of `p`. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL[0], q) / polynomial(TAIL[1], q);
  }
  const q = p - 0.5, r = q * q;
  return q * polynomial(CENTRE[0], r) / polynomial(CENTRE[1], r);
}

/** Noise of one mean and standard deviation. */
export class Noise {
  readonly #random: Random;
  readonly #mean: number;
  readonly #sigma: number;
  readonly #edge = normalQuantile(1 - 1 / CELLS);
  readonly #quantiles: Float32Array;
  readonly #bits: Uint16Array;
  readonly #values: Float32Array;

  /** @param most Most samples at once. */
  constructor(random: Random, mean: number, sigma: number, most: number) {
    this.#random = random;
    this.#mean = mean;
    this.#sigma = sigma;
    this.#quantiles = Float32Array.from(
      { length: CELLS },
      (_, cell) => mean + sigma * normalQuantile((cell + 0.5) / CELLS),
    );
    this.#bits = new Uint16Array(most);
    this.#values = new Float32Array(most);
  }

  /** The next `n` values, valid until the next call. O(n). */
  draw(n: number): Float32Array {
    const bits = this.#bits, values = this.#values, quantiles = this.#quantiles;
    this.#random.fill(bits, n);
    for (let i = 0; i < n; i++) {
      const cell = bits[i]!;
      values[i] = quantiles[cell]!;
      if (((cell + 1) & 0xfffe) === 0) values[i] = this.#beyond(cell === 0 ? -1 : 1);
    }
    return values;
  }

  /** A value of the tail on one side (Marsaglia 1964). */
  #beyond(sign: number): number {
    const edge = this.#edge;
    for (;;) {
      const x = this.#random.exponential() / edge;
      if (2 * this.#random.exponential() >= x * x) return this.#mean + sign * this.#sigma * (edge + x);
    }
  }
}
