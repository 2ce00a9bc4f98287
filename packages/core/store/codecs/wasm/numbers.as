// Columns of numbers of 2, 4 or 8 bytes into planes of bytes and back, with 128-bit vectors: plane k holds byte k of every number,
// and lies `k * stride` behind the first. Signed numbers are zigzagged before, times become steps. `../_numbers_test.ts` has the same
// in plain TypeScript.

// @ts-ignore: a decorator of AssemblyScript
@inline
function even(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function odd(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function zipLow(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function zipHigh(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** `n` numbers of `width` bytes into planes. */
export function splitNumbers(src: usize, n: i32, width: i32, planes: usize, stride: usize): void {
  let i = 0;
  if (width === 2) {
    for (; i + 16 <= n; i += 16) {
      const p = src + 2 * i, to = planes + i, a = v128.load(p), b = v128.load(p, 16);
      v128.store(to, even(a, b));
      v128.store(to + stride, odd(a, b));
    }
  } else if (width === 4) {
    for (; i + 16 <= n; i += 16) {
      const p = src + 4 * i, to = planes + i;
      const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
      const ab = even(a, b), cd = even(c, d), AB = odd(a, b), CD = odd(c, d);
      v128.store(to, even(ab, cd));
      v128.store(to + stride, even(AB, CD));
      v128.store(to + 2 * stride, odd(ab, cd));
      v128.store(to + 3 * stride, odd(AB, CD));
    }
  } else {
    for (; i + 16 <= n; i += 16) {
      const p = src + 8 * i, to = planes + i;
      // Bytes 0, 2, 4, 6 of the numbers, then 0, 4 and 2, 6; the odd ones likewise.
      for (let k: usize = 0; k < 2; k++) {
        const odds = k === 1;
        const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
        const e = v128.load(p, 64), f = v128.load(p, 80), g = v128.load(p, 96), h = v128.load(p, 112);
        const ab = odds ? odd(a, b) : even(a, b), cd = odds ? odd(c, d) : even(c, d);
        const ef = odds ? odd(e, f) : even(e, f), gh = odds ? odd(g, h) : even(g, h);
        const low = even(ab, cd), high = even(ef, gh), low2 = odd(ab, cd), high2 = odd(ef, gh);
        v128.store(to + k * stride, even(low, high));
        v128.store(to + (k + 4) * stride, odd(low, high));
        v128.store(to + (k + 2) * stride, even(low2, high2));
        v128.store(to + (k + 6) * stride, odd(low2, high2));
      }
    }
  }
  for (; i < n; i++) {
    for (let k: usize = 0; k < <usize>width; k++) store<u8>(planes + k * stride + i, load<u8>(src + i * width + k));
  }
}

/** Planes into `n` numbers of `width` bytes. */
export function joinNumbers(planes: usize, stride: usize, n: i32, width: i32, out: usize): void {
  let i = 0;
  if (width === 2) {
    for (; i + 16 <= n; i += 16) {
      const at = planes + i, p = out + 2 * i, a = v128.load(at), b = v128.load(at + stride);
      v128.store(p, zipLow(a, b));
      v128.store(p, zipHigh(a, b), 16);
    }
  } else if (width === 4) {
    for (; i + 16 <= n; i += 16) {
      const at = planes + i, p = out + 4 * i;
      const a = v128.load(at), b = v128.load(at + stride), c = v128.load(at + 2 * stride), d = v128.load(at + 3 * stride);
      const ac = zipLow(a, c), bd = zipLow(b, d), AC = zipHigh(a, c), BD = zipHigh(b, d);
      v128.store(p, zipLow(ac, bd));
      v128.store(p, zipHigh(ac, bd), 16);
      v128.store(p, zipLow(AC, BD), 32);
      v128.store(p, zipHigh(AC, BD), 48);
    }
  } else {
    for (; i + 16 <= n; i += 16) {
      const at = planes + i, p = out + 8 * i;
      const a = v128.load(at), b = v128.load(at + stride), c = v128.load(at + 2 * stride), d = v128.load(at + 3 * stride);
      const e = v128.load(at + 4 * stride), f = v128.load(at + 5 * stride), g = v128.load(at + 6 * stride);
      const h = v128.load(at + 7 * stride);
      for (let k: usize = 0; k < 2; k++) {
        const upper = k === 1;
        const ae = upper ? zipHigh(a, e) : zipLow(a, e), bf = upper ? zipHigh(b, f) : zipLow(b, f);
        const cg = upper ? zipHigh(c, g) : zipLow(c, g), dh = upper ? zipHigh(d, h) : zipLow(d, h);
        const low = zipLow(ae, cg), high = zipHigh(ae, cg), low2 = zipLow(bf, dh), high2 = zipHigh(bf, dh);
        const to = p + 64 * k;
        v128.store(to, zipLow(low, low2));
        v128.store(to, zipHigh(low, low2), 16);
        v128.store(to, zipLow(high, high2), 32);
        v128.store(to, zipHigh(high, high2), 48);
      }
    }
  }
  for (; i < n; i++) {
    for (let k: usize = 0; k < <usize>width; k++) store<u8>(out + i * width + k, load<u8>(planes + k * stride + i));
  }
}

/** Zigzag `bytes` (up to 15 behind them too) of signed numbers in place: 0, -1, 1, -2 become 0, 1, 2, 3. */
export function zigzag(at: usize, bytes: i32, width: i32): void {
  const end = at + bytes;
  if (width === 2) {
    for (; at < end; at += 16) {
      const x = v128.load(at);
      v128.store(at, v128.xor(i16x8.shl(x, 1), i16x8.shr_s(x, 15)));
    }
  } else if (width === 4) {
    for (; at < end; at += 16) {
      const x = v128.load(at);
      v128.store(at, v128.xor(i32x4.shl(x, 1), i32x4.shr_s(x, 31)));
    }
  } else {
    for (; at < end; at += 16) {
      const x = v128.load(at);
      v128.store(at, v128.xor(i64x2.shl(x, 1), i64x2.shr_s(x, 63)));
    }
  }
}

/** Undo it. */
export function unzigzag(at: usize, bytes: i32, width: i32): void {
  const end = at + bytes;
  if (width === 2) {
    const one = i16x8.splat(1);
    for (; at < end; at += 16) {
      const z = v128.load(at);
      v128.store(at, v128.xor(i16x8.shr_u(z, 1), i16x8.neg(v128.and(z, one))));
    }
  } else if (width === 4) {
    const one = i32x4.splat(1);
    for (; at < end; at += 16) {
      const z = v128.load(at);
      v128.store(at, v128.xor(i32x4.shr_u(z, 1), i32x4.neg(v128.and(z, one))));
    }
  } else {
    const one = i64x2.splat(1);
    for (; at < end; at += 16) {
      const z = v128.load(at);
      v128.store(at, v128.xor(i64x2.shr_u(z, 1), i64x2.neg(v128.and(z, one))));
    }
  }
}

/** A double below 2^51 plus this has that number, as an integer, in its lowest bits: above those of this itself. */
const TO_BITS: f64 = 6755399441055744; // 2^52 + 2^51
const BITS: i64 = 0x4338000000000000;
const FAR: f64 = 2251799813685248; // 2^51

/** Times `origin + offset`, the offsets as doubles, as zigzagged steps from one to the next to another place. Gives the last time. */
export function timesToSteps(at: usize, n: i32, origin: i64, before: i64, to: usize): i64 {
  const none = i64x2.splat(0), toBits = f64x2.splat(TO_BITS), bits = i64x2.splat(BITS);
  let last = i64x2.splat(before - origin), most = f64x2.splat(0), same = i64x2.splat(-1), i = 0;
  for (; i + 2 <= n; i += 2) {
    const x = v128.load(at + 8 * i), sum = f64x2.add(x, toBits);
    most = f64x2.pmax(most, f64x2.abs(x));
    same = v128.and(same, f64x2.eq(f64x2.sub(sum, toBits), x));
    const now = i64x2.sub(sum, bits), step = i64x2.sub(now, i64x2.shuffle(last, now, 1, 2));
    v128.store(to + 8 * i, v128.xor(i64x2.shl(step, 1), i64x2.lt_s(step, none)));
    last = now;
  }
  const isNear = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)) < FAR;
  if (isNear && i64x2.all_true(same)) before = origin + i64x2.extract_lane(last, 1);
  else i = 0; // all of them, one by one
  for (; i < n; i++) {
    const time = origin + <i64>load<f64>(at + 8 * i), step = time - before;
    store<i64>(to + 8 * i, (step << 1) ^ (step >> 63));
    before = time;
  }
  return before;
}

/** Undo it: times, in place. Gives the last one. */
export function stepsToTimes(at: usize, n: i32, before: i64): i64 {
  for (let i = 0; i < n; i++) {
    const z = load<u64>(at + 8 * i);
    before += <i64>(z >> 1) ^ -<i64>(z & 1);
    store<i64>(at + 8 * i, before);
  }
  return before;
}

/** The same, but what is stored are doubles that count from `origin`; `wasFar()` says whether one was beyond 2^53. */
export function stepsToOffsets(at: usize, n: i32, before: i64, origin: i64): i64 {
  let most: i64 = 0;
  for (let i = 0; i < n; i++) {
    const z = load<u64>(at + 8 * i);
    before += <i64>(z >> 1) ^ -<i64>(z & 1);
    const offset = before - origin;
    // The second term is -1 where the difference does not fit 64 bits.
    most |= offset ^ (offset >> 63) | (((before ^ origin) & (before ^ offset)) >> 63);
    store<f64>(at + 8 * i, <f64>offset);
  }
  if (<u64>most >= 1 << 53) far = true;
  return before;
}

let far = false;

/** Whether an offset was too large since the last question. */
export function wasFar(): bool {
  const was = far;
  far = false;
  return was;
}
