// `millrace plugin add` and `update`: consent, permissions, versions, and what can be installed at all.
import assert from "node:assert/strict";
import { join } from "node:path";
import { main, memoryIo } from "@millrace/cli";
import { resultFolder } from "./_cli.ts";
import { pluginText, runHighest, sectionFor, startPluginLab, temporaryProject } from "./_plugins.ts";

const NET = { name: "net", value: "calibration.lab:443", reason: "Fetches the calibration of the run" };
const ENV = { name: "env", value: "LAB_NAME", reason: "Names the laboratory in its notices" };

Deno.test("an installed plugin runs, and its result's lineage has its manifest", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  const added = await project.run([
    ...["add", "@lab/highest@^1", "--registry", lab.server.origin],
    ...["--allow-permissions", "none", "--publisher-key", lab.publisher.publicKey],
  ]);
  assert.deepEqual([added.code, added.err], [0, ""]);
  assert.match(added.out, /^Added @lab\/highest 1\.0\.0 to .*millrace\.lock; it may: none\n$/);
  const { code, out, err, rows } = await runHighest(project);
  assert.equal(code, 0, err);
  assert.match(out, /, executor inline; highest in a sandbox\n/);
  assert.deepEqual(rows.map((row) => (row as { height: number }).height), [9, 40, 7]);
  const metadata = JSON.parse(
    await Deno.readTextFile(
      join(project.folder, await resultFolder(project.folder, "data/traces/highest"), "metadata.json"),
    ),
  );
  const { plugins } = JSON.parse(await Deno.readTextFile(project.lock));
  assert.equal(metadata.lineage.manifest, plugins["@lab/highest"].manifest);
  assert.match((await runHighest(project)).out, /highest +stored/, "and is found again");
  const gone = async (...more: string[]) => {
    const io = memoryIo();
    const code = await main(
      ["gc", join(project.folder, "data"), "--unreachable", "--lock", project.lock, ...more],
      io,
    );
    assert.deepEqual([code, io.stderr], [0, ""]);
    return io.stdout;
  };
  assert.equal(await gone(), "Nothing to remove\n", "what is installed is there");
  assert.match(
    await gone("--no-installed"),
    /Would remove traces\/highest \(complete\): unreachable: highest /,
  );

  const mine = join(project.folder, "mine.ts");
  await Deno.writeTextFile(
    mine,
    pluginText({ add: 1 }).replace("jsr:@millrace/core@^0.1.0", "@millrace/core"),
  );
  const both = await runHighest(project, "--plugin", mine);
  assert.equal(both.code, 2);
  assert.match(
    both.err,
    /@lab\/highest@1\.0\.0: "highest" is provided by another one too; .* --no-installed/,
  );
  const only = await runHighest(project, "--plugin", mine, "--no-installed");
  assert.deepEqual(
    only.rows.map((row) => (row as { height: number }).height),
    [10, 41, 8],
    "one's own, trusted",
  );
  const nowhere = await runHighest(project, "--lock", join(project.folder, "nowhere.lock"));
  assert.match(nowhere.err, /Cannot find the lock file ".*nowhere\.lock": check the path/);
});

Deno.test("without somebody to ask, a plugin is installed only when exactly what it wants is named", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0", { permissions: [NET, ENV] });
  const add = (...more: string[]) =>
    project.run([
      ...["add", "@lab/highest", "--registry", lab.server.origin, "--publisher-key", lab.publisher.publicKey],
      ...more,
    ]);
  const cases: [string[], RegExp][] = [
    [
      [],
      /nobody can be asked here\. It wants env=LAB_NAME,net=calibration\.lab:443; agree with --allow-permissions env/,
    ],
    [
      ["--allow-permissions", "none"],
      /it wants env=LAB_NAME,net=calibration\.lab:443, and --allow-permissions names none/,
    ],
    [["--allow-permissions", "net=calibration.lab:443"], /names net=calibration\.lab:443; name exactly/],
    [["--allow-permissions", "net=calibration.lab:443,env=LAB_NAME,env=HOME"], /name exactly what it wants/],
    [["--allow-permissions", "everything"], /Cannot read the permission "everything": write net=HOST:PORT/],
  ];
  for (const [more, message] of cases) {
    const { code, out, err } = await add(...more);
    assert.notEqual(code, 0);
    assert.equal(out, "");
    assert.match(err, message);
    await assert.rejects(Deno.stat(project.lock), Deno.errors.NotFound, "nothing is written");
  }
  const { code, err } = await add("--allow-permissions", "net=calibration.lab:443,env=LAB_NAME");
  assert.equal(code, 0, err);
  assert.deepEqual(JSON.parse((await project.run(["list", "--json"])).out)["@lab/highest"].granted, {
    net: ["calibration.lab:443"],
    env: ["LAB_NAME"],
  });
});

Deno.test("without somebody to ask, all that must be agreed to is said at once", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "1.0.0");
  const args = ["add", "@lab/highest", "--registry", lab.server.origin];
  const { code, err } = await project.run(args);
  assert.equal(code, 1);
  const remedies = [...err.matchAll(/--(?:allow-permissions|publisher-key) [^ ,.]+/g)].flatMap(([words]) =>
    words.split(" ")
  );
  assert.deepEqual(remedies, ["--allow-permissions", "none", "--publisher-key", lab.publisher.publicKey]);
  const info = await project.run(["info", "@lab/highest", "--registry", lab.server.origin]);
  assert.match(info.out, /^ {2}wants: none$/m, "in the words of what is agreed to");
  const added = await project.run([...args, ...remedies]);
  assert.equal(added.code, 0, added.err);
});

Deno.test("whoever can be asked sees what it provides and wants and why, and says yes or no", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const evil = { ...NET, reason: "Fetches \u001b[2J the calibration" };
  await lab.plugin("highest", "1.0.0", { permissions: [evil] });
  const args = ["add", "@lab/highest", "--registry", lab.server.origin];
  for (const answers of [["n"], [""], []]) {
    const { code, err } = await project.run(args, answers);
    assert.equal(code, 1);
    assert.match(err, /Did not install @lab\/highest 1\.0\.0: you did not agree/);
    await assert.rejects(Deno.stat(project.lock), Deno.errors.NotFound);
  }
  const { code, err } = await project.run(args, ["y"]);
  assert.equal(code, 0, err);
  assert.match(err, /provides: highest from raw_files \(highest\): Highest sample of each record/);
  assert.match(
    err,
    /net=calibration\.lab:443, because: Fetches \\x1b\[2J the calibration/,
    "it cannot steer the terminal",
  );
  assert.match(err, new RegExp(`NEW KEY of @lab: ${lab.publisher.id}`));
  const { out } = await project.run(["info", "@lab/highest"]);
  assert.match(out, new RegExp(`by registry .* and publisher \\(${lab.publisher.id}\\)`));
});

Deno.test("an update asks for what it wants in addition only; wanting less is silent; older versions are refused", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const origin = lab.server.origin;
  await lab.plugin("highest", "1.0.0", { permissions: [ENV] });
  assert.equal((await project.run(["add", "@lab/highest@^1", "--registry", origin], ["y"])).code, 0);
  assert.match((await project.run(["update"])).out, /@lab\/highest 1\.0\.0 is the newest/);

  await lab.plugin("highest", "1.1.0", { permissions: [ENV, NET] });
  const refused = await project.run(["update"]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /It wants in addition net=calibration\.lab:443; agree with --allow-permissions net=calib/,
  );
  const all = await project.run(["update", "--allow-permissions", "env=LAB_NAME,net=calibration.lab:443"]);
  assert.match(all.err, /it wants in addition net=calibration\.lab:443, and --allow-permissions names env/);
  const asked = await project.run(["update"], ["y"]);
  assert.equal(asked.code, 0, asked.err);
  assert.match(
    asked.err,
    /@lab\/highest 1\.1\.0 wants more than 1\.0\.0:\n {2}net=calibration\.lab:443, because: Fetches/,
  );
  assert.doesNotMatch(asked.err, /LAB_NAME/, "only the difference is asked for");

  await lab.plugin("highest", "1.2.0", { permissions: [] });
  const narrowed = await project.run(["update", "--json"]);
  assert.deepEqual([narrowed.code, narrowed.err], [0, ""]);
  assert.deepEqual(JSON.parse(narrowed.out), [{
    name: "@lab/highest",
    from: "1.1.0",
    to: "1.2.0",
    granted: {},
  }]);

  const older = await project.run(["add", "@lab/highest@1.0.0", "--registry", origin], ["y"]);
  assert.equal(older.code, 1);
  assert.match(older.err, /1\.2\.0 is installed, which is newer; go back with --allow-downgrade/);
  // A registry that hides the newest version.
  const block = await lab.api("PUT", "/scopes/lab/packages/highest/versions/1.2.0/yank", {
    token: lab.token,
    body: { reason: "Hidden" },
  });
  assert.equal(block.status, 204);
  assert.match(
    (await project.run(["update"])).err,
    /1\.2\.0 is installed, which is newer \(and yanked: Hidden\); go back with --allow-downgrade/,
  );
  const back = await project.run(["add", "@lab/highest@1.0.0", "--registry", origin, "--allow-downgrade"], [
    "y",
  ]);
  assert.equal(back.code, 0, back.err);
});

Deno.test("ranges skip yanked versions, a pin gets them with a warning, blocked ones nobody", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const origin = lab.server.origin;
  for (const version of ["1.0.0", "1.1.0", "1.2.0"]) await lab.plugin("highest", version);
  const set = async (version: string, verb: string, reason: string) => {
    const path = `/scopes/lab/packages/highest/versions/${version}/${verb}`;
    assert.equal((await lab.api("PUT", path, { token: lab.rootToken, body: { reason } })).status, 204);
  };
  await set("1.1.0", "yank", "Heights are too low");
  await set("1.2.0", "block", "It sends data away");
  const yes = [
    "--registry",
    origin,
    "--allow-permissions",
    "none",
    "--publisher-key",
    lab.publisher.publicKey,
  ];
  const blocked = await project.run(["add", "@lab/highest@1.2.0", ...yes]);
  assert.equal(blocked.code, 1);
  assert.match(blocked.err, /Cannot install @lab\/highest@1\.2\.0: it is blocked: It sends data away/);
  assert.match((await project.run(["add", "@lab/highest@^1", ...yes])).out, /Added @lab\/highest 1\.0\.0/);
  const pinned = await project.run(["add", "@lab/highest@1.1.0", ...yes]);
  assert.equal(pinned.code, 0, pinned.err);
  assert.match(
    pinned.err,
    /1\.1\.0 is yanked: Heights are too low; it is used because exactly this one is asked for/,
  );

  const audit = await project.run(["audit"]);
  assert.equal(audit.code, 0);
  assert.match(audit.err, /@lab\/highest@1\.1\.0 is yanked: Heights are too low/);
  assert.equal((await runHighest(project)).code, 0, "what is locked goes on working");
  await set("1.1.0", "block", "Worse than thought");
  const found = await project.run(["audit"]);
  assert.equal(found.code, 1);
  assert.match(
    found.err,
    /@lab\/highest@1\.1\.0 is blocked: Worse than thought; millrace plugin update @lab\/highest/,
  );
  const run = await runHighest(project, "--fresh");
  assert.equal(run.code, 1);
  assert.match(
    run.err,
    /Cannot use @lab\/highest 1\.1\.0: it is blocked: @lab\/highest@1\.1\.0: Worse than thought/,
  );
  await Deno.remove(join(project.folder, ".millrace"), { recursive: true });
  assert.match(
    (await project.run(["vendor"])).err,
    /is blocked: Worse than thought/,
    "nor can it be fetched again",
  );
});

Deno.test("what a plugin depends on is installed with it, and signed too", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const util =
    "/** More. @module */\n/** Adds. */\nexport function more(x: number): number { return x + 1; }\n";
  await lab.plugin("util", "1.0.0", {
    mod: util,
    millrace: null,
    config: { millrace: null, exports: { "./more": "./mod.ts" } },
  });
  const head = 'import { more } from "jsr:@lab/util@^1/more";';
  await lab.plugin("highest", "1.0.0", { mod: pluginText({ head }).replace("most + 0", "more(most)") });
  const yes = ["--registry", lab.server.origin, "--allow-permissions", "none"];
  const added = await project.run([
    "add",
    "@lab/highest",
    ...yes,
    "--publisher-key",
    lab.publisher.publicKey,
    "--json",
  ]);
  assert.equal(added.code, 0, added.err);
  const { packages, imports } = JSON.parse(added.out);
  assert.deepEqual(Object.keys(packages), ["@lab/highest@1.0.0", "@lab/util@1.0.0"]);
  assert.deepEqual(imports, { "jsr:@lab/util@^1/more": "@lab/util/1.0.0/mod.ts" });
  const { code, err, rows } = await runHighest(project);
  assert.equal(code, 0, err);
  assert.deepEqual(rows.map((row) => (row as { height: number }).height), [10, 41, 8]);
  const { lineage } = JSON.parse(
    await Deno.readTextFile(
      join(project.folder, await resultFolder(project.folder, "data/traces/highest"), "metadata.json"),
    ),
  );
  assert.match(lineage.manifest, /^[0-9a-f]{64}\+[0-9a-f]{64}$/, "another dependency is another lineage");
});

Deno.test("what can never run in a sandbox is refused before anything is written", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const wish = (name: string, value: string) => [{ name, value, reason: "For no good reason at all" }];
  const head = 'import "npm:left-pad@1.3.0";';
  const cases: [string, Parameters<typeof lab.plugin>[2], RegExp][] = [
    [
      "needs-npm",
      { mod: pluginText({ head }) },
      /"npm:left-pad@1\.3\.0" in line 3, .*left-pad" of npm must be bundled/s,
    ],
    ["wants-run", { permissions: wish("run", "ls") }, /wants "run" \(ls\), which no plugin is ever granted/],
    ["wants-ffi", { permissions: wish("ffi", "./a.so") }, /wants "ffi"/],
    ["wants-import", { permissions: wish("import", "a.lab") }, /wants "import"/],
    ["wants-sys", { permissions: wish("sys", "hostname") }, /wants "sys"/],
    ["any-host", { permissions: wish("net", "*") }, /wants "net" for "\*"; name one host and port/],
    ["any-port", { permissions: wish("net", "a.lab") }, /name one host and port/],
    ["two-hosts", { permissions: wish("net", "a.lab:1,b.lab:2") }, /has a comma/],
    ["all-files", { permissions: wish("read", "/") }, /name a file or a folder, not everything/],
    ["no-section", { config: { millrace: null } }, /it declares no plugins/],
    [
      "future",
      { millrace: { ...sectionFor() as object, engine: "^9" } },
      /is for version \^9 of millrace, and this is/,
    ],
  ];
  for (const [name, options, message] of cases) {
    await lab.plugin(name, "1.0.0", options);
    const { code, err } = await project.run(
      ["add", `@lab/${name}`, "--registry", lab.server.origin, "--publisher-key", lab.publisher.publicKey],
      ["y"],
    );
    assert.equal(code, 1, name);
    assert.match(err, message, name);
    await assert.rejects(Deno.stat(project.lock), Deno.errors.NotFound, name);
  }
});

Deno.test("what cannot be meant is told, with what can be", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const at = ["--registry", lab.server.origin];
  await lab.plugin("highest", "1.0.0");
  const cases: [string[], RegExp][] = [
    [["add", "highest", ...at], /Cannot tell what "highest" is: write @scope\/name@range, npm:name@version/],
    [["add", "npm:@lab@1", ...at], /Cannot read "npm:@lab@1": write npm:NAME@VERSION/],
    [["add", "@lab/lowest", ...at], /There is no package @lab\/lowest in the registry http:/],
    [["add", "@lab/highest@^2", ...at], /no version is in "\^2"; http:\S+ has 1\.0\.0/],
    [["add", "@lab/highest"], /Cannot tell which registry has @lab\/highest: name it with --registry URL/],
    [
      ["add", "@lab/highest", "--registry", "http://127.0.0.1:1"],
      /Cannot reach the registry http:\/\/127\.0\.0\.1:1/,
    ],
    [
      ["add", "@lab/highest", "--registry", `${lab.server.origin}/x`],
      /as a registry: write a scheme, a host and a port/,
    ],
    [["add", "@lab/highest", ...at, "--publisher-key", "abc"], /Cannot use "abc" as a publisher's key/],
    [["add", "./nothing"], /Cannot read the folder ".*nothing"/],
    [["remove", "@lab/highest"], /There is no plugin "@lab\/highest" in ".*millrace\.lock"; it names none/],
    [["update", "@lab/highest"], /There is no plugin "@lab\/highest"/],
    [["trust", "@lab"], /Cannot trust @lab: give its publisher's public key/],
    [["trust", "@lab", "xyz"], /Cannot use "xyz" as a publisher's key/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await project.run(args);
    assert.notEqual(code, 0, args.join(" "));
    assert.match(err, message, args.join(" "));
    assert.match(err, /^millrace: /);
    assert.doesNotMatch(err, /\n\s+at /, "no stack");
  }
});

Deno.test("a plugin that makes what another one makes is refused when it is added", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const yes = [
    "--registry",
    lab.server.origin,
    "--allow-permissions",
    "none",
    "--publisher-key",
    lab.publisher.publicKey,
  ];
  await lab.plugin("highest", "1.0.0");
  await lab.plugin("other", "1.0.0");
  assert.equal((await project.run(["add", "@lab/highest", ...yes])).code, 0);
  const { code, err } = await project.run(["add", "@lab/other", ...yes]);
  assert.equal(code, 1);
  assert.match(
    err,
    /Cannot install @lab\/other: it provides "highest", which @lab\/highest provides already/,
  );
  const section = sectionFor() as { plugins: { highest: object } };
  await lab.plugin("records", "1.0.0", {
    mod: pluginText().replace('provides: "highest"', 'provides: "records"'),
    millrace: {
      engine: "*",
      plugins: {
        highest: {
          ...section.plugins.highest,
          provides: ["records"],
          schema: { records: { time: "time", height: "f64" } },
        },
      },
    },
  });
  assert.match(
    (await project.run(["add", "@lab/records", ...yes])).err,
    /"records", which one of the built-in plugins/,
  );
});

Deno.test("a plugin of a folder and of a plain URL", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const mine = await lab.write("mine", {
    "deno.json": JSON.stringify({
      name: "@me/mine",
      version: "0.1.0",
      license: "MIT",
      exports: "./mod.ts",
      imports: { "@millrace/core": "jsr:@millrace/core@^0.1.0" },
      millrace: sectionFor(),
    }),
    "mod.ts": pluginText({ add: 1 }).replace("jsr:@millrace/core@^0.1.0", "@millrace/core"),
  });
  const added = await project.run(["add", mine, "--allow-permissions", "none"]);
  assert.equal(added.code, 0, added.err);
  const heights = async () =>
    (await runHighest(project)).rows.map((row) => (row as { height: number }).height);
  assert.deepEqual(await heights(), [10, 41, 8]);
  await Deno.writeTextFile(join(mine, "mod.ts"), pluginText({ add: 2 }));
  assert.deepEqual(await heights(), [10, 41, 8], "what was added stays as it was");
  assert.equal((await project.run(["update"])).code, 0);
  assert.deepEqual(await heights(), [11, 42, 9], "until it is updated");
  assert.equal((await project.run(["remove", "@me/mine"])).code, 0);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(project.folder, ".millrace/plugins"))), []);

  const files: Record<string, string> = {
    "/plugins/mod.ts": pluginText({ head: 'import { one } from "./lib/one.ts";' }).replace(
      "most + 0",
      "most + one",
    ),
    "/plugins/lib/one.ts": "export const one = 1;\n",
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const text = files[new URL(request.url).pathname];
    return text === undefined ? new Response("", { status: 404 }) : new Response(text);
  });
  const url = `http://127.0.0.1:${server.addr.port}/plugins/mod.ts`;
  assert.match(
    (await project.run(["add", url, "--allow-permissions", "none"])).err,
    /nobody signs what is at a plain URL/,
  );
  const taken = await project.run(["add", url, "--allow-permissions", "none", "--allow-unverified"]);
  assert.equal(taken.code, 0, taken.err);
  assert.deepEqual(await heights(), [10, 41, 8]);
  files["/plugins/lib/one.ts"] = "export const one = 2;\n";
  await Deno.remove(join(project.folder, ".millrace"), { recursive: true });
  const vendored = await project.run(["vendor"]);
  assert.equal(vendored.code, 1);
  assert.match(
    vendored.err,
    /lib\/one\.ts" is not the one in the lock file; if it was meant to change: millrace plugin update/,
  );
});

Deno.test("a folder that takes the place of a signed plugin is told of, and a version is published once", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  await lab.plugin("highest", "0.1.0");
  const from = ["--registry", lab.server.origin, "--allow-permissions", "none"];
  const added = await project.run([
    "add",
    "@lab/highest",
    ...from,
    "--publisher-key",
    lab.publisher.publicKey,
  ]);
  assert.equal(added.code, 0, added.err);
  const folder = join(project.folder, "highest");
  const made = memoryIo();
  assert.equal(await main(["plugin", "init", folder, "--scope", "lab"], made), 0, made.stderr);
  assert.match(
    made.stdout,
    /publish --key FILE .*"version" in deno\.json; where results change, that in mod\.ts/s,
  );

  const place = ["--registry", lab.server.origin, "--token", lab.token];
  const published = memoryIo();
  assert.equal(await main(["plugin", "publish", folder, ...place], published), 1);
  assert.match(
    published.stderr,
    /Cannot publish @lab\/highest@0\.1\.0: .* has that version already, and a version never changes; raise "version"/,
  );

  const local = await project.run(["add", folder, "--allow-permissions", "none"]);
  assert.equal(local.code, 0, local.err);
  assert.match(
    local.err,
    /^millrace: @lab\/highest 0\.1\.0, from http.* and publisher .* would be replaced by 0\.1\.0, from .*highest.*nobody signs/,
  );
  const shown = memoryIo();
  assert.equal(await main(["plugins", "highest", "--lock", project.lock], shown), 0, shown.stderr);
  assert.match(shown.stdout, /length +f64 +ps +from its start to its end/, "columnHelp, out of the sandbox");
  const back = await project.run(["add", "@lab/highest", ...from]);
  assert.equal(back.code, 0, back.err);
  assert.match(back.err, /from \.\/highest.* would be replaced by 0\.1\.0, from http/);
  assert.equal((await project.run(["add", "@lab/highest", ...from])).err, "", "from where it is");
});

Deno.test("names that no package can have are refused with all that they must be", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_names_" });
  const init = async (name: string, scope: string) => {
    const io = memoryIo();
    return [await main(["plugin", "init", join(folder, name), "--scope", scope], io), io.stderr] as const;
  };
  try {
    const rule = (most: number) =>
      new RegExp(`write 2 to ${most} lower case letters, digits and -, a letter first`);
    for (const name of ["q", "Hits", "hits-", "1hits", "h".repeat(59)]) {
      const [code, err] = await init(name, "lab");
      assert.equal(code, 2, name);
      assert.match(err, rule(58), name);
    }
    assert.match((await init("hits", "s".repeat(21)))[1], rule(20));
    assert.equal((await init("h".repeat(58), "s".repeat(20)))[0], 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
