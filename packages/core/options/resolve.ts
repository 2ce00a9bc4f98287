/**
 * The options of one plugin from what was given for them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "@millrace/core/option";
 * import { resolveOptions } from "@millrace/core/config";
 *
 * const options = {
 *   threshold: option.number({ default: 10, unit: "ADC", help: "Lowest height of a hit" }),
 *   workers: option.integer({ default: 4, track: false, help: "Threads" }),
 * };
 * const { values, tracked, plain } = resolveOptions("hits", options, { threshold: "12.5" });
 * assert.equal(values.threshold, 12.5);
 * assert.deepEqual(tracked, { threshold: 12.5 });
 * assert.deepEqual(resolveOptions("hits", options, plain).values, values); // as a worker does
 * ```
 * @module
 */
import { didYouMean, listed } from "./_suggest.ts";
import type { OptionSpec, OptionSpecs, OptionValues, PlainValue } from "./option.ts";

/** Where the value of an option comes from. */
export interface OptionSource {
  /** `default`, `script`, `--set`, `file run.yaml` or whatever name it was set under. */
  readonly source: string;
  /** The key that set it, as it was written; `plugin.option` of a default. */
  readonly key: string;
}

/** The options of a plugin, ready to use. */
export interface Resolved<O extends OptionSpecs = OptionSpecs> {
  /** What the plugin's code sees. */
  readonly values: OptionValues<O>;
  /** Where each comes from. */
  readonly sources: Readonly<Record<string, OptionSource>>;
  /** The tracked values, JSON-ready, in order of their names: the part of the lineage. */
  readonly tracked: Readonly<Record<string, PlainValue>>;
  /** All values, JSON-ready, in order of their names: {@linkcode resolveOptions} makes the same values of it elsewhere. */
  readonly plain: Readonly<Record<string, PlainValue>>;
}

/** What has options: a plugin. */
export interface OptionOwner<O extends OptionSpecs = OptionSpecs> {
  /** Its name, the part before the dot in `hits.threshold`. */
  readonly name: string;
  /** Its options. */
  readonly options: O;
}

const NAME = /^[A-Za-z_]\w*$/;
const indexes = new WeakMap<OptionSpecs, ReadonlyMap<string, string>>();

/**
 * Option names by every name that they may be set by.
 *
 * @throws {TypeError} When two options share a name or alias, or a name is no identifier.
 */
export function optionNames(plugin: string, specs: OptionSpecs): ReadonlyMap<string, string> {
  const known = indexes.get(specs);
  if (known) return known;
  const index = new Map<string, string>();
  for (const [name, spec] of Object.entries(specs)) {
    for (const key of [name, ...spec.aliases]) {
      if (!NAME.test(key)) {
        throw new TypeError(
          `Cannot use the options of "${plugin}": the name "${key}" is no identifier; use letters, digits and _`,
        );
      }
      const other = index.get(key);
      if (other !== undefined) {
        throw new TypeError(
          `Cannot use the options of "${plugin}": "${key}" names both "${other}" and "${name}"`,
        );
      }
      index.set(key, name);
    }
  }
  indexes.set(specs, index);
  return index;
}

/** What is wrong with an option name that a plugin doesn't have. */
export function unknownOption(plugin: OptionOwner, name: string, key: string, source: string): string {
  const names = optionNames(plugin.name, plugin.options);
  return `Cannot set "${key}" (${source}): plugin "${plugin.name}" has no option "${name}"` +
    didYouMean(name, names.keys(), `its options are ${listed(Object.keys(plugin.options))}`);
}

/**
 * Check and convert what was given for a plugin's options, and fill in the defaults. A pure function of its arguments.
 *
 * @param plugin Name of the plugin, for errors.
 * @param specs Its options.
 * @param given Values by option name or alias.
 * @param sources Where they come from, by option name; `config` where it isn't said.
 * @throws {RangeError} On an unknown name, and on a value outside what is allowed.
 * @throws {TypeError} On a value of the wrong type, a required option that is missing, or one that is given twice.
 */
export function resolveOptions<O extends OptionSpecs>(
  plugin: string,
  specs: O,
  given: Readonly<Record<string, unknown>> = {},
  sources: Readonly<Record<string, OptionSource>> = {},
): Resolved<O> {
  const index = optionNames(plugin, specs);
  const inputs = new Map<string, unknown>();
  for (const [key, value] of Object.entries(given)) {
    const name = index.get(key);
    if (name === undefined) {
      throw new RangeError(
        unknownOption({ name: plugin, options: specs }, key, `${plugin}.${key}`, "config"),
      );
    }
    if (inputs.has(name)) {
      throw new TypeError(`Cannot set "${plugin}.${name}" twice: "${key}" is an alias of it`);
    }
    inputs.set(name, value);
  }
  const values: Record<string, unknown> = {};
  const from: Record<string, OptionSource> = {};
  const tracked: Record<string, PlainValue> = {};
  const plain: Record<string, PlainValue> = {};
  for (const name of Object.keys(specs).sort()) {
    const spec = specs[name]!;
    const key = `${plugin}.${name}`;
    const set = inputs.has(name);
    if (!set && spec.required) throw new TypeError(missing(plugin, name, spec));
    const said = set && Object.hasOwn(sources, name) ? sources[name] : undefined;
    const source = said ?? { source: set ? "config" : "default", key };
    const parsed = spec.parse(set ? inputs.get(name) : spec.default, key, source.source);
    values[name] = parsed.value;
    from[name] = source;
    plain[name] = parsed.plain;
    if (spec.track) tracked[name] = parsed.plain;
  }
  // Each value was made by the spec of its name, which is what the type says.
  return { values: values as OptionValues<O>, sources: from, tracked, plain };
}

function missing(plugin: string, name: string, spec: OptionSpec): string {
  const what = [spec.type, spec.unit, spec.allowed].filter(Boolean).join(", ");
  return `Cannot run "${plugin}": its option "${name}" (${what}) is required and not set; ` +
    `set "${plugin}.${name}": ${spec.help}`;
}
