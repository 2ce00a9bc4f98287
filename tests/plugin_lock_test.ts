// millrace.lock: the same bytes on a second machine, without a network, with several writers, damaged.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Context, schema, Table, tableSource } from "@millrace/core";
import { PluginInstaller } from "@millrace/cli/installer";
import { command, filesIn, millrace, PROCESS_PERMISSIONS, resultFolder } from "./_cli.ts";
import { type Project, projectIn, runHighest, startPluginLab, temporaryProject } from "./_plugins.ts";
import { killed } from "./_signal.ts";

/** What lists files while others remove them finds none. */
function gone(error: unknown): [] {
  if (error instanceof Deno.errors.NotFound) return [];
  throw error;
}

async function bytesBelow(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of await filesIn(folder)) {
    files[path] = (await Deno.readFile(join(folder, path))).toBase64();
  }
  return files;
}

Deno.test("the same lock file on a second machine gives the same bytes; then runs need no network", async () => {
  const lab = await startPluginLab();
  let stopped = false;
  try {
    await using first = await temporaryProject();
    await using second = await temporaryProject();
    await lab.plugin("highest", "1.0.0", { files: { "data/table.txt": "1 2 3\n" } });
    assert.equal(
      (await first.run(["add", "@lab/highest@^1", "--registry", lab.server.origin], ["y"])).code,
      0,
    );
    await lab.plugin("highest", "1.1.0");

    await Deno.copyFile(first.lock, second.lock);
    const before = await runHighest(second);
    assert.equal(before.code, 1);
    assert.match(before.err, /its files are not on this machine; fetch them with: millrace plugin vendor/);
    const vendored = await second.run(["vendor"]);
    assert.equal(vendored.code, 0, vendored.err);
    assert.match(vendored.out, /All files of 1 plugin are here, now also of @lab\/highest/);
    const [one, two] = await Promise.all(
      [first, second].map(({ folder }) => bytesBelow(join(folder, ".millrace/plugins"))),
    );
    assert.deepEqual(two, one);
    assert.equal(
      await Deno.readTextFile(second.lock),
      await Deno.readTextFile(first.lock),
      "the lock file is the same",
    );

    await lab.server[Symbol.asyncDispose]();
    stopped = true;
    await runHighest(second); // writes the input
    const offline = await millrace(
      ["run", "traces.npy", "--type", "highest", "--set", "raw_files.dt=2ns", "--store", "./offline"],
      { cwd: second.folder, permissions: PROCESS_PERMISSIONS },
    );
    assert.equal(offline.code, 0, offline.err);
    const verified = await second.run(["verify"]);
    assert.equal(verified.code, 0, verified.err);
    assert.match((await second.run(["update"])).err, /Cannot reach the registry http:\S+: is it running\?/);
    const hashes = await Promise.all(
      ["data", "offline"].map(async (store) =>
        JSON.parse(
          await Deno.readTextFile(
            join(
              second.folder,
              await resultFolder(second.folder, `${store}/traces/highest`),
              "metadata.json",
            ),
          ),
        )
          .lineageHash
      ),
    );
    assert.equal(hashes[0], hashes[1]);
  } finally {
    if (!stopped) await lab.server[Symbol.asyncDispose]();
    lab.registry[Symbol.dispose]();
    await Deno.remove(lab.folder, { recursive: true });
  }
});

Deno.test("several processes that add at once all get what they asked for", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const names = ["one", "two", "three", "four"];
  for (const name of names) {
    const millrace = {
      engine: "*",
      plugins: {
        highest: {
          provides: [name],
          dependsOn: ["raw_files"],
          schema: { [name]: { time: "time", height: "f64" } },
        },
      },
    };
    const { pluginText } = await import("./_plugins.ts");
    await lab.plugin(name, "1.0.0", {
      millrace,
      mod: pluginText().replaceAll('"highest",\n  depends', `"${name}",\n  depends`).replace(
        "highest: { time",
        `${name}: { time`,
      ),
    });
  }
  assert.equal((await project.run(["trust", "@lab", lab.publisher.publicKey])).code, 0);
  const add = (name: string) =>
    millrace(
      ["plugin", "add", `@lab/${name}`, "--registry", lab.server.origin, "--allow-permissions", "none"],
      { cwd: project.folder, permissions: [...PROCESS_PERMISSIONS, "--allow-net"] },
    );
  const results = await Promise.all([...names, ...names].map(add));
  for (const { err } of results.filter(({ code }) => code !== 0)) {
    assert.match(err, /it was changed by somebody else meanwhile; try again/);
  }
  const { plugins } = JSON.parse(await Deno.readTextFile(project.lock));
  assert.deepEqual(Object.keys(plugins), names.map((name) => `@lab/${name}`).sort());
  const verified = await project.run(["verify"]);
  assert.equal(verified.code, 0, verified.err);
  const left = await filesIn(project.folder);
  assert.deepEqual(left.filter((path) => path.includes(".tmp")), []);
});

Deno.test("a damaged lock file is named, with the place and what to do", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", "--registry", lab.server.origin], ["y"])).code, 0);
  const text = await Deno.readTextFile(project.lock);
  const remedy = /restore it \(for example from version control\), or remove it and add the plugins again/;
  const cases: [string, RegExp][] = [
    [text.slice(0, 500), /Cannot read ".*millrace\.lock": .*JSON/],
    ["", /Unexpected end of JSON/],
    ["[]", /expected object/],
    [
      text.replace('"format": 1', '"format": 2'),
      /"format" is not 1: it was written by another version of millrace/,
    ],
    [text.replace(/"manifest": "..../, '"manifest": "zzzz'), /manifest" is no SHA-256/],
    [text.replace('"entry": "@lab', '"entry": "../../@lab'), /entry" leads out of the plugin's folder/],
    [
      text.replace('"@lab/highest/1.0.0/mod.ts":', '"../mod.ts":'),
      /"plugins > @lab\/highest > files > \.\.\/mod\.ts" /,
    ],
    [text.replace('"folder": "@lab', '"folder": "../../@lab'), /folder" is no name of a folder/],
    [text.replace('"blocked": null', '"blocked": null, "more": 1'), /more/],
    [text.replace('"granted": {', '"granted": { "run": ["ls"]'), /granted" .*run/],
  ];
  for (const [damaged, message] of cases) {
    await Deno.writeTextFile(project.lock, damaged);
    for (const command of [["list"], ["add", "@lab/highest", "--registry", lab.server.origin], ["vendor"]]) {
      const { code, err } = await project.run(command, ["y"]);
      assert.notEqual(code, 0);
      assert.match(err, message);
      assert.match(err, remedy);
    }
    assert.match((await runHighest(project)).err, message);
    assert.equal(await Deno.readTextFile(project.lock), damaged, "it is left as it is");
  }
});

Deno.test("a process that is killed while it adds leaves a lock file that can be used", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const big = "x".repeat(2 ** 20);
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, k) => [`data/${k}.txt`, big]));
  await lab.plugin("highest", "1.0.0", { files });
  assert.equal((await project.run(["trust", "@lab", lab.publisher.publicKey])).code, 0);
  const args = [
    "plugin",
    "add",
    "@lab/highest",
    "--registry",
    lab.server.origin,
    "--allow-permissions",
    "none",
  ];
  const options = { cwd: project.folder, permissions: [...PROCESS_PERMISSIONS, "--allow-net"] };
  const trusted = await Deno.readTextFile(project.lock);
  const count = async () => (await filesIn(project.folder).catch(gone)).length;
  let kills = 0, unfinished = 0;
  for (let round = 0; kills < 10; round++) {
    assert.ok(round < 100, `only ${kills} of ${round} processes were killed`);
    const before = await count();
    const child = command(args, options).spawn();
    let ended = false;
    const output = child.output().finally(() => ended = true);
    // Every second one when it writes: how soon that is depends on the machine.
    if (round % 2 === 0) await new Promise((go) => setTimeout(go, 40 * round));
    else while (!ended && await count() <= before) await new Promise((go) => setTimeout(go, 1));
    if (await killed(child)) kills++;
    await output;
    assert.equal((await project.run(["list"])).code, 0);
    const { plugins } = JSON.parse(await Deno.readTextFile(project.lock));
    if (Object.keys(plugins).length === 1) {
      assert.equal((await project.run(["verify"])).code, 0, "complete, or absent");
      await Deno.writeTextFile(project.lock, trusted);
      await Deno.remove(join(project.folder, ".millrace"), { recursive: true });
    } else if (await count() > before) unfinished++;
  }
  assert.ok(unfinished > 0, "none was killed while it wrote");
  const last = await millrace(args, options);
  assert.equal(last.code, 0, last.err);
  assert.equal((await project.run(["verify"])).code, 0);
  const { folder } = JSON.parse(await Deno.readTextFile(project.lock)).plugins["@lab/highest"];
  const there = await Array.fromAsync(Deno.readDir(join(project.folder, ".millrace/plugins")));
  assert.deepEqual(there.map(({ name }) => name), [folder], "what was left unfinished is gone");
});

Deno.test("a script registers a plugin from a registry, by the lock file or with all that is needed named", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const permissions = [{ name: "net", value: "calibration.lab:443", reason: "Fetches the calibration" }];
  await lab.plugin("highest", "1.0.0", { permissions });
  const registry = lab.server.origin;
  const traces = Table.from(schema({ time: "time", wave: "u16[]" }), {
    time: [0n, 5n],
    wave: [[1, 9, 2], [4, 4]],
  });
  const heights = async (ctx: Context) => {
    ctx.register(tableSource("raw_files", traces));
    return (await ctx.getData("run", "highest")).rows().map(({ height }) => height);
  };
  const context = (at: Project) => new Context({ plugins: new PluginInstaller({ lock: at.lock }) });
  const named = { net: ["calibration.lab:443"] };
  {
    await using ctx = context(project);
    const refusals: [Parameters<Context["registerFrom"]>[1], RegExp][] = [
      [
        { registry, permissions: {} },
        /it wants the permissions net=calibration\.lab:443, and those named are none/,
      ],
      [{ registry, permissions: { net: ["a.lab:1", "calibration.lab:443"] } }, /name exactly what it wants/],
      [
        { registry, permissions: named },
        /signed with the key [0-9a-f]{16} of @lab, which is not trusted yet/,
      ],
      // deno-lint-ignore no-explicit-any
      [{ registry } as any, /say what it may do: permissions: \{\} for nothing/],
    ];
    for (const [options, message] of refusals) {
      await assert.rejects(ctx.registerFrom("@lab/highest@^1", options), message);
      await assert.rejects(Deno.stat(project.lock), Deno.errors.NotFound);
    }
    const publisher = lab.publisher.publicKey;
    await ctx.registerFrom("@lab/highest@^1", { registry, permissions: named, publisher });
    assert.deepEqual(await heights(ctx), [9, 4]);
  }
  await lab.plugin("highest", "1.1.0", { permissions });
  {
    await using again = context(project);
    await again.registerFrom("@lab/highest@^1", { registry, permissions: named });
    assert.deepEqual(await heights(again), [9, 4]);
    assert.match(
      (await project.run(["list"])).out,
      /highest +1\.0\.0/,
      "the lock file decides, not what is newest",
    );
    await assert.rejects(
      context(project).registerFrom("@lab/highest@^1", { permissions: {} }),
      /those named are none/,
    );
  }
  const other = projectIn(await Deno.makeTempDir({ dir: project.folder }));
  await Deno.copyFile(project.lock, other.lock);
  await using there = context(other);
  await there.registerFrom("@lab/highest@^1", { registry, permissions: named });
  assert.deepEqual(await heights(there), [9, 4], "a second machine fetches what the lock file names");
  await using bare = new Context();
  await assert.rejects(
    bare.registerFrom("@lab/highest", { permissions: {} }),
    /does not know how to install plugins; make it with new Context\(\{ plugins: new PluginInstaller\(\) \}\)/,
  );
});
