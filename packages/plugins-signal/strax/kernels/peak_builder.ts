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

/** Makes peaks row by row; its buffers are used for one after the other. */
export class PeakBuilder {
  #hits: PeakHits;
  readonly #settings: PeakSettings;
  #sum = new Float32Array(1 << 14);
  readonly #touched: Uint16Array;
  readonly #isTouched: Uint8Array;
  readonly #at = new Float64Array(FRACTIONS.length);

  constructor(hits: PeakHits, settings: PeakSettings) {
    this.#hits = hits;
    this.#settings = settings;
    this.#touched = new Uint16Array(settings.channels);
    this.#isTouched = new Uint8Array(settings.channels);
  }

  /** Write the peak at a place into row `row` of a table. */
  build(place: PeakPlace, out: Columns<PeakTypes>, row: number): void {
    const { channels } = this.#settings;
    const perChannel = out.area_per_channel.subarray(row * channels, (row + 1) * channels);
    const saturated = out.saturated_channel.subarray(row * channels, (row + 1) * channels);
    perChannel.fill(0);
    saturated.fill(0);
    this.#sumWaveform(place, perChannel, saturated, out, row);
    this.#downsample(place, out, row);
    this.#properties(perChannel, out, row);
    this.#coincidence(place, out, row);
  }

  #sumWaveform(
    { time: start, length, dt, from, to }: PeakPlace,
    perChannel: Float32Array,
    saturated: Uint8Array,
    out: Columns<PeakTypes>,
    row: number,
  ): void {
    const { time, endtime, channel, height, baseline, wave } = this.#hits;
    const { values, offsets } = wave;
    const { toPe } = this.#settings;
    if (this.#sum.length < length) this.#sum = new Float32Array(2 * length);
    const sum = this.#sum.fill(0, 0, length);
    let area = 0, hits = 0, saturatedChannels = 0, first = 0, last = 0;
    let maxGap = 0, cover = -Infinity;
    const end = start + length * dt;
    for (let h = from; h < to; h++) {
      const hitStart = time[h]!;
      if (endtime[h]! <= start || hitStart >= end) continue;
      const ch = channel[h]!, gain = toPe[ch]!;
      const fraction = baseline[h]! - Math.floor(baseline[h]!);
      const shift = Math.floor((hitStart - start) / dt), offset = offsets[h]!, n = offsets[h + 1]! - offset;
      const a = Math.max(0, -shift), b = Math.min(n, length - shift);
      let total = 0;
      for (let k = a; k < b; k++) {
        const x = values[offset + k]! + fraction;
        sum[shift + k]! += x * gain;
        total += x;
      }
      total *= gain;
      area += total;
      perChannel[ch]! += total;
      if (height[h]! - fraction >= Math.trunc(baseline[h]!) && saturated[ch] === 0) {
        saturated[ch] = 1;
        saturatedChannels++;
      }
      if (hits++ === 0) first = ch;
      else if (hitStart - cover > maxGap) maxGap = hitStart - cover;
      if (endtime[h]! > cover) cover = endtime[h]!;
      last = ch;
    }
    out.time[row] = start;
    out.endtime[row] = end;
    out.area[row] = area;
    out.n_hits[row] = hits;
    out.n_saturated_channels[row] = saturatedChannels;
    out.max_gap[row] = maxGap;
    out.first_channel[row] = first;
    out.last_channel[row] = last;
    out.type[row] = 0;
    out.max_goodness_of_split[row] = -1;
  }

  /** The summed waveform into the room that there is; as in strax, samples that do not fill a whole one are left out. */
  #downsample({ time, length, dt }: PeakPlace, out: Columns<PeakTypes>, row: number): void {
    const data = out.data.subarray(row * PEAK_SAMPLES, (row + 1) * PEAK_SAMPLES);
    const sum = this.#sum, factor = Math.max(1, Math.ceil(length / PEAK_SAMPLES));
    const n = Math.floor(length / factor);
    if (factor === 1) data.set(sum.subarray(0, length));
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
