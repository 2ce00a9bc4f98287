/**
 * A filter of second-order sections run over a trace, as `scipy.signal.sosfilt`.
 *
 * Each section is the direct form II, transposed: `y = b0 x + z0`, `z0 = b1 x + z1 - a1 y`, `z1 = b2 x - a2 y`, starting with
 * a state of zeros. O(samples x sections), no allocation in {@linkcode sosfiltInto}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sosfilt } from "@millrace/plugins-signal/kernels";
 *
 * // y[i] = x[i] + y[i - 1] / 2
 * assert.deepEqual([...sosfilt([[1, 0, 0, 1, -0.5, 0]], new Float64Array([8, 0, 0, 8]))], [8, 4, 2, 9]);
 * ```
 * @module
 */
import { checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";
import { type Sections, type SosDesign, sosDesign } from "./sos_design.ts";

/**
 * The filtered trace.
 *
 * @param sos Rows `[b0, b1, b2, 1, a1, a2]`, such as {@linkcode butterworth} gives.
 * @param x `[n]` the trace.
 * @throws {TypeError} On no sections, or one that isn't six numbers. @throws {RangeError} On numbers that aren't finite.
 */
export function sosfilt(sos: Sections, x: Samples): Float64Array {
  return sosfiltInto(sosDesign(sos), x, new Float64Array(x.length));
}

/**
 * The filtered trace, written to `out`; gives `out`. In a `Float32Array` what passes from section to section is rounded too:
 * give a `Float64Array` where there is more than one section and 1e-6 of the largest value matters.
 *
 * @param out `[n]` may be `x` itself.
 * @throws {RangeError} If `out` has another length.
 */
export function sosfiltInto<T extends RealSamples>(design: SosDesign, x: Samples, out: T): T {
  checkRoom("filter", out, x.length);
  for (let s = 0; s < design.sections; s++) runSection(design, s, s === 0 ? x : out, out, 0);
  return out;
}

/**
 * One section over a trace, with the state of a trace that was always `start` before.
 */
export function runSection(design: SosDesign, s: number, x: Samples, out: RealSamples, start: number): void {
  const { coefficients, steady } = design;
  const b0 = coefficients[5 * s]!, b1 = coefficients[5 * s + 1]!, b2 = coefficients[5 * s + 2]!;
  const a1 = coefficients[5 * s + 3]!, a2 = coefficients[5 * s + 4]!;
  let z0 = start * steady[2 * s]!, z1 = start * steady[2 * s + 1]!;
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    const y = b0 * value + z0;
    // What doesn't depend on y comes first: the next sample waits for as little as possible.
    z0 = b1 * value + z1 - a1 * y;
    z1 = b2 * value - a2 * y;
    out[i] = y;
  }
}
