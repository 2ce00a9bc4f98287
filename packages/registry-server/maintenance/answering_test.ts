// Copying and cleaning up let a server answer meanwhile.
import assert from "node:assert/strict";
import { join } from "node:path";
import { createScope, createUser } from "../catalog/scopes.ts";
import { publish } from "../publish/publish.ts";
import { openRegistry, type Registry } from "../registry.ts";
import { archiveOf } from "../rules/_fixture_testing.ts";
import { collectGarbage } from "./collect_garbage.ts";

/** A registry with one version that is said to have many files. */
async function withMany(files: number, work: (registry: Registry) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir();
  try {
    using registry = await openRegistry({ data });
    const user = createUser(registry, "ada");
    createScope(registry, "lab", user);
    await publish(registry, {
      scope: "lab",
      name: "good",
      version: "1.0.0",
      config: "/deno.json",
      body: new Blob([await archiveOf({})]).stream(),
      announced: undefined,
      identity: { user, tokenId: 1, permissions: [{}], expiresAt: null },
    });
    registry.db.run(
      `WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?)
       INSERT INTO file SELECT version_id, '/many/' || k || hex(randomblob(100)), size, sha256, linked FROM n, file
       WHERE path = '/mod.ts'`,
      files,
    );
    await work(registry);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

/** How often the event loop turned until `work` was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  return turns;
}

Deno.test("the thread is free while a database is copied", async () => {
  await withMany(100_000, async ({ db, temporary }) => {
    const copy = join(temporary, "copy.sqlite");
    // Where it were held there would be none.
    assert.ok(await turnsDuring(db.copyTo(copy)) > 0);
    await assert.rejects(db.copyTo(copy), { message: /^Cannot copy ".*registry\.sqlite" to ".*": .*exists/ });
  });
});

Deno.test("cleaning up reads few rows at once, and removes few files at once", async () => {
  await withMany(10_000, async (registry) => {
    const { db, blobs } = registry;
    const garbage: string[] = [];
    for (let k = 0; k < 120; k++) garbage.push(await blobs.put(new TextEncoder().encode(`rest ${k}`)));
    await new Promise((go) => setTimeout(go, 20));
    let mostRows = 0, mostFiles = 0, files = 0;
    const all = db.all.bind(db), transaction = db.transaction.bind(db), remove = blobs.removeSync.bind(blobs);
    db.all = <T>(...query: Parameters<typeof all>): T[] => {
      const rows = all<T>(...query);
      mostRows = Math.max(mostRows, rows.length);
      return rows;
    };
    db.transaction = (work) => {
      files = 0;
      const result = transaction(work);
      mostFiles = Math.max(mostFiles, files);
      return result;
    };
    blobs.removeSync = (hash) => {
      files++;
      remove(hash);
    };
    await new Promise((go) => setTimeout(go, 5)); // all was written before
    assert.deepEqual((await collectGarbage(registry, 0)).sort(), garbage.sort());
    assert.ok(mostRows <= 2000 && mostRows > 0, `${mostRows} rows`);
    assert.ok(mostFiles <= 50 && mostFiles > 0, `${mostFiles} files`);
  });
});

Deno.test("what is put again or published while it is cleaned up stays", async () => {
  await withMany(10, async (registry) => {
    const { blobs } = registry;
    const bytes = new TextEncoder().encode("wanted again");
    const hash = await blobs.put(bytes);
    await new Promise((go) => setTimeout(go, 20));
    const list = blobs.list.bind(blobs);
    blobs.list = async function* () {
      yield* list();
      await blobs.put(bytes);
    };
    assert.deepEqual(await collectGarbage(registry, 0), []);
    assert.ok(await blobs.has(hash));
  });
});
