// Which hits of a channel lie so close that they are one hitlet.

/** Columns of hits that are gathered, in time order. */
export interface HitTimes {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly channel: Uint16Array;
  readonly dt: Int32Array;
}

/** Stretches of channels, one a hitlet: the first `count` values of each array. */
export interface HitletPlaces {
  readonly count: number;
  /** Start of the first hit less the extension, ps. */
  readonly time: Float64Array;
  /** End of the last hit with the extension, ps. */
  readonly endtime: Float64Array;
  readonly channel: Uint16Array;
  /** Sampling interval, ps. */
  readonly dt: Int32Array;
}

/**
 * Hits of each channel, each `left` samples longer before and `right` samples longer behind; what overlaps or touches is one. In the order of
 * the first hits. O(hits).
 *
 * @throws {RangeError} Where hits that are one have different sampling intervals.
 */
export function hitletPlaces(hits: HitTimes, left: number, right: number): HitletPlaces {
  const rows = hits.time.length;
  const time = new Float64Array(rows), endtime = new Float64Array(rows);
  const channel = new Uint16Array(rows), dt = new Int32Array(rows);
  const open = new Map<number, number>();
  let count = 0;
  for (let h = 0; h < rows; h++) {
    const ch = hits.channel[h]!, interval = hits.dt[h]!;
    const start = hits.time[h]! - left * interval, end = hits.endtime[h]! + right * interval;
    const at = open.get(ch);
    if (at !== undefined && endtime[at]! >= start) {
      if (dt[at] !== interval) {
        throw new RangeError(
          `Hits of channel ${ch} that are one hitlet have sampling intervals of ${
            dt[at]
          } and ${interval} ps: ` +
            "a channel must be sampled with one",
        );
      }
      if (end > endtime[at]!) endtime[at] = end;
    } else {
      open.set(ch, count);
      time[count] = start;
      endtime[count] = end;
      channel[count] = ch;
      dt[count++] = interval;
    }
  }
  return { count, time, endtime, channel, dt };
}
