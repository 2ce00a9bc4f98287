/**
 * What a path of the module host means: {@linkcode parseModulePath}.
 * @module
 */
import { Refusal } from "./refusal.ts";

const NAME = String.raw`@([a-z0-9-]+)/([a-z0-9-]+)`;
const VERSION = String.raw`([0-9][\w.+-]*)`;
const META = new RegExp(`^/${NAME}/meta\\.json$`);
const MANIFEST = new RegExp(`^/${NAME}/${VERSION}_meta\\.json$`);
const FILE = new RegExp(`^/${NAME}/${VERSION}(/.+)$`);
const LINKED = new RegExp(`^/-/${NAME}@${VERSION}(/.+)$`);
const PLAIN = new RegExp(`^/${NAME}(?:@([^/]+))?(/.*)?$`);

/** A path of the module host. */
export type ModulePath =
  & { readonly scope: string; readonly name: string }
  & (
    | { readonly kind: "meta" }
    | { readonly kind: "manifest"; readonly version: string }
    /** A file as published, or with imports of packages as paths on this registry. */
    | { readonly kind: "file" | "linked"; readonly version: string; readonly path: string }
    /** Any version in a range; `path` is empty or begins with a slash. */
    | { readonly kind: "plain"; readonly range: string; readonly path: string }
  );

/**
 * Read a path, percent-decoded.
 *
 * ```ts
 * import { parseModulePath } from "./module_path.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseModulePath("/@lab/hits@^1/mod.ts"), {
 *   kind: "plain",
 *   scope: "lab",
 *   name: "hits",
 *   range: "^1",
 *   path: "/mod.ts",
 * });
 * ```
 */
export function parseModulePath(path: string): ModulePath | undefined {
  const text = (match: RegExpExecArray, k: number) => match[k] ?? "";
  const names = (match: RegExpExecArray) => ({ scope: text(match, 1), name: text(match, 2) });
  let match = META.exec(path);
  if (match) return { kind: "meta", ...names(match) };
  match = MANIFEST.exec(path);
  if (match) return { kind: "manifest", ...names(match), version: text(match, 3) };
  match = FILE.exec(path);
  if (match) return { kind: "file", ...names(match), version: text(match, 3), path: text(match, 4) };
  match = LINKED.exec(path);
  if (match) return { kind: "linked", ...names(match), version: text(match, 3), path: text(match, 4) };
  match = PLAIN.exec(path);
  if (match && (match[3] !== undefined || !match[4])) {
    return { kind: "plain", ...names(match), range: match[3] ?? "*", path: match[4] ?? "" };
  }
  return undefined;
}

/** A path of a URL without its percent signs. @throws {Refusal} When they stand for no text. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, "badPath", `The path "${path}" is not percent-encoded UTF-8; correct the URL`);
  }
}
