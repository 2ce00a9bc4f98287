// Bytes into blocks of zstd's format (RFC 8878), in AssemblyScript: runs of one byte as matches at offset 1, what is between them
// in Huffman's code. Noise holds no other repetition, and to look for it takes zstd itself most of its time.
//
// A block depends on its own bytes and, where these are as the ones before, on their code. Sequences use the predefined tables, with the offset's in RLE mode: it is always "as the
// last one", which is 1 from the start of a frame. `../_planes_test.ts` lets two decoders undo it.

/** Most bytes of a block. */
export const MOST: i32 = 1 << 17;
/** Shortest run that becomes a match: a shorter one is cheaper as literals. */
const RUN: i32 = 16;
/** Literals are coded in at most so many bits each, where that saves one of 2^5 bytes: others are read many times as fast. */
const DENSE: f64 = 8 - 8 / 32.0;
/** Bytes from which a part of them is counted. */
const SAMPLED: i32 = 1 << 14;
/** Longest Huffman code. */
const BITS: i32 = 11;
/** log2 of the states of every FSE code here. */
const LOG: u32 = 6;

// Static memory.
const counts = memory.data(4 * 1024, 16); // four histograms of 256
const lengths = memory.data(256); // of Huffman codes; 0: the byte does not occur
const codes = memory.data(8 * 256, 16); // code at the top of 64 bits, its length in the lowest byte
const order = memory.data(4 * 512); // symbols by count; then nodes of the tree
const weights = memory.data(256);
const llStates = memory.data(2 * 64), llSymbols = memory.data(8 * 36);
const mlStates = memory.data(2 * 64), mlSymbols = memory.data(8 * 53);
const wStates = memory.data(2 * 64), wSymbols = memory.data(8 * 16);
const norm = memory.data(64), cumul = memory.data(2 * 64), spread = memory.data(64);
const literals = memory.data(131072 + 16, 16);
const runs = memory.data(8 * 8192); // literals before, length
const logs = memory.data(2 * 256, 2); // log2 of 1 to 2, in 2^-16
let ready = false;

// A coder is where the code of a frame's blocks is kept, at an address of the caller's.
/** Bytes that a coder takes. */
const CODER: i32 = 32 + 256 + 8 * 256;
/** Bytes that its table of pairs takes. */
const PAIRS: i32 = 8 << 16;
/** Bytes of the tree that blocks before have told; 0: none has. */
const TREE: usize = 0;
/** Where there is room for the table of pairs, 0 without; and whether it is made. */
const ROOM: usize = 4, PAIRED: usize = 8;
/** The highest byte that has a code; and whether all up to it have one. */
const TOP: usize = 12, ALL: usize = 24;
/** What the code takes of the bytes that it was made for, to their entropy. */
const EXCESS: usize = 16;
const LENGTHS: usize = 32, CODES: usize = 32 + 256;
/** Literals from which pairs of them are looked up. */
const MANY: i32 = 1 << 15;
/** By how much more a code of other bytes may take than their own. */
const LOSS: f64 = 1 / 256.0;

/** Bytes that a coder takes, with the table of pairs if it shall have one. */
export function coderSize(pairs: bool): i32 {
  return pairs ? CODER + PAIRS : CODER;
}

/** Makes a coder there. */
export function makeCoder(coder: usize, pairs: bool): void {
  store<u32>(coder, pairs ? coder + CODER : 0, ROOM);
  forgetCode(coder);
}

/** A new frame begins. */
export function forgetCode(coder: usize): void {
  store<u32>(coder, 0, TREE);
}

const LL_NORM = memory.data<i8>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]);
const ML_NORM = memory.data<i8>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);

// @ts-ignore: a decorator of AssemblyScript
@inline
function highBit(x: u32): u32 {
  return 31 - clz(x);
}

/** Tables of an FSE code of 64 states, from normalized counts of `n` symbols. */
function buildStates(parts: usize, n: i32, states: usize, symbols: usize): void {
  const size = 1 << LOG, step = (size >> 1) + (size >> 3) + 3;
  let high = size - 1, sum = 0;
  for (let s = 0; s < n; s++) {
    store<u16>(cumul + 2 * s, sum);
    const count = <i32>load<i8>(parts + s);
    if (count === -1) {
      store<u8>(spread + high--, s);
      sum++;
    } else sum += count;
  }
  let at = 0;
  for (let s = 0; s < n; s++) {
    for (let k = 0, count = <i32>load<i8>(parts + s); k < count; k++) {
      store<u8>(spread + at, s);
      do at = (at + step) & (size - 1); while (at > high);
    }
  }
  for (let u = 0; u < size; u++) {
    const p = cumul + 2 * <usize>load<u8>(spread + u);
    const place = load<u16>(p);
    store<u16>(states + 2 * <usize>place, size + u);
    store<u16>(p, place + 1);
  }
  let total = 0;
  for (let s = 0; s < n; s++) {
    const count = <i32>load<i8>(parts + s);
    let bits = 0, find = 0;
    if (count === 0) bits = ((LOG + 1) << 16) - size;
    else if (count === -1 || count === 1) {
      bits = (LOG << 16) - size;
      find = total++ - 1;
    } else {
      const most = LOG - highBit(count - 1);
      bits = (most << 16) - (count << most);
      find = total - count;
      total += count;
    }
    store<i32>(symbols + 8 * s, bits);
    store<i32>(symbols + 8 * s, find, 4);
  }
}

/** First state for a symbol. */
function firstState(states: usize, symbols: usize, s: i32): u32 {
  const delta = load<i32>(symbols + 8 * s);
  const bits = (delta + (1 << 15)) >> 16;
  return load<u16>(states + 2 * (((bits << 16) - delta >> bits) + load<i32>(symbols + 8 * s, 4)));
}

// Bits that are being written: from the lowest up, bytes when they are full.
let held: u64 = 0, heldBits: u32 = 0, to: usize = 0;

// @ts-ignore: a decorator of AssemblyScript
@inline
function put(value: u32, bits: u32): void {
  held |= (<u64>value & ((<u64>1 << bits) - 1)) << heldBits;
  heldBits += bits;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function flush(): void {
  store<u64>(to, held);
  to += heldBits >> 3;
  held >>= heldBits & ~7;
  heldBits &= 7;
}

/** The mark behind the last bit. */
function close(): void {
  put(1, 1);
  flush();
  if (heldBits > 0) to++;
  held = 0;
  heldBits = 0;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function nextState(state: u32, states: usize, symbols: usize, s: i32): u32 {
  const bits = (state + load<i32>(symbols + 8 * s)) >> 16;
  put(state, bits);
  return load<u16>(states + 2 * (<i32>(state >> bits) + load<i32>(symbols + 8 * s, 4)));
}

function llCode(n: u32): i32 {
  if (n < 16) return n;
  if (n > 63) return highBit(n) + 19;
  if (n < 24) return 16 + ((n - 16) >> 1);
  if (n < 32) return 20 + ((n - 24) >> 2);
  return n < 48 ? 22 + ((n - 32) >> 3) : 24;
}

function llBits(code: i32): u32 {
  if (code < 16) return 0;
  if (code < 20) return 1;
  return code < 25 ? (code < 22 ? 2 : code < 24 ? 3 : 4) : code - 19;
}

function mlCode(n: u32): i32 {
  if (n < 32) return n;
  if (n > 127) return highBit(n) + 36;
  if (n < 40) return 32 + ((n - 32) >> 1);
  if (n < 48) return 36 + ((n - 40) >> 2);
  if (n < 64) return 38 + ((n - 48) >> 3);
  return n < 96 ? 40 + ((n - 64) >> 4) : 42;
}

function mlBits(code: i32): u32 {
  if (code < 32) return 0;
  if (code < 36) return 1;
  if (code < 40) return code < 38 ? 2 : 3;
  return code < 42 ? 4 : code === 42 ? 5 : code - 36;
}

let found: i32 = 0;

/** Literals behind those there are; up to 15 bytes behind them change too. */
function keep(src: usize, n: i32): void {
  const at = literals + found;
  for (let i = 0; i < n; i += 16) v128.store(at + i, v128.load(src + i));
  found += n;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function sameAsBefore(at: usize): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(at - 1)));
}

/** Finds runs; where there are any, what is between them goes into `literals`. Gives their number, and that of literals in `found`. */
function findRuns(src: usize, n: i32): i32 {
  const stop = src + n;
  let count = 0, from = src, at = src + 1, first = at;
  found = 0;
  while (at + 16 <= stop) {
    // Eight of them tell most of the time.
    if (load<u64>(at) !== load<u64>(at - 1) || sameAsBefore(at) !== 0xffff) {
      at += 16;
      continue;
    }
    // Which of the 16 bytes before are as the ones before them, if they were looked at.
    const before: u32 = at === first ? 0 : sameAsBefore(at - 16);
    const start = at - <usize>clz(~(before << 16));
    let end = at + 16;
    for (; end + 16 <= stop; end += 16) {
      const more = sameAsBefore(end);
      if (more === 0xffff) continue;
      end += <usize>ctz(~more);
      break;
    }
    while (end < stop && load<u8>(end) === load<u8>(end - 1)) end++;
    keep(from, <i32>(start - from));
    store<u32>(runs + 8 * count, <u32>(start - from));
    store<u32>(runs + 8 * count, <u32>(end - start), 4);
    count++;
    from = end;
    at = first = end + 1;
  }
  if (count > 0) keep(from, <i32>(stop - from));
  else found = n;
  return count;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function countWord(x: u64): void {
  let p = <usize>(x & 255) << 2;
  store<u32>(p, load<u32>(p, counts) + 1, counts);
  p = <usize>(x >> 8 & 255) << 2;
  store<u32>(p, load<u32>(p, counts + 1024) + 1, counts + 1024);
  p = <usize>(x >> 16 & 255) << 2;
  store<u32>(p, load<u32>(p, counts + 2048) + 1, counts + 2048);
  p = <usize>(x >> 24 & 255) << 2;
  store<u32>(p, load<u32>(p, counts + 3072) + 1, counts + 3072);
  p = <usize>(x >> 32 & 255) << 2;
  store<u32>(p, load<u32>(p, counts) + 1, counts);
  p = <usize>(x >> 40 & 255) << 2;
  store<u32>(p, load<u32>(p, counts + 1024) + 1, counts + 1024);
  p = <usize>(x >> 48 & 255) << 2;
  store<u32>(p, load<u32>(p, counts + 2048) + 1, counts + 2048);
  p = <usize>(x >> 56) << 2;
  store<u32>(p, load<u32>(p, counts + 3072) + 1, counts + 3072);
}

/** Adds up the histograms in the first one. Gives how many bytes occur. */
function addCounts(): i32 {
  let kinds = 0;
  for (let s: usize = 0; s < 1024; s += 16) {
    const p = counts + s;
    const sum = i32x4.add(
      i32x4.add(v128.load(p), v128.load(p, 1024)),
      i32x4.add(v128.load(p, 2048), v128.load(p, 3072)),
    );
    v128.store(p, sum);
    kinds += popcnt<i32>(i32x4.bitmask(i32x4.neg(sum)));
  }
  return kinds;
}

function highestByte(src: usize, n: i32): i32 {
  let most = i8x16.splat(0), i = 0;
  for (; i + 16 <= n; i += 16) most = i8x16.max_u(most, v128.load(src + i));
  let highest = 0;
  for (; i < n; i++) highest = max(highest, <i32>load<u8>(src + i));
  for (let shift = 0; shift < 4; shift++) {
    const part = shift === 0
      ? i32x4.extract_lane(most, 0)
      : shift === 1
      ? i32x4.extract_lane(most, 1)
      : shift === 2
      ? i32x4.extract_lane(most, 2)
      : i32x4.extract_lane(most, 3);
    for (let k = 0; k < 32; k += 8) highest = max(highest, part >> k & 255);
  }
  return highest;
}

/** Whether a part of the bytes was counted: any up to the highest may be among the others. */
let partly = false;

/**
 * Counts of the bytes: the first of the histograms. Gives the highest byte.
 *
 * Of many bytes a part is counted, here and there, if it has at least half of those up to the highest.
 *
 * @param log 64 of 2^log bytes are counted.
 */
function countBytes(src: usize, n: i32, log: u32): i32 {
  const most = highestByte(src, n);
  memory.fill(counts, 0, 4096);
  partly = false;
  if (n >= SAMPLED) {
    for (let k: u32 = 0; k < <u32>n >> log; k++) {
      const at = src + (k << log) + (k * 0x9e3779b1 >> (38 - log) << 6);
      for (let i: usize = 0; i < 64; i += 8) countWord(load<u64>(at + i));
    }
    partly = 2 * addCounts() > most;
    if (partly) return most;
    memory.fill(counts, 0, 4096);
  }
  let i = 0;
  for (; i + 8 <= n; i += 8) countWord(load<u64>(src + i));
  for (; i < n; i++) {
    const p = counts + (<usize>load<u8>(src + i) << 2);
    store<u32>(p, load<u32>(p) + 1);
  }
  addCounts();
  return most;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function timesOf(s: i32): u32 {
  const times = load<u32>(counts + (<usize>s << 2));
  return partly ? max<u32>(times, 1) : times;
}

/** Lengths of Huffman codes of at most 11 bits for the bytes that there may be. Gives how many they are; none is coded below 2. */
function codeLengths(most: i32): i32 {
  memory.fill(lengths, 0, 256);
  // Sorted by count, ascending, by symbol where equal: count and symbol in one number, first by the count's highest bit.
  const tree = order + 1024;
  memory.fill(tree, 0, 256);
  for (let s = 0; s <= most; s++) {
    const times = timesOf(s);
    if (times === 0) continue;
    const p = tree + (<usize>highBit(times) << 3);
    store<u32>(p, load<u32>(p) + 1);
  }
  let n = 0;
  for (let bit: usize = 0; bit < 32; bit++) {
    const here = <i32>load<u32>(tree + (bit << 3));
    store<u32>(tree + (bit << 3), n);
    store<u32>(tree + (bit << 3), n, 4);
    n += here;
  }
  for (let s = 0; s <= most; s++) {
    const times = timesOf(s);
    if (times === 0) continue;
    const key = times << 8 | s, p = tree + (<usize>highBit(times) << 3);
    const start = <i32>load<u32>(p, 4);
    let at = <i32>load<u32>(p);
    store<u32>(p, at + 1);
    while (at > start && load<u32>(order + 4 * (at - 1)) > key) {
      store<u32>(order + 4 * at, load<u32>(order + 4 * (at - 1)));
      at--;
    }
    store<u32>(order + 4 * at, key);
  }
  if (n < 2) return n;
  // Moffat and Katajainen, in place: `tree` becomes the lengths of the sorted symbols, the longest first.
  for (let k = 0; k < n; k++) store<u32>(tree + 4 * k, load<u32>(order + 4 * k) >> 8);
  let root = 0, leaf = 0;
  for (let next = 0; next < n - 1; next++) {
    let sum: u32 = 0;
    for (let k = 0; k < 2; k++) {
      if (leaf >= n || (root < next && load<u32>(tree + 4 * root) < load<u32>(tree + 4 * leaf))) {
        sum += load<u32>(tree + 4 * root);
        store<u32>(tree + 4 * root++, next);
      } else sum += load<u32>(tree + 4 * leaf++);
    }
    store<u32>(tree + 4 * next, sum);
  }
  store<u32>(tree + 4 * (n - 2), 0);
  for (let k = n - 3; k >= 0; k--) {
    store<u32>(tree + 4 * k, load<u32>(tree + 4 * load<u32>(tree + 4 * k)) + 1);
  }
  let free = 1, depth: u32 = 0, at = n - 1;
  root = n - 2;
  while (free > 0) {
    let used = 0;
    while (root >= 0 && load<u32>(tree + 4 * root) === depth) {
      used++;
      root--;
    }
    while (free > used) {
      store<u32>(tree + 4 * at--, depth);
      free--;
    }
    free = 2 * used;
    depth++;
  }
  limit(tree, n);
  for (let k = 0; k < n; k++) store<u8>(lengths + <u8>load<u32>(order + 4 * k), load<u32>(tree + 4 * k));
  return n;
}

/** Makes no length longer than 11 bits, and the code complete. */
function limit(tree: usize, n: i32): void {
  if (load<u32>(tree) <= <u32>BITS) return;
  const full = 1 << BITS;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    if (load<u32>(tree + 4 * k) > <u32>BITS) store<u32>(tree + 4 * k, BITS);
    sum += full >> load<u32>(tree + 4 * k);
  }
  // Too much is given away: longer codes where that costs least for what it frees. Of each length the rarest comes first: where
  // they begin is in `cumul`, where they end 16 numbers on.
  memory.fill(cumul, 0, 64);
  for (let k = 0; k < n; k++) {
    const p = cumul + 2 * <usize>load<u32>(tree + 4 * k);
    store<u16>(p, load<u16>(p) + 1);
  }
  for (let length = BITS - 1, before = <u32>load<u16>(cumul + 2 * BITS); length > 0; length--) {
    const p = cumul + 2 * length, here = <u32>load<u16>(p);
    store<u16>(p, before);
    before += here;
    store<u16>(p, before, 32);
  }
  while (sum > full) {
    let best = 0, least: u64 = 0xffffffffffffffff;
    for (let length = 1; length < BITS; length++) {
      const p = cumul + 2 * length, first = <usize>load<u16>(p);
      if (first === <usize>load<u16>(p, 32)) continue;
      const costs = <u64>(load<u32>(order + 4 * first) >> 8) << length;
      if (costs >= least) continue;
      least = costs;
      best = length;
    }
    const p = cumul + 2 * best, first = <usize>load<u16>(p);
    store<u32>(tree + 4 * first, best + 1);
    store<u16>(p, first + 1);
    if (best + 1 < BITS) store<u16>(p, first + 1, 34);
    sum -= full >> (best + 1);
  }
  // What that left over goes to the most frequent that it is enough for.
  while (sum < full) {
    for (let k = n - 1; k >= 0 && sum < full; k--) {
      const length = load<u32>(tree + 4 * k), costs = full >> length;
      if (length > 1 && costs <= full - sum) {
        store<u32>(tree + 4 * k, length - 1);
        sum += costs;
      }
    }
  }
}

/** The codes of the lengths. Gives the longest length. */
function makeCodes(most: i32): i32 {
  let longest = 0;
  memory.fill(cumul, 0, 64);
  for (let s = 0; s <= most; s++) {
    const length = <i32>load<u8>(lengths + s);
    if (length > longest) longest = length;
    if (length > 0) store<u16>(cumul + 2 * length, load<u16>(cumul + 2 * length) + 1);
  }
  let next = 0;
  for (let length = longest; length > 0; length--) {
    const here = <i32>load<u16>(cumul + 2 * length);
    store<u16>(cumul + 2 * length, next);
    next = (next + here) >> 1;
  }
  for (let s = 0; s <= most; s++) {
    const length = <usize>load<u8>(lengths + s);
    if (length === 0) continue;
    const code = load<u16>(cumul + 2 * length);
    store<u16>(cumul + 2 * length, code + 1);
    store<u64>(codes + 8 * s, <u64>code << (64 - length) | length);
  }
  return longest;
}

/** The tree's description: weights of the bytes below the highest. Gives its end, or 0 where it can't be described. */
function putTree(out: usize, most: i32, longest: i32): usize {
  memory.fill(norm, 0, 16);
  let kinds = 0, highest = 0;
  for (let s = 0; s < most; s++) {
    const length = <i32>load<u8>(lengths + s), weight = length === 0 ? 0 : longest + 1 - length;
    store<u8>(weights + s, weight);
    const times = load<u8>(norm + weight);
    if (times === 0) kinds++;
    store<u8>(norm + weight, times + 1);
    if (weight > highest) highest = weight;
  }
  if (most <= 16 || kinds < 2) {
    if (most > 128) return 0;
    store<u8>(out, 127 + most);
    store<u8>(weights + most, 0);
    for (let s = 0; s < most; s += 2) {
      store<u8>(out + 1 + (s >> 1), load<u8>(weights + s) << 4 | load<u8>(weights + s + 1));
    }
    return out + 1 + ((most + 1) >> 1);
  }
  // Counts of the weights that add up to 64.
  let sum = 0, largest = 0;
  for (let w = 0; w <= highest; w++) {
    const times = <i32>load<u8>(norm + w);
    if (times === 0) continue;
    const scaled = max(1, (times * 64 + (most >> 1)) / most);
    store<u8>(norm + w, scaled);
    sum += scaled;
    if (scaled > <i32>load<u8>(norm + largest) || load<u8>(norm + largest) === 0) largest = w;
  }
  store<u8>(norm + largest, load<u8>(norm + largest) + 64 - sum);
  to = out + 1;
  putCounts(highest + 1);
  buildStates(norm, highest + 1, wStates, wSymbols);
  // Two states in turn, from the last weight to the first.
  let even: u32 = 0, odd: u32 = 0;
  for (let s = most - 1; s >= 0; s--) {
    const weight = load<u8>(weights + s);
    if (s >= most - 2) {
      if (s & 1) odd = firstState(wStates, wSymbols, weight);
      else even = firstState(wStates, wSymbols, weight);
    } else if (s & 1) odd = nextState(odd, wStates, wSymbols, weight);
    else even = nextState(even, wStates, wSymbols, weight);
    flush();
  }
  put(odd, LOG);
  put(even, LOG);
  close();
  const size = to - out - 1;
  if (size > 127) return 0;
  store<u8>(out, size);
  return to;
}

/** Normalized counts as the format has them. */
function putCounts(n: i32): void {
  let left = 65, threshold = 64, bits = LOG + 1, s = 0;
  put(LOG - 5, 4);
  let afterZero = false;
  while (left > 1) {
    if (afterZero) {
      let start = s;
      while (load<u8>(norm + s) === 0) s++;
      while (s >= start + 3) {
        put(3, 2);
        start += 3;
      }
      put(s - start, 2);
      flush();
    }
    const times = <i32>load<u8>(norm + s++), most = 2 * threshold - 1 - left;
    left -= times;
    let value = times + 1;
    if (value >= threshold) value += most;
    put(value, value < most ? bits - 1 : bits);
    flush();
    afterZero = times === 0;
    while (left < threshold) {
      bits--;
      threshold >>= 1;
    }
  }
  flush();
  if (heldBits > 0) to++;
  held = 0;
  heldBits = 0;
}

/** What is left of a stream, up to its first byte. Gives the end. */
function putRest(out: usize, src: usize, p: usize, bits: u64, at: u64): usize {
  while (p > src) {
    const code = load<u64>(<usize>load<u8>(--p) << 3, codes);
    bits = bits >> code | code;
    at = (at + code) & 255;
  }
  bits = bits >> 1 | <u64>1 << 63;
  at++;
  store<u64>(out, bits >> (64 - at));
  return out + <usize>((at + 7) >> 3);
}

/** One of the four streams of literals: from its last byte to its first. Gives the end. */
function putStream(out: usize, src: usize, n: i32): usize {
  let bits: u64 = 0, at: u64 = 0, p = src + n;
  const rest = src + (n & 3);
  while (p > rest) {
    p -= 4;
    const a = load<u64>(<usize>load<u8>(p, 3) << 3, codes), b = load<u64>(<usize>load<u8>(p, 2) << 3, codes);
    const c = load<u64>(<usize>load<u8>(p, 1) << 3, codes), d = load<u64>(<usize>load<u8>(p) << 3, codes);
    // Pairs first: only one of these steps waits for the codes before. A shift looks at the lowest 6 bits alone.
    const two = c + d, four = a + b + two;
    bits = bits >> four | (a >> b | b) >> two | (c >> d | d);
    // What lies below the codes in `bits` never reaches those: 4 codes and 7 bits leave 13 free.
    at = (at + four) & 255;
    store<u64>(out, bits >> (64 - at));
    out += <usize>(at >> 3);
    at &= 7;
  }
  return putRest(out, src, p, bits, at);
}

/** The same with the codes of two bytes at once. */
function putStreamOfPairs(out: usize, src: usize, n: i32, pairs: usize): usize {
  let bits: u64 = 0, at: u64 = 0, p = src + n;
  const rest = src + (n & 3);
  while (p > rest) {
    p -= 4;
    const a = load<u64>(pairs + (<usize>load<u16>(p, 2) << 3)), b = load<u64>(pairs + (<usize>load<u16>(p) << 3));
    const four = a + b;
    bits = bits >> four | (a >> b | b);
    at = (at + four) & 255;
    store<u64>(out, bits >> (64 - at));
    out += <usize>(at >> 3);
    at &= 7;
  }
  return putRest(out, src, p, bits, at);
}

/** The codes of all pairs of bytes up to the highest: the second byte's is written first. */
function makePairs(pairs: usize, top: usize): void {
  for (let second: usize = 0; second <= top; second++) {
    const code = load<u64>(second << 3, codes), length = code & 255, high = code & ~<u64>255;
    const to = pairs + (second << 11);
    for (let first: usize = 0; first <= top; first++) {
      const next = load<u64>(first << 3, codes);
      store<u64>(to + (first << 3), high >> next | next + length);
    }
  }
}

/** Literals that are not coded. */
function putRaw(out: usize, src: usize, n: i32): usize {
  store<u32>(out, n << 4 | 3 << 2);
  memory.copy(out + 3, src, n);
  return out + 3 + n;
}

/** Bits that the counted bytes take with codes of these lengths, to their number; very many where one of them has none. */
function coded(lengths: usize, most: i32): f64 {
  let bits = 0, n = 0;
  for (let s = 0; s <= most; s++) {
    const times = load<i32>(counts + 4 * s), length = <i32>load<u8>(lengths + s);
    if (length === 0 && times > 0) return 1e9;
    n += times;
    bits += times * length;
  }
  return <f64>bits / <f64>n;
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function log2(x: u32): i64 {
  const shift = clz(x);
  return <i64>((31 - shift) << 16 | <u32>load<u16>(logs + (<usize>(x << shift << 1) >> 24 << 1)));
}

/** log2(1 + x) for x from 0 to 1, in the middle of each of 256 steps. */
function makeLogs(): void {
  for (let k = 0; k < 256; k++) {
    let x = 1 + (<f64>k + 0.5) / 256, log = 0;
    for (let bit = 0; bit < 16; bit++) {
      x *= x;
      log <<= 1;
      if (x >= 2) {
        x /= 2;
        log |= 1;
      }
    }
    store<u16>(logs + 2 * k, log);
  }
}

/** By how many bits the entropy of the counted bytes may be off: as many as there are kinds of them, to their number. */
let doubt: f64 = 0;

/** Bits of the counted bytes' entropy, to their number. */
function entropy(most: i32): f64 {
  let n: u32 = 0, kinds: u32 = 0, sum: i64 = 0;
  for (let s = 0; s <= most; s++) {
    const times = load<u32>(counts + 4 * s);
    if (times === 0) continue;
    n += times;
    kinds++;
    sum += <i64>times * log2(times);
  }
  doubt = <f64>kinds / <f64>n;
  return (<f64>log2(n) - <f64>sum / <f64>n) / 65536;
}

/** Literals in the code that is there, behind its tree if there is one before `streams`; 0 where that does not pay. */
function putCoded(out: usize, streams: usize, src: usize, n: i32, kind: u64, pairs: usize): usize {
  const quarter = (n + 3) >> 2;
  let at = streams + 6;
  for (let k = 0; k < 4; k++) {
    const from = src + k * quarter, length = k === 3 ? n - k * quarter : quarter;
    const end = pairs === 0 ? putStream(at, from, length) : putStreamOfPairs(at, from, length, pairs);
    if (k < 3) store<u16>(streams + 2 * k, end - at);
    at = end;
  }
  const size = at - out - 5;
  if (size >= <usize>n) return 0;
  // Four streams, sizes of 18 bits.
  store<u64>(out, (load<u64>(out) & ~<u64>0xffffffffff) | kind | <u64>(3 << 2) | <u64>n << 4 | <u64>size << 22);
  return at;
}

/** Literals in the code of blocks before, where that takes little more than one of their own; else 0. */
function putAsBefore(out: usize, src: usize, n: i32, most: i32, coder: usize): usize {
  const tree = load<u32>(coder, TREE);
  if (most > load<i32>(coder, TOP) || (partly && load<u32>(coder, ALL) === 0)) return 0;
  const bits = coded(coder + LENGTHS, most);
  const own = entropy(most) * load<f64>(coder, EXCESS) * (1 + LOSS) + <f64>(8 * tree) / <f64>n;
  if (bits > own + doubt || bits > DENSE) return 0;
  memory.copy(codes, coder + CODES, 8 * 256);
  let pairs: usize = 0;
  if (n >= MANY) {
    pairs = load<u32>(coder, ROOM);
    if (pairs !== 0 && load<u32>(coder, PAIRED) === 0) {
      makePairs(pairs, load<u32>(coder, TOP));
      store<u32>(coder, 1, PAIRED);
    }
  }
  return putCoded(out, out + 5, src, n, 3, pairs);
}

/** The section of literals. */
function putLiterals(out: usize, src: usize, n: i32, coder: usize): usize {
  if (n < 64) return putRaw(out, src, n);
  if (load<u32>(coder, TREE) !== 0) {
    const end = putAsBefore(out, src, n, countBytes(src, n, 9), coder);
    if (end !== 0) return end;
  }
  const most = countBytes(src, n, 8);
  const kinds = codeLengths(most);
  if (kinds < 2) {
    store<u32>(out, n << 4 | 3 << 2 | 1);
    store<u8>(out + 3, load<u8>(src));
    return out + 4;
  }
  const bits = coded(lengths, most);
  if (bits > DENSE) return putRaw(out, src, n);
  const longest = makeCodes(most);
  const streams = putTree(out + 5, most, longest);
  if (streams === 0) return putRaw(out, src, n);
  const end = putCoded(out, streams, src, n, 2, 0);
  if (end === 0) return putRaw(out, src, n);
  store<u32>(coder, streams - out - 5, TREE);
  store<u32>(coder, most, TOP);
  store<u32>(coder, kinds > most, ALL);
  store<u32>(coder, 0, PAIRED);
  store<f64>(coder, bits / entropy(most), EXCESS);
  memory.copy(coder + LENGTHS, lengths, 256);
  memory.copy(coder + CODES, codes, 8 * 256);
  return end;
}

function putSequences(out: usize, n: i32): usize {
  if (n < 128) store<u8>(out++, n);
  else {
    store<u8>(out, (n >> 8) + 128);
    store<u8>(out + 1, n);
    out += 2;
  }
  if (n === 0) return out;
  store<u8>(out, 1 << 4); // predefined, RLE, predefined
  store<u8>(out + 1, 0); // the offset's code: as the last one
  to = out + 2;
  let ll: u32 = 0, ml: u32 = 0;
  for (let k = n - 1; k >= 0; k--) {
    const before = load<u32>(runs + 8 * k), length = load<u32>(runs + 8 * k, 4) - 3;
    const a = llCode(before), b = mlCode(length);
    if (k === n - 1) {
      ml = firstState(mlStates, mlSymbols, b);
      ll = firstState(llStates, llSymbols, a);
    } else {
      ml = nextState(ml, mlStates, mlSymbols, b);
      ll = nextState(ll, llStates, llSymbols, a);
    }
    put(before, llBits(a));
    flush();
    put(length, mlBits(b));
    flush();
  }
  put(ml, LOG);
  put(ll, LOG);
  close();
  return to;
}

/** One block of `n` bytes, 1 to 128 KiB, of the coder's frame; room for 64 more than these is needed. Gives its length. */
export function packBlock(src: usize, n: i32, out: usize, last: bool, coder: usize): i32 {
  if (!ready) {
    makeLogs();
    buildStates(LL_NORM, 36, llStates, llSymbols);
    buildStates(ML_NORM, 53, mlStates, mlSymbols);
    ready = true;
  }
  const sequences = findRuns(src, n);
  if (sequences === 1 && load<u32>(runs) === 1 && found === 1) {
    store<u32>(out, <u32>last | 1 << 1 | n << 3);
    store<u8>(out + 3, load<u8>(src));
    return 4;
  }
  let end = putLiterals(out + 3, sequences === 0 ? src : literals, found, coder);
  end = putSequences(end, sequences);
  let size = <i32>(end - out - 3), kind = 2;
  if (size >= n) {
    memory.copy(out + 3, src, n);
    forgetCode(coder); // a tree of this block is not there
    size = n;
    kind = 0;
  }
  store<u16>(out, <u32>last | kind << 1 | size << 3);
  store<u8>(out + 2, size >> 13);
  return 3 + size;
}
