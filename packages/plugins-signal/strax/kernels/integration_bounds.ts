// How far around a hit its samples are integrated.

import { firstAbove, rowsByChannel } from "./rows_by_channel.ts";

/** Rows in time order; `shift` is what to add to their times to compare them with those of the hits. */
export interface Shifted {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly shift: number;
}

/** Hits in time order; those of a channel do not overlap. */
export interface BoundedHits {
  readonly time: Float64Array;
  readonly endtime: Float64Array;
  readonly channel: Uint16Array;
}

/** Where hits are integrated, one value a hit. */
export interface IntegrationBounds {
  /** Start, ps. */
  readonly from: Float64Array;
  /** End, ps. */
  readonly to: Float64Array;
  /** The record that the hit lies in; -1 where there is none. */
  readonly record: Int32Array;
  /** Its start, ps. */
  readonly recordTime: Float64Array;
}

/**
 * From `leftExtension` before each hit to `rightExtension` behind it, not beyond the span of its record, nor into one of the `excluded` rows, nor over the
 * next hit of the channel, nor over what the hit before it has. O(hits log records + excluded).
 *
 * @param spans How far to go from each record on, in the records' times; default: to its edges.
 */
export function integrationBounds(
  hits: BoundedHits,
  records: Shifted & { readonly channel: Uint16Array },
  excluded: Shifted,
  { leftExtension, rightExtension }: { readonly leftExtension: number; readonly rightExtension: number },
  spans: { readonly time: Float64Array; readonly endtime: Float64Array } = records,
): IntegrationBounds {
  const { time, endtime, channel } = hits, count = time.length;
  const from = new Float64Array(count), to = new Float64Array(count);
  const record = new Int32Array(count), recordTime = new Float64Array(count);
  const byChannel = rowsByChannel(records.channel), last = new Map<number, number>();
  let next = 0, excludedEnd = -Infinity;
  for (let h = 0; h < count; h++) {
    const start = time[h]!, ch = channel[h]!;
    for (; next < excluded.time.length && excluded.time[next]! + excluded.shift < start; next++) {
      excludedEnd = Math.max(excludedEnd, excluded.endtime[next]! + excluded.shift);
    }
    const excludedStart = next < excluded.time.length ? excluded.time[next]! + excluded.shift : Infinity;
    const rows = byChannel.get(ch) ?? [];
    const row = rows[firstAbove(rows, records.time, start - records.shift) - 1];
    if (row === undefined || records.endtime[row]! + records.shift < endtime[h]!) {
      record[h] = -1;
      from[h] = to[h] = start;
      continue;
    }
    record[h] = row;
    recordTime[h] = records.time[row]! + records.shift;
    from[h] = Math.max(excludedEnd, spans.time[row]! + records.shift, start - leftExtension);
    to[h] = Math.min(excludedStart, spans.endtime[row]! + records.shift, endtime[h]! + rightExtension);
    const before = last.get(ch);
    if (before !== undefined) {
      to[before] = Math.min(to[before]!, start);
      from[h] = Math.max(from[h]!, to[before]!);
    }
    last.set(ch, h);
  }
  return { from, to, record, recordTime };
}
