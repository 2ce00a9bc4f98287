/**
 * Which version a range means: {@linkcode resolveRange}.
 * @module
 */
import { maxSatisfying, rcompare } from "../_semver.ts";

/**
 * A package as clients read it: `meta.json`. It says nothing of when versions were published: Deno would then not install one that is
 * younger than a day, a guard against strangers' packages that would hold up a laboratory's own.
 */
export interface PackageMeta {
  /** Without the `@`. */
  readonly scope: string;
  /** Name in the scope. */
  readonly name: string;
  /** Newest release that may be resolved to. */
  readonly latest: string | null;
  /** All versions that are served. */
  readonly versions: Readonly<Record<string, { readonly yanked?: true }>>;
}

/** Longest range that is looked at, characters. */
const LONGEST_RANGE = 256;

/** The version that a range means: the highest that is not yanked. An exact version means itself, yanked or not. */
export function resolveRange(meta: PackageMeta, range: string): string | undefined {
  if (Object.hasOwn(meta.versions, range)) return range;
  if (range.length > LONGEST_RANGE) return undefined;
  const open = Object.keys(meta.versions).filter((version) => !meta.versions[version]!.yanked);
  if (range === "" || range === "*" || range === "latest") return meta.latest ?? undefined;
  return maxSatisfying(open, range) ?? undefined;
}

/** Below 0 where the first version is the older one, 0 where they are the same. @throws {TypeError} On what is no version. */
export function compareVersions(a: string, b: string): number {
  return rcompare(b, a);
}
