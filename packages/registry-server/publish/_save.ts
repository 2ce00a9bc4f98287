// The last step: files to disk, then one transaction.

import type { User } from "../catalog/scopes.ts";
import { updateLatest } from "../catalog/versions.ts";
import { parseSection } from "../plugins/section.ts";
import type { Registry } from "../registry.ts";
import type { Candidate } from "../rules/rule.ts";
import { sign } from "../trust/ed25519.ts";
import { currentKey, isInUse } from "../trust/keys.ts";
import { appendToLog } from "../trust/log.ts";
import { versionText } from "../trust/statement.ts";
import { linkImports } from "./link.ts";
import { Refusal } from "../http/refusal.ts";
import { checkNew } from "./publish.ts";
import { requirements } from "./_dependencies.ts";
import { versionManifest } from "./version_manifest.ts";

/** Keep a package that passed all rules; gives the version's id. */
export async function save(
  registry: Registry,
  candidate: Candidate,
  texts: ReadonlyMap<string, string>,
  { archive, user }: { archive: string; user: User },
): Promise<number> {
  const { db, blobs, now } = registry;
  const { scope, name, version, config, files, facts } = candidate;
  const stored: { path: string; size: number; sha256: string; linked: string }[] = [];
  for (const [path, bytes] of files) {
    const sha256 = await blobs.put(bytes);
    const text = texts.get(path);
    const linked = text === undefined ? undefined : linkImports(text, facts.get(path)!.imports);
    stored.push({
      path,
      size: bytes.length,
      sha256,
      linked: linked === undefined || linked === text
        ? sha256
        : await blobs.put(new TextEncoder().encode(linked)),
    });
  }
  const { exports, millrace } = config;
  const manifest = await blobs.put(
    new TextEncoder().encode(JSON.stringify(versionManifest({ files, exports, facts, millrace }))),
  );
  const signedAt = now().toISOString();
  const key = await currentKey(db, now);
  const full = `@${scope}/${name}`;
  const signature = await sign(
    versionText("registry", { package: full, version, manifest, signedAt }),
    key.privateKey,
  );
  const notices = [...facts].flatMap(([path, { computedImports }]) =>
    computedImports.map((line) => `The module "${path}" imports something computed in line ${line}`)
  );
  const readme = [...files.keys()].find((path) => /^\/readme(\.md)?$/i.test(path)) ?? null;

  const versionId = db.transaction(() => {
    checkNew(registry, scope, name, version);
    if (!isInUse(db, key.id, signedAt)) {
      const why =
        "The key that signs was changed meanwhile, or the registry's clock was set back; publish again";
      throw new Refusal(503, "tryAgain", why, {}, { "retry-after": "1" });
    }
    for (const hash of [manifest, ...stored.flatMap(({ sha256, linked }) => [sha256, linked])]) {
      if (!blobs.hasSync(hash)) { // garbage collection took it since
        throw new Refusal(503, "tryAgain", "The registry was cleaning up; publish again", {}, {
          "retry-after": "1",
        });
      }
    }
    db.run("INSERT OR IGNORE INTO package (scope, name, created_at) VALUES (?, ?, ?)", scope, name, signedAt);
    const { id: packageId } = db.get<{ id: number }>(
      "SELECT id FROM package WHERE scope = ? AND name = ?",
      scope,
      name,
    )!;
    const index = appendToLog(db, {
      time: signedAt,
      kind: "publish",
      subject: `${full}@${version}`,
      detail: `sha256-${manifest}`,
    });
    const { id } = db.run(
      `INSERT INTO version (package_id, version, created_at, user_id, manifest, archive, license, description, readme,
        notices, key_id, signature, log_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      packageId,
      version,
      signedAt,
      user.id,
      manifest,
      archive,
      config.license ?? null,
      config.description ?? "",
      readme,
      JSON.stringify(notices),
      key.id,
      signature,
      index,
    );
    for (const { path, size, sha256, linked } of stored) {
      db.run(
        "INSERT INTO file (version_id, path, size, sha256, linked) VALUES (?, ?, ?, ?, ?)",
        id,
        path,
        size,
        sha256,
        linked,
      );
    }
    for (const { kind, name, range } of requirements(facts)) {
      db.run(
        "INSERT INTO dependency (version_id, kind, name, range) VALUES (?, ?, ?, ?)",
        id,
        kind,
        name,
        range,
      );
    }
    const plugins = millrace === undefined ? {} : parseSection(millrace).plugins;
    for (const [plugin, declaration] of Object.entries(plugins)) {
      db.run(
        "INSERT INTO plugin (version_id, export, declaration) VALUES (?, ?, ?)",
        id,
        plugin,
        JSON.stringify(declaration),
      );
    }
    updateLatest(registry, scope, name);
    return id;
  });
  registry.revision.versions++;
  return versionId;
}
