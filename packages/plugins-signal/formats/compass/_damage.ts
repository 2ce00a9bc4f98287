// What is said about files that cannot be read on.

/** Where and why decoding stopped. */
export interface Damage {
  /** Byte offset in the input of the first byte that cannot be used. */
  readonly offset: number;
  /** The error to throw: names input, offset and remedy. */
  readonly error: Error;
}

function time(hi: number, lo: number): bigint {
  return BigInt(hi) * 0x1_0000_0000n + BigInt(lo);
}

/** A remedy that is of no use to who recovers already. */
export const OR_RECOVER =
  ", or run again with --recover (option raw_files.recover) to keep the events before it";

/** Bytes that make no sense. */
export function unreadable(name: string, offset: number, why: string): Damage {
  return { offset, error: new SyntaxError(`Cannot read "${name}" at byte ${offset}: ${why}`) };
}

/** The upper half of 2^63 - 2^53 ps: a row that starts later might end beyond 64 bits. */
export const LATEST_HI = 0x7fe00000;

/** An event that cannot be one. */
export function nonsense(
  name: string,
  offset: number,
  hi: number,
  lo: number,
  samples: number,
  maxSamples: number,
): Damage {
  const what = hi >= LATEST_HI
    ? `the event's time is ${time(hi, lo)} ps, a time is below 2^63 - 2^53 ps`
    : `the event has ${samples} samples, the limit is ${maxSamples}`;
  return unreadable(
    name,
    offset,
    `${what}: the file is damaged there; copy it again${OR_RECOVER}`,
  );
}

/** An event that comes later than the reorder window allows. */
export function late(
  name: string,
  offset: number,
  hi: number,
  lo: number,
  latestHi: number,
  latestLo: number,
  window: number,
): Damage {
  const latest = time(latestHi, latestLo);
  const behind = latest - time(hi, lo);
  return {
    offset,
    error: new RangeError(
      `Cannot order "${name}" at byte ${offset}: the event at ${
        time(hi, lo)
      } ps comes after one at ${latest} ps, ` +
        `${behind} ps behind it; set reorderWindow to at least ${behind} ps (it is ${window} ps)${OR_RECOVER}`,
    ),
  };
}
