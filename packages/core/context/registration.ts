/**
 * What may be registered, and which plugin provides which data type then.
 * @module
 */
import { PluginBase } from "../plugin/classes.ts";
import type { Plugin } from "../plugin/plugin.ts";

/** What may be registered: a plugin, a plugin class or an object of one, or a list of those. */
export type Registrable = Plugin | PluginBase | (new () => PluginBase) | readonly Registrable[];

/**
 * Add plugins to those by data type. The same plugin again does nothing.
 *
 * @throws {RangeError} When another plugin provides one of its data types already.
 * @throws {TypeError} On something that is no plugin.
 */
export function registerPlugins(providers: Map<string, Plugin>, items: readonly Registrable[]): void {
  for (const plugin of items.flatMap(toPlugins)) {
    for (const type of plugin.provides) {
      const other = providers.get(type);
      if (!other || other === plugin) continue;
      throw new RangeError(
        `Cannot register plugin "${plugin.name}" ${plugin.version}${fromModule(plugin)}: ` +
          `"${other.name}" ${other.version}${fromModule(other)} provides "${type}" already; ` +
          "of plugin sets that share a name, register one",
      );
    }
    for (const type of plugin.provides) providers.set(type, plugin);
  }
}

/** Where a plugin comes from, as far as that is known. */
const fromModule = ({ module }: Plugin) => (module === undefined ? "" : ` (${module})`);

// A class gives one plugin, however often it is registered.
const classes = new WeakMap<new () => PluginBase, Plugin>();

function toPlugins(item: Registrable): Plugin[] {
  if (Array.isArray(item)) return (item as readonly Registrable[]).flatMap(toPlugins);
  if (item instanceof PluginBase) return [item.toPlugin()];
  if (typeof item === "function" && item.prototype instanceof PluginBase) {
    const made = classes.get(item) ?? new item().toPlugin();
    classes.set(item, made);
    return [made];
  }
  const plugin = item as Partial<Plugin>;
  if (
    typeof plugin === "object" && plugin !== null && Array.isArray(plugin.provides) &&
    typeof plugin.geometry === "function"
  ) {
    return [plugin as Plugin];
  }
  throw new TypeError(
    `Cannot register ${typeof item === "function" ? item.name : String(item)}: it is no plugin`,
  );
}
