// What is installed is what runs; what was granted is what is reached.

import assert from "node:assert/strict";
import { sandboxedPlugin, SandboxViolation } from "@millrace/executor/sandbox";
import { moduleOf } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { runOnce, testAttacks } from "./_attempt.ts";
import { install, type Installed } from "./_install.ts";

const NAME = "@evil/plugin@6.6.6";
const FILES = {
  "mod.ts": moduleOf({ before: `import { two } from "@lab/two";`, inside: "void two;" }),
  "deps/two.ts": "export const two = 2;",
};
const more = { imports: { "@lab/two": "deps/two.ts" } };

const TAMPERINGS: [name: string, change: (plugin: Installed) => Promise<unknown>, says: RegExp][] = [
  [
    "a changed file",
    ({ folder }) => Deno.writeTextFile(`${folder}/mod.ts`, `console.log("other code");`),
    /changed file "mod\.ts".*SHA-256/,
  ],
  [
    "a dependency that is swapped after it was installed",
    ({ folder }) => Deno.writeTextFile(`${folder}/deps/two.ts`, "export const two = 3;"),
    /changed file "deps\/two\.ts"/,
  ],
  ["a missing file", ({ folder }) => Deno.remove(`${folder}/deps/two.ts`), /lacks its file "deps\/two\.ts"/],
  ["a file too many", ({ folder }) => Deno.writeTextFile(`${folder}/more.ts`, ""), /has a file "more\.ts"/],
  [
    "a file that became a link",
    async ({ folder }) => {
      await Deno.rename(`${folder}/mod.ts`, `${folder}/deps/old.ts`);
      await Deno.symlink(`${folder}/deps/old.ts`, `${folder}/mod.ts`);
    },
    /symbolic link "mod\.ts"|has a file "deps\/old\.ts"/,
  ],
  [
    "a folder that is gone",
    async ({ folder }) => {
      await Deno.remove(folder, { recursive: true });
    },
    /has no folder/,
  ],
];

for (const [name, change, says] of TAMPERINGS) {
  Deno.test(`files: ${name} is not loaded, and named`, async () => {
    const plugin = await install(NAME, FILES, more);
    try {
      assert.equal((await runOnce(plugin, {})).error, undefined);
      await change(plugin);
      await assert.rejects(sandboxedPlugin(plugin), (error: Error) => {
        assert.ok(error instanceof SandboxViolation);
        assert.equal(error.limit, "files");
        assert.match(error.message, says);
        assert.ok(error.message.includes(NAME));
        return true;
      });
    } finally {
      await Deno.remove(plugin.folder, { recursive: true }).catch(() => {});
    }
  });
}

Deno.test("files: a change between two processes of a run is noticed", async () => {
  await using plugin = await install(NAME, {
    "mod.ts": moduleOf({ inside: "if (chunk.start > 0n) Deno.exit(0);" }),
  });
  await using sandboxed = await sandboxedPlugin(plugin);
  await Deno.writeTextFile(`${plugin.folder}/mod.ts`, "");
  for (const pid of sandboxed.pids()) Deno.kill(pid, "SIGKILL");
  while (sandboxed.pids().length > 0) await new Promise((done) => setTimeout(done, 5));
  await assert.rejects(sandboxed.sandboxed!.prepare({}).then(() => runStandIn(sandboxed)), (error: Error) => {
    assert.match(`${error} ${(error.cause as Error)?.message}`, /changed file "mod\.ts"/);
    return true;
  });
});

async function runStandIn(plugin: Awaited<ReturnType<typeof sandboxedPlugin>>): Promise<void> {
  const { Context } = await import("@millrace/core/context");
  const { Table } = await import("@millrace/core/table");
  const { schema } = await import("@millrace/core/schema");
  const { tableSource } = await import("@millrace/core/table-source");
  await using ctx = new Context();
  ctx.register(tableSource("rows", Table.from(schema({ time: "time" }), { time: [1n] })), plugin);
  await ctx.getData("run_1", "doubled");
}

const reads = `context.notice("read " + (await Deno.readTextFile("SECRET")).length);`;

testAttacks("grants", [
  {
    name: "what its manifest asks for, its user did not grant",
    inside: reads,
    more: { declared: { read: ["SECRET"] }, granted: {} },
    end: { violates: "read", says: /its manifest would have to say/ },
  },
  {
    name: "what its user granted, its manifest does not ask for",
    inside: reads,
    more: { declared: {}, granted: { read: ["SECRET"] } },
    end: { violates: "read" },
  },
  {
    name: "a file that both name",
    inside: reads,
    more: { declared: { read: ["SECRET"] }, granted: { read: ["SECRET"] } },
    end: { computes: /^read \d+/ },
  },
  {
    name: "writing where it may read",
    inside: `await Deno.writeTextFile("SECRET", "gone");`,
    more: { declared: { read: ["SECRET"] }, granted: { read: ["SECRET"] } },
    end: { violates: "write" },
  },
  {
    name: "another port of a host",
    isRefused: true,
    inside: `await fetch("http://127.0.0.1:PORT/");`,
    more: { declared: { net: ["127.0.0.1"] }, granted: { net: ["127.0.0.1:1"] } },
    end: { violates: "net", says: /127\.0\.0\.1:1 are allowed/ },
  },
  {
    name: "importing from a host that it may talk to",
    inside: `await import("http://127.0.0.1:PORT/" + "x.js");`,
    more: { declared: { net: ["127.0.0.1:PORT"] }, granted: { net: ["127.0.0.1:PORT"] } },
    end: { violates: "import" },
  },
  {
    name: "a variable that was not granted beside one that was",
    inside: `Deno.env.get("LANG"); Deno.env.get("HOME");`,
    more: { declared: { env: ["LANG", "USER"] }, granted: { env: ["LANG"] } },
    end: { violates: "env", says: /"HOME"/ },
  },
  {
    name: "running programs, in its manifest and granted",
    isRefused: true,
    more: { declared: { run: ["sh"] } as never, granted: { run: ["sh"] } as never },
    end: { fails: /plugins in a sandbox have net, read, write and env only/ },
  },
  {
    name: "loading libraries through a variable",
    more: { declared: { env: ["LD_PRELOAD"] }, granted: { env: ["LD_PRELOAD"] } },
    end: { fails: /never granted/ },
  },
  {
    name: "the whole disk",
    isRefused: true,
    more: { declared: { read: ["/"] }, granted: { read: ["/"] } },
    end: { fails: /never granted/ },
  },
  {
    name: "a path with a comma, which is two",
    isRefused: true,
    more: { declared: { read: ["/tmp/a,/etc"] }, granted: { read: ["/tmp/a,/etc"] } },
    end: { fails: /comma/ },
  },
]);
