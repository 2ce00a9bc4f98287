// Samples of 16 bits into two planes of bytes (`join_rows.as`: and back), with 128-bit vectors, in AssemblyScript. `build.ts` makes `planes.wasm`
// of it. Addresses are those of the memory, which the caller divides; `offsets` are `rows + 1` positions in samples.
//
// A sample `x` of a row with the base `b` becomes `d = x - b` (modulo 2^16, as a signed number), `z = (d << 1) ^ (d >> 15)`, and the
// two bytes of `z`. `../_planes_test.ts` has the same in plain TypeScript.

export {
  joinNumbers, splitNumbers, stepsToOffsets, stepsToTimes, timesToSteps, unzigzag, wasFar, zigzag,
} from "./numbers";
export { packBlock } from "./zstd_block";

/** Address behind what the module itself uses. */
export function heapBase(): usize {
  return __heap_base;
}

/** The mean of a row's first 16 samples (of all, where there are fewer), where a waveform has its baseline. */
function baseOf(x: usize, n: i32, signed: bool): i32 {
  const m = min(n, 16);
  if (m === 0) return 0;
  let sum = 0;
  if (m === 16) {
    const a = v128.load(x), b = v128.load(x, 16);
    const sums = signed
      ? i32x4.add(i32x4.extadd_pairwise_i16x8_s(a), i32x4.extadd_pairwise_i16x8_s(b))
      : i32x4.add(i32x4.extadd_pairwise_i16x8_u(a), i32x4.extadd_pairwise_i16x8_u(b));
    sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3);
    return (sum + 8) >> 4;
  }
  for (let i = 0; i < m; i++) {
    sum += signed ? <i32>load<i16>(x + (<usize>i << 1)) : <i32>load<u16>(x + (<usize>i << 1));
  }
  // Halves go up, also below 0.
  const twice = 2 * sum + m;
  return twice >= 0 ? twice / (2 * m) : -((2 * m - 1 - twice) / (2 * m));
}

/** Samples into planes; their bases go to `bases`, but for a first row that goes on. Gives 0 where every byte of the high plane is 0. */
export function splitRows(
  samples: usize, offsets: usize, rows: i32, bases: usize, signed: bool, goesOn: bool, low: usize, high: usize,
): i32 {
  const byte = i16x8.splat(255);
  let seen = i16x8.splat(0), rest: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const first = load<u32>(offsets + (<usize>row << 2)), n = <i32>(load<u32>(offsets + (<usize>row << 2) + 4) - first);
    const x = samples + (<usize>first << 1), lo = low + first, hi = high + first;
    if (row > 0 || !goesOn) store<u16>(bases + (<usize>row << 1), baseOf(x, n, signed));
    const base = load<u16>(bases + (<usize>row << 1));
    const b = i16x8.splat(base);
    let i = 0;
    for (; i + 16 <= n; i += 16) {
      const at = x + (<usize>i << 1);
      const d0 = i16x8.sub(v128.load(at), b), d1 = i16x8.sub(v128.load(at, 16), b);
      const z0 = v128.xor(i16x8.shl(d0, 1), i16x8.shr_s(d0, 15));
      const z1 = v128.xor(i16x8.shl(d1, 1), i16x8.shr_s(d1, 15));
      v128.store(lo + i, i8x16.narrow_i16x8_u(v128.and(z0, byte), v128.and(z1, byte)));
      v128.store(hi + i, i8x16.narrow_i16x8_u(i16x8.shr_u(z0, 8), i16x8.shr_u(z1, 8)));
      seen = v128.or(seen, v128.or(z0, z1));
    }
    for (; i < n; i++) {
      const d = <i32><i16>(load<u16>(x + (<usize>i << 1)) - base);
      const z = <u32>((d << 1) ^ (d >> 15));
      store<u8>(lo + i, z);
      store<u8>(hi + i, z >> 8);
      rest |= z;
    }
  }
  const sum = v128.or(seen, i64x2.shr_u(seen, 32));
  const words = i32x4.extract_lane(sum, 0) | i32x4.extract_lane(sum, 2);
  return (words & 0xff00ff00) | (rest & 0xff00);
}
