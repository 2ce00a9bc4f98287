/**
 * The plugins that the command line has.
 * @module
 */
import type { Plugin } from "@millrace/core/plugin";

/**
 * All built-in plugins. Loaded when they are asked for, so that a command that needs none starts at once.
 */
export async function loadPlugins(): Promise<readonly Plugin[]> {
  const { signalPlugins } = await import("@millrace/plugins-signal");
  return signalPlugins;
}

/** The name of the source that reads digitizer files. */
export const SOURCE = "raw_files";
