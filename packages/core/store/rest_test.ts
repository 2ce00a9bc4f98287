// Rows that wait for their chunk: kept, gone on with, and never believed when they are not whole.
import assert from "node:assert/strict";
import { filesIn, KEY, META, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";
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
