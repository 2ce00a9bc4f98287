/**
 * A package of npm with all that its plugins import, as packages that need no npm to run: {@linkcode readNpm}.
 * @module
 */
import { join, relative } from "node:path";
import { exports as resolveExports, imports as resolveImports } from "resolve.exports";
import {
  type Analyser,
  isModule,
  isPath,
  type ModuleFacts,
  resolveInside,
  sectionProblems,
} from "@millrace/registry-server/client";
import { VERSION } from "../version.ts";
import { declaredIn } from "./declared_in.ts";
import { ENGINE, isEngine } from "./graph.ts";
import { isInside, type LockedPackage } from "./lock_file.ts";
import { fetchNpm, type NpmPackage } from "./npm_fetch.ts";
import { ignoreMissing, manifestOf, type PackageFiles, UNSIGNED } from "./package_files.ts";
import { type PackageJson, packageJsonOf } from "./package_json.ts";

/** Most modules, and most bytes of all of them. */
const MOST_FILES = 2000, MOST_BYTES = 64 * 2 ** 20;

/** A package that npm has. */
export interface NpmWanted {
  /** Its name. */
  readonly name: string;
  /** Range of versions, or a tag. */
  readonly range: string;
  /** The module that is meant, with a leading slash; empty: its own. */
  readonly subpath: string;
}

/** The manifest of its plugins, after it was checked. */
interface Manifest {
  readonly plugins?: Readonly<Record<string, Section>>;
}

interface Section {
  readonly module?: string;
  readonly golden?: { readonly input?: string; readonly output?: string };
}

/** A package while its modules are followed. */
interface Reading {
  readonly npm: NpmPackage;
  readonly json: PackageJson;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly facts: Map<string, ModuleFacts>;
}

/**
 * Fetch a package of npm, and of it and its dependencies what its plugins import. Names of other packages become paths, so that
 * it runs without npm. What it says in the section `millrace` of its `package.json` counts as a manifest; without one its plugins
 * are those that its module exports, which want nothing.
 *
 * @param near Folder whose `.npmrc` counts.
 * @param pinned What the lock file says of its packages: exactly these are fetched.
 * @returns The package itself first.
 * @throws {Error} On what cannot be fetched, is not what its registry says, or cannot run without npm: names module and line.
 */
export async function readNpm(
  wanted: NpmWanted,
  near: string,
  analyser: Analyser,
  pinned?: Readonly<Record<string, LockedPackage>>,
): Promise<readonly PackageFiles[]> {
  const exact = pinned && Object.keys(pinned).map((id) => id.slice("npm:".length));
  const range = `${wanted.name}@${wanted.range || "*"}`;
  await using download = await fetchNpm(exact ?? [range], near);
  const packages = new Map(
    [...download.packages].map(([id, found]) => [id, pin(found, pinned?.[`npm:${id}`])]),
  );
  const own = exact
    ? packages.get(exact[0]!)
    : [...packages.values()].find(({ name }) => name === wanted.name);
  if (!own) throw new Error(`Cannot install npm:${range}: Deno fetched no such package`);
  return await new Follower(packages, analyser).read(own, wanted.subpath);
}

/** A package as the lock file has it. @throws {Error} When it is another one. */
function pin(found: NpmPackage, locked: LockedPackage | undefined): NpmPackage {
  if (!locked?.npm) return found;
  const { integrity, dependencies } = locked.npm;
  if (integrity !== found.integrity) {
    throw new Error(
      `Cannot trust ${found.id} of npm: ${found.registry} has an archive with ${found.integrity}, and millrace.lock says ` +
        `${integrity}; a version never changes, so ask the registry's operator`,
    );
  }
  return { ...found, dependencies };
}

class Follower {
  readonly #packages: ReadonlyMap<string, NpmPackage>;
  readonly #analyser: Analyser;
  readonly #reading = new Map<string, Reading>();
  #count = 0;
  #bytes = 0;

  constructor(packages: ReadonlyMap<string, NpmPackage>, analyser: Analyser) {
    this.#packages = packages;
    this.#analyser = analyser;
  }

  async read(own: NpmPackage, subpath: string): Promise<PackageFiles[]> {
    const root = await this.#open(own);
    const said = subpath === "" ? root.json.millrace : undefined;
    const [problem] = said === undefined ? [] : sectionProblems(said);
    if (problem !== undefined) throw new Error(`Cannot install npm:${own.id}: its package.json: ${problem}`);
    const section = said as Manifest | undefined;
    const exports: Record<string, string> = {};
    const modules = section
      ? Object.values(section.plugins ?? {}).map(({ module = "." }) => module)
      : [`.${subpath}`];
    for (const module of modules) {
      const path = exported(root, module, (why) => new Error(`Cannot install npm:${own.id}: ${why}`));
      exports[module] = `.${path}`;
      await this.#visit(root, path);
    }
    for (const { golden } of Object.values(section?.plugins ?? {})) {
      for (const path of [golden?.input, golden?.output]) {
        if (path !== undefined) await this.#load(root, path.replace(/^\./, ""));
      }
    }
    const millrace = section ??
      declaredIn(`npm:${own.id}`, root.facts.get(exports[`.${subpath}`]!.slice(1))!, "*");
    const readings = [root, ...[...this.#reading.values()].filter((each) => each !== root)];
    return readings.filter((each) => each === root || each.files.size > 0).map((each) => ({
      id: `npm:${each.npm.id}`,
      scope: undefined,
      place: placeOfNpm(each.npm),
      files: each.files,
      ...manifestOf({
        files: each.files,
        exports: each === root ? exports : {},
        facts: each.facts,
        millrace: each === root ? millrace : undefined,
      }),
      ...UNSIGNED,
      npm: {
        registry: each.npm.registry,
        integrity: each.npm.integrity,
        dependencies: each.npm.dependencies,
      },
    }));
  }

  async #open(npm: NpmPackage): Promise<Reading> {
    const there = this.#reading.get(npm.id);
    if (there) return there;
    const json = packageJsonOf(await Deno.readTextFile(join(npm.folder, "package.json")), npm.id);
    const needs = json.needs[ENGINE];
    if (needs !== undefined && !isEngine(needs)) {
      throw new Error(
        `Cannot install npm:${npm.id}: it is for version ${needs} of ${ENGINE}, and this is ${VERSION}`,
      );
    }
    const reading: Reading = { npm, json, files: new Map(), facts: new Map() };
    this.#reading.set(npm.id, reading);
    return reading;
  }

  async #load({ npm, files }: Reading, path: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = join(npm.folder, path);
    const info = isInside(path.slice(1)) ? await Deno.lstat(file).catch(ignoreMissing) : undefined;
    if (!info?.isFile) throw new Error(`Cannot install npm:${npm.id}: it has no file "${path}"`);
    this.#bytes += info.size;
    if (++this.#count > MOST_FILES || this.#bytes > MOST_BYTES) {
      throw new RangeError(
        `Cannot install npm:${npm.id}: its plugins need more than ${MOST_FILES} files or ${MOST_BYTES} bytes`,
      );
    }
    const bytes = await Deno.readFile(file);
    files.set(path, bytes);
    return bytes;
  }

  async #visit(at: Reading, path: string): Promise<void> {
    if (at.files.has(path)) return;
    const bytes = await this.#load(at, path);
    const begin = `Cannot install npm:${at.npm.id}: the module "${path}"`;
    if (!isModule(path)) return;
    const text = decode(bytes, begin);
    const found = (await this.#analyser.analyse([[path, text]])).get(path)!;
    if (found.error) throw new Error(`${begin}, line ${found.error.line}: ${found.error.message}`);
    const isModern = /\.m[jt]s$/.test(path) || at.json.type === "module" && !/\.c[jt]s$/.test(path);
    if (!isModern || found.commonJs !== undefined) {
      throw new Error(
        `${begin} is CommonJS, which a sandbox does not load; have its author publish ES modules`,
      );
    }
    let written = "", end = 0;
    for (const each of found.imports) {
      const { specifier, kind, line } = each;
      if (kind === "type" || kind === "resolve" || /^(?:node|data):/i.test(specifier)) continue;
      const refuse = (why: string) => new Error(`${begin} imports "${specifier}" in line ${line}, ${why}`);
      if (specifier === ENGINE || specifier.startsWith(`${ENGINE}/`)) continue;
      if (isPath(specifier)) {
        const target = resolveInside(path, specifier);
        if (target === undefined) throw refuse("which is not in the package");
        await this.#visit(at, target);
        continue;
      }
      const target = await this.#target(at, specifier, refuse);
      written += text.slice(end, each.start) + target(path);
      end = each.end;
    }
    const rewritten = written + text.slice(end);
    at.files.set(path, new TextEncoder().encode(rewritten));
    const facts = end === 0 ? found : (await this.#analyser.analyse([[path, rewritten]])).get(path)!;
    at.facts.set(path, facts);
  }

  /** Where a name leads, from a module of a package. */
  async #target(
    at: Reading,
    specifier: string,
    refuse: (why: string) => Error,
  ): Promise<(from: string) => string> {
    if (specifier.startsWith("#")) {
      const own = imported(at, specifier, refuse);
      if (!isPath(own)) return this.#target(at, own, refuse);
      const path = `/${own.slice(2)}`;
      await this.#visit(at, path);
      return (from) => pathTo(at.npm, from, at.npm, path);
    }
    const [, name, subpath = ""] = /^((?:@[^/:]+\/)?[^/@:#]+)(\/.*)?$/.exec(specifier) ?? [];
    const { dependencies } = at.npm;
    const id = name !== undefined && Object.hasOwn(dependencies, name) ? dependencies[name] : undefined;
    if (id === undefined) throw refuse("which is no path and not among its dependencies");
    const npm = this.#packages.get(id);
    if (!npm) throw refuse(`and there is no ${id}`);
    const other = await this.#open(npm);
    const path = exported(other, `.${subpath}`, refuse);
    await this.#visit(other, path);
    return (from) => pathTo(at.npm, from, npm, path);
  }
}

/** What a module of a package imports, to reach a file of a package. */
function pathTo(npm: NpmPackage, from: string, other: NpmPackage, path: string): string {
  const to = relative(join("/", placeOfNpm(npm), from, ".."), join("/", placeOfNpm(other), path));
  return to.startsWith(".") ? to : `./${to}`;
}

/** What a package means by a name that begins with `#`: a path that begins with `./`, or the name of another package. */
function imported({ npm, json }: Reading, name: string, refuse: (why: string) => Error): string {
  let target: unknown;
  try {
    target = resolveImports({ name: npm.name, ...json }, name, { conditions: ["deno"] })?.[0];
  } catch (error) {
    throw refuse(
      `and the "imports" of its package.json do not say what that is: ${(error as Error).message}`,
    );
  }
  if (typeof target !== "string" || target.startsWith("#")) {
    throw refuse('and the "imports" of its package.json do not say what that is');
  }
  if (isPath(target) && !target.startsWith("./")) throw refuse("which is not in the package");
  return target;
}

/** The file that a package gives by a name, `.` or `./sub`. */
function exported(
  { npm, json }: Reading,
  module: string,
  refuse: (why: string) => Error,
): string {
  let target: unknown;
  if (json.exports !== undefined) {
    try {
      target = resolveExports({ name: npm.name, ...json }, module, { conditions: ["deno"] })?.[0];
    } catch (error) {
      throw refuse(`and ${npm.id} does not export it: ${(error as Error).message}`);
    }
  } else target = module === "." ? json.module ?? json.main ?? "index.js" : module;
  if (typeof target !== "string") throw refuse(`and ${npm.id} exports nothing as "${module}"`);
  return `/${target.replace(/^\.?\//, "")}`;
}

/** Where the files of a package of npm go. */
export function placeOfNpm({ name, version }: Pick<NpmPackage, "name" | "version">): string {
  return `npm/${name}/${version}`;
}

function decode(bytes: Uint8Array, begin: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${begin} is not UTF-8`, { cause });
  }
}
