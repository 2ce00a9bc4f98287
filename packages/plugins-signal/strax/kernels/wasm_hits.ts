// `findStraxHits` with vectors.

import { findHits, highestI32, highestU16, sortHits, writeHits } from "../../kernels/wasm/strax.wasm";
import type { Columns, TypedArray } from "@millrace/core/schema";
import type { StraxHitTypes } from "../schemas.ts";
import { give, Places, view } from "./_memory.ts";
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

/** Bytes of a hit while it is looked for. */
const HIT = 24;
/** Room for that many hits at least: what 32 records of 32767 samples can hold. */
const LEAST = 2 ** 19;

/**
 * The same as `findStraxHits` of `find_strax_hits.ts`, with samples of fewer than 32768 a record. Hits that cannot be put in order
 * here (more than 2^47 sampling intervals apart, say) come record by record, and the engine sorts them.
 */
export function findStraxHits(
  from: HitInput,
  rows: number,
  width: number,
  { amplitude, noise }: HitThresholds,
): HitList {
  const { time, channel, dt, length, record_i, baseline, baseline_rms, data } = from;
  const places = new Places([time, channel, dt, length, record_i, baseline, baseline_rms, data]);
  const [samples, lengths, times] = [places.put(data), places.put(length), places.put(time)];
  const [channels, intervals, numbers] = [places.put(channel), places.put(dt), places.put(record_i)];
  const baselines = places.put(baseline), deviations = places.put(baseline_rms);
  const highest = highestU16(channels, rows), longest = highestI32(intervals, rows);
  const amplitudes = places.putPart(amplitude, 0, highest + 1);
  const noises = places.putPart(noise, 0, highest + 1);
  const reached = places.take(4 * rows), found = places.take(2 * rows * width);
  let count = -1, hits = 0;
  // Room for four hits a row, more where that is not enough.
  for (let room = LEAST + 4 * rows; count < 0; room *= 4) {
    hits = places.take(HIT * room);
    count = findHits(
      ...[rows, width, samples, lengths, channels, baselines, deviations, amplitudes, noises] as const,
      ...[reached, hits, room, found] as const,
    );
  }
  const keys = places.take(8 * count), other = places.take(8 * count), counts = places.take(6 * 8192);
  const channelBits = 32 - Math.clz32(highest);
  // No hit starts later than the last record and its samples.
  const span = rows === 0 ? 0 : time[rows - 1]! - time[0]! + width * longest;
  let sorted = sortHits(
    ...[count, hits, times, intervals, channels, dt[0] || 1, span, channelBits, keys, other, counts] as const,
  );
  if (sorted === 0) {
    view(BigUint64Array, keys, count).forEach((_, k, all) => all[k] = BigInt(k));
    sorted = keys;
  }
  const columns = COLUMNS.map(([, bytes]) => places.take(bytes * count));
  const offsets = places.take(4 * (count + 1)), wave = places.take(2 * rows * width + 16);
  const total = writeHits(
    ...[count, sorted, hits, found, times, intervals, channels, numbers, baselines, reached] as const,
    ...columns as Thirteen,
    offsets,
    wave,
  );
  return {
    count,
    samples: total,
    write(out: Columns<StraxHitTypes>) {
      COLUMNS.forEach(([name], c) => give(columns[c]!, out[name] as TypedArray));
      give(offsets, out.wave.offsets);
      give(wave, out.wave.values);
    },
  };
}

type N = number;
type Thirteen = [N, N, N, N, N, N, N, N, N, N, N, N, N];
