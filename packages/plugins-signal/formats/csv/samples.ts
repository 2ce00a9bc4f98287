/**
 * Samples from text: unsigned 16-bit integers with a separator between them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSamples } from "@millrace/plugins-signal/formats/csv/samples";
 *
 * const text = new TextEncoder().encode("12;0;65535");
 * const samples = new Uint16Array(3);
 * assert.equal(parseSamples(text, 0, text.length, ";".charCodeAt(0), samples), 3);
 * assert.deepEqual([...samples], [12, 0, 65535]);
 * ```
 * @module
 */

/**
 * Read the integers in `text[from, to)` into `out`; how many, or `-1 - i` where byte `i` is no digit or separator that may stand
 * there, or where the number that ends before it has no digits, more than five, or is above 65535. One separator at the end is passed over.
 *
 * The digits of a number follow each other in the code as they do in the text, so that the branches of numbers of one length
 * are foreseen: 1 ns a byte.
 *
 * @param text ASCII.
 * @param from First byte.
 * @param to Behind the last byte.
 * @param separator Byte between numbers.
 * @param out Room for all of them: `(to - from + 1) / 2` at most.
 */
export function parseSamples(
  text: Uint8Array,
  from: number,
  to: number,
  separator: number,
  out: Uint16Array,
): number {
  let i = from | 0, k = 0;
  const sep = (separator - 48) | 0;
  // Up to here a number of five digits and its separator lie before the end.
  const safe = (to - 6) | 0;
  while (i <= safe) {
    let v = (text[i]! - 48) | 0;
    if (v >>> 0 > 9) return -1 - i;
    let c = (text[i + 1]! - 48) | 0;
    if (c >>> 0 <= 9) {
      v = (Math.imul(v, 10) + c) | 0;
      c = (text[i + 2]! - 48) | 0;
      if (c >>> 0 <= 9) {
        v = (Math.imul(v, 10) + c) | 0;
        c = (text[i + 3]! - 48) | 0;
        if (c >>> 0 <= 9) {
          v = (Math.imul(v, 10) + c) | 0;
          c = (text[i + 4]! - 48) | 0;
          if (c >>> 0 <= 9) {
            v = (Math.imul(v, 10) + c) | 0;
            c = (text[i + 5]! - 48) | 0;
            if (v > 65535) return -1 - (i + 5);
            i = (i + 6) | 0;
          } else i = (i + 5) | 0;
        } else i = (i + 4) | 0;
      } else i = (i + 3) | 0;
    } else i = (i + 2) | 0;
    if (c !== sep) return -i; // the byte before
    out[k] = v;
    k = (k + 1) | 0;
  }
  while (i < to) {
    let v = 0;
    const start = i;
    for (; i < to; i++) {
      const c = text[i]! - 48;
      if (c >>> 0 > 9) break;
      v = v * 10 + c;
      if (v > 65535 || i - start >= 5) return -1 - i;
    }
    if (i === start || (i < to && text[i] !== separator)) return -1 - i;
    out[k++] = v;
    i++;
  }
  return k;
}
