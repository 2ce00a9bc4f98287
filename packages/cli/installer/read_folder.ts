/**
 * A package in a folder, as it would be published: {@linkcode readFolder}.
 * @module
 */
import { join, matchesGlob, relative } from "node:path";
import {
  type Analyser,
  type Candidate,
  type Config,
  isModule,
  isPath,
  type ModuleFacts,
  parseJsonc,
  parseRequirement,
  readConfig,
} from "@millrace/registry-server/client";

/** A package that was read from its folder. */
export interface FolderPackage {
  /** Name of its configuration file, with a leading slash. */
  readonly configPath: string;
  /** What the configuration says. */
  readonly config: Config;
  /** By path with a leading slash; names in imports are those that they stand for. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What the modules' texts say. */
  readonly facts: ReadonlyMap<string, ModuleFacts>;
}

/** Folders that are never part of a package. */
const SKIPPED = new Set([".git", "node_modules", ".millrace", "coverage"]);

/**
 * Read a package's folder: what `exclude` and `publish` of its configuration leave, with names of its import map written out, as
 * `deno publish` does.
 *
 * @throws {Error} When there is no configuration, or it cannot be read.
 */
export async function readFolder(folder: string, analyser: Analyser): Promise<FolderPackage> {
  const configPath = await configOf(folder);
  const bytes = await Deno.readFile(join(folder, configPath));
  const settings = settingsOf(bytes, join(folder, configPath));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  await walk(folder, "", settings.isIncluded, files);
  files.set(configPath, bytes);
  const texts = [...files].filter(([path]) => isModule(path)).map((
    [path, bytes],
  ) => [path, decode(bytes, join(folder, path))] as const);
  const found = await analyser.analyse(texts);
  let rewritten = false;
  for (const [path, text] of texts) {
    const linked = linkNames(text, found.get(path)!, settings.imports);
    if (linked === text) continue;
    files.set(path, new TextEncoder().encode(linked));
    rewritten = true;
  }
  const facts = rewritten
    ? await analyser.analyse(
      texts.map(([path]) => [path, new TextDecoder().decode(files.get(path)!)] as const),
    )
    : found;
  return { configPath, config: readConfig(configPath, files), files, facts };
}

/** The package as the registry's rules look at it. */
export function candidateOf(read: FolderPackage): Candidate {
  const { config, configPath, files, facts } = read;
  const [, scope = "", name = ""] = /^@([^/]*)\/(.*)$/.exec(config.name) ?? [];
  return {
    scope,
    name,
    version: String(config.version),
    configPath,
    config,
    files,
    facts,
    unknown: new Set(),
  };
}

async function configOf(folder: string): Promise<string> {
  let entries: string[];
  try {
    entries = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (cause) {
    throw new Error(`Cannot read the folder "${folder}": ${(cause as Error).message}; check the path`, {
      cause,
    });
  }
  const name = ["deno.json", "deno.jsonc", "jsr.json", "jsr.jsonc"].find((name) => entries.includes(name));
  if (name !== undefined) return `/${name}`;
  throw new Error(
    `Cannot read a plugin from "${folder}": it has no deno.json; millrace plugin init makes a folder that has`,
  );
}

interface Settings {
  readonly imports: Readonly<Record<string, string>>;
  readonly isIncluded: (path: string) => boolean;
}

function settingsOf(bytes: Uint8Array, place: string): Settings {
  let value: Record<string, unknown>;
  try {
    value = parseJsonc(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${place}": ${(cause as Error).message}; correct it`, { cause });
  }
  const list = (given: unknown): string[] =>
    (Array.isArray(given) ? given : []).filter((each) => typeof each === "string");
  const publish = (value?.publish ?? {}) as Record<string, unknown>;
  const exclude = [...list(value?.exclude), ...list(publish.exclude)];
  const include = Array.isArray(publish.include) ? list(publish.include) : undefined;
  const imports = Object.entries((value?.imports ?? {}) as Record<string, unknown>)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return {
    imports: Object.fromEntries(imports),
    isIncluded: (path) =>
      !exclude.some((glob) => matches(path, glob)) &&
      (!include || include.some((glob) => matches(path, glob))),
  };
}

/** Whether a pattern means a file; of a folder it means all that is in it. */
function matches(path: string, pattern: string): boolean {
  const glob = pattern.replace(/^\.\//, "").replace(/\/$/, "");
  return path === glob || path.startsWith(`${glob}/`) || matchesGlob(path, glob);
}

async function walk(
  folder: string,
  at: string,
  isIncluded: (path: string) => boolean,
  files: Map<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(join(folder, at)));
  for (const { name, isDirectory, isFile } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${at}/${name}`;
    if (isDirectory && !SKIPPED.has(name)) await walk(folder, path, isIncluded, files);
    const isOwn = isFile && name !== "millrace.lock" && isIncluded(path.slice(1));
    if (isOwn) files.set(path, await Deno.readFile(join(folder, path)));
  }
}

function decode(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SyntaxError(`Cannot read the module "${place}": it is not UTF-8; save it as UTF-8`, { cause });
  }
}

/** A module's text with names of the import map as what they stand for. */
function linkNames(text: string, facts: ModuleFacts, names: Readonly<Record<string, string>>): string {
  let out = "";
  let at = 0;
  for (const { specifier, start, end } of facts.imports) {
    const target = isPath(specifier) || parseRequirement(specifier) ? undefined : targetOf(specifier, names);
    if (target === undefined) continue;
    out += text.slice(at, start) + target;
    at = end;
  }
  return at === 0 ? text : out + text.slice(at);
}

function targetOf(specifier: string, names: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(names, specifier)) return names[specifier];
  for (const [name, target] of Object.entries(names)) {
    if (name.endsWith("/") && specifier.startsWith(name)) return target + specifier.slice(name.length);
    // A package's subpath needs no entry of its own.
    if (/^(?:jsr|npm):/.test(target) && specifier.startsWith(`${name}/`)) {
      return target + specifier.slice(name.length);
    }
  }
  return undefined;
}

/** A folder's path as a lock file in another folder has it. */
export function pathFrom(lock: string, folder: string): string {
  const path = relative(lock, folder) || ".";
  return path.startsWith(".") ? path : `./${path}`;
}
