// The per-channel form of a value: { default?, groups?: [{ channels: ["0:1"], value }], channels?: { "0:1": value } }.

import { isPlainObject, type PlainObject, quote } from "./_plain.ts";
import type { ParsedOption, PlainValue } from "./option.ts";
import { MAX_CHANNEL, PerChannel } from "./per_channel.ts";

const KEYS = ["default", "groups", "channels"];
const CHANNEL = /^(0|[1-9]\d{0,4}):(0|[1-9]\d{0,4})$/;

type Read<T> = (input: unknown, name: string, source?: string) => T;

/** Whether an object is meant as a per-channel value rather than as a plugin's options by name. */
export function looksPerChannel(value: PlainObject): boolean {
  return Object.keys(value).some((key) => KEYS.includes(key) || CHANNEL.test(key));
}

/** Check and convert a bare value or a per-channel one. Single channels win over groups, later groups over earlier ones. */
export function parsePerChannel<T>(
  read: Read<T>,
  fallback: T | undefined,
  input: unknown,
  name: string,
  source?: string,
): ParsedOption<PerChannel<T>> {
  if (!isPlainObject(input)) {
    const value = read(input, name, source);
    return { value: new PerChannel(value), plain: value as PlainValue };
  }
  const fail = (what: string): never => {
    const from = source === undefined ? "" : ` (${source})`;
    throw new TypeError(
      `Cannot set "${name}"${from}: ${what}; per channel it takes ` +
        `{ default, groups: [{ channels: ["0:1"], value }], channels: { "0:1": value } }`,
    );
  };
  const only = (object: PlainObject, keys: readonly string[], where: string) => {
    const unknown = Object.keys(object).find((key) => !keys.includes(key));
    if (unknown !== undefined) fail(`the key "${unknown}" of ${where} is unknown`);
  };
  const at = (key: unknown): string => {
    const match = typeof key === "string" ? CHANNEL.exec(key) : null;
    if (match && Number(match[1]) <= MAX_CHANNEL && Number(match[2]) <= MAX_CHANNEL) return key as string;
    return fail(`the channel ${quote(key)} is not "board:channel", two numbers from 0 to ${MAX_CHANNEL}`);
  };

  only(input, KEYS, "the value");
  const base = Object.hasOwn(input, "default") ? read(input.default, `${name}.default`, source) : fallback;
  if (base === undefined) return fail("it gives no default and the option has none");
  const values = new Map<string, T>();

  const groups = input.groups ?? [];
  if (!Array.isArray(groups)) return fail(`groups is ${quote(groups)}, which is no list`);
  groups.forEach((group: unknown, k) => {
    if (!isPlainObject(group)) return fail(`group ${k} is ${quote(group)}`);
    only(group, ["channels", "value"], `group ${k}`);
    if (!Array.isArray(group.channels)) return fail(`group ${k} has no list of channels`);
    if (!Object.hasOwn(group, "value")) return fail(`group ${k} has no value`);
    const value = read(group.value, `${name}.groups[${k}].value`, source);
    for (const key of group.channels) values.set(at(key), value);
  });

  const channels = input.channels ?? {};
  if (!isPlainObject(channels)) return fail(`channels is ${quote(channels)}, which is no object`);
  for (const [key, value] of Object.entries(channels)) {
    values.set(at(key), read(value, `${name}.channels["${key}"]`, source));
  }
  return canonical(base, values);
}

// Channels in numeric order, without those that have the default anyway.
function canonical<T>(base: T, values: ReadonlyMap<string, T>): ParsedOption<PerChannel<T>> {
  const text = JSON.stringify(base);
  const entries = [...values]
    .filter(([, value]) => JSON.stringify(value) !== text)
    .map(([key, value]) => {
      const [board, channel] = key.split(":").map(Number) as [number, number];
      return [board, channel, value] as const;
    })
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const value = new PerChannel(base, entries);
  if (entries.length === 0) return { value, plain: base as PlainValue };
  const channels = Object.fromEntries(
    entries.map(([board, channel, v]) => [`${board}:${channel}`, v as PlainValue]),
  );
  return { value, plain: { channels, default: base as PlainValue } };
}
