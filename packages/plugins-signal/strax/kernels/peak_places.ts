// Which clusters of hits are peaks, and where those lie: the readable form. `wasm_peaks.ts` finds the same.

import type { PeakHits, PeakPlace } from "./peak_builder.ts";

/** What makes a peak of a cluster. */
export interface PlaceSettings {
  /** ps. */
  readonly leftExtension: number;
  /** ps. */
  readonly rightExtension: number;
  /** PE. */
  readonly minArea: number;
  readonly minChannels: number;
}

/**
 * The places of the clusters that begin at the hits `starts` and are large enough.
 *
 * @throws {RangeError} Where hits of one cluster have different sampling intervals, or a channel has no gain.
 */
export function findPeakPlaces(
  hits: PeakHits,
  starts: Uint32Array,
  toPe: Float64Array,
  settings: PlaceSettings,
): PeakPlace[] {
  const { time, endtime, channel, dt, area } = hits;
  const places: PeakPlace[] = [];
  for (let c = 0; c < starts.length; c++) {
    const from = starts[c]!, to = c + 1 < starts.length ? starts[c + 1]! : time.length;
    const channels = new Set<number>();
    let total = 0, end = -Infinity;
    for (let h = from; h < to; h++) {
      const ch = channel[h]!;
      if (ch >= toPe.length || dt[h] !== dt[from]) refuse(hits, h, toPe.length);
      const pe = area[h]! * toPe[ch]!;
      total += pe;
      if (pe !== 0) channels.add(ch);
      if (endtime[h]! > end) end = endtime[h]!;
    }
    if (total < settings.minArea || channels.size < settings.minChannels) continue;
    places.push(placeOf(hits, from, to, end, settings));
  }
  return places;
}

/** The place of a peak of the hits `from` to `to` (excluded) that end at `end`. */
export function placeOf(
  { time, dt }: PeakHits,
  from: number,
  to: number,
  end: number,
  { leftExtension, rightExtension }: PlaceSettings,
): PeakPlace {
  const start = time[from]! - leftExtension, interval = dt[from]!;
  return {
    time: start,
    length: Math.ceil((end + rightExtension - start) / interval),
    dt: interval,
    from,
    to,
  };
}

/** Say what is wrong with hit `h`. */
export function refuse({ channel, dt }: PeakHits, h: number, channels: number): never {
  if (channel[h]! >= channels) {
    throw new RangeError(
      `There is a hit in channel ${channel[h]}: set peaks.channels to more than that, it is ${channels}`,
    );
  }
  throw new RangeError(
    `Hits of one peak have sampling intervals of ${dt[h - 1]} and ${dt[h]} ps (channels ${
      channel[h - 1]
    } and ` +
      `${channel[h]}): channels that are summed must be sampled alike`,
  );
}
