import assert from "node:assert/strict";
import type { Schema } from "../data/schema.ts";
import { chunkOf, plainRows, ROWS } from "./_testing.ts";
import { FolderStore, type ResultWriter, type StoredMeta, type WriterOptions } from "./store.ts";

const KEY = { runId: "run_7", dataType: "hits" };
const META: StoredMeta = { schema: ROWS as unknown as Schema, lineage: null, lineageHash: "4f1a" };
const NAME = "hits-4f1a";

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
function program(root: string, code: string, options: string, prefix = ""): Deno.ChildProcess {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const text = `
    import { FolderStore } from ${url("./store.ts")};
    import { chunkOf, ROWS } from ${url("./_testing.ts")};
    const store = new FolderStore(${JSON.stringify(root)});
    const writer = await store.writer({ runId: "run_7", dataType: "hits" },
      { schema: ROWS, lineage: null, lineageHash: "4f1a" }, ${options});
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

const resumed = (root: string, options: WriterOptions = {}): Promise<ResultWriter> =>
  new FolderStore(root).writer(KEY, META, { resume: true, ...options });

Deno.test("what a killed writer left is never served, goes to the next one that resumes, and others leave it", () =>
  withRoot(async (root) => {
    const child = program(
      root,
      `
      await writer.write(chunkOf(0, 50, [[1, 2]]));
      await writer.write(chunkOf(50, 60, [[51, 70]]));
      console.log("written");
      setInterval(() => {}, 1000);`,
      "{ resume: true, restartsAt: (end) => ({ hits: { at: end - 5n } }) }",
    );
    assert.equal((await firstOutput(child)).trim(), "written");
    const folders = new FolderStore(root);
    assert.equal(await folders.open(KEY), undefined);
    await assert.rejects(resumed(root), {
      name: "ResultLockedError",
      message: new RegExp(
        `^Cannot write run_7/hits: process ${child.pid} \\(since .*\\) is writing it; wait`,
      ),
    });
    const owners: string[] = [];
    const waiting = resumed(root, {
      wait: new AbortController().signal,
      onWait: (owner) => owners.push(owner),
    });
    while (owners.length === 0) await new Promise((done) => setTimeout(done, 5));
    child.kill("SIGKILL");
    await child.output();
    await using writer = await waiting;
    assert.match(owners.join(), new RegExp(`^process ${child.pid} `));
    assert.equal(writer.resumesAt, 60n);
    assert.deepEqual(writer.restarts, { hits: { at: 55n } });
    assert.deepEqual(writer.kept.map(({ start, end }) => [start, end]), [[0n, 50n], [50n, 60n]]);
    assert.deepEqual((await folders.list()).map(({ partial }) => [partial?.end, partial?.rows]), [[60n, 2]]);
    await assert.rejects(writer.write(chunkOf(0, 50, [])), /the chunk before ends at 60 ps/);
    await writer.write(chunkOf(60, 90, [[61, 62]], 70n));
    const result = await writer.finish();
    assert.deepEqual(result.chunks.map(({ coverEnd, rows }) => [coverEnd, rows]), [[2n, 1], [70n, 1], [
      70n,
      1,
    ]]);
    assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
    await assert.rejects(resumed(root), { name: "AlreadyStoredError" });
  }));

Deno.test("a wait for another writer ends when it is aborted", () =>
  withRoot(async (root) => {
    await using _first = await resumed(root);
    const controller = new AbortController();
    const waiting = resumed(root, { wait: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, { message: "enough" });
  }));

Deno.test("a writer that begins anew leaves a complete result in its place until it has finished", () =>
  withRoot(async (root) => {
    const first = await store(root, 9);
    {
      await using writer = await new FolderStore(root).writer(KEY, META);
      await writer.write(chunkOf(0, 10, []));
      assert.equal((await new FolderStore(root).open(KEY))?.meta.id, first);
    }
    assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, first);
    assert.notEqual(await store(root, 10), first);
    assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
  }));

Deno.test("results of several lineages lie beside each other, and the last one is opened without a hash", () =>
  withRoot(async (root) => {
    const folders = new FolderStore(root);
    const hashes = ["aaaa", "b".repeat(32), `${"b".repeat(16)}c`];
    for (const [k, lineageHash] of hashes.slice(0, 2).entries()) {
      await using writer = await folders.writer(KEY, { ...META, lineageHash });
      await writer.write(chunkOf(0, k + 1, []));
      await writer.finish();
      await new Promise((done) => setTimeout(done, 3));
    }
    assert.deepEqual(await namesIn(`${root}/run_7`), ["hits-aaaa", `hits-${"b".repeat(16)}`]);
    assert.equal((await folders.open({ ...KEY, lineageHash: "aaaa" }))?.meta.end, 1n);
    assert.equal((await folders.open({ ...KEY, lineageHash: hashes[1]! }))?.meta.end, 2n);
    assert.equal((await folders.open(KEY))?.meta.end, 2n);
    // The folder's name is that of another hash with the same beginning: it is not served for it, nor overwritten.
    assert.equal(await folders.open({ ...KEY, lineageHash: hashes[2]! }), undefined);
    await assert.rejects(
      folders.writer(KEY, { ...META, lineageHash: hashes[2]! }, { resume: true }),
      /holds run_7\/hits of lineage b+, not b+c: move it away/,
    );
    const [one] = await folders.list();
    await folders.remove(one!);
    assert.deepEqual(await namesIn(`${root}/run_7`), [`hits-${"b".repeat(16)}`]);
  }));

Deno.test("a torn, damaged or missing end of what was left is cut off, and written again", () =>
  withRoot(async (root) => {
    const folder = `${root}/run_7/${NAME}`;
    const begin = async () => {
      await using writer = await resumed(root);
      const at = Number(writer.resumesAt ?? 0n);
      for (let k = at / 10; k < 3; k++) {
        await writer.write(chunkOf(k * 10, k * 10 + 10, [[k * 10, k * 10 + 3]]));
      }
    };
    const journal = `${folder}/journal.tsv`;
    const damages: [string, () => Promise<void>, bigint | undefined][] = [
      ["torn line", async () => await Deno.truncate(journal, (await Deno.stat(journal)).size - 7), 20n],
      ["no line end", async () => await Deno.truncate(journal, (await Deno.stat(journal)).size - 1), 20n],
      ["half a line more", () => Deno.writeTextFile(journal, "000003.arrow\t12", { append: true }), 30n],
      ["zeros", () => Deno.writeFile(journal, new Uint8Array(50), { append: true }), 30n],
      ["a line twice", async () => {
        const lines = (await Deno.readTextFile(journal)).split("\n");
        await Deno.writeTextFile(journal, `${lines[3]}\n`, { append: true });
      }, 30n],
      ["a changed line in the middle", async () => {
        await Deno.writeTextFile(
          journal,
          (await Deno.readTextFile(journal)).replace("\t10\t20\t", "\t10\t21\t"),
        );
      }, 10n],
      ["a missing file", () => Deno.remove(`${folder}/000001.arrow`), 10n],
      ["a short file", () => Deno.truncate(`${folder}/000002.arrow`, 100), 20n],
      ["no journal", () => Deno.remove(journal), undefined],
      ["a damaged first line", async () => {
        await Deno.writeTextFile(journal, (await Deno.readTextFile(journal)).replace("sha256", "sha255"));
      }, undefined],
      ["no metadata", () => Deno.remove(`${folder}/metadata.json`), undefined],
      ["damaged metadata", () => Deno.writeTextFile(`${folder}/metadata.json`, "{"), undefined],
      ["half a file", () => Deno.writeTextFile(`${folder}/000003.arrow.tmp`, "ARROW1"), 30n],
    ];
    for (const [what, damage, end] of damages) {
      await begin();
      await damage();
      {
        await using writer = await resumed(root);
        assert.equal(writer.resumesAt, end, what);
      }
      await begin();
      await using writer = await resumed(root);
      assert.equal(writer.resumesAt, 30n, what);
      const result = await writer.finish();
      const starts: bigint[] = [];
      for await (using chunk of result.read()) {
        starts.push(...plainRows(chunk.table).map(({ time }) => time as bigint));
      }
      assert.deepEqual(starts, [0n, 10n, 20n], what);
      assert.deepEqual(await namesIn(folder), [
        "000000.arrow",
        "000001.arrow",
        "000002.arrow",
        "journal.tsv",
        "metadata.json",
      ], what);
      await Deno.remove(`${root}/run_7`, { recursive: true });
    }
  }));

Deno.test("a file or a link that leads nowhere in the place of a run is said to be in the way", () =>
  withRoot(async (root) => {
    await Deno.writeTextFile(`${root}/run_7`, "");
    for (const what of ["a file", "a link"]) {
      assert.equal(await new FolderStore(root).open(KEY), undefined, what);
      assert.equal(await new FolderStore(root).open({ ...KEY, lineageHash: META.lineageHash }), undefined);
      assert.deepEqual(await new FolderStore(root).list(), []);
      await assert.rejects(
        resumed(root),
        /^Error: Cannot store run_7\/hits in folder ".*": .*; a file, or a link that leads nowhere, stands where a folder belongs/,
      );
      await Deno.remove(`${root}/run_7`);
      if (what === "a file") await Deno.symlink(`${root}/nowhere`, `${root}/run_7`);
    }
    await Deno.mkdir(`${root}/elsewhere`);
    await Deno.symlink(`${root}/elsewhere`, `${root}/run_7`);
    await store(root, 9);
    assert.deepEqual(await namesIn(`${root}/elsewhere`), [NAME]);
    assert.equal((await new FolderStore(root).open(KEY))?.folder, `${root}/run_7/${NAME}`);
  }));

Deno.test("a full disk names the folder and the remedy, and loses nothing that was stored", async () => {
  await withRoot(async (root) => {
    for (const resume of [false, true]) {
      const before = resume ? undefined : await store(root, 9);
      // The limit on a file's size stands for a full disk: a write ends short, the next fails.
      const child = program(
        root,
        `
        const rows = Array.from({ length: 5000 }, (_, i) => [10 + i, 11 + i]);
        for (const run of [() => writer.write(chunkOf(0, 9, [[1, 2]])), () => writer.write(chunkOf(9, 6000, rows)), () => writer.finish()]) {
          await run().then(() => console.log("no error"), (error) => console.log(error.message));
        }`,
        `{ resume: ${resume} }`,
        `trap "" XFSZ; ulimit -f 16;`,
      );
      const { stdout, stderr } = await child.output();
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assert.equal(lines.length, 3, new TextDecoder().decode(stderr));
      assert.equal(lines[0], "no error");
      assert.match(
        lines[1]!,
        /^Cannot write chunk hits\[9 \.\. 6000\) ps, 5000 rows in folder ".*run_7\/.*": .*too large.*; free some space or choose/,
      );
      assert.equal(lines[2], "Cannot finish result run_7/hits: it was closed after an error");
      assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
      assert.equal((await new FolderStore(root).open(KEY))?.meta.id, before);
      if (resume) {
        assert.deepEqual(await namesIn(`${root}/run_7/${NAME}`), [
          "000000.arrow",
          "journal.tsv",
          "metadata.json",
        ]);
        await using writer = await resumed(root);
        assert.equal(writer.resumesAt, 9n);
      }
      await Deno.remove(`${root}/run_7`, { recursive: true });
    }
  });
});

Deno.test("a full disk while rows are kept that wait for their chunk leaves those that were kept before", async () => {
  await withRoot(async (root) => {
    const child = program(
      root,
      `
      const rows = Array.from({ length: 5000 }, (_, i) => [10 + i, 11 + i]);
      for (const run of [() => writer.write(chunkOf(0, 9, [[1, 2]])), () => writer.write(chunkOf(9, 6000, rows)), () => writer.close({ keepRest: true })]) {
        await run().then(() => console.log("no error"), (error) => console.log(error.message));
      }`,
      `{ resume: true, keepRestMs: 0, target: { bytes: 1e9, spanPs: 10n ** 9n } }`,
      `trap "" XFSZ; ulimit -f 16;`,
    );
    const { stdout, stderr } = await child.output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assert.equal(lines.length, 3, new TextDecoder().decode(stderr));
    assert.equal(lines[0], "no error");
    assert.match(
      lines[1]!,
      /^Cannot keep rows that wait for their chunk in folder ".*run_7\/.*": .*too large.*; free some space or choose/,
    );
    assert.equal(lines[2], "no error");
    assert.deepEqual(await namesIn(`${root}/run_7/${NAME}`), [
      "journal.tsv",
      "metadata.json",
      "rest-9.arrow",
      "rest.tsv",
    ]);
    {
      await using writer = await resumed(root);
      assert.equal(writer.resumesAt, 9n);
    }
    const late = program(
      root,
      `
      await writer.write(chunkOf(9, 6000, Array.from({ length: 5000 }, (_, i) => [10 + i, 11 + i])));
      await writer.close({ keepRest: true }).catch((error) => console.log(error.message));
      console.log(writer.kept.map(({ end }) => end).join());`,
      `{ resume: true, keepRestMs: Infinity }`,
      `trap "" XFSZ; ulimit -f 16;`,
    );
    const said = new TextDecoder().decode((await late.output()).stdout);
    assert.match(
      said,
      /^Cannot keep rows that wait for their chunk in folder ".*": .*; free some space .*\n9\n$/,
    );
    await using writer = await resumed(root);
    assert.equal(writer.resumesAt, 9n);
  });
});

Deno.test("on a full disk results are removed, and what cannot be written leaves nothing, not even its lock", async () => {
  await withRoot(async (root) => {
    const id = await store(root, 9);
    const limit = (body: string) =>
      new Deno.Command("sh", {
        args: [
          "-c",
          `trap "" XFSZ; ulimit -f 0; exec "$0" eval --quiet --config "$1" "$2"`,
          Deno.execPath(),
          decodeURIComponent(new URL("../../../deno.json", import.meta.url).pathname),
          `import { FolderStore } from ${JSON.stringify(import.meta.resolve("./store.ts"))};
           const store = new FolderStore(${JSON.stringify(root)});
           const [summary] = await store.list();
           try { ${body}; console.log("done"); } catch (error) { console.log(error.message); }`,
        ],
      }).output();
    const said = async (body: string) => {
      const { stdout, stderr } = await limit(body);
      return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
    };
    const meta = `{ ...summary.meta, lineage: 1, lineageHash: "99d0" }`;
    for (const resume of [false, true]) {
      assert.match(
        await said(`await store.writer(summary, ${meta}, { resume: ${resume} })`),
        /^Cannot store run_7\/hits in folder ".*": .*too large.*; free some space/,
      );
      assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
    }
    assert.equal((await new FolderStore(root).open(KEY))?.meta.id, id);
    assert.equal(await said("await store.remove(summary)"), "done");
    assert.deepEqual(await namesIn(`${root}/run_7`), []);
  });
});

Deno.test("a full disk while the journal grows leaves it whole", async () => {
  await withRoot(async (root) => {
    const child = program(
      root,
      `
      let k = 0;
      try { for (; k < 1000; k++) await writer.write(chunkOf(k * 10, k * 10 + 10, [[k * 10, k * 10 + 1]])); }
      catch (error) { console.log(k + " " + error.message); }`,
      `{ resume: true }`,
      `trap "" XFSZ; ulimit -f 16;`,
    );
    const { stdout, stderr } = await child.output();
    assert.notEqual(stdout.length, 0, new TextDecoder().decode(stderr));
    const [, count, message] = /^(\d+) (.*)/.exec(new TextDecoder().decode(stdout))!;
    assert.match(
      message!,
      /too large.*; free some space or choose another folder for the store: what is complete stays/,
    );
    assert.ok((await Deno.readTextFile(`${root}/run_7/${NAME}/journal.tsv`)).endsWith("\n"));
    await using writer = await resumed(root);
    assert.equal(writer.resumesAt, BigInt(count!) * 10n);
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
      await using writer = await resumed(root);
      await writer.write(chunkOf(0, 9, []));
      await writer.write(chunkOf(9, 19, [[10, 11]]));
      await Deno.remove(`${root}/run_7/${NAME}`, { recursive: true });
      await assert.rejects(
        async () => step === "write" ? await writer.write(chunkOf(19, 20, [], 11n)) : await writer.finish(),
        (error: Error) => {
          assert.ok(error.message.includes(`in folder "${root}/run_7/${NAME}"`), error.message);
          return true;
        },
      );
      await assert.rejects(writer.finish(), /it was closed after an error/);
      assert.deepEqual(await namesIn(root), [], "the folder of the run goes with its only writer");
    }
  }));

Deno.test("a result that was moved away by a writer that then ended is served and put back", () =>
  withRoot(async (root) => {
    const id = await store(root, 9);
    await Deno.rename(`${root}/run_7/${NAME}`, `${root}/run_7/.${NAME}.old`);
    await Deno.mkdir(`${root}/run_7/.${NAME}.new`);
    await Deno.writeTextFile(`${root}/run_7/.${NAME}.lock`, "");
    const folders = new FolderStore(root);
    assert.equal((await folders.open(KEY))?.meta.id, id);
    assert.deepEqual((await folders.list()).map(({ dataType, meta }) => [dataType, meta?.id]), [[
      "hits",
      id,
    ]]);
    await (await folders.writer(KEY, META)).close();
    assert.deepEqual(await namesIn(`${root}/run_7`), [NAME]);
    assert.equal((await folders.open(KEY))?.meta.id, id);
  }));

Deno.test("of many writers at once one has the lock, and each gets it in the end", () =>
  withRoot(async (root) => {
    let inside = 0, most = 0;
    await Promise.all(Array.from({ length: 12 }, async () => {
      await using _writer = await resumed(root, { wait: new AbortController().signal });
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 2));
      inside--;
    }));
    assert.equal(most, 1);
    assert.deepEqual(await namesIn(root), []);
  }));
