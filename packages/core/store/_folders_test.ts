import assert from "node:assert/strict";
import type { Schema } from "../data/schema.ts";
import { locate, sweep, Workspace } from "./_folders.ts";
import { chunkOf, ROWS } from "./_testing.ts";
import { FolderStore, type StoredMeta } from "./store.ts";

const KEY = { runId: "run_7", dataType: "hits" };
const META: StoredMeta = { schema: ROWS as unknown as Schema, lineage: null, lineageHash: "" };
const DEAD = "0123456789ab";

async function withRoot(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_folders_" });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

async function store(root: string, end: number): Promise<string> {
  await using writer = await new FolderStore(root).writer(KEY, META);
  await writer.write(chunkOf(0, end, []));
  return (await writer.finish()).meta.id;
}

/** Run a program that uses the store in `root` as its own process; `prefix` is put before it in a shell. */
function program(root: string, code: string, prefix = ""): Deno.ChildProcess {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const text = `
    import { FolderStore } from ${url("./store.ts")};
    import { chunkOf, ROWS } from ${url("./_testing.ts")};
    const store = new FolderStore(${JSON.stringify(root)});
    const writer = await store.writer({ runId: "run_7", dataType: "hits" }, { schema: ROWS, lineage: null, lineageHash: "" });
    ${code}`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const command = `${prefix} exec "$0" run -A --quiet --no-check --config "$1" "$2"`;
  const file = `${root}/program.ts`;
  Deno.writeTextFileSync(file, text);
  return new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), config, file],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function firstOutput(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value);
}

Deno.test("what a killed writer left is never served, and removed by the next writer", () =>
  withRoot(async (root) => {
    const first = await store(root, 9);
    const child = program(
      root,
      `
      await writer.write(chunkOf(0, 50, [[1, 2]]));
      console.log("written");
      await new Promise((done) => setTimeout(done, 60_000));`,
    );
    assert.equal((await firstOutput(child)).trim(), "written");
    const during = await namesIn(`${root}/run_7`);
    assert.equal(during.length, 3);

    // While it lives, another writer leaves its folder alone.
    const second = await store(root, 10);
    assert.notEqual(second, first);
    assert.deepEqual(await namesIn(`${root}/run_7`), during);

    child.kill("SIGKILL");
    await child.output();
    assert.deepEqual(await namesIn(`${root}/run_7`), during);
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, second);
    await (await new FolderStore(root).writer(KEY, META)).abort();
    assert.deepEqual(await namesIn(`${root}/run_7`), ["hits"]);
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, second);
  }));

Deno.test("a full disk names the folder and the remedy, leaves nothing, and keeps the result before", async () => {
  await withRoot(async (root) => {
    const before = await store(root, 9);
    // The limit on a file's size stands for a full disk: a write ends short, the next fails.
    const child = program(
      root,
      `
      const rows = Array.from({ length: 5000 }, (_, i) => [i, i + 1]);
      for (const run of [() => writer.write(chunkOf(0, 5000, rows)), () => writer.write(chunkOf(0, 9, []))]) {
        await run().then(() => console.log("no error"), (error) => console.log(error.message));
      }`,
      `trap "" XFSZ; ulimit -f 64;`,
    );
    const { stdout, stderr } = await child.output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assert.equal(lines.length, 2, new TextDecoder().decode(stderr));
    assert.match(
      lines[0]!,
      /^Cannot write chunk hits\[0 \.\. 5000\) ps, 5000 rows in folder ".*run_7\/\.hits\..*": .*too large.*; free some space or choose/,
    );
    assert.equal(lines[1], "Cannot write to result run_7/hits: it was aborted after an error");
    assert.deepEqual(await namesIn(`${root}/run_7`), ["hits"]);
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, before);
  });
});

Deno.test("a denied permission names the folder and the remedy", {
  permissions: { read: true, write: false, env: true },
}, async () => {
  const writer = new FolderStore("/nowhere/data").writer(KEY, META);
  await assert.rejects(
    writer,
    /^Error: Cannot store run_7\/hits in folder "\/nowhere\/data\/run_7": .*write access.*; allow this program to read and write/,
  );
});

Deno.test("a writer whose folder vanishes fails with its name and can't go on", () =>
  withRoot(async (root) => {
    for (const step of ["write", "finish"]) {
      await using writer = await new FolderStore(root).writer(KEY, META);
      await writer.write(chunkOf(0, 9, []));
      const temporary = (await namesIn(`${root}/run_7`)).find((name) => name.endsWith(".tmp"));
      await Deno.remove(`${root}/run_7/${temporary}`, { recursive: true });
      await assert.rejects(
        async () => step === "write" ? await writer.write(chunkOf(9, 10, [])) : await writer.finish(),
        (error: Error) => {
          assert.ok(error.message.includes(`in folder "${root}/run_7/${temporary}"`), error.message);
          assert.ok(error.cause instanceof Deno.errors.NotFound);
          return true;
        },
      );
      await assert.rejects(writer.finish(), /it was aborted after an error/);
      assert.deepEqual(await namesIn(`${root}/run_7`), []);
    }
  }));

Deno.test("a result that was moved away by a writer that then ended is served and put back", () =>
  withRoot(async (root) => {
    const id = await store(root, 9);
    await Deno.rename(`${root}/run_7/hits`, `${root}/run_7/.hits.${DEAD}.old0`);
    await Deno.mkdir(`${root}/run_7/.hits.${DEAD}.tmp`);
    await Deno.writeTextFile(`${root}/run_7/.hits.${DEAD}.lock`, "");
    const folders = new FolderStore(root);
    const result = await folders.open(KEY);
    assert.equal(result?.meta.id, id);
    assert.deepEqual((await folders.list()).map(({ dataType, meta }) => [dataType, meta?.id]), [[
      "hits",
      id,
    ]]);
    await (await folders.writer(KEY, META)).abort();
    assert.deepEqual(await namesIn(`${root}/run_7`), ["hits"]);
    assert.equal((await folders.open(KEY))?.meta.id, id);
  }));

Deno.test("sweep() removes an old result where a new one lies, and leaves other types alone", () =>
  withRoot(async (root) => {
    const id = await store(root, 9);
    const run = `${root}/run_7`;
    for (
      const name of [`.hits.${DEAD}.old0`, `.hits.${DEAD}.tmp`, `.hits.x.${DEAD}.tmp`, `.peaks.${DEAD}.old0`]
    ) {
      await Deno.mkdir(`${run}/${name}`);
    }
    await sweep(run, "hits");
    assert.deepEqual(await namesIn(run), [`.hits.x.${DEAD}.tmp`, `.peaks.${DEAD}.old0`, "hits"]);
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, id);
    assert.equal(await locate(run, "peaks"), `${run}/.peaks.${DEAD}.old0`);
    assert.equal(await locate(run, "hits.x"), undefined);
    assert.equal(await locate(`${root}/absent`, "hits"), undefined);
  }));

Deno.test("publish() exchanges a whole folder, and many at once leave one", () =>
  withRoot(async (root) => {
    const run = `${root}/run`;
    const spaces = await Promise.all(Array.from({ length: 12 }, () => Workspace.create(run, "hits")));
    assert.equal((await namesIn(run)).length, 24);
    await Promise.all(spaces.map((space, k) => Deno.writeTextFile(`${space.path}/${k}`, "")));
    const places = await Promise.all(spaces.map((space) => space.publish()));
    assert.deepEqual(new Set(places), new Set([`${run}/hits`]));
    assert.deepEqual(await namesIn(run), ["hits"]);
    assert.equal((await namesIn(`${run}/hits`)).length, 1);
  }));
