/**
 * What a user set, for all plugins: from scripts, files and the command line, each value with where it came from.
 *
 * A value is set for one plugin (`{ "hits.threshold": 12 }` or `{ hits: { threshold: 12 } }`) or for every plugin that
 * has the option (`{ threshold: 12 }`). The first wins over the second; among equals the last one set wins.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Config, parseAssignment } from "@millrace/core/config";
 * import { option } from "@millrace/core/option";
 *
 * const hits = {
 *   name: "hits",
 *   options: { threshold: option.number({ default: 10, unit: "ADC", help: "Lowest height of a hit" }) },
 * };
 * const config = new Config().set({ threshold: 8 }, "file run.yaml");
 * const { key, value } = parseAssignment("hits.threshold=12");
 * config.set({ [key]: value }, "--set");
 * config.check([hits]);
 * const { values, sources } = config.resolve(hits);
 * assert.equal(values.threshold, 12);
 * assert.deepEqual(sources.threshold, { source: "--set", key: "hits.threshold" });
 * assert.throws(() => new Config().set({ "hits.treshold": 12 }).check([hits]), /did you mean "threshold"/);
 * ```
 * @module
 */
import { looksPerChannel } from "./_per_channel.ts";
import { copyPlain, isPlainObject, quote } from "./_plain.ts";
import { didYouMean, listed } from "./_suggest.ts";
import type { OptionSpecs } from "./option.ts";
import {
  optionNames,
  type OptionOwner,
  type OptionSource,
  type Resolved,
  resolveOptions,
  unknownOption,
} from "./resolve.ts";

export { parseAssignment } from "./assignment.ts";
export { describeOptions, type OptionRow } from "./describe.ts";
export { didYouMean } from "./_suggest.ts";
export { type OptionOwner, type OptionSource, type Resolved, resolveOptions } from "./resolve.ts";

/** Values by `plugin.option`, by option for every plugin that has it, or by plugin and then option. */
export type ConfigValues = Readonly<Record<string, unknown>>;

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
}

/** Values that were set, in order. */
export class Config {
  readonly #entries: Entry[] = [];

  /**
   * Set values; they are copied. Nothing is checked against plugins until {@linkcode Config.check} or
   * {@linkcode Config.resolve}, so values may be set before plugins are registered.
   *
   * @param values Values by key.
   * @param source Where they come from: `script`, `--set`, `file run.yaml`.
   * @throws {TypeError} On an empty or incomplete key, and on `undefined`, functions and class instances.
   */
  set(values: ConfigValues, source = "script"): this {
    if (!isPlainObject(values)) {
      throw new TypeError(
        `Cannot set options (${source}) from ${quote(values)}: give an object of values by name`,
      );
    }
    const entries = Object.entries(values).map(([key, value]): Entry => {
      if (key === "" || key.startsWith(".") || key.endsWith(".")) {
        throw new TypeError(
          `Cannot set "${key}" (${source}): write "plugin.option" or the name of an option`,
        );
      }
      return { key, value: copyPlain(value, key, source), source };
    });
    this.#entries.push(...entries);
    return this;
  }

  /** A copy that can be set without changing this one. */
  clone(): Config {
    const copy = new Config();
    copy.#entries.push(...this.#entries);
    return copy;
  }

  /**
   * The options of one plugin: what was set, checked and converted, and defaults for the rest.
   *
   * @throws {RangeError} When an option was set for this plugin that it doesn't have, or a value is not allowed.
   * @throws {TypeError} On a value of the wrong type, or a required option that nothing sets.
   */
  resolve<O extends OptionSpecs>(plugin: OptionOwner<O>): Resolved<O> {
    const names = optionNames(plugin.name, plugin.options);
    const bare: Given = { values: {}, sources: {} };
    const own: Given = { values: {}, sources: {} };
    const put = (given: Given, option: string, { key, value, source }: Entry) => {
      const name = names.get(option);
      if (name === undefined) throw new RangeError(unknownOption(plugin, option, key, source));
      given.values[name] = value;
      given.sources[name] = { source, key };
    };
    for (const entry of this.#entries) {
      const { owner, option } = split(entry.key);
      if (owner === plugin.name) put(own, option, entry);
      else if (owner === undefined && option === plugin.name && isPlainObject(entry.value)) {
        for (const [name, part] of section(entry, entry.value)) put(own, name, part);
      } else if (owner === undefined && names.has(option) && isBareValue(entry.value)) {
        put(bare, option, entry);
      }
    }
    return resolveOptions(
      plugin.name,
      plugin.options,
      { ...bare.values, ...own.values },
      { ...bare.sources, ...own.sources },
    );
  }

  /**
   * Check that every key that was set is an option of one of the plugins.
   *
   * @throws {RangeError} Naming each key that isn't, where it was set, the nearest names and those that there are.
   */
  check(plugins: Iterable<OptionOwner>): void {
    const owners = new Map<string, OptionOwner>();
    for (const plugin of plugins) owners.set(plugin.name, plugin);
    const problems = this.#entries.flatMap((entry) => problemsOf(entry, owners));
    if (problems.length > 0) throw new RangeError([...new Set(problems)].join("\n"));
  }
}

interface Given {
  readonly values: Record<string, unknown>;
  readonly sources: Record<string, OptionSource>;
}

// At the last dot: option names have none.
function split(key: string): { owner: string | undefined; option: string } {
  const dot = key.lastIndexOf(".");
  return dot < 0
    ? { owner: undefined, option: key }
    : { owner: key.slice(0, dot), option: key.slice(dot + 1) };
}

function section({ key, source }: Entry, values: ConfigValues): [name: string, entry: Entry][] {
  return Object.entries(values).map(([name, value]) => [name, { key: `${key}.${name}`, value, source }]);
}

// An object that isn't a value for each channel is the section of a plugin of that name.
function isBareValue(value: unknown): boolean {
  return !isPlainObject(value) || looksPerChannel(value);
}

function problemsOf(entry: Entry, owners: ReadonlyMap<string, OptionOwner>): string[] {
  const { key, value, source } = entry;
  const { owner, option } = split(key);
  if (owner !== undefined) {
    const plugin = owners.get(owner);
    if (plugin) return unlessKnown(plugin, option, key, source);
    return [
      `Cannot set "${key}" (${source}): there is no plugin "${owner}"` +
      didYouMean(owner, owners.keys(), `the plugins are ${listed(owners.keys())}`),
    ];
  }
  const named = owners.get(key);
  if (named && isPlainObject(value)) {
    return section(entry, value).flatMap(([name, part]) => unlessKnown(named, name, part.key, source));
  }
  const options = [...owners.values()].flatMap((
    plugin,
  ) => [...optionNames(plugin.name, plugin.options).keys()]);
  if (options.includes(key) && isBareValue(value)) return [];
  const what = `Cannot set "${key}" (${source}) to ${quote(value)}`;
  if (named) return [`${what}: it is a plugin; give its options by name`];
  const plugins = `the plugins are ${listed(owners.keys())}`;
  if (isPlainObject(value)) {
    return [
      `${what}: there is no plugin "${key}"` +
      didYouMean(
        key,
        owners.keys(),
        `a value by channel has the keys default, groups and channels; ${plugins}`,
      ),
    ];
  }
  return [
    `${what}: no plugin has that option` +
    didYouMean(key, [...options, ...owners.keys()], `the options are ${listed(options)}; ${plugins}`),
  ];
}

function unlessKnown(plugin: OptionOwner, option: string, key: string, source: string): string[] {
  return optionNames(plugin.name, plugin.options).has(option)
    ? []
    : [unknownOption(plugin, option, key, source)];
}
