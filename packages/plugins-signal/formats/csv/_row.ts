// The numbers of a row in front of its samples.
import type { CsvColumns } from "./columns.ts";

const WORD = 2 ** 32;

/** The numbers of one row. An object is used for all rows. */
export interface RowFields {
  board: number;
  channel: number;
  timeHi: number;
  timeLo: number;
  energy: number;
  calibrated: number;
  short: number;
  flags: number;
  /** Byte behind the last separator: where samples start. */
  end: number;
}

/** Fields of no row. */
export function noFields(): RowFields {
  return {
    board: 0,
    channel: 0,
    timeHi: 0,
    timeLo: 0,
    energy: 0,
    calibrated: NaN,
    short: 0,
    flags: 0,
    end: 0,
  };
}

/** Read the fields of the row in `bytes[from, to)`. Gives what is wrong with it, in words. O(bytes), nothing allocated. */
export function readFields(
  bytes: Uint8Array,
  from: number,
  to: number,
  columns: CsvColumns,
  out: RowFields,
): string | undefined {
  const { separator } = columns;
  let at = from;
  for (let column = 0; column < columns.fixed; column++) {
    if (at > to) return `it has ${column} columns of ${columns.fixed} in front of the samples`;
    let end = at;
    while (end < to && bytes[end] !== separator) end++;
    if (column === columns.time) {
      if (!readTime(bytes, at, end, out)) return notWhole(bytes, at, end, column, "a time from 0 to 2^63 ps");
    } else if (column === columns.calibrated) {
      const text = textOf(bytes, at, end);
      out.calibrated = text === "" ? NaN : Number(text);
      if (text !== "" && text !== "NaN" && Number.isNaN(out.calibrated)) {
        return notWhole(bytes, at, end, column, "a number");
      }
    } else if (column === columns.flags) {
      out.flags = flagsOf(bytes, at, end);
      if (out.flags < 0) return notWhole(bytes, at, end, column, "flags of 32 bits, such as 0x4000");
    } else {
      const value = smallOf(bytes, at, end);
      if (column === columns.board) out.board = value;
      else if (column === columns.channel) out.channel = value;
      else if (column === columns.energy) out.energy = value;
      else if (column === columns.short) out.short = value;
      else {
        at = end + 1;
        continue; // a column that is not taken
      }
      if (value < 0) return notWhole(bytes, at, end, column, "a whole number from 0 to 65535");
    }
    at = end + 1;
  }
  out.end = Math.min(at, to);
  return undefined;
}

function notWhole(bytes: Uint8Array, from: number, to: number, column: number, wanted: string): string {
  return `column ${column + 1} is "${textOf(bytes, from, to).slice(0, 40)}", which is no ${
    wanted.replace(/^a /, "")
  }`;
}

/** Text of some bytes, without blanks around it. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder().decode(bytes.subarray(from, to)).trim();
}

/** A number from 0 to 65535; -1 where it is none. */
function smallOf(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || to - from > 5) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i]! - 48;
    if (digit >>> 0 > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 65535 ? value : -1;
}

function flagsOf(bytes: Uint8Array, from: number, to: number): number {
  const small = smallOf(bytes, from, to);
  if (small >= 0) return small;
  const text = textOf(bytes, from, to);
  if (!/^(?:0x[\da-f]{1,8}|\d{1,10})$/i.test(text)) return -1;
  const value = Number(text);
  return value < WORD ? value : -1;
}

/** A time below 2^63, exactly: 9 digits and 10 digits, put together in halves. */
function readTime(bytes: Uint8Array, from: number, to: number, out: RowFields): boolean {
  while (to - from > 1 && bytes[from] === 48) from++;
  const digits = to - from;
  if (digits === 0 || digits > 19) return false;
  const cut = Math.max(from, to - 9);
  let high = 0, low = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i]! - 48;
    if (digit >>> 0 > 9) return false;
    if (i < cut) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  // high x 10^9 + low, with high below 10^10: in two products below 2^53.
  const highHi = Math.floor(high / 65536), highLo = high % 65536;
  const upper = highHi * 1e9, lower = highLo * 1e9 + low; // upper counts 65536
  const sumLo = (upper % 65536) * 65536 + lower;
  out.timeLo = sumLo % WORD;
  out.timeHi = Math.floor(upper / 65536) + Math.floor(sumLo / WORD);
  return out.timeHi < 0x80000000;
}
