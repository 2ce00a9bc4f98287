// What a package needs of other packages.

import type { ModuleFacts } from "../analysis/facts.ts";
import { findMeta } from "../catalog/source.ts";
import { resolveRange } from "../catalog/versions.ts";
import type { Registry } from "../registry.ts";
import { parseRequirement, type Requirement } from "../rules/_resolve.ts";

/** Requirements of all modules, each once. */
export function requirements(facts: ReadonlyMap<string, ModuleFacts>): Requirement[] {
  const found = new Map<string, Requirement>();
  for (const { imports } of facts.values()) {
    for (const { specifier } of imports) {
      const requirement = parseRequirement(specifier);
      if (requirement) found.set(`${requirement.kind} ${requirement.name} ${requirement.range}`, requirement);
    }
  }
  return [...found.values()];
}

/** Names of packages of this kind of registry that have no version in a wanted range. */
export async function unknownDependencies(
  registry: Registry,
  facts: ReadonlyMap<string, ModuleFacts>,
): Promise<Set<string>> {
  const unknown = new Set<string>();
  for (const { kind, name, range } of requirements(facts)) {
    if (kind !== "jsr") continue;
    const [scope, plain] = name.slice(1).split("/") as [string, string];
    const meta = await findMeta(registry, scope, plain);
    if (!meta || resolveRange(meta, range) === undefined) unknown.add(name);
  }
  return unknown;
}
