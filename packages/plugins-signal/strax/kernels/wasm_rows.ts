// `recordRows` with vectors.

import { isKernelMemory } from "@millrace/core/kernel-memory";
import { highestI32, highestU16, recordRows as compute } from "../../kernels/wasm/strax.wasm";
import { copyIn, copyOut, Places, view } from "./_memory.ts";
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
  const { width, flip } = settings, count = to - from;
  using places = new Places();
  const lengths = places.putPart(rows.length, from, to), channels = places.putPart(rows.channel, from, to);
  const numbers = places.putPart(rows.record_i, from, to);
  const known = 1 + Math.max(highestU16(channels, count), highestIn(rows.channel, from));
  const state = places.take(16 * known);
  const masks = places.take(4 * (width + 8)), block = Math.min(BLOCK, count), spare = places.take(2 * width);
  const areas = places.make(out.area), means = places.make(out.baseline);
  const deviations = places.make(out.baseline_rms);
  const isThere = isKernelMemory(rows.data.buffer), isOut = isKernelMemory(out.data.buffer);
  const samples = isThere ? rows.data.byteOffset : places.take(2 * width * block + 8);
  const made = isOut ? out.data.byteOffset : places.take(2 * width * block);
  view(Int16Array, masks, width).fill(-1);
  view(Int16Array, masks + 2 * width, width + 8).fill(0);
  startState(rows, from, settings, state, known);
  let lost = -1;
  for (let first = from; first < to; first += block) {
    const n = Math.min(block, to - first), at = first - from;
    const source = isThere
      ? samples + 2 * first * width
      : copyIn(rows.data, first * width, (first + n) * width, samples);
    const target = isOut ? made + 2 * at * width : made;
    const missing = compute(
      ...[n, width, source, lengths + 4 * at, channels + 2 * at, numbers + 4 * at] as const,
      ...[state, known, masks, Number(flip), target] as const,
      ...[areas + 4 * at, means + 4 * at, deviations + 4 * at, spare] as const,
    );
    if (missing >= 0 && lost < 0) lost = first + missing;
    if (!isOut) copyOut(target, n * width, out.data, at * width);
  }
  places.give();
  return lost;
}

/** The highest of the values `from` to `to` (excluded), at least 0. */
export function highestOf(values: Int32Array, from: number, to: number): number {
  using places = new Places();
  return highestI32(places.putPart(values, from, to), to - from);
}

function highestIn(channel: Uint16Array, rows: number): number {
  let highest = 0;
  for (let i = 0; i < rows; i++) if (channel[i]! > highest) highest = channel[i]!;
  return highest;
}

/** Samples of a baseline by channel, and baselines of pulses that begin before row `from`. */
function startState(
  rows: RawRows,
  from: number,
  settings: RecordSettings,
  state: number,
  channels: number,
): void {
  const mean = view(Float32Array, state, channels), rms = view(Float32Array, state + 4 * channels, channels);
  const next = view(Int32Array, state + 8 * channels, channels).fill(0);
  const counts = view(Int32Array, state + 12 * channels, channels);
  for (let ch = 0; ch < channels; ch++) counts[ch] = settings.baselineSamples(ch);
  for (let i = 0; i < from; i++) {
    const ch = rows.channel[i]!;
    if (rows.record_i[i] === 0) [mean[ch], rms[ch]] = pulseBaseline(rows, i, settings);
    else if (next[ch] !== rows.record_i[i]) mean[ch] = rms[ch] = NaN;
    next[ch] = rows.record_i[i]! + 1;
  }
}
