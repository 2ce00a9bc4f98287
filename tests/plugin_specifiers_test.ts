// Plugins of packages: by `jsr:` and by `npm:` specifier, computed in workers.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createScope } from "@millrace/registry-server";
import { serveNpm } from "./_npm_package.ts";
import { runDeno, shareNpm, startRegistry } from "./_registry.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KINDS = Deno.build.os === "windows" ? ["thread"] : ["thread", "process"];

/** Says for each row where it was computed. */
const WHERE = `
import { definePlugin, type Plugin } from "@millrace/core";
/** Where rows are computed. */
export const where: Plugin = definePlugin({
  provides: "where",
  dependsOn: ["rows"],
  version: "1",
  dataKind: "rows",
  schema: { time: "time", inThread: "f32", pid: "f64" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.inThread.fill("WorkerGlobalScope" in globalThis ? 1 : 0);
    out.columns.pid.fill(Deno.pid);
    return out;
  },
});
`;

/** Registers the plugin as found at SPECIFIER, and says where each kind of workers computed. */
const SCRIPT = `
import { Context, schema, Table, tableSource } from "@millrace/core";
import { ExecutorManager } from "@millrace/executor/manager";
import { where } from "SPECIFIER";
await using manager = new ExecutorManager({ defaultWorkers: 2 });
const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 3n] });
for (const executorType of ${JSON.stringify(KINDS)} as const) {
  await using ctx = new Context({ executor: manager });
  ctx.register(tableSource("rows", rows), { ...where, module: "SPECIFIER", export: "where" });
  const { inThread, pid } = (await ctx.getData("run_1", "where", { executorType })).row(0);
  console.log(executorType, inThread === 1, pid === Deno.pid);
}
`;

/** Runs the script in a folder. */
async function compute(cwd: string, specifier: string, env: Record<string, string>): Promise<void> {
  const links = ["core", "executor"].map((name) => join(ROOT, "packages", name));
  const imports = {
    "@millrace/core": "jsr:@millrace/core@0.1.0",
    "@millrace/executor": "jsr:@millrace/executor@0.1.0",
  };
  await Deno.writeTextFile(join(cwd, "deno.json"), JSON.stringify({ links, imports, lock: false }));
  await Deno.writeTextFile(join(cwd, "script.ts"), SCRIPT.replaceAll("SPECIFIER", specifier));
  const { code, out, err } = await runDeno(cwd, ["run", "--quiet", "--allow-all", "script.ts"], env);
  assert.equal(code, 0, err);
  const found: Record<string, string> = { thread: "thread true true\n", process: "process false false\n" };
  assert.equal(out, KINDS.map((kind) => found[kind]).join(""));
}

Deno.test("a plugin of a package is loaded by workers by its jsr: specifier", async () => {
  await using fixture = await startRegistry();
  const { folder, registry, server, ada, token } = fixture;
  createScope(registry, "millrace", ada);
  const cache = join(folder, "cache");
  await shareNpm(cache);
  const publish = ["publish", "--quiet", "--allow-dirty", "--no-check", "--token", token];
  const { code, err } = await fixture.deno(join(ROOT, "packages/core"), publish);
  assert.equal(code, 0, err);
  const source = WHERE.replace('"@millrace/core"', '"jsr:@millrace/core@^0.1.0"');
  await fixture.publish("where", "1.2.0", { "mod.ts": source });
  const cwd = join(folder, "script");
  await Deno.mkdir(cwd);
  await compute(cwd, "jsr:@lab/where@^1", { DENO_DIR: cache, JSR_URL: `${server.origin}/` });
});

Deno.test("a plugin of a package is loaded by workers by its npm: specifier", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_npm_" });
  const cache = join(folder, "cache");
  try {
    // The package brings what it needs of Millrace.
    await Deno.writeTextFile(join(folder, "where.ts"), WHERE);
    const bundle = ["bundle", "--quiet", "--config", join(ROOT, "deno.json"), "where.ts"];
    const bundled = await runDeno(folder, bundle, {});
    assert.equal(bundled.code, 0, bundled.err);
    await using server = serveNpm([{
      name: "@lab/where",
      version: "1.2.0",
      files: { "mod.js": bundled.out },
    }]);
    await Deno.writeTextFile(join(folder, ".npmrc"), `@lab:registry=${server.origin}\n`);
    await shareNpm(cache);
    try {
      await compute(folder, "npm:@lab/where@^1", { DENO_DIR: cache });
    } finally {
      // The shared cache is this process's own: nothing of the package is left there.
      await Deno.remove(join(cache, "npm", new URL(server.origin).port), { recursive: true });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
