// `recordRows` with vectors.

import { recordRows as compute } from "../../kernels/wasm/strax.wasm";
import { copyIn, copyOut, keep, Places, view } from "./_memory.ts";
import { pulseBaseline, type RawRows, type RecordResults, type RecordSettings } from "./record_rows.ts";

/** Rows that are computed at once: with their results they stay in the cache. */
const BLOCK = 1024;
const CHANNELS = 65536;

/** The same as `recordRows` of `record_rows.ts`. */
export function recordRows(
  rows: RawRows,
  from: number,
  to: number,
  settings: RecordSettings,
  out: RecordResults,
): number {
  const { width, baselineSamples, flip } = settings;
  const places = new Places();
  const made = places.take(2 * width * (to - from));
  const state = places.take(12 * CHANNELS), masks = places.take(4 * (width + 8));
  const block = Math.min(BLOCK, to - from);
  const samples = places.take(2 * width * block + 8);
  const lengths = places.take(4 * block), channels = places.take(2 * block), numbers = places.take(4 * block);
  const areas = places.take(4 * block), means = places.take(4 * block), deviations = places.take(4 * block);
  view(Int16Array, masks, width).fill(-1);
  view(Int16Array, masks + 2 * width, width + 8).fill(0);
  startState(rows, from, settings, state);
  let lost = -1;
  for (let first = from; first < to; first += block) {
    const n = Math.min(block, to - first), at = first - from;
    const shift = (rows.data.byteOffset + 2 * first * width) & 7;
    copyIn(rows.data, first * width - shift / 2, (first + n) * width, samples);
    copyIn(rows.length, first, first + n, lengths);
    copyIn(rows.channel, first, first + n, channels);
    copyIn(rows.record_i, first, first + n, numbers);
    const target = made + 2 * at * width;
    const missing = compute(
      ...[
        n,
        width,
        samples + shift,
        lengths,
        channels,
        numbers,
        state,
        masks,
        baselineSamples,
        Number(flip),
      ] as const,
      ...[target, areas, means, deviations] as const,
    );
    if (missing >= 0 && lost < 0) lost = first + missing;
    copyOut(target, n * width, out.data, at * width);
    copyOut(areas, n, out.area, at);
    copyOut(means, n, out.baseline, at);
    copyOut(deviations, n, out.baseline_rms, at);
  }
  keep(out.data);
  return lost;
}

/** Baselines of pulses that begin before row `from`. */
function startState(rows: RawRows, from: number, settings: RecordSettings, state: number): void {
  const mean = view(Float32Array, state, CHANNELS), rms = view(Float32Array, state + 4 * CHANNELS, CHANNELS);
  const next = view(Int32Array, state + 8 * CHANNELS, CHANNELS).fill(0);
  for (let i = 0; i < from; i++) {
    const ch = rows.channel[i]!;
    if (rows.record_i[i] === 0) [mean[ch], rms[ch]] = pulseBaseline(rows, i, settings);
    else if (next[ch] !== rows.record_i[i]) mean[ch] = rms[ch] = NaN;
    next[ch] = rows.record_i[i]! + 1;
  }
}
