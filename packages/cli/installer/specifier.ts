/**
 * What a user writes to name a plugin: {@linkcode parseSpecifier}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpecifier } from "./specifier.ts";
 *
 * const expected = { kind: "registry", scope: "lab", name: "pulse-shape", range: "^1" };
 * assert.deepEqual(parseSpecifier("@lab/pulse-shape@^1"), expected);
 * assert.deepEqual(parseSpecifier("jsr:@lab/pulse-shape@^1"), expected);
 * assert.deepEqual(parseSpecifier("npm:peaks@1.2.0"), { kind: "npm", name: "peaks", range: "1.2.0", subpath: "" });
 * assert.deepEqual(parseSpecifier("./mine"), { kind: "folder", path: "./mine" });
 * assert.deepEqual(parseSpecifier("http://localhost/a.ts"), { kind: "url", url: "http://localhost/a.ts" });
 * ```
 * @module
 */

import { parseRequirement } from "@millrace/registry-server/client";

/** A plugin that is asked for. */
export type Wanted =
  | { readonly kind: "registry"; readonly scope: string; readonly name: string; readonly range: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "npm"; readonly name: string; readonly range: string; readonly subpath: string }
  | { readonly kind: "folder"; readonly path: string };

/** Scope and name as registries have them. */
const PACKAGE = /^(?:jsr:\/?)?@([a-z0-9][a-z0-9-]{0,99})\/([a-z0-9][a-z0-9-]{0,99})(?:@([^/]+))?$/;

/**
 * Read `@scope/name@range` (also with `jsr:`), `npm:name@range`, the URL of a module, or the path of a folder.
 *
 * @throws {SyntaxError} On anything else: says what can be written.
 */
export function parseSpecifier(text: string): Wanted {
  const found = PACKAGE.exec(text);
  if (found) {
    const [, scope, name, range] = found;
    return { kind: "registry", scope: scope!, name: name!, range: range ?? "*" };
  }
  if (/^https?:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (!url || url.username !== "" || url.password !== "") {
      throw new SyntaxError(`Cannot read the URL "${text}": write http://HOST/PATH of a module`);
    }
    url.hash = "";
    return { kind: "url", url: url.href };
  }
  if (/^npm:/i.test(text)) {
    const found = parseRequirement(text);
    if (found?.kind === "npm" && /^(?:@\w[\w.-]*\/)?\w[\w.-]*$/.test(found.name) && !/["\\\s]/.test(text)) {
      const { name, range, subpath } = found;
      return { kind: "npm", name, range, subpath };
    }
    throw new SyntaxError(`Cannot read "${text}": write npm:NAME@VERSION, as in npm:peaks@1.2.0`);
  }
  if (/^(?:\.{0,2}\/|\.{1,2}$|[a-z]:[\\/])/i.test(text) || text.startsWith("file:")) {
    return {
      kind: "folder",
      path: text.startsWith("file:") ? decodeURIComponent(new URL(text).pathname) : text,
    };
  }
  throw new SyntaxError(
    `Cannot tell what "${text}" is: write @scope/name@range, npm:name@version, the URL of a module, or the path of a folder (./NAME)`,
  );
}
