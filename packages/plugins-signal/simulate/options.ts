/**
 * What a simulated run is like.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { simulation } from "./options.ts";
 *
 * const settings = simulation({ channels: 2, polarity: "positive" });
 * assert.deepEqual([settings.baseline, settings.samples, settings.rate], [1638, 800, [1000, 1000]]);
 * ```
 * @module
 */

/** A pulse shape: `exp(-t / fall) - exp(-t / rise)`, scaled to a height of 1. */
export interface PulseShape {
  /** Name, for the reader of the options. */
  readonly name: string;
  /** Rise constant, ps. */
  readonly rise: number;
  /** Fall constant, ps, above `rise`. */
  readonly fall: number;
  /** How often it is taken, relative to the others; default 1. */
  readonly weight?: number;
}

/** A stretch without triggers, ps. */
export interface Gap {
  /** First time without triggers. */
  readonly start: number;
  /** First time with triggers again. */
  readonly end: number;
}

/** Options of a simulated run; all have a default. */
export interface SimulateOptions {
  /** Number of channels; default 4. */
  readonly channels?: number;
  /** Channels of a board; default 16. */
  readonly boardChannels?: number;
  /** Pulses a second, Hz, for each channel or one by one; default 1000. */
  readonly rate?: number | readonly number[];
  /** Length of the run, ps, below 2^52 (1.2 h); default 1e12 (1 s). */
  readonly duration?: number;
  /** Seed; default 1. */
  readonly seed?: number;
  /** Samples of a record; default 800. */
  readonly samples?: number;
  /** ps a sample; default 2000. */
  readonly dt?: number;
  /** Samples before the pulse; default an eighth of the record. */
  readonly pretrigger?: number;
  /** Direction of the pulses; default `negative`. */
  readonly polarity?: "negative" | "positive";
  /** Resolution of the digitizer, 8 to 16 bits: samples saturate at 0 and `2^saturation - 1`; default 14. */
  readonly saturation?: number;
  /** Baseline, ADC counts; default 90 % of the range for negative pulses, 10 % for positive ones. */
  readonly baseline?: number;
  /** Noise, ADC counts (rms); default 3. */
  readonly noise?: number;
  /** Pulse shapes; default one fast (5 and 30 ns) and one slow (10 and 150 ns). */
  readonly shapes?: readonly PulseShape[];
  /** Least and greatest pulse height, ADC counts, uniform between; default 50 to 4000. */
  readonly amplitude?: readonly [number, number];
  /** Probability that a second pulse lies in a pulse's record; default 0. */
  readonly pileUp?: number;
  /** Dark counts a second and channel, Hz; default 0. */
  readonly darkRate?: number;
  /** Least and greatest height of dark counts, ADC counts; default 10 to 30. */
  readonly darkAmplitude?: readonly [number, number];
  /** Probability that a pulse is seen by all other channels too; default 0. */
  readonly coincidences?: number;
  /** Coincident records start 1 ps to this much later, ps; default 10 000. */
  readonly coincidenceWindow?: number;
  /** Stretches without triggers, in order, not touching; default none. */
  readonly gaps?: readonly Gap[];
  /** Records up to this far apart may be written out of order, ps; default 2000, 0 for strict order. */
  readonly disorder?: number;
}

/** {@linkcode SimulateOptions} with every default filled in. */
export type Simulation = {
  readonly [K in keyof SimulateOptions]-?: K extends "rate" ? readonly number[]
    : NonNullable<SimulateOptions[K]>;
};

const SHAPES: readonly PulseShape[] = [
  { name: "fast", rise: 5_000, fall: 30_000 },
  { name: "slow", rise: 10_000, fall: 150_000 },
];

/**
 * Options with defaults, checked.
 *
 * @throws {RangeError} On a value out of range, naming option and range.
 */
export function simulation(options: SimulateOptions = {}): Simulation {
  const samples = options.samples ?? 800;
  const channels = options.channels ?? 4;
  const saturation = options.saturation ?? 14;
  const polarity = options.polarity ?? "negative";
  const rate = options.rate ?? 1000;
  const settings: Simulation = {
    channels,
    boardChannels: options.boardChannels ?? 16,
    rate: typeof rate === "number" ? Array.from({ length: channels }, () => rate) : rate,
    duration: options.duration ?? 1e12,
    seed: options.seed ?? 1,
    samples,
    dt: options.dt ?? 2000,
    pretrigger: options.pretrigger ?? samples >> 3,
    polarity,
    saturation,
    baseline: options.baseline ?? Math.round(2 ** saturation * (polarity === "negative" ? 0.9 : 0.1)),
    noise: options.noise ?? 3,
    shapes: options.shapes ?? SHAPES,
    amplitude: options.amplitude ?? [50, 4000],
    pileUp: options.pileUp ?? 0,
    darkRate: options.darkRate ?? 0,
    darkAmplitude: options.darkAmplitude ?? [10, 30],
    coincidences: options.coincidences ?? 0,
    coincidenceWindow: options.coincidenceWindow ?? 10_000,
    gaps: options.gaps ?? [],
    disorder: options.disorder ?? 2000,
  };
  check(settings);
  return settings;
}

function check(settings: Simulation): void {
  const within = (name: string, value: number, least: number, most: number, whole = true): void => {
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    const kind = whole ? "a whole number" : "a number";
    throw new RangeError(`Cannot simulate with ${name} ${value}: it is ${kind} from ${least} to ${most}`);
  };
  const range = (name: string, [least, most]: readonly [number, number]): void => {
    within(`${name} of at least`, least, 0, 65535, false);
    within(`${name} of at most`, most, least, 65535, false);
  };
  within("channels", settings.channels, 1, 4096);
  within("boardChannels", settings.boardChannels, 1, 65536);
  within("duration", settings.duration, 1, 2 ** 52);
  within("samples", settings.samples, 1, 2 ** 20);
  within("dt", settings.dt, 1, 2 ** 28);
  within("pretrigger", settings.pretrigger, 0, settings.samples - 1);
  within("saturation", settings.saturation, 8, 16);
  within("baseline", settings.baseline, 0, 2 ** settings.saturation - 1, false);
  within("noise", settings.noise, 0, 65535, false);
  within("pileUp", settings.pileUp, 0, 1, false);
  within("darkRate", settings.darkRate, 0, 1e9, false);
  within("coincidences", settings.coincidences, 0, 1, false);
  within("coincidenceWindow", settings.coincidenceWindow, 1, 1e12);
  within("disorder", settings.disorder, 0, 1e12);
  within("number of rates", settings.rate.length, settings.channels, settings.channels);
  for (const rate of settings.rate) within("rate", rate, 0, 1e9, false);
  range("amplitude", settings.amplitude);
  range("darkAmplitude", settings.darkAmplitude);
  within("number of shapes", settings.shapes.length, 1, 255);
  for (const shape of settings.shapes) {
    within(`rise of "${shape.name}"`, shape.rise, 1, 2 ** 40, false);
    within(`fall of "${shape.name}"`, shape.fall, shape.rise * 1.001, 2 ** 40, false);
    within(`weight of "${shape.name}"`, shape.weight ?? 1, 0, 1e9, false);
  }
  if (settings.polarity !== "negative" && settings.polarity !== "positive") {
    throw new RangeError(
      `Cannot simulate with polarity "${settings.polarity}": it is "negative" or "positive"`,
    );
  }
  let last = 0;
  for (const gap of settings.gaps) {
    within("a gap that starts at", gap.start, last, 2 ** 52);
    within("a gap that ends at", gap.end, gap.start + 1, 2 ** 52);
    last = gap.end + 1;
  }
}
