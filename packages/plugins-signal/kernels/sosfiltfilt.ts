/**
 * A filter of second-order sections run forwards and backwards, as `scipy.signal.sosfiltfilt`: no shift in time, and the
 * square of the attenuation.
 *
 * The trace is lengthened at both ends by its point reflection there (`2 x[0] - x[k]`; `padding` of the design samples), and the filter
 * starts in the state of a trace that was always like its first sample. O(samples x sections), no allocation in
 * {@linkcode sosfiltfiltInto}. The work is done in double precision.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { butterworth, sosDesign, sosfiltfilt, sosfiltfiltInto } from "@millrace/plugins-signal/kernels";
 *
 * const sos = butterworth(2, 0.2);
 * const x = new Float64Array(100).fill(55); // what doesn't change passes
 * sosfiltfilt(sos, x).forEach((y, k) => assert(Math.abs(y - x[k]!) < 1e-12));
 *
 * // Many traces without allocation: the design and the work space are made once.
 * const design = sosDesign(sos), work = new Float64Array(100 + 2 * design.padding), out = new Float32Array(100);
 * sosfiltfiltInto(design, x, out, work);
 * assert.equal(Math.round(out[50]!), 55);
 * ```
 * @module
 */
import { checkRoom } from "./_check.ts";
import type { RealSamples, Samples } from "./samples.ts";
import { type Sections, type SosDesign, sosDesign } from "./sos_design.ts";
import { runSection } from "./sosfilt.ts";

/**
 * The trace filtered forwards and backwards.
 *
 * @param sos Rows `[b0, b1, b2, 1, a1, a2]`, such as {@linkcode butterworth} gives.
 * @param x `[n]` the trace, longer than the padding of the design.
 * @throws {TypeError} On no sections, or one that isn't six numbers.
 * @throws {RangeError} On numbers that aren't finite, or a trace that isn't longer than the padding.
 */
export function sosfiltfilt(sos: Sections, x: Samples): Float64Array {
  const design = sosDesign(sos);
  const work = new Float64Array(x.length + 2 * design.padding);
  return sosfiltfiltInto(design, x, new Float64Array(x.length), work);
}

/**
 * The trace filtered forwards and backwards, written to `out`; gives `out`.
 *
 * @param out `[n]` may be `x` itself.
 * @param work At least `n + 2 x padding` values, overwritten.
 * @throws {RangeError} If the trace isn't longer than the padding, `out` has another length or `work` is too short.
 */
export function sosfiltfiltInto<T extends RealSamples>(
  design: SosDesign,
  x: Samples,
  out: T,
  work: Float64Array,
): T {
  const { padding, sections } = design;
  const n = x.length, length = n + 2 * padding;
  if (n <= padding) {
    throw new RangeError(
      `Cannot filter a trace of ${n} samples forwards and backwards: ${sections} sections need more than ${padding}`,
    );
  }
  checkRoom("filter", out, n);
  if (work.length < length) {
    throw new RangeError(`Cannot filter: the work space has ${work.length} values; give one with ${length}`);
  }
  const long = work.subarray(0, length);
  const first = x[0]!, last = x[n - 1]!;
  for (let k = 0; k < padding; k++) {
    long[k] = 2 * first - x[padding - k]!;
    long[padding + n + k] = 2 * last - x[n - 2 - k]!;
  }
  for (let i = 0; i < n; i++) long[padding + i] = x[i]!;
  for (let pass = 0; pass < 2; pass++) {
    const start = long[0]!;
    for (let s = 0; s < sections; s++) runSection(design, s, long, long, start);
    long.reverse();
  }
  for (let i = 0; i < n; i++) out[i] = long[padding + i]!;
  return out;
}
