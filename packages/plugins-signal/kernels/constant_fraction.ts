/**
 * The time of a pulse by constant fraction discrimination, which is the same for any height of the pulse.
 *
 * The pulse, delayed, is subtracted from a fraction of itself: `y[i] = fraction x[i] - x[i - delay]`. The time is where `y` falls
 * through 0 behind its maximum, interpolated linearly (Knoll, Radiation Detection and Measurement, ch. 17). Samples before
 * the trace count as 0: subtract the baseline first. O(samples), no allocation in {@linkcode constantFractionInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { constantFraction } from "@millrace/plugins-signal/kernels";
 *
 * const pulse = new Float64Array([0, 0, 0, 2, 4, 6, 8, 8, 8, 8]);
 * // 8 / 2 is passed 2 samples behind the start of the edge (at 2), and the delayed edge reaches it 3 later.
 * assert.equal(constantFraction(pulse, { fraction: 0.5, delay: 4 }), 8);
 * assert.equal(constantFraction(pulse.map((v) => 7 * v), { fraction: 0.5, delay: 4 }), 8);
 * ```
 * @module
 */
import { checkInteger, checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/** Settings of the discriminator. */
export interface ConstantFractionOptions {
  /** Fraction of the pulse, between 0 and 1. */
  readonly fraction: number;
  /** Delay, samples; at least 1. */
  readonly delay: number;
  /** Lowest maximum of the trace for which there is a time. Default: any above 0. */
  readonly threshold?: number;
}

/**
 * Time of the pulse, samples; NaN where the trace doesn't reach the threshold or `y` doesn't fall through 0.
 *
 * @param x `[n]` the trace: a pulse above 0, without baseline.
 * @throws {TypeError} On a delay that isn't an integer. @throws {RangeError} On a fraction not between 0 and 1, a delay below 1, or a NaN threshold.
 */
export function constantFraction(x: Samples, options: ConstantFractionOptions): number {
  return constantFractionInto(x, options, new Float64Array(x.length));
}

/**
 * Time of the pulse, samples; `y` is written to `out`.
 *
 * @param out `[n]` not `x` itself.
 * @throws {TypeError} On a delay that isn't an integer. @throws {RangeError} On settings out of range, or `out` of another length.
 */
export function constantFractionInto(
  x: Samples,
  { fraction, delay, threshold = 0 }: ConstantFractionOptions,
  out: RealSamples,
): number {
  const action = "find the time of a pulse";
  if (!(fraction > 0 && fraction < 1)) {
    throw new RangeError(`Cannot ${action}: fraction is ${fraction}; it takes more than 0 and less than 1`);
  }
  checkInteger(action, "delay", delay, 1);
  if (threshold !== threshold) throw new RangeError(`Cannot ${action}: the threshold is NaN; give a number`);
  checkRoom(action, out, x.length);
  const n = x.length;
  let highest = -Infinity, top = -Infinity, at = -1;
  for (let i = 0; i < n; i++) {
    const sample = x[i]!;
    const y = fraction * sample - (i >= delay ? x[i - delay]! : 0);
    out[i] = y;
    if (sample > highest) highest = sample;
    if (y > top) {
      top = y;
      at = i;
    }
  }
  if (!(highest >= threshold && highest > 0 && top > 0)) return NaN;
  for (let i = at + 1; i < n; i++) {
    const y = out[i]!;
    if (y <= 0) return i - 1 + out[i - 1]! / (out[i - 1]! - y);
  }
  return NaN;
}
