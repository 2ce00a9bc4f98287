/**
 * What search knows of a package: {@linkcode indexPackage}.
 * @module
 */
import type { Database } from "../storage/database.ts";
import { pluginsOf } from "./search.ts";

/** Note what the latest version of a package is found by; of a package without one nothing. Within the transaction that changes it. */
export function indexPackage(db: Database, packageId: number, latest: number | null): void {
  db.run("DELETE FROM package_fact WHERE package_id = ?", packageId);
  db.run("DELETE FROM package_text WHERE rowid = ?", packageId);
  if (latest === null) return;
  const { name, description } = db.get<{ name: string; description: string }>(
    `SELECT '@' || scope || '/' || package.name AS name, description
     FROM package JOIN version ON version.id = ? WHERE package.id = ?`,
    latest,
    packageId,
  )!;
  const plugins = Object.entries(pluginsOf({ db }, latest));
  const words = plugins.map(([plugin, { provides, dependsOn, help = "" }]) =>
    [plugin, ...provides, ...dependsOn, help].join(" ")
  );
  db.run(
    "INSERT INTO package_text (rowid, name, description, plugins) VALUES (?, ?, ?, ?)",
    packageId,
    name,
    description,
    words.join("\n"),
  );
  for (const [, { provides, dependsOn, permissions }] of plugins) {
    const facts = [
      ...provides.map((value) => ["provides", value] as const),
      ...dependsOn.map((value) => ["needs", value] as const),
      ...permissions.map((permission) => ["permission", permission.name] as const),
    ];
    for (const [kind, value] of facts) {
      db.run(
        "INSERT OR IGNORE INTO package_fact (kind, value, package_id) VALUES (?, ?, ?)",
        kind,
        value,
        packageId,
      );
    }
  }
}
