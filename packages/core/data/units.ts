/**
 * Times, frequencies and sizes as people write them: `10 ns`, `2kHz`, `512MiB`, `1s..2s`.
 *
 * Reading is exact: decimals are never rounded through floating point, so `"0.1 ns"` is 100 ps. A text that is no whole
 * number of picoseconds is refused.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatTime, parseBytes, parseFrequency, parseTime, parseTimeRange } from "@millrace/core/units";
 *
 * assert.equal(parseTime("1.5us"), 1_500_000n);
 * assert.equal(parseFrequency("2kHz"), 2000);
 * assert.equal(parseBytes("512MiB"), 2 ** 29);
 * assert.deepEqual(parseTimeRange("1s..2s"), [10n ** 12n, 2n * 10n ** 12n]);
 * assert.equal(formatTime(1_204_000_000n), "1.204 ms");
 * ```
 * @module
 */
import {
  BYTE_UNITS,
  fraction,
  FREQUENCY_UNITS,
  type Quantity,
  readQuantity,
  splitRange,
  TIME_UNITS,
  toNumber,
  type Units,
} from "./_decimal.ts";

/** Earliest time, ps: what an open start of a range means. */
export const MIN_TIME: bigint = -(2n ** 63n);

/** Latest time, ps: what an open end of a range means. */
export const MAX_TIME: bigint = 2n ** 63n - 1n;

const names = (units: Units) => Object.keys(units).join(", ");

function quantityOf(text: string, what: string, units: Units, bare: string): [Quantity, bigint] {
  const quantity = readQuantity(text);
  if (!quantity) {
    throw new SyntaxError(
      `Cannot read the ${what} "${text}": it is no number with a unit; the units are ${names(units)}`,
    );
  }
  const unit = quantity.unit || bare;
  if (!Object.hasOwn(units, unit)) {
    throw new SyntaxError(
      `Cannot read the ${what} "${text}": the unit "${quantity.unit}" is unknown; the units are ${
        names(units)
      }`,
    );
  }
  return [quantity, units[unit]!];
}

/**
 * A time in ps, from text with a unit (ps, ns, us or µs, ms, s, min, h) or a number of ps. Text without a unit is in ps.
 *
 * @throws {SyntaxError} On text that is no number, or an unknown unit.
 * @throws {RangeError} On a time that is no whole number of ps, or beyond 64 bits (107 days), and on a number beyond 2^53,
 * which may have been rounded already.
 */
export function parseTime(value: string | number | bigint): bigint {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `Cannot read the time ${value}: a number is a whole number of ps within 2^53; ` +
          `give text with a unit, such as "10 ns", or a bigint`,
      );
    }
    return BigInt(value);
  }
  if (typeof value === "bigint") return within(value, `${value} ps`);
  const [quantity, scale] = quantityOf(value, "time", TIME_UNITS, "ps");
  const { numerator, denominator } = fraction(quantity, scale);
  if (denominator !== 1n) {
    throw new RangeError(
      `Cannot read the time "${value}": it is no whole number of ps, the resolution of all times`,
    );
  }
  return within(numerator, value);
}

function within(time: bigint, text: string): bigint {
  if (time >= MIN_TIME && time <= MAX_TIME) return time;
  throw new RangeError(
    `Cannot read the time "${text}": it lies beyond 2^63 ps (107 days) from the start of the run`,
  );
}

/**
 * A frequency in Hz, from text with a unit (Hz, kHz, MHz, GHz) or a number of Hz.
 *
 * @throws {SyntaxError} On text that is no number, or an unknown unit.
 * @throws {RangeError} On a number that is not finite.
 */
export function parseFrequency(value: string | number): number {
  const hertz = typeof value === "number"
    ? value
    : toNumber(...quantityOf(value, "frequency", FREQUENCY_UNITS, "Hz"));
  if (Number.isFinite(hertz)) return hertz;
  throw new RangeError(`Cannot read the frequency "${value}": it is not finite`);
}

/**
 * A size in bytes, from text with a unit (B, kB, MB, GB, TB in powers of 1000, KiB, MiB, GiB, TiB in powers of 1024) or a
 * number of bytes. A part of a byte (`"1.1 MiB"`) is left off.
 *
 * @throws {SyntaxError} On text that is no number, or an unknown unit.
 * @throws {RangeError} On a negative size, one beyond 2^53 or a number that is no integer.
 */
export function parseBytes(value: string | number): number {
  let bytes = value;
  if (typeof bytes === "string") {
    const [quantity, scale] = quantityOf(bytes, "size", BYTE_UNITS, "B");
    const { numerator, denominator } = fraction(quantity, scale);
    bytes = numerator < 0n ? -1 : Number(numerator / denominator);
  }
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new RangeError(`Cannot read the size "${value}": a size is a whole number of bytes from 0 to 2^53`);
}

/**
 * A time range `[start, end)` in ps, from `start..end`. An empty start or end is open: {@linkcode MIN_TIME} or
 * {@linkcode MAX_TIME}. Without units both are in ps; a unit at one end only is refused, since `"1..2s"` could mean two
 * things (0 needs none).
 *
 * @throws {SyntaxError} On text without `..` or with an end that is no time.
 * @throws {RangeError} On a range that is empty or reversed, or an end that is no whole number of ps.
 */
export function parseTimeRange(text: string): [start: bigint, end: bigint] {
  const parts = splitRange(text);
  if (!parts) {
    throw new SyntaxError(
      `Cannot read the time range "${text}": write start..end, such as "1s..2s", "..5ms" or "1s.."`,
    );
  }
  const [first, last] = parts;
  const start = first === "" ? MIN_TIME : parseTime(first);
  const end = last === "" ? MAX_TIME : parseTime(last);
  if (first !== "" && last !== "" && start !== 0n && end !== 0n) {
    if ((readQuantity(first)!.unit === "") !== (readQuantity(last)!.unit === "")) {
      throw new SyntaxError(`Cannot read the time range "${text}": only one end has a unit; give both one`);
    }
  }
  if (start >= end) {
    throw new RangeError(`Cannot read the time range "${text}": its start is not before its end`);
  }
  return [start, end];
}

const SHOWN = ["h", "min", "s", "ms", "us", "ns", "ps"] as const;

/**
 * A time for people, in the largest unit that it fills, with up to three decimals: `1.204 ms`, `2 h`.
 *
 * @param ps Time or duration, ps.
 * @param options.exact All decimals, in s or smaller units: `parseTime` gives the same time back.
 */
export function formatTime(ps: bigint, options: { readonly exact?: boolean } = {}): string {
  const size = ps < 0n ? -ps : ps;
  const sign = ps < 0n ? "-" : "";
  if (options.exact) {
    const unit = SHOWN.find((name) => name !== "h" && name !== "min" && size >= TIME_UNITS[name]!) ?? "ps";
    const scale = TIME_UNITS[unit]!;
    const part = (size % scale).toString().padStart(scale.toString().length - 1, "0");
    return `${sign}${size / scale}${decimals(scale === 1n ? "" : part)} ${shown(unit)}`;
  }
  // Rounding may fill the next larger unit: 999999.9996 ns is 1 ms.
  let k = 0;
  while (k < SHOWN.length - 1 && rounded(size, SHOWN[k + 1]!) < TIME_UNITS[SHOWN[k]!]!) k++;
  const unit = SHOWN[k]!;
  const thousandths = rounded(size, unit) * 1000n / TIME_UNITS[unit]!;
  const part = (thousandths % 1000n).toString().padStart(3, "0");
  return `${sign}${thousandths / 1000n}${decimals(part)} ${shown(unit)}`;
}

// To the nearest thousandth of the unit, halves up.
function rounded(size: bigint, unit: string): bigint {
  const step = TIME_UNITS[unit]! / 1000n || 1n;
  return (2n * size + step) / (2n * step) * step;
}

const shown = (unit: string) => unit === "us" ? "µs" : unit;

function decimals(digits: string): string {
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "" : `.${kept}`;
}

/** A size for people, in powers of 1024, with up to two decimals: `1.5 GiB`, `17 B`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const next of ["KiB", "MiB", "GiB", "TiB"]) {
    if (Math.abs(Math.round(value * 100) / 100) < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${Number(value.toFixed(2))} ${unit}`;
}
