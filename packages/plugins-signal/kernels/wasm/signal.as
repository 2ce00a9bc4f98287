// Loops over blocks of records with 128-bit vectors, in AssemblyScript. `build.ts` makes `signal.wasm` of it.
//
// A block is samples of 16 bits and `rows + 1` offsets of 32 bits, counted in samples. Addresses are those of the memory, which
// the caller divides. What each function computes is written down in plain TypeScript beside the module that calls it.

/** Address behind what the module itself uses. */
export function heapBase(): usize {
  return __heap_base;
}

// Savitzky-Golay

/**
 * Filter rows of at least `window` samples with integer weights: a sum of products of 16-bit integers, divided once.
 *
 * `pairs` are the weights two by two (16 bits each, the last pair filled up with 0), `edges` the weights of f64 for
 * the places before the middle of the window, then for those behind it, as `edge` takes them. Unsigned samples are moved by -32768 where they lie: the sum gets `back` what that took.
 */
export function savgolRows(
  samples: usize, isSigned: bool, offsets: usize, rows: i32, out: usize,
  pairs: usize, window: i32, divisor: i32, back: i32, edges: usize,
): void {
  const half = window >> 1;
  const pairBytes = <usize>(half + 1) << 2;
  const bias = i32x4.splat(back);
  const divisors = f32x4.splat(<f32>divisor);
  const turn = i16x8.splat(-32768);
  const sideBytes = <usize>(((half + 5) / 6) * 6 * window) << 3;
  const symmetric = window == 11 && isSymmetric(pairs);
  for (let row = 0; row < rows; row++) {
    const first = load<u32>(offsets + (<usize>row << 2)), n = <i32>(load<u32>(offsets + (<usize>row << 2) + 4) - first);
    const x = samples + (<usize>first << 1), y = out + (<usize>first << 2);
    edge(x, isSigned, edges, window, half, y);
    edge(x + (<usize>(n - window) << 1), isSigned, edges + sideBytes, window, half, y + (<usize>(n - half) << 2));
    // Samples of 14 bits are the same signed, and so is the sum of two.
    const small = symmetric && !isSigned && (bitsOf(x, x + (<usize>n << 1)) & 0xc000) == 0;
    if (!isSigned && !small) {
      let i = 0;
      for (; i + 8 <= n; i += 8) {
        const at = x + (<usize>i << 1);
        v128.store(at, v128.xor(v128.load(at), turn));
      }
      for (; i < n; i++) {
        const at = x + (<usize>i << 1);
        store<u16>(at, load<u16>(at) ^ 0x8000);
      }
    }
    const count = n - window + 1; // samples with a whole window
    const to = y + (<usize>half << 2);
    let i = 0;
    if (small) {
      folded(x, to, count, pairs, divisors);
    } else if (count >= 16 && window == 11) {
      eleven(x, to, count, pairs, bias, divisors);
    } else if (count >= 16) {
      for (; i < count; i += 16) {
        if (i > count - 16) i = count - 16; // the last ones overlap with those before
        const from = x + (<usize>i << 1);
        let even0 = bias, odd0 = bias, even1 = bias, odd1 = bias;
        for (let t: usize = 0; t < pairBytes; t += 4) {
          const weights = v128.load_splat<i32>(pairs + t);
          const at = from + t;
          even0 = i32x4.add(even0, i32x4.dot_i16x8_s(v128.load(at), weights));
          odd0 = i32x4.add(odd0, i32x4.dot_i16x8_s(v128.load(at, 2), weights));
          even1 = i32x4.add(even1, i32x4.dot_i16x8_s(v128.load(at, 16), weights));
          odd1 = i32x4.add(odd1, i32x4.dot_i16x8_s(v128.load(at, 18), weights));
        }
        const target = to + (<usize>i << 2);
        v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even0, odd0, 0, 4, 1, 5)), divisors));
        v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even0, odd0, 2, 6, 3, 7)), divisors), 16);
        v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even1, odd1, 0, 4, 1, 5)), divisors), 32);
        v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even1, odd1, 2, 6, 3, 7)), divisors), 48);
      }
    } else {
      for (; i < count; i++) {
        const from = x + (<usize>i << 1);
        let sum = back;
        for (let j: usize = 0; j < <usize>window; j++) {
          sum += <i32>load<i16>(from + (j << 1)) * <i32>load<i16>(pairs + (j << 1));
        }
        store<f32>(to + (<usize>i << 2), <f32>sum / <f32>divisor);
      }
    }
  }
}

/** The usual window of 11 samples, at least 8 times: the same sums, with the weights in registers. */
function eleven(x: usize, to: usize, count: i32, pairs: usize, bias: v128, divisors: v128): void {
  const w0 = v128.load_splat<i32>(pairs), w1 = v128.load_splat<i32>(pairs, 4), w2 = v128.load_splat<i32>(pairs, 8);
  const w3 = v128.load_splat<i32>(pairs, 12), w4 = v128.load_splat<i32>(pairs, 16), w5 = v128.load_splat<i32>(pairs, 20);
  const last = x + (<usize>(count - 8) << 1);
  let at = x, target = to;
  for (; at + 48 < last; at += 64, target += 128) {
    elevenEight(at, target, w0, w1, w2, w3, w4, w5, bias, divisors);
    elevenEight(at + 16, target + 32, w0, w1, w2, w3, w4, w5, bias, divisors);
    elevenEight(at + 32, target + 64, w0, w1, w2, w3, w4, w5, bias, divisors);
    elevenEight(at + 48, target + 96, w0, w1, w2, w3, w4, w5, bias, divisors);
  }
  for (; at < last; at += 16, target += 32) elevenEight(at, target, w0, w1, w2, w3, w4, w5, bias, divisors);
  elevenEight(last, to + (<usize>(count - 8) << 2), w0, w1, w2, w3, w4, w5, bias, divisors); // overlaps with those before
}

@inline
function elevenEight(
  at: usize, target: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128, w5: v128, bias: v128, divisors: v128,
): void {
  let even = i32x4.add(bias, i32x4.dot_i16x8_s(v128.load(at), w0));
  let odd = i32x4.add(bias, i32x4.dot_i16x8_s(v128.load(at, 2), w0));
  even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at, 4), w1));
  odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 6), w1));
  even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at, 8), w2));
  odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 10), w2));
  even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at, 12), w3));
  odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 14), w3));
  even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at, 16), w4));
  odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 18), w4));
  even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at, 20), w5));
  odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 22), w5));
  v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even, odd, 0, 4, 1, 5)), divisors));
  v128.store(target, f32x4.div(f32x4.convert_i32x4_s(v128.shuffle<i32>(even, odd, 2, 6, 3, 7)), divisors), 16);
}

/** Whether 11 weights are the same from both ends. */
function isSymmetric(weights: usize): bool {
  for (let j: usize = 0; j < 5; j++) {
    if (load<i16>(weights + (j << 1)) != load<i16>(weights + ((10 - j) << 1))) return false;
  }
  return true;
}

/** All bits that any of the samples has. */
function bitsOf(from: usize, end: usize): i32 {
  let all = i16x8.splat(0), bits: i32 = 0, at = from;
  for (; at + 64 <= end; at += 64) {
    const both = v128.or(v128.load(at), v128.load(at, 16)), other = v128.or(v128.load(at, 32), v128.load(at, 48));
    all = v128.or(all, v128.or(both, other));
  }
  for (; at + 16 <= end; at += 16) all = v128.or(all, v128.load(at));
  for (; at < end; at += 2) bits |= <i32>load<u16>(at);
  const both = i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1);
  const half = <u32>(both | (both >> 32));
  return bits | ((half | (half >> 16)) & 0xffff);
}

/**
 * The window of 11 samples with weights that are the same from both ends, of samples whose sums of two fit 16 bits: samples at
 * one distance from the middle are added first, which halves the products.
 */
function folded(x: usize, to: usize, count: i32, weights: usize, divisors: v128): void {
  const w01 = v128.shuffle<i16>(v128.load_splat<i16>(weights, 10), v128.load_splat<i16>(weights, 8), 0, 8, 1, 9, 2, 10, 3, 11);
  const w23 = v128.shuffle<i16>(v128.load_splat<i16>(weights, 6), v128.load_splat<i16>(weights, 4), 0, 8, 1, 9, 2, 10, 3, 11);
  const w45 = v128.shuffle<i16>(v128.load_splat<i16>(weights, 2), v128.load_splat<i16>(weights), 0, 8, 1, 9, 2, 10, 3, 11);
  if (count >= 8) {
    const last = x + (<usize>(count - 8) << 1);
    let at = x, target = to;
    // What a turn of a loop costs besides is a tenth of eight samples' time: hence four at once.
    for (; at + 48 < last; at += 64, target += 128) {
      foldedEight(at, target, w01, w23, w45, divisors);
      foldedEight(at + 16, target + 32, w01, w23, w45, divisors);
      foldedEight(at + 32, target + 64, w01, w23, w45, divisors);
      foldedEight(at + 48, target + 96, w01, w23, w45, divisors);
    }
    for (; at < last; at += 16, target += 32) foldedEight(at, target, w01, w23, w45, divisors);
    foldedEight(last, to + (<usize>(count - 8) << 2), w01, w23, w45, divisors); // overlaps with those before
    return;
  }
  for (let i = 0; i < count; i++) {
    const from = x + (<usize>i << 1);
    let sum = 0;
    for (let j: usize = 0; j < 11; j++) {
      sum += <i32>load<i16>(from + (j << 1)) * <i32>load<i16>(weights + (j << 1));
    }
    store<f32>(to + (<usize>i << 2), <f32>sum / f32x4.extract_lane(divisors, 0));
  }
}

@inline
function foldedEight(at: usize, target: usize, w01: v128, w23: v128, w45: v128, divisors: v128): void {
  const f0 = v128.load(at, 10);
  const f1 = i16x8.add(v128.load(at, 8), v128.load(at, 12));
  const f2 = i16x8.add(v128.load(at, 6), v128.load(at, 14));
  const f3 = i16x8.add(v128.load(at, 4), v128.load(at, 16));
  const f4 = i16x8.add(v128.load(at, 2), v128.load(at, 18));
  const f5 = i16x8.add(v128.load(at), v128.load(at, 20));
  let low = i32x4.dot_i16x8_s(v128.shuffle<i16>(f0, f1, 0, 8, 1, 9, 2, 10, 3, 11), w01);
  let high = i32x4.dot_i16x8_s(v128.shuffle<i16>(f0, f1, 4, 12, 5, 13, 6, 14, 7, 15), w01);
  low = i32x4.add(low, i32x4.dot_i16x8_s(v128.shuffle<i16>(f2, f3, 0, 8, 1, 9, 2, 10, 3, 11), w23));
  high = i32x4.add(high, i32x4.dot_i16x8_s(v128.shuffle<i16>(f2, f3, 4, 12, 5, 13, 6, 14, 7, 15), w23));
  low = i32x4.add(low, i32x4.dot_i16x8_s(v128.shuffle<i16>(f4, f5, 0, 8, 1, 9, 2, 10, 3, 11), w45));
  high = i32x4.add(high, i32x4.dot_i16x8_s(v128.shuffle<i16>(f4, f5, 4, 12, 5, 13, 6, 14, 7, 15), w45));
  v128.store(target, f32x4.div(f32x4.convert_i32x4_s(low), divisors));
  v128.store(target, f32x4.div(f32x4.convert_i32x4_s(high), divisors), 16);
}

/**
 * The weighted sums of one window for `half` places, in double precision: six at a time, each in the order of the samples. `weights`
 * are [window x 6] for six places, those of the next six behind them.
 */
function edge(x: usize, isSigned: bool, weights: usize, window: i32, half: i32, out: usize): void {
  let w = weights;
  for (let i = 0; i < half; i += 6) {
    let a = f64x2.splat(0), b = a, c = a;
    for (let j: usize = 0; j < <usize>window; j++) {
      const sample = f64x2.splat(isSigned ? <f64>load<i16>(x + (j << 1)) : <f64>load<u16>(x + (j << 1)));
      a = f64x2.add(a, f64x2.mul(v128.load(w), sample));
      b = f64x2.add(b, f64x2.mul(v128.load(w, 16), sample));
      c = f64x2.add(c, f64x2.mul(v128.load(w, 32), sample));
      w += 48;
    }
    const to = out + (<usize>i << 2), left = half - i;
    pair(to, f32x4.demote_f64x2_zero(a), left);
    pair(to + 8, f32x4.demote_f64x2_zero(b), left - 2);
    pair(to + 16, f32x4.demote_f64x2_zero(c), left - 4);
  }
}

/** Store one or two numbers, as many as there is room for. */
@inline
function pair(to: usize, values: v128, room: i32): void {
  if (room >= 2) v128.store64_lane(to, values, 0);
  else if (room == 1) v128.store32_lane(to, values, 0);
}

// Second-order sections, forwards and backwards

/**
 * Filter four rows of `n` samples at once, a row a lane, from `x0` .. `x3` to `y0` .. `y3` (f32). `work` has room for
 * `n + 2 padding` groups of four f64.
 */
export function sosfiltfiltFour(
  x0: usize, x1: usize, x2: usize, x3: usize, isSigned: bool, n: i32, padding: i32, work: usize,
  coefficients: usize, steady: usize, sections: i32,
  y0: usize, y1: usize, y2: usize, y3: usize,
): void {
  const inner = work + (<usize>padding << 5);
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = i << 1;
    let four = i32x4.splat(isSigned ? <i32>load<i16>(x0 + at) : <i32>load<u16>(x0 + at));
    four = i32x4.replace_lane(four, 1, isSigned ? <i32>load<i16>(x1 + at) : <i32>load<u16>(x1 + at));
    four = i32x4.replace_lane(four, 2, isSigned ? <i32>load<i16>(x2 + at) : <i32>load<u16>(x2 + at));
    four = i32x4.replace_lane(four, 3, isSigned ? <i32>load<i16>(x3 + at) : <i32>load<u16>(x3 + at));
    const to = inner + (i << 5);
    v128.store(to, f64x2.convert_low_i32x4_s(four));
    v128.store(to, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(four, four, 2, 3, 2, 3)), 16);
  }
  reflect(inner, n, padding, 0);
  reflect(inner, n, padding, 16);
  const length = n + 2 * padding;
  const last = work + (<usize>(length - 1) << 5);
  for (let pass = 0; pass < 2; pass++) {
    const from = pass == 0 ? work : last, step: isize = pass == 0 ? 32 : -32;
    const startA = v128.load(from), startB = v128.load(from, 16);
    let s = 0;
    for (; s + 2 <= sections; s += 2) {
      const c = coefficients + (<usize>(5 * s) << 3), state = steady + (<usize>s << 4);
      if (hasPlainZeros(c) && load<f64>(c, 40) == 1 && hasPlainZeros(c + 40)) {
        twoPlainSections(from, step, length, c, state, startA, startB);
      } else twoSections(from, step, length, c, state, startA, startB);
    }
    if (s < sections) {
      oneSection(from, step, length, coefficients + (<usize>(5 * s) << 3), steady + (<usize>s << 4), startA, startB);
    }
  }
  for (let i: usize = 0; i < <usize>n; i++) {
    const from = inner + (i << 5), at = i << 2;
    const a = f32x4.demote_f64x2_zero(v128.load(from)), b = f32x4.demote_f64x2_zero(v128.load(from, 16));
    v128.store_lane<f32>(y0 + at, a, 0);
    v128.store_lane<f32>(y1 + at, a, 1);
    v128.store_lane<f32>(y2 + at, b, 0);
    v128.store_lane<f32>(y3 + at, b, 1);
  }
}

/** The point reflection of both ends. */
function reflect(inner: usize, n: i32, padding: i32, lane: usize): void {
  const two = f64x2.splat(2);
  const end = inner + (<usize>(n - 1) << 5) + lane, start = inner + lane;
  const first = f64x2.mul(two, v128.load(start)), last = f64x2.mul(two, v128.load(end));
  for (let k: usize = 1; k <= <usize>padding; k++) {
    v128.store(start - (k << 5), f64x2.sub(first, v128.load(start + (k << 5))));
    v128.store(end + (k << 5), f64x2.sub(last, v128.load(end - (k << 5))));
  }
}

/** Whether a section is g, 2 g, g or g, -2 g, g: then products with g are all there is to be rounded. */
function hasPlainZeros(c: usize): bool {
  const b0 = load<f64>(c);
  return load<f64>(c, 16) == b0 && abs<f64>(load<f64>(c, 8)) == 2 * abs<f64>(b0);
}

/** Two sections with plain zeros, the second without gain: the same numbers as `twoSections` with fewer products. */
function twoPlainSections(
  from: usize, step: isize, length: i32, c: usize, steady: usize, startA: v128, startB: v128,
): void {
  const gain = v128.load_splat<f64>(c);
  const b1 = f64x2.splat(load<f64>(c, 8) == 2 * load<f64>(c) ? 2 : -2);
  const a1 = v128.load_splat<f64>(c, 24), a2 = v128.load_splat<f64>(c, 32);
  const d1 = v128.load_splat<f64>(c, 48), e1 = v128.load_splat<f64>(c, 64), e2 = v128.load_splat<f64>(c, 72);
  const s0 = v128.load_splat<f64>(steady), s1 = v128.load_splat<f64>(steady, 8);
  const s2 = v128.load_splat<f64>(steady, 16), s3 = v128.load_splat<f64>(steady, 24);
  let p0 = f64x2.mul(startA, s0), p1 = f64x2.mul(startA, s1), p2 = f64x2.mul(startA, s2), p3 = f64x2.mul(startA, s3);
  let q0 = f64x2.mul(startB, s0), q1 = f64x2.mul(startB, s1), q2 = f64x2.mul(startB, s2), q3 = f64x2.mul(startB, s3);
  let at = from;
  for (let i = 0; i < length; i++) {
    const x = f64x2.mul(gain, v128.load(at)), u = f64x2.mul(gain, v128.load(at, 16));
    const y = f64x2.add(x, p0), v = f64x2.add(u, q0);
    p0 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), p1), f64x2.mul(a1, y));
    q0 = f64x2.sub(f64x2.add(f64x2.mul(b1, u), q1), f64x2.mul(a1, v));
    p1 = f64x2.sub(x, f64x2.mul(a2, y));
    q1 = f64x2.sub(u, f64x2.mul(a2, v));
    const z = f64x2.add(y, p2), w = f64x2.add(v, q2);
    p2 = f64x2.sub(f64x2.add(f64x2.mul(d1, y), p3), f64x2.mul(e1, z));
    q2 = f64x2.sub(f64x2.add(f64x2.mul(d1, v), q3), f64x2.mul(e1, w));
    p3 = f64x2.sub(y, f64x2.mul(e2, z));
    q3 = f64x2.sub(v, f64x2.mul(e2, w));
    v128.store(at, z);
    v128.store(at, w, 16);
    at += step;
  }
}

function twoSections(from: usize, step: isize, length: i32, c: usize, steady: usize, startA: v128, startB: v128): void {
  const b0 = v128.load_splat<f64>(c), b1 = v128.load_splat<f64>(c, 8), b2 = v128.load_splat<f64>(c, 16);
  const a1 = v128.load_splat<f64>(c, 24), a2 = v128.load_splat<f64>(c, 32);
  const d0 = v128.load_splat<f64>(c, 40), d1 = v128.load_splat<f64>(c, 48), d2 = v128.load_splat<f64>(c, 56);
  const e1 = v128.load_splat<f64>(c, 64), e2 = v128.load_splat<f64>(c, 72);
  const s0 = v128.load_splat<f64>(steady), s1 = v128.load_splat<f64>(steady, 8);
  const s2 = v128.load_splat<f64>(steady, 16), s3 = v128.load_splat<f64>(steady, 24);
  let p0 = f64x2.mul(startA, s0), p1 = f64x2.mul(startA, s1), p2 = f64x2.mul(startA, s2), p3 = f64x2.mul(startA, s3);
  let q0 = f64x2.mul(startB, s0), q1 = f64x2.mul(startB, s1), q2 = f64x2.mul(startB, s2), q3 = f64x2.mul(startB, s3);
  let at = from;
  for (let i = 0; i < length; i++) {
    const x = v128.load(at), u = v128.load(at, 16);
    const y = f64x2.add(f64x2.mul(b0, x), p0), v = f64x2.add(f64x2.mul(b0, u), q0);
    p0 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), p1), f64x2.mul(a1, y));
    q0 = f64x2.sub(f64x2.add(f64x2.mul(b1, u), q1), f64x2.mul(a1, v));
    p1 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y));
    q1 = f64x2.sub(f64x2.mul(b2, u), f64x2.mul(a2, v));
    const z = f64x2.add(f64x2.mul(d0, y), p2), w = f64x2.add(f64x2.mul(d0, v), q2);
    p2 = f64x2.sub(f64x2.add(f64x2.mul(d1, y), p3), f64x2.mul(e1, z));
    q2 = f64x2.sub(f64x2.add(f64x2.mul(d1, v), q3), f64x2.mul(e1, w));
    p3 = f64x2.sub(f64x2.mul(d2, y), f64x2.mul(e2, z));
    q3 = f64x2.sub(f64x2.mul(d2, v), f64x2.mul(e2, w));
    v128.store(at, z);
    v128.store(at, w, 16);
    at += step;
  }
}

function oneSection(from: usize, step: isize, length: i32, c: usize, steady: usize, startA: v128, startB: v128): void {
  const b0 = v128.load_splat<f64>(c), b1 = v128.load_splat<f64>(c, 8), b2 = v128.load_splat<f64>(c, 16);
  const a1 = v128.load_splat<f64>(c, 24), a2 = v128.load_splat<f64>(c, 32);
  const s0 = v128.load_splat<f64>(steady), s1 = v128.load_splat<f64>(steady, 8);
  let p0 = f64x2.mul(startA, s0), p1 = f64x2.mul(startA, s1), q0 = f64x2.mul(startB, s0), q1 = f64x2.mul(startB, s1);
  let at = from;
  for (let i = 0; i < length; i++) {
    const x = v128.load(at), u = v128.load(at, 16);
    const y = f64x2.add(f64x2.mul(b0, x), p0), v = f64x2.add(f64x2.mul(b0, u), q0);
    p0 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), p1), f64x2.mul(a1, y));
    q0 = f64x2.sub(f64x2.add(f64x2.mul(b1, u), q1), f64x2.mul(a1, v));
    p1 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, y));
    q1 = f64x2.sub(f64x2.mul(b2, u), f64x2.mul(a2, v));
    v128.store(at, y);
    v128.store(at, v, 16);
    at += step;
  }
}

// Features

/**
 * Baseline, rms, lowest and highest sample with their places, and the sum of all, of rows of unsigned samples. A row's results
 * are 5 f64 at `out`: baseline, rms, area, lowest and highest sample, and 2 i32: their places.
 */
export function featureRows(samples: usize, offsets: usize, rows: i32, baseline: i32, out: usize): void {
  const ones = i16x8.splat(1);
  for (let row = 0; row < rows; row++) {
    const first = load<u32>(offsets + (<usize>row << 2)), n = <i32>(load<u32>(offsets + (<usize>row << 2) + 4) - first);
    const x = samples + (<usize>first << 1), end = x + (<usize>n << 1), to = out + <usize>row * 48;
    const few = min(baseline, n), whole = x + (<usize>few << 1);
    let sum: i64 = 0, squares: i64 = 0;
    let b = x;
    if (few >= 8) {
      let sums = i32x4.splat(0), squaresA = i64x2.splat(0), squaresB = i64x2.splat(0);
      for (; b + 16 <= whole; b += 16) {
        const v = v128.load(b), low = i32x4.extmul_low_i16x8_u(v, v), high = i32x4.extmul_high_i16x8_u(v, v);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(v));
        squaresA = i64x2.add(squaresA, i64x2.add(i64x2.extend_low_i32x4_u(low), i64x2.extend_high_i32x4_u(low)));
        squaresB = i64x2.add(squaresB, i64x2.add(i64x2.extend_low_i32x4_u(high), i64x2.extend_high_i32x4_u(high)));
      }
      sum = addLanes(sums);
      const both = i64x2.add(squaresA, squaresB);
      squares = i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
    }
    for (; b < whole; b += 2) {
      const sample = <i32>load<u16>(b);
      sum += sample;
      squares += <i64>(<u32>sample * <u32>sample);
    }
    const level = <f64>sum / <f64>few;
    // n times the squares less the square of the sum is an integer: nothing cancels.
    store<f64>(to, level);
    store<f64>(to, sqrt<f64>(<f64>(<i64>few * squares - sum * sum)) / <f64>few, 8);

    let total: i64 = 0, low: i32 = 65536, high: i32 = -1, lowAt = x, highAt = x;
    if (n >= 8) {
      // Lowest and highest samples of segments, by lane: places are then looked for in one segment each.
      const step = segmentBytes(<usize>n << 1), stop = x + ((<usize>n << 1) & ~15);
      let lows = i16x8.splat(-1), highs = i16x8.splat(0), totals = i64x2.splat(0);
      let at = x, count = 0;
      while (at < stop) {
        const until = <usize>min<u64>(at + step, stop);
        let least = v128.load(at), most = least, part = i32x4.dot_i16x8_s(least, ones), other = i32x4.splat(0);
        at += 16;
        for (; at + 64 <= until; at += 64) {
          const v = v128.load(at), w = v128.load(at, 16), y = v128.load(at, 32), z = v128.load(at, 48);
          least = i16x8.min_u(least, i16x8.min_u(i16x8.min_u(v, w), i16x8.min_u(y, z)));
          most = i16x8.max_u(most, i16x8.max_u(i16x8.max_u(v, w), i16x8.max_u(y, z)));
          part = i32x4.add(part, i32x4.add(i32x4.dot_i16x8_s(v, ones), i32x4.dot_i16x8_s(w, ones)));
          other = i32x4.add(other, i32x4.add(i32x4.dot_i16x8_s(y, ones), i32x4.dot_i16x8_s(z, ones)));
        }
        for (; at + 32 <= until; at += 32) {
          const v = v128.load(at), w = v128.load(at, 16);
          least = i16x8.min_u(least, i16x8.min_u(v, w));
          most = i16x8.max_u(most, i16x8.max_u(v, w));
          part = i32x4.add(part, i32x4.dot_i16x8_s(v, ones));
          other = i32x4.add(other, i32x4.dot_i16x8_s(w, ones));
        }
        if (at < until) {
          const v = v128.load(at);
          least = i16x8.min_u(least, v);
          most = i16x8.max_u(most, v);
          part = i32x4.add(part, i32x4.dot_i16x8_s(v, ones));
          at += 16;
        }
        part = i32x4.add(part, other);
        totals = i64x2.add(totals, i64x2.add(i64x2.extend_low_i32x4_s(part), i64x2.extend_high_i32x4_s(part)));
        keep(count++, least, most);
        lows = i16x8.min_u(lows, least);
        highs = i16x8.max_u(highs, most);
      }
      total = i64x2.extract_lane(totals, 0) + i64x2.extract_lane(totals, 1);
      if (at < end) {
        for (; at < end; at += 2) total += <i64>load<u16>(at);
        // The last vector, which overlaps with the one before.
        const v = v128.load(end - 16);
        keep(count++, v, v);
        lows = i16x8.min_u(lows, v);
        highs = i16x8.max_u(highs, v);
      }
      low = lowestLane(lows);
      high = highestLane(highs);
      if (high > 32767) total = sumOf(x, end); // as signed numbers some were too low
      const lowSegment = segmentOf(SEGMENTS, count, low), highSegment = segmentOf(SEGMENTS + 16, count, high);
      lowAt = <usize>min<u64>(x + <usize>lowSegment * step, end - 16);
      highAt = <usize>min<u64>(x + <usize>highSegment * step, end - 16);
    } else {
      for (let at = x; at < end; at += 2) {
        const sample = <i32>load<u16>(at);
        total += sample;
        low = min<i32>(low, sample);
        high = max<i32>(high, sample);
      }
    }
    store<f64>(to, <f64>n * level - <f64>total, 16);
    store<f64>(to, <f64>low, 24);
    store<f64>(to, <f64>high, 32);
    store<i32>(to, <i32>((lowAt - x) >> 1) + place(lowAt, end, low), 40);
    store<i32>(to, <i32>((highAt - x) >> 1) + place(highAt, end, high), 44);
  }
}

/** Lowest and highest samples of up to 64 segments, by lane. */
const SEGMENTS: usize = memory.data(64 * 32, 16);

/** Bytes of a segment: so many that there are at most 63, and the last vector. */
function segmentBytes(bytes: usize): usize {
  return bytes <= 63 * 512 ? 512 : ((bytes / 63 + 32) & ~31);
}

@inline
function keep(segment: i32, lows: v128, highs: v128): void {
  const at = SEGMENTS + (<usize>segment << 5);
  v128.store(at, lows);
  v128.store(at, highs, 16);
}

/** The first of `count` segments that has `value` in a lane. */
function segmentOf(at: usize, count: i32, value: i32): i32 {
  const wanted = i16x8.splat(<i16>value);
  let mask: u64 = 0;
  for (let s = 0; s < count; s++) {
    mask |= <u64>v128.any_true(i16x8.eq(v128.load(at + (<usize>s << 5)), wanted)) << <u64>s;
  }
  return <i32>ctz(mask);
}

/** Sum of four unsigned numbers. */
function addLanes(v: v128): i64 {
  return <i64><u32>i32x4.extract_lane(v, 0) + <i64><u32>i32x4.extract_lane(v, 1) +
    <i64><u32>i32x4.extract_lane(v, 2) + <i64><u32>i32x4.extract_lane(v, 3);
}

/** Index of the first sample that is `value`. */
function place(x: usize, end: usize, value: i32): i32 {
  const wanted = i16x8.splat(<i16>value);
  let at = x;
  for (; at + 32 <= end; at += 32) {
    const equal = i16x8.eq(v128.load(at), wanted), other = i16x8.eq(v128.load(at, 16), wanted);
    const bits = i8x16.bitmask(i8x16.narrow_i16x8_s(equal, other));
    if (bits != 0) return <i32>((at - x) >> 1) + <i32>ctz(bits);
  }
  while (at < end && <i32>load<u16>(at) != value) at += 2;
  return <i32>((at - x) >> 1);
}

/**
 * Features of rows of unsigned samples. `ranges` are 4 i32, `each` bytes from row to row, of which only what is in the row counts:
 * start and end of the searched range, start and end of the summed one. `levels` are f64, `signs` i8, `out` f32: height, amplitude, area
 * and steepest step, `apart` bytes from one to the other. Gives the first row with a range below 0, else -1. 20 bytes at `work` are
 * written.
 */
export function basicRows(
  samples: usize, offsets: usize, rows: i32, ranges: usize, each: i32,
  levels: usize, signs: usize, out: usize, apart: i32, work: usize,
): i32 {
  for (let row = 0; row < rows; row++) {
    const first = load<u32>(offsets + (<usize>row << 2)), n = load<u32>(offsets + (<usize>row << 2) + 4) - first;
    const x = samples + (<usize>first << 1), range = ranges + <usize>(row * each);
    let from = load<i32>(range), to = load<i32>(range, 4), sumFrom = load<i32>(range, 8), sumTo = load<i32>(range, 12);
    if ((from | to | sumFrom | sumTo) < 0) return row;
    from = within(from, n), to = within(to, n), sumFrom = within(sumFrom, n), sumTo = within(sumTo, n);
    extremes(x + (<usize>from << 1), x + (<usize>to << 1), work + 8);
    if (sumFrom == 0 && sumTo == n && n >= 16 && n < 65536) sumAndSteepest(x, x + (<usize>n << 1), work);
    else {
      store<f64>(work, <f64>sumOf(x + (<usize>sumFrom << 1), x + (<usize>sumTo << 1)));
      store<i32>(work, steepest(x, x + (<usize>n << 1)), 16);
    }
    const level = load<f64>(levels + (<usize>row << 3)), negative = load<i8>(signs + <usize>row) < 0;
    const low = <f64>load<i32>(work, 8), high = <f64>load<i32>(work, 12), sum = load<f64>(work);
    const summed = sumTo - sumFrom, zero = <f64>(summed > 0 ? summed : 0) * level;
    const isFound = to > from;
    let at = out + (<usize>row << 2);
    store<f32>(at, isFound ? <f32>(negative ? level - low : high - level) : NaN);
    store<f32>(at += apart, isFound ? <f32>(high - low) : NaN);
    store<f32>(at += apart, <f32>(negative ? zero - sum : sum - zero));
    store<f32>(at + apart, <i32>n > 1 ? <f32>load<i32>(work, 16) : NaN);
  }
  return -1;
}

@inline
function within(index: i32, n: i32): i32 {
  return index < n ? index : n;
}

/**
 * Sum and steepest step of a whole row of 16 to 65535 samples in one pass, where rows of a range go twice. Samples are taken as signed
 * numbers, and so are their steps: where one of them has the highest bit, it is done again.
 */
function sumAndSteepest(from: usize, end: usize, to: usize): void {
  const ones = i16x8.splat(1), last = end - 18;
  let part = i32x4.splat(0), other = part, bits = part, rise = part, fall = part, at = from;
  for (; at + 48 <= last; at += 64) {
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48);
    const p = stepUp(at), q = stepUp(at + 16), r = stepUp(at + 32), s = stepUp(at + 48);
    rise = i16x8.max_s(rise, i16x8.max_s(i16x8.max_s(p, q), i16x8.max_s(r, s)));
    fall = i16x8.min_s(fall, i16x8.min_s(i16x8.min_s(p, q), i16x8.min_s(r, s)));
    part = i32x4.add(part, i32x4.add(i32x4.dot_i16x8_s(a, ones), i32x4.dot_i16x8_s(b, ones)));
    other = i32x4.add(other, i32x4.add(i32x4.dot_i16x8_s(c, ones), i32x4.dot_i16x8_s(d, ones)));
    bits = v128.or(bits, v128.or(v128.or(a, b), v128.or(c, d)));
  }
  for (; at <= last; at += 16) {
    const a = v128.load(at), p = stepUp(at);
    rise = i16x8.max_s(rise, p);
    fall = i16x8.min_s(fall, p);
    part = i32x4.add(part, i32x4.dot_i16x8_s(a, ones));
    bits = v128.or(bits, a);
  }
  // The last steps overlap with those before; samples that no vector has had are added one by one.
  const p = stepUp(last);
  rise = i16x8.max_s(rise, p);
  fall = i16x8.min_s(fall, p);
  bits = v128.or(bits, v128.load(end - 16));
  if (i16x8.bitmask(bits) != 0) {
    store<f64>(to, <f64>sumOf(from, end));
    store<i32>(to, steepest(from, end), 16);
    return;
  }
  part = i32x4.add(part, other);
  const both = i64x2.add(i64x2.extend_low_i32x4_s(part), i64x2.extend_high_i32x4_s(part));
  let total = i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
  for (; at < end; at += 2) total += <i64>load<u16>(at);
  store<f64>(to, <f64>total);
  store<i32>(to, highestLane(i16x8.max_s(rise, i16x8.neg(fall))), 16);
}

/** Eight steps from a sample to the next one. */
@inline
function stepUp(at: usize): v128 {
  return i16x8.sub(v128.load(at, 2), v128.load(at));
}

function sumOf(from: usize, end: usize): i64 {
  let total: i64 = 0, at = from;
  while (at + 32 <= end) {
    let part = i32x4.splat(0), other = i32x4.splat(0);
    const stop = <usize>min(<u64>end, <u64>(at + 32 * 8000)); // 32-bit sums hold so many vectors
    for (; at + 32 <= stop; at += 32) {
      part = i32x4.add(part, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
      other = i32x4.add(other, i32x4.extadd_pairwise_i16x8_u(v128.load(at, 16)));
    }
    total += addLanes(i32x4.add(part, other));
  }
  for (; at < end; at += 2) total += <i64>load<u16>(at);
  return total;
}

/** Lowest and highest sample, as two i32. */
function extremes(from: usize, end: usize, to: usize): void {
  let low: i32 = 65535, high: i32 = 0, at = from;
  if (from + 16 <= end) {
    let lows = i16x8.splat(-1), highs = i16x8.splat(0);
    const last = end - 16;
    for (; at <= last; at += 16) {
      const v = v128.load(at);
      lows = i16x8.min_u(lows, v);
      highs = i16x8.max_u(highs, v);
    }
    // The last vector overlaps with the one before.
    const v = v128.load(last);
    low = lowestLane(i16x8.min_u(lows, v));
    high = highestLane(i16x8.max_u(highs, v));
  } else {
    for (; at < end; at += 2) {
      const sample = <i32>load<u16>(at);
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
  }
  store<i32>(to, low);
  store<i32>(to, high, 4);
}

/** Highest difference of neighbours. */
function steepest(from: usize, end: usize): i32 {
  let most: i32 = 0, at = from;
  if (from + 18 <= end) {
    let mosts = i16x8.splat(0);
    const last = end - 18;
    for (; at + 16 <= last; at += 32) {
      mosts = i16x8.max_u(mosts, i16x8.max_u(steps(at), steps(at + 16)));
    }
    if (at <= last) mosts = i16x8.max_u(mosts, steps(at));
    return highestLane(i16x8.max_u(mosts, steps(last)));
  }
  for (; at + 4 <= end; at += 2) {
    const step = abs<i32>(<i32>load<u16>(at, 2) - <i32>load<u16>(at));
    if (step > most) most = step;
  }
  return most;
}

@inline
function steps(at: usize): v128 {
  const v = v128.load(at), w = v128.load(at, 2);
  return i16x8.sub(i16x8.max_u(v, w), i16x8.min_u(v, w));
}

function lowestLane(v: v128): i32 {
  v = i16x8.min_u(v, v128.shuffle<i64>(v, v, 1, 0));
  v = i16x8.min_u(v, v128.shuffle<i32>(v, v, 1, 0, 3, 2));
  v = i16x8.min_u(v, v128.shuffle<i16>(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
  return <i32>i16x8.extract_lane_u(v, 0);
}

function highestLane(v: v128): i32 {
  v = i16x8.max_u(v, v128.shuffle<i64>(v, v, 1, 0));
  v = i16x8.max_u(v, v128.shuffle<i32>(v, v, 1, 0, 3, 2));
  v = i16x8.max_u(v, v128.shuffle<i16>(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
  return <i32>i16x8.extract_lane_u(v, 0);
}
