/**
 * Documentation of a version, by export: {@linkcode versionDocs}.
 * @module
 */
import { isModule } from "../analysis/analyse.ts";
import type { Documented, ModuleDocs } from "../analysis/document.ts";
import type { ModuleFacts } from "../analysis/facts.ts";
import type { Registry } from "../registry.ts";
import { isPath, resolveInside } from "../rules/_resolve.ts";

/** A name that a module exports. */
export interface ExportedSymbol {
  readonly name: string;
  /** Declarations, several for overloads; empty where they are in another package. */
  readonly declarations: readonly Documented[];
  /** Module of the package that declares it, or what it is taken from. */
  readonly from: string;
}

/** Documentation of an export of the package. */
export interface ExportDocs {
  /** `.` or `./sub`. */
  readonly subpath: string;
  readonly doc: string;
  readonly symbols: readonly ExportedSymbol[];
}

/** Most modules that are read for a package. */
const MOST = 500;

/** Versions whose documentation is kept: reading it anew takes a quarter of a second for a large package. */
const KEPT = 30;

const kept = new WeakMap<Registry["analyser"], Map<string, Promise<ExportDocs[]>>>();

/**
 * Documentation of all exports of a version, from the types that its code declares.
 *
 * @param manifest Its SHA-256, by which the documentation is kept.
 */
export function versionDocs(
  registry: Pick<Registry, "analyser" | "blobs">,
  manifest: string,
  files: ReadonlyMap<string, string>,
  exports: Readonly<Record<string, string>>,
): Promise<ExportDocs[]> {
  const known = kept.get(registry.analyser) ?? new Map<string, Promise<ExportDocs[]>>();
  kept.set(registry.analyser, known);
  let docs = known.get(manifest);
  if (!docs) {
    docs = readDocs(registry, files, exports);
    known.set(manifest, docs);
    docs.catch(() => known.delete(manifest));
    if (known.size > KEPT) known.delete(known.keys().next().value!);
  }
  return docs;
}

async function readDocs(
  { analyser, blobs }: Pick<Registry, "analyser" | "blobs">,
  files: ReadonlyMap<string, string>,
  exports: Readonly<Record<string, string>>,
): Promise<ExportDocs[]> {
  const facts = new Map<string, ModuleFacts>();
  const docs = new Map<string, ModuleDocs>();
  let next = Object.values(exports).map((path) => path.slice(1));
  while (next.length > 0 && facts.size < MOST) {
    const wanted = [...new Set(next)].filter((path) => isModule(path) && files.has(path) && !facts.has(path));
    const texts = await Promise.all(
      wanted.map(async (path) =>
        [path, new TextDecoder().decode(await blobs.get(files.get(path)!))] as const
      ),
    );
    for (const [path, found] of await analyser.analyse(texts)) facts.set(path, found);
    for (const [path, found] of await analyser.document(texts)) docs.set(path, found);
    next = wanted.flatMap((path) =>
      sourcesOf(facts.get(path)!).flatMap((source) => target(path, source) ?? [])
    );
  }
  return Object.entries(exports).map(([subpath, path]) => ({
    subpath,
    doc: docs.get(path.slice(1))?.doc ?? "",
    symbols: [...namesOf(path.slice(1), facts)].sort().map((name) => find(path.slice(1), name, facts, docs)),
  }));
}

function sourcesOf({ exports, exportAll }: ModuleFacts): string[] {
  return [...exportAll, ...Object.values(exports).flatMap((each) => "from" in each ? [each.from] : [])];
}

function target(path: string, specifier: string): string | undefined {
  return isPath(specifier) ? resolveInside(path, specifier) : undefined;
}

function namesOf(
  path: string,
  facts: ReadonlyMap<string, ModuleFacts>,
  seen: Set<string> = new Set(),
): Set<string> {
  const module = facts.get(path);
  const names = new Set<string>(Object.keys(module?.exports ?? {}));
  if (!module || seen.has(path)) return names;
  seen.add(path);
  for (const specifier of module.exportAll) {
    const inner = target(path, specifier);
    if (inner === undefined) continue;
    for (const name of namesOf(inner, facts, seen)) if (name !== "default") names.add(name);
  }
  return names;
}

function find(
  path: string,
  name: string,
  facts: ReadonlyMap<string, ModuleFacts>,
  docs: ReadonlyMap<string, ModuleDocs>,
): ExportedSymbol {
  let [at, local] = [path, name];
  for (let step = 0; step < 100; step++) { // a chain of re-exports may be a ring
    const module = facts.get(at);
    const exported = module && Object.hasOwn(module.exports, local) ? module.exports[local]! : undefined;
    if (exported && "local" in exported) {
      const declared = docs.get(at)?.declarations ?? {};
      const declarations = Object.hasOwn(declared, exported.local) ? declared[exported.local]! : [];
      // Of a function with overloads, the last one is not part of what it promises.
      const shown = declarations.length > 1 && declarations.every(({ kind }) => kind === "function")
        ? declarations.slice(0, -1)
        : declarations;
      return { name, declarations: shown, from: at };
    }
    const through = exported
      ? exported.from
      : module?.exportAll.find((specifier) => namesOf(target(at, specifier) ?? "", facts).has(local));
    if (through === undefined) break;
    const inner = target(at, through);
    if (inner === undefined) return { name, declarations: [], from: through };
    if (exported) local = exported.name;
    at = inner;
  }
  return { name, declarations: [], from: at };
}
