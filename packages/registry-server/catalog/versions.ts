/**
 * Published versions: {@linkcode findVersion}, {@linkcode packageMeta}, {@linkcode yank}, {@linkcode block}.
 * @module
 */
import { prerelease, rcompare } from "../_semver.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { indexPackage } from "../plugins/index_package.ts";
import { appendToLog } from "../trust/log.ts";
import type { PackageMeta } from "./resolve_range.ts";

export { type PackageMeta, resolveRange } from "./resolve_range.ts";

/**
 * A version's row.
 * @internal
 */
export interface VersionRow {
  readonly id: number;
  readonly package_id: number;
  readonly version: string;
  readonly created_at: string;
  readonly publisher: string;
  readonly manifest: string;
  readonly archive: string;
  readonly license: string | null;
  readonly description: string;
  readonly readme: string | null;
  readonly notices: string;
  readonly key_id: string;
  readonly signature: string;
  readonly log_index: number;
  readonly yanked_at: string | null;
  readonly yank_reason: string | null;
  readonly blocked_at: string | null;
  readonly block_reason: string | null;
  readonly downloads: number;
}

const SELECT = `SELECT version.*, user.name AS publisher FROM version
  JOIN package ON package.id = package_id JOIN user ON user.id = user_id`;

/** A version, whatever its state. */
export function findVersion(
  { db }: Pick<Registry, "db">,
  scope: string,
  name: string,
  version: string,
): VersionRow | undefined {
  return db.get(`${SELECT} WHERE scope = ? AND package.name = ? AND version = ?`, scope, name, version);
}

/** A version that must be there. @throws {Refusal} When there is no such version. */
export function getVersion(
  registry: Pick<Registry, "db">,
  scope: string,
  name: string,
  version: string,
): VersionRow {
  const row = findVersion(registry, scope, name, version);
  if (row) return row;
  throw new Refusal(404, "versionNotFound", `There is no @${scope}/${name}@${version} here`);
}

/** All versions of a package, newest first by semantic version. */
export function listVersions({ db }: Pick<Registry, "db">, scope: string, name: string): VersionRow[] {
  return db.all<VersionRow>(`${SELECT} WHERE scope = ? AND package.name = ?`, scope, name)
    .sort((a, b) => rcompare(a.version, b.version));
}

/** What `meta.json` says of a local package; blocked versions are not in it. */
export function packageMeta(
  registry: Pick<Registry, "db">,
  scope: string,
  name: string,
): PackageMeta | undefined {
  const rows = listVersions(registry, scope, name);
  if (rows.length === 0) return undefined;
  const open = rows.filter(({ blocked_at }) => blocked_at === null);
  return {
    scope,
    name,
    latest: newest(open.filter(({ yanked_at }) => yanked_at === null)) ?? null,
    versions: Object.fromEntries(
      open.map(({ version, yanked_at }) => [version, yanked_at === null ? {} : { yanked: true }]),
    ),
  };
}

function newest(rows: readonly Pick<VersionRow, "version">[]): string | undefined {
  return (rows.find(({ version }) => prerelease(version) === null) ?? rows[0])?.version;
}

/** Note which version is the latest, and what it is found by; within the transaction that changes versions. */
export function updateLatest(registry: Pick<Registry, "db">, scope: string, name: string): void {
  const open = listVersions(registry, scope, name)
    .filter(({ yanked_at, blocked_at }) => yanked_at === null && blocked_at === null);
  const latest = newest(open);
  const id = open.find(({ version }) => version === latest)?.id ?? null;
  registry.db.run("UPDATE package SET latest = ? WHERE scope = ? AND name = ?", id, scope, name);
  const row = registry.db.get<{ id: number }>(
    "SELECT id FROM package WHERE scope = ? AND name = ?",
    scope,
    name,
  )!;
  indexPackage(registry.db, row.id, id);
}

/**
 * Take a version out of ranges; exact pins go on working. Without a reason: put it back.
 *
 * @throws {Refusal} When there is no such version.
 */
export function yank(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
  reason: string | undefined,
): void {
  withdraw(registry, scope, name, version, "yank", reason);
}

/**
 * Stop serving a version at all, for security. Without a reason: serve it again.
 *
 * @throws {Refusal} When there is no such version.
 */
export function block(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
  reason: string | undefined,
): void {
  withdraw(registry, scope, name, version, "block", reason);
}

function withdraw(
  registry: Registry,
  scope: string,
  name: string,
  version: string,
  kind: "yank" | "block",
  reason: string | undefined,
): void {
  if (reason !== undefined && (reason.trim() === "" || reason.length > 500)) {
    throw new Refusal(
      400,
      "badReason",
      `Cannot ${kind} without a reason of 1 to 500 characters; users will read it`,
    );
  }
  registry.db.transaction(() => {
    const { id } = getVersion(registry, scope, name, version);
    const time = registry.now().toISOString();
    const columns = kind === "yank" ? "yanked_at = ?, yank_reason = ?" : "blocked_at = ?, block_reason = ?";
    registry.db.run(
      `UPDATE version SET ${columns} WHERE id = ?`,
      reason === undefined ? null : time,
      reason ?? null,
      id,
    );
    appendToLog(registry.db, {
      time,
      kind: reason === undefined ? `un${kind}` : kind,
      subject: `@${scope}/${name}@${version}`,
      detail: reason ?? "",
    });
    updateLatest(registry, scope, name);
  });
  registry.revision.versions++;
  if (kind === "block") registry.revision.blocks++;
}
