// Segment breaks: a break is `next.time - cover > threshold`, cover being the highest endtime so far.

import { type Chunk, endtimesOf, NO_COVER, timesOf } from "../chunk/chunk.ts";

/**
 * Breaks in the rows of aligned chunks taken together: each lies at the start of the next row. O(rows).
 *
 * @param coverBefore Highest endtime of all rows before, `NO_COVER` if there is none.
 */
export function findBreaks(chunks: readonly Chunk[], coverBefore: bigint, threshold: number): bigint[] {
  const origin = chunks[0]!.start;
  const shift = chunks.map((chunk) => Number(chunk.t0 - origin));
  const times = chunks.map((chunk) => timesOf(chunk.table));
  const ends = chunks.map((chunk) => endtimesOf(chunk.table));
  const next = new Array<number>(chunks.length).fill(0);
  const breaks: bigint[] = [];
  let cover = -Infinity;
  while (true) {
    let input = -1, time = Infinity;
    for (let k = 0; k < chunks.length; k++) {
      if (next[k]! >= times[k]!.length) continue;
      const t = times[k]![next[k]!]! + shift[k]!;
      if (t < time) {
        time = t;
        input = k;
      }
    }
    if (input < 0) return breaks;
    const end = ends[input]![next[input]!]! + shift[input]!;
    if (cover === -Infinity) {
      // The rows before may be further away than numbers are exact.
      const distance = origin + BigInt(time) - coverBefore;
      if (coverBefore !== NO_COVER && distance > BigInt(threshold)) breaks.push(origin + BigInt(time));
      cover = coverBefore === NO_COVER ? end : Math.max(end, Number(coverBefore - origin));
    } else {
      if (time - cover > threshold) breaks.push(origin + BigInt(time));
      if (end > cover) cover = end;
    }
    next[input]!++;
  }
}
