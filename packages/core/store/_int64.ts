// Times between exact offsets (Float64Array, from a t0) and absolute 64-bit integers, through 32-bit halves: a BigInt a
// row costs 30 ns, this 3 ns. Little-endian, as every platform that Deno runs on.

const HALF = 2 ** 32;
const REACH = 2n ** 53n;

/** @throws {RangeError} When `t0` lies within 2^53 of the ends of int64: a time could pass them. */
export function checkOrigin(t0: bigint): void {
  if (t0 >= REACH - 2n ** 63n && t0 <= 2n ** 63n - 1n - REACH) return;
  throw new RangeError(`Cannot store times relative to ${t0} ps: they may not fit 64 bits`);
}

/**
 * Write `t0 + offsets[i]` to `out`. O(rows).
 *
 * @throws {RangeError} When `t0` lies within 2^53 of the ends of int64: a time could pass them.
 */
export function offsetsToInt64(offsets: Float64Array, t0: bigint, out: BigInt64Array): void {
  checkOrigin(t0);
  const low0 = Number(BigInt.asUintN(32, t0));
  const high0 = Number(t0 >> 32n);
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length * 2);
  for (let i = 0; i < offsets.length; i++) {
    const x = offsets[i]!;
    const high = Math.floor(x / HALF);
    const low = x - high * HALF + low0;
    words[2 * i] = low; // stored modulo 2^32
    words[2 * i + 1] = high + high0 + (low >= HALF ? 1 : 0);
  }
}

/**
 * Write `source[i] - t0` for `i` in `from .. to` to the start of `out`. O(rows).
 *
 * @throws {RangeError} When a difference passes 2^53 ps (2.5 h).
 */
export function int64ToOffsets(
  source: BigInt64Array,
  from: number,
  to: number,
  t0: bigint,
  out: Float64Array,
): void {
  const low0 = Number(BigInt.asUintN(32, t0));
  const high0 = Number(t0 >> 32n);
  const lows = new Uint32Array(source.buffer, source.byteOffset, source.length * 2);
  const highs = new Int32Array(source.buffer, source.byteOffset, source.length * 2);
  let far = 0;
  for (let i = from; i < to; i++) {
    // Exact up to 2^53; beyond, the rounded difference is 2^53 at least and is refused below.
    const x = (highs[2 * i + 1]! - high0) * HALF + (lows[2 * i]! - low0);
    out[i - from] = x;
    const size = x < 0 ? -x : x;
    if (size > far) far = size;
  }
  if (far > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`A time is more than 2^53 ps (2.5 h) from ${t0} ps`);
  }
}

/** The highest of `source[from .. to]`, or `before` where that is higher. O(rows), no bigint a row. */
export function maxInt64(source: BigInt64Array, from: number, to: number, before: bigint): bigint {
  if (from >= to) return before;
  const lows = new Uint32Array(source.buffer, source.byteOffset, source.length * 2);
  const highs = new Int32Array(source.buffer, source.byteOffset, source.length * 2);
  let best = from;
  let high = highs[2 * from + 1]!, low = lows[2 * from]!;
  for (let i = from + 1; i < to; i++) {
    const h = highs[2 * i + 1]!;
    if (h < high) continue;
    const l = lows[2 * i]!;
    if (h === high && l <= low) continue;
    best = i;
    high = h;
    low = l;
  }
  const max = source[best]!;
  return max > before ? max : before;
}

/** First index with `source[i] >= time`, in ascending values. O(log rows). */
export function lowerBoundInt64(source: BigInt64Array, time: bigint): number {
  let from = 0, to = source.length;
  while (from < to) {
    const mid = (from + to) >>> 1;
    if (source[mid]! < time) from = mid + 1;
    else to = mid;
  }
  return from;
}
