// How damaged results are told, and the commands that compute them anew.
import { type Json, repairCommand, type StorageProblem, type StoredSummary } from "@millrace/core/store";
import { formatTime } from "@millrace/core/units";
import { loadPlugins, PLUGIN_SETS } from "../catalog.ts";
import { installedList } from "../installed_plugins.ts";
import type { SessionOptions } from "../session.ts";
import { ancestry, unknownPlugins } from "./_lineage.ts";

/** What the plugins of a command are. */
export type PluginSettings = Pick<SessionOptions, "plugin" | "plugins" | "lock" | "installed">;

/** What is wrong, and where. */
export function problemText({ file, chunk, start, end, message }: StorageProblem): string {
  if (chunk === undefined) return `${file}: ${message}`;
  return `${file}, chunk ${chunk} [${formatTime(start!)} .. ${formatTime(end!)}): ${message}`;
}

/** The command that repairs a result, with the inputs and plugins that were given. */
export async function commandOf(
  { folder, lineage }: StoredSummary,
  input: readonly string[],
  { plugin = [], plugins, lock, installed }: PluginSettings,
): Promise<string> {
  const words: string[] = [];
  if (plugins !== undefined) words.push("--plugins", plugins);
  for (const module of plugin) words.push("--plugin", module);
  if (lock !== undefined) words.push("--lock", lock);
  if (installed === false) words.push("--no-installed");
  if (lineage !== undefined && plugin.length === 0 && !await isKnown(lineage, { plugins, lock, installed })) {
    words.push("--plugin", "MODULE");
  }
  return repairCommand(folder, input, words)!;
}

/** Whether the plugins that made a result are there. */
async function isKnown(lineage: Json, settings: PluginSettings): Promise<boolean> {
  const installed = await installedList(settings);
  for (const set of settings.plugins === undefined ? PLUGIN_SETS : [settings.plugins]) {
    if (unknownPlugins(lineage, await loadPlugins([], set), installed).length === 0) return true;
  }
  return false;
}

/** What has to be added to the commands of results whose metadata cannot be read. */
export function repairNotes(damaged: readonly StoredSummary[]): string {
  const unknown = damaged.filter(({ lineage }) => lineage === undefined)
    .map(({ runId, dataType }) => `${runId}/${dataType}`);
  if (unknown.length === 0) return "";
  return `\nThe options of ${
    unknown.join(", ")
  } cannot be read: those that were not the default are given with --set, ` +
    "and the plugins with --plugins or --plugin";
}

/**
 * Results in an order in which they can be computed: what others are made of comes first. Lineages say it, and where metadata are
 * damaged, those of other results of the store and the plugins.
 */
export async function byDependency(
  damaged: readonly StoredSummary[],
  all: readonly StoredSummary[],
  settings: PluginSettings,
): Promise<StoredSummary[]> {
  const needs = new Map<string, Set<string>>();
  const add = (type: string, others: readonly string[]) => {
    const known = needs.get(type);
    if (!known) needs.set(type, new Set(others));
    else for (const other of others) known.add(other);
  };
  for (const { lineage } of all) {
    for (const [type, { dependsOn }] of lineage === undefined ? [] : ancestry(lineage)) {
      add(type, Object.keys(dependsOn));
    }
  }
  if (damaged.some(({ lineage }) => lineage === undefined)) {
    for (const set of settings.plugins === undefined ? PLUGIN_SETS : [settings.plugins]) {
      const plugins = [...await loadPlugins(settings.plugin, set), ...await installedList(settings)];
      for (const { provides, dependsOn } of plugins) for (const type of provides) add(type, dependsOn);
    }
  }
  const depths = new Map<string, number>();
  const depthOf = (type: string): number => {
    const known = depths.get(type);
    if (known !== undefined) return known;
    depths.set(type, 0); // two lineages may need each other's types
    const depth = 1 + Math.max(-1, ...Array.from(needs.get(type) ?? [], depthOf));
    depths.set(type, depth);
    return depth;
  };
  return damaged.toSorted((a, b) => depthOf(a.dataType) - depthOf(b.dataType));
}
