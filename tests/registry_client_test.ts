// Stock Deno as the registry's client, with JSR_URL and nothing else.
import assert from "node:assert/strict";
import { join } from "node:path";
import { startRegistry } from "./_registry.ts";

const PLUGIN = {
  "mod.ts":
    `/** Adds. @module */\nimport { one } from "./one.ts";\n/** Twice. */\nexport function two(): number { return one + one; }\n`,
  "one.ts": "/** One. */\nexport const one: number = 1;\n",
  "README.md": "# Plugin\n",
};

Deno.test("a package is published, added, run, tested and looked at with stock Deno", async () => {
  await using lab = await startRegistry();
  const source = await lab.write("plugin", {
    "deno.json": JSON.stringify({
      name: "@lab/plugin",
      version: "1.0.0",
      license: "MIT",
      exports: "./mod.ts",
    }),
    ...PLUGIN,
  });
  const elsewhere = await lab.deno(source, ["publish", "--dry-run", "--allow-dirty"], { plain: true });
  assert.equal(elsewhere.code, 0, `it could be published to jsr.io as it is: ${elsewhere.err}`);
  const published = await lab.deno(source, ["publish", "--allow-dirty", "--token", lab.token]);
  assert.match(published.err, /Successfully published @lab\/plugin@1\.0\.0/);
  assert.equal(published.code, 0, published.err);

  const app = await lab.write("app", {
    "deno.json": "{}",
    "main.ts": 'import { two } from "@lab/plugin";\nconsole.log(two());\n',
    "main_test.ts":
      'import { two } from "@lab/plugin";\nDeno.test("two", () => { if (two() !== 2) throw new Error(); });\n',
  });
  const added = await lab.deno(app, ["add", "jsr:@lab/plugin"]);
  assert.equal(added.code, 0, added.err);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(app, "deno.json"))).imports, {
    "@lab/plugin": "jsr:@lab/plugin@^1.0.0",
  });
  const runs: [string[], RegExp][] = [
    [["run", "main.ts"], /^2\n$/],
    [["run", "--check", "main.ts"], /^2\n$/],
    [["test", "--quiet"], /1 passed/],
    [["info", "main.ts"], /\/@lab\/plugin\/1\.0\.0\/mod\.ts/],
    [["doc", "jsr:@lab/plugin"], /function two\(\): number/],
    [["install", "--frozen"], /^/],
  ];
  for (const [args, expected] of runs) {
    const { code, out, err } = await lab.deno(app, args);
    assert.equal(code, 0, `${args}: ${err}`);
    assert.match(out, expected, `${args}`);
  }
  const lock = JSON.parse(await Deno.readTextFile(join(app, "deno.lock")));
  const manifest = await lab.api("GET", "/scopes/lab/packages/plugin/versions/1.0.0");
  assert.equal(
    `sha256-${lock.jsr["@lab/plugin@1.0.0"].integrity}`,
    (await manifest.json()).manifest,
    "the lock file holds the checksum of the manifest",
  );

  const again = await lab.deno(source, ["publish", "--allow-dirty", "--token", lab.token]);
  assert.equal(again.code, 0);
  assert.match(again.err, /already published/);
});

Deno.test("what was installed runs with the server stopped", async () => {
  const lab = await startRegistry();
  let stopped = false;
  try {
    await lab.publish("plugin", "1.0.0", PLUGIN);
    const app = await lab.write("app", {
      "deno.json": JSON.stringify({ imports: { "@lab/plugin": "jsr:@lab/plugin@^1" } }),
      "main.ts": 'import { two } from "@lab/plugin";\nconsole.log(two());\n',
    });
    assert.equal((await lab.deno(app, ["install", "--entrypoint", "main.ts"])).code, 0);
    await lab.server[Symbol.asyncDispose]();
    stopped = true;
    const { code, out, err } = await lab.deno(app, ["run", "--cached-only", "--frozen", "main.ts"]);
    assert.equal(code, 0, err);
    assert.equal(out, "2\n");
  } finally {
    if (!stopped) await lab.server[Symbol.asyncDispose]();
    lab.registry[Symbol.dispose]();
    await Deno.remove(lab.folder, { recursive: true });
  }
});

Deno.test("an application with its lock file and vendor folder is the same on a second machine, without the network", async () => {
  await using lab = await startRegistry();
  await lab.publish("plugin", "1.0.0", PLUGIN);
  const files = {
    "deno.json": JSON.stringify({ vendor: true, imports: { "@lab/plugin": "jsr:@lab/plugin@^1" } }),
    "main.ts": 'import { two } from "@lab/plugin";\nconsole.log(two());\n',
  };
  const app = await lab.write("app", files);
  assert.equal((await lab.deno(app, ["install", "--entrypoint", "main.ts"])).code, 0);
  const lock = await Deno.readTextFile(`${app}/deno.lock`);
  assert.match(lock, /"jsr:@lab\/plugin@1": "1\.0\.0"/);
  await lab.upload("plugin", "1.1.0", { mod: "export const two = (): number => 3;\n" });

  const env = { DENO_DIR: `${lab.folder}/second_cache` };
  // With the registry: the locked version, not the newest one.
  const second = await lab.write("second", { ...files, "deno.lock": lock });
  const online = await lab.deno(second, ["run", "--frozen", "main.ts"], { env });
  assert.deepEqual([online.code, online.out], [0, "2\n"], online.err);
  const names = async (folder: string) => {
    const all = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return all.sort();
  };
  const place = `vendor/http_127.0.0.1_${new URL(lab.server.origin).port}/@lab/plugin/1.0.0`;
  assert.deepEqual(await names(`${second}/${place}`), await names(`${app}/${place}`));
  for (const name of ["mod.ts", "one.ts"]) {
    assert.equal(
      await Deno.readTextFile(`${second}/${place}/${name}`),
      await Deno.readTextFile(`${app}/${place}/${name}`),
    );
  }
  // Without: from the vendor folder alone.
  await Deno.rename(app, `${lab.folder}/third`);
  const offline = { ...env, DENO_DIR: `${lab.folder}/third_cache`, HTTP_PROXY: "http://127.0.0.1:9" };
  const run = ["run", "--cached-only", "--frozen", "main.ts"];
  const third = await lab.deno(`${lab.folder}/third`, run, { env: offline });
  assert.deepEqual([third.code, third.out], [0, "2\n"], third.err);
});

Deno.test("ranges skip yanked versions, exact pins get them, and outdated tells of newer ones", async () => {
  await using lab = await startRegistry();
  const say = (text: string) => ({ "mod.ts": `/** Says. */\nexport const text: string = "${text}";\n` });
  await lab.publish("words", "1.0.0", say("old"));
  await lab.publish("words", "1.1.0", say("new"));
  const app = await lab.write("app", { "deno.json": '{ "imports": { "words": "jsr:@lab/words@1.0.0" } }' });
  assert.equal((await lab.deno(app, ["install"])).code, 0);
  assert.match((await lab.deno(app, ["outdated"])).out, /@lab\/words\s*│ 1\.0\.0\s*│ 1\.0\.0\s*│ 1\.1\.0/);

  const yank = await lab.api("PUT", "/scopes/lab/packages/words/versions/1.1.0/yank", {
    token: lab.token,
    body: { reason: "It says the wrong word" },
  });
  assert.equal(yank.status, 204);
  const run = async (specifier: string) => {
    const file = `import { text } from "${specifier}"; console.log(text);`;
    const folder = await lab.write(`run_${crypto.randomUUID()}`, { "main.ts": file });
    return lab.deno(folder, ["run", "--reload", "--no-config", "main.ts"]);
  };
  assert.equal((await run("jsr:@lab/words@^1")).out, "old\n");
  assert.equal((await run("jsr:@lab/words@1.1.0")).out, "new\n");

  const put = await lab.api("DELETE", "/scopes/lab/packages/words/versions/1.1.0/yank", { token: lab.token });
  assert.equal(put.status, 204);
  assert.equal((await run("jsr:@lab/words@^1")).out, "new\n");
});

Deno.test("a blocked version is served to nobody, with the reason", async () => {
  await using lab = await startRegistry();
  await lab.publish("words", "1.0.0", { "mod.ts": "/** A. */\nexport const a: number = 1;\n" });
  const path = `${lab.server.origin}/@lab/words/1.0.0/mod.ts`;
  assert.equal((await (await fetch(path)).text()).includes("export const a"), true);
  const block = (token: string) =>
    lab.api("PUT", "/scopes/lab/packages/words/versions/1.0.0/block", {
      token,
      body: { reason: "It steals keys" },
    });
  const refused = await block(lab.token);
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, "notAdmin");
  assert.equal((await block(lab.rootToken)).status, 204);
  const response = await fetch(path);
  assert.equal(response.status, 403);
  assert.match(await response.text(), /@lab\/words@1\.0\.0 is blocked: It steals keys/);
  const app = await lab.write("app", { "main.ts": 'import "jsr:@lab/words@1.0.0";' });
  assert.notEqual((await lab.deno(app, ["run", "--reload", "main.ts"])).code, 0);
});

Deno.test("a version is never published twice, not even after a yank", async () => {
  await using lab = await startRegistry();
  const source = await lab.publish("words", "1.0.0", {
    "mod.ts": "/** A. */\nexport const a: number = 1;\n",
  });
  await lab.api("PUT", "/scopes/lab/packages/words/versions/1.0.0/yank", {
    token: lab.token,
    body: { reason: "Wrong" },
  });
  const response = await fetch(`${lab.server.origin}/api/scopes/lab/packages/words/versions/1.0.0`, {
    method: "POST",
    headers: { authorization: `Bearer ${lab.token}` },
    body: new Uint8Array(10),
  });
  assert.equal(response.status, 409);
  assert.equal((await response.json()).code, "duplicateVersionPublish");
  await Deno.writeTextFile(join(source, "mod.ts"), "/** A. */\nexport const a: number = 2;\n");
  const again = await lab.deno(source, ["publish", "--allow-dirty", "--token", lab.token]);
  assert.match(again.err, /already published/);
  assert.match(await (await fetch(`${lab.server.origin}/@lab/words/1.0.0/mod.ts`)).text(), /= 1;/);
});

Deno.test("damage on disk is noticed, and named to the client", async () => {
  await using lab = await startRegistry({ onError() {} });
  await lab.publish("words", "1.0.0", { "mod.ts": "/** A. */\nexport const a: number = 1;\n" });
  const row = lab.registry.db.get<{ sha256: string }>("SELECT sha256 FROM file WHERE path = '/mod.ts'")!;
  const file = join(lab.folder, "data", "blobs", row.sha256.slice(0, 2), row.sha256.slice(2));
  const bytes = await Deno.readFile(file);
  bytes[20]! ^= 1;
  await Deno.writeFile(file, bytes);
  const app = await lab.write("app", { "main.ts": 'import "jsr:@lab/words@1.0.0";' });
  const { code, err } = await lab.deno(app, ["run", "main.ts"]);
  assert.notEqual(code, 0);
  assert.match(err, /@lab\/words\/1\.0\.0\/mod\.ts/);
});

Deno.test("what is changed on its way to the client, or in its lock file, is refused and named", async () => {
  await using lab = await startRegistry();
  await lab.publish("words", "1.0.0", { "mod.ts": "/** A. */\nexport const a: number = 1;\n" });
  let evil: string | undefined;
  await using between = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const response = await fetch(lab.server.origin + pathname);
    const text = await response.text();
    const change = evil !== undefined && pathname.endsWith(evil);
    return new Response(change ? text.replace("1", "2") : text, response);
  });
  const env = { JSR_URL: `http://127.0.0.1:${between.addr.port}/` };
  const app = await lab.write("app", {
    "deno.json": JSON.stringify({ imports: { words: "jsr:@lab/words@^1" } }),
    "main.ts": 'import { a } from "words";\nconsole.log(a);\n',
  });
  const run = (...more: string[]) => lab.deno(app, ["run", "--reload", ...more, "main.ts"], { env });
  assert.equal((await run()).out, "1\n");
  evil = "/mod.ts";
  const file = await run();
  assert.notEqual(file.code, 0);
  assert.match(file.err, /Integrity check failed[^]*\/@lab\/words\/1\.0\.0\/mod\.ts/i);
  evil = "_meta.json";
  const manifest = await run("--frozen");
  assert.notEqual(manifest.code, 0);
  assert.match(manifest.err, /Integrity check failed[^]*@lab\/words@1\.0\.0/i);
  evil = undefined;
  const lock = join(app, "deno.lock");
  await Deno.writeTextFile(
    lock,
    (await Deno.readTextFile(lock)).replace(/"integrity": "....../, '"integrity": "000000'),
  );
  assert.match((await run("--frozen")).err, /Integrity check failed/i);
});
