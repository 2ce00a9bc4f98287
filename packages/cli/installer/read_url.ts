/**
 * A module at a plain URL with all that it imports, as a package: {@linkcode readUrl}.
 * @module
 */
import {
  type Analyser,
  isModule,
  type ModuleFacts,
  parseRequirement,
} from "@millrace/registry-server/client";
import { VERSION } from "../version.ts";
import { declaredIn } from "./declared_in.ts";
import { ENGINE, isEngine } from "./graph.ts";
import { isInside } from "./lock_file.ts";
import { manifestOf, type PackageFiles, UNSIGNED } from "./package_files.ts";
import { readAtMost } from "./registry_reader.ts";

/** Most modules, and most bytes of all of them. */
const MOST_MODULES = 1000, MOST_BYTES = 64 * 2 ** 20;

/** What was found at a URL. */
export interface UrlPackage extends PackageFiles {
  /** Where specifiers that are no relative paths lead. */
  readonly imports: Readonly<Record<string, string>>;
}

/**
 * Fetch a module and what it imports by URL. Plugins are the exports that its own text makes with `definePlugin` and the like.
 *
 * @throws {Error} On what cannot be fetched, exports no plugin, or imports packages.
 */
export async function readUrl(url: string, analyser: Analyser): Promise<UrlPackage> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const facts = new Map<string, ModuleFacts>();
  const imports: Record<string, string> = {};
  let bytesRead = 0;
  const load = async (from: string, isRoot: boolean): Promise<string> => {
    const { final, bytes } = await get(from, MOST_BYTES - bytesRead);
    if (!isRoot && final !== from) {
      throw new Error(`Cannot install ${url}: ${from} leads on to ${final}; import that address itself`);
    }
    const path = pathOf(final);
    if (files.has(path)) return path;
    if (files.size >= MOST_MODULES) {
      throw new RangeError(`Cannot install ${url}: it has more than ${MOST_MODULES} modules`);
    }
    bytesRead += bytes.length;
    files.set(path, bytes);
    if (!isModule(path)) return path;
    const found = (await analyser.analyse([[path, new TextDecoder().decode(bytes)]])).get(path)!;
    if (found.error) {
      throw new Error(`Cannot install ${url}: ${final}, line ${found.error.line}: ${found.error.message}`);
    }
    facts.set(path, found);
    for (const { specifier, kind, line } of found.imports) {
      if (kind === "type" || kind === "resolve" || /^(?:node|data):/i.test(specifier)) continue;
      const refuse = (why: string) =>
        new Error(`Cannot install ${url}: ${final} imports "${specifier}" in line ${line}, ${why}`);
      const requirement = parseRequirement(specifier);
      const engine = requirement?.name === ENGINE || specifier === ENGINE ||
        specifier.startsWith(`${ENGINE}/`);
      if (engine) {
        if (requirement && !isEngine(requirement.range)) {
          throw refuse(`and this is version ${VERSION} of ${ENGINE}`);
        }
        continue;
      }
      const target = /^(?:\.{0,2}\/|https?:)/i.test(specifier) ? URL.parse(specifier, final) : null;
      if (!target || requirement) {
        throw refuse("which a module at a plain URL cannot; have it published to a registry, or bundle it");
      }
      const at = `url${await load(target.href, false)}`;
      const isRelative = /^\.{1,2}\//.test(specifier);
      if (isRelative) continue;
      if ((imports[specifier] ?? at) !== at) throw refuse("which means two different modules");
      imports[specifier] = at;
    }
    return path;
  };
  const entry = await load(url, true);
  const exports = { ".": `.${entry}` };
  const millrace = declaredIn(url, facts.get(entry), "*");
  return {
    id: url,
    scope: undefined,
    place: "url",
    files,
    ...manifestOf({ files, exports, facts, millrace }),
    ...UNSIGNED,
    imports,
  };
}

/** Where a module goes: its host, port and path. */
function pathOf(url: string): string {
  const { host, pathname, search } = new URL(url);
  const path = `/${host.replace(":", "_")}${decodeURIComponent(pathname)}`;
  if (search === "" && isInside(path.slice(1))) return path;
  throw new Error(
    `Cannot install ${url}: its address has a question mark or stands for no file; give it a plain path`,
  );
}

async function get(url: string, most: number): Promise<{ final: string; bytes: Uint8Array<ArrayBuffer> }> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new Error(`Cannot fetch ${url}: ${(cause as Error).message}`, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`Cannot fetch ${url}: the server answers with status ${response.status}`);
  }
  return { final: response.url, bytes: await readAtMost(response, most, url) };
}
