// Numbers out of their planes of bytes, decompressed where they are put together.
import type { TypedArray } from "../../data/schema.ts";
import type { Plane } from "./_join.ts";
import type { Before } from "./_numbers.ts";
import { bytesAt, copyOut, fits, reserve } from "./_unzstd.ts";
import { joinNumbers, stepsToOffsets, stepsToTimes, unzigzag, wasFar } from "./wasm/unzstd.wasm";

/** Numbers that are put together at once: they stay in the cache on their way into the rows' own memory. */
const PIECE = 2 ** 13;

/** Pieces of the numbers `from` to `to` joined, of planes of `count` of them: `n` numbers from `first` on lie at an address. */
function* joined(planes: Plane, count: number, width: number, from: number, to: number) {
  if (from >= to) return;
  const whole = fits(planes.bytes);
  const [at, numbers] = reserve(whole ? planes.bytes : PIECE * width, PIECE * width) as [number, number];
  if (whole) planes.beginAt(at)(planes.bytes);
  for (let first = from; first < to; first += PIECE) {
    const n = Math.min(PIECE, to - first);
    if (whole) joinNumbers(at + first, count, n, width, numbers);
    else {
      const bytes = planes.values as Uint8Array;
      for (let k = 0; k < width; k++) {
        bytesAt(at + k * PIECE, n).set(bytes.subarray(k * count + first, k * count + first + n));
      }
      joinNumbers(at, PIECE, n, width, numbers);
    }
    yield { first, n, numbers };
  }
}

/**
 * Numbers from `from` on into `out`, of planes of `count` numbers. O(planes' bytes).
 *
 * @throws {SyntaxError} When the planes are damaged.
 */
export function unpackNumbers(
  planes: Plane,
  count: number,
  before: Before,
  from: number,
  out: TypedArray,
): void {
  const width = out.BYTES_PER_ELEMENT;
  for (const { first, n, numbers } of joined(planes, count, width, from, from + out.length)) {
    if (before === "zigzag") unzigzag(numbers, n * width, width);
    copyOut(numbers, n * width, out.buffer, out.byteOffset + width * (first - from));
  }
}

/**
 * Times from `from` on as offsets from `origin`. O(planes' bytes).
 *
 * @throws {RangeError} Where one is beyond 2^53.
 * @throws {SyntaxError} When the planes are damaged.
 */
export function unpackOffsets(
  planes: Plane,
  count: number,
  from: number,
  origin: bigint,
  out: Float64Array,
): void {
  let time = 0n;
  for (const { first, n, numbers } of joined(planes, count, 8, 0, from + out.length)) {
    const skip = Math.min(n, Math.max(0, from - first));
    time = stepsToTimes(numbers, skip, time);
    time = stepsToOffsets(numbers + 8 * skip, n - skip, time, origin);
    if (skip === n) continue;
    copyOut(numbers + 8 * skip, 8 * (n - skip), out.buffer, out.byteOffset + 8 * (first + skip - from));
  }
  if (wasFar() || BigInt.asIntN(64, origin) !== origin) {
    throw new RangeError(`A time is more than 2^53 ps (2.5 h) from ${origin} ps`);
  }
}

/** All times. O(rows). @throws {SyntaxError} When the planes are damaged. */
export function unpackTimes(planes: Plane, count: number): BigInt64Array {
  const out = new BigInt64Array(count);
  let time = 0n;
  for (const { first, n, numbers } of joined(planes, count, 8, 0, count)) {
    time = stepsToTimes(numbers, n, time);
    copyOut(numbers, 8 * n, out.buffer, 8 * first);
  }
  return out;
}
