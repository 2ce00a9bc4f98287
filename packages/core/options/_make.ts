// An option from the reader of its type and its settings.

import { type Kind, Refusal } from "./_kinds.ts";
import { parsePerChannel } from "./_per_channel.ts";
import { quote } from "./_plain.ts";
import type { OptionSettings, OptionSpec, OptionType, ParsedOption, PlainValue } from "./option.ts";

const SETTINGS: readonly string[] = ["help", "default", "track", "perChannel", "aliases", "validate"];
const EXTRA: Readonly<Partial<Record<OptionType, readonly string[]>>> = {
  number: ["unit", "min", "max"],
  integer: ["unit", "min", "max"],
  range: ["unit", "min", "max", "integer"],
  time: ["min", "max"],
  frequency: ["min", "max"],
};

/** An option of that kind. @throws {TypeError} @throws {RangeError} On settings that contradict each other. */
export function makeOption<T, D, P extends boolean>(
  kind: Kind<T>,
  settings: OptionSettings<T, D, P>,
): OptionSpec<unknown> {
  const known = [...SETTINGS, ...EXTRA[kind.type] ?? []];
  const unknown = Object.keys(settings).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot make an option: the setting "${unknown}" is unknown; a ${kind.type} has ${known.join(", ")}`,
    );
  }
  const nullable = settings.default === null;
  const takes = nullable ? `${kind.takes}, or null to find it out from the data` : kind.takes;

  const read = (input: unknown, name: string, source?: string): T | null => {
    if (input === null && nullable) return null;
    const value = kind.read(input);
    let refusal = value instanceof Refusal ? value : undefined;
    if (refusal === undefined) {
      const wrong = settings.validate?.(value as T);
      if (wrong === undefined) return value as T;
      refusal = new Refusal(true, `which is refused: ${wrong}`);
    }
    const from = source === undefined ? "" : ` (${source})`;
    const message = `Cannot set "${name}"${from} to ${quote(input)}, ${refusal.reason}; it takes ${takes}`;
    throw refusal.range ? new RangeError(message) : new TypeError(message);
  };

  const required = settings.default === undefined;
  const fallback = required ? undefined : read(settings.default, "default");
  const perChannel = settings.perChannel === true;
  const parse = (input: unknown, name: string, source?: string): ParsedOption<unknown> => {
    if (perChannel) return parsePerChannel(read, fallback, input, name, source);
    const value = read(input, name, source);
    return { value, plain: value as PlainValue };
  };
  return Object.freeze({
    type: kind.type,
    help: settings.help,
    default: fallback as PlainValue | undefined,
    defaultText: required ? "required" : fallback === null ? "auto" : kind.show(fallback as T),
    required,
    unit: kind.unit,
    allowed: kind.allowed,
    track: settings.track ?? true,
    perChannel,
    aliases: Object.freeze([...settings.aliases ?? []]),
    parse,
  });
}
