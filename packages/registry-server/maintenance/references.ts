/**
 * Which blobs are in use: {@linkcode usedBlobs}.
 * @module
 */
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";
import type { Value } from "../storage/database.ts";

/** Rows read at once: requests are answered in between. */
const PAGE = 2000;

/** A table with blobs, read in the order of its key. */
interface Source {
  readonly table: string;
  readonly key: readonly string[];
  readonly blobs: readonly string[];
}

const VERSIONS: Source = { table: "version", key: ["id"], blobs: ["manifest"] };
const FILES: Source = { table: "file", key: ["version_id", "path"], blobs: ["sha256", "linked"] };
const MANIFESTS: Source = {
  table: "upstream_manifest",
  key: ["scope", "name", "version"],
  blobs: ["manifest"],
};
const LINKED: Source = { table: "upstream_linked", key: ["sha256"], blobs: ["linked"] };

/** Where a blob is named: its hash, and whether it need not have been fetched yet. */
export interface Use {
  readonly hash: string;
  readonly isOptional: boolean;
}

/** Every use of a blob, a page of rows at a time; some come more than once. */
export async function* usedBlobs({ db, blobs }: Pick<Registry, "db" | "blobs">): AsyncGenerator<Use[]> {
  for (const source of [VERSIONS, FILES, MANIFESTS, LINKED]) {
    for await (const page of pagesOf(db, source)) {
      yield page.map((hash) => ({ hash, isOptional: false }));
      if (source !== MANIFESTS) continue;
      for (const manifest of page) yield await filesOf(blobs, manifest);
    }
  }
}

async function* pagesOf(db: Registry["db"], { table, key, blobs }: Source): AsyncGenerator<string[]> {
  const keys = key.join(", ");
  const select = `SELECT ${keys}, ${blobs.join(", ")} FROM ${table}`;
  const behind = `WHERE (${keys}) > (${key.map(() => "?").join(", ")})`;
  let last: Value[] | undefined;
  for (;;) {
    const rows = db.all<Record<string, Value>>(
      `${select} ${last ? behind : ""} ORDER BY ${keys} LIMIT ${PAGE}`,
      ...last ?? [],
    );
    yield rows.flatMap((row) => blobs.map((blob) => row[blob] as string));
    if (rows.length < PAGE) return;
    last = key.map((name) => rows.at(-1)![name]!);
    await new Promise((go) => setTimeout(go, 0));
  }
}

/** Files of a version of an upstream registry; not all of them have been fetched. */
async function filesOf(blobs: Registry["blobs"], manifest: string): Promise<Use[]> {
  const { manifest: files } = JSON.parse(
    new TextDecoder().decode(await blobs.get(manifest)),
  ) as VersionManifest;
  return Object.values(files).map(({ checksum }) => ({
    hash: checksum.replace(/^sha256-/, ""),
    isOptional: true,
  }));
}

/** Hashes of blobs of versions behind a version's row. */
export function blobsOfNewer({ db }: Pick<Registry, "db">, versionId: number): Set<string> {
  const rows = db.all<{ hash: string }>(
    `SELECT manifest AS hash FROM version WHERE id > ?1 UNION SELECT sha256 FROM file WHERE version_id > ?1
     UNION SELECT linked FROM file WHERE version_id > ?1`,
    versionId,
  );
  return new Set(rows.map(({ hash }) => hash));
}
