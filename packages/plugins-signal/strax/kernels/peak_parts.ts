// What is computed of a peak beside the sum of its hits: the readable form. `wasm_peaks.ts` does the same.

import type { PeakHits, PeakPlace } from "./peak_builder.ts";
import { centerOf, indexOfFraction } from "./peak_properties.ts";
import { sampledDown } from "./sampled_down.ts";

/** A summed waveform in the room that there is, and what follows from it. */
export interface PeakShape {
  /** Samples. */
  readonly length: number;
  /** Samples of the sum that one is made of. */
  readonly factor: number;
  /** Mean index of the samples, weighted with them. */
  readonly center: number;
  /** Index of the highest sample, the first of several. */
  readonly highest: number;
  /** Where 0, 5, ... 100 % of the area lie, in samples; of an area above 0. Used again for the next peak. */
  readonly at: Float64Array;
}

/** Parts of making a peak. */
export interface PeakParts {
  /** Write a summed waveform with its area (PE) to `data`. As in strax, samples that do not fill a whole one are left out. */
  shape(waveform: Float32Array, area: number, data: Float32Array): PeakShape;
  /** Channels of the hits of a place whose highest samples lie from `least` to `most`, ps. */
  coincident(place: Pick<PeakPlace, "from" | "to">, least: number, most: number): number;
}

// 0, 5, ... 100 % of the area, as strax writes them.
const FRACTIONS = Float64Array.from({ length: 21 }, (_, k) => k / 20);

/** The parts of peaks of some hits. */
export function plainParts(
  { max_time, channel }: Pick<PeakHits, "max_time" | "channel">,
  channels: number,
): PeakParts {
  const at = new Float64Array(FRACTIONS.length), isTouched = new Uint8Array(channels);
  return {
    shape(waveform, area, data) {
      const factor = factorOf(waveform.length, data.length), length = sampledDown(waveform, factor, data);
      const kept = data.subarray(0, length);
      let highest = 0;
      for (let k = 1; k < length; k++) if (kept[k]! > kept[highest]!) highest = k;
      if (area > 0) indexOfFraction(kept, area, FRACTIONS, at);
      return { length, factor, center: centerOf(kept), highest, at };
    },
    coincident({ from, to }, least, most) {
      let count = 0;
      isTouched.fill(0);
      for (let h = from; h < to; h++) {
        const time = max_time[h]!, ch = channel[h]!;
        if (time < least || time > most || isTouched[ch]) continue;
        isTouched[ch] = 1;
        count++;
      }
      return count;
    },
  };
}

/** Samples of a sum of `length` that are one of `room`. */
export function factorOf(length: number, room: number): number {
  return Math.max(1, Math.ceil(length / room));
}
