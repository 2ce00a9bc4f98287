/**
 * Which blobs are in use: {@linkcode referencedBlobs}, {@linkcode upstreamFiles}.
 * @module
 */
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";

/** Hashes of all blobs that the tables refer to. */
export function referencedBlobs({ db }: Pick<Registry, "db">): Set<string> {
  const rows = db.all<{ hash: string }>(
    `SELECT manifest AS hash FROM version UNION SELECT sha256 FROM file UNION SELECT linked FROM file
     UNION SELECT manifest FROM upstream_manifest UNION SELECT linked FROM upstream_linked`,
  );
  return new Set(rows.map(({ hash }) => hash));
}

/** Hashes of files that manifests of an upstream registry name; not all of them have been fetched. */
export async function upstreamFiles({ db, blobs }: Pick<Registry, "db" | "blobs">): Promise<Set<string>> {
  const found = new Set<string>();
  for (const { manifest } of db.all<{ manifest: string }>("SELECT manifest FROM upstream_manifest")) {
    const { manifest: files } = JSON.parse(
      new TextDecoder().decode(await blobs.get(manifest)),
    ) as VersionManifest;
    for (const { checksum } of Object.values(files)) found.add(checksum.replace(/^sha256-/, ""));
  }
  return found;
}
