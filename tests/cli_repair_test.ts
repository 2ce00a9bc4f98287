// Damage is told with commands that repair it, typed as they are told.
import assert from "node:assert/strict";
import { inFolder, millrace, millraceJson, resultFolder, shell } from "./_cli.ts";

const TYPES = ["hit_merged", "hit_threshold", "records"];
const RUN = ["run", "run 1", "--type", "hit_merged,hit_threshold", "--save", "records", "--store", "my data"];

/** A run and results of which one is made of the other; the folders of these. */
async function makeStore(cwd: string): Promise<Map<string, string>> {
  await millraceJson(["sim", "--out", "run 1", "--rate", "5kHz", "--duration", "1s", "--samples", "200"], {
    cwd,
  });
  await millraceJson([...RUN, "--chunk-bytes", "64KiB"], { cwd });
  const folders = new Map<string, string>();
  for (const type of TYPES) {
    folders.set(type, `${cwd}/${await resultFolder(cwd, `my data/run 1/${type}`)}`);
  }
  return folders;
}

async function contentOf(folders: Iterable<string>): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const folder of folders) {
    for await (const { name } of Deno.readDir(folder)) {
      if (!/^(metadata|journal)/.test(name)) {
        content.set(`${folder}/${name}`, await Deno.readFile(`${folder}/${name}`));
      }
    }
  }
  return content;
}

/** The commands in a message. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/^ {2}(millrace .*)$/gm)].map(([, command]) => command!);

Deno.test(
  "millrace verify tells commands that repair everything, in an order in which they work",
  inFolder(async (cwd) => {
    const folders = await makeStore(cwd);
    const before = await contentOf(folders.values());
    for (const folder of folders.values()) {
      const path = `${folder}/000001.arrow`, bytes = await Deno.readFile(path);
      bytes[bytes.length >> 1]! ^= 4;
      await Deno.writeFile(path, bytes);
    }
    const { code, err } = await millrace(["verify", "my data", "--input", "run 1"], { cwd });
    assert.equal(code, 1);
    const commands = commandsIn(err);
    assert.deepEqual(
      commands.map((command) => /'run 1' (\w+)@[0-9a-f]{12} --repair --input 'run 1'$/.exec(command)?.[1]),
      ["records", "hit_threshold", "hit_merged"],
      err,
    );
    const alone = await millrace(["verify", "my data"], { cwd });
    assert.match(alone.err, /, in this order\n {2}millrace .* --input FILES\n/);
    const repaired = await shell(commands.join("\n"), { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    assert.deepEqual(await contentOf(folders.values()), before);
    assert.equal((await millrace(["verify", "my data"], { cwd })).code, 0);
  }),
);

Deno.test(
  "millrace verify tells commands also where metadata cannot be read, for each lineage, and what to add to them",
  inFolder(async (cwd) => {
    const folders = await makeStore(cwd);
    const second = ["--set", "hit_threshold.threshold=20"];
    await millraceJson(["run", "run 1", "--type", "hit_threshold", "--store", "my data", ...second], { cwd });
    const rows = async () =>
      (await millrace(["show", "my data", "run 1", "hit_merged", "--limit", "all"], { cwd })).out;
    const before = await rows();
    let damaged = 0;
    for await (const { name } of Deno.readDir(`${cwd}/my data/run 1`)) {
      if (name.startsWith(".")) continue;
      await Deno.writeTextFile(`${cwd}/my data/run 1/${name}/metadata.json`, "{");
      damaged++;
    }
    assert.equal(damaged, 4);
    const { err } = await millrace(["verify", "my data", "--input", "run 1"], { cwd });
    assert.match(err, /\nThe options of run 1\/records, .* cannot be read: those that were not the default/);
    const first = /hit_threshold-([0-9a-f]{12})/.exec(folders.get("hit_threshold")!)![1]!;
    const commands = commandsIn(err);
    assert.deepEqual(commands.map((command) => /(\w+)@[0-9a-f]{12} /.exec(command)?.[1]), [
      "records",
      "hit_threshold",
      "hit_threshold",
      "hit_merged",
    ]);
    const typed = commands.map((command) =>
      command.includes("hit_threshold@") && !command.includes(first)
        ? `${command} --set hit_threshold.threshold=20`
        : command
    );
    const repaired = await shell(typed.join("\n"), { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    assert.equal((await millrace(["verify", "my data"], { cwd })).code, 0);
    assert.equal(await rows(), before);
  }),
);

Deno.test(
  "millrace verify says where a module is needed that made a result",
  inFolder(async (cwd) => {
    const core = import.meta.resolve("@millrace/core");
    await Deno.writeTextFile(
      `${cwd}/mine.ts`,
      `import { definePlugin } from "${core}";
      export const mine = definePlugin({
        provides: "mine", dependsOn: ["records"], version: "1", schema: { time: "time" },
        computeChunk(chunk, { emit }) {
          const out = emit(chunk.length);
          out.columns.time.set(chunk.columns.time);
          return out;
        },
      });`,
    );
    await millraceJson(["sim", "--out", "run 1", "--rate", "5kHz", "--duration", "200ms"], { cwd });
    const args = ["--type", "mine", "--plugin", "mine.ts", "--store", "data"];
    await millraceJson(["run", "run 1", ...args], { cwd });
    await Deno.truncate(`${cwd}/${await resultFolder(cwd, "data/run 1/mine")}/000000.arrow`, 10);
    const without = await millrace(["verify", "data"], { cwd });
    assert.match(without.err, / --repair --input FILES --plugin MODULE\n/);
    const { err } = await millrace(["verify", "data", "--plugin", "mine.ts", "--input", "run 1"], { cwd });
    const repaired = await shell(commandsIn(err).join("\n"), { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    assert.equal((await millrace(["verify", "data"], { cwd })).code, 0);
  }),
);

Deno.test(
  "millrace run refuses a stored result of which a file is cut or missing, and tells what repairs it",
  inFolder(async (cwd) => {
    const folders = await makeStore(cwd);
    const before = await contentOf(folders.values());
    const folder = folders.get("hit_threshold")!;
    await Deno.truncate(`${folder}/000001.arrow`, 1000);
    await Deno.remove(`${folder}/000003.arrow`);
    const others = ["run", "run 1", "--type", "hit_threshold,basic_features", "--store", "my data"];
    for (
      const args of [RUN, [...RUN, "--json"], others, [...RUN.slice(0, -1), "new", "--read-from", "my data"]]
    ) {
      const { code, out, err } = await millrace(args, { cwd });
      assert.deepEqual([code, out], [1, ""]);
      assert.match(
        err,
        /stored of run "run 1": damaged is\n"hit_threshold" in "my data\/run 1\/hit_thr.*"\n {2}000001.*, chunk 1 \[.*\): it has 1000 bytes, not \d+\n {2}000003.*: it is missing\nwhich is computed anew by\n/,
      );
      assert.equal(commandsIn(err).length, 1);
      assert.equal(err.includes('or into "new" with --fresh'), args.includes("new"), err);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name).sort(), [
      "my data",
      "run 1",
    ]);
    const { err } = await millrace(RUN, { cwd });
    const repaired = await shell(commandsIn(err).join("\n"), { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    assert.deepEqual(await contentOf(folders.values()), before);
    const again = await millrace(RUN, { cwd });
    assert.match(again.out, /everything was stored already/);
    await Deno.remove(`${folder}/000003.arrow`);
    await Deno.truncate(`${folders.get("records")}/000002.arrow`, 10);
    const input = ["run", "run 1", "--type", "hit_threshold,basic_features", "--store", "my data"];
    const both = await millrace(input, { cwd });
    assert.match(both.err, /"records" in [^]*000002\.arrow, [^]*"hit_threshold" in [^]*000003\.arrow, /);
    const mended = await shell(commandsIn(both.err).join("\n"), { cwd });
    assert.equal(mended.code, 0, mended.err);
    assert.deepEqual(await contentOf(folders.values()), before);
    // What is not in the plan, but read by the repair.
    const merged = ["run", "run 1", "--type", "hit_merged", "--store", "my data"];
    for (const each of folders.values()) await Deno.truncate(`${each}/000000.arrow`, 10);
    const all = await millrace(merged, { cwd });
    assert.equal(commandsIn(all.err).length, 3, all.err);
    const repairedAll = await shell(commandsIn(all.err).join("\n"), { cwd });
    assert.equal(repairedAll.code, 0, repairedAll.err);
    assert.deepEqual(await contentOf(folders.values()), before);
    await Deno.remove(`${folder}/000003.arrow`);
    const fresh = await millrace([...RUN, "--fresh"], { cwd });
    assert.equal(fresh.code, 0, fresh.err);
  }),
);

Deno.test(
  "millrace verify repairs a damaged journal with the options that the metadata tell, by the command that it prints",
  inFolder(async (cwd) => {
    const set = ["--set", "hit_threshold.threshold=20"];
    await millraceJson(["sim", "--out", "run 1", "--rate", "5kHz", "--duration", "1s"], { cwd });
    await millraceJson(["run", "run 1", "--type", "hit_threshold", "--store", "my data", ...set], { cwd });
    const folder = `${cwd}/${await resultFolder(cwd, "my data/run 1/hit_threshold")}`;
    const before = await contentOf([folder]);
    const ls = async () =>
      await millraceJson<{ lineageHash: string | null; state: string }[]>(["ls", "my data"], { cwd });
    const [whole] = await ls();
    for (
      const damage of [(path: string) => Deno.writeTextFile(path, "?"), (path: string) => Deno.remove(path)]
    ) {
      await damage(`${folder}/journal.tsv`);
      const [one] = await ls();
      assert.deepEqual([one!.state, one!.lineageHash], ["unreadable", whole!.lineageHash]);
      const { err } = await millrace(["verify", "my data", "--input", "run 1"], { cwd });
      assert.doesNotMatch(err, /cannot be read: those/);
      const [command, ...more] = commandsIn(err);
      assert.deepEqual(more, []);
      assert.doesNotMatch(command!, /--set/); // the repair takes the options that are stored
      const repaired = await shell(command!, { cwd });
      assert.equal(repaired.code, 0, repaired.err);
      assert.deepEqual(await contentOf([folder]), before);
      assert.deepEqual((await ls()).map(({ lineageHash }) => lineageHash), [whole!.lineageHash]);
    }
  }),
);

Deno.test(
  "what comes upon a changed byte tells the command that repairs it, as millrace verify does",
  inFolder(async (cwd) => {
    const folders = await makeStore(cwd);
    const path = `${folders.get("hit_threshold")}/000001.arrow`, good = await Deno.readFile(path);
    const bytes = good.slice();
    bytes[bytes.length >> 1]! ^= 4;
    await Deno.writeFile(path, bytes);
    const [command] = commandsIn((await millrace(["verify", "my data"], { cwd })).err);
    const result = ["my data", "run 1", "hit_threshold"];
    for (
      const args of [
        ["run", "run 1", "--type", "basic_features,hit_merged", "--store", "new", "--read-from", "my data"],
        ["show", ...result, "--limit", "all"],
        ["export", ...result, "--to", "hits.csv"],
        ["rechunk", ...result, "--size", "64KiB"],
        ["copy", ...result, "--to", "other"],
      ]
    ) {
      if (args[0] === "run") await Deno.rename(folders.get("hit_merged")!, `${cwd}/aside`);
      const { code, err } = await millrace(args, { cwd });
      if (args[0] === "run") await Deno.rename(`${cwd}/aside`, folders.get("hit_merged")!);
      assert.equal(code, 1, args[0]);
      assert.match(err, /000001\.arrow": its SHA-256 is \w+, not \w+; what is damaged is computed anew by: /);
      assert.ok(err.includes(`by: ${command} (FILES: its input); or remove the folder "my data/run 1/`), err);
    }
    const repaired = await shell(command!.replace("FILES", "'run 1'"), { cwd });
    assert.equal(repaired.code, 0, repaired.err);
    assert.deepEqual(await Deno.readFile(path), good);
  }),
);

Deno.test(
  "millrace verify --repair says what is probably right where other rows are computed, and changes nothing",
  inFolder(async (cwd) => {
    const core = import.meta.resolve("@millrace/core");
    const code = (rows: string, value: number) =>
      `import { definePlugin } from "${core}";
      export const mine = definePlugin({
        provides: "mine", dependsOn: ["records"], version: "1", schema: { time: "time", value: "f32" },
        computeChunk(chunk, { emit }) {
          const out = emit(${rows});
          out.columns.time.set(chunk.columns.time.subarray(0, out.length));
          out.columns.value.fill(${value});
          return out;
        },
      });`;
    await Deno.writeTextFile(`${cwd}/mine.ts`, code("chunk.length", 1));
    await millraceJson(["sim", "--out", "run_1", "--rate", "5kHz", "--duration", "200ms"], { cwd });
    const plugin = ["--plugin", "mine.ts"];
    await millraceJson(["run", "run_1", "--type", "mine", "--store", "data", ...plugin], { cwd });
    const folder = `${cwd}/${await resultFolder(cwd, "data/run_1/mine")}`;
    await Deno.truncate(`${folder}/000000.arrow`, 10);
    const before = await contentOf([folder]);
    for (
      const [rows, value, what] of [
        [
          "chunk.length",
          2,
          /its SHA-256 is \w+, not \w+: the input files or the plugins' code are not those /,
        ],
        [
          "chunk.length >> 1",
          1,
          /\d+ rows were computed, \d+ were stored: the input files or the plugins' code /,
        ],
      ] as const
    ) {
      await Deno.writeTextFile(`${cwd}/mine.ts`, code(rows, value));
      const { code: ended, err } = await millrace(
        ["verify", "data", "run_1", "mine", "--repair", "--input", "run_1", ...plugin],
        { cwd },
      );
      assert.equal(ended, 1);
      assert.match(err, what);
      assert.match(
        err,
        /stored is probably right but for the damaged chunk: .*; millrace run --fresh replaces all/,
      );
      assert.deepEqual(await contentOf([folder]), before);
    }
  }),
);
