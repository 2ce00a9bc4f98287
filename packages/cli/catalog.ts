/**
 * The plugins that the command line has.
 * @module
 */
import { describeColumns } from "@millrace/core/describe-columns";
import type { Plugin } from "@millrace/core/plugin";
import type { Schema } from "@millrace/core/schema";
import { UsageError } from "./errors.ts";
import { loadUserPlugins } from "./user_plugins.ts";

/** The name of the source that reads digitizer files. */
export const SOURCE = "raw_files";

/** The sets of built-in plugins: only one is there at a time, since they have data types of the same name. */
const SETS: Readonly<Record<string, () => Promise<readonly Plugin[]>>> = {
  signal: async () => (await import("@millrace/plugins-signal")).signalPlugins,
  strax: async () => (await import("@millrace/plugins-signal/strax")).straxPlugins,
};

/** Names of the sets; the first is used where none is named. */
export const PLUGIN_SETS: readonly string[] = Object.keys(SETS);

/**
 * All built-in plugins of a set, and those of the user's modules. Loaded when they are asked for, so that a command that needs
 * none starts at once.
 *
 * @param modules Paths or URLs of modules.
 * @param set Name of the set.
 * @throws {UsageError} When there is no such set.
 * @throws {Error} When a module can't be loaded or exports no plugin, or when two plugins provide the same data type.
 */
export async function loadPlugins(
  modules: readonly string[] = [],
  set = PLUGIN_SETS[0]!,
): Promise<readonly Plugin[]> {
  if (!Object.hasOwn(SETS, set)) {
    throw new UsageError(`Cannot use the plugin set "${set}": the sets are ${PLUGIN_SETS.join(" and ")}`);
  }
  const builtIn = await SETS[set]!();
  const providers = new Map<string, { readonly plugin: Plugin; readonly from: string }>();
  const plugins: Plugin[] = [];
  const add = (plugin: Plugin, from: string): void => {
    for (const type of plugin.provides) {
      const other = providers.get(type);
      if (other?.plugin === plugin) return;
      if (other) {
        throw new Error(
          `Cannot use the plugin "${plugin.name}" from ${from}: "${type}" is provided already, by the one from ` +
            `${other.from}; let it provide another name`,
        );
      }
    }
    for (const type of plugin.provides) providers.set(type, { plugin, from });
    plugins.push(plugin);
  };
  for (const plugin of builtIn) add(plugin, "the built-in ones");
  for (const module of new Set(modules)) {
    for (const plugin of await loadUserPlugins(module)) add(plugin, `"${module}"`);
  }
  return plugins;
}

/**
 * What to do about a data type, or plugin, that there is not but that another set of built-in plugins has: an end of a message, empty where
 * none has it.
 *
 * @param name Of a data type.
 * @param set The set that is used.
 */
export async function inOtherSet(name: string, set = PLUGIN_SETS[0]!): Promise<string> {
  for (const [other, load] of Object.entries(SETS)) {
    if (other === set) continue;
    if (!(await load()).some((plugin) => plugin.name === name || plugin.provides.includes(name))) continue;
    return `it is in the plugin set ${other}: add --plugins ${other}`;
  }
  return "";
}

/** The unit of a column, as the built-in plugin of that data type with the same columns says it; empty where none does. */
export async function unitOf(dataType: string, { columns }: Schema, column: string): Promise<string> {
  const same = JSON.stringify(columns.map(({ name, type }) => [name, type]));
  for (const load of Object.values(SETS)) {
    for (const plugin of await load()) {
      const described = describeColumns(plugin, dataType);
      if (JSON.stringify(described.map(({ name, type }) => [name, type])) !== same) continue;
      return described.find(({ name }) => name === column)?.unit ?? "";
    }
  }
  return "";
}
