// When which channel triggers: Poisson in each channel, coincidences between them, dead while a record lasts and in gaps.
import type { Simulation } from "./options.ts";
import type { Random } from "./random.ts";

/** The triggers of a run, one after another in the order (time, channel). O(channels) each. */
export class Triggers {
  /** Channel of the last trigger. */
  channel = 0;
  /** Start of the record of the last trigger, ps. */
  time = 0;
  /** Whether it is a dark count. */
  dark = false;
  /** Whether another channel caused it. */
  coincident = false;
  readonly #settings: Simulation;
  readonly #random: Random;
  /** Next own trigger of each channel. */
  readonly #own: Float64Array;
  /** Next trigger that another channel causes; Infinity for none. */
  readonly #caused: Float64Array;
  readonly #busyUntil: Float64Array;
  readonly #recordPs: number;

  constructor(settings: Simulation, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#own = new Float64Array(settings.channels);
    this.#caused = new Float64Array(settings.channels).fill(Infinity);
    this.#busyUntil = new Float64Array(settings.channels);
    this.#recordPs = settings.samples * settings.dt;
    for (let c = 0; c < settings.channels; c++) this.#own[c] = this.#after(c, 0);
  }

  // The next own trigger of channel `c` at or after `time`; exponential waiting has no memory, so it may start anew anywhere.
  #after(c: number, time: number): number {
    const { rate, darkRate } = this.#settings;
    const perPs = (rate[c]! + darkRate) * 1e-12;
    let next = Math.ceil(time + this.#random.exponential() / perPs);
    for (const gap of this.#settings.gaps) {
      if (next >= gap.start && next < gap.end) next = Math.ceil(gap.end + this.#random.exponential() / perPs);
    }
    return next;
  }

  /** Go to the next trigger; false at the end of the run. */
  next(): boolean {
    const own = this.#own, caused = this.#caused;
    let time = Infinity, c = 0;
    for (let k = 0; k < own.length; k++) {
      const t = own[k]! < caused[k]! ? own[k]! : caused[k]!;
      if (t < time) time = t, c = k;
    }
    if (!(time < this.#settings.duration)) return false;
    const random = this.#random;
    const { rate, darkRate } = this.#settings;
    this.channel = c;
    this.time = time;
    this.coincident = caused[c]! <= own[c]!;
    this.dark = !this.coincident && darkRate > 0 && random.uniform() * (rate[c]! + darkRate) < darkRate;
    const busy = this.#busyUntil[c] = time + this.#recordPs;
    caused[c] = Infinity;
    if (own[c]! < busy) own[c] = this.#after(c, busy);
    if (!this.coincident && !this.dark && random.uniform() < this.#settings.coincidences) {
      this.#cause(c, time);
    }
    return true;
  }

  #cause(source: number, time: number): void {
    const { coincidenceWindow, gaps } = this.#settings;
    for (let c = 0; c < this.#own.length; c++) {
      if (c === source) continue;
      const at = time + 1 + this.#random.below(coincidenceWindow);
      if (at < this.#busyUntil[c]! || gaps.some((gap) => at >= gap.start && at < gap.end)) continue;
      if (at < this.#caused[c]!) this.#caused[c] = at;
    }
  }
}
