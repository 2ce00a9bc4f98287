import assert from "node:assert/strict";
import { loadUserPlugins } from "./user_plugins.ts";

const CORE = import.meta.resolve("@millrace/core");

/** A module that needs no file. */
const module = (text: string) =>
  `data:text/typescript,${encodeURIComponent(`import * as core from "${CORE}";\n${text}`)}`;

const plugin = (provides: string, more = "") =>
  `core.definePlugin({ provides: "${provides}", dependsOn: ["records"], version: "1", schema: { time: "time" }, ` +
  `computeChunk: (chunk, { emit }) => emit(chunk.length), ${more} })`;

Deno.test("loadUserPlugins() gives every exported plugin once, with where a worker finds it", async () => {
  const url = module(
    `export const a = ${plugin("a")}, b = a, c = 7, d = () => {}; export default ${plugin("e")};`,
  );
  const plugins = await loadUserPlugins(url);
  assert.deepEqual(plugins.map(({ name, module, export: exported }) => [name, module === url, exported]), [
    ["a", true, "a"],
    ["e", true, "default"],
  ]);
});

Deno.test("loadUserPlugins() takes classes and objects of them, not those that are for others to extend", async () => {
  const url = module(`
    export abstract class Base extends core.StreamingPlugin {
      readonly dependsOn = ["records"];
      readonly version = "1";
      readonly schema = { time: "time" } as const;
      computeChunk() { return null; }
    }
    export class Mine extends Base { readonly provides = "mine"; }
    class Other extends Base { readonly provides = "other"; }
    export const other = new Other();
  `);
  const plugins = await loadUserPlugins(url);
  assert.deepEqual(plugins.map(({ name, module, export: exported }) => [name, module === url, exported]), [
    ["mine", true, "Mine"],
    ["other", true, "other"],
  ]);
});

Deno.test("loadUserPlugins() leaves a plugin where it says that it is", async () => {
  const elsewhere = `module: "file:///elsewhere.ts", export: "there"`;
  const url = module(`
    export const a = ${plugin("a", elsewhere)};
    export const b = ${plugin("b", "module: import.meta.url")};
    export const c = core.defineMerge({ provides: "c", dependsOn: ["a", "b"] });
  `);
  const plugins = await loadUserPlugins(url);
  assert.deepEqual(plugins.map(({ module, export: exported }) => [module, exported]), [
    ["file:///elsewhere.ts", "there"],
    [url, "b"],
    [undefined, undefined],
  ]);
});

Deno.test("loadUserPlugins() takes a path from the working directory", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/#1 mine.ts`, "export const a = 1;");
    await assert.rejects(
      loadUserPlugins(`${folder}/#1 mine.ts`),
      /^Error: Cannot take plugins from ".*#1 mine\.ts": it exports none \(only a\); write e\.g\. export const/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadUserPlugins() keeps what a module threw as the cause", async () => {
  const url = module(`throw new Error("no calibration");`);
  await assert.rejects(loadUserPlugins(url), (error) => {
    assert.ok(error instanceof Error && error.cause instanceof Error);
    assert.match(error.message, /^Cannot load plugins from "data:.*": no calibration/s);
    assert.equal(error.cause.message, "no calibration");
    return true;
  });
});

Deno.test("loadUserPlugins() says what a server has to send", async () => {
  const text =
    `import * as core from "${CORE}";\nimport type { Plugin } from "${CORE}";\nexport const a: Plugin = 1;`;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(text, { headers: { "content-type": "text/vnd.trolltech.linguist" } }),
  );
  await assert.rejects(
    loadUserPlugins(`http://127.0.0.1:${server.addr.port}/a.ts`),
    /Cannot load plugins from "http:.*a\.ts": [^]*content type text\/typescript/,
  );
});

Deno.test("loadUserPlugins() says which permission a server's module needs, and where to give it", async () => {
  const main = new URL("main.ts", import.meta.url).href;
  const rights = ["--allow-read", "--allow-env", "--allow-sys"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...rights, main, "plugins", "--plugin", "http://127.0.0.1:9/a.ts"],
  }).output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /--allow-import flag behind "deno run", in front of packages/,
  );
});
