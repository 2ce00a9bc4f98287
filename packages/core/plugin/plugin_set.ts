/**
 * Plugin sets: plugins that are registered together, under a name that errors can say.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, defineMerge, pluginSet } from "@millrace/core";
 *
 * const make = () => defineMerge({ provides: "both", dependsOn: ["a", "b"] });
 * const mine = pluginSet("minePlugins of @lab/mine", [make()]);
 * const yours = pluginSet("yourPlugins of @lab/yours", [make()]);
 * const ctx = new Context().register(mine);
 * assert.throws(() => ctx.register(yours), /of yourPlugins of @lab\/yours: .* of minePlugins of @lab\/mine/);
 * ```
 * @module
 */
import type { Plugin } from "./plugin.ts";

const names = new WeakMap<Plugin, string>();

/**
 * A list of plugins that is known by a name.
 *
 * @param name What the list is called and where it comes from, such as `straxPlugins of @millrace/plugins-signal/strax`. A plugin that is in
 * several sets is known by the name of the first.
 */
export function pluginSet(name: string, plugins: readonly Plugin[]): readonly Plugin[] {
  for (const plugin of plugins) if (!names.has(plugin)) names.set(plugin, name);
  return plugins;
}

/** The name of the set that a plugin is in; undefined where it is in none. */
export function setOf(plugin: Plugin): string | undefined {
  return names.get(plugin);
}
