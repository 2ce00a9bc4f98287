/**
 * Options as data, for another process that makes them again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "@millrace/core/option";
 * import { optionData, optionFrom } from "@millrace/core/option-data";
 *
 * const threshold = option.number({ default: 10, min: 0, unit: "ADC", help: "Lowest height of a hit" });
 * const again = optionFrom(JSON.parse(JSON.stringify(optionData(threshold))));
 * assert.equal(again.allowed, "at least 0");
 * assert.throws(() => again.parse(-1, "hits.threshold"), RangeError);
 * ```
 * @module
 */
import { madeFrom } from "./_made_from.ts";
import { option, type OptionSpec, type OptionType, type PlainValue } from "./option.ts";

/** What an option was made from, JSON-ready. A `validate` function is left out: it stays where the plugin is. */
export interface OptionData {
  /** Kind of option: the builder's name. */
  readonly type: OptionType;
  /** The builder's settings that are data. */
  readonly settings: Readonly<Record<string, PlainValue>>;
  /** Of a choice. */
  readonly choices?: readonly string[];
}

const KEYS = [
  "help",
  "default",
  "track",
  "perChannel",
  "aliases",
  "unit",
  "min",
  "max",
  "integer",
];

/** An option as data. @throws {TypeError} For one that `option` did not make. */
export function optionData(spec: OptionSpec): OptionData {
  const found = madeFrom(spec);
  if (!found) throw new TypeError("Cannot send an option elsewhere that was not made with `option`");
  const given = found.settings as Readonly<Record<string, unknown>>;
  const settings: Record<string, PlainValue> = {};
  for (const key of KEYS) {
    const value = given[key];
    if (value === undefined) continue;
    settings[key] = (typeof value === "bigint" ? Number(value) : value) as PlainValue;
  }
  return { type: spec.type, settings, ...(found.choices && { choices: [...found.choices] }) };
}

type Builder = (settings: unknown) => OptionSpec;

/**
 * The option that data stand for.
 *
 * @throws {TypeError} On data that are no option's.
 * @throws {RangeError} On settings that contradict each other.
 */
export function optionFrom(data: OptionData): OptionSpec {
  const { type, settings, choices } = data;
  if (!Object.hasOwn(option, type)) {
    throw new TypeError(`Cannot make an option of the unknown type "${type}"`);
  }
  if (type === "choice") return option.choice(choices ?? [], settings as never);
  return (option[type] as unknown as Builder)(settings);
}
