/**
 * What a publish rule is: {@linkcode EntryRule} and {@linkcode PackageRule}.
 * @module
 */
import type { Limits } from "../config/limits.ts";
import type { ModuleFacts } from "../analysis/facts.ts";
import type { Config } from "../publish/config.ts";

/** An entry of an uploaded archive, before its bytes are read. */
export interface Entry {
  /** As the archive has it, a leading `./` left out. */
  readonly path: string;
  /** `file`, `symlink`, `link`, ... */
  readonly type: string;
  /** Bytes, as its header says. */
  readonly size: number;
}

/** What entry rules know of the entries before. */
export interface Before {
  readonly paths: ReadonlySet<string>;
  /** Folders above them. */
  readonly folders: ReadonlySet<string>;
  /** Paths in lower case. */
  readonly folded: ReadonlyMap<string, string>;
}

/** All folders above a path. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, k) => parts.slice(0, k + 1).join("/"));
}

/** A rule that looks at an entry's header; the upload ends at the first entry that is refused. */
export interface EntryRule {
  /** Name of the reason, for programs. */
  readonly code: string;
  /** Why the entry is refused and what to change, if it is. */
  readonly refuse: (entry: Entry, before: Before, limits: Limits) => string | undefined;
}

/** A package that was unpacked and read. */
export interface Candidate {
  /** Without its `@`. */
  readonly scope: string;
  /** Name in the scope. */
  readonly name: string;
  /** Exact. */
  readonly version: string;
  /** `deno.json`, `jsr.json`, ... with a leading slash. */
  readonly configPath: string;
  /** What is read of its configuration. */
  readonly config: Config;
  /** By path with a leading slash. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Facts of every module, by path. */
  readonly facts: ReadonlyMap<string, ModuleFacts>;
  /** `@scope/name` of dependencies that this registry cannot give. */
  readonly unknown: ReadonlySet<string>;
}

/** A rule that looks at a whole package. */
export interface PackageRule {
  /** Name of the reason, for programs. */
  readonly code: string;
  /** Every place where the package breaks it: why and what to change. */
  readonly refuse: (candidate: Candidate) => Iterable<string>;
}
