/**
 * Options as rows of a table, for people and for documentation.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeOptions } from "@millrace/core/config";
 * import { option } from "@millrace/core/option";
 *
 * const [row] = describeOptions({ window: option.time({ default: "100 ns", min: 0, help: "Length of an event" }) });
 * assert.equal(row?.defaultText, "100 ns");
 * assert.equal(row?.allowed, "at least 0 ps");
 * ```
 * @module
 */
import type { OptionSpecs, OptionType, PlainValue } from "./option.ts";

/** One option, JSON-ready. */
export interface OptionRow {
  /** Its name. */
  readonly name: string;
  /** What kind of value it takes. */
  readonly type: OptionType;
  /** The default; absent where the option is required, `null` where it is found out from the data. */
  readonly default?: PlainValue;
  /** The default for people: `100 ns`, `auto` or `required`. */
  readonly defaultText: string;
  /** Unit of the value, or empty. */
  readonly unit: string;
  /** Limits or choices, or empty. */
  readonly allowed: string;
  /** What it does. */
  readonly help: string;
  /** Whether it is part of the lineage. */
  readonly tracked: boolean;
  /** Whether it may differ from channel to channel. */
  readonly perChannel: boolean;
  /** Other names that it may be set by. */
  readonly aliases: readonly string[];
}

/** A row for each option, in the order of their declaration. */
export function describeOptions(specs: OptionSpecs): OptionRow[] {
  return Object.entries(specs).map(([name, spec]) => ({
    name,
    type: spec.type,
    ...(spec.default === undefined ? {} : { default: spec.default }),
    defaultText: spec.defaultText,
    unit: spec.unit ?? "",
    allowed: spec.allowed,
    help: spec.help,
    tracked: spec.track,
    perChannel: spec.perChannel,
    aliases: spec.aliases,
  }));
}
