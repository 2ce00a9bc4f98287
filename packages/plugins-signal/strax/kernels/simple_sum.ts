// Records summed over channels, whatever in them is a hit.

import type { SampleRecords } from "./hitlet_samples.ts";

/** A stretch of time: its start in the records' times (ps), and how many samples of which interval it has. */
export interface SumPlace {
  readonly time: number;
  readonly length: number;
  /** ps. */
  readonly dt: number;
}

/**
 * Add the samples of records `from` to `to` (excluded) that lie in a place to `out`, times the gain of their channel. The fraction of the
 * baseline is added to samples other than 0 only, as in `simple_summed_waveform` of strax.
 *
 * @param width Samples a record.
 * @throws {RangeError} On a record of another sampling interval, or of a channel without a gain.
 */
export function addRecords(
  { time, channel, dt, length, baseline, data }: SampleRecords,
  width: number,
  place: SumPlace,
  from: number,
  to: number,
  toPe: Float64Array,
  out: Float32Array,
): void {
  const end = place.time + place.length * place.dt;
  for (let i = from; i < to; i++) {
    const n = Math.min(length[i]!, width), ch = channel[i]!;
    if (time[i]! >= end || time[i]! + n * dt[i]! <= place.time || Number.isNaN(baseline[i]!)) continue;
    if (dt[i] !== place.dt || ch >= toPe.length) {
      throw new RangeError(
        ch >= toPe.length
          ? `There is a record in channel ${ch}, and peaks have ${toPe.length} channels: set peaks.channels to more than that`
          : `The records of channel ${ch} have a sampling interval of ${
            dt[i]
          } ps, the peak's hits one of ${place.dt} ps`,
      );
    }
    const shift = Math.floor((time[i]! - place.time) / place.dt), gain = toPe[ch]!;
    const fraction = baseline[i]! - Math.floor(baseline[i]!);
    for (let k = Math.max(0, -shift), stop = Math.min(n, place.length - shift); k < stop; k++) {
      const sample = data[i * width + k]!;
      if (sample !== 0) out[shift + k]! += (sample + fraction) * gain;
    }
  }
}
