/**
 * All that a plugin's modules need to run with no network: {@linkcode completeGraph}.
 * @module
 */
import {
  type Analyser,
  isModule,
  isPath,
  type ModuleFacts,
  type Modules,
  parseRequirement,
  type Requirement,
  resolveInside,
  resolveRange,
} from "@millrace/registry-server/client";
import { VERSION } from "../version.ts";
import type { PackageFiles } from "./package_files.ts";

/** The package that plugins are written with: the sandbox has its own copy of it. */
export const ENGINE = "@millrace/core";

/** Packages and where their specifiers lead. */
export interface Graph {
  /** The plugin's own first. */
  readonly packages: readonly PackageFiles[];
  /** Paths in the plugin's folder, by specifier. The engine's are left out: the sandbox has them. */
  readonly imports: Readonly<Record<string, string>>;
}

/** How a graph is completed. */
export interface GraphOptions {
  /** Reads modules. */
  readonly analyser: Analyser;
  /** Paths of the root's modules to start from, with a leading slash. */
  readonly entries: readonly string[];
  /** Gets the package that a `jsr:` specifier means. */
  readonly fetch: (requirement: Requirement) => Promise<PackageFiles>;
}

/** Whether a version of this program's packages is in a range. They all have the same version. */
export function isEngine(range: string): boolean {
  const versions = { [VERSION]: {} };
  return resolveRange({ scope: "millrace", name: "core", latest: VERSION, versions }, range || "*") !==
    undefined;
}

/**
 * Follow the imports of a package's modules, into other packages too.
 *
 * @throws {Error} On imports that cannot be had in a sandbox (`npm:`, URLs, a wrong version of the engine), naming module and
 * line.
 */
export async function completeGraph(root: PackageFiles, options: GraphOptions): Promise<Graph> {
  const packages = new Map<string, PackageFiles>([[root.id, root]]);
  const imports: Record<string, string> = {};
  const seen = new Set<string>();
  const resolved = new Map<string, Promise<PackageFiles>>();
  const get = (requirement: Requirement): Promise<PackageFiles> => {
    const key = `${requirement.name}@${requirement.range}`;
    if (!resolved.has(key)) resolved.set(key, options.fetch(requirement));
    return resolved.get(key)!;
  };
  const visit = async (at: PackageFiles, starts: readonly string[]): Promise<void> => {
    const fresh = starts.filter((path) => !seen.has(at.place + path));
    fresh.forEach((path) => seen.add(at.place + path));
    const modules = fresh.filter(isModule);
    if (modules.length === 0) return;
    const facts = await readModules(at, modules, options.analyser);
    const inside: string[] = [];
    for (const [path, { imports: found }] of facts) {
      for (const { specifier, kind, line } of found) {
        if (kind === "type" || kind === "resolve" || /^(?:node|data):/i.test(specifier)) continue;
        const refuse = (why: string) =>
          new Error(
            `Cannot install ${at.id}: the module "${path}" imports "${specifier}" in line ${line}, ${why}`,
          );
        if (isPath(specifier)) {
          const target = resolveInside(path, specifier);
          if (target === undefined || !at.files.has(target)) throw refuse("which is not in the package");
          inside.push(target);
          continue;
        }
        const requirement = parseRequirement(specifier);
        if (requirement?.kind === "npm") {
          throw refuse(
            `which a sandbox does not load: the package "${requirement.name}" of npm must be bundled into the plugin ` +
              "when it is published (deno bundle)",
          );
        }
        if (!requirement) throw refuse("which is no path and no package of a registry");
        if (requirement.name === ENGINE) {
          if (!isEngine(requirement.range)) throw refuse(`and this is version ${VERSION} of ${ENGINE}`);
          continue;
        }
        const other = await get(requirement);
        packages.set(other.id, other);
        const target = other.manifest.exports[`.${requirement.subpath}`]?.replace(/^\./, "");
        if (target === undefined) throw refuse(`which ${other.id} does not export`);
        imports[specifier] = other.place + target;
        await visit(other, [target]);
      }
    }
    await visit(at, inside);
  };
  await visit(root, options.entries);
  return { packages: [...packages.values()], imports };
}

async function readModules(
  at: PackageFiles,
  paths: readonly string[],
  analyser: Analyser,
): Promise<ReadonlyMap<string, ModuleFacts>> {
  const texts: Modules = paths.map((path) => {
    try {
      return [path, new TextDecoder("utf-8", { fatal: true }).decode(at.files.get(path)!)] as const;
    } catch (cause) {
      throw new Error(`Cannot install ${at.id}: the module "${path}" is not UTF-8`, { cause });
    }
  });
  const facts = await analyser.analyse(texts);
  for (const [path, { error }] of facts) {
    if (error) throw new Error(`Cannot install ${at.id}: "${path}", line ${error.line}: ${error.message}`);
  }
  return facts;
}
