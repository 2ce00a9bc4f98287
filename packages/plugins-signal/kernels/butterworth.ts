/**
 * Butterworth filters as second-order sections, as `scipy.signal.butter(..., output="sos")`.
 *
 * The poles of the analogue low pass lie evenly on a half circle; they are moved to the wanted band, and the bilinear
 * transform, with frequencies warped before, makes the filter digital (Oppenheim and Schafer, Discrete-Time Signal
 * Processing, ch. 7).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { butterworth } from "@millrace/plugins-signal/kernels";
 *
 * assert.equal(butterworth(4, [0.1, 0.5], { btype: "band" }).length, 4); // 4 sections of [b0, b1, b2, 1, a1, a2]
 * const [[b0, b1, , , a1]] = butterworth(1, 62.5e6, { btype: "low", fs: 250e6 }) as [number[]];
 * assert(Math.abs(b0! - 0.5) < 1e-12 && Math.abs(b1! - 0.5) < 1e-12 && Math.abs(a1!) < 1e-12);
 * ```
 * @module
 */
import { checkInteger, checkPositive } from "./_check.ts";
import {
  add,
  type Complex,
  complex,
  divide,
  multiply,
  negate,
  product,
  scale,
  squareRoot,
  subtract,
} from "./_complex.ts";
import { toSections, type ZerosPolesGain } from "./_sections.ts";

/** What passes the filter: below, above, between or outside of the corner frequencies. */
export type BandType = "low" | "high" | "band" | "bandstop";

/** Options of {@linkcode butterworth}. */
export interface ButterworthOptions {
  /** What passes. Default `"low"`. */
  readonly btype?: BandType;
  /** Sampling frequency: with it, corner frequencies have its unit; without, they are fractions of half of it. */
  readonly fs?: number;
}

/**
 * A Butterworth filter: rows `[b0, b1, b2, 1, a1, a2]`, a row a section, the gain in the first.
 *
 * @param order Order, at least 1; `"band"` and `"bandstop"` have twice as many poles.
 * @param wn Corner frequency (-3 dB), for `"band"` and `"bandstop"` a pair: above 0, below half of the sampling frequency.
 * @throws {TypeError} On an unknown `btype`, or one frequency where a pair is needed and the other way round.
 * @throws {RangeError} On a frequency out of range, a pair not in order, or no positive order.
 */
export function butterworth(
  order: number,
  wn: number | readonly [low: number, high: number],
  options: ButterworthOptions = {},
): number[][] {
  const { btype = "low", fs } = options;
  const action = "make a Butterworth filter";
  checkInteger(action, "order", order, 1, 500);
  if (fs !== undefined) checkPositive(action, "fs", fs);
  if (!["low", "high", "band", "bandstop"].includes(btype)) {
    throw new TypeError(`Cannot ${action}: btype is "${btype}"; it takes low, high, band or bandstop`);
  }
  const isBand = btype === "band" || btype === "bandstop";
  const corners = typeof wn === "number" ? [wn] : [...wn];
  if (corners.length !== (isBand ? 2 : 1)) {
    throw new TypeError(
      `Cannot ${action}: "${btype}" takes ${
        isBand ? "a pair of frequencies" : "one frequency"
      }, not [${corners}]`,
    );
  }
  const nyquist = (fs ?? 2) / 2;
  for (const corner of corners) {
    if (!(corner > 0 && corner < nyquist)) {
      throw new RangeError(
        `Cannot ${action}: the frequency ${corner} isn't between 0 and ${nyquist}, half of the sampling frequency` +
          (fs === undefined ? "; frequencies are fractions of that unless fs is given" : ""),
      );
    }
  }
  const [low = 0, high = 0] = corners.map((corner) => 4 * Math.tan(Math.PI * corner / nyquist / 2));
  if (isBand && !(low < high)) {
    throw new RangeError(
      `Cannot ${action}: the frequencies [${corners}] aren't in order; give the lower one first`,
    );
  }
  return toSections(bilinear(moved(prototype(order), btype, low, high)));
}

/** The analogue low pass with its corner at 1. */
function prototype(order: number): ZerosPolesGain {
  const poles = Array.from({ length: order }, (_, i) => {
    const m = 2 * i - order + 1, angle = Math.PI * m / (2 * order);
    return m === 0 ? complex(-1) : complex(-Math.cos(angle), -Math.sin(angle));
  });
  return { zeros: [], poles, gain: 1 };
}

/** The low pass moved to the band, frequencies in rad/s. */
function moved({ poles, gain }: ZerosPolesGain, btype: BandType, low: number, high: number): ZerosPolesGain {
  const order = poles.length;
  if (btype === "low") {
    return {
      zeros: [],
      poles: poles.map((p) => scale(p, low)),
      gain: gain * low ** order,
    };
  }
  const inverse = (width: number) => poles.map((p) => divide(complex(width), p));
  const inverseGain = gain * divide(complex(1), product(poles.map(negate))).re;
  if (btype === "high") {
    return { zeros: Array<Complex>(order).fill(complex(0)), poles: inverse(low), gain: inverseGain };
  }
  const width = high - low, centre = Math.sqrt(low * high);
  const split = (list: readonly Complex[]) => {
    const roots = list.map((p) => squareRoot(subtract(multiply(p, p), complex(centre * centre))));
    return [...list.map((p, i) => add(p, roots[i]!)), ...list.map((p, i) => subtract(p, roots[i]!))];
  };
  if (btype === "band") {
    return {
      zeros: Array<Complex>(order).fill(complex(0)),
      poles: split(poles.map((p) => scale(p, width / 2))),
      gain: gain * width ** order,
    };
  }
  const zeros = [complex(0, centre), complex(0, -centre)].flatMap((z) => Array<Complex>(order).fill(z));
  return { zeros, poles: split(inverse(width / 2)), gain: inverseGain };
}

/** From s to z at 2 samples a second; zeros at infinity go to the Nyquist frequency. */
function bilinear({ zeros, poles, gain }: ZerosPolesGain): ZerosPolesGain {
  const four = complex(4);
  const map = (a: Complex) => divide(add(four, a), subtract(four, a));
  const atInfinity = Array<Complex>(poles.length - zeros.length).fill(complex(-1));
  const change = divide(
    product(zeros.map((z) => subtract(four, z))),
    product(poles.map((p) => subtract(four, p))),
  );
  return { zeros: [...zeros.map(map), ...atInfinity], poles: poles.map(map), gain: gain * change.re };
}
