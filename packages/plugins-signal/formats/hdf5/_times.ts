// The times of a table's rows, all at once: they say in which order rows come, however they lie in the file.
import type { Dataset } from "./_h5.ts";

const WORD = 2 ** 32;
/** ps of a unit that the attribute `units` may name. */
const UNITS: Readonly<Record<string, number>> = { s: 1e12, ms: 1e9, us: 1e6, "µs": 1e6, ns: 1e3, ps: 1 };
/** Times from here on, in s, are no times of a run (which lasts 107 days at most) but count from 1970. */
const ABSOLUTE = 1e7;

/** Numbers with their unit. */
export interface Quantity {
  readonly values: Float64Array | BigInt64Array;
  /** ps of 1. */
  readonly scale: number;
}

/** ps of the unit of a data set. @throws {TypeError} On an unknown one, or none where numbers are not whole. */
export function scaleOf(path: string, data: Dataset): number {
  const unit = data.attrs.units?.value;
  if (unit === undefined) {
    if (/[iqlhbIQLHB]/.test(String(data.dtype))) return 1;
    throw new TypeError(
      `Cannot read "${path}": ${data.path} has fractions and no attribute "units"; give it one of ${
        Object.keys(UNITS).join(", ")
      }`,
    );
  }
  const scale = UNITS[String(unit)];
  if (scale !== undefined) return scale;
  throw new TypeError(
    `Cannot read "${path}": ${data.path} has the unit "${unit}"; known are ${Object.keys(UNITS).join(", ")}`,
  );
}

/** The numbers of a data set. */
export function quantityOf(path: string, data: Dataset): Quantity {
  const value = data.value;
  const values = value instanceof BigInt64Array
    ? value
    : value instanceof BigUint64Array
    ? new BigInt64Array(value.buffer, value.byteOffset, value.length)
    : Float64Array.from(value as unknown as Iterable<number>);
  return { values, scale: scaleOf(path, data) };
}

/** The second since 1970 that times count from, where they do; else 0. Least of the rows' times. */
export function epochOf({ values, scale }: Quantity): number {
  let least = Infinity;
  for (const value of values) if (Number(value) < least) least = Number(value);
  const seconds = least * (scale / 1e12);
  return seconds >= ABSOLUTE && seconds < Infinity ? Math.floor(seconds) : 0;
}

/** Times of rows in halves of 64 bits. */
export interface RowTimes {
  readonly hi: Float64Array;
  readonly lo: Uint32Array;
  /** Earliest time of this and all later rows: what is known once those before were read. */
  readonly frontierHi: Float64Array;
  readonly frontierLo: Uint32Array;
}

/** Bytes a row that {@linkcode RowTimes} take. */
export const TIME_BYTES = 24;

/**
 * `time + offset` of each row, counted from `epoch` (s). Whole numbers are exact; of fractions the difference to the epoch is, and
 * is rounded to ps.
 */
export function rowTimes(time: Quantity, offset: Quantity | undefined, epoch: number): RowTimes {
  const rows = time.values.length;
  const hi = new Float64Array(rows), lo = new Uint32Array(rows);
  const frontierHi = new Float64Array(rows), frontierLo = new Uint32Array(rows);
  const start = epoch * (1e12 / time.scale);
  for (let i = rows - 1; i >= 0; i--) {
    const value = time.values[i]!, move = offset ? Math.round(Number(offset.values[i]) * offset.scale) : 0;
    if (typeof value === "bigint") {
      const ps = (value - BigInt(start)) * BigInt(time.scale) + BigInt(move);
      hi[i] = Number(ps >> 32n);
      lo[i] = Number(ps & 0xffffffffn);
    } else {
      const ps = Math.round((value - start) * time.scale) + move;
      hi[i] = Math.floor(ps / WORD);
      lo[i] = ps - hi[i]! * WORD;
    }
    const isFirst = i === rows - 1 || hi[i]! < frontierHi[i + 1]! ||
      (hi[i] === frontierHi[i + 1] && lo[i]! <= frontierLo[i + 1]!);
    frontierHi[i] = isFirst ? hi[i]! : frontierHi[i + 1]!;
    frontierLo[i] = isFirst ? lo[i]! : frontierLo[i + 1]!;
  }
  return { hi, lo, frontierHi, frontierLo };
}
