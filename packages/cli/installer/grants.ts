/**
 * What plugins may do beyond computing: {@linkcode grantsOf}, {@linkcode parsePermissions}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePermissions } from "./grants.ts";
 *
 * assert.deepEqual(parsePermissions("net=calibration.lab:443,env=LAB"), { net: ["calibration.lab:443"], env: ["LAB"] });
 * assert.deepEqual(parsePermissions("none"), {});
 * ```
 * @module
 */
import { dirname, join, resolve } from "node:path";
import type { Grants } from "@millrace/executor/sandbox";
import type { PluginPermission } from "@millrace/registry-server/client";

/** Kinds that can be granted. */
const KINDS = ["net", "read", "write", "env"] as const;
type Kind = typeof KINDS[number];

const isKind = (name: string): name is Kind => (KINDS as readonly string[]).includes(name);

/** What is wrong with a value, if anything. A comma would be two values in an option of Deno's. */
function fault(name: Kind, value: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[,\x00-\x1f\x7f]/.test(value)) return "it has a comma or a control character";
  if (name === "net" && !/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$/.test(value)) {
    return "name one host and port, like calibration.lab:443";
  }
  if (name === "env" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return "name one variable";
  if ((name === "read" || name === "write") && /^(?:\/|\.{1,2}\/?)$/.test(value)) {
    return "name a file or a folder, not everything";
  }
  return undefined;
}

/**
 * Permissions as grants, each once, in order.
 *
 * @param who Who wants them, for messages.
 * @throws {RangeError} On permissions that are never granted, and on values that name more than one thing.
 */
export function grantsOf(
  permissions: readonly Pick<PluginPermission, "name" | "value">[],
  who: string,
): Grants {
  const grants: Partial<Record<Kind, string[]>> = {};
  for (const { name, value } of permissions) {
    if (!isKind(name)) {
      throw new RangeError(
        `Cannot install ${who}: it wants "${name}" (${value}), which no plugin is ever granted`,
      );
    }
    const why = fault(name, value);
    if (why !== undefined) {
      throw new RangeError(`Cannot install ${who}: it wants "${name}" for "${value}"; ${why}`);
    }
    const values = grants[name] ??= [];
    if (!values.includes(value)) values.push(value);
  }
  return Object.fromEntries(
    KINDS.flatMap((kind) => grants[kind] ? [[kind, grants[kind].toSorted()]] : []),
  );
}

/**
 * Nobody may write to what says which plugins are installed, to their files, or to Deno's cache: that would be to allow itself
 * anything.
 *
 * @param lock Absolute path of the lock file; relative paths start at its folder.
 * @throws {RangeError} When a path that may be written covers it or what is beside it.
 */
export function checkWrites({ write = [] }: Grants, lock: string, who: string): void {
  const folder = dirname(lock);
  for (const value of write) {
    const path = resolve(folder, value);
    for (const own of [lock, join(folder, ".millrace"), ...denoCache()]) {
      if (!isBelow(own, path) && !isBelow(path, own)) continue;
      throw new RangeError(
        `Cannot use ${who}: it wants to write to "${value}", where "${own}" is; no plugin may change what is installed`,
      );
    }
  }
}

/** Folder of Deno's cache, as far as variables say where it is: sandboxes check it again when they start. */
function denoCache(): string[] {
  const value = (variable: string) =>
    Deno.permissions.querySync({ name: "env", variable }).state === "granted"
      ? Deno.env.get(variable)
      : undefined;
  const own = value("DENO_DIR");
  if (own) return [resolve(own)];
  const [caches, home] = [value("XDG_CACHE_HOME"), value("HOME")];
  return caches ? [join(caches, "deno")] : home ? [join(home, ".cache", "deno")] : [];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

/** Grants as `name=value` each, in order. */
export function listGrants(grants: Grants): string[] {
  return KINDS.flatMap((kind) => (grants[kind] ?? []).map((value) => `${kind}=${value}`)).sort();
}

/** What `more` has beyond `less`. */
export function grantsBeyond(more: Grants, less: Grants): Grants {
  const has = new Set(listGrants(less));
  return readList(listGrants(more).filter((each) => !has.has(each)));
}

/** Whether two grants allow the same. */
export function sameGrants(a: Grants, b: Grants): boolean {
  return listGrants(a).join() === listGrants(b).join();
}

function readList(list: readonly string[]): Grants {
  const grants: Partial<Record<Kind, string[]>> = {};
  for (const each of list) {
    const at = each.indexOf("=");
    (grants[each.slice(0, at) as Kind] ??= []).push(each.slice(at + 1));
  }
  return grants;
}

/**
 * Read what `--allow-permissions` says: `name=value`, separated by commas, or `none`.
 *
 * @throws {SyntaxError} On anything else.
 */
export function parsePermissions(text: string): Grants {
  const list = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
  if (list.length === 1 && list[0] === "none") return {};
  for (const each of list) {
    const name = each.slice(0, Math.max(0, each.indexOf("=")));
    if (isKind(name) && fault(name, each.slice(name.length + 1)) === undefined) continue;
    throw new SyntaxError(
      `Cannot read the permission "${each}": write net=HOST:PORT, read=PATH, write=PATH or env=NAME, ` +
        "separated by commas, or none",
    );
  }
  if (list.length === 0) throw new SyntaxError('Cannot read the permissions "": write none for none');
  return readList(list);
}

/** Grants as `--allow-permissions` takes them. */
export function grantsText(grants: Grants): string {
  return listGrants(grants).join(",") || "none";
}
