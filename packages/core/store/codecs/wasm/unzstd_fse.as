// Tables of FSE codes (RFC 8878, 4.1), for reading.

/** Counts of symbols as `readCounts` finds them, 16 bits each; log2 of the states and how many symbols have one. */
export const COUNTS: usize = 0x5800, LOG: usize = 0x5ff0, SYMBOLS: usize = 0x5ff4;

const next = memory.data(2 * 64), spread = memory.data(512);

/** Reads counts of at most `most` symbols into `COUNTS`. Gives the end of what describes them, or 0 where they are damaged. */
export function readCounts(at: usize, end: usize, most: i32, mostLog: i32): i32 {
  if (at >= end) return 0;
  const log = (<i32>load<u8>(at) & 15) + 5;
  if (log > mostLog) return 0;
  let bit: usize = 4, left = (1 << log) + 1, threshold = 1 << log, bits = log + 1, s = 0, afterZero = false;
  const limit = (end - at) << 3;
  while (left > 1 && s < most) {
    if (bit > limit) return 0;
    let word = load<u32>(at + (bit >> 3)) >> <u32>(bit & 7);
    if (afterZero) {
      // Two bits say how many more symbols don't occur; 3: and so do the next two bits.
      let more = 0;
      do {
        more = <i32>word & 3;
        bit += 2;
        if (bit > limit) return 0;
        word = load<u32>(at + (bit >> 3)) >> <u32>(bit & 7);
        for (let k = 0; k < more && s < most; k++) store<i16>((s++ << 1), 0, COUNTS);
      } while (more === 3);
      if (s >= most) return 0;
    }
    const room = 2 * threshold - 1 - left;
    let value = <i32>word & (threshold - 1);
    if (value < room) bit += bits - 1;
    else {
      value = <i32>word & (2 * threshold - 1);
      if (value >= threshold) value -= room;
      bit += bits;
    }
    const count = value - 1;
    left -= count < 0 ? 1 : count;
    store<i16>((s++ << 1), count, COUNTS);
    afterZero = count === 0;
    while (left < threshold && threshold > 1) {
      bits--;
      threshold >>= 1;
    }
  }
  if (left !== 1 || bit > limit) return 0;
  store<u32>(0, log, LOG);
  store<u32>(0, s, SYMBOLS);
  return <i32>(at + (bit + 7 >> 3));
}

/**
 * The table of counts of `n` symbols: an entry of 8 bytes a state, with what `meaning` says of its symbol (lowest value, bits that are
 * added), the bits to the next state and that state's lowest number.
 */
export function buildFse(counts: usize, n: i32, log: i32, table: usize, meaning: usize): void {
  const size = 1 << log, mask = size - 1, step = (size >> 1) + (size >> 3) + 3;
  let high = mask;
  for (let s = 0; s < n; s++) {
    const count = <i32>load<i16>(counts + 2 * s);
    if (count === -1) {
      store<u8>(spread + high--, s);
      store<u16>(next + 2 * s, 1);
    } else store<u16>(next + 2 * s, count);
  }
  let at = 0;
  for (let s = 0; s < n; s++) {
    for (let k = 0, count = <i32>load<i16>(counts + 2 * s); k < count; k++) {
      store<u8>(spread + at, s);
      do at = (at + step) & mask; while (at > high);
    }
  }
  for (let u = 0; u < size; u++) {
    const s = <usize>load<u8>(spread + u), x = <i32>load<u16>(next + 2 * s);
    store<u16>(next + 2 * s, x + 1);
    const bits = log - (31 - clz(x)), p = table + 8 * u;
    store<u32>(p, load<u32>(meaning + 8 * s));
    store<u32>(p, bits | ((x << bits) - size) << 8 | load<u32>(meaning + 8 * s, 4) << 24, 4);
  }
}
