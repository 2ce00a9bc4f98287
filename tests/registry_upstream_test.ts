// What is not here is read from another registry, checked and kept.
import assert from "node:assert/strict";
import { createScope, createUser, openRegistry, serve } from "@millrace/registry-server";
import { startRegistry } from "./_registry.ts";

/** A server in between that can be looked at and told to fail. */
function gate(target: string) {
  const seen: { url: string; headers: Headers }[] = [];
  const control = { change: undefined as ((path: string) => Response | undefined) | undefined };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    seen.push({ url: request.url, headers: new Headers(request.headers) });
    const { pathname } = new URL(request.url);
    return control.change?.(pathname) ?? fetch(target + pathname);
  });
  return {
    seen,
    control,
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("packages of other scopes come from upstream, and stay when it is gone", async () => {
  await using far = await startRegistry();
  await far.upload("base", "1.0.0", { mod: "export const base: number = 41;\n" });
  await far.upload("more", "1.0.0", {
    mod: 'import { base } from "jsr:@lab/base@^1";\nexport const more: number = base + 1;\n',
  });
  await using wire = gate(far.server.origin);
  const data = `${far.folder}/near`;
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  using registry = await openRegistry({ data, upstream: wire.origin, now: () => clock.now });
  createScope(registry, "own", createUser(registry, "ada"));
  await using near = serve(registry, { onError() {} });

  const app = await far.write("app", {
    "main.ts": 'import { more } from "jsr:@lab/more@^1";\nconsole.log(more);\n',
  });
  const env = { JSR_URL: `${near.origin}/` };
  const first = await far.deno(app, ["run", "--reload", "main.ts"], { env });
  assert.equal(first.out, "42\n", first.err);
  const url = await far.deno(app, ["run", "--reload", `${near.origin}/@lab/more@^1/mod.ts`], { plain: true });
  assert.equal(url.code, 0, url.err);
  const linked = await (await fetch(`${near.origin}/-/@lab/more@1.0.0/mod.ts`)).text();
  assert.match(linked, /"\/@lab\/base@\^1"/);

  const count = wire.seen.length;
  await (await fetch(`${near.origin}/@own/thing/meta.json`)).body?.cancel();
  assert.equal(wire.seen.length, count, "a scope that is here is never asked for elsewhere");
  const secret = await fetch(`${near.origin}/@lab/none/meta.json?token=1`, {
    headers: { authorization: "Bearer secret", cookie: "a=b", "x-own": "1", referer: "http://inside/" },
  });
  assert.equal(secret.status, 404);
  await secret.body?.cancel();
  const forwarded = wire.seen.at(-1)!;
  assert.equal(new URL(forwarded.url).search, "");
  for (const name of ["authorization", "cookie", "x-own", "referer"]) {
    assert.equal(forwarded.headers.get(name), null);
  }
  const asked = wire.seen.length;
  await (await fetch(`${near.origin}/@lab/none/meta.json`)).body?.cancel();
  assert.equal(wire.seen.length, asked + 1, "that something is missing is not remembered");

  const versions = async () =>
    Object.keys((await (await fetch(`${near.origin}/@lab/base/meta.json`)).json()).versions);
  await far.upload("base", "1.1.0", { mod: "export const base: number = 41;\n" });
  assert.deepEqual(await versions(), ["1.0.0"], "a list is taken as it is for a minute");
  clock.now = new Date(clock.now.getTime() + 60_000);
  assert.deepEqual(await versions(), ["1.1.0", "1.0.0"]);
  assert.equal((await far.deno(app, ["run", "--reload", "main.ts"], { env })).out, "42\n");

  wire.control.change = () => new Response("no", { status: 500 });
  clock.now = new Date(clock.now.getTime() + 3600_000);
  const offline = await far.deno(app, ["run", "--reload", "main.ts"], { env });
  assert.equal(offline.out, "42\n", offline.err);
  const failed = await fetch(`${near.origin}/@lab/other/meta.json`);
  assert.equal(failed.status, 502);
  assert.match(await failed.text(), /answered with status 500/);
});

Deno.test("a file that is not its manifest's is refused and not kept", async () => {
  await using far = await startRegistry();
  await far.upload("base", "1.0.0");
  await using wire = gate(far.server.origin);
  using registry = await openRegistry({ data: `${far.folder}/near`, upstream: wire.origin });
  await using near = serve(registry, { onError() {} });
  wire.control.change = (path) =>
    path.endsWith("/mod.ts") ? new Response("export const evil = 1;") : undefined;
  const response = await fetch(`${near.origin}/@lab/base/1.0.0/mod.ts`);
  assert.equal(response.status, 502);
  assert.match(await response.text(), /do not have the checksum/);
  wire.control.change = undefined;
  const good = await fetch(`${near.origin}/@lab/base/1.0.0/mod.ts`);
  assert.match(await good.text(), /export const good/);
});

Deno.test("without an upstream, what is not here is clearly not here", async () => {
  await using lab = await startRegistry();
  const app = await lab.write("app", { "main.ts": 'import "jsr:@std/assert@1";' });
  const { code, err } = await lab.deno(app, ["run", "main.ts"]);
  assert.notEqual(code, 0);
  assert.match(err, /@std\/assert.*(not found|404)/is);
  const response = await fetch(`${lab.server.origin}/@std/assert/meta.json`);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /no package @std\/assert in this registry/);
});
