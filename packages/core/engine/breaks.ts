// Segment breaks: a break is `next.time - cover > threshold`, cover being the highest endtime so far.

import { type Chunk, endtimesOf, timesOf } from "../chunk/chunk.ts";

/** Breaks in the rows of aligned chunks taken together: each lies at the start of the next row. O(rows). */
export function findBreaks(chunks: readonly Chunk[], coverBefore: bigint, threshold: number): bigint[] {
  const origin = chunks[0]!.start;
  let cover = Number(coverBefore - origin);
  const shift = chunks.map((chunk) => Number(chunk.t0 - origin));
  const times = chunks.map((chunk) => timesOf(chunk.table));
  const ends = chunks.map((chunk) => endtimesOf(chunk.table));
  const next = new Array<number>(chunks.length).fill(0);
  const breaks: bigint[] = [];
  const none = coverBefore < -(2n ** 62n);
  let started = !none;
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
    if (started && time - cover > threshold) breaks.push(origin + BigInt(time));
    const end = ends[input]![next[input]!]! + shift[input]!;
    if (!started || end > cover) cover = end;
    started = true;
    next[input]!++;
  }
}
