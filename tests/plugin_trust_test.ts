// Who vouches for a plugin: a stolen registry, keys that end or change, files that are changed on the way or afterwards.
import assert from "node:assert/strict";
import { join } from "node:path";
import { generateKey } from "@millrace/registry-server/client";
import { filesIn } from "./_cli.ts";
import { between, pluginText, runHighest, startPluginLab, temporaryProject } from "./_plugins.ts";

// deno-lint-ignore no-explicit-any
async function editLock(lock: string, change: (lock: Record<string, any>) => void): Promise<void> {
  const value = JSON.parse(await Deno.readTextFile(lock));
  change(value);
  await Deno.writeTextFile(lock, JSON.stringify(value));
}

Deno.test("what no trusted publisher signed is not taken, unless that is said", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const at = ["--registry", lab.server.origin];
  await lab.plugin("highest", "1.0.0", { signed: false });
  const unsigned = await project.run(["add", "@lab/highest", ...at], ["y"]);
  assert.equal(unsigned.code, 1);
  assert.match(unsigned.err, /@lab\/highest@1\.0\.0: it is unverified: the registry alone vouches for it/);
  const taken = await project.run([
    "add",
    "@lab/highest",
    ...at,
    "--allow-unverified",
    "--allow-permissions",
    "none",
  ]);
  assert.equal(taken.code, 0, taken.err);
  assert.match((await project.run(["list"])).out, /@lab\/highest +1\.0\.0 +highest +unverified/);

  await using other = await temporaryProject();
  await lab.plugin("highest", "1.1.0");
  const strange = await other.run(["add", "@lab/highest", ...at, "--allow-permissions", "none"]);
  assert.equal(strange.code, 1);
  assert.match(
    strange.err,
    new RegExp(`signed with the key ${lab.publisher.id} of @lab, which is not trusted yet`),
  );
  const key = lab.publisher.publicKey.replaceAll("+", "\\+");
  assert.match(strange.err, new RegExp(`millrace plugin trust @lab ${key}`));
  assert.equal((await other.run(["trust", "@lab", lab.publisher.publicKey])).code, 0);
  const trusted = await other.run(["add", "@lab/highest", ...at, "--allow-permissions", "none"]);
  assert.equal(trusted.code, 0, trusted.err);
  assert.match((await other.run(["list"])).out, /@lab\/highest +1\.1\.0 +highest +verified/);
});

Deno.test("a stolen registry cannot make an update without the publisher's key", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);

  // The thief has everything that the registry has: its database, its signing key, all tokens.
  await lab.plugin("highest", "1.1.0", { mod: pluginText({ add: 666 }), signed: false });
  const unsigned = await project.run(["update"], ["y"]);
  assert.equal(unsigned.code, 1);
  assert.match(
    unsigned.err,
    new RegExp(`no publisher signed it, and of @lab only ${lab.publisher.id} is trusted`),
  );
  assert.match((await project.run(["update", "--allow-unverified"], ["y"])).err, /no publisher signed it/);

  const thief = await generateKey();
  await lab.api("POST", "/scopes/lab/keys", { token: lab.token, body: { publicKey: thief.publicKey } });
  assert.equal((await lab.signWith("highest", "1.1.0", thief)).status, 204);
  const forged = await project.run(["update"], ["y"]);
  assert.equal(forged.code, 1);
  assert.match(
    forged.err,
    new RegExp(`it is signed with the key ${thief.id}, and of @lab only ${lab.publisher.id}`),
  );
  assert.match((await project.run(["list"])).out, /@lab\/highest +1\.0\.0/);
  assert.equal((await runHighest(project)).code, 0, "what is installed goes on working");
});

Deno.test("a publisher's key may end: what it signed before counts, later signatures do not", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  await lab.plugin("highest", "1.1.0");
  const add = ["add", "@lab/highest@1.0.0", "--registry", lab.server.origin];
  assert.equal((await project.run(add, ["y"])).code, 0);
  const until = new Date().toISOString();
  await editLock(project.lock, (lock) => lock.publishers.lab[0].validUntil = until);
  assert.equal((await runHighest(project)).code, 0, "it was valid then");
  const [signedAt] = lab.registry.db.all<{ signed_at: string }>(
    "SELECT signed_at FROM publisher_signature ORDER BY signed_at",
  ).map(({ signed_at }) => signed_at);
  const before = new Date(Date.parse(signedAt!) - 1).toISOString();
  await editLock(project.lock, (lock) => lock.publishers.lab[0].validUntil = before);
  const run = await runHighest(project, "--fresh");
  assert.equal(run.code, 1);
  assert.match(run.err, new RegExp(`signed by the publisher: the key ${lab.publisher.id} was not valid at`));
  const update = await project.run(["add", "@lab/highest@1.1.0", "--registry", lab.server.origin], ["y"]);
  assert.match(update.err, /the key [0-9a-f]{16} was not valid at/);

  // The registry can end a key that is trusted, but not make one so.
  await using other = await temporaryProject();
  assert.equal((await other.run(["trust", "@lab", lab.publisher.publicKey])).code, 0);
  assert.equal(
    (await lab.api("DELETE", `/scopes/lab/keys/${lab.publisher.id}`, { token: lab.token })).status,
    204,
  );
  lab.registry.db.run("UPDATE publisher_key SET valid_until = ?", before);
  const ended = await other.run(add, ["y"]);
  assert.equal(ended.code, 1);
  assert.match(ended.err, /was not valid at/);
});

Deno.test("a key that is no longer trusted stops what it signed", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);
  assert.equal((await project.run(["trust", "@lab", lab.publisher.id, "--remove"])).code, 0);
  const { code, err } = await runHighest(project);
  assert.equal(code, 1);
  assert.match(
    err,
    new RegExp(
      `@lab/highest@1\\.0\\.0 is signed with the key ${lab.publisher.id}, which is no longer trusted`,
    ),
  );
  assert.match(
    (await project.run(["trust", "@lab", lab.publisher.id, "--remove"])).err,
    /is not trusted anyway/,
  );
});

Deno.test("the registry's keys are remembered: it may rotate them, and not change or lose one", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);
  const rotated = await lab.api("POST", "/keys/rotate", { token: lab.rootToken });
  assert.equal(rotated.status, 200);
  await rotated.body?.cancel();
  await lab.plugin("highest", "1.1.0");
  const update = await project.run(["update"]);
  assert.equal(update.code, 0, update.err);
  assert.equal((await project.run(["audit"])).code, 0);
  assert.equal(
    JSON.parse(await Deno.readTextFile(project.lock)).registries[lab.server.origin].keys.length,
    2,
  );

  const stranger = await generateKey();
  lab.registry.db.run(
    "UPDATE signing_key SET id = ?, public_key = ?, private_key = ? WHERE valid_until IS NOT NULL",
    stranger.id,
    stranger.publicKey,
    stranger.privateKey,
  );
  for (const command of [["update"], ["audit"]]) {
    const { code, err } = await project.run(command);
    assert.equal(code, 1);
    assert.match(err, /its key [0-9a-f]{16} is no longer what it was when it was first read/);
  }
});

Deno.test("a registry key that had ended does not sign new versions", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  lab.registry.db.run(
    "UPDATE signing_key SET valid_until = '2020-01-01T00:00:00.000Z', valid_from = '2019-01-01T00:00:00.000Z'",
  );
  const { code, err } = await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"]);
  assert.equal(code, 1);
  assert.match(err, /signed by the registry: the key [0-9a-f]{16} was not valid at/);
});

Deno.test("what is changed on its way is refused, whatever it is", async () => {
  await using lab = await startPluginLab();
  await using on = between(lab.server.origin);
  await lab.plugin("highest", "1.0.0", {
    permissions: [{ name: "env", value: "LAB", reason: "Names the laboratory" }],
  });
  const cases: [(path: string, text: string) => string | undefined, RegExp][] = [
    [
      (path, text) => path.endsWith("/mod.ts") ? text.replace("let most = 0", "let most = 1") : text,
      /"\/mod\.ts" is not the one/,
    ],
    [
      (path, text) => path.endsWith("/mod.ts") ? `${text}\n` : text,
      /larger than the \d+ bytes that were announced/,
    ],
    [
      (path, text) => path.endsWith("_meta.json") ? text.replace("LAB", "HOME") : text,
      /signatures are those of something else/,
    ],
    [
      (path, text) => path.endsWith("/signature") ? text.replace(/"manifest":"./, '"manifest":"g') : text,
      /something else/,
    ],
    [
      (path, text) => path.endsWith("/signature") ? undefined : text,
      /the registry alone vouches|no publisher signed/,
    ],
    [
      (path, text) =>
        path === "/api/keys" ? text.replace(/"publicKey":"......../, '"publicKey":"AAAAAAAA') : text,
      /signature is wrong|Invalid/,
    ],
    [
      (path, text) => path === "/api/keys" ? '{"keys":[null]}' : text,
      /not a list of keys; is that a registry\?/,
    ],
    [
      (path, text) =>
        path.endsWith("/signature") ? text.replace(/"signature":"[^"]*"/g, '"signature":"!"') : text,
      /Cannot read the signatures of @lab\/highest@1\.0\.0/,
    ],
    [(path, text) => path.endsWith("/meta.json") ? "[]" : text, /it is no object; is that a registry\?/],
    [
      (path, text) => path.endsWith("/meta.json") ? "{}" : text,
      /they are not versions; is that a registry\?/,
    ],
    [
      (path, text) => path.endsWith("/meta.json") ? text.replaceAll("1.0.0", "../../x") : text,
      /they are not versions/,
    ],
    [(path, text) => path === "/api/keys" ? '{"keys":[]}' : text, /the key [0-9a-f]{16} is not known/],
    [(path) => path === "/api/keys" ? "<html>" : undefined, /it is no JSON; is that a registry\?/],
    [
      (path, text) => path.endsWith("_meta.json") ? text.replace('"/mod.ts"', '"/../mod.ts"') : text,
      /signatures are those of something else/,
    ],
  ];
  for (const [alter, message] of cases) {
    await using project = await temporaryProject();
    on.alter = alter;
    const { code, err } = await project.run(["add", "@lab/highest", "--registry", on.origin], ["y"]);
    assert.equal(code, 1, String(message));
    assert.match(err, message);
    assert.deepEqual(await filesIn(project.folder), [], "nothing is left behind");
  }
});

Deno.test("a vendored file that was changed, removed or added is noticed before a line runs, and put right", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);
  const { folder } = JSON.parse(await Deno.readTextFile(project.lock)).plugins["@lab/highest"];
  const files = join(project.folder, ".millrace/plugins", folder, "files/@lab/highest/1.0.0");
  const witness = join(project.folder, "it_ran");
  const cases: [() => Promise<void>, RegExp][] = [
    [
      async () =>
        await Deno.writeTextFile(join(files, "mod.ts"), `await Deno.writeTextFile("${witness}", "");`),
      /mod\.ts" is not what was installed/,
    ],
    [async () => await Deno.remove(join(files, "mod.ts")), /mod\.ts" is missing/],
    [async () => await Deno.writeTextFile(join(files, "more.ts"), ""), /more\.ts" is not in the lock file/],
    [async () => await Deno.symlink("/etc/hostname", join(files, "host.txt")), /host\.txt": it is a link/],
    [async () => {
      await Deno.rename(join(files, "mod.ts"), join(project.folder, "mod.ts"));
      await Deno.symlink(join(project.folder, "mod.ts"), join(files, "mod.ts"));
    }, /mod\.ts": it is a link/],
  ];
  for (const [damage, message] of cases) {
    await damage();
    const run = await runHighest(project, "--fresh");
    assert.equal(run.code, 1);
    assert.match(run.err, message);
    const verified = await project.run(["verify"]);
    assert.equal(verified.code, 1);
    assert.match(verified.err, message);
    const vendored = await project.run(["vendor"]);
    assert.equal(vendored.code, 0, vendored.err);
    assert.equal((await runHighest(project, "--fresh")).code, 0);
  }
  await assert.rejects(Deno.stat(witness), Deno.errors.NotFound);
});

Deno.test("a lock file that was changed to allow more, or to other files, is not believed", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);
  const text = await Deno.readTextFile(project.lock);
  const { folder } = JSON.parse(text).plugins["@lab/highest"];
  const file = join(project.folder, ".millrace/plugins", folder, "files/@lab/highest/1.0.0/mod.ts");
  const module = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, "export const highest = 1;");
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("export const highest = 1;")),
  ).toHex();
  await editLock(
    project.lock,
    (lock) => lock.plugins["@lab/highest"].files["@lab/highest/1.0.0/mod.ts"] = hash,
  );
  assert.match(
    (await runHighest(project)).err,
    /the lock file has another "\/mod\.ts" of @lab\/highest@1\.0\.0 than its manifest/,
  );
  await Deno.writeTextFile(file, module);
  await Deno.writeTextFile(project.lock, text);
  await editLock(
    project.lock,
    ({ plugins }) => plugins["@lab/highest"].packages["@lab/highest@1.0.0"].registry = null,
  );
  assert.match(
    (await runHighest(project)).err,
    /says that @lab\/highest@1\.0\.0 is verified and has no signature/,
  );
  await Deno.writeTextFile(project.lock, text);
  await editLock(project.lock, ({ plugins }) => plugins["@lab/highest"].granted = { read: ["/etc"] });
  assert.equal((await runHighest(project)).code, 0, "it gets nothing that its manifest does not ask for");
});

Deno.test("a dependency that is swapped is noticed, in the folder and in the registry", async () => {
  await using lab = await startPluginLab();
  await using on = between(lab.server.origin);
  await using project = await temporaryProject();
  const util = (add: number) => `/** More. @module */\n/** Adds. */\nexport const more: number = ${add};\n`;
  const library = { millrace: null, config: { millrace: null } };
  await lab.plugin("util", "1.0.0", { mod: util(1), ...library });
  const head = 'import { more } from "jsr:@lab/util@^1";';
  await lab.plugin("highest", "1.0.0", { mod: pluginText({ head }).replace("most + 0", "most + more") });
  assert.equal((await project.run(["add", "@lab/highest", "--registry", on.origin], ["y"])).code, 0);
  const { folder } = JSON.parse(await Deno.readTextFile(project.lock)).plugins["@lab/highest"];
  const file = join(project.folder, ".millrace/plugins", folder, "files/@lab/util/1.0.0/mod.ts");
  await Deno.writeTextFile(file, util(2));
  assert.match((await runHighest(project)).err, /@lab\/util\/1\.0\.0\/mod\.ts" is not what was installed/);

  await lab.plugin("util", "1.1.0", { mod: util(3), ...library });
  assert.equal((await project.run(["vendor"])).code, 0);
  const { rows } = await runHighest(project);
  assert.deepEqual(
    rows.map((row) => (row as { height: number }).height),
    [10, 41, 8],
    "the locked version, not the newest",
  );

  await Deno.remove(join(project.folder, ".millrace"), { recursive: true });
  on.alter = (path, text) => path.includes("/util/1.0.0") ? text.replace(/}$/, " }") : text;
  const swapped = await project.run(["vendor"]);
  assert.equal(swapped.code, 1);
  assert.match(
    swapped.err,
    /@lab\/util@1\.0\.0 from .*: its manifest has the SHA-256 .* and millrace\.lock says/,
  );
});

Deno.test("audit finds an entry of the log that was edited, dropped, or never there", async () => {
  await using lab = await startPluginLab();
  await using on = between(lab.server.origin);
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", on.origin], ["y"])).code, 0);
  assert.match((await project.run(["audit"])).out, /1 package is in the logs/);
  on.alter = (path, text) =>
    path === "/api/log" ? text.replace("@lab/highest@1.0.0", "@lab/highest@1.0.1") : text;
  assert.match((await project.run(["audit"])).err, /Cannot trust the log: entry \d+ does not follow/);
  on.alter = (_path, text) => text;
  // A registry that starts its history again.
  const db = lab.registry.db;
  db.run("DELETE FROM log WHERE position = (SELECT max(position) FROM log)");
  assert.match(
    (await project.run(["audit"])).err,
    /its log no longer has the entry \d+ that it had at the last audit/,
  );
  await editLock(project.lock, (lock) => lock.registries[on.origin].log = null);
  const audit = await project.run(["audit"]);
  assert.equal(audit.code, 1);
  assert.match(
    audit.err,
    /@lab\/highest: the log of .* has no publication of @lab\/highest@1\.0\.0 with the manifest/,
  );
});

Deno.test("a plugin that is not what its manifest says is not used", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const liar = pluginText().replace(
    "export const highest: Plugin = definePlugin({",
    `const real: Plugin = definePlugin({ ...{ provides: "highest" },`,
  ).replace('  provides: "highest",\n', '  provides: "records",\n') +
    "\nexport const highest: Plugin = real;\n";
  const mine = await lab.write("liar", {
    "deno.json": JSON.stringify({
      name: "@me/liar",
      version: "1.0.0",
      license: "MIT",
      exports: "./mod.ts",
      millrace: { engine: "*", plugins: { highest: { provides: ["highest"], dependsOn: ["raw_files"] } } },
    }),
    "mod.ts": liar,
  });
  assert.equal((await project.run(["add", mine, "--allow-permissions", "none"])).code, 0);
  const { code, err } = await runHighest(project);
  assert.equal(code, 1);
  assert.match(err, /its manifest says that its "provides" is highest, and its code says records/);
});
