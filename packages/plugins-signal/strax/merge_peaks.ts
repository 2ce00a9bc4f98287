/**
 * Peaks made of others: several as one, and those that were merged in the place of what they were merged from.
 *
 * They are `merge_peaks` and `replace_merged` of strax (Aalbers et al., doi:10.5281/zenodo.1340632), for plugins that decide themselves what is
 * to be merged; `merged_peaks` decides by distance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { replaceMerged } from "@millrace/plugins-signal/strax/merge-peaks";
 *
 * const peaks = { time: Float64Array.of(0, 20, 40), endtime: Float64Array.of(10, 30, 50) };
 * const merged = { time: Float64Array.of(0), endtime: Float64Array.of(30) };
 * assert.deepEqual([...replaceMerged(peaks, merged)], [-1, 2]); // the merged one, then peak 2
 * ```
 * @module
 */
import { type Intervals, touchingWindows } from "@millrace/core/intervals";
import type { Columns } from "@millrace/core/schema";
import { buildPeak, type HitSum } from "./kernels/peak_builder.ts";
import { PEAK_SAMPLES, type PeakTypes } from "./schemas.ts";

/**
 * Write peaks `from` to `to` (excluded) as one into row `row` of a table.
 *
 * Waveforms are put on the greatest interval that is a part of all of theirs (a sample's area is shared out evenly), each from the sample on
 * that it starts in, added and sampled down again; areas, hits and saturated channels are added up, `tight_coincidence`, `max_gap` and `max_goodness_of_split` are the highest of the parts. O(samples at
 * that interval).
 *
 * @param peaks Peaks in time order; they may overlap.
 * @param topChannels Channels below it belong to the top array; `null` where there is none.
 * @param out Columns of a table for as many channels.
 */
export function mergePeaks(
  peaks: Columns<PeakTypes>,
  from: number,
  to: number,
  topChannels: number | null,
  out: Columns<PeakTypes>,
  row: number,
): void {
  const channels = out.area_per_channel.length / out.time.length;
  const time = peaks.time[from]!;
  let dt = 0, end = -Infinity, hits = 0, area = 0, tight = 0, maxGap = 0, goodness = -1;
  for (let p = from; p < to; p++) {
    dt = commonDivisor(dt, peaks.dt[p]!);
    end = Math.max(end, peaks.endtime[p]!);
    hits += peaks.n_hits[p]!;
    area += peaks.area[p]!;
    tight = Math.max(tight, peaks.tight_coincidence[p]!);
    maxGap = Math.max(maxGap, peaks.max_gap[p]!);
    goodness = Math.max(goodness, peaks.max_goodness_of_split[p]!);
  }
  const length = Math.floor((end - time) / dt);
  const waveform = new Float32Array(length),
    perChannel = new Float32Array(channels),
    saturated = new Uint8Array(channels);
  for (let p = from; p < to; p++) {
    const factor = peaks.dt[p]! / dt, shift = Math.floor((peaks.time[p]! - time) / dt);
    for (let k = 0; k < peaks.length[p]!; k++) {
      const part = peaks.data[p * PEAK_SAMPLES + k]! / factor;
      for (let i = 0; i < factor; i++) waveform[shift + k * factor + i]! += part;
    }
    for (let ch = 0; ch < channels; ch++) {
      perChannel[ch]! += peaks.area_per_channel[p * channels + ch]!;
      saturated[ch]! |= peaks.saturated_channel[p * channels + ch]!;
    }
  }
  const sum: HitSum = {
    waveform,
    perChannel,
    saturated,
    area,
    hits,
    maxGap,
    firstChannel: peaks.first_channel[from]!,
    lastChannel: peaks.last_channel[to - 1]!,
    saturatedChannels: saturated.reduce((a, b) => a + b, 0),
  };
  buildPeak({ time, length, dt }, sum, topChannels, out, row);
  out.tight_coincidence[row] = tight;
  out.max_goodness_of_split[row] = goodness;
}

function commonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/**
 * The rows of `peaks` that touch none of `merged`, and those of `merged`, in time order: row `k` of the peaks is `k`, row `m` of the merged
 * ones `-1 - m`. Merged ones come first at equal times. O(rows log rows).
 *
 * @throws {RangeError} On rows out of order or that end before they start.
 */
export function replaceMerged(peaks: Intervals, merged: Intervals): Int32Array {
  const windows = touchingWindows(peaks, merged);
  const touched = new Uint8Array(peaks.time.length);
  for (let m = 0; m < merged.time.length; m++) {
    for (let k = windows[2 * m]!; k < windows[2 * m + 1]!; k++) {
      if (peaks.endtime[k]! > merged.time[m]! || peaks.time[k]! >= merged.time[m]!) touched[k] = 1;
    }
  }
  const order = new Int32Array(peaks.time.length + merged.time.length);
  let n = 0, m = 0;
  for (let k = 0; k < peaks.time.length; k++) {
    if (touched[k]) continue;
    while (m < merged.time.length && merged.time[m]! <= peaks.time[k]!) order[n++] = -1 - m++;
    order[n++] = k;
  }
  while (m < merged.time.length) order[n++] = -1 - m++;
  return order.subarray(0, n);
}
