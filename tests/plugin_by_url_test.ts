// A script that imports Millrace by URL registers a plugin of somebody else's, which runs in a sandbox all the same.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createScope } from "@millrace/registry-server";
import { moduleOf, vendor } from "../packages/executor/sandbox/_vendor_testing.ts";
import { pluginText, startPluginLab } from "./_plugins.ts";
import { shareNpm, startRegistry } from "./_registry.ts";
import { serveRepository } from "./_serve_repository.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Registers `@lab/peaks` and says what it made of three traces. */
const script = (core: string, installer: string, registry: string, key: string) => `
import { Context, schema, Table, tableSource } from "${core}";
import { PluginInstaller } from "${installer}";
const traces = Table.from(schema({ time: "time", wave: "u16[]" }), {
  time: [0n, 10n, 20n],
  wave: [[1, 9, 2], [4, 40, 4], [7, 6, 5]],
});
await using ctx = new Context({ plugins: new PluginInstaller({ lock: "./millrace.lock" }) });
await ctx.registerFrom("@lab/peaks@^1", { registry: "${registry}", publisher: "${key}", permissions: {} });
ctx.register(tableSource("raw_files", traces));
console.log(JSON.stringify([...(await ctx.getData("run_1", "highest")).get("height", "f64")]));
`;

/** What such a script may do: no more than a sandbox takes. */
const ALLOWED = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-run=/bin/sh"];

async function check(
  text: (registry: string, key: string) => string,
  args: readonly string[],
): Promise<void> {
  await using lab = await startPluginLab();
  await lab.plugin("peaks", "1.0.0", { mod: pluginText() });
  const cache = join(lab.folder, "cache");
  await shareNpm(cache);
  const cwd = await lab.write("script", { "main.ts": text(lab.server.origin, lab.publisher.publicKey) });
  const run = () =>
    lab.deno(cwd, ["run", "--no-config", "--no-lock", ...args, ...ALLOWED, "main.ts"], { plain: true });
  const first = await run();
  assert.equal(first.code, 0, first.err);
  assert.equal(first.out, "[9,40,7]\n");
  // A changed copy is not run: it is made anew.
  const made = join(cache, "millrace");
  const copies = (await Array.fromAsync(Deno.readDir(made))).filter(({ name }) =>
    name.startsWith("modules-")
  );
  assert.equal(copies.length, 1);
  const changed = await changeModule(join(made, copies[0]!.name), "_inside.ts");
  const again = await run();
  assert.equal(again.code, 0, again.err);
  assert.equal(again.out, first.out);
  assert.ok(!(await Deno.readTextFile(changed)).includes("changed by somebody"));
}

/** Adds a line to a module of that name, and gives its path. */
async function changeModule(folder: string, name: string): Promise<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      const found = await changeModule(path, name).catch(() => undefined);
      if (found) return found;
    } else if (entry.name === name && folder.endsWith("sandbox")) {
      await Deno.writeTextFile(path, 'throw new Error("changed by somebody");\n', { append: true });
      return path;
    }
  }
  throw new Error(`There is no ${name} in ${folder}`);
}

Deno.test("from a web server, with an import map", async () => {
  await using server = await serveRepository(ROOT);
  await check((registry, key) => script("@millrace/core", "@millrace/cli/installer", registry, key), [
    `--import-map=http://${server.host}/import_map.json`,
    `--allow-import=${server.host}`,
  ]);
});

Deno.test("from a web server, with full addresses in the modules", async () => {
  await using server = await serveRepository(ROOT, { resolve: true });
  const at = (path: string) => `http://${server.host}/packages/${path}`;
  await check((registry, key) => script(at("core/mod.ts"), at("cli/installer/mod.ts"), registry, key), [
    `--allow-import=${server.host}`,
  ]);
});

Deno.test("from a registry, by plain addresses and by jsr: names", async () => {
  await using lab = await startRegistry();
  createScope(lab.registry, "millrace", lab.ada);
  await shareNpm(join(lab.folder, "cache"));
  for (const name of ["core", "executor"]) {
    const flags = ["--quiet", "--allow-dirty", "--no-check", "--allow-slow-types", "--token", lab.token];
    const { code, err } = await lab.deno(join(ROOT, "packages", name), ["publish", ...flags]);
    assert.equal(code, 0, err);
  }
  await using plugin = await vendor({ "mod.ts": moduleOf() });
  const { origin, host } = new URL(lab.server.origin);
  for (const [start, plain] of [[`${origin}/`, true], ["jsr:", false]] as const) {
    const cwd = await lab.write("script", {
      "main.ts": `
import { Context, schema, Table, tableSource } from "${start}@millrace/core@^0.1.0";
import { sandboxedPlugin } from "${start}@millrace/executor@^0.1.0/sandbox";
await using plugin = await sandboxedPlugin(${JSON.stringify(plugin)});
await using ctx = new Context();
ctx.register(tableSource("rows", Table.from(schema({ time: "time" }), { time: [1n, 4n] })), plugin);
console.log(JSON.stringify([...(await ctx.getData("run_1", "doubled")).get("value", "f64")]));
`,
    });
    const run = ["run", "--no-config", "--no-lock", `--allow-import=${host}`, ...ALLOWED, "main.ts"];
    const { code, out, err } = await lab.deno(cwd, run, { plain });
    assert.equal(code, 0, err);
    assert.equal(out, "[2,8]\n");
  }
});
