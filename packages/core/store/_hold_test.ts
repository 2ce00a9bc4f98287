// A result that is read is not removed; one that is replaced meanwhile is read to its end.
import assert from "node:assert/strict";
import { seeded } from "../testing/_seeded_testing.ts";
import { filesIn, KEY, META, put, type Read, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";
import { loadChunk } from "./load_chunk.ts";
import { FolderStore, leftoversOf, removeLeftovers, type StoredResult, verifyResult } from "./store.ts";

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

Deno.test("a result is held by several until the last lets go", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    {
      using _one = await result.hold!();
      {
        using _two = await result.hold!();
      }
      await assert.rejects(store.remove(summary!), IN_USE);
    }
    await store.remove(summary!);
    await assert.rejects(result.hold!(), CHANGED);
    await assert.rejects(verifyResult(summary!), CHANGED);
  }));

Deno.test("a result that is replaced while it is held lies aside, is read there, and goes when nobody holds it", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    const names = async () => (await filesIn(store.root)).filter((name) => name.split("/")[2] === "");
    {
      using _held = await result.hold!();
      const second = await put(store, others());
      {
        using _second = await second.hold!();
        await put(store, three());
        assert.equal((await names()).length, 3, "one in its place, two aside");
        assert.deepEqual(starts(await readAll(second)), OTHERS);
      }
      assert.deepEqual(starts(await readAll(result)), THREE);
      assert.deepEqual((await verifyResult(summary!)).problems, []);
      const other = new FolderStore(`${store.root}/copies`, { durable: false });
      assert.deepEqual(starts(await readAll((await other.copy(result)).result)), THREE);
      await Deno.remove(other.root, { recursive: true });
      assert.deepEqual((await leftoversOf(store)).map(({ result }) => result), ["hits-4f1a"]);
      await removeLeftovers(store, (await leftoversOf(store))[0]!);
      assert.deepEqual(await leftoversOf(store), []);
      await assert.rejects(readAll(second), CHANGED);
      // Whoever removes the one in the place leaves the one aside.
      await store.remove((await store.list())[0]!);
      assert.equal(await store.open(KEY), undefined);
      assert.deepEqual(starts(await readAll(result)), THREE);
      await put(store, others());
      assert.equal((await names()).length, 2);
    }
    await put(store, others());
    assert.deepEqual(await names(), ["run_7/hits-4f1a/"]);
    await assert.rejects(readAll(result), CHANGED);
    await assert.rejects(verifyResult(summary!), CHANGED);
  }));

Deno.test("a reader whose files are exchanged at any step reads its own, also unchecked", () =>
  withStore(async (store, root) => {
    const place = `${root}/run_7/hits-4f1a`, old = `${root}/run_7/.hits-4f1a.old`;
    const steps: Record<string, () => Promise<unknown>> = {
      "before the exchange": () => Promise.resolve(),
      "between the renames": () => Deno.rename(place, old),
      "put back": async () => {
        await Deno.rename(place, old);
        await (await store.writer(KEY, META)).close();
      },
      "with another in its place": async () => {
        await Deno.rename(place, old);
        await put(new FolderStore(`${root}/made`, { durable: false }), others());
        await Deno.rename(`${root}/made/run_7/hits-4f1a`, place);
      },
      "moved aside": () => put(store, others()),
    };
    for (const [name, step] of Object.entries(steps)) {
      for (const moment of ["before a file is read", "after it was read"]) {
        const result = await put(store, three());
        let loads = 0;
        const read = await readAll(result, {
          verify: "never",
          load: async (request, memory) => {
            if (loads++ === 2 && moment.startsWith("before")) await step();
            const loaded = await loadChunk(request, memory);
            if (loads === 3 && moment.startsWith("after")) await step();
            return loaded;
          },
        });
        assert.deepEqual(starts(read), THREE, `${name}, ${moment}`);
        await (await store.writer(KEY, META)).close(); // clears up
      }
    }
    assert.deepEqual((await filesIn(root)).filter((path) => path.includes("/.")), []);
  }));

Deno.test("checks, copies and reads see one result while it is replaced again and again", () =>
  withStore(async (store, root) => {
    await put(store, three());
    const wanted = [THREE, OTHERS].map(String);
    let done = false;
    const replacing = (async () => {
      for (let k = 0; k < 60; k++) await put(store, k % 2 ? three() : others());
      done = true;
    })();
    let seen = 0, late = 0;
    const again = async (work: () => Promise<string>) => {
      while (!done) {
        try {
          assert.ok(wanted.includes(await work()));
          seen++;
        } catch (error) {
          if ((error as Error).name !== "ResultChangedError") throw error;
          late++; // replaced and gone before it was held
        }
      }
    };
    const copies = new FolderStore(`${root}/copies`, { durable: false });
    await Promise.all([
      replacing,
      again(async () => String(starts(await readAll((await store.open(KEY))!, { verify: "never" })))),
      again(async () => {
        const { problems } = await verifyResult((await store.list()).find(({ runId }) => runId === "run_7")!);
        assert.deepEqual(problems, []);
        return wanted[0]!;
      }),
      again(async () => {
        const { result } = await copies.copy((await store.open(KEY))!, { verify: true });
        return String(starts(await readAll(result)));
      }),
    ]);
    assert.ok(seen > late, `${seen} times whole, ${late} times too late`);
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

/** Another result with files of the same names and sizes. */
const others = () => [
  chunkOf(0, 100, [[11, 250], [21, 22]]),
  chunkOf(100, 200, [], 250n),
  chunkOf(200, 300, [[201, 201], [251, 261], [298, 400]], 250n),
];
const THREE = [10n, 20n, 200n, 250n, 299n], OTHERS = [11n, 21n, 201n, 251n, 298n];
const starts = (chunks: readonly Read[]) => chunks.flatMap(({ rows }) => rows.map(({ time }) => time));

/** A process that reads a result of `root`, and says so; the rest comes when its standard input ends. */
function reader(root: string): Deno.ChildProcess {
  const code = `
    import { FolderStore } from ${JSON.stringify(import.meta.resolve("./store.ts"))};
    const result = await new FolderStore(${JSON.stringify(root)}).open(${JSON.stringify(KEY)});
    const starts = [];
    for await (using chunk of result.read({ verify: "never" })) {
      if (starts.length === 0) {
        console.log("reading");
        await Deno.stdin.read(new Uint8Array(1));
      }
      starts.push(...chunk.table.rows().map(({ time }) => time));
    }
    console.log(starts.join());`;
  const config = decodeURIComponent(new URL("../../../deno.json", import.meta.url).pathname);
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--config", config, code],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** How long, ms, the locks of a process may outlast it: a moment, but the machine may be busy. */
const MOST = 30_000;

/** Do something again until it is done. */
async function untilDone(work: () => Promise<boolean>): Promise<void> {
  for (const start = performance.now(); !await work();) {
    assert.ok(performance.now() - start < MOST, "the locks of a process that has ended do not end");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function removedIn(result: StoredResult, store: FolderStore): Promise<void> {
  const [summary] = await store.list();
  await untilDone(() =>
    store.remove(summary!).then(() => true, (error) => {
      if (error.name !== IN_USE.name) throw error;
      return false;
    })
  );
  await assert.rejects(readAll(result), CHANGED);
}

/** A reader in another process that has begun, and what it says. */
async function begunReader(root: string) {
  const child = reader(root);
  const output = child.stdout.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>;
  const lines = output[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "reading\n");
  return { child, lines };
}

const ENDS = ["at its end", "when it is killed"] as const;

/** It reads all rows, or is killed before. */
async function endReader(
  child: Deno.ChildProcess,
  lines: AsyncIterator<string>,
  end: typeof ENDS[number],
): Promise<void> {
  if (end === "at its end") {
    await child.stdin.close();
    assert.equal((await lines.next()).value, `${THREE}\n`);
    assert.equal((await child.status).code, 0);
  } else {
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    await child.stdin.abort();
  }
  await lines.return?.();
}

for (const end of ENDS) {
  Deno.test({
    ignore: Deno.build.os === "windows",
    name: `another process that reads a result keeps it, and lets it go ${end}`,
    fn: () =>
      withStore(async (store, root) => {
        const result = await put(store, three());
        const { child, lines } = await begunReader(root);
        await assert.rejects(new FolderStore(root).remove((await store.list())[0]!), IN_USE);
        await endReader(child, lines, end);
        await removedIn(result, store);
      }),
  });
}

for (const end of ENDS) {
  Deno.test({
    ignore: Deno.build.os === "windows",
    name: `another process that reads a result finishes it when it is replaced, and frees it ${end}`,
    fn: () =>
      withStore(async (store, root) => {
        await put(store, three());
        const { child, lines } = await begunReader(root);
        const sizes = async () => (await store.open(KEY))!.chunks.map(({ bytes }) => bytes);
        const before = await sizes();
        await put(store, others());
        assert.deepEqual(await sizes(), before, "nothing but the bytes tells them apart");
        await put(store, others());
        assert.deepEqual(await leftoversOf(store), []);
        await endReader(child, lines, end);
        await untilDone(async () => (await leftoversOf(store)).length > 0);
        const left = await leftoversOf(store);
        assert.equal(left.length, 1);
        await removeLeftovers(store, left[0]!);
        const names = (await Array.fromAsync(Deno.readDir(`${root}/run_7`))).map(({ name }) => name);
        assert.deepEqual(names, ["hits-4f1a"]);
        assert.deepEqual(starts(await readAll((await store.open(KEY))!)), OTHERS);
      }),
  });
}
