// Times in messages: readable, and exact, so that they can be given back as a time range.

import { formatTime } from "../data/units.ts";

/** A time, ps, as text that gives it back: `25.125652 µs`. */
export const timeText = (ps: bigint): string => formatTime(ps, { exact: true });

/** A stretch of time, ps, as text: `[25.125652 µs .. 2.01 s)`. */
export function stretchText(start: bigint, end: bigint | undefined): string {
  return `[${timeText(start)} .. ${end === undefined ? "end" : timeText(end)})`;
}
