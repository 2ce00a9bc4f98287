import assert from "node:assert/strict";
import { FolderStore } from "@millrace/core/store";
import { filesIn, inFolder, millrace, millraceJson, resultFolder } from "./_cli.ts";

interface Listed {
  runId: string;
  dataType: string;
  lineageHash: string;
  state: string;
  rows: number;
  bytes: number;
  folder: string;
}

async function makeStore(cwd: string): Promise<void> {
  await millraceJson(["sim", "--out", "run_1", "--rate", "5kHz", "--duration", "1s", "--samples", "200"], {
    cwd,
  });
  await millraceJson(["run", "run_1", "--type", "hit_threshold", "--save", "records", "--store", "data"], {
    cwd,
  });
}

/** Hits of the same run with another threshold: a second lineage. */
async function addSecondHits(cwd: string): Promise<void> {
  const set = ["--set", "hit_threshold.threshold=20"];
  await millraceJson(["run", "run_1", "--type", "hit_threshold", "--store", "data", ...set], { cwd });
}

Deno.test(
  "millrace ls, info and du tell what is stored, plain and as JSON",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    await addSecondHits(cwd);
    const listed = await millraceJson<Listed[]>(["ls", "data"], { cwd });
    assert.deepEqual(listed.map(({ dataType, state }) => `${dataType} ${state}`), [
      "hit_threshold complete",
      "hit_threshold complete",
      "records complete",
    ]);
    assert.equal(new Set(listed.map(({ lineageHash }) => lineageHash)).size, 3);
    const text = await millrace([
      "ls",
      "data",
      "run_1",
      `hit_threshold@${listed[1]!.lineageHash.slice(0, 6)}`,
    ], { cwd });
    assert.match(
      text.out,
      /^run +type +lineage .*\nrun_1 +hit_threshold +[0-9a-f]{12} +complete +[\d ]+ [^\n]*\n$/,
    );
    const [info] = await millraceJson<{ chunks: number; lineage: { plugin: string } }[]>(
      ["info", "data", "run_1", "records"],
      { cwd },
    );
    assert.equal(info!.lineage.plugin, "records");
    assert.ok(info!.chunks >= 1);
    assert.match((await millrace(["info", "data", "run_1", "records"], { cwd })).out, /^state +complete$/m);
    const du = await millraceJson<{ total: { bytes: number; files: number }; results: unknown[] }>([
      "du",
      "data",
    ], { cwd });
    let bytes = 0;
    for (const file of await filesIn(`${cwd}/data`)) bytes += (await Deno.stat(`${cwd}/data/${file}`)).size;
    assert.equal(du.total.bytes, bytes);
    assert.equal(du.results.length, 3);
    const wrong = await millrace(["ls", "data", "run_1", "hits"], { cwd });
    assert.match(wrong.err, /Cannot find "hits" of run "run_1"; "data" has of it hit_threshold, records$/m);
    assert.equal(wrong.code, 1);
  }),
);

Deno.test(
  "millrace lineage tells what a result was made by, and what differs from another",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    await addSecondHits(cwd);
    const text = await millrace(["lineage", "data", "run_1", "hit_threshold"], { cwd });
    assert.match(
      text.out,
      /^hit_threshold: hit_threshold [\d.]+ from records$[^]*^ {2}threshold = 20$[^]*^raw_files: /m,
    );
    const [first, second] = (await millraceJson<Listed[]>(["ls", "data", "run_1", "hit_threshold"], { cwd }))
      .map(({ lineageHash }) => `hit_threshold@${lineageHash}`);
    const compare = ["lineage", "data", "run_1", second!, "--compare", first!];
    const differences = await millraceJson<{ what: string; first: number; second: number }[]>(compare, {
      cwd,
    });
    assert.deepEqual(differences.map(({ what, first }) => [what, first]), [["hit_threshold.threshold", 20]]);
    const same = await millrace(["lineage", "data", "run_1", "records", "--compare", "run_1/records"], {
      cwd,
    });
    assert.equal(same.out, "The same lineage\n");
    const bad = await millrace([...compare.slice(0, -1), "a/b/c"], { cwd });
    assert.deepEqual([bad.code, /give RUN\/TYPE/.test(bad.err)], [2, true]);
  }),
);

Deno.test(
  "millrace gc lists first and removes with --yes, by every condition",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    await addSecondHits(cwd);
    const gc = (...args: string[]) =>
      millraceJson<{ removed: boolean; results: (Listed & { reason: string })[] }>(["gc", "data", ...args], {
        cwd,
      });
    const chosen = async (...args: string[]) =>
      (await gc(...args)).results.map(({ dataType, reason }) => `${dataType}: ${reason}`);
    assert.deepEqual(await chosen("--superseded"), ["hit_threshold: superseded"]);
    assert.deepEqual(await chosen("--older-than", "1d"), []);
    assert.equal((await chosen("--older-than", "0s")).length, 3);
    assert.deepEqual(await chosen("--unreachable"), []);
    assert.deepEqual((await chosen("--max-size", "1B")).length, 3);
    assert.deepEqual(await chosen("--max-size", "1TB"), []);
    await millraceJson(["export", "data", "run_1", "hit_threshold", "--to", "hits.csv"], { cwd });
    await millraceJson(["import", "hits.csv", "--run", "run_1", "--type", "mine", "--store", "data"], {
      cwd,
    });
    assert.deepEqual(await chosen("--unreachable"), [], "nothing computes what was imported");
    await Deno.remove(`${cwd}/${await resultFolder(cwd, "data/run_1/mine")}`, { recursive: true });
    const none = await millrace(["gc", "data"], { cwd });
    assert.deepEqual([none.code, /give a condition, such as --older-than 30d/.test(none.err)], [2, true]);
    const records = `${cwd}/${await resultFolder(cwd, "data/run_1/records")}`;
    const journal = await Deno.readTextFile(`${records}/journal.tsv`);
    await Deno.writeTextFile(`${records}/journal.tsv`, journal.slice(0, -3));
    assert.deepEqual(await chosen("--unreadable", "--dry-run"), ["records: unreadable"]);
    assert.equal(
      (await millraceJson<Listed[]>(["ls", "data"], { cwd })).length,
      3,
      "nothing was removed so far",
    );
    assert.equal((await gc("--superseded", "--unreadable", "--yes")).removed, true);
    assert.deepEqual(
      (await millraceJson<Listed[]>(["ls", "data"], { cwd })).map(({ dataType }) => dataType),
      [
        "hit_threshold",
      ],
    );
  }),
);

Deno.test(
  "millrace gc leaves what somebody reads with an error, and removes and tells the rest",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    const result = await new FolderStore(`${cwd}/data`).open({ runId: "run_1", dataType: "records" });
    {
      using _held = await result!.hold!();
      const { code, out, err } = await millrace(["gc", "data", "--older-than", "0s", "--yes"], { cwd });
      assert.equal(code, 1);
      assert.match(err, /Cannot remove run_1\/records: it is being read; wait until that has ended$/m);
      assert.match(out, /^Removed run_1\/hit_threshold/m);
    }
    await millraceJson(["gc", "data", "--older-than", "0s", "--yes"], { cwd });
    assert.deepEqual(await filesIn(`${cwd}/data`), []);
  }),
);

Deno.test(
  "millrace gc --leftovers lists and removes what lies beside results, but not what somebody reads",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    const records = await resultFolder(cwd, "data/run_1/records");
    const killed = `${cwd}/${records.replace("/records", "/.records")}.new`;
    await Deno.mkdir(killed);
    await Deno.writeTextFile(`${killed}/000000.arrow`, "half of it");
    const result = await new FolderStore(`${cwd}/data`).open({ runId: "run_1", dataType: "records" });
    const gc = async (...args: string[]) =>
      await millraceJson<{ bytes: number; leftovers: { folder: string }[] }>(
        ["gc", "data", "--leftovers", ...args],
        { cwd },
      );
    assert.deepEqual(
      (await gc()).leftovers.map(({ folder }) => folder),
      [`data/${killed.slice(cwd.length + 6)}`],
    );
    {
      using _held = await result!.hold!();
      await millraceJson(["run", "run_1", "--type", "records", "--store", "data", "--fresh"], { cwd });
      assert.match(
        (await millrace(["gc", "data", "--leftovers"], { cwd })).out,
        /^Nothing to remove$/m,
        "the run has cleared up, but for what is read",
      );
    }
    const text = await millrace(["gc", "data", "--leftovers"], { cwd });
    assert.match(text.out, /^Would remove data\/run_1\/\.records-\w+\.kept-\w+: left over$/m);
    assert.ok((await gc("--run", "run_1", "--yes")).bytes > 1000);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${cwd}/data/run_1`))).length, 2);
    await Deno.rename(`${cwd}/${records}`, `${killed.slice(0, -4)}.gone`);
    await Deno.remove(`${cwd}/${await resultFolder(cwd, "data/run_1/hit_threshold")}`, { recursive: true });
    assert.equal((await gc("--yes")).leftovers.length, 1, "a store with nothing else");
    assert.deepEqual(await filesIn(`${cwd}/data`), []);
  }),
);

Deno.test(
  "millrace gc leaves what somebody is writing with an error, and removes and tells the rest",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    const folder = await resultFolder(cwd, "data/run_1/hit_threshold");
    using lock = await Deno.open(`${cwd}/${folder.replace("hit_", ".hit_")}.lock`, {
      write: true,
      create: true,
    });
    await lock.lock(true);
    const { code, out, err } = await millrace(["gc", "data", "--older-than", "0s", "--yes"], { cwd });
    assert.equal(code, 1);
    assert.match(err, /Cannot write run_1\/hit_threshold: .* is writing it/);
    assert.match(out, /^Removed run_1\/records/m);
    assert.doesNotMatch(out, /Removed run_1\/hit_threshold/);
    assert.deepEqual(
      (await millraceJson<Listed[]>(["ls", "data"], { cwd })).map(({ dataType }) => dataType),
      ["hit_threshold"],
    );
  }),
);

Deno.test(
  "millrace run --chunk-bytes and --chunk-span say where stored chunks end; rechunk keeps codec and age",
  inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--duration", "1s", "--samples", "200"], { cwd });
    const run = ["run", "run_1", "--type", "records", "--store", "data", "--codec", "none"];
    const bad = await millrace([...run, "--chunk-bytes", "many"], { cwd });
    assert.equal(bad.code, 2);
    assert.match((await millrace([...run, "--chunk-bytes", "0"], { cwd })).err, /storedChunks.bytes must be/);
    assert.match(
      (await millrace([...run, "--chunk-bytes", "1GiB"], { cwd })).err,
      /allow 4 GiB or make chunks/,
    );
    await millraceJson([...run, "--chunk-bytes", "64KiB", "--chunk-span", "500ms"], { cwd });
    const meta = async () =>
      JSON.parse(
        await Deno.readTextFile(`${cwd}/${await resultFolder(cwd, "data/run_1/records")}/metadata.json`),
      );
    const first = await meta();
    assert.equal(first.target.bytes, 64 * 1024);
    assert.ok(first.chunks > 10);
    await millraceJson(["rechunk", "data", "run_1", "records", "--size", "1MiB"], { cwd });
    const after = await meta();
    assert.ok(after.chunks < first.chunks);
    assert.deepEqual([after.codec, after.created], ["none", first.created]);
  }),
);

Deno.test(
  "millrace copy and rechunk keep rows, and a copied result is read from a shared folder",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    const rows = async (store: string) =>
      (await millrace(["show", store, "run_1", "records", "--json"], { cwd })).out;
    const before = await rows("data");
    const [copied] = await millraceJson<Listed[]>(["copy", "data", "run_1", "records", "--to", "shared"], {
      cwd,
    });
    for (const to of ["data", "./data/", `${cwd}/data`]) {
      const { code, err } = await millrace(["copy", "data", "--to", to], { cwd });
      assert.equal(code, 2);
      assert.match(err, /^millrace: Cannot copy "data" into itself: give another folder with --to\n/);
    }
    assert.equal(copied!.folder, await resultFolder(cwd, "shared/run_1/records"));
    assert.equal(await rows("shared"), before);
    const { chunks } = await millraceJson<{ chunks: { before: number; after: number } }>(
      ["rechunk", "data", "run_1", "records", "--size", "64KiB", "--span", "100ms"],
      { cwd },
    );
    assert.ok(chunks.after > 2 * chunks.before, JSON.stringify(chunks));
    assert.equal(await rows("data"), before);
    assert.match((await millrace(["verify", "data"], { cwd })).out, /^run_1\/records \(.*\): intact/m);
    const run = ["run", "run_1", "--type", "basic_features", "--store", "mine", "--read-from", "shared"];
    const planned = await millrace(["plan", ...run.slice(1)], { cwd });
    assert.match(planned.out, /records .*\n {4}read: stored [^]*basic_features .*\n {4}compute/, planned.err);
    const { plugins } = await millraceJson<{ plugins: { plugin: string; action: string }[] }>(run, { cwd });
    assert.deepEqual(plugins.map(({ plugin, action }) => `${plugin} ${action}`), [
      "records reused",
      "basic_features computed",
    ]);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${cwd}/shared/run_1`))).length, 1);
    const typo = await millrace([...run.slice(0, -1), "shard"], { cwd });
    assert.match(
      typo.err,
      /^millrace: Cannot read results from "shard" \(--read-from\): there is no such folder/,
    );
    assert.equal(typo.code, 1);
  }),
);

Deno.test(
  "millrace verify --repair takes the options from what is damaged, of every lineage",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    await addSecondHits(cwd);
    const good = new Map<string, Uint8Array>();
    for await (const { name } of Deno.readDir(`${cwd}/data/run_1`)) {
      if (!name.startsWith("hit_threshold")) continue;
      const file = `${cwd}/data/run_1/${name}/000000.arrow`;
      good.set(file, await Deno.readFile(file));
      const bytes = good.get(file)!.slice();
      bytes[bytes.length >> 1]! ^= 4;
      await Deno.writeFile(file, bytes);
    }
    assert.equal(good.size, 2);
    const exported = await millrace(["run", "run_1", "--type", "hit_merged", "--store", "data"], { cwd });
    assert.match(
      exported.err,
      /Reading the stored "hit_threshold" failed [^]*; what is damaged is computed anew by: millrace verify data run_1 hit_.* --repair --input FILES .*; or remove the folder/,
    );
    const verify = ["verify", "data", "run_1", "hit_threshold"];
    const repaired = await millrace([...verify, "--repair", "--input", "run_1"], { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    for (const [file, bytes] of good) assert.deepEqual(await Deno.readFile(file), bytes, file);
    const [file] = good.keys();
    await Deno.writeFile(file!, good.get(file!)!.slice(1));
    const [, type] = /(hit_threshold@\S+)/.exec((await millrace(verify, { cwd })).err)!;
    const other = await millrace(["verify", "data", "run_1", type!, "--repair", "--input", "run_1", ...[
      "--set",
      `hit_threshold.threshold=21`,
    ]], { cwd });
    assert.match(other.err, /was made with hit_threshold\.threshold/);
    const named = await millrace(["verify", "data", "run_1", type!, "--repair", "--input", "run_1"], { cwd });
    assert.equal(named.code, 0, named.err);
    assert.deepEqual(await Deno.readFile(file!), good.get(file!));
  }),
);

Deno.test(
  "millrace verify names what is damaged, and --repair makes just that, with the same bytes",
  inFolder(async (cwd) => {
    await makeStore(cwd);
    await millraceJson(["rechunk", "data", "run_1", "hit_threshold", "--size", "64KiB"], { cwd });
    const folder = `${cwd}/${await resultFolder(cwd, "data/run_1/hit_threshold")}`;
    const good = new Map<string, Uint8Array>();
    for await (const { name } of Deno.readDir(folder)) {
      good.set(name, await Deno.readFile(`${folder}/${name}`));
    }
    assert.ok(good.size > 5);
    const bytes = good.get("000001.arrow")!.slice();
    bytes[bytes.length >> 1]! ^= 4;
    await Deno.writeFile(`${folder}/000001.arrow`, bytes);
    await Deno.remove(`${folder}/000003.arrow`);
    const verify = ["verify", "data", "run_1", "hit_threshold"];
    const damaged = await millrace(verify, { cwd });
    assert.equal(damaged.code, 1);
    assert.match(
      damaged.out,
      /2 damaged[^]*000001\.arrow, chunk 1 \[.*\): its SHA-256[^]*000003\.arrow, chunk 3 .*No such file/,
    );
    assert.match(
      damaged.err,
      /Damaged: run_1\/hit_threshold; [^]*\n {2}millrace verify data run_1 hit_threshold@[0-9a-f]{12} --repair --input FILES\n/,
    );
    const other = await millrace([
      ...verify,
      "--repair",
      "--input",
      "run_1",
      "--set",
      "hit_threshold.threshold=20",
    ], { cwd });
    assert.equal(other.code, 1);
    assert.match(
      other.err,
      /give the inputs and options that it was made with; [0-9a-f]{12} was made with hit_threshold\.threshold 10, not 20/,
    );
    const repair = [...verify, "--repair", "--input", "run_1"];
    const repaired = await millrace(repair, { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    for (const [name, wanted] of good) {
      assert.deepEqual(await Deno.readFile(`${folder}/${name}`), wanted, name);
    }
    assert.equal((await millrace(verify, { cwd })).code, 0);
    await Deno.writeFile(`${folder}/journal.tsv`, good.get("journal.tsv")!.slice(5));
    assert.equal((await millrace(repair, { cwd })).code, 0);
    assert.equal((await millrace(verify, { cwd })).code, 0);
    const missing = await millrace(["verify", "data", "--repair"], { cwd });
    assert.deepEqual([missing.code, /give store, run, type and the input/.test(missing.err)], [2, true]);
  }),
);
