// Whatever is sent, the registry answers that it will not have it, and goes on.
import assert from "node:assert/strict";
import fc from "fast-check";
import { createToken, createUser } from "@millrace/registry-server";
import { ROUTES } from "../packages/registry-server/routes/all.ts";
import { archiveOf, gzip } from "../packages/registry-server/rules/_fixture_testing.ts";
import { startRegistry } from "./_registry.ts";

const part = fc.oneof(
  fc.constantFrom(
    ...[
      "lab",
      "aa",
      "@lab",
      "-",
      "1.0.0",
      "^1",
      "1.0.0_meta.json",
      "meta.json",
      "mod.ts",
      "..",
      ".",
      "%2e%2e",
      "%00",
      "%ff",
    ],
    ...[
      "*",
      "__proto__",
      "constructor",
      "aa@^1",
      "aa@1.0.0",
      "aa@>=1 <2",
      "aa@" + "1||".repeat(200),
      "€",
      "a b",
      "%252f",
      "@",
      "",
    ],
  ),
  fc.string({ maxLength: 8 }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ""))),
);
const path = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
const query = fc.webQueryParameters({ size: "small" });

Deno.test("no path makes the registry fail, as a page or as a module", async () => {
  const errors: unknown[] = [];
  await using lab = await startRegistry({
    onError: (error) => errors.push(error),
    limits: { rate: 1e6, burst: 1e6 },
  });
  await lab.upload("aa", "1.0.0");
  const ask = async (path: string, accept: string) => {
    const response = await fetch(lab.server.origin + path, { headers: { accept }, redirect: "manual" });
    await response.body?.cancel();
    assert(response.status < 500, `${path}: ${response.status} ${errors}`);
    const type = response.headers.get("content-type") ?? "";
    if (accept === "*/*" && /^\/(@|-\/)/.test(new URL(lab.server.origin + path).pathname)) {
      assert.doesNotMatch(type, /html/, path);
    }
  };
  const start = fc.constantFrom(
    "",
    "/@lab",
    "/@lab/aa",
    "/@lab/aa@1.0.0",
    "/-/@lab",
    "/-/@lab/aa@1.0.0",
    "/api",
    "/api/scopes/lab",
  );
  await fc.assert(
    fc.asyncProperty(
      start,
      path,
      query,
      fc.constantFrom("*/*", "text/html"),
      async (start, rest, search, accept) => {
        await ask(`${start}${rest}?${search}`, accept);
      },
    ),
    { numRuns: 400 },
  );
  for (
    const search of [
      "view=docs",
      "view=files&file=%00",
      "view=permissions&from=__proto__",
      "view=__proto__",
      "view=",
    ]
  ) {
    await ask(`/@lab/aa?${search}`, "text/html");
  }
  for (const search of ["from=-1", "from=1e99", "from=x", "q=%22%00", "q=*", "provides=%00", "code=%00"]) {
    for (const page of ["/", "/log", "/auth", "/api/log", "/api/search", "/api/audit"]) {
      await ask(`${page}?${search}`, "text/html");
    }
  }
  assert.deepEqual(errors, []);
});

Deno.test("no body makes a route fail", async () => {
  const errors: unknown[] = [];
  await using lab = await startRegistry({
    onError: (error) => errors.push(error),
    limits: { rate: 1e6, burst: 1e6 },
  });
  await lab.upload("aa", "1.0.0");
  const { token } = createToken(lab.registry, createUser(lab.registry, "admin", true));
  const bodies = [
    undefined,
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"__proto__":{"admin":true}}',
    '{"reason":""}',
    `{"reason":${JSON.stringify("x".repeat(501))}}`,
    '{"name":"\\u0000","admin":true}',
    '{"scope":"LAB"}',
    '{"scope":"lab"}',
    '{"permissions":[{"scope":5}]}',
    '{"permissions":[{}],"expiresAt":"yesterday"}',
    '{"permissions":[{}],"expiresAt":"2020-01-01T00:00:00Z"}',
    '{"permissions":[{}],"user":"nobody"}',
    '{"publicKey":"AAAA"}',
    `{"publicKey":"${"A".repeat(43)}="}`,
    '{"keyId":"x","signature":"AAAA","signedAt":"2026-01-01T00:00:00Z"}',
    '{"exchangeToken":"x","verifier":"y"}',
    "code=x&decision=allow&token=y",
    "x".repeat(300_000),
    "\xff\xfe",
  ];
  const values: Record<string, string[]> = {
    scope: ["lab", "%00", "LAB"],
    package: ["aa", "__proto__"],
    version: ["1.0.0", "^1"],
    user: ["ada", "nobody"],
    id: ["1", "x", "1e400"],
  };
  for (const { method, path } of ROUTES) {
    if (path === "/backup") continue;
    for (const body of method === "GET" ? [undefined] : bodies) {
      for (let k = 0; k < 3; k++) {
        const filled = path.replace(/:(\w+)/g, (_, name: string) => values[name]![k % values[name]!.length]!);
        const response = await fetch(`${lab.server.origin}/api${filled}`, {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...body !== undefined && { body },
        });
        const text = await response.text();
        assert(response.status < 500, `${method} ${filled} ${body?.slice(0, 80)}: ${text} ${errors}`);
      }
    }
  }
  assert.deepEqual(errors, []);
});

Deno.test("no archive makes publishing fail, whatever bytes of it are changed", async () => {
  const errors: unknown[] = [];
  await using lab = await startRegistry({
    onError: (error) => errors.push(error),
    limits: { rate: 1e6, burst: 1e6, attempts: 1e6 },
  });
  const good = await archiveOf({ entries: [{ path: "sub/b.ts", text: "export const b: number = 1;\n" }] });
  const tar = await new Response(new Blob([good]).stream().pipeThrough(new DecompressionStream("gzip")))
    .bytes();
  let version = 0;
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    const response = await fetch(
      `${lab.server.origin}/api/scopes/lab/packages/good/versions/1.0.${version++}`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${lab.token}` },
        body,
      },
    );
    const text = await response.text();
    assert(response.status < 500, `${text} ${errors}`);
  };
  const change = fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(change, fc.boolean(), async (changes, inside) => {
      const bytes = (inside ? tar : good).slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      await send(inside ? await gzip(bytes) : bytes);
    }),
    { numRuns: 150 },
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(lab.registry.temporary)), []);
});
