// Traces: noise, and pulses added from templates.
import { Noise } from "./_noise.ts";
import type { Simulation } from "./options.ts";
import type { Random } from "./random.ts";

/** Places of a pulse's start between two samples. */
const PHASES = 16;
const SHORT_GATE = 50_000;

interface Template {
  /** `PHASES` rows of `length` heights. */
  readonly heights: Float32Array;
  readonly length: number;
  /** Part of the charge in the short gate. */
  readonly short: number;
}

function template(rise: number, fall: number, dt: number, samples: number): Template {
  const shape = (t: number): number => t < 0 ? 0 : Math.exp(-t / fall) - Math.exp(-t / rise);
  const peak = shape(Math.log(fall / rise) * rise * fall / (fall - rise));
  const length = Math.min(samples, Math.ceil(12 * fall / dt) + 1);
  const heights = new Float32Array(PHASES * length);
  let charge = 0, short = 0;
  for (let phase = 0; phase < PHASES; phase++) {
    for (let k = 0; k < length; k++) {
      const height = shape((k - phase / PHASES) * dt) / peak;
      heights[phase * length + k] = height;
      charge += height;
      if (k * dt < SHORT_GATE) short += height;
    }
  }
  return { heights, length, short: charge > 0 ? short / charge : 1 };
}

/** Renders the trace of one record after another. */
export class Tracer {
  /** Time of the last pulse's start after the first sample, ps. */
  onset = 0;
  /** Whether the last trace was clipped. */
  saturated = false;
  readonly #settings: Simulation;
  readonly #random: Random;
  readonly #templates: readonly Template[];
  readonly #weights: readonly number[];
  readonly #noise: Noise;
  readonly #signal: Float32Array;
  #from = 0;
  #to = 0;

  constructor(settings: Simulation, random: Random) {
    const { samples, dt, baseline, noise, shapes } = settings;
    this.#settings = settings;
    this.#random = random;
    this.#templates = shapes.map(({ rise, fall }) => template(rise, fall, dt, samples));
    let sum = 0;
    this.#weights = shapes.map(({ weight }) => sum += weight ?? 1);
    this.#signal = new Float32Array(samples);
    this.#noise = new Noise(random, baseline, noise, samples);
  }

  /** A shape by weight. */
  shape(): number {
    const weights = this.#weights;
    const x = this.#random.uniform() * weights[weights.length - 1]!;
    let k = 0;
    while (k < weights.length - 1 && x >= weights[k]!) k++;
    return k;
  }

  /** Part of a shape's charge in the short gate. */
  shortPart(shape: number): number {
    return this.#templates[shape]!.short;
  }

  /** Add a pulse that starts between `sample` and the next. */
  pulse(shape: number, amplitude: number, sample: number): void {
    const { heights, length } = this.#templates[shape]!;
    const signal = this.#signal;
    const phase = this.#random.uint32() % PHASES;
    const end = Math.min(signal.length, sample + length);
    const first = phase * length - sample;
    if (this.#from === this.#to) this.#from = this.#to = sample;
    for (let k = this.#to; k < end; k++) signal[k] = 0;
    if (sample < this.#from) {
      for (let k = sample; k < this.#from; k++) signal[k] = 0;
      this.#from = sample;
    }
    if (end > this.#to) this.#to = end;
    for (let k = sample; k < end; k++) signal[k]! += amplitude * heights[first + k]!;
    this.onset = Math.round((sample + phase / PHASES) * this.#settings.dt);
  }

  /** Write the trace with the pulses since the last one into `out`. */
  render(out: Uint16Array): void {
    const { polarity, saturation } = this.#settings;
    const top = 2 ** saturation - 1, sign = polarity === "negative" ? -1 : 1;
    const n = out.length, noise = this.#noise.draw(n), signal = this.#signal;
    const from = this.#from, to = this.#to;
    for (let k = 0; k < n; k++) out[k] = Math.min(top, Math.max(0, noise[k]!)) + 0.5;
    let saturated = false;
    for (let k = from; k < to; k++) {
      let value = noise[k]! + sign * signal[k]!;
      if (value < 0) value = 0, saturated = true;
      else if (value > top) value = top, saturated = true;
      out[k] = value + 0.5;
    }
    this.saturated = saturated;
    this.#from = this.#to = 0;
  }
}
