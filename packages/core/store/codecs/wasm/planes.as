// Samples of 16 bits into two planes of bytes (`join_rows.as`: and back), with 128-bit vectors, in AssemblyScript. `build.ts` makes `planes.wasm`
// of it. Addresses are those of the memory, which the caller divides; `offsets` are `rows + 1` positions in samples, counted from anywhere.
//
// A sample `x` of a row with the base `b` becomes `d = x - b` (modulo 2^16, as a signed number), `z = (d << 1) ^ (d >> 15)`, and the
// two bytes of `z`. `../_planes_test.ts` has the same in plain TypeScript.

export { splitNumbers, timesToSteps, zigzag } from "./numbers";
export { coderSize, forgetCode, makeCoder, packBlock } from "./zstd_block";

/** Address behind what the module itself uses. */
export function heapBase(): usize {
  return __heap_base;
}

/** 16 words of ones, then 16 of zeros: from word `16 - n` on, the first `n` of 16 are ones. */
const ONES = memory.data<u16>([
  65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

// @ts-ignore: a decorator of AssemblyScript
@inline
function sumOf(a: v128, b: v128, signed: bool): i32 {
  const sums = signed
    ? i32x4.add(i32x4.extadd_pairwise_i16x8_s(a), i32x4.extadd_pairwise_i16x8_s(b))
    : i32x4.add(i32x4.extadd_pairwise_i16x8_u(a), i32x4.extadd_pairwise_i16x8_u(b));
  const two = i32x4.add(sums, i64x2.shr_u(sums, 32));
  return i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 2);
}

/** The mean of `n` samples that have this sum. Halves go up, also below 0. */
function meanOf(sum: i32, n: i32): i32 {
  const twice = 2 * sum + n;
  return twice >= 0 ? <i32>(<u32>twice / <u32>(2 * n)) : -<i32>(<u32>(2 * n - 1 - twice) / <u32>(2 * n));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function zigzagged(x: v128, base: v128): v128 {
  const d = i16x8.sub(x, base);
  return v128.xor(i16x8.shl(d, 1), i16x8.shr_s(d, 15));
}

/**
 * Samples into planes; the bases of their rows go to `bases`, but for a first row that goes on. A row's base is the mean of its first
 * 16 samples (of all, where there are fewer), where a waveform has its baseline. Gives 0 where every byte of the high plane is 0.
 *
 * Rows are `width` samples long or, where `offsets` is not 0, lie between these. 32 bytes behind the samples are read, and 15 behind
 * each plane are written.
 */
export function splitRows(
  samples: usize, offsets: usize, width: i32, rows: i32, bases: usize, signed: bool, goesOn: bool, low: usize,
  high: usize,
): i32 {
  const byte = i16x8.splat(255);
  let seen = i16x8.splat(0), x = samples, lo = low, hi = high;
  for (let row = 0; row < rows; row++) {
    const p = offsets + (<usize>row << 2), to = bases + (<usize>row << 1);
    const n = offsets === 0 ? width : <i32>(load<u32>(p, 4) - load<u32>(p)), ownBase = row > 0 || !goesOn;
    if (n >= 16) {
      if (ownBase) store<u16>(to, (sumOf(v128.load(x), v128.load(x, 16), signed) + 8) >> 4);
      const base = i16x8.splat(load<i16>(to));
      // The last 16 samples may be some of those before once more.
      for (let i = 0, last = n - 16;; i = min(i + 16, last)) {
        const at = x + (<usize>i << 1);
        const z0 = zigzagged(v128.load(at), base), z1 = zigzagged(v128.load(at, 16), base);
        v128.store(lo + i, i8x16.narrow_i16x8_u(v128.and(z0, byte), v128.and(z1, byte)));
        v128.store(hi + i, i8x16.narrow_i16x8_u(i16x8.shr_u(z0, 8), i16x8.shr_u(z1, 8)));
        seen = v128.or(seen, v128.or(z0, z1));
        if (i === last) break;
      }
    } else if (n > 0) {
      // What is written behind the row is the next one's.
      const own = ONES + (<usize>(16 - n) << 1), own0 = v128.load(own), own1 = v128.load(own, 16);
      const a = v128.and(v128.load(x), own0), b = v128.and(v128.load(x, 16), own1);
      if (ownBase) store<u16>(to, meanOf(sumOf(a, b, signed), n));
      const base = i16x8.splat(load<i16>(to));
      const z0 = v128.and(zigzagged(a, base), own0), z1 = v128.and(zigzagged(b, base), own1);
      v128.store(lo, i8x16.narrow_i16x8_u(v128.and(z0, byte), v128.and(z1, byte)));
      v128.store(hi, i8x16.narrow_i16x8_u(i16x8.shr_u(z0, 8), i16x8.shr_u(z1, 8)));
      seen = v128.or(seen, v128.or(z0, z1));
    } else if (ownBase) store<u16>(to, 0);
    x += <usize>n << 1;
    lo += n;
    hi += n;
  }
  const sum = v128.or(seen, i64x2.shr_u(seen, 32));
  return (i32x4.extract_lane(sum, 0) | i32x4.extract_lane(sum, 2)) & 0xff00ff00;
}
