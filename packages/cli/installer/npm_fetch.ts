/**
 * Packages of npm, fetched by Deno from the registries that its user's `.npmrc` or `NPM_CONFIG_REGISTRY` names:
 * {@linkcode fetchNpm}.
 * @module
 */
import { dirname, join } from "node:path";
import { ignoreMissing } from "./package_files.ts";
import { temporaryFolder } from "./temporary_folder.ts";

/** A package as it was unpacked. */
export interface NpmPackage {
  /** `name@version`. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its exact version. */
  readonly version: string;
  /** Where it is from. */
  readonly registry: string;
  /** Folder that holds its files, for as long as the download is there. */
  readonly folder: string;
  /** SHA-512 of its archive, with which Deno compared what came: `sha512-` and base64. */
  readonly integrity: string;
  /** Packages that it depends on, `name@version` by the name that it imports them by. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What was fetched; disposing it removes the files. */
export interface NpmDownload extends AsyncDisposable {
  /** By `name@version`: those that were asked for, and all that they depend on. */
  readonly packages: ReadonlyMap<string, NpmPackage>;
}

/**
 * In a cache of its own, so that Deno fetches and checks every archive. Scripts of packages are not run. $0: deno, $1: folder
 * with a module that imports the packages.
 */
const SCRIPT = `
cd "$1" && ulimit -c 0 && ulimit -f 1048576 || exit 1
export DENO_DIR="$1/cache" NO_COLOR=1 DENO_NO_UPDATE_CHECK=1
"$0" cache --quiet --lock=deno.lock main.js >&2 && exec "$0" info --json --lock=deno.lock main.js
`;

/**
 * Fetch packages.
 *
 * @param wanted `name@range` each.
 * @param near Folder whose `.npmrc`, or that of the nearest folder above it, counts beside that of the home folder.
 * @throws {Error} When there is no such package or version, an archive is not what its registry says, or has no SHA-512.
 */
export async function fetchNpm(wanted: readonly string[], near: string): Promise<NpmDownload> {
  const temporary = await temporaryFolder("millrace_npm_"), { path: folder } = temporary;
  const remove = () => temporary[Symbol.asyncDispose]();
  try {
    const settings = await nearest(near, ".npmrc");
    if (settings !== undefined) await Deno.symlink(settings, join(folder, ".npmrc"));
    await Deno.writeTextFile(join(folder, "deno.json"), "{}");
    const text = wanted.map((each) => `import ${JSON.stringify(`npm:${each}`)};\n`).join("");
    await Deno.writeTextFile(join(folder, "main.js"), text);
    const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", SCRIPT, Deno.execPath(), folder],
      stdin: "null",
    }).output();
    if (!success) throw new Error(`Cannot fetch ${wanted.join(", ")} of npm: ${reasonOf(stderr)}`);
    const info = JSON.parse(new TextDecoder().decode(stdout)) as Info;
    for (const { error } of info.modules) {
      if (error) throw new Error(`Cannot fetch ${wanted.join(", ")} of npm: ${error}`);
    }
    const lock = JSON.parse(await Deno.readTextFile(join(folder, "deno.lock"))) as LockText;
    return { packages: packagesOf(info, lock), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What `deno info --json` says. */
interface Info {
  readonly modules: readonly { readonly error?: string }[];
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly dependencies: readonly string[];
      readonly registryUrl: string;
      readonly localPath?: string;
    }>
  >;
}

/** What Deno's lock file says. */
interface LockText {
  readonly npm?: Readonly<Record<string, LockedNpm>>;
}

interface LockedNpm {
  readonly integrity?: string;
  /** `name@version`, `name` where there is one version only, `alias@npm:name@version`. */
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/** The names by which a package imports others, by their keys: its own name, or what it is called in `package.json`. */
function namesOf(locked: LockedNpm | undefined, keys: readonly string[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const each of [...locked?.dependencies ?? [], ...locked?.optionalDependencies ?? []]) {
    const [, alias, wanted] = /^(@?[^@]+)@npm:(.+)$/.exec(each) ?? [, undefined, each];
    const key = keys.find((key) => key === wanted) ?? keys.find((key) => nameOf(key) === wanted);
    if (key !== undefined) names.set(key, [...names.get(key) ?? [], alias ?? nameOf(key)]);
  }
  return names;
}

function nameOf(key: string): string {
  return /^@?[^@]+/.exec(key)![0];
}

function packagesOf({ npmPackages }: Info, { npm = {} }: LockText): Map<string, NpmPackage> {
  const packages = new Map<string, NpmPackage>();
  for (const [key, { name, version, dependencies, registryUrl, localPath }] of Object.entries(npmPackages)) {
    const id = `${name}@${version}`;
    const integrity = npm[key]?.integrity;
    if (integrity === undefined || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)) {
      throw new Error(
        `Cannot trust ${id} of npm: ${registryUrl} says no SHA-512 of its archive; have it published again with a newer npm`,
      );
    }
    if (localPath === undefined) throw new Error(`Cannot find the files of ${id} of npm where Deno put them`);
    const names = namesOf(npm[key], dependencies);
    const on = Object.fromEntries(dependencies.flatMap((each) => {
      const other = npmPackages[each];
      if (!other) throw new Error(`Cannot read what ${id} of npm depends on: there is no ${each}`);
      return (names.get(each) ?? [other.name]).map((name) => [name, `${other.name}@${other.version}`]);
    }));
    const before = packages.get(id);
    if (before && JSON.stringify(before.dependencies) !== JSON.stringify(on)) {
      throw new Error(
        `Cannot install ${id} of npm: it is needed with different versions of its dependencies at once; ` +
          "have its author bundle them",
      );
    }
    packages.set(id, {
      id,
      name,
      version,
      registry: registryUrl,
      folder: localPath,
      integrity,
      dependencies: on,
    });
  }
  return packages;
}

function reasonOf(stderr: Uint8Array): string {
  const text = new TextDecoder().decode(stderr).replace(/\n+Stack backtrace:[^]*$/, "");
  return text.replace(/^error: /, "").replace(/\n\s+at file:.*$/gm, "").trim(); // the module that asks is ours
}

async function nearest(folder: string, name: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    const path = join(at, name);
    if ((await Deno.stat(path).catch(ignoreMissing))?.isFile) return path;
    if (dirname(at) === at) return undefined;
  }
}
