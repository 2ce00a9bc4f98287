/**
 * The plugins that the command line has.
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";
import { loadUserPlugins } from "./user_plugins.ts";

/** The name of the source that reads digitizer files. */
export const SOURCE = "raw_files";

/**
 * All built-in plugins, and those of the user's modules. Loaded when they are asked for, so that a command that needs none
 * starts at once.
 *
 * @param modules Paths or URLs of modules.
 * @throws {Error} When a module can't be loaded or exports no plugin, or when two plugins provide the same data type.
 */
export async function loadPlugins(modules: readonly string[] = []): Promise<readonly Plugin[]> {
  const { signalPlugins } = await import("@millrace/plugins-signal");
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
  for (const plugin of signalPlugins) add(plugin, "the built-in ones");
  for (const module of new Set(modules)) {
    for (const plugin of await loadUserPlugins(module)) add(plugin, `"${module}"`);
  }
  return plugins;
}
