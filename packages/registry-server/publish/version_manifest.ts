/**
 * What a version consists of, as clients read it: {@linkcode versionManifest}.
 * @module
 */
import type { ModuleFacts } from "../analysis/facts.ts";
import { sha256 } from "../storage/sha256.ts";

/** `VERSION_meta.json`: every file's size and checksum; what is signed, and what a lock file holds the checksum of. */
export interface VersionManifest {
  /** Size in bytes and `sha256-` with hexadecimal digits, by path with a leading slash. */
  readonly manifest: Readonly<Record<string, { readonly size: number; readonly checksum: string }>>;
  /** Files by subpath. */
  readonly exports: Readonly<Record<string, string>>;
  /** Specifiers that each module imports. */
  readonly modules?: Readonly<Record<string, readonly string[]>>;
  /** The section on plugins in the package's configuration. */
  readonly millrace?: unknown;
}

/** The manifest of a package, its keys in order, so that equal packages have equal manifests. */
export function versionManifest(
  { files, exports, facts, millrace }: {
    readonly files: ReadonlyMap<string, Uint8Array>;
    readonly exports: Readonly<Record<string, string>>;
    readonly facts: ReadonlyMap<string, ModuleFacts>;
    readonly millrace: unknown;
  },
): VersionManifest {
  const paths = [...files.keys()].sort();
  return {
    manifest: Object.fromEntries(
      paths.map((path) => {
        const bytes = files.get(path)!;
        return [path, { size: bytes.length, checksum: `sha256-${sha256(bytes)}` }];
      }),
    ),
    exports,
    modules: Object.fromEntries(
      paths.filter((path) => facts.has(path)).map((path) => [
        path,
        [...new Set(facts.get(path)!.imports.map(({ specifier }) => specifier))],
      ]),
    ),
    ...millrace !== undefined && { millrace },
  };
}
