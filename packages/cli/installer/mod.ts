/**
 * Install plugins that others wrote, and run each in a sandbox of its own.
 *
 * ```ts ignore
 * import { Context } from "@millrace/core";
 * import { PluginInstaller } from "@millrace/cli/installer";
 * import { signalPlugins } from "@millrace/plugins-signal";
 *
 * await using ctx = new Context({ store: "./data", plugins: new PluginInstaller() });
 * ctx.register(signalPlugins);
 * await ctx.registerFrom("@lab/pulse-shape@^1", { registry: "http://registry.lab:8000", permissions: { net: [] } });
 * ```
 * @module
 */
export { type AskOptions, type InstallerOptions, PluginInstaller } from "./plugin_installer.ts";
export type { Allowed, Judgement } from "./judge.ts";
export type { KnownRegistry, Lock, LockedExport, LockedPackage, LockedPlugin } from "./lock_file.ts";
export type { PackageFiles } from "./package_files.ts";
export type { Proposal } from "./propose.ts";
