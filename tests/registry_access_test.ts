// Tokens, the device flow, quotas, rate limits and the audit.
import assert from "node:assert/strict";
import { createToken, createUser } from "@millrace/registry-server";
import { ROUTES } from "../packages/registry-server/routes/all.ts";
import { archiveOf } from "../packages/registry-server/rules/_fixture_testing.ts";
import { sha256 } from "../packages/registry-server/storage/sha256.ts";
import { type Fixture, startRegistry } from "./_registry.ts";

const good = (name: string) => archiveOf({ config: { name: `@lab/${name}` } });

/** Send an archive as a publishing client does. */
async function upload(
  lab: Fixture,
  name: string,
  token: string | undefined,
  version: string = "1.0.0",
): Promise<{ status: number; code?: string; message?: string; headers: Headers }> {
  const response = await fetch(`${lab.server.origin}/api/scopes/lab/packages/${name}/versions/${version}`, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: await good(name),
  });
  return { ...await response.json(), status: response.status, headers: response.headers };
}

Deno.test("tokens work as far as they go, and not beyond", async () => {
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  await using lab = await startRegistry({ now: () => clock.now });
  const token = (permission: object, expiresAt?: Date) =>
    createToken(lab.registry, lab.ada, { permissions: [permission], ...expiresAt && { expiresAt } });
  const hour = new Date(clock.now.getTime() + 3600_000);
  const cases: [string, string | undefined, number, string | undefined][] = [
    ["no token", undefined, 401, "missingToken"],
    ["an unknown token", "mrt_x", 401, "invalidToken"],
    ["another scope's", token({ scope: "other" }).token, 403, "tokenTooNarrow"],
    ["another package's", token({ scope: "lab", package: "other" }).token, 403, "tokenTooNarrow"],
    [
      "another version's",
      token({ scope: "lab", package: "aa", version: "1.0.1" }).token,
      403,
      "tokenTooNarrow",
    ],
    ["another action's", token({ action: "yank" }).token, 403, "tokenTooNarrow"],
    ["another archive's", token({ archive: "0".repeat(64) }).token, 403, "tokenTooNarrow"],
    ["a stranger's", createToken(lab.registry, createUser(lab.registry, "eve")).token, 403, "notMember"],
    [
      "this version's",
      token({ action: "publish", scope: "lab", package: "aa", version: "1.0.0" }).token,
      200,
      undefined,
    ],
  ];
  for (const [what, secret, status, code] of cases) {
    const answer = await upload(lab, "aa", secret);
    assert.equal(answer.status, status, `${what}: ${answer.message}`);
    assert.equal(answer.code, code, what);
  }
  const exact = token({ archive: sha256(await good("bb")) });
  assert.equal((await upload(lab, "bb", exact.token)).status, 200);

  const short = token({}, hour);
  assert.equal((await upload(lab, "cc", short.token)).status, 200);
  clock.now = hour;
  assert.equal((await upload(lab, "dd", short.token)).code, "expiredToken");

  const gone = token({});
  assert.equal((await lab.api("DELETE", `/tokens/${gone.id}`, { token: lab.token })).status, 204);
  assert.equal((await upload(lab, "dd", gone.token)).code, "revokedToken");
});

Deno.test("a token is shown once, and what is kept does not give it away", async () => {
  await using lab = await startRegistry();
  const made = await (await lab.api("POST", "/tokens", {
    token: lab.token,
    body: { label: "laptop", permissions: [{ scope: "lab", action: "publish" }] },
  })).json();
  assert.match(made.token, /^mrt_[\w-]{43}$/);
  const list = await (await lab.api("GET", "/tokens", { token: lab.token })).text();
  assert.match(list, /laptop/);
  assert(!list.includes(made.token));
  for await (const { name } of Deno.readDir(`${lab.folder}/data`)) {
    if (!name.startsWith("registry.sqlite")) continue;
    const bytes = await Deno.readFile(`${lab.folder}/data/${name}`);
    assert(!new TextDecoder("latin1").decode(bytes).includes(made.token), name);
  }
  const wider = await lab.api("POST", "/tokens", {
    token: made.token,
    body: { permissions: [{ scope: "lab" }] },
  });
  assert.equal(wider.status, 403, "a narrow token makes no wide one");
  assert.equal((await wider.json()).code, "tokenTooNarrow");
});

Deno.test("every route that changes something leaves one row in the audit, whoever asks", async () => {
  await using lab = await startRegistry({ onError() {} });
  const rows = () =>
    lab.registry.db.all<{ action: string; status: number; actor: string | null }>("SELECT * FROM audit");
  const changing = ROUTES.filter(({ method }) => method !== "GET");
  assert(changing.length > 12);
  for (const { method, path } of changing) {
    for (const token of [undefined, lab.token]) {
      const before = rows().length;
      const response = await fetch(`${lab.server.origin}/api${path.replace(/:\w+/g, "none")}`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        body: "{}",
      });
      await response.body?.cancel();
      const added = rows().slice(before);
      assert.equal(added.length, 1, `${method} ${path}`);
      assert.equal(added[0]!.action, `${method} ${path}`);
      assert.equal(added[0]!.status, response.status);
      if (response.status === 403) assert.equal(added[0]!.actor, "ada");
    }
  }
  const before = rows().length;
  for (const { path } of ROUTES.filter(({ method }) => method === "GET")) {
    const response = await lab.api("GET", path.replace(/:\w+/g, "none"), { token: lab.rootToken });
    assert.notEqual(response.status, 500, path);
    await response.body?.cancel();
  }
  assert.equal(rows().length, before, "reading leaves none");
  const shown = await lab.api("GET", "/audit", { token: lab.token });
  assert.equal(shown.status, 403, "the audit is for administrators");
  await shown.body?.cancel();
});

Deno.test("too many requests are told when to come back", async () => {
  await using lab = await startRegistry({ limits: { rate: 0.5, burst: 5 } });
  const status = async () => {
    const response = await fetch(`${lab.server.origin}/api/scopes/lab`);
    await response.body?.cancel();
    return [response.status, response.headers.get("retry-after")];
  };
  for (let k = 0; k < 5; k++) assert.equal((await status())[0], 200);
  assert.deepEqual(await status(), [429, "2"]);
  const page = await fetch(lab.server.origin);
  assert.equal(page.status, 429);
  assert.equal(page.headers.get("retry-after"), "2");
  await page.body?.cancel();
  const modules = await fetch(`${lab.server.origin}/@lab/none/meta.json`);
  assert.equal(modules.status, 404, "modules are for everybody");
  await modules.body?.cancel();
});

Deno.test("quotas bound packages of a scope and attempts of a user", async () => {
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  await using lab = await startRegistry({ limits: { packages: 2, attempts: 4 }, now: () => clock.now });
  assert.equal((await upload(lab, "aa", lab.token)).status, 200);
  assert.equal((await upload(lab, "bb", lab.token)).status, 200);
  const third = await upload(lab, "cc", lab.token);
  assert.equal(third.code, "tooManyPackages", third.message);
  assert.equal((await upload(lab, "aa", lab.token, "1.1.0")).status, 200);
  assert.equal((await upload(lab, "aa", lab.token, "1.2.0")).status, 200);
  const fifth = await upload(lab, "aa", lab.token, "1.3.0");
  assert.equal(fifth.code, "tooManyAttempts");
  assert.equal(fifth.headers.get("retry-after"), String(7 * 24 * 3600));
  clock.now = new Date(clock.now.getTime() + 7 * 24 * 3600_000 + 1);
  assert.equal((await upload(lab, "aa", lab.token, "1.3.0")).status, 200);
});

Deno.test("the device flow gives a token for one archive, to the program that asked, once", async () => {
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  await using lab = await startRegistry({ now: () => clock.now });
  const archive = sha256(await good("aa"));
  const ask = async (verifier: string) => {
    const response = await lab.api("POST", "/authorizations", {
      body: {
        challenge: Uint8Array.fromHex(sha256(verifier)).toBase64(),
        permissions: [{
          permission: "package/publish",
          scope: "lab",
          package: "aa",
          version: "1.0.0",
          tarballHash: `sha256-${archive}`,
        }],
      },
    });
    assert.equal(response.status, 200);
    return await response.json() as { code: string; exchangeToken: string; verificationUrl: string };
  };
  const exchange = async (exchangeToken: string, verifier: string) =>
    await (await lab.api("POST", "/authorizations/exchange", { body: { exchangeToken, verifier } })).json();
  const decide = async (fields: Record<string, string>) => {
    const response = await fetch(`${lab.server.origin}/api/authorizations/decide`, {
      method: "POST",
      body: new URLSearchParams(fields),
    });
    return [response.status, await response.text()] as const;
  };

  const first = await ask("secret");
  const page = await (await fetch(`${first.verificationUrl}?code=${first.code}`)).text();
  assert(page.includes(first.code) && page.includes("@lab/aa@1.0.0") && page.includes(archive));
  assert.equal((await exchange(first.exchangeToken, "secret")).code, "authorizationPending");
  const yes = { code: first.code, decision: "allow", token: lab.token };
  const [wrong, text] = await decide({ ...yes, token: "mrt_wrong" });
  assert.equal(wrong, 401);
  assert.match(text, /<h1>Not possible<\/h1>/);
  const narrow = createToken(lab.registry, lab.ada, { permissions: [{ package: "bb" }] }).token;
  assert.equal(
    (await decide({ ...yes, token: narrow }))[0],
    403,
    "nobody allows more than their own token does",
  );
  const stranger = createToken(lab.registry, createUser(lab.registry, "eve")).token;
  assert.equal((await decide({ ...yes, token: stranger }))[0], 403);
  const other = createToken(lab.registry, lab.ada, { permissions: [{ archive: "0".repeat(64) }] }).token;
  assert.equal(
    (await decide({ ...yes, token: other }))[0],
    403,
    "a token for one archive allows no other one",
  );
  assert.equal((await decide(yes))[0], 200);
  assert.equal((await decide({ ...yes, decision: "deny" }))[0], 404, "it is decided");
  assert.equal((await exchange(first.exchangeToken, "other")).code, "invalidVerifier");
  const { token, user } = await exchange(first.exchangeToken, "secret");
  assert.equal(user.name, "ada");
  assert.equal((await exchange(first.exchangeToken, "secret")).code, "authorizationNotFound", "once");
  assert.equal((await upload(lab, "bb", token)).code, "tokenTooNarrow");
  assert.equal((await upload(lab, "aa", token)).status, 200);

  const denied = await ask("secret");
  assert.equal((await decide({ code: denied.code, decision: "deny", token: lab.token }))[0], 200);
  assert.equal((await exchange(denied.exchangeToken, "secret")).code, "authorizationDenied");
  const late = await ask("secret");
  clock.now = new Date(clock.now.getTime() + 10 * 60_000);
  assert.equal((await decide({ ...yes, code: late.code }))[0], 404);
  assert.equal((await exchange(late.exchangeToken, "secret")).code, "authorizationExpired");
});

const LINUX = Deno.build.os === "linux";
Deno.test({
  name: `stock deno publish without a token asks for a decision on a page${
    LINUX ? "" : " (skipped: needs script(1) of Linux)"
  }`,
  ignore: !LINUX,
  async fn() {
    await using lab = await startRegistry();
    const cwd = await lab.write("plugin", {
      "deno.json": JSON.stringify({
        name: "@lab/plugin",
        version: "1.0.0",
        license: "MIT",
        exports: "./mod.ts",
      }),
      "mod.ts": "/** A. */\nexport const a: number = 1;\n",
    });
    await using client = new Deno.Command("script", { // gives it a terminal
      args: ["-qec", `'${Deno.execPath()}' publish --allow-dirty`, "/dev/null"],
      cwd,
      env: {
        JSR_URL: `${lab.server.origin}/`,
        DENO_DIR: `${lab.folder}/cache`,
        NO_COLOR: "1",
        BROWSER: "true",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let said = "";
    let decided = false;
    for await (const text of client.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const code = /\/auth\?code=([A-Z0-9]{4}-[A-Z0-9]{4})/.exec(said)?.[1];
      if (!code || decided) continue;
      decided = true;
      const response = await fetch(`${lab.server.origin}/api/authorizations/decide`, {
        method: "POST",
        body: new URLSearchParams({ code, decision: "allow", token: lab.token }),
      });
      assert.match(await response.text(), /<h1>Allowed<\/h1>/);
    }
    await client.stdin.close();
    assert.equal((await client.status).code, 0, said);
    assert.match(said, /Authenticated as ada/);
    assert.match(said, /Successfully published @lab\/plugin@1\.0\.0/);
  },
});
