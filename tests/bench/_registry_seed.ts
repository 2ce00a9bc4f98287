// A registry with many packages, written straight into its tables.
import { createScope, createUser, openRegistry, type User } from "@millrace/registry-server";
import { indexPackage } from "../../packages/registry-server/plugins/index_package.ts";
import type { Database } from "../../packages/registry-server/storage/database.ts";

const WORDS = ["hit", "peak", "pulse", "charge", "gain", "noise", "event", "filter", "trigger", "veto"];
const TYPES = [
  "records",
  "hits",
  "peaks",
  "events",
  "features",
  "baselines",
  "gains",
  "pulses",
  "vetoes",
  "traces",
];
const LICENSES = ["MIT", "BSD-3-Clause", "Apache-2.0", "GPL-3.0-or-later"];

/** Make a folder with `packages` packages of `versions` versions each, of two files. */
export async function seedRegistry(data: string, packages: number, versions: number): Promise<void> {
  using registry = await openRegistry({ data });
  const { db, blobs } = registry;
  const user = createUser(registry, "ada");
  createScope(registry, "lab", user);
  const text = await blobs.put(new TextEncoder().encode("export const one: number = 1;\n"));
  const manifest = await blobs.put(new TextEncoder().encode('{"manifest":{},"exports":{}}'));
  db.transaction(() => {
    for (let p = 0; p < packages; p++) addPackage(db, p, versions, user, text, manifest);
  });
}

function addPackage(
  db: Database,
  p: number,
  versions: number,
  user: User,
  text: string,
  manifest: string,
): void {
  const pick = (list: readonly string[], k: number) => list[k % list.length]!;
  const time = new Date(1.7e12 + p * 1e6).toISOString();
  const [a, b, c] = [pick(WORDS, p), pick(WORDS, Math.floor(p / 10)), pick(WORDS, Math.floor(p / 100))];
  const name = `${a}-${b}-${p}`;
  const description = `Finds ${a} in ${b} and sorts ${c}, as experiment ${p % 97} does`;
  const { id } = db.run("INSERT INTO package (scope, name, created_at) VALUES ('lab', ?, ?)", name, time);
  let latest = 0;
  for (let v = 0; v < versions; v++) {
    latest = db.run(
      `INSERT INTO version (package_id, version, created_at, user_id, manifest, archive, license, description, readme,
        notices, key_id, signature, log_index, downloads) VALUES (?, ?, ?, ?, ?, '', ?, ?, NULL, '[]', '', '', 0, ?)`,
      id,
      `1.${v}.0`,
      time,
      user.id,
      manifest,
      pick(LICENSES, p),
      description,
      (p * 7919 + v) % 1000,
    ).id;
    for (const path of ["/mod.ts", "/deno.json"]) {
      db.run("INSERT INTO file VALUES (?, ?, 30, ?, ?)", latest, path, text, text);
    }
    const declaration = {
      provides: [pick(TYPES, p)],
      dependsOn: [pick(TYPES, p + 1)],
      options: {},
      schema: {},
      permissions: p % 3 === 0 ? [{ name: "net", value: "host", reason: "Reads gains" }] : [],
    };
    db.run(
      "INSERT INTO plugin (version_id, export, declaration) VALUES (?, ?, ?)",
      latest,
      a,
      JSON.stringify(declaration),
    );
  }
  db.run("UPDATE package SET latest = ?, downloads = ? WHERE id = ?", latest, (p * 7919) % 10_000, id);
  indexPackage(db, id, latest);
}
