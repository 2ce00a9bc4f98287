/**
 * What a peak must be for {@linkcode findPeaks}, checked once and used for many traces.
 * @module
 */
import { halfWindow } from "./peak_prominences.ts";
import { checkRelHeight } from "./peak_widths.ts";

/** Lowest and highest value allowed; `null` for no limit. */
export type Limits = readonly [min: number | null, max: number | null];

/**
 * Limits of a property: the lowest value, `[lowest, highest]`, or a typed array with the lowest value for every sample of the
 * trace. `[null, null]` allows everything: the property is found and given, and nothing is dropped.
 */
export type PeakLimits = number | Limits | Float64Array | readonly [Float64Array | null, Float64Array | null];

/** Options of {@linkcode findPeaks}, as those of `scipy.signal.find_peaks`. What is left out isn't looked at. */
export interface FindPeaksOptions {
  /** Height of a peak. */
  readonly height?: PeakLimits | null;
  /** Height above the neighbouring samples: the lower step must reach the lowest, the higher one not pass the highest. */
  readonly threshold?: PeakLimits | null;
  /** Fewest samples from a peak to the next, at least 1: the lower of two that are nearer is dropped. */
  readonly distance?: number | null;
  /** Prominence. */
  readonly prominence?: PeakLimits | null;
  /** Width, samples. */
  readonly width?: PeakLimits | null;
  /** Samples of the window for prominences, more than 1. Default: the whole trace. */
  readonly wlen?: number | null;
  /** Where widths are measured, from 0 (the peak) to 1 (its base). Default 0.5. */
  readonly relHeight?: number;
  /** Samples of the flat top. */
  readonly plateauSize?: PeakLimits | null;
}

/** Limits of one property in the form that the loops read. */
export interface PropertyLimits {
  /** Lowest value. */
  readonly min: number;
  /** Highest value. */
  readonly max: number;
  /** Lowest value for every sample of the trace, instead of `min`. */
  readonly mins: Float64Array | undefined;
  /** Highest value for every sample of the trace, instead of `max`. */
  readonly maxs: Float64Array | undefined;
}

/** Checked conditions, as {@linkcode peakConditions} makes them. */
export interface PeakConditions {
  /** Limits of the height. */
  readonly height: PropertyLimits | undefined;
  /** Limits of the steps to the neighbours. */
  readonly threshold: PropertyLimits | undefined;
  /** Fewest samples from peak to peak, an integer; 0 where nothing is said. */
  readonly distance: number;
  /** Limits of the prominence. */
  readonly prominence: PropertyLimits | undefined;
  /** Limits of the width. */
  readonly width: PropertyLimits | undefined;
  /** Samples on either side of a peak that prominences look at. */
  readonly half: number;
  /** Where widths are measured. */
  readonly relHeight: number;
  /** Limits of the flat top. */
  readonly plateauSize: PropertyLimits | undefined;
}

/**
 * Check options for {@linkcode findPeaksInto}.
 *
 * @throws {RangeError} On NaN, a distance below 1, a window of 1 or less, or a negative `relHeight`.
 */
export function peakConditions(options: FindPeaksOptions = {}): PeakConditions {
  const { distance, relHeight = 0.5 } = options;
  if (distance !== undefined && distance !== null && !(distance >= 1)) {
    throw new RangeError(`Cannot find peaks: distance is ${distance}; it takes at least 1 sample`);
  }
  checkRelHeight(relHeight);
  return {
    height: limits("height", options.height),
    threshold: limits("threshold", options.threshold),
    distance: distance ? Math.ceil(distance) : 0,
    prominence: limits("prominence", options.prominence),
    width: limits("width", options.width),
    half: halfWindow(options.wlen),
    relHeight,
    plateauSize: limits("plateauSize", options.plateauSize),
  };
}

function limits(name: string, given: PeakLimits | null | undefined): PropertyLimits | undefined {
  if (given === undefined || given === null) return undefined;
  const [low, high] = typeof given === "number" || given instanceof Float64Array ? [given, null] : given;
  return {
    min: single(name, low, -Infinity),
    max: single(name, high, Infinity),
    mins: low instanceof Float64Array ? low : undefined,
    maxs: high instanceof Float64Array ? high : undefined,
  };
}

function single(name: string, given: number | Float64Array | null | undefined, otherwise: number): number {
  if (given === null || given === undefined || given instanceof Float64Array) return otherwise;
  if (typeof given !== "number") {
    throw new TypeError(
      `Cannot find peaks: ${name} is "${given}"; it takes a number, [min, max] or a Float64Array`,
    );
  }
  if (given !== given) {
    throw new RangeError(`Cannot find peaks: ${name} is NaN; it takes a number, or null for no limit`);
  }
  return given;
}
