/**
 * Imports of other packages as paths on this registry: {@linkcode linkImports}.
 * @module
 */
import type { Import } from "../analysis/facts.ts";
import { parseRequirement } from "../rules/_resolve.ts";

/**
 * A module's text with each `jsr:@scope/name@range/sub` as `/@scope/name@range/sub`, so that it can be loaded by URL from any registry
 * that has the packages, without settings. All other text stays as it is.
 *
 * ```ts
 * import { linkImports } from "./link.ts";
 * import { analyse } from "../analysis/analyse.ts";
 * import assert from "node:assert/strict";
 *
 * const text = 'export * from "jsr:@lab/a@^1.0.0/sub"; // jsr:@lab/a';
 * assert.equal(linkImports(text, analyse("/mod.ts", text).imports), 'export * from "/@lab/a@^1.0.0/sub"; // jsr:@lab/a');
 * ```
 */
export function linkImports(text: string, imports: readonly Import[]): string {
  let out = "";
  let at = 0;
  for (const { specifier, start, end } of imports) {
    const requirement = parseRequirement(specifier);
    if (requirement?.kind !== "jsr") continue;
    const { name, range, subpath } = requirement;
    out += `${text.slice(at, start)}/${name}@${range || "*"}${subpath}`;
    at = end;
  }
  return at === 0 ? text : out + text.slice(at);
}
