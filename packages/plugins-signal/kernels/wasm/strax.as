// Loops over fragments of pulses and their hits with 128-bit vectors, in AssemblyScript. `build.ts` makes `strax.wasm` of it.
//
// The memory is that of the thread (`memory.ts`), in which tables lie too. A block of records is [rows, width] samples of 16 bits and
// arrays of their other columns. A vector behind samples may be read. Columns of tables are written exactly; behind other room that is
// written to there must be a vector more. What each function computes is written down in plain TypeScript in `strax/kernels`.

/** Address behind what the module itself uses: 64 KiB at most. */
export function heapBase(): usize {
  return __heap_base;
}

/** The highest of some u16 values; 0 of none. */
export function highestU16(at: usize, count: i32): i32 {
  let highest = i16x8.splat(0), most = 0, i = 0;
  for (; i + 8 <= count; i += 8) highest = i16x8.max_u(highest, v128.load(at + (<usize>i << 1)));
  for (; i < count; i++) most = max<i32>(most, <i32>load<u16>(at + (<usize>i << 1)));
  highest = i16x8.max_u(highest, v128.shuffle<i64>(highest, highest, 1, 0));
  highest = i16x8.max_u(highest, v128.shuffle<i32>(highest, highest, 1, 0, 3, 2));
  highest = i16x8.max_u(highest, v128.shuffle<i16>(highest, highest, 1, 0, 3, 2, 5, 4, 7, 6));
  return max<i32>(most, <i32>i16x8.extract_lane_u(highest, 0));
}

/** The highest of some i32 values, at least 0. */
export function highestI32(at: usize, count: i32): i32 {
  let highest = i32x4.splat(0), most = 0, i = 0;
  for (; i + 4 <= count; i += 4) highest = i32x4.max_s(highest, v128.load(at + (<usize>i << 2)));
  for (; i < count; i++) most = max<i32>(most, load<i32>(at + (<usize>i << 2)));
  highest = i32x4.max_s(highest, v128.shuffle<i64>(highest, highest, 1, 0));
  most = max<i32>(most, i32x4.extract_lane(highest, 0));
  return max<i32>(most, i32x4.extract_lane(highest, 1));
}

/**
 * Baseline, flip, zeros behind the length, integral. `state` holds by channel: mean (f32), standard deviation (f32), the
 * number of the next fragment (i32) and how many samples a baseline is the mean of (i32), `known` of each. `masks` are so many ones as a row has samples, up to a whole vector, and as
 * many zeros. A fragment without its predecessor, and all behind it, has no baseline (NaN) and no samples; gives the first row of these
 * that has another pulse or nothing before it, or -1. `spare` has room for a row and a vector.
 */
export function recordRows(
  rows: i32, width: i32, samples: usize, lengths: usize, channels: usize, numbers: usize, state: usize, known: usize,
  masks: usize, flip: bool, out: usize, areas: usize, baselines: usize, deviations: usize, spare: usize,
): i32 {
  const vectors: usize = <usize>(width + 7) >> 3, stride: usize = <usize>width << 1;
  const means = state, rmss = state + (known << 2), nexts = state + (known << 3), counts = nexts + (known << 2);
  let lost = -1;
  for (let row = 0; row < rows; row++) {
    const four = <usize>row << 2;
    const channel = <usize>load<u16>(channels + (<usize>row << 1)) << 2;
    const number = load<i32>(numbers + four);
    const x = samples + <usize>row * stride, y = out + <usize>row * stride;
    const n = min<i32>(load<i32>(lengths + four), width);
    if (number == 0) {
      baselineOf(x, min<i32>(n, load<i32>(counts + channel)), means + channel, rmss + channel);
      store<i32>(nexts + channel, 1);
    } else {
      if (load<i32>(nexts + channel) != number) {
        store<f32>(means + channel, NaN);
        store<f32>(rmss + channel, NaN);
        if (lost < 0) lost = row;
      }
      store<i32>(nexts + channel, number + 1);
    }
    const mean = load<f32>(means + channel);
    if (mean != mean) {
      memory.fill(y, 0, stride);
      store<i32>(areas + four, 0);
      store<f32>(baselines + four, NaN);
      store<f32>(deviations + four, NaN);
      continue;
    }
    const fraction = mean - floor<f32>(mean);
    const whole = i16x8.splat(<i16><i32>mean);
    const mask = masks + (<usize>(width - n) << 1);
    // What a vector writes behind the row, the next row overwrites.
    const last = row == rows - 1 && (width & 7) != 0, to = last ? spare : y;
    const sum = flip ? subtract(x, to, mask, whole, vectors, true) : subtract(x, to, mask, whole, vectors, false);
    if (last) memory.copy(y, spare, stride);
    store<i32>(areas + four, addLanes(sum) + <i32>nearest<f64>(<f64>fraction * <f64>n));
    store<f32>(baselines + four, mean);
    store<f32>(deviations + four, load<f32>(rmss + channel));
  }
  return lost;
}

/** Samples below (`flip`) or above a level, 0 where the mask is, and their sums. */
@inline
function subtract(x: usize, y: usize, mask: usize, level: v128, vectors: usize, flip: bool): v128 {
  const ones = i16x8.splat(1);
  let sum = i32x4.splat(0), other = i32x4.splat(0), k: usize = 0;
  const end = (vectors & ~3) << 4;
  for (; k < end; k += 64) {
    const a = v128.load(x + k), b = v128.load(x + k, 16), c = v128.load(x + k, 32), d = v128.load(x + k, 48);
    const p = v128.and(flip ? i16x8.sub(level, a) : i16x8.sub(a, level), v128.load(mask + k));
    const q = v128.and(flip ? i16x8.sub(level, b) : i16x8.sub(b, level), v128.load(mask + k, 16));
    const r = v128.and(flip ? i16x8.sub(level, c) : i16x8.sub(c, level), v128.load(mask + k, 32));
    const s = v128.and(flip ? i16x8.sub(level, d) : i16x8.sub(d, level), v128.load(mask + k, 48));
    v128.store(y + k, p);
    v128.store(y + k, q, 16);
    v128.store(y + k, r, 32);
    v128.store(y + k, s, 48);
    sum = i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(p, ones), i32x4.dot_i16x8_s(q, ones)));
    other = i32x4.add(other, i32x4.add(i32x4.dot_i16x8_s(r, ones), i32x4.dot_i16x8_s(s, ones)));
  }
  for (; k < vectors << 4; k += 16) {
    const a = v128.load(x + k);
    const p = v128.and(flip ? i16x8.sub(level, a) : i16x8.sub(a, level), v128.load(mask + k));
    v128.store(y + k, p);
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(p, ones));
  }
  return i32x4.add(sum, other);
}

@inline
function addLanes(v: v128): i32 {
  const w = i32x4.add(v, v128.shuffle<i64>(v, v, 1, 0));
  return i32x4.extract_lane(w, 0) + i32x4.extract_lane(w, 1);
}

function baselineOf(x: usize, n: i32, mean: usize, deviation: usize): void {
  let total: i64 = 0, squares: i64 = 0, i = 0;
  const ones = i16x8.splat(1);
  let sums = i64x2.splat(0), parts = i32x4.splat(0);
  for (; i + 8 <= n; i += 8) {
    const v = v128.load(x + (<usize>i << 1));
    const square = i32x4.dot_i16x8_s(v, v); // never negative, up to 2^31
    parts = i32x4.add(parts, i32x4.dot_i16x8_s(v, ones)); // 32768 samples at most
    sums = i64x2.add(sums, i64x2.add(i64x2.extend_low_i32x4_u(square), i64x2.extend_high_i32x4_u(square)));
  }
  total = <i64>addLanes(parts);
  squares = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
  for (; i < n; i++) {
    const v = <i64>load<i16>(x + (<usize>i << 1));
    total += v;
    squares += v * v;
  }
  store<f32>(mean, n == 0 ? 0 : <f32>(<f64>total / <f64>n));
  store<f32>(deviation, n == 0 ? 0 : <f32>(sqrt<f64>(<f64>(<i64>n * squares - total * total)) / <f64>n));
}

/** Bytes that `findHits` writes for each hit. */
const HIT: usize = 24;
/** Rows whose samples are still in the cache when their hits are measured. */
const BLOCK = 32;

/**
 * Hits: runs of samples at or above each row's threshold, `HIT` bytes each at `hits`: row (u32), first sample and the one behind the last
 * (u16 both), integral and height (f32), offset of the highest sample (i32), number of its first sample at `wave` (u32), where their samples
 * (i16) lie one behind the other. Gives their number, or -1 where there is no room for `room` of them, as long as rows can be.
 *
 * A threshold is the higher of the channel's amplitude and the noise of the row in the channel's units (f64 both); it is written to
 * `thresholds` (f32). One that is NaN is not reached.
 */
export function findHits(
  rows: i32, width: i32, samples: usize, lengths: usize, channels: usize, baselines: usize, deviations: usize, amplitudes: usize,
  noises: usize, thresholds: usize, hits: usize, room: i32, wave: usize,
): i32 {
  let count = 0, to = wave;
  for (let row = 0; row < rows; row += BLOCK) {
    const end = min<i32>(row + BLOCK, rows);
    if (count + (end - row) * ((width + 1) >> 1) > room) return -1;
    const more = findRuns(row, end, width, samples, lengths, channels, deviations, amplitudes, noises, thresholds, hits, count);
    to = measure(count, more, width, samples, baselines, hits, to, wave);
    count = more;
  }
  return count;
}

/** Runs of the rows `row` to `end` (excluded), behind the first `found`; gives how many there are then. */
@inline
function findRuns(
  row: i32, end: i32, width: i32, samples: usize, lengths: usize, channels: usize, deviations: usize, amplitudes: usize,
  noises: usize, thresholds: usize, hits: usize, found: i32,
): i32 {
  const stride: usize = <usize>width << 1;
  let count: u32 = <u32>found << 1;
  for (; row < end; row++) {
    const four = <usize>row << 2;
    const x = samples + <usize>row * stride;
    const n = min<i32>(load<i32>(lengths + four), width);
    const channel = <usize>load<u16>(channels + (<usize>row << 1)) << 3;
    const threshold = max<f64>(load<f64>(amplitudes + channel), load<f64>(noises + channel) * <f64>load<f32>(deviations + four));
    store<f32>(thresholds + four, <f32>threshold);
    if (threshold != threshold) continue;
    // Above the highest sample there is no hit: its level would be that sample, which none is above.
    const level = i16x8.splat(<i16>(<i32>min<f64>(32768, ceil<f64>(threshold)) - 1));
    if (width > 96 && width <= 112) {
      let m = bits(x, level) | (bits(x + 32, level) << 16) | (bits(x + 64, level) << 32) | (bits(x + 96, level) << 48);
      let w = bits(x + 128, level) | (bits(x + 160, level) << 16) | (bits(x + 192, level) << 32);
      if (n < 64) m &= ~(<u64>-1 << <u64>n);
      w &= n > 64 ? ~(<u64>-1 << <u64>(n - 64)) : 0;
      count = edges(m ^ (m << 1), 0, <u32>row, hits, count);
      count = edges(w ^ ((w << 1) | (m >> 63)), 64, <u32>row, hits, count);
      continue;
    }
    let last: u64 = 0;
    for (let from = 0; from < n; from += 64) {
      let m: u64 = 0;
      for (let k = 0; k < 64 && from + k < n; k += 16) m |= bits(x + (<usize>(from + k) << 1), level) << <u64>k;
      if (n - from < 64) m &= ~(<u64>-1 << <u64>(n - from));
      count = edges(m ^ ((m << 1) | last), from, <u32>row, hits, count);
      last = m >> 63;
    }
    if (last != 0) count = edges(1, n, <u32>row, hits, count);
  }
  return <i32>(count >> 1);
}

/** A bit for each of 16 samples: whether it is above a level. */
@inline
function bits(at: usize, level: v128): u64 {
  return <u64><u32>i8x16.bitmask(i8x16.narrow_i16x8_s(
    i16x8.gt_s(v128.load(at), level),
    i16x8.gt_s(v128.load(at, 16), level),
  ));
}

/** Write the edges, which are starts and ends in turn. */
@inline
function edges(e: u64, from: i32, row: u32, hits: usize, count: u32): u32 {
  while (e != 0) {
    const at = hits + <usize>(count >> 1) * HIT;
    store<u32>(at, row);
    store<u16>(at + 4 + (<usize>(count & 1) << 1), <u16>(from + <i32>ctz<u64>(e)));
    e &= e - 1;
    count++;
  }
  return count;
}

/**
 * Put hits in order of time and channel. Their keys, time in units above the channel above the hit's number, are made at `keys` and
 * sorted with the help of `other`, which has as much room; `counts` has room for 6 x 2048 u32. Gives the address of the sorted keys, 0
 * where keys would not fit 64 bits.
 */
export function sortHits(
  count: i32, hits: usize, times: usize, intervals: usize, channels: usize, unit: f64, span: f64, channelBits: i32,
  keys: usize, other: usize, counts: usize,
): usize {
  if (count == 0) return keys;
  const origin = load<f64>(times);
  const numberBits = 32 - <i32>clz<u32>(<u32>count);
  for (let step = unit;; step = 1) {
    const bits = <i32>(64 - clz<u64>(<u64>(span / step) + 1)) + channelBits;
    if (bits + numberBits > 64 || bits > 66) return 0;
    const passes = (bits + 10) / 11, digit = <u64>((bits + passes - 1) / passes);
    memory.fill(counts, 0, <usize>passes << 13);
    if (!makeKeys(count, hits, times, intervals, channels, origin, step, channelBits, numberBits, keys, counts, passes, digit)) {
      if (step == 1) return 0;
      continue;
    }
    let from = keys, to = other;
    for (let pass = 0; pass < passes; pass++) {
      const shift = <u64>numberBits + <u64>pass * digit, mask: u64 = (<u64>1 << digit) - 1;
      const places = counts + (<usize>pass << 13);
      let sum: u32 = 0;
      for (let at = places; at < places + (<usize>4 << <usize>digit); at += 4) {
        const here = load<u32>(at);
        store<u32>(at, sum);
        sum += here;
      }
      for (let at = from; at < from + (<usize>count << 3); at += 8) {
        const key = load<u64>(at);
        const place = places + (<usize>((key >> shift) & mask) << 2), index = load<u32>(place);
        store<u32>(place, index + 1);
        store<u64>(to + (<usize>index << 3), key);
      }
      const swap = from;
      from = to;
      to = swap;
    }
    return from;
  }
}

/** Keys of the hits, and how often each digit of them occurs; false where a time is no multiple of the step. */
function makeKeys(
  count: i32, hits: usize, times: usize, intervals: usize, channels: usize, origin: f64, step: f64, channelBits: i32,
  numberBits: i32, keys: usize, counts: usize, passes: i32, digit: u64,
): bool {
  const inverse = 1 / step, mask: u64 = (<u64>1 << digit) - 1;
  for (let k = 0; k < count; k++) {
    const at = hits + <usize>k * HIT;
    const row = <usize>load<u32>(at);
    const time = load<f64>(times + (row << 3)) - origin + <f64>load<u16>(at, 4) * <f64>load<i32>(intervals + (row << 2));
    const steps = nearest<f64>(time * inverse);
    if (steps * step != time) return false;
    let rest = (<u64><i64>steps << <u64>channelBits) | <u64>load<u16>(channels + (row << 1));
    store<u64>(keys + (<usize>k << 3), (rest << <u64>numberBits) | <u64>k);
    for (let pass = 0; pass < passes; pass++) {
      const place = counts + (<usize>pass << 13) + (<usize>(rest & mask) << 2);
      store<u32>(place, load<u32>(place) + 1);
      rest >>= digit;
    }
  }
  return true;
}

/** What the hits `from` to `end` (excluded) hold; gives the address behind their samples, which are written from `to` on. */
@inline
function measure(from: i32, end: i32, width: i32, samples: usize, baselines: usize, hits: usize, to: usize, wave: usize): usize {
  const ones = i16x8.splat(1), lowest = i16x8.splat(-32768);
  const iota = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  for (let k = from; k < end; k++) {
    const entry = hits + <usize>k * HIT;
    const row = <usize>load<u32>(entry), first = <i32>load<u16>(entry, 4), n = <i32>load<u16>(entry, 6) - first;
    const x = samples + ((row * <usize>width + <usize>first) << 1);
    // Most hits have at most 16 samples: two vectors, without a branch on their number.
    const inside0 = i16x8.gt_s(i16x8.splat(<i16>n), iota), inside1 = i16x8.gt_s(i16x8.splat(<i16>(n - 8)), iota);
    const v0 = v128.and(v128.load(x), inside0), v1 = v128.and(v128.load(x, 16), inside1);
    v128.store(to, v0);
    v128.store(to, v1, 16);
    let parts = i32x4.add(i32x4.dot_i16x8_s(v0, ones), i32x4.dot_i16x8_s(v1, ones));
    let highest = i16x8.max_s(v128.bitselect(v0, lowest, inside0), v128.bitselect(v1, lowest, inside1));
    for (let i = 16; i < n; i += 8) {
      const at = <usize>i << 1;
      const inside = i16x8.gt_s(i16x8.splat(<i16>(n - i)), iota);
      const v = v128.and(v128.load(x + at), inside);
      v128.store(to + at, v);
      parts = i32x4.add(parts, i32x4.dot_i16x8_s(v, ones));
      highest = i16x8.max_s(highest, v128.bitselect(v, lowest, inside));
    }
    const wanted = highestLanes(highest);
    // The first sample that is the highest: within the hit, since none in it is higher.
    let equal = <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(
      v128.and(i16x8.eq(v0, wanted), inside0), v128.and(i16x8.eq(v1, wanted), inside1),
    ));
    let place = <i32>ctz<u32>(equal);
    for (let i = 16; equal == 0; i += 8) {
      equal = <u32>i16x8.bitmask(i16x8.eq(v128.load(x + (<usize>i << 1)), wanted));
      place = i + <i32>ctz<u32>(equal);
    }
    const base = load<f32>(baselines + (row << 2)), fraction = <f64>(base - floor<f32>(base));
    store<f32>(entry, <f32>(<f64>addLanes(parts) + <f64>n * fraction), 8);
    store<f32>(entry, <f32>(<f64>i16x8.extract_lane_s(wanted, 0) + fraction), 12);
    store<i32>(entry, place, 16);
    store<u32>(entry, <u32>(to - wave) >> 1, 20);
    to += <usize>n << 1;
  }
  return to;
}

/** The highest lane in all lanes. */
@inline
function highestLanes(v: v128): v128 {
  v = i16x8.max_s(v, v128.shuffle<i64>(v, v, 1, 0));
  v = i16x8.max_s(v, v128.shuffle<i32>(v, v, 1, 0, 3, 2));
  return i16x8.max_s(v, v128.shuffle<i16>(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
}

/**
 * Write the hits in the order of `keys` into columns, as `wasm_hits.ts` lists them; their samples go to `wave`, up to `end`.
 */
export function writeHits(
  count: i32, keys: usize, hits: usize, samples: usize, times: usize, intervals: usize, channels: usize,
  numbers: usize, baselines: usize, thresholds: usize,
  time: usize, endtime: usize, maxTime: usize, channel: usize, dt: usize, length: usize, left: usize, right: usize,
  recordI: usize, area: usize, height: usize, threshold: usize, baseline: usize, offsets: usize, wave: usize, end: usize,
): void {
  const numberMask: u64 = (<u64>1 << <u64>(32 - clz<u32>(<u32>count))) - 1;
  let to = wave;
  store<u32>(offsets, 0);
  for (let k = 0; k < count; k++) {
    const entry = hits + <usize>(load<u64>(keys + (<usize>k << 3)) & numberMask) * HIT;
    const row = <usize>load<u32>(entry), first = <i32>load<u16>(entry, 4), behind = <i32>load<u16>(entry, 6);
    const n = behind - first, x = samples + (<usize>load<u32>(entry, 20) << 1);
    const bytes = <usize>n << 1;
    if (to + bytes + 32 <= end) {
      v128.store(to, v128.load(x));
      v128.store(to, v128.load(x, 16), 16);
      for (let at: usize = 32; at < bytes; at += 16) v128.store(to + at, v128.load(x + at));
    } else memory.copy(to, x, bytes);
    to += bytes;
    const eight = <usize>k << 3, four = <usize>k << 2, two = <usize>k << 1;
    const interval = load<i32>(intervals + (row << 2)), step = <f64>interval;
    const start = load<f64>(times + (row << 3)) + <f64>first * step;
    store<f64>(time + eight, start);
    store<f64>(endtime + eight, start + <f64>n * step);
    store<f64>(maxTime + eight, start + <f64>load<i32>(entry, 16) * step);
    store<u16>(channel + two, load<u16>(channels + (row << 1)));
    store<i32>(dt + four, interval);
    store<i32>(length + four, n);
    store<i16>(left + two, <i16>first);
    store<i16>(right + two, <i16>behind);
    store<i32>(recordI + four, load<i32>(numbers + (row << 2)));
    store<f32>(area + four, load<f32>(entry, 8));
    store<f32>(height + four, load<f32>(entry, 12));
    store<f32>(threshold + four, load<f32>(thresholds + (row << 2)));
    store<f32>(baseline + four, load<f32>(baselines + (row << 2)));
    store<u32>(offsets + four, <u32>(to - wave) >> 1, 4);
  }
}

/**
 * Clusters of hits that are large enough, 16 bytes each at `out`: first hit and the one behind the last (u32 both), highest end (f64).
 * `seen` has room for an i32 a channel. Gives their number, or -1 - h where hit h has a channel that there is not or another
 * sampling interval than the first of its cluster.
 */
export function findClusters(
  count: i32, times: usize, endtimes: usize, channels: usize, intervals: usize, areas: usize, gains: usize, channelCount: i32,
  seen: usize, gap: f64, maxSpan: f64, minArea: f64, minChannels: i32, out: usize,
): i32 {
  memory.fill(seen, 255, <usize>channelCount << 2);
  let to = out, from = 0, cover: f64 = -Infinity, limit: f64 = -Infinity, previous: f64 = -Infinity;
  let total: f64 = 0, found = 0, interval = 0;
  for (let h = 0; h < count; h++) {
    const time = load<f64>(times + (<usize>h << 3)), end = load<f64>(endtimes + (<usize>h << 3));
    if (time > previous && (time - cover >= gap || time >= limit)) {
      if (h > 0 && total >= minArea && found >= minChannels) to = cluster(to, from, h, cover);
      from = h;
      cover = end;
      limit = time + maxSpan;
      total = 0;
      found = 0;
      interval = load<i32>(intervals + (<usize>h << 2));
    } else cover = max<f64>(cover, end);
    previous = time;
    const channel = <i32>load<u16>(channels + (<usize>h << 1));
    if (channel >= channelCount || load<i32>(intervals + (<usize>h << 2)) != interval) return -1 - h;
    const pe = <f64>load<f32>(areas + (<usize>h << 2)) * load<f64>(gains + (<usize>channel << 3));
    total += pe;
    const last = seen + (<usize>channel << 2);
    found += i32(pe != 0 && load<i32>(last) != from);
    if (pe != 0) store<i32>(last, from);
  }
  if (count > 0 && total >= minArea && found >= minChannels) to = cluster(to, from, count, cover);
  return <i32>((to - out) >> 4);
}

@inline
function cluster(at: usize, from: i32, to: i32, end: f64): usize {
  store<u32>(at, from);
  store<u32>(at, to, 4);
  store<f64>(at, end, 8);
  return at + 16;
}

/**
 * The waveform `sum` (f32) of `length` samples from `start` on, of the hits `from` to `to` (excluded); samples outside are left out.
 * By channel, the area (f32) is at `perChannel`, and at `saturated` 1 (u8) where a hit is as high as the baseline, else 0. At `result`: area and longest gap (f64), hits,
 * channels of the first and the last, and saturated channels (i32).
 */
export function sumHits(
  from: i32, to: i32, times: usize, endtimes: usize, channels: usize, heights: usize, baselines: usize, offsets: usize,
  wave: usize, gains: usize, start: f64, dt: f64, sum: usize, length: i32, channelCount: i32, perChannel: usize, saturated: usize,
  result: usize,
): void {
  const ones = i16x8.splat(1), iota = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const end = start + <f64>length * dt;
  let total: f64 = 0, gap: f64 = 0, cover: f64 = Infinity, hits = 0, first = 0, last = 0, full = 0;
  memory.fill(sum, 0, <usize>length << 2);
  memory.fill(perChannel, 0, <usize>channelCount << 2);
  memory.fill(saturated, 0, <usize>channelCount);
  for (let h = from; h < to; h++) {
    const time = load<f64>(times + (<usize>h << 3)), endtime = load<f64>(endtimes + (<usize>h << 3));
    if (endtime <= start || time >= end) continue;
    const four = <usize>h << 2;
    const offset = load<u32>(offsets + four), n = <i32>(load<u32>(offsets + four, 4) - offset);
    const channel = <i32>load<u16>(channels + (<usize>h << 1));
    const base = load<f32>(baselines + four), whole = floor<f32>(base), fraction = base - whole;
    const gain = load<f64>(gains + (<usize>channel << 3));
    if (load<f32>(heights + four) - fraction >= whole) {
      full += 1 - <i32>load<u8>(saturated + <usize>channel);
      store<u8>(saturated + <usize>channel, 1);
    }
    if (hits++ == 0) first = channel;
    gap = max<f64>(gap, time - cover);
    cover = hits == 1 ? endtime : max<f64>(cover, endtime);
    last = channel;
    const shift = <i32>floor<f64>((time - start) / dt);
    const a = max<i32>(0, -shift), b = min<i32>(n, length - shift);
    const x = wave + (<usize>offset << 1), y = sum + (<isize>shift << 2);
    let part: i32 = 0;
    if (a == 0 && b == n) {
      // Whole vectors: what is behind the last sample adds nothing. Behind the waveform there is room for one.
      const gains4 = f32x4.splat(<f32>gain), offset4 = f32x4.splat(fraction * <f32>gain);
      let parts = i32x4.splat(0);
      for (let i = 0; i < n; i += 8) {
        const inside = i16x8.gt_s(i16x8.splat(<i16>(n - i)), iota);
        const v = v128.and(v128.load(x + (<usize>i << 1)), inside);
        parts = i32x4.add(parts, i32x4.dot_i16x8_s(v, ones));
        const low = f32x4.add(
          f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), gains4),
          v128.and(offset4, i32x4.extend_low_i16x8_s(inside)),
        );
        const high = f32x4.add(
          f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), gains4),
          v128.and(offset4, i32x4.extend_high_i16x8_s(inside)),
        );
        const at = y + (<usize>i << 2);
        v128.store(at, f32x4.add(v128.load(at), low));
        v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
      }
      part = addLanes(parts);
    } else {
      for (let i = a; i < b; i++) {
        const sample = <i32>load<i16>(x + (<usize>i << 1)), at = y + (<usize>i << 2);
        store<f32>(at, load<f32>(at) + (<f32>sample * <f32>gain + fraction * <f32>gain));
        part += sample;
      }
    }
    const area = (<f64>part + <f64>max<i32>(0, b - a) * <f64>fraction) * gain;
    const place = perChannel + (<usize>channel << 2);
    store<f32>(place, load<f32>(place) + <f32>area);
    total += area;
  }
  store<f64>(result, total);
  store<f64>(result, gap, 8);
  store<i32>(result, hits, 16);
  store<i32>(result, first, 20);
  store<i32>(result, last, 24);
  store<i32>(result, full, 28);
}

/**
 * A summed waveform of `length` samples in groups of `factor`, as `n` samples (f32) at `data` with zeros up to `room`, and what follows: at
 * `result` where 0, 5, ... 100 % of `area` lie (f64 x 21, samples), the mean index (f64) and that of the highest sample (f64).
 */
export function shapePeak(sum: usize, factor: i32, n: i32, room: i32, area: f64, data: usize, result: usize): void {
  let seen: f64 = 0, total: f64 = 0, moment: f64 = 0, next = 0, highest = 0, most: f32 = 0;
  for (let k = 0; k < n; k++) {
    let x = load<f32>(sum);
    if (factor > 1) {
      let part = <f64>x;
      for (let i = 1; i < factor; i++) part += <f64>load<f32>(sum + (<usize>i << 2));
      x = <f32>part;
    }
    sum += <usize>factor << 2;
    store<f32>(data + (<usize>k << 2), x);
    const value = <f64>x, here = value / area;
    total += value;
    moment += <f64>k * value;
    if (k == 0 || x > most) {
      most = x;
      highest = k;
    }
    while (next < 21 && seen + here >= <f64>next / 20) {
      store<f64>(result + (<usize>next << 3), x == 0 ? <f64>k : <f64>k + area * (<f64>next / 20 - seen) / value);
      next++;
    }
    seen += here;
  }
  if (room > n) memory.fill(data + (<usize>n << 2), 0, <usize>(room - n) << 2);
  for (; next < 21; next++) store<f64>(result + (<usize>next << 3), <f64>n);
  const center = moment / total, last = <f64>(n - 1);
  store<f64>(result, center > last ? last : center < 0 ? 0 : center != center ? last / 2 : center, 168);
  store<f64>(result, <f64>highest, 176);
}

/** Channels of the hits `from` to `to` (excluded) whose highest samples lie from `least` to `most`; `seen` (i32 a channel) holds no `mark`. */
export function coincident(
  from: i32, to: i32, maxTimes: usize, channels: usize, least: f64, most: f64, seen: usize, mark: i32,
): i32 {
  let count = 0;
  for (let h = from; h < to; h++) {
    const time = load<f64>(maxTimes + (<usize>h << 3));
    const place = seen + (<usize>load<u16>(channels + (<usize>h << 1)) << 2);
    const isInside = i32(time >= least) & i32(time <= most), last = load<i32>(place);
    count += isInside & i32(last != mark);
    store<i32>(place, isInside ? mark : last);
  }
  return count;
}
