// `recordRows` with vectors.

import { highestI32, highestU16, recordRows as compute } from "../../kernels/wasm/strax.wasm";
import { copyIn, copyOut, give, keep, Places, view } from "./_memory.ts";
import { pulseBaseline, type RawRows, type RecordResults, type RecordSettings } from "./record_rows.ts";

/** Samples that are computed at once, as rows: with their results they stay in the cache. */
const BLOCK = 512;

/** The same as `recordRows` of `record_rows.ts`. */
export function recordRows(
  rows: RawRows,
  from: number,
  to: number,
  settings: RecordSettings,
  out: RecordResults,
): number {
  const { width, baselineSamples, flip } = settings, count = to - from;
  const places = new Places([rows.length, rows.channel, rows.record_i]);
  const lengths = places.put(rows.length) + 4 * from, channels = places.put(rows.channel);
  const numbers = places.put(rows.record_i) + 4 * from;
  const known = 1 + highestU16(channels, to), state = places.take(12 * known);
  const masks = places.take(4 * (width + 8)), block = Math.min(BLOCK, count);
  const samples = places.take(2 * width * block + 8), made = places.take(2 * width * count);
  const areas = places.take(4 * count), means = places.take(4 * count), deviations = places.take(4 * count);
  view(Int16Array, masks, width).fill(-1);
  view(Int16Array, masks + 2 * width, width + 8).fill(0);
  startState(rows, from, settings, state, known);
  let lost = -1;
  for (let first = from; first < to; first += block) {
    const n = Math.min(block, to - first), at = first - from;
    const shift = (rows.data.byteOffset + 2 * first * width) & 7, target = made + 2 * at * width;
    copyIn(rows.data, first * width - shift / 2, (first + n) * width, samples);
    const missing = compute(
      ...[n, width, samples + shift, lengths + 4 * at, channels + 2 * first, numbers + 4 * at] as const,
      ...[state, known, masks, baselineSamples, Number(flip), target] as const,
      ...[areas + 4 * at, means + 4 * at, deviations + 4 * at] as const,
    );
    if (missing >= 0 && lost < 0) lost = first + missing;
    copyOut(target, n * width, out.data, at * width);
  }
  keep(made, out.data);
  give(areas, out.area);
  give(means, out.baseline);
  give(deviations, out.baseline_rms);
  return lost;
}

/** The highest of the values `from` to `to` (excluded), at least 0. */
export function highestOf(values: Int32Array, from: number, to: number): number {
  return highestI32(new Places().putPart(values, from, to), to - from);
}

/** Baselines of pulses that begin before row `from`. */
function startState(
  rows: RawRows,
  from: number,
  settings: RecordSettings,
  state: number,
  channels: number,
): void {
  const mean = view(Float32Array, state, channels), rms = view(Float32Array, state + 4 * channels, channels);
  const next = view(Int32Array, state + 8 * channels, channels).fill(0);
  for (let i = 0; i < from; i++) {
    const ch = rows.channel[i]!;
    if (rows.record_i[i] === 0) [mean[ch], rms[ch]] = pulseBaseline(rows, i, settings);
    else if (next[ch] !== rows.record_i[i]) mean[ch] = rms[ch] = NaN;
    next[ch] = rows.record_i[i]! + 1;
  }
}
