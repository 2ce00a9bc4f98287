// Columns of numbers as planes of bytes in one frame: byte 0 of every number, then byte 1 ... Times are steps before, signed integers
// zigzagged.
import type { TypedArray } from "../../data/schema.ts";
import { BLOCK, Blocks, bring, type Packed, place } from "./_frame.ts";
import { splitNumbers, timesToSteps, zigzag } from "./wasm/planes.wasm";

/** What is done before a column's bytes are divided. */
export type Before = "none" | "zigzag" | "steps";

/** Numbers of up to 8 bytes that are divided at once, and most bytes of one. */
const PIECE = 2 ** 13, WIDEST = 8;

const AT = { values: place(PIECE * WIDEST), steps: place(PIECE * WIDEST), planes: place(BLOCK * WIDEST) };
const blocks = Array.from({ length: WIDEST }, () => new Blocks());

/** Most numbers whose frame has a size of 32 bits. */
const MOST = 2 ** 29 - 1;

/** Numbers that lie in one array; times among them are offsets from `origin`. */
export interface Numbers {
  /** The numbers. */
  readonly values: TypedArray;
  /** Of times. */
  readonly origin: bigint;
}

/** The planes of numbers in one array or several one after the other. O(bytes). */
export function packNumbers(parts: readonly Numbers[], before: Before): Packed {
  const width = parts[0]!.values.BYTES_PER_ELEMENT;
  const count = parts.reduce((sum, { values }) => sum + values.length, 0);
  if (count === 0) return { bytes: new Uint8Array(0), size: 0 };
  if (count > MOST) throw new RangeError(`Cannot pack ${count} numbers in one frame: use smaller chunks`);
  for (const one of blocks) one.clear(); // of a column that failed
  let time = 0n, used = 0, done = 0;
  for (const { values, origin } of parts) {
    for (let from = 0; from < values.length;) {
      const n = Math.min(PIECE, values.length - from, BLOCK - used), bytes = n * width;
      let to = bring(values.buffer, values.byteOffset + width * from, bytes, AT.values);
      if (before === "steps") {
        time = timesToSteps(to, n, origin, time, AT.steps);
        to = AT.steps;
      } else if (before === "zigzag") zigzag(to, bytes, width);
      splitNumbers(to, n, width, AT.planes + used, BLOCK);
      from += n;
      used += n;
      done += n;
      if (used < BLOCK && done < count) continue;
      for (let k = 0; k < width; k++) {
        blocks[k]!.add(AT.planes + k * BLOCK, used, k === width - 1 && done === count);
      }
      used = 0;
    }
  }
  return Blocks.frame(blocks.slice(0, width), count * width);
}
