/**
 * Check all that a registry holds: {@linkcode verifyData}.
 * @module
 */
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";
import { usedBlobs } from "./references.ts";
import { publicKeys } from "../trust/keys.ts";
import { logHead, readLog } from "../trust/log.ts";
import { hashEntry, LOG_START } from "../trust/log_entry.ts";
import { versionSignatures } from "../trust/signatures.ts";
import { verifyInclusion, verifyVersion } from "../trust/verify.ts";

/**
 * Check every blob, manifest, signature and the log.
 *
 * @returns What is wrong, a sentence each; nothing if all is well.
 */
export async function verifyData(registry: Pick<Registry, "db" | "blobs">): Promise<string[]> {
  const { db, blobs } = registry;
  const problems: string[] = [];
  const checked = new Set<string>();
  const entries = readLog(db, 0, logHead(db).size);
  let previous = LOG_START;
  for (const [k, entry] of entries.entries()) {
    if (entry.index !== k || entry.previous !== previous || hashEntry(entry) !== entry.hash) {
      problems.push(`Entry ${k} of the log does not follow from the one before`);
      break;
    }
    previous = entry.hash;
  }
  const keys = publicKeys(db);
  const rows = db.all<{ id: number; scope: string; name: string; version: string; manifest: string }>(
    "SELECT version.id, scope, name, version, manifest FROM version JOIN package ON package.id = package_id",
  );
  for (const { id, scope, name, version, manifest } of rows) {
    const full = `@${scope}/${name}`;
    try {
      const bytes = await blobs.get(manifest);
      checked.add(manifest);
      const signatures = versionSignatures(registry, scope, name, version);
      await verifyVersion({ package: full, version, manifest: bytes, signatures, keys });
      verifyInclusion(entries, signatures);
      const { manifest: files } = JSON.parse(new TextDecoder().decode(bytes)) as VersionManifest;
      const stored = db.all<{ path: string; sha256: string; linked: string }>(
        "SELECT path, sha256, linked FROM file WHERE version_id = ?",
        id,
      );
      for (const { path, sha256, linked } of stored) {
        if (files[path]?.checksum !== `sha256-${sha256}`) {
          problems.push(`The file "${path}" of ${full}@${version} is not the manifest's`);
        }
        for (const hash of new Set([sha256, linked])) {
          if (!checked.has(hash)) await blobs.get(hash);
          checked.add(hash);
        }
      }
      if (stored.length !== Object.keys(files).length) {
        problems.push(`Files of ${full}@${version} are missing`);
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.push(`${full}@${version}: ${error.message}`);
    }
  }
  for await (const page of usedBlobs(registry)) {
    for (const { hash, isOptional } of page) {
      if (checked.has(hash) || (isOptional && !await blobs.has(hash))) continue;
      checked.add(hash);
      try {
        await blobs.get(hash);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        problems.push(error.message);
      }
    }
  }
  return problems;
}
