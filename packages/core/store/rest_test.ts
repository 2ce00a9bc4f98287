// Rows that wait for their chunk: kept, gone on with, and never believed when they are not whole.
import assert from "node:assert/strict";
import { filesIn, KEY, META, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";
import { saveChunk } from "./save_chunk.ts";
import type { FolderStore, ResultWriter } from "./store.ts";

const RESUME = { resume: true, target: { bytes: 1e6, spanPs: 100n }, keepRestMs: 0 };
const FOLDER = "run_7/hits-4f1a/";

async function write(writer: ResultWriter, start: bigint, times: readonly number[]): Promise<void> {
  const at = Number(start);
  using chunk = chunkOf(at, at + 10, times.map((time) => [at + time, at + time + 2]));
  await writer.write(chunk);
}

/** A writer that ended at 30 ps: there are rows at 3 and 22 ps. */
async function leave(store: FolderStore): Promise<void> {
  await using writer = await store.writer(KEY, META, RESUME);
  await write(writer, 0n, [3]);
  await write(writer, 10n, []);
  await write(writer, 20n, [2]);
  await writer.close({ keepRest: true });
}

Deno.test("rows that wait for their chunk are gone on with, and not left beside a complete result", async () => {
  await withStore(async (store, root) => {
    await leave(store);
    const [one] = await store.list();
    assert.deepEqual([one?.partial?.end, one?.partial?.rows], [30n, 2]);
    await using writer = await store.writer(KEY, META, RESUME);
    assert.equal(writer.resumesAt, 30n);
    assert.deepEqual(writer.kept.map(({ start, end, rows }) => [start, end, rows]), [[0n, 30n, 2]]);
    await write(writer, 30n, [1]);
    const result = await writer.finish();
    assert.deepEqual(result.chunks.map(({ start, end, rows }) => [start, end, rows]), [[0n, 40n, 3]]);
    assert.deepEqual((await filesIn(root)).filter((name) => name.includes("rest")), []);
  });
});

Deno.test("a stretch without rows is kept as well", async () => {
  await withStore(async (store) => {
    {
      await using writer = await store.writer(KEY, META, RESUME);
      await write(writer, 0n, []);
    }
    await using writer = await store.writer(KEY, META, RESUME);
    assert.equal(writer.resumesAt, 10n);
    await write(writer, 10n, [5]);
    const result = await writer.finish();
    assert.deepEqual(result.chunks.map(({ start, end, rows }) => [start, end, rows]), [[0n, 20n, 1]]);
  });
});

Deno.test("rows that waited are made again where a byte of them is wrong, or they belong elsewhere", async () => {
  await withStore(async (store, root) => {
    await leave(store);
    const names = (await filesIn(root)).filter((name) => name.includes("/rest"));
    assert.equal(names.length, 2);
    for (const name of names) {
      const path = `${root}/${name}`, whole = await Deno.readFile(path);
      for (let k = 0; k < whole.length; k += 13) {
        const bytes = whole.slice();
        bytes[k]! ^= 1 << (k % 8);
        await Deno.writeFile(path, bytes);
        await using writer = await store.writer(KEY, META, { ...RESUME, keepRestMs: Infinity });
        assert.equal(writer.resumesAt, undefined, `byte ${k} of ${name}`);
        await writer[Symbol.asyncDispose]();
        await leave(store);
      }
      await Deno.truncate(path, whole.length / 2);
      await using writer = await store.writer(KEY, META, { ...RESUME, keepRestMs: Infinity });
      assert.equal(writer.resumesAt, undefined, `half of ${name}`);
      await writer[Symbol.asyncDispose]();
      await leave(store);
    }
  });
});

Deno.test("rows that waited do not outlive their chunk, and what a writer without resume leaves is nothing", async () => {
  await withStore(async (store, root) => {
    {
      await using writer = await store.writer(KEY, META, RESUME);
      await write(writer, 90n, [3]);
      await write(writer, 100n, [3]); // the chunk of before is complete
      await write(writer, 110n, [3]);
    }
    const kept = (await filesIn(root, FOLDER)).map((name) => name.slice(FOLDER.length)).sort();
    assert.deepEqual(kept, ["000000.arrow", "journal.tsv", "metadata.json", "rest-120.arrow", "rest.tsv"]);
    await using again = await store.writer(KEY, META, RESUME);
    assert.equal(again.resumesAt, 120n);
    await again[Symbol.asyncDispose]();
    {
      await using writer = await store.writer(KEY, META, { ...RESUME, resume: false });
      await write(writer, 0n, [3]);
      await writer.close({ keepRest: true });
    }
    assert.equal((await filesIn(root)).some((name) => name.includes(".new")), false);
  });
});

Deno.test("rows that waited are not believed when lines of the journal before them are lost", async () => {
  for (const what of ["a byte of the line", "the line", "the file"]) {
    await withStore(async (store, root) => {
      {
        await using writer = await store.writer(KEY, META, RESUME);
        await write(writer, 90n, [3]);
        await write(writer, 100n, [3]);
      }
      const path = `${root}/${FOLDER}journal.tsv`, journal = await Deno.readFile(path);
      if (what === "the file") await Deno.remove(`${root}/${FOLDER}000000.arrow`);
      else {
        journal[journal.length - 20]! ^= 1;
        const head = journal.indexOf(10) + 1;
        await Deno.writeFile(path, what === "the line" ? journal.subarray(0, head) : journal);
      }
      await using writer = await store.writer(KEY, META, RESUME);
      assert.equal(writer.resumesAt, undefined, what);
    });
  }
});

Deno.test("what is interrupted before there are other rows keeps its places to start again", async () => {
  await withStore(async (store) => {
    const saved = { bytes: new Uint8Array([1, 2]), cover: 4n, hold: 5n };
    {
      await using writer = await store.writer(KEY, META, {
        ...RESUME,
        restartsAt: () => ({ p: { at: 1n, saved } }),
      });
      await write(writer, 0n, [3]);
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      await using writer = await store.writer(KEY, META, { ...RESUME, restartsAt: () => ({}) });
      assert.deepEqual(writer.restarts, { p: { at: 1n, saved } });
      await writer.close({ keepRest: true });
    }
  });
});

Deno.test("a state that is torn is written again", async () => {
  await withStore(async (store, root) => {
    const saved = { bytes: new Uint8Array([1, 2]), cover: 4n, hold: 5n };
    const options = { ...RESUME, restartsAt: () => ({ p: { at: 1n, saved } }) };
    {
      await using writer = await store.writer(KEY, META, options);
      await write(writer, 0n, [3]);
    }
    const name = (await filesIn(root)).find((name) => name.includes("/state-"))!;
    await Deno.truncate(`${root}/${name}`, 5);
    {
      await using writer = await store.writer(KEY, META, options);
      assert.deepEqual(writer.restarts, {});
      await write(writer, 10n, [3]);
    }
    await using writer = await store.writer(KEY, META, options);
    assert.deepEqual(writer.restarts, { p: { at: 1n, saved } });
    const states = (await filesIn(root)).filter((name) => name.includes("/state-"));
    assert.deepEqual(states, [name]);
  });
});

/** A writer whose first chunk's file is written when the gate is opened, and rows behind that chunk. */
async function slow(store: FolderStore) {
  const gate = Promise.withResolvers<void>();
  const writer = await store.writer(KEY, META, {
    ...RESUME,
    save: async (rows, request) => {
      if (request.path.endsWith("000000.arrow")) await gate.promise;
      return await saveChunk(rows, request);
    },
  });
  await write(writer, 0n, [3]);
  using chunk = chunkOf(10, 110, [[31, 32], [105, 106]]);
  const writing = writer.write(chunk);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { writer, writing, open: () => gate.resolve() };
}

Deno.test("what was kept stays until what is kept behind a chunk is of use", async () => {
  await withStore(async (store, root) => {
    const { writer, writing, open } = await slow(store);
    const next = write(writer, 110n, [1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const rests = async () => (await filesIn(root, FOLDER)).filter((name) => name.endsWith("0.arrow"));
    assert.deepEqual(await rests(), [`${FOLDER}rest-10.arrow`]);
    open();
    await Promise.all([writing, next]);
    assert.deepEqual(await rests(), [`${FOLDER}000000.arrow`, `${FOLDER}rest-120.arrow`]);
    await writer.close();
  });
});

Deno.test("nothing is kept on the way while a writer is closed or finished", async () => {
  for (const how of ["close", "close and keep", "finish"]) {
    await withStore(async (store, root) => {
      const { writer, writing, open } = await slow(store);
      const ending = how === "finish" ? writer.finish() : writer.close({ keepRest: how !== "close" });
      open();
      await Promise.all([writing, ending]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const names = (await filesIn(root, FOLDER)).map((name) => name.slice(FOLDER.length));
      if (how === "finish") {
        assert.deepEqual(names, ["000000.arrow", "000001.arrow", "journal.tsv", "metadata.json"]);
        return;
      }
      await using again = await store.writer(KEY, META, RESUME);
      const kept = again.kept.map(({ start, end, rows }) => [start, end, rows]);
      const rest = how === "close" ? [] : [[100n, 110n, 1]];
      assert.deepEqual(kept, [[0n, 100n, 2], ...rest]);
    });
  }
});

/** A complete result with a row at 5 ps. */
async function finished(store: FolderStore): Promise<void> {
  await using writer = await store.writer(KEY, META, RESUME);
  await write(writer, 0n, [5]);
  await writer.finish();
}

Deno.test("a fresh writer removes what is half-done, and leaves its own rows for the next one", async () => {
  await withStore(async (store, root) => {
    await leave(store);
    {
      await using writer = await store.writer(KEY, META, { ...RESUME, fresh: true });
      assert.deepEqual([writer.resumesAt, writer.replaces, writer.kept], [undefined, false, []]);
      assert.deepEqual(await filesIn(root, FOLDER), [`${FOLDER}journal.tsv`, `${FOLDER}metadata.json`]);
      await write(writer, 0n, [7]);
      await writer.close({ keepRest: true });
      assert.deepEqual(writer.kept.map(({ end, rows }) => [end, rows]), [[10n, 1]]);
    }
    await using next = await store.writer(KEY, META, RESUME);
    assert.equal(next.resumesAt, 10n);
    await write(next, 10n, []);
    assert.equal((await next.finish()).meta.rows, 1);
  });
});

Deno.test("a fresh writer over a complete result keeps that until it is finished, and nothing of its own", async () => {
  await withStore(async (store, root) => {
    await finished(store);
    const before = await filesIn(root), { meta: { id } } = (await store.open(KEY))!;
    {
      await using writer = await store.writer(KEY, META, { ...RESUME, fresh: true });
      assert.ok(writer.replaces);
      await write(writer, 0n, [7]);
      await write(writer, 10n, [7]);
      assert.equal((await store.open(KEY))!.meta.id, id);
      await writer.close({ keepRest: true });
      assert.deepEqual([writer.kept, writer.replaces], [[], true]);
    }
    assert.deepEqual(await filesIn(root), before);
    await using writer = await store.writer(KEY, META, { ...RESUME, fresh: true });
    await write(writer, 0n, [7, 8]);
    const { meta } = await writer.finish();
    assert.deepEqual([meta.rows, writer.replaces, writer.kept.length], [2, false, 1]);
    assert.equal((await store.open(KEY))!.meta.id, meta.id);
  });
});

Deno.test("a fresh writer leaves a result that is damaged where it is until it is finished", async () => {
  for (const file of ["journal.tsv", "metadata.json"]) {
    for (
      const damage of [(path: string) => Deno.remove(path), (path: string) => Deno.writeTextFile(path, "?")]
    ) {
      await withStore(async (store, root) => {
        await finished(store);
        await damage(`${root}/${FOLDER}${file}`);
        const before = await filesIn(root);
        {
          await using writer = await store.writer(KEY, META, { ...RESUME, fresh: true });
          assert.ok(writer.replaces);
          await write(writer, 0n, [7]);
        }
        assert.deepEqual(await filesIn(root), before);
      });
    }
  }
});

Deno.test("rows that wait for their chunk are kept every second", async () => {
  await withStore(async (store, root) => {
    const real = performance.now;
    let now = real.call(performance);
    performance.now = () => now;
    try {
      const { keepRestMs: _, ...usual } = RESUME;
      await using writer = await store.writer(KEY, META, usual);
      const isKept = async () => (await filesIn(root, FOLDER)).some((name) => name.endsWith("rest.tsv"));
      now += 999;
      await write(writer, 0n, [3]);
      assert.ok(!await isKept());
      now += 1;
      await write(writer, 10n, [3]);
      assert.ok(await isKept());
    } finally {
      performance.now = real;
    }
  });
});
