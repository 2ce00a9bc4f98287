/**
 * What may be registered, and which plugin provides which data type then.
 * @module
 */
import { PluginBase } from "../plugin/classes.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { setOf } from "../plugin/plugin_set.ts";

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
        `Cannot register plugin "${plugin.name}" ${plugin.version}${
          originOf(plugin)
        }: plugin "${other.name}" ` +
          `${other.version}${
            originOf(other)
          } provides the data type "${type}" already; register only one of the two` +
          `${setOf(plugin) && setOf(other) ? " sets" : ""} in a context`,
      );
    }
    for (const type of plugin.provides) providers.set(type, plugin);
  }
}

/** Where a plugin comes from, as far as that is known: its set, or else its module. */
function originOf(plugin: Plugin): string {
  const set = setOf(plugin);
  return set !== undefined ? ` of ${set}` : plugin.module === undefined ? "" : ` (${plugin.module})`;
}

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
