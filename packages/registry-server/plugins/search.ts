/**
 * Find packages by what their plugins do: {@linkcode search}.
 * @module
 */
import type { Registry } from "../registry.ts";
import type { PluginDeclaration } from "./section.ts";

/** What is looked for; all that is given must hold. */
export interface Query {
  /** Words, or beginnings of words, in names and descriptions. */
  readonly text?: string | undefined;
  /** Data type that a plugin makes. */
  readonly provides?: string | undefined;
  /** Data type that a plugin needs. */
  readonly needs?: string | undefined;
  /** Permission that no plugin of the package may want; `"any"`: none wants any. */
  readonly without?: string | undefined;
  /** Permission that a plugin wants. */
  readonly permission?: string | undefined;
  readonly license?: string | undefined;
  /** Most results. Default 50. */
  readonly limit?: number | undefined;
}

/** What a URL asks for; an empty value asks for nothing. */
export function queryOf(parameters: URLSearchParams): Query {
  const given = (name: string) => parameters.get(name) || undefined;
  return {
    text: given("q"),
    provides: given("provides"),
    needs: given("needs"),
    permission: given("permission"),
    without: given("without"),
    license: given("license"),
  };
}

/** A package that was found, by its latest version. */
export interface Found {
  /** `@scope/name`. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string | null;
  /** Downloads of all versions. */
  readonly downloads: number;
  /** Plugins by the name of their export. */
  readonly plugins: Readonly<Record<string, PluginDeclaration>>;
}

const WITH = (kind: string, more = "AND value = ?") =>
  `(SELECT package_id FROM package_fact WHERE kind = '${kind}' ${more})`;

/** Most words that are looked for. */
const WORDS = 10;

/** Packages with a latest version, the most downloaded first. */
export function search({ db }: Pick<Registry, "db">, query: Query): Found[] {
  const where: string[] = [];
  const values: string[] = [];
  const add = (condition: string, value: string | undefined) => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  const words = query.text?.match(/[\p{L}\p{N}_]{1,64}/gu)?.slice(0, WORDS).map((word) => `"${word}"*`).join(
    " ",
  );
  add("package.id IN (SELECT rowid FROM package_text WHERE package_text MATCH ?)", words);
  add(`package.id IN ${WITH("provides")}`, query.provides);
  add(`package.id IN ${WITH("needs")}`, query.needs);
  add(`package.id IN ${WITH("permission")}`, query.permission);
  const unwanted = query.without === "any" ? WITH("permission", "AND ? = 'any'") : WITH("permission");
  add(`package.id NOT IN ${unwanted}`, query.without);
  add("version.license = ?", query.license);
  const rows = db.all<
    { id: number; name: string; version: string; description: string; license: string; downloads: number }
  >(
    `SELECT version.id, '@' || scope || '/' || package.name AS name, version.version, version.description, version.license,
      package.downloads
     FROM package JOIN version ON version.id = package.latest
     ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""}
     ORDER BY package.downloads DESC, scope, package.name LIMIT ?`,
    ...values,
    Math.min(200, query.limit ?? 50),
  );
  return rows.map(({ id, name, version, description, license, downloads }) => ({
    name,
    version,
    description,
    license,
    downloads,
    plugins: pluginsOf({ db }, id),
  }));
}

/** Values that a search can be narrowed by: those of latest versions, in order, at most 300 of each. */
export function facets(
  { db }: Pick<Registry, "db">,
): Readonly<Record<"provides" | "needs" | "permission" | "license", readonly string[]>> {
  const facts = (kind: string) =>
    db.all<{ value: string }>(
      "SELECT DISTINCT value FROM package_fact WHERE kind = ? ORDER BY value LIMIT 300",
      kind,
    ).map(({ value }) => value);
  const licenses = db.all<{ license: string }>(
    `SELECT DISTINCT license FROM package JOIN version ON version.id = latest
     WHERE license IS NOT NULL ORDER BY license LIMIT 300`,
  );
  return {
    provides: facts("provides"),
    needs: facts("needs"),
    permission: facts("permission"),
    license: licenses.map(({ license }) => license),
  };
}

/** Plugins of a version. */
export function pluginsOf(
  { db }: Pick<Registry, "db">,
  versionId: number,
): Record<string, PluginDeclaration> {
  const rows = db.all<{ export: string; declaration: string }>(
    "SELECT export, declaration FROM plugin WHERE version_id = ? ORDER BY id",
    versionId,
  );
  return Object.fromEntries(rows.map((row) => [row.export, JSON.parse(row.declaration)]));
}

/** Packages whose latest version depends on a package. */
export function dependents({ db }: Pick<Registry, "db">, name: string): { name: string; range: string }[] {
  return db.all(
    `SELECT '@' || scope || '/' || package.name AS name, range FROM dependency
     JOIN package ON package.latest = version_id WHERE kind = 'jsr' AND dependency.name = ? ORDER BY 1`,
    name,
  );
}
