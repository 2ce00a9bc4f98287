// Peaks divided into parts, each summed anew from its hits.

import { copyRows, type Table } from "@millrace/core/table";
import { PEAK_SAMPLES, type PeakTypes } from "../schemas.ts";
import type { PeakBuilder, PeakPlace } from "./peak_builder.ts";
import { localMinima, naturalBreaks } from "./split_points.ts";

/** How peaks are divided. */
export interface SplitSettings {
  readonly algorithm: "local_minimum" | "natural_breaks";
  readonly iterations: number;
  readonly minArea: number;
  readonly minHeight: number;
  readonly minRatio: number;
  readonly threshold: number;
  readonly splitLow: boolean;
  readonly filter: number;
}

/**
 * The peaks with those that have a split point replaced by their parts, in time order.
 *
 * @param peaks The peaks, whose places are `places`; released.
 * @param room Makes a table of so many rows.
 */
export function splitPeaks(
  peaks: Table<PeakTypes>,
  places: readonly PeakPlace[],
  settings: SplitSettings,
  builder: PeakBuilder,
  room: (rows: number) => Table<PeakTypes>,
): Table<PeakTypes> {
  // Rows that are final, and those that may be divided.
  let open = peaks, openPlaces = places;
  const done: { table: Table<PeakTypes>; rows: readonly number[] }[] = [];
  for (let k = 0; k < settings.iterations && openPlaces.length > 0; k++) {
    const whole: number[] = [], parts: PeakPlace[] = [];
    for (let row = 0; row < openPlaces.length; row++) {
      const made = partsOf(open, row, openPlaces[row]!, settings);
      if (made.length === 0) whole.push(row);
      else parts.push(...made);
    }
    done.push({ table: open, rows: whole });
    open = room(parts.length);
    parts.forEach((place, row) => builder.build(place, open.columns, row));
    openPlaces = parts;
  }
  done.push({ table: open, rows: openPlaces.map((_, row) => row) });
  const order = done.flatMap(({ table, rows }) =>
    rows.map((row) => ({ table, row, time: table.columns.time[row]! }))
  );
  order.sort((a, b) => a.time - b.time);
  const out = room(order.length);
  const target = out as unknown as Table;
  order.forEach(({ table, row }, k) => copyRows(table as unknown as Table, row, row + 1, target, k));
  for (const { table } of done) table.release();
  return out;
}

function partsOf(
  peaks: Table<PeakTypes>,
  row: number,
  place: PeakPlace,
  settings: SplitSettings,
): PeakPlace[] {
  const { data, length, dt, area, max_goodness_of_split } = peaks.columns;
  const n = length[row]!, interval = dt[row]!;
  if (area[row]! < settings.minArea || n === 0) return [];
  const w = data.subarray(row * PEAK_SAMPLES, row * PEAK_SAMPLES + n);
  const points = settings.algorithm === "local_minimum"
    ? localMinima(w, settings.minHeight, settings.minRatio)
    : breakOf(w, interval, settings, max_goodness_of_split, row);
  if (points.length === 0) return [];
  const factor = Math.round(interval / place.dt);
  const parts: PeakPlace[] = [];
  let from = 0;
  for (const to of [...points, n]) {
    if (to <= from) continue;
    const time = place.time + from * interval;
    parts.push({ time, length: (to - from) * factor, dt: place.dt, from: place.from, to: place.to });
    from = to;
  }
  return parts;
}

function breakOf(
  w: Float32Array,
  dt: number,
  { threshold, splitLow, filter }: SplitSettings,
  goodness: Float32Array,
  row: number,
): number[] {
  const gof = naturalBreaks(w, dt, splitLow, Math.max(0, Math.floor(filter / dt) - 1));
  let best = 0;
  for (let i = 1; i < gof.length; i++) if (gof[i]! > gof[best]!) best = i;
  goodness[row] = gof[best]!;
  return best > 0 && gof[best]! > threshold ? [best] : [];
}
