// Huffman codes of literals (RFC 8878, 4.2), for reading: four streams at once, two bytes a look where two codes fit 11 bits.
import { buildFse, COUNTS, LOG, readCounts, SYMBOLS } from "./unzstd_fse";
import { DAMAGED_LITERALS } from "./unzstd_damage";

/** Longest code. */
const BITS: i32 = 11;
/** Fewer literals are not worth the table of pairs. */
const PAIRS_FROM: i32 = 4096;
/**
 * Tables by the next 11 bits: 2 to the bits of up to two bytes, then these bytes, above them how many; one byte, above it its bits. A
 * product shifts faster than V8's shift by a variable, which needs a fixed register.
 */
const PAIRS: usize = 0, ONES: usize = 0x4000;

const weights = memory.data(256 + 8), starts = memory.data(4 * 16);
const states = memory.data(8 * 64, 8), itself = memory.data(8 * 16, 8);
/** Whether there is a tree, and the table of pairs for it. */
let there = false, pairs = false;

/** A new frame begins: it has no tree. */
export function forgetTree(): void {
  there = false;
}

/** Weights in an FSE code. Gives how many, or -1. */
function readWeights(at: usize, end: usize): i32 {
  const from = <usize>readCounts(at, end, 16, 6);
  if (from === 0 || from >= end) return -1;
  for (let s = 0; s < 16; s++) store<u32>(itself + 8 * s, s);
  const log = load<u32>(0, LOG);
  buildFse(COUNTS, load<u32>(0, SYMBOLS), log, states, itself);
  const last = load<u8>(end - 1);
  if (last === 0) return -1;
  let left = <i32>(end - 1 - from) * 8 + 31 - clz(<u32>last) - 2 * log;
  if (left < 0) return -1;
  // Two states in turn; bits before the first are 0 and end it.
  let a = bitsAt(from, left + log, log), b = bitsAt(from, left, log);
  for (let n = 0; n < 254;) {
    const entry = states + 8 * a, rest = load<u32>(entry, 4), bits = <i32>rest & 255;
    store<u8>(weights + n++, load<u32>(entry));
    left -= bits;
    if (left < 0) {
      store<u8>(weights + n++, load<u32>(states + 8 * b));
      return n;
    }
    const next = (rest >> 8 & 0xffff) + bitsAt(from, left, bits);
    a = b;
    b = next;
  }
  return -1;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function bitsAt(from: usize, bit: i32, n: i32): u32 {
  return load<u32>(from + (bit >> 3)) >> (bit & 7) & ((1 << n) - 1);
}

/** Reads a tree and makes its tables for `literals` of them. Gives its end, or what is damaged. */
export function readTree(at: usize, end: usize, literals: i32): i32 {
  if (at >= end) return DAMAGED_LITERALS;
  there = false;
  const head = <i32>load<u8>(at++);
  let n: i32;
  if (head >= 128) {
    n = head - 127;
    const next = at + (n + 1 >> 1);
    if (next > end) return DAMAGED_LITERALS;
    for (let s = 0; s < n; s += 2) {
      const two = load<u8>(at + (s >> 1));
      store<u8>(weights + s, two >> 4);
      store<u8>(weights + s, two & 15, 1);
    }
    at = next;
  } else {
    if (at + head > end) return DAMAGED_LITERALS;
    n = readWeights(at, at + head);
    if (n < 0) return DAMAGED_LITERALS;
    at += head;
  }
  // The last weight is what is missing to a power of two.
  memory.fill(starts, 0, 64);
  let sum: u32 = 0;
  for (let s = 0; s < n; s++) {
    const weight = <u32>load<u8>(weights + s);
    if (weight > <u32>BITS) return DAMAGED_LITERALS;
    store<u32>(starts + 4 * weight, load<u32>(starts + 4 * weight) + 1);
    sum += 1 << weight >> 1;
  }
  if (sum === 0) return DAMAGED_LITERALS;
  const log = 32 - <i32>clz(sum), rest = (<u32>1 << log) - sum;
  if (log > BITS || (rest & (rest - 1)) !== 0) return DAMAGED_LITERALS;
  const last = 32 - <i32>clz(rest);
  store<u8>(weights + n++, last);
  store<u32>(starts + 4 * last, load<u32>(starts + 4 * last) + 1);
  if (load<u32>(starts, 4) < 2) return DAMAGED_LITERALS;
  // Longest codes first, and by byte.
  let from = 0;
  for (let weight = 1; weight <= log; weight++) {
    const count = load<u32>(starts + 4 * weight);
    store<u32>(starts + 4 * weight, from);
    from += count << (weight - 1 + BITS - log);
  }
  for (let s = 0; s < n; s++) {
    const weight = <i32>load<u8>(weights + s);
    if (weight === 0) continue;
    const first = <usize>load<u32>(starts + 4 * weight), length = 1 << (weight - 1 + BITS - log);
    store<u32>(starts + 4 * weight, <u32>first + length);
    const entry = s | (log + 1 - weight) << 8;
    let p = ONES + 2 * first;
    if (length >= 8) {
      const all = i16x8.splat(<i16>entry);
      for (const stop = p + 2 * length; p < stop; p += 16) v128.store(p, all);
    } else for (const stop = p + 2 * length; p < stop; p += 2) store<u16>(p, entry);
  }
  there = true;
  pairs = false;
  if (literals >= PAIRS_FROM) makePairs();
  return <i32>at;
}

/** Whether there is a tree from an earlier block; its tables are made for `literals` of them. */
export function hasTree(literals: i32): bool {
  if (there && !pairs && literals >= PAIRS_FROM) makePairs();
  return there;
}

/** Pairs whose first code has some length, without its byte: what follows the code, by the bits behind it. */
const seconds = memory.data(8 << (BITS - 1), 16);

function makePairs(): void {
  for (let k: u32 = 0, made: u32 = 0; k < 1 << BITS;) {
    const one = <u32>load<u16>(k << 1, ONES), bits = one >> 8, n: u32 = <u32>1 << BITS >> bits;
    if (bits !== made) {
      made = bits;
      for (let r: u32 = 0; r < n; r++) {
        const two = <u32>load<u16>(r << bits + 1, ONES), both = bits + (two >> 8);
        const pair = both <= <u32>BITS, p = seconds + (<usize>r << 3);
        store<u32>(p, 1 << (pair ? both : bits));
        store<u32>(p, pair ? (two & 255) << 8 | 2 << 16 : 1 << 16, 4);
      }
    }
    const byte = <u64>(one & 255) << 32, to = PAIRS + (<usize>k << 3);
    if (n === 1) store<u64>(to, load<u64>(seconds) | byte);
    else {
      const both = i64x2.splat(byte), stop = <usize>n << 3;
      for (let at: usize = 0; at < stop; at += 16) v128.store(to + at, v128.or(v128.load(seconds + at), both));
    }
    k += n;
  }
  pairs = true;
}

/** One stream from its last bit `left` to its first: byte by byte. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function finish(from: usize, left: i32, to: usize, end: usize): bool {
  while (to < end) {
    if (left < 0) return false;
    const bits = load<u64>(from + (left + 7 >> 3) - 8) << (<u64>(-left) & 7);
    const e = <u32>load<u16>(<u32>(bits >> 52) & 0xffe, ONES);
    store<u8>(to++, e);
    left -= e >> 8;
  }
  return left === 0;
}

/** Bits in a stream, or -1 where it has no end. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function bitsIn(from: usize, end: usize): i32 {
  const last = end > from ? <u32>load<u8>(end - 1) : 0;
  return last === 0 ? -1 : <i32>(end - 1 - from) * 8 + 31 - clz(last);
}

/** One stream of literals. Gives 0, or what is damaged. */
export function decodeOne(at: usize, end: usize, to: usize, toEnd: usize): i32 {
  const left = bitsIn(at, end);
  return left >= 0 && finish(at, left, to, toEnd) ? 0 : DAMAGED_LITERALS;
}

/** Four streams that give `n` bytes. Gives 0, or what is damaged. */
export function decodeFour(at: usize, end: usize, to: usize, n: i32): i32 {
  if (<i32>(end - at) < 10 || n < 6) return DAMAGED_LITERALS;
  const quarter = <usize>(n + 3 >> 2);
  const f0 = at + 6, f1 = f0 + load<u16>(at), f2 = f1 + load<u16>(at, 2), f3 = f2 + load<u16>(at, 4);
  if (f3 >= end || n < 3 * <i32>quarter) return DAMAGED_LITERALS;
  const l0 = bitsIn(f0, f1), l1 = bitsIn(f1, f2), l2 = bitsIn(f2, f3), l3 = bitsIn(f3, end);
  if (l0 < 0 || l1 < 0 || l2 < 0 || l3 < 0) return DAMAGED_LITERALS;
  const e0 = to + quarter, e1 = e0 + quarter, e2 = e1 + quarter, e3 = to + n;
  // Where the next 8 bytes of each stream lie, and those bytes: what was used is shifted out, and a bit of 1 behind says how much that is.
  let p0 = f0 + (l0 + 7 >> 3) - 8, p1 = f1 + (l1 + 7 >> 3) - 8, p2 = f2 + (l2 + 7 >> 3) - 8, p3 = f3 + (l3 + 7 >> 3) - 8;
  let b0 = (load<u64>(p0) | 1) << (<u64>(-l0) & 7), b1 = (load<u64>(p1) | 1) << (<u64>(-l1) & 7);
  let b2 = (load<u64>(p2) | 1) << (<u64>(-l2) & 7), b3 = (load<u64>(p3) | 1) << (<u64>(-l3) & 7);
  let t0 = to, t1 = e0, t2 = e1, t3 = e2;
  if (pairs) {
    while (true) {
      // 5 looks take up to 55 bits, 7 bytes, and give up to 10 bytes.
      let times = min(min(<i32>(p0 - f0), <i32>(p1 - f1)), min(<i32>(p2 - f2), <i32>(p3 - f3))) / 7;
      times = min(times, min(min(<i32>(e0 - t0), <i32>(e1 - t1)), min(<i32>(e2 - t2), <i32>(e3 - t3))) / 10);
      if (times <= 0) break;
      do {
        let e: u64, used: u64;
        e = load<u64>(<u32>(b0 >> 50) & 0x3ff8, PAIRS);
        b0 *= <u64><u32>e;
        store<u16>(t0, <u32>(e >> 32));
        t0 += <usize>(e >> 48);
        e = load<u64>(<u32>(b1 >> 50) & 0x3ff8, PAIRS);
        b1 *= <u64><u32>e;
        store<u16>(t1, <u32>(e >> 32));
        t1 += <usize>(e >> 48);
        e = load<u64>(<u32>(b2 >> 50) & 0x3ff8, PAIRS);
        b2 *= <u64><u32>e;
        store<u16>(t2, <u32>(e >> 32));
        t2 += <usize>(e >> 48);
        e = load<u64>(<u32>(b3 >> 50) & 0x3ff8, PAIRS);
        b3 *= <u64><u32>e;
        store<u16>(t3, <u32>(e >> 32));
        t3 += <usize>(e >> 48);
        e = load<u64>(<u32>(b0 >> 50) & 0x3ff8, PAIRS);
        b0 *= <u64><u32>e;
        store<u16>(t0, <u32>(e >> 32));
        t0 += <usize>(e >> 48);
        e = load<u64>(<u32>(b1 >> 50) & 0x3ff8, PAIRS);
        b1 *= <u64><u32>e;
        store<u16>(t1, <u32>(e >> 32));
        t1 += <usize>(e >> 48);
        e = load<u64>(<u32>(b2 >> 50) & 0x3ff8, PAIRS);
        b2 *= <u64><u32>e;
        store<u16>(t2, <u32>(e >> 32));
        t2 += <usize>(e >> 48);
        e = load<u64>(<u32>(b3 >> 50) & 0x3ff8, PAIRS);
        b3 *= <u64><u32>e;
        store<u16>(t3, <u32>(e >> 32));
        t3 += <usize>(e >> 48);
        e = load<u64>(<u32>(b0 >> 50) & 0x3ff8, PAIRS);
        b0 *= <u64><u32>e;
        store<u16>(t0, <u32>(e >> 32));
        t0 += <usize>(e >> 48);
        e = load<u64>(<u32>(b1 >> 50) & 0x3ff8, PAIRS);
        b1 *= <u64><u32>e;
        store<u16>(t1, <u32>(e >> 32));
        t1 += <usize>(e >> 48);
        e = load<u64>(<u32>(b2 >> 50) & 0x3ff8, PAIRS);
        b2 *= <u64><u32>e;
        store<u16>(t2, <u32>(e >> 32));
        t2 += <usize>(e >> 48);
        e = load<u64>(<u32>(b3 >> 50) & 0x3ff8, PAIRS);
        b3 *= <u64><u32>e;
        store<u16>(t3, <u32>(e >> 32));
        t3 += <usize>(e >> 48);
        e = load<u64>(<u32>(b0 >> 50) & 0x3ff8, PAIRS);
        b0 *= <u64><u32>e;
        store<u16>(t0, <u32>(e >> 32));
        t0 += <usize>(e >> 48);
        e = load<u64>(<u32>(b1 >> 50) & 0x3ff8, PAIRS);
        b1 *= <u64><u32>e;
        store<u16>(t1, <u32>(e >> 32));
        t1 += <usize>(e >> 48);
        e = load<u64>(<u32>(b2 >> 50) & 0x3ff8, PAIRS);
        b2 *= <u64><u32>e;
        store<u16>(t2, <u32>(e >> 32));
        t2 += <usize>(e >> 48);
        e = load<u64>(<u32>(b3 >> 50) & 0x3ff8, PAIRS);
        b3 *= <u64><u32>e;
        store<u16>(t3, <u32>(e >> 32));
        t3 += <usize>(e >> 48);
        e = load<u64>(<u32>(b0 >> 50) & 0x3ff8, PAIRS);
        b0 *= <u64><u32>e;
        store<u16>(t0, <u32>(e >> 32));
        t0 += <usize>(e >> 48);
        e = load<u64>(<u32>(b1 >> 50) & 0x3ff8, PAIRS);
        b1 *= <u64><u32>e;
        store<u16>(t1, <u32>(e >> 32));
        t1 += <usize>(e >> 48);
        e = load<u64>(<u32>(b2 >> 50) & 0x3ff8, PAIRS);
        b2 *= <u64><u32>e;
        store<u16>(t2, <u32>(e >> 32));
        t2 += <usize>(e >> 48);
        e = load<u64>(<u32>(b3 >> 50) & 0x3ff8, PAIRS);
        b3 *= <u64><u32>e;
        store<u16>(t3, <u32>(e >> 32));
        t3 += <usize>(e >> 48);
        used = ctz(b0);
        p0 -= <usize>(used >> 3);
        b0 = (load<u64>(p0) | 1) << (used & 7);
        used = ctz(b1);
        p1 -= <usize>(used >> 3);
        b1 = (load<u64>(p1) | 1) << (used & 7);
        used = ctz(b2);
        p2 -= <usize>(used >> 3);
        b2 = (load<u64>(p2) | 1) << (used & 7);
        used = ctz(b3);
        p3 -= <usize>(used >> 3);
        b3 = (load<u64>(p3) | 1) << (used & 7);
      } while (--times > 0);
    }
  } else {
    while (true) {
      let times = min(min(<i32>(p0 - f0), <i32>(p1 - f1)), min(<i32>(p2 - f2), <i32>(p3 - f3))) / 7;
      times = min(times, <i32>(e3 - t3) / 5); // the last stream is the shortest
      if (times <= 0) break;
      do {
        for (let k: usize = 0; k < 5; k++) {
          const x0 = <u32>load<u16>(<u32>(b0 >> 52) & 0xffe, ONES), x1 = <u32>load<u16>(<u32>(b1 >> 52) & 0xffe, ONES);
          const x2 = <u32>load<u16>(<u32>(b2 >> 52) & 0xffe, ONES), x3 = <u32>load<u16>(<u32>(b3 >> 52) & 0xffe, ONES);
          store<u8>(t0 + k, x0);
          store<u8>(t1 + k, x1);
          store<u8>(t2 + k, x2);
          store<u8>(t3 + k, x3);
          b0 <<= x0 >> 8;
          b1 <<= x1 >> 8;
          b2 <<= x2 >> 8;
          b3 <<= x3 >> 8;
        }
        t0 += 5;
        t1 += 5;
        t2 += 5;
        t3 += 5;
        let used = ctz(b0);
        p0 -= <usize>(used >> 3);
        b0 = (load<u64>(p0) | 1) << (used & 7);
        used = ctz(b1);
        p1 -= <usize>(used >> 3);
        b1 = (load<u64>(p1) | 1) << (used & 7);
        used = ctz(b2);
        p2 -= <usize>(used >> 3);
        b2 = (load<u64>(p2) | 1) << (used & 7);
        used = ctz(b3);
        p3 -= <usize>(used >> 3);
        b3 = (load<u64>(p3) | 1) << (used & 7);
      } while (--times > 0);
    }
  }
  const whole = finish(f0, <i32>(p0 - f0) * 8 + 64 - <i32>ctz(b0), t0, e0) &&
    finish(f1, <i32>(p1 - f1) * 8 + 64 - <i32>ctz(b1), t1, e1) &&
    finish(f2, <i32>(p2 - f2) * 8 + 64 - <i32>ctz(b2), t2, e2) &&
    finish(f3, <i32>(p3 - f3) * 8 + 64 - <i32>ctz(b3), t3, e3);
  return whole ? 0 : DAMAGED_LITERALS;
}
