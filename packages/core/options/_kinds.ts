// What each type of option accepts: one reader a type.

import {
  familyOf,
  fraction,
  FREQUENCY_UNITS,
  plainUnit,
  readQuantity,
  splitRange,
  TIME_UNITS,
  toNumber,
} from "../data/_decimal.ts";
import { formatTime, parseFrequency, parseTime } from "../data/units.ts";
import { quote } from "./_plain.ts";
import type { OptionRange, OptionType } from "./option.ts";

/** What is wrong with a value: of another type, or outside what is allowed. */
export class Refusal {
  /** @param reason A clause that begins with "which". */
  constructor(readonly range: boolean, readonly reason: string) {}

  /** The same for a part of the value. */
  of(part: string): Refusal {
    return new Refusal(this.range, this.reason.replace(/^which/, `whose ${part}`));
  }
}

const noType = (reason: string) => new Refusal(false, reason);
const noRange = (reason: string) => new Refusal(true, reason);

/** One type of option. `T` is JSON-ready. */
export interface Kind<T> {
  readonly type: OptionType;
  readonly unit: string | undefined;
  /** Limits for people, or empty. */
  readonly allowed: string;
  /** What it takes: `a number in ns, at least 0`. */
  readonly takes: string;
  read(input: unknown): T | Refusal;
  show(value: T): string;
}

interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function limitsText({ min, max }: Limits, show: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return `${show(min)} to ${show(max)}`;
  if (min !== undefined) return `at least ${show(min)}`;
  return max === undefined ? "" : `at most ${show(max)}`;
}

function checkLimits({ min, max }: Limits): void {
  for (const limit of [min, max]) {
    if (limit !== undefined && !Number.isFinite(limit)) {
      throw new TypeError(`Cannot make an option: its limit is ${quote(limit)}; a limit is a finite number`);
    }
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw new RangeError(`Cannot make an option: its lowest value ${min} is above its highest, ${max}`);
  }
}

function within(value: number, { min, max }: Limits): number | Refusal {
  if (min !== undefined && value < min) return noRange("which is too low");
  if (max !== undefined && value > max) return noRange("which is too high");
  return value === 0 ? 0 : value; // no -0: JSON has none
}

const joined = (...parts: string[]) => parts.filter((part) => part !== "").join(", ");

function numberFrom(input: unknown, unit: string | undefined): number | Refusal {
  if (typeof input === "number") return Number.isFinite(input) ? input : noType("which is not finite");
  if (typeof input === "bigint") {
    return BigInt(Number(input)) === input ? Number(input) : noRange("which no number holds exactly");
  }
  if (typeof input !== "string") return noType("which is no number");
  const quantity = readQuantity(input);
  if (!quantity) return noType("which is no number");
  const own = unit === undefined ? "" : plainUnit(unit);
  let value: number;
  if (quantity.unit === "" || quantity.unit === own) value = toNumber(quantity);
  else {
    const family = familyOf(own);
    if (!family || !Object.hasOwn(family, quantity.unit)) {
      return noType(unitReason(quantity.unit, family, unit));
    }
    value = toNumber(quantity, family[quantity.unit]!, family[own]!);
  }
  return Number.isFinite(value) ? value : noRange("which is too large for a number");
}

function unitReason(
  unit: string,
  family: Readonly<Record<string, bigint>> | undefined,
  own: string | undefined,
) {
  if (family) return `which has the unit "${unit}"; the units are ${Object.keys(family).join(", ")}`;
  return `which has the unit "${unit}", ${own === undefined ? "though the option has none" : `not "${own}"`}`;
}

function wholeNumber(value: number | Refusal): number | Refusal {
  if (value instanceof Refusal || Number.isSafeInteger(value)) return value;
  return noRange(Number.isInteger(value) ? "which is beyond 2^53" : "which is no integer");
}

/** Numbers and integers. */
export function numberKind(
  type: "number" | "integer",
  { unit, min, max }: Limits & { readonly unit?: string },
): Kind<number> {
  const limits = { min, max };
  checkLimits(limits);
  const allowed = limitsText(limits, String);
  const noun = type === "number" ? "a number" : "an integer";
  const whole = type === "integer" ? wholeNumber : (value: number | Refusal) => value;
  return {
    type,
    unit,
    allowed,
    takes: joined(unit === undefined ? noun : `${noun} (${unit})`, allowed),
    read(input) {
      const value = whole(numberFrom(input, unit));
      return value instanceof Refusal ? value : within(value, limits);
    },
    show: (value) => unit === undefined ? `${value}` : `${value} ${unit}`,
  };
}

/** Text. */
export function stringKind(): Kind<string> {
  return {
    type: "string",
    unit: undefined,
    allowed: "",
    takes: "a text",
    read: (input) => typeof input === "string" ? input : noType("which is no text"),
    show: (value) => JSON.stringify(value),
  };
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** True or false. */
export function booleanKind(): Kind<boolean> {
  return {
    type: "boolean",
    unit: undefined,
    allowed: "true, false",
    takes: "true or false",
    read(input) {
      if (typeof input === "boolean") return input;
      const word = typeof input === "string" ? input.trim().toLowerCase() : "";
      return Object.hasOwn(WORDS, word) ? WORDS[word]! : noType("which is neither");
    },
    show: String,
  };
}

/** One of `choices`. */
export function choiceKind<C extends string>(choices: readonly C[]): Kind<C> {
  if (choices.length === 0 || new Set(choices).size !== choices.length) {
    throw new TypeError(
      `Cannot make an option: its choices are [${choices.join(", ")}]; give different ones`,
    );
  }
  const allowed = choices.join(", ");
  return {
    type: "choice",
    unit: undefined,
    allowed,
    takes: `one of ${allowed}`,
    read(input) {
      if (typeof input !== "string") return noType("which is no text");
      return choices.find((choice) => choice === input) ?? noRange("which is no choice");
    },
    show: String,
  };
}

/** Pairs of numbers, the second of which may be null. */
export function rangeKind(
  { unit, min, max, integer }: Limits & { readonly unit?: string; readonly integer?: boolean },
): Kind<OptionRange> {
  const end = numberKind(integer ? "integer" : "number", limitsOf(unit, min, max));
  const noun = `[start, end] in ${integer ? "integers" : "numbers"}${unit === undefined ? "" : ` (${unit})`}`;
  return {
    type: "range",
    unit,
    allowed: end.allowed,
    takes: joined(`${noun} with start <= end, the end null for "to the end"`, end.allowed),
    read(input) {
      const pair = typeof input === "string" ? textPair(input) : input;
      if (!Array.isArray(pair) || pair.length !== 2) return noType("which is no pair");
      const start = end.read(pair[0]);
      if (start instanceof Refusal) return start.of("start");
      const stop = pair[1] === null ? null : end.read(pair[1]);
      if (stop instanceof Refusal) return stop.of("end");
      if (stop !== null && start > stop) return noRange("which ends before it starts");
      return Object.freeze([start, stop] as const);
    },
    show: ([start, stop]) => `${start} .. ${stop ?? "end"}${unit === undefined ? "" : ` ${unit}`}`,
  };
}

function limitsOf(unit: string | undefined, min: number | undefined, max: number | undefined) {
  return { min, max, ...(unit === undefined ? {} : { unit }) };
}

function textPair(text: string): unknown {
  const parts = splitRange(text);
  return parts && [parts[0], parts[1] === "" ? null : parts[1]];
}

/** Times as a number of ps. */
export function timeKind(
  settings: { readonly min?: string | number; readonly max?: string | number },
): Kind<number> {
  const limit = (value: string | number | undefined) =>
    value === undefined ? undefined : Number(parseTime(value));
  const limits = { min: limit(settings.min), max: limit(settings.max) };
  checkLimits(limits);
  const show = (value: number) => formatTime(BigInt(value), { exact: true });
  const allowed = limitsText(limits, show);
  return {
    type: "time",
    unit: "ps",
    allowed,
    takes: joined(
      `a time, a whole number of ps or text with a unit (${Object.keys(TIME_UNITS).join(", ")})`,
      allowed,
    ),
    read(input) {
      let value: number | Refusal;
      if (typeof input === "string") {
        const quantity = readQuantity(input);
        if (!quantity) return noType("which is no time");
        const unit = quantity.unit || "ps";
        if (!Object.hasOwn(TIME_UNITS, unit)) return noType(`which has the unit "${unit}"`);
        const { numerator, denominator } = fraction(quantity, TIME_UNITS[unit]!);
        if (denominator !== 1n) return noRange("which is no whole number of ps");
        value = numberFrom(numerator, undefined);
      } else value = numberFrom(input, undefined);
      value = wholeNumber(value);
      return value instanceof Refusal ? value : within(value, limits);
    },
    show,
  };
}

/** Frequencies in Hz. */
export function frequencyKind(
  settings: { readonly min?: string | number; readonly max?: string | number },
): Kind<number> {
  const limit = (value: string | number | undefined) =>
    value === undefined ? undefined : parseFrequency(value);
  const inner = numberKind("number", limitsOf("Hz", limit(settings.min), limit(settings.max)));
  const units = Object.keys(FREQUENCY_UNITS).join(", ");
  return {
    ...inner,
    type: "frequency",
    takes: joined(`a frequency, a number of Hz or text with a unit (${units})`, inner.allowed),
  };
}

/** Lists of texts. */
export function listKind(): Kind<readonly string[]> {
  return {
    type: "list",
    unit: undefined,
    allowed: "",
    takes: "a text or a list of texts",
    read(input) {
      if (typeof input === "string") return Object.freeze([input]);
      if (!Array.isArray(input)) return noType("which is neither");
      const wrong = input.findIndex((item) => typeof item !== "string");
      return wrong < 0 ? Object.freeze([...input as string[]]) : noType(`whose item ${wrong} is no text`);
    },
    show: (value) => value.map((item) => JSON.stringify(item)).join(", ") || "none",
  };
}
