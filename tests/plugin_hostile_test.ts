// What a hostile author tries before any of their code runs: in manifests, prompts and lock files.
import assert from "node:assert/strict";
import { checkWrites } from "../packages/cli/installer/grants.ts";
import { pluginText, runHighest, sectionFor, startPluginLab, temporaryProject } from "./_plugins.ts";

const allow = (text: string) => ["--allow-permissions", text, "--allow-unverified"];

/** The usual section with other limits. */
function limited(limits: unknown): unknown {
  const section = sectionFor() as { plugins: { highest: object } };
  return { ...section, plugins: { highest: { ...section.plugins.highest, limits } } };
}

Deno.test("limits of a manifest are shown where they are raised, kept in a run, and agreed to again when they rise", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const { origin } = lab.server;
  const gib = 2 ** 30;
  await lab.plugin("highest", "1.0.0", { millrace: limited({ residentBytes: 2 * gib, wallMs: 50 }) });
  const added = await project.run(["add", "@lab/highest", "--registry", origin], ["y"]);
  assert.equal(added.code, 0, added.err);
  assert.match(added.err, /may use more than usual: highest: residentBytes=2147483648\n/);
  assert.doesNotMatch(added.err, /wallMs/, "less than usual needs no consent");

  await lab.plugin("highest", "1.1.0", {
    millrace: limited({ residentBytes: 4 * gib, wallMs: 50 }),
    mod: pluginText().replace("const out =", "for (;;); const out ="),
  });
  const refused = await project.run(["update"], ["n"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /wants more than 1\.0\.0:\n {2}to use more: highest: residentBytes=4294967296\n/);
  assert.match((await project.run(["update"])).err, /nobody can be asked here/);
  assert.equal((await project.run(["update"], ["y"])).code, 0);
  const ended = await runHighest(project);
  assert.equal(ended.code, 1);
  assert.match(ended.err, /"@lab\/highest@1\.1\.0" took \d+ ms for one call.*50 are allowed/);

  const text = await Deno.readTextFile(project.lock);
  await Deno.writeTextFile(project.lock, text.replace('"wallMs": 50', '"wallMs": 50000'));
  const edited = await runHighest(project);
  assert.equal(edited.code, 1);
  assert.match(edited.err, /the lock file has other limits of "highest" than its manifest/);
});

Deno.test("limits that are none, and permissions that nobody would read, are refused by the registry", async () => {
  await using lab = await startPluginLab();
  const refusals: [section: unknown, says: RegExp][] = [
    [limited({ residentBytes: 2 ** 40 }), /residentBytes.*is more than 8589934592/],
    [limited({ wallMs: -1 }), /wallMs.*is less than 1/],
    [limited({ sockets: 7 }), /sockets/],
    [
      sectionFor(
        Array.from(
          { length: 40 },
          (_, k) => ({ name: "env", value: `V${k}`, reason: "For its own reasons" }),
        ),
      ),
      /more than 32 entries/,
    ],
    [sectionFor([{ name: "env", value: "LAB", reason: "x".repeat(400) }]), /more than 300 characters/],
  ];
  for (const [k, [millrace, says]] of refusals.entries()) {
    await assert.rejects(lab.plugin("highest", `1.0.${k}`, { millrace, signed: false }), says);
  }
});

Deno.test("a reason cannot turn or hide the text beside it, nor an error steer the terminal", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const { origin } = lab.server;
  const reason = "Reads\u202e txet \u2066turned\u200b, with\nnet=good.lab:443, because: \u009b2Jcleared";
  await lab.plugin("highest", "1.0.0", { permissions: [{ name: "env", value: "LAB", reason }] });
  const { err } = await project.run(["add", "@lab/highest", "--registry", origin], ["n"]);
  assert.match(
    err,
    /Reads\\u202e txet \\u2066turned\\u200b, with\\x0anet=good\.lab:443, because: \\x9b2Jcleared\n/,
  );

  await lab.plugin("highest", "1.0.1", {
    permissions: [{ name: "env", value: "LAB\u001b[2J", reason: "Clears your screen" }],
    signed: false,
  });
  const other = await project.run(["add", "@lab/highest@1.0.1", "--registry", origin, ...allow("none")]);
  assert.equal(other.code, 1);
  assert.match(other.err, /"LAB\\x1b\[2J"; it has a comma or a control character/);
  assert.ok(!other.err.includes("\u001b"));
});

Deno.test("no plugin may write to the lock file or to what is installed, whoever agreed", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const { origin } = lab.server;
  const cache = Deno.env.get("DENO_DIR") ??
    `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/deno`;
  const values = [
    ".millrace",
    "x/../.millrace/plugins",
    "millrace.lock",
    project.folder,
    "../",
    cache,
    `${cache}/npm/x`,
  ];
  for (const [k, value] of values.entries()) {
    const permissions = [{ name: "write", value, reason: "Keeps what it has found" }];
    await lab.plugin("highest", `1.0.${k}`, { permissions });
    const args = ["add", `@lab/highest@1.0.${k}`, "--registry", origin];
    const { code, err } = await project.run(args, ["y"]);
    assert.equal(code, 1, value);
    assert.match(err, /no plugin may change what is installed|name a file or a folder, not everything/);
    await assert.rejects(Deno.stat(project.lock), Deno.errors.NotFound);
  }
  checkWrites({ write: ["out", ".millrace-out", "millrace.lock.d"] }, project.lock, "@lab/highest");
});

Deno.test("a lock file that is far too large is named, and not read", async () => {
  await using project = await temporaryProject();
  await Deno.writeTextFile(project.lock, "[".repeat(2 ** 24 + 1));
  const { code, err } = await project.run(["list"]);
  assert.equal(code, 1);
  assert.match(
    err,
    /Cannot read ".*millrace\.lock": it has 16777217 bytes, which no lock file has; restore it/,
  );
});

Deno.test("a plugin whose export has another name in its next version is updated, and asked anew about its limits", async () => {
  await using lab = await startPluginLab();
  await using project = await temporaryProject();
  const heapBytes = 2 ** 30;
  const section = (name: string) => {
    const { engine, plugins: { highest } } = sectionFor() as { engine: string; plugins: { highest: object } };
    return { engine, plugins: { [name]: { ...highest, limits: { heapBytes } } } };
  };
  const renamed = pluginText({ add: 1 }).replace("export const highest:", "export const top:")
    .replace('export: "highest"', 'export: "top"');
  await lab.plugin("highest", "1.0.0", { millrace: section("highest") });
  const from = ["--registry", lab.server.origin, "--publisher-key", lab.publisher.publicKey];
  assert.equal((await project.run(["add", "@lab/highest@^1", ...from], ["y"])).code, 0);
  await lab.plugin("highest", "1.1.0", { mod: renamed, millrace: section("top") });
  const asked = await project.run(["update"], ["y"]);
  assert.equal(asked.code, 0, asked.err);
  assert.match(asked.err, /to use more: top: heapBytes=1073741824/);
  const { rows, err } = await runHighest(project);
  assert.deepEqual(rows.map((row) => (row as { height: number }).height), [10, 41, 8], err);
  // Its manifest names an export that its code has not.
  await lab.plugin("highest", "1.2.0", { mod: renamed, millrace: section("highest") }).then(
    () => assert.fail("it was published"),
    (error: Error) => assert.match(error.message, /is said to be in .*, which does not export it/),
  );
});
