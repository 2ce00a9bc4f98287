// Peaks from the hits in them: the summed waveform, sampled down to the room that there is, and what follows from it.

import type { Columns } from "@millrace/core/schema";
import { PEAK_SAMPLES, type PeakTypes, type StraxHitTypes } from "../schemas.ts";
import { type PeakParts, plainParts } from "./peak_parts.ts";

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
  readonly #settings: PeakSettings;
  readonly #sumOf: (place: PeakPlace) => HitSum;
  readonly #parts: PeakParts;

  /**
   * @param sumOf Sums the hits of a place: `sumHits` of `sum_hits.ts` or of `wasm_peaks.ts`.
   * @param parts What else there is to compute: of `peak_parts.ts` or of `wasm_peaks.ts`.
   */
  constructor(
    hits: PeakHits,
    settings: PeakSettings,
    sumOf: (place: PeakPlace) => HitSum,
    parts: PeakParts = plainParts(hits, settings.channels),
  ) {
    this.#settings = settings;
    this.#sumOf = sumOf;
    this.#parts = parts;
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
    this.#shape(sum, place, out, row);
  }

  #shape({ waveform, perChannel }: HitSum, place: PeakPlace, out: Columns<PeakTypes>, row: number): void {
    const { topChannels, tightLeft, tightRight } = this.#settings;
    const { time } = place, area = out.area[row]!;
    const data = out.data.subarray(row * PEAK_SAMPLES, (row + 1) * PEAK_SAMPLES);
    const { length, factor, center, highest, at } = this.#parts.shape(waveform, area, data);
    const dt = place.dt * factor, end = time + length * dt;
    out.dt[row] = dt;
    out.length[row] = length;
    out.endtime[row] = end;
    out.center_time[row] = Math.min(time + Math.floor(dt * (center + 0.5)), end);
    const peak = time + highest * dt;
    const least = Math.max(time, peak - tightLeft), most = Math.min(end - 1, peak + tightRight);
    out.tight_coincidence[row] = this.#parts.coincident(place, least, most);
    out.area_fraction_top[row] = NaN;
    const first = 11 * row;
    if (!(area > 0)) {
      out.median_time[row] = 0;
      out.width.fill(0, first, first + 11);
      out.area_decile_from_midpoint.fill(0, first, first + 11);
      return;
    }
    out.median_time[row] = at[MIDDLE]! * dt;
    for (let k = 0; k < 11; k++) {
      out.width[first + k] = (at[MIDDLE + k]! - at[MIDDLE - k]!) * dt;
      out.area_decile_from_midpoint[first + k] = (at[2 * k]! - at[MIDDLE]!) * dt;
    }
    if (topChannels < 0) return;
    let top = 0;
    for (let ch = 0; ch < topChannels; ch++) top += perChannel[ch]!;
    out.area_fraction_top[row] = top / area;
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
