// Two planes of bytes back into samples of 16 bits, with 128-bit vectors, in AssemblyScript: see `planes.as`.

const ONE: v128 = i16x8.splat(1), NONE: v128 = i16x8.splat(0);

/** 16 samples. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function join16(l: v128, h: v128, b: v128, to: usize): void {
  const z0 = i8x16.shuffle(l, h, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const z1 = i8x16.shuffle(l, h, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const d0 = v128.xor(i16x8.shr_u(z0, 1), i16x8.sub(NONE, v128.and(z0, ONE)));
  const d1 = v128.xor(i16x8.shr_u(z1, 1), i16x8.sub(NONE, v128.and(z1, ONE)));
  v128.store(to, i16x8.add(d0, b));
  v128.store(to, i16x8.add(d1, b), 16);
}

/** `n` samples of one row. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function join(low: usize, high: usize, hasHigh: bool, n: i32, base: u32, to: usize): void {
  const b = i16x8.splat(<i16>base);
  if (n >= 16) {
    for (let i = 0; i + 16 <= n; i += 16) {
      join16(v128.load(low + i), hasHigh ? v128.load(high + i) : NONE, b, to + (<usize>i << 1));
    }
    // The last 16 once more, unless they were whole.
    const last = n - 16;
    if ((n & 15) !== 0) join16(v128.load(low + last), hasHigh ? v128.load(high + last) : NONE, b, to + (<usize>last << 1));
    return;
  }
  for (let i = 0; i < n; i++) {
    const z = <u32>load<u8>(low + i) | (hasHigh ? <u32>load<u8>(high + i) << 8 : 0);
    store<u16>(to + (<usize>i << 1), ((z >> 1) ^ (0 - (z & 1))) + base);
  }
}

/**
 * Planes into the samples of `rows` rows: of `width` samples, or, where `offsets` is not 0, as far apart as the numbers there say, whose
 * first is where `low` and `high` are. Without `hasHigh` the high plane is 0 and not looked at.
 */
export function joinRows(
  low: usize, high: usize, hasHigh: bool, offsets: usize, width: i32, rows: i32, bases: usize, to: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const n = offsets === 0 ? width : load<i32>(offsets + (<usize>row << 2), 4) - load<i32>(offsets + (<usize>row << 2));
    const base = <u32>load<u16>(bases + (<usize>row << 1));
    if (hasHigh) join(low, high, true, n, base, to);
    else join(low, high, false, n, base, to);
    low += n;
    high += n;
    to += <usize>n << 1;
  }
}
