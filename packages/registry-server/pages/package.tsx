/** @jsxImportSource hono/jsx */
/**
 * Pages of a version: what it is, and its views.
 * @module
 */
import type { Child, FC } from "hono/jsx";
import {
  findVersion,
  listVersions,
  packageMeta,
  resolveRange,
  type VersionRow,
} from "../catalog/versions.ts";
import { Refusal } from "../http/refusal.ts";
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";
import { page } from "./layout.tsx";
import { docsView } from "./views/docs.tsx";
import { filesView } from "./views/files.tsx";
import { overviewView } from "./views/overview.tsx";
import { permissionsView } from "./views/permissions.tsx";
import { versionsView } from "./views/versions.tsx";

/** A package and the range of versions that was asked for. */
export interface PackagePlace {
  readonly scope: string;
  readonly name: string;
  readonly range: string;
}

/** What views are made of. */
export interface VersionView {
  readonly registry: Registry;
  /** Origin by which clients reach the registry. */
  readonly origin: string;
  /** `@scope/name`. */
  readonly full: string;
  readonly row: VersionRow;
  /** All versions, newest first. */
  readonly versions: readonly VersionRow[];
  readonly query: URLSearchParams;
  /** Path of a view of this version, with more of a query. */
  readonly link: (view: string, more?: Readonly<Record<string, string>>) => string;
  /** Files by path: SHA-256 and size. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly size: number }>;
  readonly manifest: VersionManifest;
}

const VIEWS: readonly [name: string, title: string, view: (of: VersionView) => Child | Promise<Child>][] = [
  ["", "Overview", overviewView],
  ["docs", "Docs", docsView],
  ["permissions", "Permissions", permissionsView],
  ["versions", "Versions", versionsView],
  ["files", "Files", filesView],
];

/** Why a version should not be used, if so. */
export function withdrawn({ yanked_at, yank_reason, blocked_at, block_reason }: VersionRow): string {
  if (blocked_at !== null) return `blocked: ${block_reason}`;
  return yanked_at !== null ? `yanked: ${yank_reason}` : "";
}

const Tabs: FC<{ view: string; link: VersionView["link"] }> = ({ view, link }) => (
  <nav class="tabs" aria-label="Views of the package">
    {VIEWS.map(([name, title]) => (
      <a href={link(name)} {...name === view && { "aria-current": "page" }}>{title}</a>
    ))}
  </nav>
);

/** A page of a package. @throws {Refusal} When there is no such version or view. */
export async function packagePage(
  registry: Registry,
  { scope, name, range }: PackagePlace,
  query: URLSearchParams,
  origin: string,
): Promise<Response> {
  const full = `@${scope}/${name}`;
  const versions = listVersions(registry, scope, name);
  const meta = packageMeta(registry, scope, name);
  const wanted = meta && resolveRange(meta, range) || range;
  const row = findVersion(registry, scope, name, wanted) ?? (range === "*" ? versions[0] : undefined);
  if (!row) throw new Refusal(404, "notFound", `There is no version of ${full} in "${range}" here`);
  const view = query.get("view") ?? "";
  const found = VIEWS.find(([each]) => each === view);
  if (!found) throw new Refusal(404, "notFound", `There is no view "${view}" of ${full}`);
  const link: VersionView["link"] = (to, more = {}) => {
    const search = new URLSearchParams({ ...to !== "" && { view: to }, ...more }).toString();
    return `/${full}@${row.version}${search && `?${search}`}`;
  };
  const rows = registry.db.all<{ path: string; size: number; sha256: string }>(
    "SELECT path, size, sha256 FROM file WHERE version_id = ? ORDER BY path",
    row.id,
  );
  const of: VersionView = {
    registry,
    origin,
    full,
    row,
    versions,
    query,
    link,
    files: new Map(rows.map(({ path, size, sha256 }) => [path, { size, sha256 }])),
    manifest: JSON.parse(new TextDecoder().decode(await registry.blobs.get(row.manifest))),
  };
  const warning = withdrawn(row);
  return page({
    title: `${full}@${row.version}`,
    headers: { vary: "accept, sec-fetch-dest" },
    children: (
      <>
        <h1>
          {full} <span class="version">{row.version}</span>
        </h1>
        {warning && <p class="warning">This version is {warning}</p>}
        {row.description && <p class="lead">{row.description}</p>}
        <Tabs view={view} link={link} />
        {await found[2](of)}
      </>
    ),
  });
}
