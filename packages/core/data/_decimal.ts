// Exact decimal numbers with a unit: text, a mantissa times a power of ten, and conversion between units of a family.

/** `mantissa * 10^exponent unit`; `unit` is empty where the text has none. */
export interface Quantity {
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly unit: string;
}

/** A rational scale of each unit of a family: how many of its base unit it is. */
export type Units = Readonly<Record<string, bigint>>;

/** Picoseconds in each unit of time. */
export const TIME_UNITS: Units = {
  ps: 1n,
  ns: 10n ** 3n,
  us: 10n ** 6n,
  ms: 10n ** 9n,
  s: 10n ** 12n,
  min: 60n * 10n ** 12n,
  h: 3600n * 10n ** 12n,
};

/** Hertz in each unit of frequency. */
export const FREQUENCY_UNITS: Units = { Hz: 1n, kHz: 10n ** 3n, MHz: 10n ** 6n, GHz: 10n ** 9n };

/** Bytes in each unit of size. */
export const BYTE_UNITS: Units = {
  B: 1n,
  kB: 10n ** 3n,
  KB: 10n ** 3n,
  MB: 10n ** 6n,
  GB: 10n ** 9n,
  TB: 10n ** 12n,
  KiB: 2n ** 10n,
  MiB: 2n ** 20n,
  GiB: 2n ** 30n,
  TiB: 2n ** 40n,
};

const QUANTITY = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,3}))?(?:\s*([^\s\d.+-].*))?$/;
const LONGEST = 200;

/** Read `"1.5 us"`; `undefined` where the text is no number with or without a unit. */
export function readQuantity(text: string): Quantity | undefined {
  const trimmed = text.trim();
  const match = trimmed.length <= LONGEST ? QUANTITY.exec(trimmed) : null;
  if (!match) return undefined;
  const [, sign, whole = "", part = "", bare = "", power = "0", unit = ""] = match;
  const digits = BigInt(whole + part + bare);
  return {
    mantissa: sign === "-" ? -digits : digits,
    exponent: Number(power) - part.length - bare.length,
    unit: plainUnit(unit),
  };
}

/** Both sides of `start..end`, trimmed; `undefined` where the text is no such pair (three dots could mean two things). */
export function splitRange(text: string): [start: string, end: string] | undefined {
  const parts = text.split("..");
  return parts.length !== 2 || text.includes("...") ? undefined : [parts[0]!.trim(), parts[1]!.trim()];
}

/** The unit with both signs for micro written as `u`. */
export function plainUnit(unit: string): string {
  return unit.replace(/^[\u00b5\u03bc]/, "u");
}

/** `quantity * scale` as a reduced fraction. */
export function fraction(quantity: Quantity, scale: bigint): { numerator: bigint; denominator: bigint } {
  const { mantissa, exponent } = quantity;
  const numerator = mantissa * scale * (exponent > 0 ? 10n ** BigInt(exponent) : 1n);
  const denominator = exponent < 0 ? 10n ** BigInt(-exponent) : 1n;
  const divisor = gcd(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** The number nearest to `quantity * from / to`. */
export function toNumber(quantity: Quantity, from: bigint = 1n, to: bigint = 1n): number {
  const { mantissa, exponent } = quantity;
  const divisor = gcd(from, to);
  const [up, down] = [from / divisor, to / divisor];
  const zeros = down.toString().length - 1;
  // Text to number rounds once, correctly.
  if (down === 10n ** BigInt(zeros)) return Number(`${mantissa * up}e${exponent - zeros}`);
  return Number(`${mantissa * up}e${exponent}`) / Number(down);
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** The family of a unit: times or frequencies; `undefined` for any other. */
export function familyOf(unit: string): Units | undefined {
  const name = plainUnit(unit);
  if (Object.hasOwn(TIME_UNITS, name)) return TIME_UNITS;
  if (Object.hasOwn(FREQUENCY_UNITS, name)) return FREQUENCY_UNITS;
  return undefined;
}
