// Which hits of a channel lie so close that they are one hitlet.

/** Columns of hits that are gathered, in time order. */
export interface HitTimes {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly channel: Uint16Array;
  readonly dt: Int32Array;
}

/** A stretch of a channel with all hits that it was made of. */
export interface HitletPlace {
  /** Start of the first hit less the extension, ps. */
  readonly time: number;
  /** End of the last hit with the extension, ps. */
  readonly endtime: number;
  readonly channel: number;
  /** Sampling interval, ps. */
  readonly dt: number;
}

/**
 * Hits of each channel, each `left` samples longer before and `right` samples longer behind; what overlaps or touches is one. In the order of
 * the first hits. O(hits).
 *
 * @throws {RangeError} Where hits that are one have different sampling intervals.
 */
export function hitletPlaces(hits: HitTimes, left: number, right: number): HitletPlace[] {
  const { time, endtime, channel, dt } = hits;
  const places: { time: number; endtime: number; channel: number; dt: number }[] = [];
  const open = new Map<number, number>();
  for (let h = 0; h < time.length; h++) {
    const ch = channel[h]!, interval = dt[h]!;
    const start = time[h]! - left * interval, end = endtime[h]! + right * interval;
    const at = open.get(ch), place = at === undefined ? undefined : places[at]!;
    if (place && place.endtime >= start) {
      if (place.dt !== interval) {
        throw new RangeError(
          `Hits of channel ${ch} that are one hitlet have sampling intervals of ${place.dt} and ${interval} ps: ` +
            "a channel must be sampled with one",
        );
      }
      if (end > place.endtime) place.endtime = end;
    } else {
      open.set(ch, places.length);
      places.push({ time: start, endtime: end, channel: ch, dt: interval });
    }
  }
  return places;
}
