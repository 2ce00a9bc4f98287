/**
 * Pole-zero correction: an exponential decay becomes a step.
 *
 * A charge-sensitive preamplifier answers a charge with a step that decays with the time `tau` of its feedback. The filter
 * `y[i] = y[i - 1] + x[i] - x[i - 1] exp(-1 / tau)`, `y[0] = x[0]`, has its zero where the decay has its pole, and so takes it out
 * (Knoll, Radiation Detection and Measurement, ch. 17). Subtract the baseline first: a constant counts as a decay that has
 * to be lifted, and grows. O(samples), no allocation in {@linkcode poleZeroInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { poleZero } from "@millrace/plugins-signal/kernels";
 *
 * const x = Float64Array.from({ length: 50 }, (_, i) => i < 10 ? 0 : 100 * Math.exp(-(i - 10) / 20));
 * poleZero(x, 20).forEach((y, i) => assert(Math.abs(y - (i < 10 ? 0 : 100)) < 1e-9));
 * ```
 * @module
 */
import { checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/**
 * The corrected trace.
 *
 * @param x `[n]` the trace, without baseline.
 * @param tau Time of the decay, samples; `Infinity` for none.
 * @throws {RangeError} If `tau` isn't above 0.
 */
export function poleZero(x: Samples, tau: number): Float64Array {
  return poleZeroInto(x, tau, new Float64Array(x.length));
}

/**
 * The corrected trace, written to `out`; gives `out`.
 *
 * @param out `[n]` may be `x` itself.
 * @throws {RangeError} If `tau` isn't above 0, or `out` has another length.
 */
export function poleZeroInto<T extends RealSamples>(x: Samples, tau: number, out: T): T {
  if (!(tau > 0)) {
    throw new RangeError(`Cannot correct a decay: tau is ${tau}; it takes a number of samples above 0`);
  }
  checkRoom("correct a decay", out, x.length);
  const kept = Math.exp(-1 / tau);
  let before = 0, y = 0;
  for (let i = 0; i < x.length; i++) {
    const sample = x[i]!;
    y += sample - before * kept;
    before = sample;
    out[i] = y;
  }
  return out;
}
