// Which clusters of hits are peaks, and where those lie.

import type { PeakHits, PeakPlace } from "./peak_builder.ts";

/** What makes a peak of a cluster. */
export interface PlaceSettings {
  readonly leftExtension: number;
  readonly rightExtension: number;
  readonly minArea: number;
  readonly minChannels: number;
}

/**
 * The places of the clusters that begin at the hits `starts` and are large enough.
 *
 * @throws {RangeError} Where hits of one cluster have different sampling intervals.
 */
export function findPeakPlaces(
  hits: PeakHits,
  starts: Uint32Array,
  toPe: Float64Array,
  { leftExtension, rightExtension, minArea, minChannels }: PlaceSettings,
): PeakPlace[] {
  const { time, endtime, channel, dt, area } = hits;
  const places: PeakPlace[] = [];
  const seen = new Int32Array(toPe.length).fill(-1); // the cluster that a channel was counted in last
  for (let c = 0; c < starts.length; c++) {
    const from = starts[c]!, to = c + 1 < starts.length ? starts[c + 1]! : time.length;
    let total = 0, channels = 0, end = -Infinity;
    const interval = dt[from]!;
    for (let h = from; h < to; h++) {
      const ch = channel[h]!, pe = area[h]! * toPe[ch]!;
      total += pe;
      if (pe !== 0 && seen[ch] !== c) {
        seen[ch] = c;
        channels++;
      }
      if (endtime[h]! > end) end = endtime[h]!;
      if (dt[h] !== interval) {
        throw new RangeError(
          `Hits of one peak have sampling intervals of ${interval} and ${dt[h]} ps (channels ${channel[from]} and ${ch}): ` +
            "channels that are summed must be sampled alike",
        );
      }
    }
    if (total < minArea || channels < minChannels) continue;
    const start = time[from]! - leftExtension;
    places.push({ time: start, length: Math.ceil((end + rightExtension - start) / interval), dt: interval, from, to });
  }
  return places;
}
