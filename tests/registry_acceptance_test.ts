// docs/registry.md as a user follows it: from nothing to a plugin that is published, added elsewhere and run.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { runDeno, shareNpm } from "./_registry.ts";
import { signalIfRunning } from "./_signal.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
const MAIN = join(ROOT, "packages/cli/main.ts");
const RIGHTS = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys"];

/** Blocks of code in the guide. */
async function guide(): Promise<(part: string) => string> {
  const text = await Deno.readTextFile(join(ROOT, "docs/registry.md"));
  const blocks = [...text.matchAll(/^```\w+.*\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return (part) => {
    const found = blocks.filter((block) => block.includes(part));
    assert.equal(found.length, 1, `one block of the guide has ${part}`);
    return found[0]!;
  };
}

async function millrace(cwd: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await runDeno(cwd, ["run", ...RIGHTS, MAIN, ...args], {});
  assert.equal(code, 0, `millrace ${args.join(" ")}: ${err}`);
  return out;
}

Deno.test("the guide to the registry holds", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_guide_" });
  const block = await guide();
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", ...RIGHTS, MAIN, "registry", "serve", "--data", "./registry", "--port", "0"],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const logged = new Response(server.stderr).text();
  try {
    let said = "";
    const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!said.includes("Listening")) said += (await lines.read()).value ?? assert.fail(await logged);
    await lines.cancel();
    assert.match(said, /^Token of the administrator, shown this once: mrt_[\w-]+$/m);
    const origin = /Listening on (http:\S+)/.exec(said)![1]!;

    await millrace(folder, "registry", "scope", "create", "lab", "--data", "./registry");
    await millrace(folder, "registry", "scope", "create", "millrace", "--data", "./registry");
    const token = (await millrace(folder, "registry", "token", "create", "--data", "./registry")).trim();
    const cache = join(folder, "cache");
    await shareNpm(cache);
    const env = { DENO_DIR: cache, JSR_URL: `${origin}/` };
    const deno = async (cwd: string, args: string[], set: Record<string, string> = env) => {
      const { code, out, err } = await runDeno(cwd, args, set);
      assert.equal(code, 0, `deno ${args.join(" ")}: ${err}`);
      return out;
    };
    const write = async (files: Record<string, string>) => {
      for (const [path, text] of Object.entries(files)) {
        await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
        await Deno.writeTextFile(join(folder, path), text);
      }
    };
    await deno(join(ROOT, "packages/core"), ["publish", "--quiet", "--allow-dirty", `--token=${token}`]);
    await write({
      "plugin/mod.ts": block("export const longHits"),
      "plugin/deno.json": block('"name": "@lab/long-hits"'),
      "plugin/README.md": block("# Long hits"),
      "elsewhere/main.ts": block("const hits = Table.from"),
    });
    await deno(join(folder, "plugin"), ["publish", "--allow-dirty", `--token=${token}`]);

    const elsewhere = join(folder, "elsewhere");
    await write({ "elsewhere/deno.json": "{}" });
    await deno(elsewhere, ["add", "jsr:@lab/long-hits", "jsr:@millrace/core"]);
    assert.equal(await deno(elsewhere, ["run", "main.ts"]), block("Table of 2 rows"));

    // By URL, without settings, from another folder.
    const byUrl = block("const hits = Table.from")
      .replace("@millrace/core", `${origin}/@millrace/core@^0.1.0`)
      .replace("@lab/long-hits", `${origin}/@lab/long-hits@^1/mod.ts`);
    await write({ "by_url/main.ts": byUrl });
    const { host } = new URL(origin);
    const plain = { DENO_DIR: join(folder, "cache_url") };
    await shareNpm(plain.DENO_DIR);
    const run = ["run", "--check", `--allow-import=${host}`, "main.ts"];
    assert.equal(await deno(join(folder, "by_url"), run, plain), block("Table of 2 rows"));

    const found = await millrace(folder, "registry", "search", "--provides", "long_hits", "--url", origin);
    assert.match(found, /@lab\/long-hits +1\.0\.0 +long_hits +MIT/);
    await millrace(folder, "registry", "key", "create", "./publisher.key");
    const asked = ["--url", origin, "--token", token];
    await millrace(folder, "registry", "key", "add", "lab", "./publisher.key", ...asked);
    await millrace(folder, "registry", "sign", "@lab/long-hits@1.0.0", "--key", "./publisher.key", ...asked);
    const key = JSON.parse(await Deno.readTextFile(join(folder, "publisher.key")));
    const verified = await millrace(
      folder,
      ...["registry", "verify", "@lab/long-hits@1.0.0", "--url", origin],
      ...["--publisher-key", key.publicKey, "--remember", "./trust"],
    );
    assert.match(verified, /^@lab\/long-hits@1\.0\.0 is signed by registry and publisher\n/);
  } finally {
    const ran = signalIfRunning(server, "SIGTERM");
    const { code } = await server.status;
    const lines = (await logged).trim().split("\n").map((line) => JSON.parse(line));
    await Deno.remove(folder, { recursive: true });
    assert.deepEqual([ran, code], [true, 0], "SIGTERM ends it in order");
    assert.deepEqual(lines.filter(({ event }) => event === "error"), []);
    assert.equal(lines.at(-1)!.event, "stopping");
    assert(lines.every(({ time, event }) => typeof time === "string" && typeof event === "string"));
  }
});
