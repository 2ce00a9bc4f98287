import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { Account } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { sha256Of } from "./_files.ts";
import { JOURNAL_HEAD, journalLine } from "./_journal.ts";
import { KEY, put, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf, joined } from "./_testing.ts";
import { encodeChunk } from "./arrow.ts";
import { FolderStore, verifyResult } from "./store.ts";

Deno.test("every changed, missing or cut-off chunk file is named and never returned", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const path = `${root}/run_7/hits-4f1a/000002.arrow`;
    const good = await Deno.readFile(path);
    const rejected = (message: RegExp) =>
      assert.rejects(readAll(result, { timeRange: [200n, 300n] }), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`Cannot read "${path}": `), error.message);
        assert.ok(
          error.message.endsWith(
            `; what is damaged is computed anew by: millrace verify ${root} run_7 hits@4f1a --repair --input FILES ` +
              `(FILES: its input); or remove the folder "${root}/run_7/hits-4f1a" and compute the result again`,
          ),
        );
        return true;
      });
    for (let at = 0; at < good.length; at += 13) {
      const bytes = good.slice();
      bytes[at]! ^= 1 << (at % 8);
      await Deno.writeFile(path, bytes);
      await rejected(/its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/);
    }
    const account = new Account();
    await assert.rejects(readAll(result, { timeRange: [200n, 300n], account }), /its SHA-256 is/);
    assert.deepEqual([account.used, account.peak > 0], [0, true]);
    await Deno.writeFile(path, good.subarray(0, 100));
    await rejected(/it has 100 bytes, not \d+/);
    await Deno.remove(path);
    await rejected(/No such file/);
    await Deno.writeFile(path, good);
    assert.equal((await readAll(result)).length, 3);
  }));

Deno.test("a file of other rows or columns with a matching checksum is still refused", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const folder = `${root}/run_7/hits-4f1a`;
    const swap = async (chunk: Chunk, message: RegExp) => {
      const bytes = joined(await encodeChunk(chunk));
      await Deno.writeFile(`${folder}/000000.arrow`, bytes);
      const chunks = result.chunks.map((record) => ({ ...record, restarts: {} }));
      chunks[0] = { ...chunks[0]!, bytes: bytes.length, sha256: sha256Of(bytes) };
      const journal = JOURNAL_HEAD + chunks.map(journalLine).join("");
      await Deno.writeTextFile(`${folder}/journal.tsv`, journal);
      await rewrite(`${folder}/metadata.json`, (json) => json.journal.sha256 = sha256Of(journal));
      await assert.rejects(readAll((await store.open(KEY))!), message);
    };
    await swap(chunkOf(0, 100, [[1, 2]]), /000000.arrow": it has 1 rows, not 2/);
    const other = Table.from(schema({ time: "time" }), { time: [1, 2] }) as unknown as Table;
    await swap(new Chunk(other, { start: 0n, end: 9n }), /000000.arrow": column "endtime" is missing/);
    await swap(chunkOf(500, 600, [[550, 560], [570, 580]]), /Cannot make chunk .*row 0 starts at 550 ps/);
    assert.equal(result.meta.rows, 5);
  }));

// deno-lint-ignore no-explicit-any -- metadata with any field changed
type Json = any;

/** Change metadata, with a checksum that is right. */
async function rewrite(file: string, change: (json: Json) => void): Promise<void> {
  const { sha256: _, ...json } = JSON.parse(await Deno.readTextFile(file));
  change(json);
  const text = JSON.stringify(json, null, 2).slice(0, -2);
  await Deno.writeTextFile(file, `${text},\n  "sha256": "${sha256Of(text)}"\n}\n`);
}

Deno.test("a file that may not be read is not taken for a damaged one", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const [summary] = await store.list();
    const { open, readTextFile } = Deno;
    const denied = (name: string, real: unknown) => (path: string | URL, ...more: unknown[]) => {
      if (!String(path).endsWith(name)) return (real as (...all: unknown[]) => unknown)(path, ...more);
      return Promise.reject(new Deno.errors.PermissionDenied("Permission denied (os error 13)"));
    };
    const allow = (error: Error) => {
      assert.match(error.message, /Permission denied .*; allow this program to read and write there/);
      assert.doesNotMatch(error.message, /remove the folder|[Dd]amaged/);
      return true;
    };
    try {
      Deno.open = denied("000001.arrow", open) as typeof Deno.open;
      await assert.rejects(readAll(result), allow);
      await assert.rejects(verifyResult(summary!), allow);
      Deno.open = open;
      Deno.readTextFile = denied("metadata.json", readTextFile) as typeof Deno.readTextFile;
      await assert.rejects(store.open(KEY), allow);
    } finally {
      Object.assign(Deno, { open, readTextFile });
    }
    assert.equal((await readAll(result)).length, 3);
  }));

Deno.test("damaged metadata is refused with the field, the file and the remedy", () =>
  withStore(async (store, root) => {
    await put(store, three());
    const file = `${root}/run_7/hits-4f1a/metadata.json`;
    const good = await Deno.readTextFile(file);
    const bad: [(json: Json) => void, RegExp][] = [
      [
        (j) => j.format = "strax",
        /"format" is "strax", not "millrace-result"; give the folder of a store, or move this/,
      ],
      [(j) => j.version = 1, /it was written by an older version of Millrace/],
      [(j) => j.version = 3, /"version" is 3, not 2, which this program reads/],
      [(j) => delete j.version, /"version" is missing/],
      [(j) => j.state = "done", /"state" is "done", not "writing" or "complete"/],
      [(j) => j.rows = -1, /"rows" is -1, not a count/],
      [(j) => j.start = 0, /"start" is 0, not an integer in quotes/],
      [(j) => j.schema = { time: "tme" }, /unknown type "tme"/],
      [(j) => j.schema = { height: "f32" }, /not one with a column "time"/],
      [(j) => j.schema = null, /"schema" is null, not a JSON object/],
      [(j) => j.notices = [1], /"notices" is \[1\], not a list of strings/],
      [(j) => j.lineageHash = 3, /"lineageHash" is 3, not a string/],
      [(j) => j.target = 3, /target is no JSON object/],
      [(j) => j.journal = null, /journal is no JSON object/],
    ];
    const rejected = (message: RegExp) =>
      assert.rejects(store.open(KEY), (error: Error) => {
        assert.ok(error instanceof SyntaxError);
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`Cannot read "${file}": `), error.message);
        return true;
      });
    for (const [damage, message] of bad) {
      await Deno.writeTextFile(file, good);
      await rewrite(file, damage);
      await rejected(message);
    }
    await Deno.writeTextFile(file, good.replace('"rows": 5', '"rows": 6'));
    await rejected(
      /it was changed: its text is not the one of its SHA-256; what is damaged .*; or remove the folder/,
    );
    await Deno.writeTextFile(file, "[]");
    await rejected(
      /it is no JSON object; what is damaged .*; or remove the folder ".*hits-4f1a" and compute the result again/,
    );
    await Deno.writeTextFile(file, good);
    await rewrite(file, (json) => json.dataType = "peaks");
    await rejected(/it is of run_7\/peaks, lineage 4f1a; move its folder back to run_7\/peaks-4f1a/);
    await Deno.remove(file);
    await rejected(/it is missing; what is damaged .*; or remove the folder/);
  }));

Deno.test("each single flipped byte in any file of a result is detected, with the file", () =>
  withStore(async (store, root) => {
    await put(store, three());
    const folder = `${root}/run_7/hits-4f1a`;
    let flips = 0;
    for (const { name } of (await Array.fromAsync(Deno.readDir(folder)))) {
      const path = `${folder}/${name}`;
      const good = await Deno.readFile(path);
      for (let at = 0; at < good.length; at++) {
        const bytes = good.slice();
        bytes[at]! ^= 1 << (at % 8);
        await Deno.writeFile(path, bytes);
        flips++;
        await assert.rejects(
          async () => {
            const result = await store.open(KEY);
            assert.ok(result, `${name}: the result looks unfinished after a flip of byte ${at}`);
            await readAll(result);
          },
          (error: Error) => error.message.includes(name),
          `${name}, byte ${at}`,
        );
      }
      await Deno.writeFile(path, good);
    }
    assert.ok(flips > 5000);
    assert.equal((await readAll((await store.open(KEY))!)).length, 3);
  }));

Deno.test("checksums are compared always, once for a file as it is, or never", () =>
  withStore(async (store, root) => {
    await put(store, three());
    const path = `${root}/run_7/hits-4f1a/000000.arrow`;
    const result = (await store.open(KEY))!;
    await readAll(result, { verify: "first" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    // A file that was written again is another one.
    await assert.rejects(readAll(result, { verify: "first" }), /000000.arrow": its SHA-256 is/);
    await assert.rejects(readAll(result, { verify: "always" }), /000000.arrow": its SHA-256 is/);
    const read = await readAll(result, { verify: "never" }).catch((error) => String(error));
    assert.ok(typeof read !== "string" || !read.includes("SHA-256"));
    assert.ok(new FolderStore(root, { verify: "never" }));
  }));
