// Blocks of zstd's format (RFC 8878) back into bytes, in AssemblyScript: all of it but dictionaries and checksums.
//
// Codes of literals are looked up 11 bits at a time, which gives two bytes where two codes fit, in four streams at once. What is
// read lies in the frame or up to 8 bytes before or behind it, what is written in `to .. end` or up to 112 bytes behind it, whatever
// the frame says. `../_unzstd_test.ts` compares with zstd itself.
import { DAMAGED_BLOCK, DAMAGED_LITERALS, DAMAGED_SEQUENCES, TOO_FAR, TOO_LONG } from "./unzstd_damage";
import { buildFse, COUNTS, LOG, readCounts, SYMBOLS } from "./unzstd_fse";
import { decodeFour, decodeOne, forgetTree, hasTree, readTree } from "./unzstd_huffman";

/** Most bytes of a block. */
const MOST: i32 = 1 << 17;

const LL: i32 = 0, OF: i32 = 1, ML: i32 = 2;

const literals = memory.data(131072 + 64, 16);
// Decoding tables, of literals' lengths, offsets, matches' lengths: predefined ones, those of a block, those of one symbol.
const predefined = memory.data(3 * 8 * 64, 16);
const own = memory.data(3 * 8 * 512, 16);
const single = memory.data(3 * 8, 8);
/** The tables in use, and log2 of their sizes; 0: none yet. */
const tables = memory.data(3 * 4), logs = memory.data(3 * 4);
let ready = false;

const NORM = memory.data<i16>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
/** Extra bits of the codes of lengths. */
const LL_BITS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const ML_BITS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3,
  4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
/** What a symbol of a table stands for: its lowest value and how many bits are added. */
const values = memory.data(3 * 8 * 64, 8);
/** `k % n` for 16 bytes k, n from 1 to 15: what repeats an offset below 16. */
const turns = memory.data(16 * 16, 16);

// @ts-ignore: a decorator of AssemblyScript
@inline
function highBit(x: u32): i32 {
  return 31 - clz(x);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function symbolsOf(kind: i32): i32 {
  return kind === LL ? 36 : kind === OF ? 32 : 53;
}

function prepare(): void {
  let low: u32 = 0;
  for (let s = 0; s < 36; s++) {
    const bits = <u32>load<u8>(LL_BITS + s);
    store<u32>(values + 8 * s, low);
    store<u32>(values + 8 * s, bits, 4);
    low += 1 << bits;
  }
  for (let s = 0; s < 32; s++) {
    store<u32>(values + 512 + 8 * s, 1 << s);
    store<u32>(values + 512 + 8 * s, s, 4);
  }
  low = 3;
  for (let s = 0; s < 53; s++) {
    const bits = <u32>load<u8>(ML_BITS + s);
    store<u32>(values + 1024 + 8 * s, low);
    store<u32>(values + 1024 + 8 * s, bits, 4);
    low += 1 << bits;
  }
  buildFse(NORM, 36, 6, predefined, values);
  buildFse(NORM + 72, 29, 5, predefined + 512, values + 512);
  buildFse(NORM + 130, 53, 6, predefined + 1024, values + 1024);
  for (let n = 1; n < 16; n++) for (let k = 0; k < 16; k++) store<u8>(turns + 16 * n + k, k % n);
  ready = true;
}

/** Chooses the table of a kind of codes. Gives the end of what describes it, or a damage. */
function chooseTable(kind: i32, mode: i32, at: usize, end: usize): i32 {
  if (mode === 3) return load<u32>(tables + 4 * kind) === 0 ? DAMAGED_SEQUENCES : <i32>at;
  const meaning = values + 512 * kind;
  if (mode === 0) {
    store<u32>(tables + 4 * kind, predefined + 512 * kind);
    store<u32>(logs + 4 * kind, kind === OF ? 5 : 6);
    return <i32>at;
  }
  if (mode === 1) {
    const s = <i32>load<u8>(at), table = single + 8 * kind;
    if (at >= end || s >= symbolsOf(kind)) return DAMAGED_SEQUENCES;
    store<u32>(table, load<u32>(meaning + 8 * s));
    store<u32>(table, load<u32>(meaning + 8 * s, 4) << 24, 4);
    store<u32>(tables + 4 * kind, table);
    store<u32>(logs + 4 * kind, 0);
    return <i32>at + 1;
  }
  const table = own + 4096 * kind;
  const next = readCounts(at, end, symbolsOf(kind), kind === OF ? 8 : 9);
  if (next === 0) return DAMAGED_SEQUENCES;
  const log = load<u32>(0, LOG);
  buildFse(COUNTS, load<u32>(0, SYMBOLS), log, table, meaning);
  store<u32>(tables + 4 * kind, table);
  store<u32>(logs + 4 * kind, log);
  return next;
}

// What a block leaves for the next one of its frame: the last three offsets.
let rep0: u32 = 1, rep1: u32 = 4, rep2: u32 = 8;
// Where the literals of a block are and end, and where its sequences begin.
let literal: usize = 0, literalEnd: usize = 0, sequencesAt: usize = 0;

/** The literals of a block. Gives 0, or what is damaged. */
function readLiterals(at: usize, end: usize): i32 {
  const head = load<u64>(at), kind = <i32>head & 3, format = <i32>(head >> 2) & 3;
  let n: i32, size: i32, skip: i32, four = format !== 0;
  if (kind < 2) {
    if ((format & 1) === 0) {
      n = <i32>(head >> 3) & 31;
      skip = 1;
    } else if (format === 1) {
      n = <i32>(head >> 4) & 0xfff;
      skip = 2;
    } else {
      n = <i32>(head >> 4) & 0xfffff;
      skip = 3;
    }
    size = kind === 0 ? n : 1;
  } else if (format < 2) {
    n = <i32>(head >> 4) & 0x3ff;
    size = <i32>(head >> 14) & 0x3ff;
    skip = 3;
  } else if (format === 2) {
    n = <i32>(head >> 4) & 0x3fff;
    size = <i32>(head >> 18) & 0x3fff;
    skip = 4;
  } else {
    n = <i32>(head >> 4) & 0x3ffff;
    size = <i32>(head >> 22) & 0x3ffff;
    skip = 5;
  }
  if (n > MOST || skip + size > <i32>(end - at)) return DAMAGED_LITERALS;
  at += skip;
  end = at + size;
  sequencesAt = end;
  if (kind === 0) {
    literal = at;
    literalEnd = end;
    return 0;
  }
  literal = literals;
  literalEnd = literals + n;
  if (kind === 1) {
    memory.fill(literals, load<u8>(at), n);
    return 0;
  }
  if (kind === 2) {
    const tree = readTree(at, end, n);
    if (tree < 0) return tree;
    at = tree;
  } else if (!hasTree(n)) return DAMAGED_LITERALS;
  return four ? decodeFour(at, end, literals, n) : decodeOne(at, end, literals, literals + n);
}

/** Copies bytes from behind, `offset` bytes back; up to 79 more are written. 64 at once: most are shorter, and no branch is to be guessed. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function copyMatch(to: usize, offset: u32, end: usize): void {
  if (offset >= 16) {
    let from = to - offset;
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    to += 64;
    from += 64;
    while (to < end) {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    }
  } else {
    const turn = i8x16.swizzle(v128.load(to - offset), v128.load(turns + (<usize>offset << 4)));
    const step = 16 - 16 % offset;
    v128.store(to, turn);
    v128.store(to + step, turn);
    v128.store(to + 2 * step, turn);
    v128.store(to + 3 * step, turn);
    to += 4 * step;
    while (to < end) {
      v128.store(to, turn);
      to += step;
    }
  }
}

/** Bytes of the sequences of a block, with its literals. Gives the end of what is written, or what is damaged. */
function runSequences(at: usize, blockEnd: usize, from: usize, to: usize, end: usize): i32 {
  if (at >= blockEnd) return DAMAGED_SEQUENCES;
  let count = <i32>load<u8>(at++);
  if (count >= 128) {
    if (count < 255) count = (count - 128 << 8) + <i32>load<u8>(at++);
    else {
      count = <i32>load<u16>(at) + 0x7f00;
      at += 2;
    }
  }
  let lit = literal;
  const litEnd = literalEnd;
  if (count > 0) {
    const modes = <i32>load<u8>(at++);
    if (at > blockEnd || (modes & 3) !== 0) return DAMAGED_SEQUENCES;
    for (let kind = LL; kind <= ML; kind++) {
      const next = chooseTable(kind, modes >> (6 - 2 * kind) & 3, at, blockEnd);
      if (next < 0) return next;
      at = next;
    }
    if (at >= blockEnd) return DAMAGED_SEQUENCES;
    const last = load<u8>(blockEnd - 1);
    if (last === 0) return DAMAGED_SEQUENCES;
    const llTable: usize = load<u32>(tables), ofTable: usize = load<u32>(tables, 4), mlTable: usize = load<u32>(tables, 8);
    // Bits that are left, counted from `at`.
    let left = <i32>(blockEnd - 1 - at) * 8 + highBit(last);
    let bits: u64 = load<u64>(at + (left + 7 >> 3) - 8) << (<u64>(-left) & 7);
    let n = load<u32>(logs);
    let ll = <u32>(bits >> 1 >> (63 - <u64>n));
    bits <<= n;
    left -= n;
    n = load<u32>(logs, 4);
    let os = <u32>(bits >> 1 >> (63 - <u64>n));
    bits <<= n;
    left -= n;
    n = load<u32>(logs, 8);
    let ml = <u32>(bits >> 1 >> (63 - <u64>n));
    left -= n;
    let a = rep0, b = rep1, c = rep2;
    // Runs of one byte alone, as our own frames have them: every offset is the last one, which is 1, and needs no bits.
    const runs = a === 1 && load<u32>(logs, 4) === 0 && load<u64>(ofTable) === 1;
    while (runs && left >= 0) {
      const llEntry = load<u64>(llTable + (<usize>ll << 3)), mlEntry = load<u64>(mlTable + (<usize>ml << 3));
      const llRest = <u32>(llEntry >> 32), mlRest = <u32>(mlEntry >> 32);
      // 57 bits at least: 16 of each length, 9 of each state.
      bits = load<u64>(at + (left + 7 >> 3) - 8) << (<u64>(-left) & 7);
      n = mlRest >> 24;
      const length = <u32>mlEntry + <u32>(bits >> 1 >> (63 - <u64>n));
      bits <<= n;
      const llBits = llRest >> 24, before = <u32>llEntry + <u32>(bits >> 1 >> (63 - <u64>llBits));
      if (before === 0) break; // the offset is another one then
      bits <<= llBits;
      left -= n + llBits;
      if (before > <u32>(litEnd - lit)) return DAMAGED_SEQUENCES;
      if (before + length > <u32>(end - to)) return TOO_LONG;
      v128.store(to, v128.load(lit));
      for (let k: usize = 16; k < <usize>before; k += 16) v128.store(to + k, v128.load(lit + k));
      lit += before;
      to += before;
      // 64 bytes at once: most runs are shorter, and no branch is to be guessed.
      const run = i8x16.splat(load<u8>(lit - 1)), stop = to + length;
      do {
        v128.store(to, run);
        v128.store(to, run, 16);
        v128.store(to, run, 32);
        v128.store(to, run, 48);
        to += 64;
      } while (to < stop);
      to = stop;
      if (--count === 0) break;
      n = llRest & 0xff;
      ll = (llRest >> 8 & 0xffff) + <u32>(bits >> 1 >> (63 - <u64>n));
      bits <<= n;
      left -= n;
      n = mlRest & 0xff;
      ml = (mlRest >> 8 & 0xffff) + <u32>(bits >> 1 >> (63 - <u64>n));
      left -= n;
    }
    while (count > 0) {
      if (left < 0) return DAMAGED_SEQUENCES;
      const llEntry = load<u64>(llTable + (<usize>ll << 3)), ofEntry = load<u64>(ofTable + (<usize>os << 3));
      const mlEntry = load<u64>(mlTable + (<usize>ml << 3));
      const llRest = <u32>(llEntry >> 32), ofRest = <u32>(ofEntry >> 32), mlRest = <u32>(mlEntry >> 32);
      const ofBits = ofRest >> 24, mlBits = mlRest >> 24, llBits = llRest >> 24;
      // 57 bits at least: 24 of an offset, 16 of each length.
      bits = load<u64>(at + (left + 7 >> 3) - 8) << (<u64>(-left) & 7);
      if (ofBits > 24) return TOO_FAR;
      const value = <u32>ofEntry + <u32>(bits >> 1 >> (63 - <u64>ofBits));
      bits <<= ofBits;
      const length = <u32>mlEntry + <u32>(bits >> 1 >> (63 - <u64>mlBits));
      bits <<= mlBits;
      const before = <u32>llEntry + <u32>(bits >> 1 >> (63 - <u64>llBits));
      const used = ofBits + mlBits + llBits;
      bits <<= llBits;
      left -= used;
      // A new offset, or one of the last three, counted on by one without literals: chosen without a branch, nobody could guess it.
      const turn = value > 3 ? 4 : value - 1 + <u32>(before === 0);
      const offset = select(value - 3, select(a, select(b, select(c, a - 1, turn === 2), turn === 1), turn === 0), turn === 4);
      c = select(b, c, turn > 1);
      b = select(a, b, turn > 0);
      a = offset;
      if (before > <u32>(litEnd - lit)) return DAMAGED_SEQUENCES;
      if (before + length > <u32>(end - to)) return TOO_LONG;
      // Up to 15 bytes more are read and written.
      v128.store(to, v128.load(lit));
      for (let k: usize = 16; k < <usize>before; k += 16) v128.store(to + k, v128.load(lit + k));
      lit += before;
      to += before;
      if (offset - 1 >= <u32>(to - from)) return TOO_FAR;
      copyMatch(to, offset, to + length);
      to += length;
      if (--count === 0) break; // no states follow the last one
      // What is there may be enough for the three states, which take up to 26.
      if (used > 31) bits = load<u64>(at + (left + 7 >> 3) - 8) << (<u64>(-left) & 7);
      n = llRest & 0xff;
      ll = (llRest >> 8 & 0xffff) + <u32>(bits >> 1 >> (63 - <u64>n));
      bits <<= n;
      left -= n;
      n = mlRest & 0xff;
      ml = (mlRest >> 8 & 0xffff) + <u32>(bits >> 1 >> (63 - <u64>n));
      bits <<= n;
      left -= n;
      n = ofRest & 0xff;
      os = (ofRest >> 8 & 0xffff) + <u32>(bits >> 1 >> (63 - <u64>n));
      left -= n;
    }
    if (left !== 0) return DAMAGED_SEQUENCES;
    rep0 = a;
    rep1 = b;
    rep2 = c;
  } else if (at !== blockEnd) return DAMAGED_SEQUENCES;
  const rest = <u32>(litEnd - lit);
  if (rest > <u32>(end - to)) return TOO_LONG;
  memory.copy(to, lit, rest);
  return <i32>(to + rest);
}

// The frame that is being read: its next block and end, what came out, where more of it goes and where that must end.
let next: usize = 0, frameEnd: usize = 0, first: usize = 0, to: usize = 0, toEnd: usize = 0, over = false;

/** Begins with the blocks that lie in `at .. atEnd`, whose bytes go to `out .. end`. The caller has seen that they fill it. */
export function beginBlocks(at: usize, atEnd: usize, out: usize, end: usize): void {
  if (!ready) prepare();
  forgetTree();
  memory.fill(tables, 0, 12);
  rep0 = 1;
  rep1 = 4;
  rep2 = 8;
  next = at;
  frameEnd = atEnd;
  first = out;
  to = out;
  toEnd = end;
  over = false;
}

/** Block after block until at least `bytes` are there, or all. Gives how many there are, or a negative number that says what is damaged. */
export function decodeBlocks(bytes: i32): i32 {
  while (!over && to - first < <usize>bytes) {
    const head = <i32>load<u16>(next) | <i32>load<u8>(next, 2) << 16, kind = head >> 1 & 3, size = head >> 3;
    next += 3;
    if (next + (kind === 1 ? 1 : size) > frameEnd) return DAMAGED_BLOCK;
    if (kind < 2) {
      if (<u32>size > <u32>(toEnd - to)) return TOO_LONG;
      if (kind === 1) memory.fill(to, load<u8>(next), size);
      else memory.copy(to, next, size);
      to += size;
      next += kind === 1 ? 1 : size;
    } else {
      if (kind === 3 || size > MOST) return DAMAGED_BLOCK;
      const damage = readLiterals(next, next + size);
      if (damage < 0) return damage;
      const end = runSequences(sequencesAt, next + size, first, to, toEnd);
      if (end < 0) return end;
      to = end;
      next += size;
    }
    over = (head & 1) !== 0;
  }
  return <i32>(to - first);
}

/** What comes next goes behind the last `have` bytes, which now lie at `at`; nothing is written behind `end`, or read before `at`. */
export function aimBlocks(at: usize, have: i32, end: usize): void {
  first = at;
  to = at + have;
  toEnd = end;
}

const other = memory.data(8 * 4, 8);
let otherOver = false;

// @ts-ignore: a decorator of AssemblyScript
@inline
function exchanged(place: usize, value: u32): u32 {
  const was = load<u32>(other + place);
  store<u32>(other + place, value);
  return was;
}

/** Go on with the frame that was left at the last call. Blocks must not need codes of those before. */
export function swapBlocks(): void {
  next = exchanged(0, next);
  frameEnd = exchanged(4, frameEnd);
  first = exchanged(8, first);
  to = exchanged(12, to);
  toEnd = exchanged(16, toEnd);
  rep0 = exchanged(20, rep0);
  rep1 = exchanged(24, rep1);
  rep2 = exchanged(28, rep2);
  const was = over;
  over = otherOver;
  otherOver = was;
  forgetTree();
  memory.fill(tables, 0, 12);
}
