// Plugins in packages: what is searched, what is shown.
import assert from "node:assert/strict";
import { startRegistry } from "./_registry.ts";

const plugin = (name: string, provides: string, dependsOn: string[], permissions: object[] = []) => ({
  config: {
    millrace: {
      engine: "^0.1.0",
      plugins: {
        [name]: { provides: [provides], dependsOn, permissions, help: `Makes ${provides} quickly` },
      },
    },
  },
  mod: `import { definePlugin } from "npm:engine@1";
export const ${name} = definePlugin({ provides: "${provides}", dependsOn: ${JSON.stringify(dependsOn)} });\n`,
});
const NET = { name: "net", value: "calibration.lab:443", reason: "Reads gains of the detector" };

Deno.test("packages are found by data type, permission, licence and words", async () => {
  await using lab = await startRegistry();
  await lab.upload("quick-hits", "1.0.0", plugin("hits", "hits", ["records"]));
  const peaks = plugin("peaks", "peaks", ["hits"], [NET]);
  await lab.upload("peak-finder", "1.0.0", {
    ...peaks,
    config: { ...peaks.config, license: "BSD-3-Clause", description: "Clusters in time" },
  });
  await lab.upload("tools", "1.0.0", { config: { description: "No plugin at all" } });
  await lab.upload("tools", "1.1.0", {
    mod: 'export * from "jsr:@lab/quick-hits@^1";\n',
    config: { description: "Helpers" },
  });
  const find = async (query: Record<string, string>) => {
    const { packages } = await (await lab.api("GET", `/search?${new URLSearchParams(query)}`)).json();
    return packages.map(({ name }: { name: string }) => name.slice(5)).sort();
  };
  const cases: [Record<string, string>, string[]][] = [
    [{}, ["peak-finder", "quick-hits", "tools"]],
    [{ provides: "peaks" }, ["peak-finder"]],
    [{ needs: "hits" }, ["peak-finder"]],
    [{ needs: "records", without: "any" }, ["quick-hits"]],
    [{ provides: "peaks", without: "any" }, []],
    [{ without: "net" }, ["quick-hits", "tools"]],
    [{ permission: "net" }, ["peak-finder"]],
    [{ license: "BSD-3-Clause" }, ["peak-finder"]],
    [{ q: "cluster" }, ["peak-finder"]],
    [{ q: "quick" }, ["peak-finder", "quick-hits"]],
    [{ q: "plugin at all" }, []], // of an older version
    [{ q: "help" }, ["tools"]],
    [{ q: '") OR 1=1; --' }, []],
    [{ q: "---" }, ["peak-finder", "quick-hits", "tools"]],
    [{ provides: "' OR 1=1" }, []],
  ];
  for (const [query, expected] of cases) assert.deepEqual(await find(query), expected, JSON.stringify(query));
  const used = await (await lab.api("GET", "/scopes/lab/packages/quick-hits/dependents")).json();
  assert.deepEqual(used, { packages: [{ name: "@lab/tools", range: "^1" }] });
});

Deno.test("an update tells which permissions are new, and which are no longer wanted", async () => {
  await using lab = await startRegistry();
  const read = { name: "read", value: "./gains.json", reason: "Reads gains of the channels" };
  await lab.upload("aa", "1.0.0", plugin("hits", "hits", ["records"], [read]));
  await lab.upload(
    "aa",
    "1.1.0",
    plugin("hits", "hits", ["records"], [{ ...read, reason: "For another reason" }, NET]),
  );
  const ask = async (version: string, from: string) => {
    const response = await lab.api("GET", `/scopes/lab/packages/aa/versions/${version}/plugins${from}`);
    return await response.json();
  };
  const first = await ask("1.0.0", "");
  assert.deepEqual(first.plugins.hits.permissions, [read]);
  assert.deepEqual(first.permissions, { added: [read], removed: [], kept: [] });
  const wider = (await ask("1.1.0", "?from=1.0.0")).permissions;
  assert.deepEqual([wider.added, wider.removed], [[NET], []]);
  const narrower = (await ask("1.0.0", "?from=1.1.0")).permissions;
  assert.deepEqual([narrower.added, narrower.removed], [[], [NET]]);
  assert.equal((await ask("1.0.0", "?from=9.9.9")).code, "versionNotFound");
});

Deno.test("search goes by the latest version, whatever is published or yanked after it", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0", plugin("hits", "old_hits", ["records"]));
  await lab.upload("aa", "2.0.0", plugin("hits", "new_hits", ["records"]));
  await lab.upload("aa", "1.0.1", plugin("hits", "old_hits", ["records"]));
  const find = async (query: string) =>
    (await (await lab.api("GET", `/search?${query}`)).json()).packages.length;
  assert.deepEqual([await find("provides=old_hits"), await find("provides=new_hits")], [0, 1]);
  assert.deepEqual([await find("q=old_hits"), await find("q=new_hits")], [0, 1]);
  await lab.api("PUT", "/scopes/lab/packages/aa/versions/2.0.0/yank", {
    token: lab.token,
    body: { reason: "No" },
  });
  assert.deepEqual([await find("provides=old_hits"), await find("provides=new_hits")], [1, 0]);
  for (const version of ["1.0.0", "1.0.1"]) {
    await lab.api("PUT", `/scopes/lab/packages/aa/versions/${version}/block`, {
      token: lab.rootToken,
      body: { reason: "No" },
    });
  }
  assert.equal(await find(""), 0, "a package without a version to resolve to is not found");
});

Deno.test("downloads are counted for each version, and kept when the server stops", async () => {
  const lab = await startRegistry();
  try {
    await lab.upload("aa", "1.0.0");
    for (const path of ["/@lab/aa/1.0.0_meta.json", "/@lab/aa/1.0.0_meta.json", "/@lab/aa@^1/mod.ts"]) {
      await (await fetch(lab.server.origin + path)).body?.cancel();
    }
    await lab.server[Symbol.asyncDispose]();
    assert.equal(lab.registry.db.get<{ n: number }>("SELECT downloads AS n FROM version")!.n, 3);
    const { homePage } = await import("../packages/registry-server/pages/home.tsx");
    const shown = async () => await homePage(lab.registry, new URLSearchParams()).text();
    assert.match(await shown(), / 3\s+downloads</);
    lab.registry.db.run("UPDATE package SET downloads = 1");
    assert.match(await shown(), / 1\s+download</);
  } finally {
    lab.registry[Symbol.dispose]();
    await Deno.remove(lab.folder, { recursive: true });
  }
});

Deno.test("pages show packages without scripts, and nothing of a package acts in them", async () => {
  await using lab = await startRegistry();
  const evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>';
  const before = plugin("hits", "hits", ["records"]);
  await lab.upload("hits", "1.0.0", before);
  const after = plugin("hits", "hits", ["records"], [{ ...NET, reason: `Reads gains ${evil}` }]);
  await lab.upload("hits", "1.1.0", {
    ...after,
    config: { ...after.config, description: `Finds ${evil}`, license: evil },
    entries: [{
      path: "README.md",
      text: `# Hits\n\n${evil}\n\n[docs](./docs.md) [bad](javascript:alert(1))\n`,
    }],
  });
  await lab.api("PUT", "/scopes/lab/packages/hits/versions/1.0.0/yank", {
    token: lab.token,
    body: { reason: evil },
  });
  const html = { accept: "text/html,*/*", "sec-fetch-dest": "document" };
  const paths = [
    "/",
    `/?q=hits&provides=${encodeURIComponent(evil)}`,
    "/?q=hits",
    "/@lab/hits",
    "/@lab/hits@1.0.0",
    "/@lab/hits?view=docs",
    "/@lab/hits?view=permissions",
    "/@lab/hits@1.0.0?view=permissions&from=1.1.0",
    "/@lab/hits?view=versions",
    "/@lab/hits?view=files",
    "/@lab/hits?view=files&file=/mod.ts",
    `/@lab/hits?view=${encodeURIComponent(evil)}`,
    `/@lab/hits?view=files&file=${encodeURIComponent(evil)}`,
    "/log",
    "/auth",
    "/none",
  ];
  for (const path of paths) {
    const response = await fetch(lab.server.origin + path, { headers: html });
    const text = await response.text();
    assert.match(response.headers.get("content-type")!, /^text\/html/, path);
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|script-src/);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) {
      const outside = tag.replace(/"[^"]*"/g, '""');
      assert.doesNotMatch(
        outside,
        /^<(script|img|style|iframe|svg|object)|\son\w+=|\sstyle=|\ssrc/i,
        `${path}: ${tag}`,
      );
      assert.doesNotMatch(tag, /(href|action)="(?!\/|#|https?:)/i, `${path}: ${tag}`);
    }
    assert.match(text, /<html lang="en">/);
    assert.match(text, /<main id="content">/);
    for (const [, id] of text.matchAll(/<input id="(\w+)"/g)) {
      assert.match(text, new RegExp(`<label for="${id}"`), path);
    }
  }
  const page = await (await fetch(`${lab.server.origin}/@lab/hits`, { headers: html })).text();
  const show = async (path: string) =>
    await (await fetch(`${lab.server.origin}/@lab/hits${path}`, { headers: html })).text();
  const permissions = await show("?view=permissions");
  assert.match(permissions, /New since 1\.0\.0/);
  assert.match(permissions, /--allow-net=calibration\.lab:443/);
  const back = await show("@1.0.0?view=permissions&from=1.1.0");
  assert.match(back, /No longer wanted since 1\.1\.0/);
  assert.match(await show("?view=docs"), /<pre tabindex="0">const hits<\/pre>/);
  assert.match(await show("?view=files&file=/mod.ts"), /definePlugin\(\{ provides: &quot;hits&quot;/);
  assert.match(await show("?view=versions"), /yanked: &lt;script&gt;/);
  assert.match(page, /<a href="\/@lab\/hits\/1\.1\.0\/docs\.md"/);
  const old = await (await fetch(`${lab.server.origin}/@lab/hits@1.0.0`, { headers: html })).text();
  assert.match(old, /This version is yanked/);
  const module = await fetch(`${lab.server.origin}/@lab/hits`, { redirect: "manual" });
  assert.equal(module.status, 302, "a program gets the module at the same address");
  const none = await fetch(`${lab.server.origin}/@lab/none`, { headers: html });
  assert.equal(none.status, 404);
  assert.match(await none.text(), /There is no version of @lab\/none/);
});

Deno.test("the page of a plugin says how it is installed into a sandbox, and that of a blocked one does not", async () => {
  await using lab = await startRegistry();
  const hits = plugin("hits", "hits", ["records"]);
  for (const version of ["1.0.0", "1.1.0", "1.2.0"]) await lab.upload("hits", version, hits);
  await lab.upload("tools", "1.0.0");
  for (const [verb, version, token] of [["yank", "1.0.0", lab.token], ["block", "1.1.0", lab.rootToken]]) {
    const path = `/scopes/lab/packages/hits/versions/${version}/${verb}`;
    assert.ok((await lab.api("PUT", path, { token: token!, body: { reason: "Wrong" } })).ok);
  }
  const installs = async (path: string) => {
    const text = await (await fetch(lab.server.origin + path, { headers: { accept: "text/html" } })).text();
    const aside = /<h2>Install<\/h2>([^]*?)<h2>/.exec(text)![1]!;
    return [...aside.matchAll(/<pre[^>]*>(.*?)<\/pre>/g)].map(([, command]) => command);
  };
  const { origin } = lab.server;
  assert.deepEqual(await installs("/@lab/hits"), [
    `millrace plugin add @lab/hits@^1.2.0 --registry ${origin}`,
    `JSR_URL=${origin}/ deno add jsr:@lab/hits@^1.2.0`,
  ]);
  assert.equal(
    (await installs("/@lab/hits@1.0.0"))[0],
    `millrace plugin add @lab/hits@1.0.0 --registry ${origin}`,
  );
  assert.deepEqual(await installs("/@lab/hits@1.1.0"), [], "blocked");
  assert.deepEqual(await installs("/@lab/tools"), [`JSR_URL=${origin}/ deno add jsr:@lab/tools@^1.0.0`]);
});

Deno.test("the service tells how it is and what it offers", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  assert.deepEqual(await (await lab.api("GET", "/health")).json(), { status: "ok" });
  assert.deepEqual(await (await lab.api("GET", "/ready")).json(), { status: "ready" });
  assert.match(await (await lab.api("GET", "/metrics")).text(), /^millrace_registry_versions 1$/m);
  const api = await (await lab.api("GET", "/openapi.json")).json();
  const publish = api.paths["/scopes/{scope}/packages/{package}/versions/{version}"].post;
  assert.equal(publish.parameters.length, 4);
  assert.deepEqual(publish.security, [{ token: [] }]);
  const yank = api.paths["/scopes/{scope}/packages/{package}/versions/{version}/yank"].put;
  assert.deepEqual(yank.requestBody.content["application/json"].schema.required, ["reason"]);
  const missing = await lab.api("GET", "/nothing");
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).code, "notFound");
});
