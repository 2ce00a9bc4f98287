/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna 2018, period 2^128 - 1), its state filled by SplitMix32 from the
 * seed. The same seed gives the same numbers everywhere. Not for secrets.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Random } from "./random.ts";
 *
 * assert.equal(new Random(7).uint32(), new Random(7).uint32());
 * ```
 * @module
 */

/** A stream of random numbers, O(1) each. */
export class Random {
  readonly #state = new Uint32Array(4);
  #spare = NaN;

  /**
   * The stream of a seed.
   *
   * @param seed A whole number, 0 to 2^53 - 1.
   * @throws {RangeError} On another seed.
   */
  constructor(seed: number) {
    if (!(Number.isSafeInteger(seed) && seed >= 0)) {
      throw new RangeError(`Cannot seed with ${seed}: a seed is a whole number from 0 to 2^53 - 1`);
    }
    let z = (seed ^ Math.imul(seed / 2 ** 32, 0x85ebca6b)) >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let x = z;
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      this.#state[i] = x ^ (x >>> 15);
    }
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const x = Math.imul(s[1]!, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Fill the first `n` places with whole numbers from 0 to 65,535: the halves of `uint32()`, the lower one first. */
  fill(out: Uint16Array, n: number): void {
    let [a, b, c, d] = this.#state as unknown as [number, number, number, number];
    for (let i = 0; i < n; i += 2) {
      const x = Math.imul(b, 5);
      const result = Math.imul((x << 7) | (x >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      out[i] = result;
      if (i + 1 < n) out[i + 1] = result >>> 16;
    }
    this.#state.set([a, b, c, d]);
  }

  /** Uniform in [0, 1), with 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A whole number from 0 to `n - 1`, for `n` up to 2^53. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Normal with mean 0 and standard deviation 1 (Marsaglia's polar method). */
  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1, y = 2 * this.uniform() - 1;
      const r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const scale = Math.sqrt(-2 * Math.log(r) / r);
      this.#spare = y * scale;
      return x * scale;
    }
  }
}
