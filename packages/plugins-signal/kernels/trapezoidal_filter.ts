/**
 * The trapezoidal filter for energies: a step becomes a trapezoid as high as the step.
 *
 * The output is the mean of the latest `rise` samples less the mean of the `rise` samples that are `rise + flat` earlier, of the trace
 * with its decay taken out (Jordanov and Knoll, Nucl. Instrum. Meth. A 345, 337, 1994). Samples before the trace count as
 * 0: subtract the baseline first. O(samples), no allocation in {@linkcode trapezoidalFilterInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { trapezoidalFilter } from "@millrace/plugins-signal/kernels";
 *
 * const step = new Int16Array([0, 0, 8, 8, 8, 8, 8, 8, 8, 8, 8]);
 * assert.deepEqual([...trapezoidalFilter(step, { rise: 2, flat: 3 })], [0, 0, 4, 8, 8, 8, 8, 4, 0, 0, 0]);
 * ```
 * @module
 */
import { checkInteger, checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/** Shape of the trapezoid. */
export interface TrapezoidOptions {
  /** Samples of the rising edge, and of the falling one; at least 1. */
  readonly rise: number;
  /** Samples of the flat top. */
  readonly flat: number;
  /** Time of the exponential decay of the pulses, samples. Default `Infinity`: they don't decay. */
  readonly tau?: number;
}

/**
 * The filtered trace.
 *
 * @param x `[n]` the trace, without baseline.
 * @throws {TypeError} On a length that isn't an integer. @throws {RangeError} On one that is too small, or `tau` of 0 or less.
 */
export function trapezoidalFilter(x: Samples, options: TrapezoidOptions): Float64Array {
  return trapezoidalFilterInto(x, options, new Float64Array(x.length));
}

/**
 * The filtered trace, written to `out`; gives `out`. Sums are carried in double precision, exact for integers without decay.
 *
 * @param out `[n]` not `x` itself.
 * @throws {TypeError} On a length that isn't an integer. @throws {RangeError} On one that is too small, or `out` of another one.
 */
export function trapezoidalFilterInto<T extends RealSamples>(
  x: Samples,
  { rise, flat, tau = Infinity }: TrapezoidOptions,
  out: T,
): T {
  const action = "make a trapezoid";
  checkInteger(action, "rise", rise, 1);
  checkInteger(action, "flat", flat, 0);
  if (!(tau > 0)) {
    throw new RangeError(`Cannot ${action}: tau is ${tau}; it takes a number of samples above 0`);
  }
  checkRoom(action, out, x.length);
  const lost = -Math.expm1(-1 / tau); // what a pulse loses from one sample to the next
  const back = 2 * rise + flat;
  // With d the difference of both sums and p its running sum, the corrected trace has the difference d + lost x (p before).
  let difference = 0, running = 0;
  for (let i = 0; i < x.length; i++) {
    running += difference;
    difference += x[i]!;
    if (i >= rise) difference -= x[i - rise]!;
    if (i >= rise + flat) difference -= x[i - rise - flat]!;
    if (i >= back) difference += x[i - back]!;
    out[i] = (lost === 0 ? difference : difference + lost * running) / rise;
  }
  return out;
}
