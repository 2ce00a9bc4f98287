// An upstream registry that answers as jsr.io does, and ways in which it may fail.
import assert from "node:assert/strict";
import { openRegistry, type RegistryServer, serve } from "@millrace/registry-server";
import { type JsrLike, type JsrPackage, serveLikeJsr } from "./_jsr_like.ts";
import { runDeno } from "./_registry.ts";

const BASE: JsrPackage = {
  name: "@std/base",
  versions: {
    "1.0.0": { "/mod.ts": "/** One. @module */\nexport const base: number = 1;\n" },
    "1.1.0": {
      "/mod.ts": 'export { base } from "./more/one.ts";\n',
      "/more/one.ts": "export const base: number = 11;\n",
    },
    "1.2.0": { "/mod.ts": "export const base: number = 12;\n" },
  },
  yanked: ["1.2.0"],
};
const MORE: JsrPackage = {
  name: "@std/more",
  versions: {
    "0.3.1": {
      "/mod.ts": 'import { base } from "jsr:@std/base@^1.0.0";\nexport const more: number = base + 1;\n',
    },
  },
};

async function between(
  work: (near: RegistryServer, far: JsrLike, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_upstream_" });
  try {
    await using far = serveLikeJsr([BASE, MORE]);
    using registry = await openRegistry({ data: `${folder}/data`, upstream: far.origin });
    await using near = serve(registry, { onError() {} });
    await work(near, far, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function read(near: RegistryServer, path: string): Promise<[status: number, text: string]> {
  const response = await fetch(near.origin + path);
  return [response.status, await response.text()];
}

Deno.test("packages of a registry like jsr.io are used through this one, and kept", async () => {
  await between(async (near, far, folder) => {
    const run = (...args: string[]) =>
      runDeno(folder, ["run", "--no-lock", ...args], {
        DENO_DIR: `${folder}/cache`,
        JSR_URL: `${near.origin}/`,
      });
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      'import { more } from "jsr:@std/more@^0.3";\nconsole.log(more);\n',
    );
    const first = await run("main.ts");
    assert.equal(first.out, "12\n", first.err); // not 13: that version is yanked
    const byUrl = await run(
      `--allow-import=${new URL(near.origin).host}`,
      `${near.origin}/@std/more@0.3.1/mod.ts`,
    );
    assert.equal(byUrl.code, 0, byUrl.err);

    for (const request of far.requests) {
      assert.equal(request.headers.get("authorization"), null);
      assert.match(new URL(request.url).pathname, /^\/@std\//);
    }
    const count = far.requests.length;
    far.change = () => new Response("Internal Server Error", { status: 500 });
    const again = await run("--reload", "main.ts");
    assert.equal(again.out, "12\n", again.err);
    assert.equal(far.requests.length, count, "what never changes is not asked for again");
  });
});

Deno.test("packages and versions that jsr.io does not have are clearly not there", async () => {
  await between(async (near, far) => {
    for (const path of ["/@std/none/meta.json", "/@std/base/9.9.9_meta.json", "/@std/base/1.0.0/none.ts"]) {
      const [status, text] = await read(near, path);
      assert.equal(status, 404, `${path}: ${text}`);
    }
    assert.ok(far.requests.length >= 2);
    // What is missing may be there later.
    far.change = (path) => path === "/@std/none/meta.json" ? Response.json({ versions: {} }) : undefined;
    assert.equal((await read(near, "/@std/none/meta.json"))[0], 200);
  });
});

/** What an upstream may answer, for a path, and what the user is told. */
const FAILURES: readonly (readonly [path: string, answer: () => Response, told: RegExp])[] = [
  [
    "/@std/base/meta.json",
    () => new Response("Too Many Requests", { status: 429, headers: { "retry-after": "60" } }),
    /answered with status 429/,
  ],
  ["/@std/base/meta.json", () => new Response("Internal Server Error", { status: 500 }), /status 500/],
  [
    "/@std/base/meta.json",
    () => Response.redirect("https://elsewhere.example/@std/base/meta.json", 301),
    /it redirects to "https:\/\/elsewhere\.example\/.*", which is not followed/,
  ],
  [
    "/@std/base/meta.json",
    () => new Response("<!doctype html><title>Sign in</title>", { headers: { "content-type": "text/html" } }),
    /is not valid JSON/,
  ],
  ["/@std/base/meta.json", () => Response.json(null), /it has no versions/],
  ["/@std/base/1.0.0_meta.json", () => Response.json(null), /it is no manifest/],
  ["/@std/base/1.0.0_meta.json", () => Response.json({ manifest: null, exports: {} }), /it is no manifest/],
  [
    "/@std/base/1.0.0/mod.ts",
    () => new Response("export const base: number = 666;\n"),
    /do not have the checksum in the manifest/,
  ],
  [
    "/@std/base/1.0.0/mod.ts",
    () => new Response("gone", { status: 404 }),
    /in the manifest and is not there/,
  ],
  [
    "/@std/base/1.0.0/mod.ts",
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("export const"));
          },
          pull: (controller) => controller.error(new Error("the line is cut")),
        }),
      ),
    /the answer ended early|do not have the checksum/,
  ],
];

Deno.test("whatever goes wrong at an upstream is told, is not kept, and passes", async () => {
  for (const [path, answer, told] of FAILURES) {
    await between(async (near, far) => {
      far.change = (asked) => asked === path ? answer() : undefined;
      const [status, text] = await read(near, path);
      assert.equal(status, 502, text);
      assert.match(text, told);
      assert.match(text, new RegExp(`Cannot read ${far.origin}`));
      far.change = undefined;
      const [later, good] = await read(near, path);
      assert.equal(later, 200, good);
    });
  }
});

Deno.test("a manifest cannot name files outside its version", async () => {
  await between(async (near, far) => {
    const checksum = "sha256-" + "0".repeat(64);
    far.change = (path) =>
      path === "/@std/base/1.0.0_meta.json"
        ? Response.json({
          manifest: {
            "/../../../etc/passwd": { size: 1, checksum },
            "/mod.ts": { size: 1, checksum: "md5-1" },
          },
          exports: {},
        })
        : undefined;
    assert.notEqual((await read(near, "/@std/base/1.0.0/..%2f..%2f..%2fetc/passwd"))[0], 200);
    const [status, text] = await read(near, "/@std/base/1.0.0/mod.ts");
    assert.equal(status, 502);
    assert.match(text, /its checksum is "md5-1"/);
    assert.ok(far.requests.every(({ url }) => !url.includes("passwd")));
  });
});
