// Which declaration an exported name means.

import type { Declared, ModuleFacts } from "../analysis/facts.ts";
import { isPath, resolveInside } from "../rules/_resolve.ts";

/** What a module exports by a name: a plugin, something else, nothing, or something of another package. */
export type Found = { readonly kind: "plugin"; readonly declared: Declared; readonly path: string } | {
  readonly kind: "other" | "missing" | "foreign";
};

/** Follow re-exports within the package. */
export function findExport(
  facts: ReadonlyMap<string, ModuleFacts>,
  path: string,
  name: string,
  seen: Set<string> = new Set(),
): Found {
  const key = `${path} ${name}`;
  const module = facts.get(path);
  if (!module || seen.has(key)) return { kind: "missing" };
  seen.add(key);
  const follow = (specifier: string, next: string): Found => {
    const target = isPath(specifier) ? resolveInside(path, specifier) : undefined;
    return target === undefined ? { kind: "foreign" } : findExport(facts, target, next, seen);
  };
  if (Object.hasOwn(module.exports, name)) {
    const exported = module.exports[name]!;
    if ("from" in exported) return follow(exported.from, exported.name);
    const declared = module.plugins[exported.local];
    return declared ? { kind: "plugin", declared, path } : { kind: "other" };
  }
  const found = module.exportAll.map((specifier) => follow(specifier, name));
  return found.find(({ kind }) => kind === "plugin" || kind === "other") ??
    found.find(({ kind }) => kind === "foreign") ?? { kind: "missing" };
}
