// What a sandbox is started with: program, flags, import map.

import { denoArguments } from "../transport/process_command.ts";
import type { Grants, SandboxLimits, VendoredPlugin } from "./types.ts";
import { inputDescriptor, outputDescriptor } from "../transport/_process_frames.ts";
import { copiedHarness } from "./_copied_harness.ts";
import { CORE } from "./_modules.ts";

/** Where the harness's own modules are. */
export interface Harness {
  /** URL of the main module. */
  readonly main: string;
  /** URL of what the host calls in there. */
  readonly inside: string;
  /** URLs of the core's modules, by subpath. */
  readonly core: ReadonlyMap<string, string>;
  /** Folder of the core. */
  readonly coreFolder: string;
  /** Where else specifiers in its modules lead; null: nowhere. */
  readonly imports: Readonly<Record<string, string | null>>;
}

/**
 * The harness beside this module; where Millrace was imported by URL, a copy of it.
 *
 * @throws {Error} In a compiled program, which has no files of it, and where it cannot be copied.
 */
export async function harness(): Promise<Harness> {
  if (Deno.build.standalone) {
    throw new Error(
      "Cannot start a sandbox from a compiled program: it needs the deno program and Millrace's files; " +
        "run millrace with deno",
    );
  }
  const main = new URL("./main.ts", import.meta.url).href;
  const core = new Map(
    Object.keys(CORE).flatMap((sub) => {
      const url = resolved(`@millrace/core${sub}`);
      return url === undefined ? [] : [[sub, url] as const];
    }),
  );
  const isLocal = [main, core.get("") ?? ""].every((url) => url.startsWith("file:"));
  if (!isLocal) {
    return await copiedHarness(named(core));
  }
  return {
    main,
    inside: new URL("./_inside.ts", import.meta.url).href,
    core,
    coreFolder: decodeURIComponent(new URL(".", core.get("")!).pathname).replace(/\/$/, ""),
    imports: {},
  };
}

/** Where a name leads; undefined where modules say full addresses in its place, as a registry's do. */
function resolved(name: string): string | undefined {
  try {
    return import.meta.resolve(name);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Paths of the files that tables cross in. */
export interface BulkPaths {
  readonly toSandbox: string;
  readonly fromSandbox: string;
}

/** What starts one sandbox. */
export interface Start {
  readonly args: readonly string[];
  readonly before: string;
}

/** The command line of a plugin's sandbox; `specifiers` are those of the core in its files. */
export function startOf(
  plugin: VendoredPlugin,
  { net, read, write, env }: Required<Grants>,
  limits: SandboxLimits,
  specifiers: ReadonlyMap<string, string>,
  harness: Harness,
  template: string,
  kept: string,
  files: BulkPaths,
): Start {
  const imports: Record<string, string | null> = {};
  for (const [specifier, path] of Object.entries(plugin.imports)) {
    imports[specifier] = fileUrl(`${plugin.folder}/${path}`);
  }
  // The harness's own come last: no plugin puts a module of its own in their place, to run before it may do less.
  Object.assign(imports, coreImports(harness));
  const used = new Set<string>();
  for (const [specifier, sub] of specifiers) {
    const url = harness.core.get(sub);
    if (url === undefined) continue; // whoever imports it is told that it is not there
    imports[specifier] = url;
    used.add(url);
  }
  const args = denoArguments({
    permissions: {
      read: [plugin.folder, ...read, harness.coreFolder, `/dev/fd/${inputDescriptor}`, files.toSandbox],
      write: [...write, `/dev/fd/${outputDescriptor}`, files.fromSandbox],
      net,
      env,
      import: false,
    },
    config: false,
    importMap: importMapOf(imports),
    heapLimit: Math.ceil(limits.heapBytes / 2 ** 20),
    // Without the middle one of its compilers a process keeps 2 to 3 MB less of Deno's code resident, and is as fast.
    flags: ["--no-npm", "--cached-only", "--no-lock", "--no-code-cache", "--v8-flags=--no-maglev"],
  }, harness.main);
  const data = Math.ceil((limits.residentBytes + RESERVED) / 1024);
  const file = Math.ceil(Math.max(limits.outputBytes, LEAST_FILE) / 512);
  return {
    args: [...args, files.toSandbox, files.fromSandbox, harness.coreFolder, ...used],
    before: `${ownCache(template, kept)}ulimit -c 0; ulimit -n 256; ulimit -d ${data}; ulimit -f ${file}; `,
  };
}

/**
 * Makes a cache and an empty working folder in the folder that the process has for itself. The cache is that of an earlier process
 * of the plugin, if there was one, else the template.
 */
function ownCache(template: string, kept: string): string {
  const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
  const copy = (from: string) => `cp -RP ${quoted(from)} cache`;
  return `${copy(kept)} 2>/dev/null || { rm -rf cache; ${copy(template)}; } || exit 1; ` +
    `export DENO_DIR="$PWD/cache" PATH=; cd work; `;
}

/** An import map as a URL. */
export function importMapOf(imports: Readonly<Record<string, string | null>>): string {
  return `data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
}

/** Specifiers of the core, and what else the harness's modules import by name. */
export function coreImports({ core, imports }: Harness): Record<string, string | null> {
  return { ...imports, ...named(core) };
}

function named(core: Harness["core"]): Record<string, string> {
  return Object.fromEntries([...core].map(([sub, url]) => [`@millrace/core${sub}`, url]));
}

/** What an empty process reserves of its data limit without using it. */
const RESERVED = 640 * 2 ** 20;
/** Bytes of a file that Deno itself may need to write: its own caches. */
const LEAST_FILE = 2 ** 28;

/** URL of a file. */
export function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}
