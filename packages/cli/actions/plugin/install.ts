/**
 * `millrace plugin add`, `update`, `remove` and `vendor`.
 * @module
 */
import { checkTypes, installedOf, PluginInstaller } from "../../installer/plugin_installer.ts";
import { grantsText } from "../../installer/grants.ts";
import type { LockedPlugin } from "../../installer/lock_file.ts";
import { folderFrom, type Proposal } from "../../installer/propose.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../render/table.ts";
import { consent, type ConsentOptions } from "./_consent.ts";

/** What all of them are told. */
export interface LockSettings {
  /** Path of the lock file. */
  readonly lock?: string | undefined;
  /** Tell what was done as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** What those that install are told. */
export interface InstallSettings extends LockSettings, ConsentOptions {
  /** Origin of the registry. */
  readonly registry?: string | undefined;
  /** A publisher's public key. */
  readonly publisherKey?: string | undefined;
}

/** The installer that settings mean. */
export function installerOf({ lock }: LockSettings): PluginInstaller {
  return new PluginInstaller(lock === undefined ? {} : { lock });
}

/** Write a result as JSON, or as text unless nothing is to be said. */
export function tell(value: unknown, text: string, { json, quiet }: LockSettings, io: Io): void {
  if (json) io.out(`${JSON.stringify(value, null, 2)}\n`);
  else if (!quiet) io.out(text);
}

/** Install a plugin. @throws {Error} When it may not be, or nobody agreed. */
export async function addAction(specifier: string, settings: InstallSettings, io: Io): Promise<void> {
  const installer = installerOf(settings);
  const { registry, publisherKey } = settings;
  const proposal = await installer.propose(specifier, { registry, publisher: publisherKey });
  const installed = await install(installer, proposal, settings, io);
  const path = await installer.lockPath();
  const text = `Added ${proposal.name} ${installed.version} to ${path}; it may: ${
    grantsText(installed.granted)
  }\n`;
  tell({ name: proposal.name, ...installed }, printable(text.trimEnd()) + "\n", settings, io);
}

async function install(
  installer: PluginInstaller,
  proposal: Proposal,
  settings: InstallSettings,
  io: Io,
): Promise<LockedPlugin> {
  const { signalPlugins } = await import("@millrace/plugins-signal");
  const builtIn = signalPlugins.flatMap(({ provides }) => provides);
  checkTypes(proposal.name, proposal.plugin, "one of the built-in plugins", builtIn);
  const allowed = {
    unverified: settings.allowUnverified === true,
    downgrade: settings.allowDowngrade === true,
  };
  const agreed = consent(proposal, await installer.judge(proposal, allowed), settings, io);
  return await installer.accept(proposal, allowed, agreed);
}

/** What became of a plugin in an update. */
interface Updated {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly granted: LockedPlugin["granted"];
}

/** Update plugins. @throws {Error} When one may not be, or nobody agreed; those before it are updated. */
export async function updateAction(
  names: readonly string[],
  settings: InstallSettings,
  io: Io,
): Promise<void> {
  const installer = installerOf(settings);
  const path = await installer.lockPath();
  const lock = await installer.read();
  const updated: Updated[] = [];
  for (const name of names.length > 0 ? names : Object.keys(lock.plugins)) {
    const before = installedOf(lock, name, path);
    const specifier = before.kind === "folder"
      ? `${folderFrom(path, before.from)}/`
      : before.kind === "url"
      ? before.from
      : before.request;
    const registry = settings.registry ?? (before.kind === "registry" ? before.from : undefined);
    const proposal = await installer.propose(specifier, { registry, publisher: settings.publisherKey });
    if (proposal.plugin.folder === before.folder) {
      updated.push({ name, from: before.version, to: before.version, granted: before.granted });
      continue;
    }
    const { version, granted } = await install(installer, proposal, settings, io);
    updated.push({ name, from: before.version, to: version, granted });
  }
  const text = updated.map(({ name, from, to, granted }) =>
    from === to
      ? `${name} ${from} is the newest that was asked for\n`
      : `${name}: ${from} -> ${to}; it may: ${grantsText(granted)}\n`
  );
  tell(updated, text.length > 0 ? text.join("") : "No plugins are installed\n", settings, io);
}

/** Remove a plugin. @throws {RangeError} When it is not installed. */
export async function removeAction(name: string, settings: LockSettings, io: Io): Promise<void> {
  const installer = installerOf(settings);
  await installer.remove(name);
  tell({ removed: name }, `Removed ${name}\n`, settings, io);
}

/** Have all files. @throws {VerificationError} When the same bytes cannot be had. */
export async function vendorAction(settings: LockSettings, io: Io): Promise<void> {
  const installer = installerOf(settings);
  const { fetched, warnings } = await installer.vendor();
  for (const warning of warnings) io.err(`millrace: ${printable(warning)}\n`);
  const all = Object.keys((await installer.read()).plugins);
  const text = `All files of ${all.length} ${all.length === 1 ? "plugin" : "plugins"} are here` +
    `${fetched.length > 0 ? `, now also of ${fetched.join(", ")}` : ""}\n`;
  tell({ plugins: all, fetched, warnings }, text, settings, io);
}
