/**
 * What a plugin may reach: what its manifest asks for and its user granted, both.
 * @module
 */
import type { Grants } from "./types.ts";

/** A host as it is written in a grant. */
interface Host {
  readonly name: string;
  /** Undefined: every port. */
  readonly port: number | undefined;
}

/**
 * What both allow: hosts with their ports, paths below each other's folders, names of variables.
 *
 * A host without a port stands for all of its ports, and is no other host's parent: `example.com` does not cover
 * `api.example.com`. A folder covers what lies in it.
 *
 * @throws {TypeError} On an entry that is no host, no absolute path or no name of a variable, on a wildcard, or on a
 * permission that no plugin in a sandbox has.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { effectiveGrants } from "@millrace/executor/sandbox";
 *
 * const declared = { net: ["calib.lab"], read: ["/data/calib"] };
 * assert.deepEqual(effectiveGrants("@lab/x@1.0.0", declared, { net: ["calib.lab:443"], read: ["/data"] }), {
 *   net: ["calib.lab:443"],
 *   read: ["/data/calib"],
 *   write: [],
 *   env: [],
 * });
 * ```
 */
export function effectiveGrants(plugin: string, declared: Grants, granted: Grants): Required<Grants> {
  for (const [who, grants] of [["its manifest", declared], ["its user", granted]] as const) {
    for (const kind of Object.keys(grants)) {
      if (kind === "net" || kind === "read" || kind === "write" || kind === "env") continue;
      throw new TypeError(
        `Cannot give plugin "${plugin}" the permission "${kind}" that ${who} names: ` +
          "plugins in a sandbox have net, read, write and env only",
      );
    }
  }
  const both = (kind: keyof Grants, meet: (a: string, b: string) => string | undefined): string[] => {
    const found = new Set<string>();
    for (const a of declared[kind] ?? []) {
      for (const b of granted[kind] ?? []) {
        const common = meet(a, b);
        if (common !== undefined) found.add(common);
      }
    }
    return [...found].sort();
  };
  const check = <T>(kind: keyof Grants, parse: (text: string) => T): void => {
    for (const text of [...declared[kind] ?? [], ...granted[kind] ?? []]) {
      try {
        if (typeof text !== "string") throw new TypeError("it is no text");
        parse(text);
      } catch (error) {
        throw new TypeError(
          `Cannot give plugin "${plugin}" ${kind} access to "${text}": ${(error as Error).message}`,
        );
      }
    }
  };
  check("net", parseHost);
  check("read", parsePath);
  check("write", parsePath);
  check("env", parseVariable);
  return {
    net: both("net", meetHosts),
    read: both("read", meetPaths),
    write: both("write", meetPaths),
    env: both("env", (a, b) => a === b ? a : undefined),
  };
}

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?::(\d{1,5}))?$/;

function parseHost(text: string): Host {
  const match = HOST.exec(text);
  if (!match) throw new TypeError("write a host name or address, and a port: calib.lab:443");
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65535)) throw new TypeError("a port is 1 to 65535");
  return { name: match[1]!.toLowerCase(), port };
}

function meetHosts(a: string, b: string): string | undefined {
  const one = parseHost(a), other = parseHost(b);
  if (one.name !== other.name) return undefined;
  if (one.port !== undefined && other.port !== undefined && one.port !== other.port) return undefined;
  const port = one.port ?? other.port;
  return port === undefined ? one.name : `${one.name}:${port}`;
}

/** An absolute path without `.` and `..`. */
function parsePath(text: string): string {
  if (!text.startsWith("/")) throw new TypeError("give an absolute path");
  if (/[,\0\n]/.test(text)) {
    throw new TypeError("a path with a comma or a control character cannot be granted");
  }
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") throw new TypeError('give a path without ".."');
    parts.push(part);
  }
  const path = `/${parts.join("/")}`;
  if (
    path === "/" || ["/dev", "/proc", "/sys"].some((root) => path === root || path.startsWith(`${root}/`))
  ) {
    throw new TypeError("the root, /dev, /proc and /sys are never granted");
  }
  return path;
}

function meetPaths(a: string, b: string): string | undefined {
  const one = parsePath(a), other = parsePath(b);
  if (one === other || other.startsWith(`${one}/`)) return other;
  return one.startsWith(`${other}/`) ? one : undefined;
}

/**
 * Nobody may write to what sandboxes and their host run from: that would be to allow itself anything.
 *
 * @param kept Absolute paths that may not be written to, nor what is in them or around them.
 * @throws {TypeError} On a path that may be written and is one of them, after links.
 */
export async function checkWrites(
  plugin: string,
  write: readonly string[],
  kept: readonly string[],
): Promise<void> {
  const real = async (path: string): Promise<string> => {
    try {
      return await Deno.realPath(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || path === "/") throw error;
      const at = path.lastIndexOf("/");
      return `${await real(path.slice(0, at) || "/")}/${path.slice(at + 1)}`.replace("//", "/");
    }
  };
  const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  for (const path of write) {
    for (const own of kept) {
      const [given, kept] = [await real(path), await real(own)];
      if (!isBelow(given, kept) && !isBelow(kept, given)) continue;
      throw new TypeError(
        `Cannot give plugin "${plugin}" write access to "${path}": "${own}" is there, which plugins or their host run from`,
      );
    }
  }
}

/** Variables that would change how Deno itself works, or that hold what opens other doors. */
const NEVER = /^(DENO_|NPM_CONFIG_|LD_|NODE_|V8_|RUST_|SSL|OTEL_)|^(PATH|HOME|TMPDIR|BASH_ENV|ENV|IFS)$/i;

function parseVariable(text: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) throw new TypeError("it is no name of a variable");
  if (NEVER.test(text)) throw new TypeError("this variable is never granted");
  return text;
}
