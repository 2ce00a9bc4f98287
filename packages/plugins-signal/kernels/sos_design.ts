/**
 * Second-order sections, checked and laid out for the loops.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { butterworth, sosDesign } from "@millrace/plugins-signal/kernels";
 *
 * const design = sosDesign(butterworth(4, [0.1, 0.5], { btype: "band" }));
 * assert.equal(design.sections, 4);
 * assert.equal(design.padding, 27);
 * ```
 * @module
 */

/** Rows `[b0, b1, b2, a0, a1, a2]`, a row a section. */
export type Sections = readonly ArrayLike<number>[];

/** A filter of second-order sections. */
export interface SosDesign {
  /** Number of sections. */
  readonly sections: number;
  /** `[sections x 5]` b0, b1, b2, a1, a2 of each section. */
  readonly coefficients: Float64Array;
  /** `[sections x 2]` state of each section after a long stretch of ones, as `scipy.signal.sosfilt_zi`. */
  readonly steady: Float64Array;
  /** Samples that {@linkcode sosfiltfilt} puts before and behind the trace. */
  readonly padding: number;
}

/**
 * Check sections and find their steady state.
 *
 * @throws {TypeError} If there are none, or one isn't six numbers.
 * @throws {RangeError} On numbers that aren't finite, or an `a0` other than 1.
 */
export function sosDesign(sos: Sections): SosDesign {
  if (sos.length === 0) throw new TypeError("Cannot filter with no sections; give at least one");
  const coefficients = new Float64Array(5 * sos.length), steady = new Float64Array(2 * sos.length);
  let level = 1, noB2 = 0, noA2 = 0;
  sos.forEach((section, s) => {
    const [b0, b1, b2, , a1, a2] = checkSection(section, s);
    coefficients.set([b0, b1, b2, a1, a2], 5 * s);
    if (b2 === 0) noB2++;
    if (a2 === 0) noA2++;
    // The output of the section once it has settled, and the state that keeps it.
    const gain = (b0 + b1 + b2) / (1 + a1 + a2);
    steady[2 * s] = level * (gain - b0);
    steady[2 * s + 1] = level * (b2 - a2 * gain);
    level *= gain;
  });
  const padding = 3 * (2 * sos.length + 1 - Math.min(noB2, noA2));
  return { sections: sos.length, coefficients, steady, padding };
}

function checkSection(
  section: ArrayLike<number>,
  s: number,
): [number, number, number, number, number, number] {
  if (section.length !== 6) {
    throw new TypeError(
      `Cannot filter: section ${s} has ${section.length} numbers; it takes [b0, b1, b2, a0, a1, a2]`,
    );
  }
  const [b0, b1, b2, a0, a1, a2] = Array.from(section) as [number, number, number, number, number, number];
  if (![b0, b1, b2, a0, a1, a2].every(Number.isFinite)) {
    throw new RangeError(`Cannot filter: section ${s} is [${Array.from(section)}]; it takes finite numbers`);
  }
  if (a0 !== 1) throw new RangeError(`Cannot filter: a0 of section ${s} is ${a0}; divide the section by it`);
  return [b0, b1, b2, a0, a1, a2];
}
