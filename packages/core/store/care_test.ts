// Copies, checks, removal and several stores.
import assert from "node:assert/strict";
import { KEY, META, put, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";
import { checkSizes, FolderStore, StoreLocations, verifyResult } from "./store.ts";

Deno.test("copy() takes a result over byte by byte, and refuses a damaged one", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const other = new FolderStore(`${root}/other`, { durable: false });
    const { result: copied, ...all } = await other.copy(result);
    assert.deepEqual(all, { files: 3, bytes: result.meta.bytes });
    assert.equal(copied.meta.id, result.meta.id);
    assert.deepEqual(await readAll(copied), await readAll(result));
    for await (const { name } of Deno.readDir(result.folder!)) {
      assert.deepEqual(
        await Deno.readFile(`${copied.folder}/${name}`),
        await Deno.readFile(`${result.folder}/${name}`),
      );
    }
    const path = `${result.folder}/000001.arrow`;
    const bytes = await Deno.readFile(path);
    bytes[40]! ^= 1;
    await Deno.writeFile(path, bytes);
    await put(other, [chunkOf(0, 9, []), chunkOf(9, 20, []), chunkOf(20, 30, [])]); // another of that lineage
    await assert.rejects(
      other.copy(result),
      /Cannot copy run_7\/hits in folder ".*other\/run_7": Cannot read ".*000001.arrow": its SHA-256 is .* run_7 hits@4f1a --repair /,
    );
    assert.equal((await readAll((await other.open(KEY))!)).length, 3);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${root}/other/run_7`))).map(({ name }) => name), [
      "hits-4f1a",
    ]);
    await assert.rejects(new FolderStore(root, { readOnly: true }).copy(copied), /is only to be read/);
  }));

Deno.test("copy() leaves what is there already, and makes good what is missing, cut off or, on request, damaged", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const other = new FolderStore(`${root}/other`, { durable: false });
    const { folder } = (await other.copy(result)).result;
    const files = [0, 1, 2].map((k) => `${folder}/00000${k}.arrow`) as [string, string, string];
    const content = await Promise.all(files.map((file) => Deno.readFile(file)));
    const times = async () =>
      await Promise.all(files.map(async (file) => (await Deno.stat(file)).mtime!.getTime()));
    for (const file of files) await Deno.utime(file, 1e9, 1e9);
    const copied = async (verify: boolean) => {
      const { result: there, files, bytes } = await other.copy(result, { verify });
      assert.equal(there.folder, folder);
      return { files, bytes };
    };
    for (const verify of [false, true]) assert.deepEqual(await copied(verify), { files: 0, bytes: 0 });
    assert.deepEqual(await times(), [1e12, 1e12, 1e12]);
    await Deno.remove(files[0]);
    await Deno.truncate(files[1], 100);
    assert.deepEqual(await copied(false), {
      files: 2,
      bytes: content[0]!.length + content[1]!.length,
    });
    const bytes = content[2]!.slice();
    bytes[77]! ^= 4;
    await Deno.writeFile(files[2], bytes);
    assert.deepEqual(await copied(false), { files: 0, bytes: 0 });
    assert.deepEqual(await copied(true), { files: 1, bytes: bytes.length });
    assert.deepEqual(await Promise.all(files.map((file) => Deno.readFile(file))), content);
    // Computed anew, it has the same files: nothing to copy either.
    const again = await put(store, three());
    assert.notEqual(again.meta.id, result.meta.id);
    assert.equal((await other.copy(again)).files, 0);
    await Deno.writeTextFile(`${folder}/metadata.json`, "{");
    assert.equal((await other.copy(again)).files, 3);
    assert.equal((await readAll((await other.open(KEY))!)).length, 3);
  }));

Deno.test("checkSizes() names files that are cut, longer or missing, also of a result that was moved aside meanwhile", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    assert.deepEqual(await checkSizes(result), []);
    using _held = await result.hold!();
    await put(store, three()); // takes its place
    assert.deepEqual(await checkSizes(result), []);
    const other = (await store.open(KEY))!;
    const files = [0, 1, 2].map((k) => `${other.folder}/00000${k}.arrow`) as [string, string, string];
    await Deno.truncate(files[2], 100);
    await Deno.writeFile(files[1], new Uint8Array(1), { append: true });
    await Deno.remove(files[0]);
    const bytes = other.chunks.map(({ bytes }) => bytes) as [number, number, number];
    assert.deepEqual((await checkSizes(other)).map(({ file, chunk, message }) => [file, chunk, message]), [
      ["000000.arrow", 0, "it is missing"],
      ["000001.arrow", 1, `it has ${bytes[1] + 1} bytes, not ${bytes[1]}`],
      ["000002.arrow", 2, `it has 100 bytes, not ${bytes[2]}`],
    ]);
    await Deno.remove(other.folder!, { recursive: true });
    await assert.rejects(checkSizes(other), /replaced or removed meanwhile/);
    await assert.rejects(checkSizes(result, AbortSignal.abort(new Error("enough"))), /enough/);
  }));

Deno.test("verifyResult() names every damaged file and chunk, and files that belong to none", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    const intact = await verifyResult(summary!);
    assert.deepEqual([intact.files, intact.bytes, intact.problems], [5, result.meta.bytes, []]);
    const path = `${result.folder}/000002.arrow`;
    const bytes = await Deno.readFile(path);
    bytes[100]! ^= 64;
    await Deno.writeFile(path, bytes);
    await Deno.remove(`${result.folder}/000000.arrow`);
    await Deno.writeTextFile(`${result.folder}/notes.txt`, "");
    const { problems } = await verifyResult(summary!);
    assert.deepEqual(problems.map(({ file, chunk, start, end }) => [file, chunk, start, end]), [
      ["000000.arrow", 0, 0n, 100n],
      ["000002.arrow", 2, 200n, 300n],
      ["notes.txt", undefined, undefined, undefined],
    ]);
    await Deno.writeTextFile(`${result.folder}/journal.tsv`, "x");
    const [journal] = (await verifyResult(summary!)).problems;
    assert.match(
      `${journal!.file} ${journal!.message}`,
      /^journal.tsv Cannot read ".*journal.tsv": its first line is damaged/,
    );
    assert.ok(root);
  }));

Deno.test("remove() takes a result away at once, and leaves one that is being written", () =>
  withStore(async (store) => {
    await put(store, three());
    const [summary] = await store.list();
    {
      await using _writer = await store.writer(KEY, META);
      await assert.rejects(store.remove(summary!), { name: "ResultLockedError" });
    }
    await store.remove(summary!);
    assert.equal(await store.open(KEY), undefined);
    assert.deepEqual(await store.list(), []);
  }));

Deno.test("remove() leaves what was finished, replaced or begun anew since it was listed", () =>
  withStore(async (store) => {
    {
      await using writer = await store.writer(KEY, META, { resume: true });
      await writer.write(three()[0]!);
      const [begun] = await store.list();
      assert.ok(begun!.partial);
      await writer.finish();
      await assert.rejects(store.remove(begun!), {
        name: "ResultChangedError",
        message: "Cannot remove run_7/hits: it was finished or replaced meanwhile; look at it again",
      });
    }
    const [first] = await store.list();
    const again = await put(store, three());
    await assert.rejects(store.remove(first!), { name: "ResultChangedError" });
    assert.equal((await readAll((await store.open(KEY))!)).length, again.chunks.length);
    const [now] = await store.list();
    await Deno.writeTextFile(`${now!.folder}/metadata.json`, "{");
    const [damaged] = await store.list();
    assert.ok(damaged!.problem);
    await put(store, three());
    await assert.rejects(store.remove(damaged!), { name: "ResultChangedError" });
    await store.remove((await store.list())[0]!);
    assert.deepEqual(await store.list(), []);
  }));

Deno.test("a result that is written anew with the moment of the one before stays older than later ones", () =>
  withStore(async (store) => {
    const old = await put(store, three());
    const later = await store.writer({ ...KEY }, { ...META, lineageHash: "99d0" });
    for (const chunk of three()) await later.write(chunk);
    await later.finish();
    const { runId, dataType } = KEY;
    assert.equal((await store.open({ runId, dataType }))!.meta.lineageHash, "99d0");
    await using writer = await store.writer(KEY, old.meta, { target: { bytes: 1, spanPs: 50n } });
    for await (using chunk of old.read()) await writer.write(chunk);
    assert.equal((await writer.finish()).meta.created, old.meta.created);
    assert.equal((await store.open({ runId, dataType }))!.meta.lineageHash, "99d0");
  }));

Deno.test("links that lead nowhere, in a circle or to a result: the store is read, and removal takes the link alone", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const other = new FolderStore(`${root}/other`, { durable: false });
    await Deno.mkdir(`${root}/other/run_7`, { recursive: true });
    await Deno.symlink("circle", `${root}/other/circle`);
    await Deno.symlink("nowhere", `${root}/other/lost`);
    await Deno.symlink("peaks-4f1a", `${root}/other/run_7/peaks-4f1a`);
    await Deno.symlink(await Deno.realPath(result.folder!), `${root}/other/run_7/hits-4f1a`);
    const [linked, ...more] = await other.list();
    assert.deepEqual([linked!.dataType, linked!.meta?.id], ["hits", result.meta.id]);
    assert.deepEqual(more.map(({ dataType, meta, problem }) => [dataType, meta, typeof problem]), [
      ["peaks", undefined, "string"],
    ]);
    assert.equal(await other.open({ runId: "run_7", dataType: "peaks", lineageHash: "4f1a" }), undefined);
    await other.remove(linked!);
    assert.deepEqual((await other.list()).map(({ dataType }) => dataType), ["peaks"]);
    assert.equal((await readAll((await store.open(KEY))!)).length, 3);
  }));

Deno.test("several stores are one: the first that has a result gives it, the first that may be written to takes it", () =>
  withStore(async (local, root) => {
    const shared = new FolderStore(`${root}/shared`, { durable: false });
    await put(shared, [chunkOf(0, 9, [])]);
    const both = new StoreLocations([new FolderStore(`${root}/shared`, { readOnly: true }), local]);
    assert.equal((await both.open(KEY))?.folder, `${root}/shared/run_7/hits-4f1a`);
    {
      await using writer = await both.writer({ ...KEY, dataType: "peaks" }, META);
      await writer.write(chunkOf(0, 9, []));
      assert.equal((await writer.finish()).folder, `${root}/run_7/peaks-4f1a`);
    }
    assert.deepEqual((await both.list()).map(({ folder }) => folder.slice(root.length)).sort(), [
      "/run_7/peaks-4f1a",
      "/shared/run_7/hits-4f1a",
    ]);
    const only = new StoreLocations([new FolderStore(`${root}/shared`, { readOnly: true })]);
    assert.equal(only.readOnly, true);
    await assert.rejects(only.writer(KEY, META), /every store is read-only; add one that is not/);
    assert.throws(() => new StoreLocations([]), RangeError);
  }));
