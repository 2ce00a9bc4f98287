// Peaks from the hits in them: the summed waveform, sampled down to the room that there is, and what follows from it.

import type { Columns } from "@millrace/core/schema";
import { PEAK_SAMPLES, type PeakTypes, type StraxHitTypes } from "../schemas.ts";
import { centerOf, indexOfFraction } from "./peak_properties.ts";

/** Columns of `hits` that peaks are made of. */
export type PeakHits = Pick<
  Columns<StraxHitTypes>,
  "time" | "endtime" | "max_time" | "channel" | "dt" | "area" | "height" | "baseline" | "wave"
>;

/** What a peak depends on beside its hits. */
export interface PeakSettings {
  /** PE an ADC count, by channel. */
  readonly toPe: Float64Array;
  /** Channels. */
  readonly channels: number;
  /** Channels below it are the top array's; -1 where there is none. */
  readonly topChannels: number;
  /** A channel is coincident if a hit's maximum is at most so long before the peak's, ps. */
  readonly tightLeft: number;
  /** ... or behind it, ps. */
  readonly tightRight: number;
}

/** A stretch of time that a peak is made of, with the hits that may touch it. */
export interface PeakPlace {
  /** Start, ps. */
  readonly time: number;
  /** Samples of `dt`. */
  readonly length: number;
  /** Sampling interval of the hits, ps. */
  readonly dt: number;
  /** First hit. */
  readonly from: number;
  /** Behind the last hit. */
  readonly to: number;
}

// 0, 5, ... 100 % of the area, as strax writes them.
const FRACTIONS = Float64Array.from({ length: 21 }, (_, k) => k / 20);
const MIDDLE = 10;

/** The sum of some hits over a stretch; its arrays are used again for the next one. */
export interface HitSum {
  /** Summed waveform, PE a sample. */
  readonly waveform: Float32Array;
  /** Area by channel, PE. */
  readonly perChannel: Float32Array;
  /** 1 for channels at the end of their range. */
  readonly saturated: Uint8Array;
  /** PE. */
  readonly area: number;
  readonly hits: number;
  /** Longest time without a hit between two, ps. */
  readonly maxGap: number;
  readonly firstChannel: number;
  readonly lastChannel: number;
  readonly saturatedChannels: number;
}

/** Makes peaks row by row; its buffers are used for one after the other. */
export class PeakBuilder {
  readonly #hits: PeakHits;
  readonly #settings: PeakSettings;
  readonly #sumOf: (place: PeakPlace) => HitSum;
  readonly #touched: Uint16Array;
  readonly #isTouched: Uint8Array;
  readonly #at = new Float64Array(FRACTIONS.length);

  /** @param sumOf Sums the hits of a place: `sumHits` of `sum_hits.ts` or of `wasm_peaks.ts`. */
  constructor(hits: PeakHits, settings: PeakSettings, sumOf: (place: PeakPlace) => HitSum) {
    this.#hits = hits;
    this.#settings = settings;
    this.#sumOf = sumOf;
    this.#touched = new Uint16Array(settings.channels);
    this.#isTouched = new Uint8Array(settings.channels);
  }

  /** Write the peak at a place into row `row` of a table. */
  build(place: PeakPlace, out: Columns<PeakTypes>, row: number): void {
    const sum = this.#sumOf(place);
    out.time[row] = place.time;
    out.type[row] = 0;
    out.area[row] = sum.area;
    out.area_per_channel.set(sum.perChannel, row * this.#settings.channels);
    out.saturated_channel.set(sum.saturated, row * this.#settings.channels);
    out.n_saturated_channels[row] = sum.saturatedChannels;
    out.n_hits[row] = sum.hits;
    out.max_gap[row] = sum.maxGap;
    out.first_channel[row] = sum.firstChannel;
    out.last_channel[row] = sum.lastChannel;
    out.max_goodness_of_split[row] = -1;
    this.#downsample(sum.waveform, place, out, row);
    this.#properties(sum.perChannel, out, row);
    this.#coincidence(place, out, row);
  }

  /** The summed waveform into the room that there is; as in strax, samples that do not fill a whole one are left out. */
  #downsample(
    sum: Float32Array,
    { time, length, dt }: PeakPlace,
    out: Columns<PeakTypes>,
    row: number,
  ): void {
    const data = out.data.subarray(row * PEAK_SAMPLES, (row + 1) * PEAK_SAMPLES);
    const factor = Math.max(1, Math.ceil(length / PEAK_SAMPLES));
    const n = Math.floor(length / factor);
    if (factor === 1) data.set(sum);
    else {
      for (let k = 0, i = 0; k < n; k++) {
        let part = 0;
        for (const stop = i + factor; i < stop; i++) part += sum[i]!;
        data[k] = part;
      }
    }
    data.fill(0, n);
    out.dt[row] = dt * factor;
    out.length[row] = n;
    out.endtime[row] = time + n * dt * factor;
  }

  #properties(perChannel: Float32Array, out: Columns<PeakTypes>, row: number): void {
    const { topChannels } = this.#settings;
    const length = out.length[row]!, dt = out.dt[row]!, area = out.area[row]!, time = out.time[row]!;
    const data = out.data.subarray(row * PEAK_SAMPLES, row * PEAK_SAMPLES + length);
    const width = out.width.subarray(11 * row, 11 * row + 11);
    const deciles = out.area_decile_from_midpoint.subarray(11 * row, 11 * row + 11);
    out.center_time[row] = Math.min(time + Math.floor(dt * (centerOf(data) + 0.5)), time + length * dt);
    out.area_fraction_top[row] = NaN;
    if (!(area > 0)) {
      out.median_time[row] = 0;
      width.fill(0);
      deciles.fill(0);
      return;
    }
    const at = indexOfFraction(data, area, FRACTIONS, this.#at);
    out.median_time[row] = at[MIDDLE]! * dt;
    for (let k = 0; k < 11; k++) {
      width[k] = (at[MIDDLE + k]! - at[MIDDLE - k]!) * dt;
      deciles[k] = (at[2 * k]! - at[MIDDLE]!) * dt;
    }
    if (topChannels < 0) return;
    let top = 0;
    for (let ch = 0; ch < topChannels; ch++) top += perChannel[ch]!;
    out.area_fraction_top[row] = top / area;
  }

  /** Channels with a hit whose maximum is close to that of the peak. */
  #coincidence({ from, to }: PeakPlace, out: Columns<PeakTypes>, row: number): void {
    const { max_time, channel } = this.#hits;
    const { tightLeft, tightRight } = this.#settings;
    const start = out.time[row]!, end = out.endtime[row]!, dt = out.dt[row]!;
    const data = out.data, first = row * PEAK_SAMPLES, last = first + out.length[row]!;
    let highest = first;
    for (let k = first; k < last; k++) if (data[k]! > data[highest]!) highest = k;
    const at = start + (highest - first) * dt;
    const least = Math.max(start, at - tightLeft), most = Math.min(end - 1, at + tightRight);
    let count = 0;
    for (let h = from; h < to; h++) {
      const time = max_time[h]!, ch = channel[h]!;
      if (time < least || time > most || this.#isTouched[ch]) continue;
      this.#isTouched[ch] = 1;
      this.#touched[count++] = ch;
    }
    for (let k = 0; k < count; k++) this.#isTouched[this.#touched[k]!] = 0;
    out.tight_coincidence[row] = count;
  }
}

const NONE = new Float64Array(0);
const noHits = { time: NONE, endtime: NONE, max_time: NONE } as unknown as PeakHits;

/**
 * Write a peak whose sum is known into row `row`; `tight_coincidence` and `max_goodness_of_split` are the caller's.
 *
 * @param topChannels Channels below it are the top array's; `null` where there is none.
 */
export function buildPeak(
  place: Pick<PeakPlace, "time" | "length" | "dt">,
  sum: HitSum,
  topChannels: number | null,
  out: Columns<PeakTypes>,
  row: number,
): void {
  const channels = sum.perChannel.length;
  const settings = { toPe: NONE, channels, topChannels: topChannels ?? -1, tightLeft: 0, tightRight: 0 };
  new PeakBuilder(noHits, settings, () => sum).build({ ...place, from: 0, to: 0 }, out, row);
}
