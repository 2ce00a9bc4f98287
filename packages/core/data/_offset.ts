// Times as exact numbers.

/**
 * `from - to` as an exact number.
 *
 * @throws {RangeError} When it passes 2^53 ps (2.5 h).
 */
export function exactOffset(from: bigint, to: bigint): number {
  const delta = Number(from - to);
  if (!Number.isSafeInteger(delta)) {
    throw new RangeError(
      `Times ${from} and ${to} ps are more than 2^53 ps (2.5 h) apart and do not fit one table: ` +
        "read a shorter time range or chunk by chunk",
    );
  }
  return delta;
}

/**
 * Write `from[first .. last) + delta` to `to`, beginning at `at`.
 *
 * @throws {RangeError} When a sum passes 2^53 ps and would not be exact.
 */
export function shiftTimes(
  from: Float64Array,
  first: number,
  last: number,
  delta: number,
  to: Float64Array,
  at: number,
): void {
  if (delta === 0) return to.set(from.subarray(first, last), at);
  for (let i = first, j = at; i < last; i++, j++) {
    const time = from[i]! + delta;
    if (time > Number.MAX_SAFE_INTEGER || time < -Number.MAX_SAFE_INTEGER) tooFar();
    to[j] = time;
  }
}

/** @throws {RangeError} always. */
export function tooFar(): never {
  throw new RangeError(
    "Times more than 2^53 ps (2.5 h) apart do not fit one table: read a shorter time range or chunk by chunk",
  );
}
