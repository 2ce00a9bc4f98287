// `findStraxHits` with vectors.

import type { TypedArray } from "@millrace/core/schema";
import { findHits, highestI32, highestU16, sortHits, writeHits } from "../../kernels/wasm/strax.wasm";
import { Places, view } from "./_memory.ts";
import type { HitInput, HitThresholds, RoomForHits } from "./find_strax_hits.ts";

/** Columns in the order in which `writeHits` takes their addresses. */
const COLUMNS = [
  "time",
  "endtime",
  "max_time",
  "channel",
  "dt",
  "length",
  "left",
  "right",
  "record_i",
  "area",
  "height",
  "threshold",
  "baseline",
] as const;

/** Bytes of a hit while it is looked for. */
const HIT = 24;
/** Records whose hits are found at once, for which there must be room. */
const BLOCK = 32;

/**
 * The same as `findStraxHits` of `find_strax_hits.ts`, with samples of fewer than 32768 a record. Hits that cannot be put in order
 * here (more than 2^47 sampling intervals apart, say) come record by record, and the engine sorts them.
 */
export function findStraxHits<T>(
  from: HitInput,
  rows: number,
  width: number,
  { amplitude, noise }: HitThresholds,
  room: RoomForHits<T>,
): T {
  const { time, channel, dt, length, record_i, baseline, baseline_rms, data } = from;
  using places = new Places();
  const [samples, lengths, times] = [places.put(data), places.put(length), places.put(time)];
  const [channels, intervals, numbers] = [places.put(channel), places.put(dt), places.put(record_i)];
  const baselines = places.put(baseline), deviations = places.put(baseline_rms);
  const highest = highestU16(channels, rows), longest = highestI32(intervals, rows);
  const amplitudes = places.putPart(amplitude, 0, highest + 1);
  const noises = places.putPart(noise, 0, highest + 1);
  const reached = places.take(4 * rows), found = places.take(2 * rows * width);
  let count = -1, hits = 0;
  // Room for four hits a row, more where that is not enough.
  for (let most = BLOCK * ((width + 1) >> 1) + 4 * rows; count < 0; most *= 4) {
    hits = places.take(HIT * most);
    count = findHits(
      ...[rows, width, samples, lengths, channels, baselines, deviations, amplitudes, noises] as const,
      ...[reached, hits, most, found] as const,
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
  const made = room(count, samplesOf(hits, count)), out = made.columns;
  const columns = COLUMNS.map((name) => places.make(out[name] as TypedArray)) as Thirteen;
  const offsets = places.make(out.wave.offsets), wave = places.make(out.wave.values);
  writeHits(
    ...[count, sorted, hits, found, times, intervals, channels, numbers, baselines, reached] as const,
    ...columns,
    ...[offsets, wave, wave + out.wave.values.byteLength] as const,
  );
  places.give();
  return made;
}

/** Samples of all hits: those of the last one come last. */
function samplesOf(hits: number, count: number): number {
  if (count === 0) return 0;
  const last = new DataView(view(Uint8Array, hits, 0).buffer, hits + HIT * (count - 1), HIT);
  return last.getUint32(20, true) + last.getUint16(6, true) - last.getUint16(4, true);
}

type N = number;
type Thirteen = [N, N, N, N, N, N, N, N, N, N, N, N, N];
