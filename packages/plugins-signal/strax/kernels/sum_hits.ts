// Hits summed over channels: the readable form. `wasm_peaks.ts` does the same with vectors.

import type { HitSum, PeakHits, PeakPlace } from "./peak_builder.ts";

/**
 * A function that sums the hits of a place, with the gain (PE an ADC count) of each channel.
 *
 * @param edges Where the hits begin and end for `maxGap`, which they need not at their first and last samples.
 */
export function sumHits(
  hits: PeakHits,
  toPe: Float64Array,
  edges: Pick<PeakHits, "time" | "endtime"> = hits,
): (place: PeakPlace) => HitSum {
  const { time, endtime, channel, height, baseline, wave } = hits;
  const { values, offsets } = wave;
  const perChannel = new Float32Array(toPe.length), saturated = new Uint8Array(toPe.length);
  return ({ time: start, length, dt, from, to }) => {
    const waveform = new Float32Array(length);
    perChannel.fill(0);
    saturated.fill(0);
    let area = 0, count = 0, saturatedChannels = 0, firstChannel = 0, lastChannel = 0;
    let maxGap = 0, cover = Infinity;
    const end = start + length * dt;
    for (let h = from; h < to; h++) {
      const hitStart = time[h]!;
      if (endtime[h]! <= start || hitStart >= end) continue;
      const ch = channel[h]!, gain = toPe[ch]!;
      const whole = Math.floor(baseline[h]!), fraction = baseline[h]! - whole;
      if (height[h]! - fraction >= whole && saturated[ch] === 0) {
        saturated[ch] = 1;
        saturatedChannels++;
      }
      if (count++ === 0) firstChannel = ch;
      maxGap = Math.max(maxGap, edges.time[h]! - cover);
      cover = count === 1 ? edges.endtime[h]! : Math.max(cover, edges.endtime[h]!);
      lastChannel = ch;
      const shift = Math.floor((hitStart - start) / dt), offset = offsets[h]!, n = offsets[h + 1]! - offset;
      const a = Math.max(0, -shift), b = Math.min(n, length - shift);
      let total = 0;
      for (let k = a; k < b; k++) {
        const x = values[offset + k]! + fraction;
        waveform[shift + k]! += x * gain;
        total += x;
      }
      perChannel[ch]! += total * gain;
      area += total * gain;
    }
    const hits = count;
    return {
      waveform,
      perChannel,
      saturated,
      area,
      hits,
      maxGap,
      firstChannel,
      lastChannel,
      saturatedChannels,
    };
  };
}
