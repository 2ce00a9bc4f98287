// Stretches of fragments at or beyond a threshold, in time order: the readable form. `wasm_hits.ts` does the same with vectors.

import type { Columns } from "@millrace/core/schema";
import type { StraxHitTypes, StraxRecordTypes } from "../schemas.ts";

/** Columns of `records` that hits are found in. */
export type HitInput = Pick<
  Columns<StraxRecordTypes>,
  "time" | "channel" | "dt" | "length" | "record_i" | "baseline" | "baseline_rms" | "data"
>;

/** Thresholds by channel: a hit's samples reach `max(amplitude, noise x baseline_rms)`. */
export interface HitThresholds {
  /** ADC counts. */
  readonly amplitude: Float64Array;
  /** In units of the baseline's standard deviation. */
  readonly noise: Float64Array;
}

/** Makes room for so many hits with so many samples together. */
export type RoomForHits<T> = (
  hits: number,
  samples: number,
) => T & { readonly columns: Columns<StraxHitTypes> };

interface Hit {
  readonly row: number;
  readonly left: number;
  readonly right: number;
  readonly time: number;
  readonly channel: number;
  readonly endtime: number;
}

/** Hits of `rows` fragments of `width` samples in total order, written to the room that is made for them. */
export function findStraxHits<T>(
  from: HitInput,
  rows: number,
  width: number,
  { amplitude, noise }: HitThresholds,
  room: RoomForHits<T>,
): T {
  const hits: Hit[] = [];
  const thresholdOf = (row: number) => {
    const ch = from.channel[row]!;
    return Math.max(amplitude[ch]!, noise[ch]! * from.baseline_rms[row]!);
  };
  let samples = 0;
  for (let row = 0; row < rows; row++) {
    const threshold = thresholdOf(row), at = row * width, n = Math.min(from.length[row]!, width);
    const time = from.time[row]!, dt = from.dt[row]!, channel = from.channel[row]!;
    for (let left = 0; left < n; left++) {
      if (!(from.data[at + left]! >= threshold)) continue;
      let right = left + 1;
      while (right < n && from.data[at + right]! >= threshold) right++;
      samples += right - left;
      hits.push({ row, left, right, time: time + left * dt, channel, endtime: time + right * dt });
      left = right;
    }
  }
  hits.sort((a, b) => a.time - b.time || a.channel - b.channel || a.endtime - b.endtime);
  const made = room(hits.length, samples), out = made.columns;
  const { values, offsets } = out.wave;
  let at = 0;
  offsets[0] = 0;
  hits.forEach(({ row, left, right, time, channel, endtime }, k) => {
    const baseline = from.baseline[row]!, fraction = baseline - Math.floor(baseline), dt = from.dt[row]!;
    let sum = 0, max = -Infinity, place = left;
    for (let i = left; i < right; i++) {
      const sample = from.data[row * width + i]!;
      values[at++] = sample;
      sum += sample;
      if (sample > max) {
        max = sample;
        place = i;
      }
    }
    out.time[k] = time;
    out.endtime[k] = endtime;
    out.max_time[k] = from.time[row]! + place * dt;
    out.channel[k] = channel;
    out.dt[k] = dt;
    out.length[k] = right - left;
    out.left[k] = left;
    out.right[k] = right;
    out.record_i[k] = from.record_i[row]!;
    out.area[k] = sum + (right - left) * fraction;
    out.height[k] = max + fraction;
    out.threshold[k] = thresholdOf(row);
    out.baseline[k] = baseline;
    offsets[k + 1] = at;
  });
  return made;
}
