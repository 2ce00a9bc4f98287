/**
 * Options of a plugin: type, default, unit, limits and help of each setting, and the check of what a user gives for it.
 *
 * An option without a default is required. A default of `null` means "found out from the data"; only such an option may
 * be set to `null`. Numbers may be given as text, and as text with a unit where the option has one ("2 us" for a number
 * of ns is 2000).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { option, type OptionValues } from "@millrace/core/option";
 *
 * const options = {
 *   threshold: option.number({ default: 10, min: 0, unit: "ADC", help: "Lowest height of a hit", perChannel: true }),
 *   window: option.time({ default: "100 ns", help: "Length of an event" }),
 * };
 * type Values = OptionValues<typeof options>; // { threshold: PerChannel<number>; window: number }
 * const values: Values = {
 *   threshold: options.threshold.parse({ channels: { "0:3": 25 } }, "hits.threshold").value,
 *   window: options.window.parse("0.5 us", "events.window").value,
 * };
 * assert.equal(values.threshold.at(0, 3), 25);
 * assert.equal(values.window, 500_000); // ps
 * ```
 * @module
 */
import {
  booleanKind,
  choiceKind,
  frequencyKind,
  type Kind,
  listKind,
  numberKind,
  rangeKind,
  stringKind,
  timeKind,
} from "./_kinds.ts";
import { makeOption } from "./_make.ts";
import { remember } from "./_made_from.ts";
import type { PerChannel } from "./per_channel.ts";

export type { PerChannel } from "./per_channel.ts";

/** What JSON can hold. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** What kind of value an option takes. */
export type OptionType =
  | "number"
  | "integer"
  | "string"
  | "boolean"
  | "choice"
  | "range"
  | "time"
  | "frequency"
  | "list";

/** A checked value in two forms. */
export interface ParsedOption<out T> {
  /** What the plugin's code sees. Arrays are frozen. */
  readonly value: T;
  /**
   * The same, JSON-ready and canonical: values that mean the same have the same form, and parsing it again gives the same
   * value. It goes into the lineage and to workers.
   */
  readonly plain: PlainValue;
}

/** An option as {@linkcode option} makes it; `T` is the type of its value. */
export interface OptionSpec<out T = unknown> {
  /** What kind of value it takes. */
  readonly type: OptionType;
  /** What it does, for people; not in the lineage. */
  readonly help: string;
  /** The default in its JSON-ready form; `undefined` where the option is required. */
  readonly default: PlainValue | undefined;
  /** The default for people: `10 ns`, `auto` or `required`. */
  readonly defaultText: string;
  /** Whether it has no default. */
  readonly required: boolean;
  /** Unit of the value, where it has one. */
  readonly unit: string | undefined;
  /** Limits or choices, for people: `at least 0`; empty where everything of the type is allowed. */
  readonly allowed: string;
  /** Whether it changes results, so that it is part of the lineage. */
  readonly track: boolean;
  /** Whether it may differ from channel to channel. */
  readonly perChannel: boolean;
  /** Other names that it may be set by. */
  readonly aliases: readonly string[];
  /**
   * Check what was given for this option and convert it.
   *
   * @param input The value, text or per-channel form.
   * @param name Name of plugin and option for errors, e.g. `hits.threshold`.
   * @param source Where the value was given, for errors, e.g. `--set`.
   * @throws {TypeError} On a value of another type, or text that does not stand for one.
   * @throws {RangeError} On a value outside the limits or choices.
   */
  parse(input: unknown, name: string, source?: string): ParsedOption<T>;
}

/** Options of a plugin by name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values of a plugin's options, by name. */
export type OptionValues<O extends OptionSpecs> = {
  readonly [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never;
};

/** Type of the value of an option: `T`, or `null` where the default `D` may be, for each channel where `P` is true. */
export type OptionValue<T, D, P extends boolean> = P extends true ? PerChannel<null extends D ? T | null : T>
  : null extends D ? T | null
  : T;

/** First and last value of a range; an end of `null` means up to the end. */
export type OptionRange = readonly [start: number, end: number | null];

/** What every option may be told: `T` is the type of a value, `D` of the default, `P` whether it is per channel. */
export interface OptionSettings<T, D, P extends boolean> {
  /** What it does, in one sentence, for people; not in the lineage. */
  readonly help: string;
  /** The default; without one the option is required, `null` means that the plugin finds it out. */
  readonly default?: D | undefined;
  /** Whether it changes results and is part of the lineage. Default true. */
  readonly track?: boolean;
  /** Whether it may differ from channel to channel. Default false. */
  readonly perChannel?: P;
  /** Other names that it may be set by. */
  readonly aliases?: readonly string[];
  /** A further check of a value that is not `null`: what is wrong with it, or `undefined`. */
  readonly validate?: (value: T) => string | undefined;
}

/** What {@linkcode OptionBuilders.number} and {@linkcode OptionBuilders.integer} may be told. */
export interface NumberSettings<D, P extends boolean> extends OptionSettings<number, D, P> {
  /** Unit of the value. Text in another unit of the same family (times, frequencies) is converted. */
  readonly unit?: string;
  /** Lowest value, in `unit`. */
  readonly min?: number;
  /** Highest value, in `unit`. */
  readonly max?: number;
}

/** What {@linkcode OptionBuilders.range} may be told. */
export interface RangeSettings<D, P extends boolean> extends OptionSettings<OptionRange, D, P> {
  /** Unit of both ends. */
  readonly unit?: string;
  /** Lowest value of both ends, in `unit`. */
  readonly min?: number;
  /** Highest value of both ends, in `unit`. */
  readonly max?: number;
  /** Whether both ends are integers. Default false. */
  readonly integer?: boolean;
}

/** What {@linkcode OptionBuilders.time} may be told. */
export interface TimeSettings<D, P extends boolean> extends OptionSettings<number, D, P> {
  /** Shortest time: text with a unit, or ps. */
  readonly min?: string | number;
  /** Longest time: text with a unit, or ps. */
  readonly max?: string | number;
}

/** What {@linkcode OptionBuilders.frequency} may be told. */
export interface FrequencySettings<D, P extends boolean> extends OptionSettings<number, D, P> {
  /** Lowest frequency: text with a unit, or Hz. */
  readonly min?: string | number;
  /** Highest frequency: text with a unit, or Hz. */
  readonly max?: string | number;
}

/**
 * The kinds of option. All throw a `TypeError` or `RangeError` on settings that contradict each other, such as a default
 * outside the limits.
 */
export interface OptionBuilders {
  /** A finite number, in `unit`. */
  number<const D extends number | string | null | undefined = never, const P extends boolean = false>(
    settings: NumberSettings<D, P>,
  ): OptionSpec<OptionValue<number, D, P>>;
  /** An integer within 2^53, in `unit`. */
  integer<const D extends number | string | null | undefined = never, const P extends boolean = false>(
    settings: NumberSettings<D, P>,
  ): OptionSpec<OptionValue<number, D, P>>;
  /** Text. */
  string<const D extends string | null | undefined = never, const P extends boolean = false>(
    settings: OptionSettings<string, D, P>,
  ): OptionSpec<OptionValue<string, D, P>>;
  /** `true` or `false`; as text also `yes`, `no`, `on` and `off`. */
  boolean<const D extends boolean | null | undefined = never, const P extends boolean = false>(
    settings: OptionSettings<boolean, D, P>,
  ): OptionSpec<OptionValue<boolean, D, P>>;
  /** One of some texts. */
  choice<
    const C extends string,
    const D extends NoInfer<C> | null | undefined = never,
    const P extends boolean = false,
  >(
    choices: readonly C[],
    settings: OptionSettings<NoInfer<C>, D, P>,
  ): OptionSpec<OptionValue<C, D, P>>;
  /** A pair `[start, end]` with `start <= end`, in `unit`; `end` may be `null`: up to the end. As text `40..90` or `40..`. */
  range<
    const D extends readonly [number, number | null] | string | null | undefined = never,
    const P extends boolean = false,
  >(
    settings: RangeSettings<D, P>,
  ): OptionSpec<OptionValue<OptionRange, D, P>>;
  /** A time as an integer number of ps within 2^53; as text with a unit, `"10 ns"`. */
  time<const D extends string | number | bigint | null | undefined = never, const P extends boolean = false>(
    settings: TimeSettings<D, P>,
  ): OptionSpec<OptionValue<number, D, P>>;
  /** A frequency in Hz; as text with a unit, `"2 kHz"`. */
  frequency<const D extends string | number | null | undefined = never, const P extends boolean = false>(
    settings: FrequencySettings<D, P>,
  ): OptionSpec<OptionValue<number, D, P>>;
  /** A list of texts; one text stands for a list of one. */
  list<
    const D extends readonly string[] | string | null | undefined = never,
    const P extends boolean = false,
  >(
    settings: OptionSettings<readonly string[], D, P>,
  ): OptionSpec<OptionValue<readonly string[], D, P>>;
}

function made<T, D, P extends boolean>(
  kind: Kind<T>,
  settings: OptionSettings<T, D, P>,
  choices?: readonly string[],
): OptionSpec<OptionValue<T, D, P>> {
  // The runtime form follows the settings exactly as the type does; the compiler cannot see that through a conditional type.
  const spec = makeOption(kind, settings) as OptionSpec<OptionValue<T, D, P>>;
  remember(spec, settings, choices);
  return spec;
}

/** Makes options: `option.number({ default: 10, min: 0, unit: "ADC", help: "..." })`. */
export const option: OptionBuilders = {
  number: (settings) => made(numberKind("number", settings), settings),
  integer: (settings) => made(numberKind("integer", settings), settings),
  string: (settings) => made(stringKind(), settings),
  boolean: (settings) => made(booleanKind(), settings),
  choice: (choices, settings) => made(choiceKind(choices), settings, choices),
  range: (settings) => made(rangeKind(settings), settings),
  time: (settings) => made(timeKind(settings), settings),
  frequency: (settings) => made(frequencyKind(settings), settings),
  list: (settings) => made(listKind(), settings),
};
