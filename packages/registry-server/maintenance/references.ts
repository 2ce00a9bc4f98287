/**
 * Which blobs are in use: {@linkcode referencedBlobs}.
 * @module
 */
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";

/** Hashes of all blobs that something refers to. */
export async function referencedBlobs({ db, blobs }: Pick<Registry, "db" | "blobs">): Promise<Set<string>> {
  const rows = db.all<{ hash: string }>(
    `SELECT manifest AS hash FROM version UNION SELECT sha256 FROM file UNION SELECT linked FROM file
     UNION SELECT manifest FROM upstream_manifest UNION SELECT linked FROM upstream_linked`,
  );
  const found = new Set(rows.map(({ hash }) => hash));
  for (const { manifest } of db.all<{ manifest: string }>("SELECT manifest FROM upstream_manifest")) {
    const { manifest: files } = JSON.parse(
      new TextDecoder().decode(await blobs.get(manifest)),
    ) as VersionManifest;
    for (const { checksum } of Object.values(files)) found.add(checksum.replace(/^sha256-/, ""));
  }
  return found;
}
