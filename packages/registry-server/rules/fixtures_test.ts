// Every rule refuses what its fixtures show, and says what to change.
import assert from "node:assert/strict";
import { createScope, createUser, type User } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import { publish } from "../publish/publish.ts";
import { openRegistry, type Registry } from "../registry.ts";
import { ENTRY_RULES, PACKAGE_RULES } from "./all.ts";
import { archiveOf, type RejectFixture } from "./_fixture_testing.ts";

const FOLDER = new URL("./fixtures/", import.meta.url);
const CODES = namesIn(FOLDER);

function namesIn(folder: URL | string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function withRegistry(work: (registry: Registry, user: User) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir();
  try {
    using registry = await openRegistry({ data });
    const user = createUser(registry, "ada");
    createScope(registry, "lab", user);
    await work(registry, user);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

async function upload(
  registry: Registry,
  user: User,
  fixture: Omit<RejectFixture, "message">,
): Promise<number> {
  const archive = await archiveOf(fixture);
  return publish({ ...registry, limits: { ...registry.limits, ...fixture.limits } }, {
    scope: fixture.scope ?? "lab",
    name: fixture.name ?? "good",
    version: fixture.version ?? "1.0.0",
    config: "/deno.json",
    body: new Blob([archive]).stream(),
    announced: undefined,
    identity: { user, tokenId: 1, permissions: [{}], expiresAt: null },
  });
}

Deno.test("each rule has a folder of fixtures that is named by its code", () => {
  const rules = [...ENTRY_RULES, ...PACKAGE_RULES].map(({ code }) => code);
  assert.deepEqual(rules.filter((code) => !CODES.includes(code)), []);
  assert.equal(new Set(rules).size, rules.length);
});

Deno.test("publish() takes the package that all fixtures are made of", () =>
  withRegistry(async (registry, user) => {
    assert.equal(await upload(registry, user, {}), 1);
    assert.equal(
      await upload(registry, user, {
        version: "1.0.1",
        entries: [{ path: "./sub/a.ts", text: "export {};" }],
      }),
      2,
    );
  }));

Deno.test("publish() refuses every fixture, with a message that says what to change", async (t) => {
  await withRegistry(async (registry, user) => {
    for (const code of CODES) {
      for (const name of namesIn(new URL(`${code}/`, FOLDER))) {
        await t.step(`${code}/${name}`, async () => {
          const fixture: RejectFixture = JSON.parse(
            await Deno.readTextFile(new URL(`${code}/${name}`, FOLDER)),
          );
          await assert.rejects(upload(registry, user, fixture), (error) => {
            assert(error instanceof Refusal, String(error));
            assert.equal(error.code, code, error.message);
            assert(error.message.includes(fixture.message), error.message);
            assert(error.message.includes(";"), `the message has a remedy: ${error.message}`);
            return true;
          });
        });
      }
    }
    assert.equal(registry.db.get<{ count: number }>("SELECT count(*) AS count FROM version")!.count, 0);
    assert.deepEqual(namesIn(registry.temporary), [], "no upload is left over");
  });
});

Deno.test("imports that are computed are told, not refused", () =>
  withRegistry(async (registry, user) => {
    const id = await upload(registry, user, { mod: "export const load = (name: string) => import(name);\n" });
    const { notices } = registry.db.get<{ notices: string }>("SELECT notices FROM version WHERE id = ?", id)!;
    assert.deepEqual(JSON.parse(notices), ['The module "/mod.ts" imports something computed in line 1']);
  }));
