/**
 * `millrace plugin list`, `info` and `search`.
 * @module
 */
import type { PluginDeclaration } from "@millrace/registry-server/client";
import { grantsText } from "../../installer/grants.ts";
import { openRegistry } from "../../installer/propose.ts";
import type { LockedPlugin } from "../../installer/lock_file.ts";
import type { Io } from "../../io.ts";
import { textTable } from "../../render/table.ts";
import { describePlugin } from "./_describe.ts";
import { installerOf, type LockSettings, tell } from "./install.ts";

const providesOf = (plugin: Pick<LockedPlugin, "plugins">) =>
  Object.values(plugin.plugins).flatMap(({ provides }) => provides);

/** List what is installed. */
export async function listAction(settings: LockSettings, io: Io): Promise<void> {
  const { plugins } = await installerOf(settings).read();
  const rows = Object.entries(plugins).map(([name, plugin]) => {
    const states = Object.values(plugin.packages).map(({ trust }) => trust);
    const trust = plugin.blocked !== null
      ? "BLOCKED"
      : states.find((state) => state !== "verified") ?? "verified";
    return [
      name,
      plugin.version,
      providesOf(plugin).join(", "),
      trust,
      grantsText(plugin.granted),
      plugin.from,
    ];
  });
  const titles = ["plugin", "version", "provides", "trust", "may", "from"].map((title) => ({ title }));
  const none = "No plugins are installed; see millrace plugin add --help\n";
  tell(plugins, rows.length > 0 ? textTable(titles, rows) : none, settings, io);
}

/** Show one plugin, installed or not. @throws {Error} When there is none. */
export async function infoAction(
  name: string,
  settings: LockSettings & { readonly registry?: string | undefined },
  io: Io,
): Promise<void> {
  const installer = installerOf(settings);
  const { plugins } = await installer.read();
  if (Object.hasOwn(plugins, name) && settings.registry === undefined) {
    const plugin = plugins[name]!;
    const text = `${describePlugin(name, plugin, undefined)}  may: ${grantsText(plugin.granted)}\n` +
      `  manifest: ${plugin.manifest}\n`;
    tell({ name, ...plugin }, text, settings, io);
    return;
  }
  const proposal = await installer.propose(name, { registry: settings.registry });
  const { plugin, permissions, warnings } = proposal;
  const notes = warnings.map((warning) => `  note: ${warning}\n`).join("");
  const text = `${describePlugin(proposal.name, plugin, permissions)}${notes}  not installed\n`;
  tell({ name: proposal.name, ...plugin, permissions, warnings, granted: null }, text, settings, io);
}

interface Found {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string | null;
  readonly plugins: Readonly<Record<string, PluginDeclaration>>;
}

/** What is looked for in a registry. */
export interface SearchSettings extends LockSettings {
  /** Origin of the registry. */
  readonly registry?: string | undefined;
  /** Data type that a plugin makes. */
  readonly provides?: string | undefined;
  /** Data type that a plugin needs. */
  readonly needs?: string | undefined;
  /** Permission that a plugin wants. */
  readonly permission?: string | undefined;
  /** Permission that no plugin wants. */
  readonly without?: string | undefined;
  /** Licence. */
  readonly license?: string | undefined;
}

/** Find plugins. @throws {Error} When the registry cannot be read. */
export async function searchAction(
  words: readonly string[],
  settings: SearchSettings,
  io: Io,
): Promise<void> {
  const lock = await installerOf(settings).read();
  const { reader } = await openRegistry("a plugin like that", { lock, registry: settings.registry });
  const query = new URLSearchParams();
  if (words.length > 0) query.set("q", words.join(" "));
  for (const facet of ["provides", "needs", "permission", "without", "license"] as const) {
    if (settings[facet] !== undefined) query.set(facet, settings[facet]);
  }
  const { packages } = await reader.json(`/api/search?${query}`) as { packages: Found[] };
  const withPlugins = packages.filter(({ plugins }) => Object.keys(plugins).length > 0);
  const rows = withPlugins.map(({ name, version, plugins, license, description }) => {
    const all = Object.values(plugins);
    const wants = [...new Set(all.flatMap(({ permissions }) => permissions.map(({ name }) => name)))];
    return [
      name,
      version,
      all.flatMap(({ provides }) => provides).join(", "),
      wants.join(", ") || "none",
      license ?? "-",
      description,
    ];
  });
  const titles = ["plugin", "version", "provides", "wants", "licence", "description"].map((title) => ({
    title,
  }));
  const none = "No plugin is like that; leave a word or an option out\n";
  tell(withPlugins, rows.length > 0 ? textTable(titles, rows) : none, settings, io);
}
