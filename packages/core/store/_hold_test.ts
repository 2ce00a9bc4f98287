// A result that is read is not removed.
import assert from "node:assert/strict";
import { seeded } from "../testing/_seeded_testing.ts";
import { filesIn, KEY, put, readAll, three, withStore } from "./_store_testing.ts";
import { FolderStore, type StoredResult, verifyResult } from "./store.ts";

const IN_USE = {
  name: "ResultInUseError",
  message: "Cannot remove run_7/hits: it is being read; wait until that has ended",
};
const CHANGED = {
  name: "ResultChangedError",
  message: "Cannot read run_7/hits on: the result was replaced or removed meanwhile; open it again",
};

Deno.test("remove() leaves a result that is read, from its first chunk until the reading ends or is left", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    for await (using _chunk of result.read()) await assert.rejects(store.remove(summary!), IN_USE);
    const touching = result.read({ timeRange: [150n, 260n], straddlers: "touch" })[Symbol.asyncIterator]();
    (await touching.next()).value.release();
    await assert.rejects(store.remove(summary!), IN_USE);
    await touching.return!(undefined);
    assert.equal((await readAll(result)).length, 3);
    await store.remove(summary!);
    await assert.rejects(readAll(result), CHANGED);
    assert.deepEqual(await filesIn(store.root), ["run_7/"]);
  }));

Deno.test("a result is held by several until the last lets go, and not when it is another by then", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    {
      using _one = await result.hold!();
      {
        using _two = await result.hold!();
      }
      await assert.rejects(store.remove(summary!), IN_USE);
      await put(store, three()); // who computes it anew does not wait for readers
      await assert.rejects(readAll(result), CHANGED);
    }
    await assert.rejects(result.hold!(), CHANGED);
    await store.remove((await store.list())[0]!);
    await assert.rejects(verifyResult(summary!), CHANGED);
  }));

Deno.test("of a hundred readers and a remover at any moment, each reads all rows or is told that they are gone", () =>
  withStore((store) =>
    seeded(async (random) => {
      let whole = 0, gone = 0, kept = 0;
      const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      for (let k = 0; k < 100 || whole === 0 || gone === 0 || kept === 0; k++) {
        assert.ok(k < 5000, `${whole} whole, ${gone} gone, ${kept} kept`);
        const result = await put(store, three());
        const [summary] = await store.list();
        const reading = later(12 * random.next()).then(() => readAll(result));
        const removing = later(3 * random.next()).then(() => store.remove(summary!));
        const [read, removed] = await Promise.allSettled([reading, removing]);
        if (read.status === "fulfilled") {
          assert.equal(read.value.length, 3);
          whole++;
        } else {
          assert.equal((read.reason as Error).message, CHANGED.message);
          gone++;
        }
        if (removed.status === "fulfilled") continue;
        assert.equal((removed.reason as Error).message, IN_USE.message);
        assert.equal(read.status, "fulfilled");
        kept++;
      }
    })
  ));

Deno.test("a file system without locks is read all the same, and nothing is removed there", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    const { lock, tryLock } = Deno.FsFile.prototype;
    const refuse = (code: string) => () => Promise.reject(Object.assign(new Error("not there"), { code }));
    try {
      Deno.FsFile.prototype.lock = refuse("ENOLCK");
      Deno.FsFile.prototype.tryLock = refuse("ENOLCK");
      assert.equal((await readAll(result)).length, 3);
      await assert.rejects(store.remove(summary!), /^Error: Cannot remove run_7\/hits in folder/);
      Deno.FsFile.prototype.lock = refuse("EIO");
      await assert.rejects(readAll(result), /not there/);
    } finally {
      Object.assign(Deno.FsFile.prototype, { lock, tryLock });
    }
    assert.equal((await readAll(result)).length, 3);
  }));

/** A process that reads a result of `root`, and says so; the rest comes when its standard input ends. */
function reader(root: string): Deno.ChildProcess {
  const code = `
    import { FolderStore } from ${JSON.stringify(import.meta.resolve("./store.ts"))};
    const result = await new FolderStore(${JSON.stringify(root)}).open(${JSON.stringify(KEY)});
    let rows = 0;
    for await (using chunk of result.read()) {
      if (rows === 0) {
        console.log("reading");
        await Deno.stdin.read(new Uint8Array(1));
      }
      rows += chunk.length;
    }
    console.log(rows);`;
  const config = decodeURIComponent(new URL("../../../deno.json", import.meta.url).pathname);
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--config", config, code],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function removedIn(result: StoredResult, store: FolderStore): Promise<void> {
  const [summary] = await store.list();
  for (let tries = 0;; tries++) {
    try {
      await store.remove(summary!);
      break;
    } catch (error) {
      if (tries === 1500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20)); // its locks end a moment after a process
    }
  }
  await assert.rejects(readAll(result), CHANGED);
}

for (const end of ["at its end", "when it is killed"]) {
  Deno.test({
    ignore: Deno.build.os === "windows",
    name: `another process that reads a result keeps it, and lets it go ${end}`,
    fn: () =>
      withStore(async (store, root) => {
        const result = await put(store, three());
        const child = reader(root);
        const output = child.stdout.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>;
        const lines = output[Symbol.asyncIterator]();
        assert.equal((await lines.next()).value, "reading\n");
        await assert.rejects(new FolderStore(root).remove((await store.list())[0]!), IN_USE);
        if (end === "at its end") {
          await child.stdin.close();
          assert.equal((await lines.next()).value, "5\n");
          assert.equal((await child.status).code, 0);
        } else {
          child.kill("SIGKILL");
          assert.equal((await child.status).signal, "SIGKILL");
          await child.stdin.abort();
        }
        await lines.return?.();
        await removedIn(result, store);
      }),
  });
}
