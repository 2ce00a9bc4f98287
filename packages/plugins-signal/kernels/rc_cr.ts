/**
 * The RC-CR shaper: a differentiation and integrations with one time constant.
 *
 * `H(s) = s tau / (1 + s tau)^(1 + order)` (Knoll, Radiation Detection and Measurement, ch. 17), made digital by the bilinear
 * transform. A step gives a pulse with its maximum after `order x tau` samples, as high as
 * `order^order exp(-order) / order!` of the step. The trace counts as having been at its first sample for ever: a constant
 * gives 0. O(samples x order), no allocation in {@linkcode rcCrInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rcCr } from "@millrace/plugins-signal/kernels";
 *
 * const step = Float64Array.from({ length: 400 }, (_, i) => i < 100 ? 50 : 60);
 * const y = rcCr(step, { tau: 40 });
 * assert.equal(y[50], 0);
 * assert.equal(y.indexOf(Math.max(...y)), 100 + 40);
 * assert(Math.abs(Math.max(...y) - 10 / Math.E) < 0.01);
 * ```
 * @module
 */
import { checkInteger, checkPositive, checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";

/** Shape of the pulse. */
export interface RcCrOptions {
  /** Time constant, samples. */
  readonly tau: number;
  /** Number of integrations. Default 1. */
  readonly order?: number;
}

/**
 * The shaped trace.
 *
 * @param x `[n]` the trace.
 * @throws {TypeError} On an order that isn't an integer. @throws {RangeError} If `tau` isn't above 0, or `order` below 1.
 */
export function rcCr(x: Samples, options: RcCrOptions): Float64Array {
  return rcCrInto(x, options, new Float64Array(x.length));
}

/**
 * The shaped trace, written to `out`; gives `out`. In a `Float32Array` each of the steps is rounded.
 *
 * @param out `[n]` may be `x` itself.
 * @throws {TypeError} On an order that isn't an integer. @throws {RangeError} If `tau` isn't above 0, or `out` of another length.
 */
export function rcCrInto<T extends RealSamples>(x: Samples, { tau, order = 1 }: RcCrOptions, out: T): T {
  const action = "shape a trace";
  checkPositive(action, "tau", tau);
  checkInteger(action, "order", order, 1, 100);
  checkRoom(action, out, x.length);
  // s = 2 (z - 1) / (z + 1) a sample.
  const c = 2 * tau, kept = (c - 1) / (c + 1), high = c / (c + 1), low = 1 / (c + 1);
  let before = x[0]!, y = 0;
  for (let i = 0; i < x.length; i++) {
    const sample = x[i]!;
    y = kept * y + high * (sample - before);
    before = sample;
    out[i] = y;
  }
  for (let k = 0; k < order; k++) {
    before = y = 0;
    for (let i = 0; i < x.length; i++) {
      const sample = out[i]!;
      y = kept * y + low * (sample + before);
      before = sample;
      out[i] = y;
    }
  }
  return out;
}
