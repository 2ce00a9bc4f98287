/**
 * Whether plugins do what their samples say: {@linkcode SampleCheck}.
 * @module
 */
import { findFile, findManifest, findMeta } from "../catalog/source.ts";
import type { PackageMeta } from "../catalog/resolve_range.ts";
import { Refusal } from "../http/refusal.ts";
import { parseSection } from "../plugins/section.ts";
import type { Registry } from "../registry.ts";
import type { Candidate } from "../rules/rule.ts";

/** Where packages that a plugin depends on are read from; `undefined`: it is not there. */
export interface PackageSource {
  /** Versions of a package. */
  meta(scope: string, name: string): Promise<PackageMeta | undefined>;
  /** Bytes of a version's manifest. */
  manifest(scope: string, name: string, version: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes of a file, as it was published. */
  file(
    scope: string,
    name: string,
    version: string,
    path: string,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * Computes the samples of a package's plugins and tells what comes out wrong. The registry runs nothing itself: what is given to
 * it must keep uploaded code in a sandbox.
 */
export type SampleCheck = (candidate: Candidate, source: PackageSource) => Promise<readonly string[]>;

/** @throws {Refusal} When a sample of the package comes out wrong, or cannot be computed. */
export async function checkSamples(registry: Registry, candidate: Candidate): Promise<void> {
  const { checkSamples: check } = registry;
  const { millrace } = candidate.config;
  if (!check || millrace === undefined) return;
  if (Object.values(parseSection(millrace).plugins).every(({ golden }) => !golden)) return;
  const problems = await check(candidate, {
    meta: (scope, name) => findMeta(registry, scope, name),
    manifest: (scope, name, version) => findManifest(registry, scope, name, version),
    file: (scope, name, version, path) => findFile(registry, scope, name, version, path, false),
  });
  if (problems.length > 0) throw new Refusal(400, "pluginSample", problems.slice(0, 10).join("\n"));
}
