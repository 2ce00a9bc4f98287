// `findStraxHits` with vectors.

import { findRuns, sortHits, writeHits } from "../../kernels/wasm/strax.wasm";
import type { Columns, TypedArray } from "@millrace/core/schema";
import type { StraxHitTypes } from "../schemas.ts";
import { copyOut, Places, view } from "./_memory.ts";
import type { HitInput, HitList, HitThresholds } from "./find_strax_hits.ts";

/** Columns in the order in which `writeHits` takes their addresses, with bytes a value. */
const COLUMNS = [
  ["time", 8],
  ["endtime", 8],
  ["max_time", 8],
  ["channel", 2],
  ["dt", 4],
  ["length", 4],
  ["left", 2],
  ["right", 2],
  ["record_i", 4],
  ["area", 4],
  ["height", 4],
  ["threshold", 4],
  ["baseline", 4],
] as const;

/**
 * The same as `findStraxHits` of `find_strax_hits.ts`, with samples of fewer than 32768 a record. Hits that cannot be put in order
 * here (more than 2^47 sampling intervals apart, say) come record by record, and the engine sorts them.
 */
export function findStraxHits(
  from: HitInput,
  rows: number,
  width: number,
  thresholds: HitThresholds,
): HitList {
  const places = new Places();
  const samples = places.putSamples(from.data, rows * width);
  const lengths = places.put(from.length, 0, rows), times = places.put(from.time, 0, rows);
  const channels = places.put(from.channel, 0, rows), intervals = places.put(from.dt, 0, rows);
  const numbers = places.put(from.record_i, 0, rows), baselines = places.put(from.baseline, 0, rows);
  const levels = places.take(4 * rows), reached = places.take(4 * rows);
  const [highest, longest] = levelsOf(
    from,
    rows,
    thresholds,
    view(Int32Array, levels, rows),
    view(Float32Array, reached, rows),
  );
  const hits = places.take(8 * rows * ((width + 1) >> 1));
  const count = findRuns(rows, width, samples, lengths, levels, hits);
  const keys = places.take(8 * count), other = places.take(8 * count), counts = places.take(6 * 8192);
  const channelBits = 32 - Math.clz32(highest);
  // No hit starts later than the last record and its samples.
  const span = rows === 0 ? 0 : from.time[rows - 1]! - from.time[0]! + width * longest;
  let sorted = sortHits(
    ...[
      count,
      hits,
      times,
      intervals,
      channels,
      from.dt[0] || 1,
      span,
      channelBits,
      keys,
      other,
      counts,
    ] as const,
  );
  if (sorted === 0) {
    view(BigUint64Array, keys, count).forEach((_, k, all) => all[k] = BigInt(k));
    sorted = keys;
  }
  const columns = COLUMNS.map(([, bytes]) => places.take(bytes * count));
  const offsets = places.take(4 * (count + 1)), wave = places.take(2 * totalOf(hits, count));
  const total = writeHits(
    ...[
      count,
      sorted,
      hits,
      width,
      samples,
      times,
      intervals,
      channels,
      numbers,
      baselines,
      reached,
    ] as const,
    ...columns as Thirteen,
    offsets,
    wave,
  );
  return {
    count,
    samples: total,
    write(out: Columns<StraxHitTypes>) {
      COLUMNS.forEach(([name], c) => copyOut(columns[c]!, count, out[name] as TypedArray));
      copyOut(offsets, count + 1, out.wave.offsets);
      copyOut(wave, total, out.wave.values);
    },
  };
}

type N = number;
type Thirteen = [N, N, N, N, N, N, N, N, N, N, N, N, N];

/** Samples of all runs. */
function totalOf(hits: number, count: number): number {
  const edges = view(Uint16Array, hits, 4 * count);
  let total = 0;
  for (let k = 0; k < count; k++) total += edges[4 * k + 3]! - edges[4 * k + 2]!;
  return total;
}

/** Thresholds of the records, whole and as they are; gives the highest channel and the longest interval. */
function levelsOf(
  { channel, dt, baseline_rms }: HitInput,
  rows: number,
  { amplitude, noise }: HitThresholds,
  levels: Int32Array,
  reached: Float32Array,
): [channel: number, dt: number] {
  let highest = 0, longest = 0;
  for (let row = 0; row < rows; row++) {
    const ch = channel[row]!;
    const threshold = Math.max(amplitude[ch]!, noise[ch]! * baseline_rms[row]!);
    reached[row] = threshold;
    // Above the highest sample there is no hit: its level would be that sample, which none is above.
    levels[row] = Math.min(32768, Math.ceil(threshold));
    if (ch > highest) highest = ch;
    if (dt[row]! > longest) longest = dt[row]!;
  }
  return [highest, longest];
}
