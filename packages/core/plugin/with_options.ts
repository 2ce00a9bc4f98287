/**
 * Plugins whose options choose what they read or whether they have state: {@linkcode withOptions}.
 * @module
 */
import type { Plugin } from "./plugin.ts";

/**
 * The plugin as it is with some options: of one whose options choose its input, with just what it reads; of one that needs no
 * state with them, without state.
 *
 * @throws {RangeError} When it reads nothing, or something that it does not depend on.
 */
export function withOptions(plugin: Plugin, options: Readonly<Record<string, unknown>>): Plugin {
  if (plugin.stateless?.(options)) {
    const { parallel: _, ...running } = plugin.running; // false for the sake of the state
    const stateless = {
      ...plugin,
      stateless: undefined,
      stateful: undefined,
      initialState: undefined,
      running,
    };
    return withOptions(stateless, options);
  }
  if (!plugin.reads) return plugin;
  const dependsOn = [...plugin.reads(options)];
  const other = dependsOn.find((type) => !plugin.dependsOn.includes(type));
  if (other !== undefined || dependsOn.length === 0) {
    throw new RangeError(
      `Plugin "${plugin.name}" reads ${other === undefined ? "nothing" : `"${other}"`}: it depends on ${
        plugin.dependsOn.join(", ")
      }`,
    );
  }
  const requires = Object.fromEntries(
    Object.entries(plugin.requires).filter(([type]) => dependsOn.includes(type)),
  );
  return { ...plugin, reads: undefined, dependsOn, requires };
}
