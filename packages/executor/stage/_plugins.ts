// Plugins by module URL and export, as a worker finds them.

import { PluginBase } from "@millrace/core/classes";
import { resolveOptions } from "@millrace/core/config";
import { copyOf } from "@millrace/core/copy-of";
import { defineMerge, withOptions } from "@millrace/core/define";
import type { Plugin } from "@millrace/core/plugin";
import type { StageStep } from "@millrace/core/stage";
import type { PluginSpec } from "./messages.ts";

/** A plugin whose code failed, or cannot be had; `message` is its name. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";
}

/** What a plugin is known by elsewhere. */
export function specOf({ plugin, plain }: StageStep): PluginSpec {
  const { name, module, export: exported, kind, dependsOn } = plugin;
  return { name, module, export: exported, merges: kind === "merge" ? dependsOn : undefined, options: plain };
}

/** The plugin of a specification with its option values. @throws {PluginFailure} When it cannot be had. */
export async function stepOf(spec: PluginSpec): Promise<StageStep> {
  try {
    const plugin = await load(spec);
    const given = spec.options as Readonly<Record<string, unknown>>;
    const { values, plain } = resolveOptions(plugin.name, plugin.options, given);
    const options = values as StageStep["options"];
    return { plugin: withOptions(plugin, options), options, plain: plain as StageStep["plain"] };
  } catch (cause) {
    throw new PluginFailure(spec.name, { cause });
  }
}

/** Load modules ahead of their first use; what cannot be loaded is told to whoever needs it. */
export async function loadModules(modules: readonly string[]): Promise<void> {
  await Promise.allSettled(modules.map((module) => import(module)));
}

/** The plugin of a specification; under the name that it has, where the specification has none. */
export async function load(
  { name, module, export: exported, merges }: Omit<PluginSpec, "name"> & {
    readonly name: string | undefined;
  },
): Promise<Plugin> {
  if (merges) return defineMerge({ provides: name!, dependsOn: merges });
  let found: unknown;
  try {
    found = (await import(module!) as Record<string, unknown>)[exported!];
  } catch (cause) {
    throw new Error(`Cannot load its module ${module} in a worker: ${messageOf(cause)}`, { cause });
  }
  const plugin = toPlugin(found);
  if (!plugin) {
    throw new TypeError(
      `Its module ${module} has no plugin "${exported}" in a worker: export it there under that name`,
    );
  }
  return name === undefined || plugin.name === name ? plugin : copyOf(plugin, name);
}

function toPlugin(found: unknown): Plugin | undefined {
  if (found instanceof PluginBase) return found.toPlugin();
  if (typeof found === "function" && found.prototype instanceof PluginBase) {
    return new (found as new () => PluginBase)().toPlugin();
  }
  const plugin = found as Partial<Plugin> | undefined;
  const isPlugin = typeof plugin === "object" && plugin !== null && Array.isArray(plugin.provides) &&
    typeof plugin.geometry === "function";
  return isPlugin ? plugin as Plugin : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
