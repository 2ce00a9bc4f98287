/**
 * The command line of a worker process: flags of `deno run`, environment and permissions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { denoArguments } from "@millrace/executor/transport/process-command";
 *
 * assert.deepEqual(
 *   denoArguments({ permissions: { read: ["/data"], net: true }, heapLimit: 512, config: false }, "file:///main.ts"),
 *   ["run", "--no-prompt", "--allow-read=/data", "--allow-net", "--no-config", "--v8-flags=--max-old-space-size=512", "file:///main.ts"],
 * );
 * ```
 * @module
 */

/** Kinds of permissions, as Deno names them. */
export type PermissionKind = "read" | "write" | "net" | "env" | "run" | "sys" | "ffi" | "import";

/** All kinds of permissions. */
export const permissionKinds: readonly PermissionKind[] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "sys",
  "ffi",
  "import",
];

/**
 * What a process may do: `true` for all of a kind, a list for some; what isn't named is denied, but modules may be
 * imported from the hosts that Deno trusts unless `import` is `false`. `"all"`: everything.
 */
export type ProcessPermissions =
  | "all"
  | Readonly<Partial<Record<PermissionKind, boolean | readonly string[]>>>;

/** What a process is started with. */
export interface ProcessCommandOptions {
  /** What it may do. */
  readonly permissions: ProcessPermissions;
  /** Limit of the JavaScript heap, MiB (buffers are not part of it). Default: Deno's. */
  readonly heapLimit?: number;
  /** Path of a configuration file, for its import map and workspace; `false` for none. Default: as Deno finds it. */
  readonly config?: string | false;
  /** Path or URL of an import map. */
  readonly importMap?: string;
  /** Further flags of `deno run`. */
  readonly flags?: readonly string[];
}

/**
 * The arguments of `deno` that start `main`.
 *
 * @throws {TypeError} for options that can't be flags
 * @throws {RangeError} for a limit of no heap
 */
export function denoArguments(options: ProcessCommandOptions, main: string): string[] {
  const { permissions, heapLimit, config, importMap, flags } = options;
  const list = ["run", "--no-prompt"];
  if (permissions === "all") list.push("--allow-all");
  else {
    for (const kind of Object.keys(permissions)) {
      if (!permissionKinds.includes(kind as PermissionKind)) {
        throw new TypeError(
          `Cannot give a process permission "${kind}": the kinds are ${permissionKinds.join(", ")}`,
        );
      }
    }
    for (const kind of permissionKinds) list.push(...permissionFlags(kind, permissions[kind]));
  }
  if (config === false) list.push("--no-config");
  else if (config !== undefined) list.push(`--config=${config}`);
  if (importMap !== undefined) list.push(`--import-map=${importMap}`);
  if (heapLimit !== undefined) {
    if (!Number.isInteger(heapLimit) || heapLimit < 1) {
      throw new RangeError(
        `Cannot limit the heap of a process to ${heapLimit} MiB: give a whole number of 1 or more`,
      );
    }
    list.push(`--v8-flags=--max-old-space-size=${heapLimit}`);
  }
  for (const flag of flags ?? []) {
    if (!flag.startsWith("-")) {
      throw new TypeError(`Cannot start a process with flag "${flag}": it begins with no "-"`);
    }
    list.push(flag);
  }
  list.push(main);
  return list;
}

function permissionFlags(kind: PermissionKind, value: boolean | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  if (value === true) return [`--allow-${kind}`];
  // Without a flag, and even with --deny-import, modules of some hosts are loaded.
  if (value === false || value.length === 0) return kind === "import" ? ["--no-remote"] : [];
  for (const item of value) {
    if (item === "" || item.includes(",")) {
      throw new TypeError(
        `Cannot allow a process to ${kind} "${item}": an entry is neither empty nor has a comma`,
      );
    }
  }
  return [`--allow-${kind}=${value.join(",")}`];
}

/** A permission's state, as `Deno.permissions.querySync` gives it. */
export interface PermissionState {
  /** `granted` when everything of the kind is allowed. */
  readonly state: string;
  /** Whether there are exceptions. */
  readonly partial?: boolean;
}

/**
 * The caller's own permissions, as far as they can be told: the kinds of which it may do everything. A kind that is
 * granted for some paths or hosts only, or with exceptions, can't be listed and is left out; name these yourself.
 */
export function ownPermissions(
  query: (kind: PermissionKind) => PermissionState = (name) =>
    Deno.permissions.querySync({ name } as Deno.PermissionDescriptor),
): ProcessPermissions {
  return Object.fromEntries(
    permissionKinds.filter((kind) => {
      const { state, partial } = query(kind);
      return state === "granted" && partial !== true;
    }).map((kind) => [kind, true]),
  );
}

/** Variables without which Deno neither finds its cache nor loads modules as its parent does. */
export const passedVariables: readonly string[] = [
  "DENO_DIR",
  "HOME",
  "XDG_CACHE_HOME",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_REGISTRY",
  "JSR_URL",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/** The environment of a process: `passedVariables` as far as they are set and may be read, and what is asked for. */
export function processEnvironment(asked: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  for (const variable of passedVariables) {
    if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") continue;
    const value = Deno.env.get(variable);
    if (value !== undefined) environment[variable] = value;
  }
  return { ...environment, ...asked };
}

/**
 * Path of the nearest configuration file above a main module, so that a child resolves the specifiers that its parent
 * does; undefined when there is none or the module isn't a file.
 *
 * @param mainModule URL
 * @param exists Whether there is a file
 */
export function configOf(mainModule: string, exists: (file: URL) => boolean): URL | undefined {
  if (!mainModule.startsWith("file:")) return undefined;
  for (let folder = new URL("./", mainModule);; folder = new URL("../", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const file = new URL(name, folder);
      if (exists(file)) return file;
    }
    if (new URL("../", folder).href === folder.href) return undefined;
  }
}
