// Where an option's JSON Schema differs from the option in the code.

import type { DeclaredOption } from "../../analysis/facts.ts";

/** JSON Schema types by kind of option. A time is a number of ps, a frequency one of Hz. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  number: ["number"],
  integer: ["integer"],
  string: ["string"],
  boolean: ["boolean"],
  choice: ["string"],
  range: ["array"],
  time: ["number", "integer"],
  frequency: ["number"],
  list: ["array"],
};

/** Units by kind of option whose values are numbers and may be written with a unit. */
const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  time: { ps: 1, ns: 1e3, us: 1e6, µs: 1e6, ms: 1e9, s: 1e12 },
  frequency: { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 },
};

/** Settings in the code and their names in the schema; those that a schema without them means. */
const FIELDS: readonly (readonly [setting: string, field: string, absent?: unknown])[] = [
  ["default", "default"],
  ["unit", "unit"],
  ["min", "minimum"],
  ["max", "maximum"],
  ["track", "tracked", true],
  ["perChannel", "perChannel", false],
];

/** One text a difference, as far as the code writes the option out. */
export function* optionDifferences(
  name: string,
  schema: Readonly<Record<string, unknown>>,
  code: DeclaredOption,
): Generator<string> {
  const place = (field: string) => `"options.${name}.${field}"`;
  const types = TYPES[code.kind ?? ""];
  if (types && !types.includes(schema.type as string)) {
    yield `${place("type")} is ${show(schema.type)} here and ${show(types[0])} there (option.${code.kind})`;
  }
  if (code.choices) yield* differ(place("enum"), schema.enum, code.choices);
  for (const [setting, field, absent] of FIELDS) {
    if (code.computed === undefined || code.computed.includes(setting)) continue;
    const written = Object.hasOwn(code.settings, setting) ? code.settings[setting] : absent;
    const said = Object.hasOwn(schema, field) ? schema[field] : absent;
    yield* differ(place(field), said, plain(code.kind, written));
  }
}

function* differ(place: string, said: unknown, written: unknown): Generator<string> {
  if (JSON.stringify(said) !== JSON.stringify(written)) {
    yield `${place} is ${show(said)} here and ${show(written)} there`;
  }
}

/** What is written in the code as a schema has it: "20 ns" is 20000. */
function plain(kind: string | undefined, written: unknown): unknown {
  const units = UNITS[kind ?? ""];
  const match = units && typeof written === "string" &&
    /^\s*([\d.]+(?:e[+-]?\d+)?)\s*(\S+)\s*$/i.exec(written);
  const factor = match && Object.hasOwn(units, match[2]!) ? units[match[2]!] : undefined;
  if (!match || factor === undefined) return written;
  return Number((Number(match[1]) * factor).toPrecision(15));
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}
