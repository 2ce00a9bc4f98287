// Packages by plain URL: nothing set, nothing installed but Deno.
import assert from "node:assert/strict";
import { createScope } from "@millrace/registry-server";
import { shareNpm, startRegistry } from "./_registry.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

Deno.test("a program runs by URL, and imports of other packages lead back to the registry", async () => {
  await using lab = await startRegistry();
  await lab.publish("base", "1.2.0", {
    "mod.ts": "/** A number. */\nexport const base: number = 40;\n",
    "more.ts": "/** A number. */\nexport const more: number = 2;\n",
  }, { exports: { ".": "./mod.ts", "./more": "./more.ts" } });
  await lab.publish("look", "1.0.0", {
    "main.ts":
      'import { base } from "@lab/base";\nimport { more } from "@lab/base/more";\nconsole.log(base + more);\n',
  }, { exports: "./main.ts", imports: { "@lab/base": "jsr:@lab/base@^1" } });
  const { host } = new URL(lab.server.origin);
  const cwd = await lab.write("anywhere", {
    "main.ts": `import { base } from "${lab.server.origin}/@lab/base@^1/mod.ts";\nconsole.log(base);\n`,
  });
  const program = `${lab.server.origin}/@lab/look@^1/main.ts`;
  const run = await lab.deno(cwd, ["run", "--check", program], { plain: true });
  assert.equal(run.code, 0, run.err);
  assert.equal(run.out, "42\n");
  const imported = await lab.deno(cwd, ["run", "--check", `--allow-import=${host}`, "main.ts"], {
    plain: true,
  });
  assert.equal(imported.out, "40\n", imported.err);

  const published = await (await fetch(`${lab.server.origin}/@lab/look/1.0.0/main.ts`)).text();
  assert.match(published, /"jsr:@lab\/base@\^1"/, "what the checksum is of stays as published");
  assert.match(published, /"jsr:\/@lab\/base@\^1\/more"/);
  const linked = await (await fetch(program)).text();
  assert.match(linked, /"\/@lab\/base@\^1"/);
  assert.match(linked, /"\/@lab\/base@\^1\/more"/);
});

Deno.test("a range redirects to the highest version in it, now and not for ever", async () => {
  await using lab = await startRegistry();
  for (const version of ["1.0.0", "1.1.0", "2.0.0-beta.1"]) {
    await lab.upload("aa", version, {
      config: { exports: { ".": "./mod.ts", "./b": "./sub/b.ts" } },
      entries: [{ path: "sub/b.ts", text: "export const b: number = 1;\n" }],
    });
  }
  const cases: [string, number, string][] = [
    ["/@lab/aa@^1/mod.ts", 302, "/-/@lab/aa@1.1.0/mod.ts"],
    ["/@lab/aa@%5E1/mod.ts", 302, "/-/@lab/aa@1.1.0/mod.ts"],
    ["/@lab/aa@1.0.0/mod.ts", 302, "/-/@lab/aa@1.0.0/mod.ts"],
    ["/@lab/aa@1.0/b", 302, "/-/@lab/aa@1.0.0/sub/b.ts"],
    ["/@lab/aa@*", 302, "/-/@lab/aa@1.1.0/mod.ts"],
    ["/@lab/aa", 302, "/-/@lab/aa@1.1.0/mod.ts"],
    ["/@lab/aa@2.0.0-beta.1", 302, "/-/@lab/aa@2.0.0-beta.1/mod.ts"],
    ["/@lab/aa@^2/mod.ts", 404, 'no version of @lab/aa in "^2"'],
    ["/@lab/aa@^1/c", 404, 'no export or file "/c"; it exports ., ./b'],
    ["/@lab/bb@^1/mod.ts", 404, 'no version of @lab/bb in "^1"'],
    ["/@lab/aa@%ff/mod.ts", 400, "not percent-encoded"],
    ["/@lab", 404, "nothing at"],
  ];
  for (const [path, status, expected] of cases) {
    const response = await fetch(lab.server.origin + path, { redirect: "manual" });
    assert.equal(response.status, status, path);
    if (status === 302) {
      assert.equal(response.headers.get("location"), expected);
      assert.equal(response.headers.get("cache-control"), "no-cache");
    }
    const text = await response.text();
    if (status !== 302) assert(text.includes(expected), `${path}: ${text}`);
  }
});

Deno.test("modules have headers that make them harmless, whatever asks for them", async () => {
  await using lab = await startRegistry();
  await lab.publish("aa", "1.0.0", {
    "mod.ts": "/** A. */\nexport const a: number = 1;\n",
    "page.html": "<script>alert(1)</script>",
    "picture.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
  });
  const FOR_EVER = "public, max-age=31536000, immutable";
  const paths: [string, number, string, string][] = [
    ["/@lab/aa/meta.json", 200, "application/json; charset=utf-8", "no-cache"],
    ["/@lab/aa/1.0.0_meta.json", 200, "application/json; charset=utf-8", FOR_EVER],
    ["/@lab/aa/1.0.0/mod.ts", 200, "application/typescript; charset=utf-8", FOR_EVER],
    ["/-/@lab/aa@1.0.0/mod.ts", 200, "application/typescript; charset=utf-8", FOR_EVER],
    ["/@lab/aa/1.0.0/page.html", 200, "text/plain; charset=utf-8", FOR_EVER],
    ["/-/@lab/aa@1.0.0/picture.svg", 200, "text/plain; charset=utf-8", FOR_EVER],
    ["/@lab/aa/1.0.0/none.ts", 404, "text/plain; charset=utf-8", "no-cache"],
    ["/-/@lab/aa@1.0.1/mod.ts", 404, "text/plain; charset=utf-8", "no-cache"],
  ];
  const asked: Record<string, string>[] = [
    {},
    { accept: "*/*" },
    { accept: "text/html,application/xhtml+xml", "sec-fetch-dest": "document" },
    { accept: "text/html", "sec-fetch-dest": "iframe" },
    { origin: "http://elsewhere.example", "sec-fetch-dest": "script" },
  ];
  for (const [path, status, type, cache] of paths) {
    for (const headers of asked) {
      for (const method of ["GET", "GET", "HEAD"]) { // the second time from memory
        const response = await fetch(lab.server.origin + path, { method, headers });
        const label = `${method} ${path} ${JSON.stringify(headers)}`;
        assert.equal(response.status, status, label);
        assert.equal(response.headers.get("content-type"), type, label);
        assert.equal(response.headers.get("cache-control"), cache, label);
        assert.equal(response.headers.get("content-security-policy"), "default-src 'none'; sandbox", label);
        assert.equal(response.headers.get("x-content-type-options"), "nosniff", label);
        assert.equal(response.headers.get("access-control-allow-origin"), "*", label);
        assert.equal(response.headers.get("cross-origin-resource-policy"), "cross-origin", label);
        await response.body?.cancel();
      }
    }
  }
  const post = await fetch(`${lab.server.origin}/@lab/aa/meta.json`, { method: "POST" });
  assert.equal(post.status, 405);
  await post.body?.cancel();
});

Deno.test("the workspace's own packages are published and imported by URL", async () => {
  await using lab = await startRegistry();
  createScope(lab.registry, "millrace", lab.ada);
  await shareNpm(`${lab.folder}/cache`);
  for (const name of ["core", "plugins-signal"]) {
    const { code, err } = await lab.deno(`${ROOT}packages/${name}`, [
      "publish",
      "--quiet",
      "--allow-dirty",
      "--no-check",
      "--allow-slow-types",
      "--token",
      lab.token,
    ]);
    assert.equal(code, 0, err);
  }
  const cwd = await lab.write("user", {
    "main.ts": `
import { Context } from "${lab.server.origin}/@millrace/core@*/mod.ts";
import { signalPlugins } from "${lab.server.origin}/@millrace/plugins-signal@*";
await using context = new Context();
context.register(signalPlugins);
console.log(context instanceof Context, signalPlugins.length > 2);
`,
  });
  const { host } = new URL(lab.server.origin);
  const { code, out, err } = await lab.deno(cwd, ["run", `--allow-import=${host}`, "main.ts"], {
    plain: true,
  });
  assert.equal(code, 0, err);
  assert.equal(out, "true true\n");
});
