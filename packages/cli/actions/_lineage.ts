// What stored lineages say: which options were set, and whether two results have the same origin.
import { describeOptions } from "@millrace/core/config";
import { canonicalJson, type Json, type Lineage } from "@millrace/core/lineage";
import type { Plugin } from "@millrace/core/plugin";
import type { InstalledPlugin } from "../installed_plugins.ts";

function isLineage(value: Json): value is Lineage {
  const is = (part: unknown) => typeof part === "object" && part !== null && !Array.isArray(part);
  if (!is(value)) return false;
  const { dataType, plugin, options, dependsOn } = value as Record<string, Json>;
  return typeof dataType === "string" && typeof plugin === "string" && is(options) && is(dependsOn);
}

/** A lineage and all that it depends on, nearest first, each data type once. */
export function ancestry(lineage: Json): Map<string, Lineage> {
  const found = new Map<string, Lineage>();
  const waiting = [lineage];
  for (const at of waiting) {
    if (!isLineage(at) || found.has(at.dataType)) continue;
    found.set(at.dataType, at);
    waiting.push(...Object.values(at.dependsOn));
  }
  return found;
}

/**
 * Tracked options that are not their default, of a result's plugin and of all that it depends on, by `plugin.option`.
 * Options of unknown plugins are all given, since their defaults are unknown too.
 */
export function optionsSet(lineage: Json, plugins: readonly Plugin[]): Record<string, Json> {
  const set: Record<string, Json> = {};
  for (const { plugin, options } of ancestry(lineage).values()) {
    const known = plugins.find(({ name }) => name === plugin);
    const rows = new Map(describeOptions(known?.options ?? {}).map((row) => [row.name, row]));
    for (const [name, value] of Object.entries(options)) {
      const row = rows.get(name);
      if (row?.default !== undefined && canonicalJson(row.default) === canonicalJson(value)) continue;
      set[`${plugin}.${name}`] = value;
    }
  }
  return set;
}

/** Whether what two results have in common was made in the same way, and there is something in common. */
export function sameOrigin(a: Json, b: Json): boolean {
  const others = ancestry(b);
  let common = 0;
  for (const [dataType, lineage] of ancestry(a)) {
    const other = others.get(dataType);
    if (!other) continue;
    if (canonicalJson(lineage) !== canonicalJson(other)) return false;
    common++;
  }
  return common > 0;
}

/** What stands for a plugin in the lineage of an imported result. */
export const IMPORT = "import";

/**
 * Plugins of a lineage that are neither among those given nor installed, or in another version, with their versions. Nothing
 * computes what was imported: that is never missed. What was installed is known by its manifest.
 */
export function unknownPlugins(
  lineage: Json,
  plugins: readonly Plugin[],
  installed: readonly Pick<InstalledPlugin, "provides" | "manifest">[] = [],
): string[] {
  return [...ancestry(lineage).values()].flatMap(({ dataType, plugin, version, manifest }) => {
    const provides = (one: { readonly provides: readonly string[] }) => one.provides.includes(dataType);
    const known = plugins.find(provides);
    const isThere = manifest === undefined
      ? known?.name === plugin && known.version === version
      : installed.some((one) => provides(one) && one.manifest === manifest);
    return plugin === IMPORT || isThere ? [] : [`${plugin} ${version}`];
  });
}
