// Plugins of npm: fetched and checked by Deno, installed with what they import, and run with no npm.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PluginInstaller } from "@millrace/cli/installer";
import { Context, schema, Table, tableSource } from "@millrace/core";
import { readLock } from "../packages/cli/installer/lock_file.ts";
import { type NpmPackage, serveNpm } from "./_npm_package.ts";
import { pluginText, type Project, projectIn, runHighest, sectionFor, temporaryProject } from "./_plugins.ts";

/** The plugin as JavaScript, which adds what other packages say. */
const PLUGIN = pluginText({
  head: `import { add } from "lab-math/add";
import { base } from "lab-base";
import { own } from "./inner/own.js";`,
}).replace("jsr:@millrace/core@^0.1.0", "@millrace/core").replace(", type Plugin", "").replace(": Plugin", "")
  .replaceAll("]!", "]").replace("most + 0", "add(most, base) + own");

const MATH: NpmPackage = {
  name: "lab-math",
  version: "2.1.0",
  files: {
    "src/add.js": 'import { base } from "lab-base";\nexport const add = (a, b) => a + 10 * b + 100 * base;\n',
    "README.md": "never installed",
  },
  manifest: { exports: { "./*": { import: "./src/*.js" } }, dependencies: { "lab-base": "^1" } },
};
const BASES = ["1.4.0", "2.0.0"].map((version): NpmPackage => ({
  name: "lab-base",
  version,
  files: { "mod.js": `export const base = ${version[0]};\n` },
}));

const peaks = (version = "1.0.0", more: Partial<NpmPackage> = {}): NpmPackage => ({
  name: "@lab/peaks",
  version,
  files: { "mod.js": PLUGIN, "inner/own.js": "export const own = 1000;\n", "unused.js": "throw 1;\n" },
  manifest: { dependencies: { "lab-math": "^2", "lab-base": "^2" } },
  ...more,
});

/** Says where npm's packages are, as users do. */
const use = (project: Project, origin: string) =>
  Deno.writeTextFile(join(project.folder, ".npmrc"), `registry=${origin}\n`);

const ADD = ["add", "npm:@lab/peaks@^1", "--allow-permissions", "none"];
/** Of traces whose highest samples are 9, 40 and 7: base 2, and 1 where lab-math has its own. */
const HEIGHTS = [9, 40, 7].map((most) => most + 10 * 2 + 100 * 1 + 1000);

Deno.test("a plugin of npm is installed with what it imports, each package in the version that it wants", async () => {
  await using project = await temporaryProject();
  await using second = await temporaryProject();
  {
    await using server = serveNpm([peaks(), MATH, ...BASES]);
    await use(project, server.origin);
    const refused = await project.run(ADD);
    assert.match(refused.err, /nobody signs packages of npm; take it all the same with --allow-unverified/);
    const { code, out, err } = await project.run([...ADD, "--allow-unverified"]);
    assert.equal(code, 0, err);
    assert.match(out, /^Added npm:@lab\/peaks 1\.0\.0 to .*; it may: none\n$/);
    assert.match(err, /Nobody signed it: all that is known is the registry of npm/);
    const { plugins } = await readLock(project.lock);
    const locked = plugins["npm:@lab/peaks"]!;
    assert.equal(locked.from, server.origin);
    assert.deepEqual(Object.keys(locked.files), [
      "npm/@lab/peaks/1.0.0/inner/own.js",
      "npm/@lab/peaks/1.0.0/mod.js",
      "npm/lab-base/1.4.0/mod.js",
      "npm/lab-base/2.0.0/mod.js",
      "npm/lab-math/2.1.0/src/add.js",
    ]);
    assert.deepEqual(Object.keys(locked.packages).toSorted(), [
      "npm:@lab/peaks@1.0.0",
      "npm:lab-base@1.4.0",
      "npm:lab-base@2.0.0",
      "npm:lab-math@2.1.0",
    ]);
    for (const { npm } of Object.values(locked.packages)) {
      assert.match(npm!.integrity, /^sha512-/);
      assert.equal(npm!.registry, server.origin);
    }
    const listed = await project.run(["list"]);
    assert.match(listed.out, /npm:@lab\/peaks +1\.0\.0 +highest/);
    assert.match((await project.run(["info", "npm:@lab/peaks"])).out, /UNSIGNED: npm, with the checksums/);
    // The same lock file elsewhere gives the same bytes, whatever npm would resolve to by then.
    await Deno.copyFile(project.lock, second.lock);
    await use(second, server.origin);
  }
  {
    await using server = serveNpm([
      peaks(),
      MATH,
      ...BASES,
      { ...BASES[0]!, version: "1.9.0", files: { "mod.js": "throw new Error('too new');" } },
    ]);
    await use(second, server.origin);
    const vendored = await second.run(["vendor"]);
    assert.equal(vendored.code, 0, vendored.err);
  }
  for (const each of [project, second]) { // no registry is there any more
    const { code, rows, err } = await runHighest(each);
    assert.equal(code, 0, err);
    assert.deepEqual(rows.map((row) => (row as { height: number }).height), HEIGHTS);
    assert.equal((await each.run(["verify"])).code, 0);
  }
  await using ctx = new Context({ plugins: new PluginInstaller({ lock: project.lock }) });
  await ctx.registerFrom("npm:@lab/peaks@1", { permissions: {} });
  const rows = Table.from(schema({ time: "time", wave: "u16[]" }), { time: [5n], wave: [[3, 1]] });
  ctx.register(tableSource("raw_files", rows));
  assert.equal((await ctx.getData("run_1", "highest")).get("height", "f64")[0], 1123);
});

Deno.test("names that a package has for its own modules and for other packages are followed", async () => {
  const text = PLUGIN.replace('"lab-math/add"', '"#math/add"').replace('"lab-base"', '"old-base"')
    .replace('"./inner/own.js"', '"#own"');
  const packages = [
    peaks("1.0.0", {
      files: { "mod.js": text, "inner/own.js": "export const own = 1000;\n" },
      manifest: {
        imports: { "#math/*": "lab-math/*", "#own": { node: "./inner/own.js", default: "./none.js" } },
        // The newer one by its own name, the older one by another.
        dependencies: { "lab-math": "^2", "lab-base": "^2", "old-base": "npm:lab-base@^1" },
      },
    }),
    MATH,
    ...BASES,
  ];
  await using project = await temporaryProject();
  {
    await using server = serveNpm(packages);
    await use(project, server.origin);
    const { code, err } = await project.run([...ADD, "--allow-unverified"]);
    assert.equal(code, 0, err);
  }
  const { code, rows, err } = await runHighest(project);
  assert.equal(code, 0, err);
  assert.deepEqual(
    rows.map((row) => (row as { height: number }).height),
    [9, 40, 7].map((most) => most + 10 * 1 + 100 * 1 + 1000),
  );
});

Deno.test("a section in its package.json is its manifest: what it wants is asked, and updates are compared", async () => {
  const wish = { name: "net", value: "calib.lab:443", reason: "Fetches the calibration" };
  const simple = (version: string, permissions: Parameters<typeof sectionFor>[0]) =>
    peaks(version, {
      files: {
        "mod.js": PLUGIN.replace(/^import .*(lab-|inner).*$/gm, "").replace("add(most, base) + own", "most"),
      },
      manifest: { millrace: sectionFor(permissions) },
    });
  await using project = await temporaryProject();
  const packages = [simple("1.0.0", [])];
  await using server = serveNpm(packages);
  await use(project, server.origin);
  assert.equal((await project.run([...ADD, "--allow-unverified"])).code, 0);
  packages.push(simple("1.1.0", [wish]));
  const wider = await project.run(["update", "--allow-unverified"]);
  assert.match(wider.err, /wants in addition net=calib\.lab:443/);
  const agreed = await project.run([
    "update",
    "--allow-unverified",
    "--allow-permissions",
    "net=calib.lab:443",
  ]);
  assert.equal(agreed.out, "npm:@lab/peaks: 1.0.0 -> 1.1.0; it may: net=calib.lab:443\n");
  const older = await project.run([
    "add",
    "npm:@lab/peaks@1.0.0",
    "--allow-unverified",
    "--allow-permissions",
    "none",
  ]);
  assert.match(older.err, /1\.1\.0 is installed, which is newer; go back with --allow-downgrade/);
});

Deno.test("what npm's registry says wrongly, or has not, is refused; nothing is written", async () => {
  const wrong = `sha512-${"A".repeat(86)}==`;
  const cases: [NpmPackage[], RegExp, string?][] = [
    [[peaks("1.0.0", { integrity: wrong }), MATH, ...BASES], /[Cc]hecksum did not match|integrity/],
    [[peaks("1.0.0", { integrity: null }), MATH, ...BASES], /says no SHA-512 of its archive/],
    [[peaks(), { ...MATH, integrity: wrong }, ...BASES], /[Cc]hecksum did not match|integrity/],
    [[peaks(), ...BASES], /lab-math/],
    [[peaks("2.0.0"), MATH, ...BASES], /@lab\/peaks.*\^1/s],
    [[], /@lab\/peaks/],
    [[peaks(), MATH, ...BASES], /@lab\/peaks@1\.0\.0 does not export it/, "npm:@lab/peaks@^1/nowhere"],
  ];
  const noMath = peaks("1.0.0", { manifest: {}, files: { "mod.js": 'import "lab-math";' } });
  const module = (
    text: string,
    manifest: object = {},
  ) => [peaks("1.0.0", { files: { "mod.js": text }, manifest: { ...manifest } })];
  const more: [NpmPackage[], RegExp][] = [
    [
      [noMath, MATH],
      /"\/mod\.js" imports "lab-math" in line 1, which is no path and not among its dependencies/,
    ],
    [module("module.exports = 1;"), /"\/mod\.js" is CommonJS, which a sandbox does not load/],
    [module("export {};", { type: "commonjs" }), /is CommonJS/],
    [module('import "../../etc/passwd.js";'), /which is not in the package/],
    [module('import "./gone.js";'), /has no file "\/gone\.js"/],
    [module('import "http://127.0.0.1/x.js";'), /which is no path and not among its dependencies/],
    [module('import "npm:left-pad@1";'), /which is no path and not among its dependencies/],
    [
      module('import "#gone";'),
      /imports "#gone" in line 1, and the "imports" of its package.json do not say/,
    ],
    [module('import "#a";', { imports: { "#a": "#a" } }), /do not say what that is/],
    [module('import "#a";', { imports: { "#a": "../../etc/passwd.js" } }), /which is not in the package/],
    [
      module('import "#a";', { imports: { "#a": "node:fs" } }),
      /which is no path and not among its dependencies/,
    ],
    [module('import "#a";', { imports: { "#a": "./../../x.js" } }), /has no file/],
    [module('import "constructor";'), /which is no path and not among its dependencies/],
    [module("export {};", { exports: { ".": { deno: 7 } } }), /exports nothing as|does not export/],
    [module("export const a = 1;"), /exports no plugin that is written as/],
    [module("export const a = ;"), /line 1/],
    [module("", { millrace: { engine: "^9", plugins: {} } }), /is for version \^9 of millrace/],
    [module("", { millrace: { engine: "^0.1.0", plugins: { a: null } } }), /its package\.json: /],
    [module("", { millrace: 7 }), /its package\.json: /],
    [
      module("", { exports: "../../../etc/passwd.js" }),
      /it has no file "\/\.\.\/|Invalid|does not export|must start/,
    ],
    [
      module("export {};", {
        peerDependencies: { "@millrace/core": "^7" },
        peerDependenciesMeta: { "@millrace/core": { optional: true } },
      }),
      /is for version \^7 of @millrace\/core/,
    ],
  ];
  for (const [packages, says, specifier = ADD[1]!] of [...cases, ...more]) {
    await using project = await temporaryProject();
    await using server = serveNpm(packages);
    await use(project, server.origin);
    const { code, err } = await project.run(["add", specifier, ...ADD.slice(2), "--allow-unverified"]);
    assert.equal(code, 1, err);
    assert.match(err, says);
    const left = await Array.fromAsync(Deno.readDir(project.folder), ({ name }) => name);
    assert.deepEqual(left, [".npmrc"], err);
  }
});

Deno.test("an archive that is another one on a second machine is refused; so is a vendored file that was changed", async () => {
  await using project = await temporaryProject();
  await using second = await temporaryProject();
  {
    await using server = serveNpm([peaks(), MATH, ...BASES]);
    await use(project, server.origin);
    assert.equal((await project.run([...ADD, "--allow-unverified"])).code, 0);
  }
  await Deno.copyFile(project.lock, second.lock);
  const other = { ...MATH, files: { ...MATH.files, "src/add.js": "export const add = () => 0;\n" } };
  await using server = serveNpm([peaks(), other, ...BASES]);
  await use(second, server.origin);
  const { code, err } = await second.run(["vendor"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /Cannot trust lab-math@2\.1\.0 of npm: .* has an archive with sha512-.*millrace\.lock says sha512-/,
  );
  const { plugins } = await readLock(project.lock);
  const file = join(
    project.folder,
    ".millrace/plugins",
    plugins["npm:@lab/peaks"]!.folder,
    "files/npm/lab-math/2.1.0/src/add.js",
  );
  await Deno.writeTextFile(file, "export const add = () => 0;\n");
  const ran = await runHighest(projectIn(project.folder));
  assert.equal(ran.code, 1);
  assert.match(
    ran.err,
    /lab-math\/2\.1\.0\/src\/add\.js" is not what was installed; put it right with: millrace plugin vendor/,
  );
});

Deno.test("a package that npm does not have is said without where it was asked for", async () => {
  await using project = await temporaryProject();
  await using server = serveNpm([]);
  await use(project, server.origin);
  const { code, err } = await project.run(["add", "npm:no-such-package-zzq", "--allow-unverified"]);
  assert.equal(code, 1);
  assert.match(err, /Cannot fetch no-such-package-zzq.* of npm: .*no-such-package-zzq/);
  assert.doesNotMatch(err, /file:|main\.js/);
});
