// What is shown of a plugin before and after it is installed. All of it may be by strangers: see printable().
import type { PluginPermission } from "@millrace/registry-server/client";
import { grantsText } from "../../installer/grants.ts";
import { raisedLimits } from "../../installer/judge.ts";
import type { LockedPlugin } from "../../installer/lock_file.ts";
import { printable } from "../../render/table.ts";

/** Who vouches for a plugin and what it depends on, in a line. */
export function trustText({ kind, packages }: Pick<LockedPlugin, "kind" | "packages">): string {
  if (kind === "folder") return "a folder of this machine, which nobody signs";
  if (kind === "url") return "UNSIGNED: a plain URL";
  if (kind === "npm") return "UNSIGNED: npm, with the checksums of its registry";
  const states = Object.entries(packages).map(([id, { trust, registry, publisher }]) => {
    if (trust === "verified") {
      return `${id} by registry (${registry!.keyId}) and publisher (${publisher!.keyId})`;
    }
    return `${id} UNVERIFIED (${registry ? `by the registry alone (${registry.keyId})` : "by nobody"})`;
  });
  return states.join(", ");
}

/** A plugin as text. */
export function describePlugin(
  name: string,
  plugin: Omit<LockedPlugin, "granted">,
  permissions: readonly PluginPermission[] | undefined,
): string {
  const lines = [`${name} ${plugin.version}, from ${plugin.from}`, `  signed: ${trustText(plugin)}`];
  for (const [exported, { provides, dependsOn, help }] of Object.entries(plugin.plugins)) {
    const from = dependsOn.length > 0 ? ` from ${dependsOn.join(", ")}` : "";
    lines.push(`  provides: ${provides.join(", ")}${from} (${exported})${help === "" ? "" : `: ${help}`}`);
  }
  const others = Object.keys(plugin.packages).slice(1);
  if (others.length > 0) lines.push(`  depends on: ${others.join(", ")}`);
  if (plugin.blocked !== null) lines.push(`  BLOCKED: ${plugin.blocked}`);
  if (permissions === undefined) lines.push(`  wants: ${grantsText(plugin.wanted)}`);
  else if (permissions.length === 0) lines.push("  wants: none");
  else {
    lines.push("  wants:");
    for (const { name, value, reason } of permissions) lines.push(`    ${name}=${value}, because: ${reason}`);
  }
  for (const each of raisedLimits(plugin.plugins)) lines.push(`  may use more than usual: ${each}`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}
