// Hits whose samples reach beyond their edges, as columns that are summed.

import type { PeakHits } from "./peak_builder.ts";

/** The same hits with the times of the first and the last of their samples in the place of their own. */
export function extendedColumns(hits: PeakHits & { readonly before: Int32Array }): PeakHits {
  const { before, dt, wave: { offsets } } = hits;
  const time = hits.time.map((t, h) => t - before[h]! * dt[h]!);
  return { ...hits, time, endtime: time.map((t, h) => t + (offsets[h + 1]! - offsets[h]!) * dt[h]!) };
}
