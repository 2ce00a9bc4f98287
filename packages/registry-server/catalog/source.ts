/**
 * Packages, wherever they are: here, or at the upstream registry.
 * @module
 */
import type { VersionManifest } from "../publish/version_manifest.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { hasScope } from "./scopes.ts";
import { findVersion, type PackageMeta, packageMeta } from "./versions.ts";

/** A file of a version. */
export interface StoredFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `meta.json` of a package; a scope that is here is never asked for elsewhere. */
export async function findMeta(
  registry: Registry,
  scope: string,
  name: string,
): Promise<PackageMeta | undefined> {
  if (hasScope(registry, scope)) return packageMeta(registry, scope, name);
  return await registry.upstream?.meta(scope, name);
}

/** The bytes of a version's manifest. @throws {Refusal} When the version is blocked. */
export async function findManifest(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!hasScope(registry, scope)) return await registry.upstream?.manifest(scope, name, version);
  const row = findVersion(registry, scope, name, version);
  if (!row) return undefined;
  checkOpen(`@${scope}/${name}@${version}`, row);
  return registry.blobs.get(row.manifest);
}

/**
 * The bytes of a file.
 *
 * @param linked With imports of packages as paths on this registry.
 * @throws {Refusal} When the version is blocked.
 */
export async function findFile(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
  path: string,
  linked: boolean,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!hasScope(registry, scope)) {
    return await registry.upstream?.file(scope, name, version, path, linked);
  }
  const row = findVersion(registry, scope, name, version);
  if (!row) return undefined;
  checkOpen(`@${scope}/${name}@${version}`, row);
  const file = registry.db.get<{ sha256: string; linked: string }>(
    "SELECT sha256, linked FROM file WHERE version_id = ? AND path = ?",
    row.id,
    path,
  );
  return file && registry.blobs.get(linked ? file.linked : file.sha256);
}

/** What a version exports, by subpath. */
export async function findExports(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
): Promise<VersionManifest["exports"] | undefined> {
  const bytes = await findManifest(registry, scope, name, version);
  if (!bytes) return undefined;
  return (JSON.parse(new TextDecoder().decode(bytes)) as VersionManifest).exports;
}

function checkOpen(
  name: string,
  { blocked_at, block_reason }: { blocked_at: string | null; block_reason: string | null },
): void {
  if (blocked_at === null) return;
  throw new Refusal(403, "blocked", `The version ${name} is blocked: ${block_reason}; use another version`);
}
