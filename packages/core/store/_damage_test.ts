import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { Account } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { KEY, put, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf, joined } from "./_testing.ts";
import { encodeChunk } from "./arrow.ts";

Deno.test("every changed, missing or cut-off chunk file is named and never returned", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    const path = `${root}/run_7/hits/000002.arrow`;
    const good = await Deno.readFile(path);
    const rejected = (message: RegExp) =>
      assert.rejects(readAll(result, { timeRange: [200n, 300n] }), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`Cannot read "${path}": `), error.message);
        assert.ok(
          error.message.endsWith(`; remove the folder "${root}/run_7/hits" and compute the result again`),
        );
        return true;
      });
    for (let at = 0; at < good.length; at += 13) {
      const bytes = good.slice();
      bytes[at]! ^= 1 << (at % 8);
      await Deno.writeFile(path, bytes);
      await rejected(/its checksum is [0-9a-f]{8}, not [0-9a-f]{8}/);
    }
    const account = new Account();
    await assert.rejects(readAll(result, { timeRange: [200n, 300n], account }), /its checksum is/);
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
    const { crc32 } = await import("node:zlib");
    const swap = async (chunk: Chunk, message: RegExp) => {
      const bytes = joined(await encodeChunk(chunk));
      await Deno.writeFile(`${root}/run_7/hits/000000.arrow`, bytes);
      const file = `${root}/run_7/hits/metadata.json`;
      const json = JSON.parse(await Deno.readTextFile(file));
      json.bytes += bytes.length - json.chunks[0].bytes;
      json.chunks[0].bytes = bytes.length;
      json.chunks[0].crc32 = crc32(bytes).toString(16).padStart(8, "0");
      await Deno.writeTextFile(file, JSON.stringify(json));
      await assert.rejects(readAll((await store.open(KEY))!), message);
    };
    await swap(chunkOf(0, 100, [[1, 2]]), /000000.arrow": it has 1 rows, not 2/);
    const other = Table.from(schema({ time: "time" }), { time: [1, 2] }) as unknown as Table;
    await swap(new Chunk(other, { start: 0n, end: 9n }), /000000.arrow": column "endtime" is missing/);
    await swap(chunkOf(500, 600, [[550, 560], [570, 580]]), /Cannot make chunk .*row 0 starts at 550 ps/);
    assert.equal(result.meta.rows, 5);
  }));

Deno.test("damaged metadata is refused with the field, the file and the remedy", () =>
  withStore(async (store, root) => {
    await put(store, three());
    const file = `${root}/run_7/hits/metadata.json`;
    const good = JSON.parse(await Deno.readTextFile(file));
    type Json = typeof good;
    const bad: [(json: Json) => void, RegExp][] = [
      [
        (j) => j.format = "strax",
        /"format" is "strax", not "millrace-result"; give the folder of a store, or move this/,
      ],
      [(j) => j.version = 2, /"version" is 2, not 1, which this program reads/],
      [(j) => delete j.version, /"version" is missing/],
      [(j) => j.rows = -1, /"rows" is -1, not a count/],
      [(j) => j.rows = 6, /its chunks have 5 rows, but it says 6/],
      [(j) => j.bytes += 1, /its chunks have \d+ bytes, but it says \d+/],
      [(j) => j.start = 0, /"start" is 0, not an integer in quotes/],
      [(j) => j.end = "301", /its chunks end at 300 ps, but it says 301/],
      [(j) => j.schema = { time: "tme" }, /unknown type "tme"/],
      [(j) => j.schema = { height: "f32" }, /not one with a column "time"/],
      [(j) => j.schema = null, /"schema" is null, not a JSON object/],
      [(j) => j.notices = [1], /"notices" is \[1\], not a list of strings/],
      [(j) => j.lineageHash = 3, /"lineageHash" is 3, not a string/],
      [(j) => j.chunks = {}, /"chunks" is {}, not a list/],
      [(j) => j.chunks = [], /it lists no chunk/],
      [(j) => j.chunks[1] = 5, /chunks\[1\] is no JSON object/],
      [
        (j) => j.chunks[1].file = "../../000001.arrow",
        /"chunks\[1\].file" is "..\/..\/000001.arrow", not a name/,
      ],
      [(j) => j.chunks[1].coverEnd = "1.5", /"chunks\[1\].coverEnd" is "1.5", not an integer in quotes/],
      [(j) => j.chunks[1].firstStart = 7, /"chunks\[1\].firstStart" is 7/],
      [(j) => j.chunks[1].start = "101", /chunk 1 covers \[101 \.\. 200\) ps, but 100 ps is next/],
      [(j) => j.chunks.splice(1, 1), /but 100 ps is next/],
    ];
    const rejected = (message: RegExp) =>
      assert.rejects(store.open(KEY), (error: Error) => {
        assert.ok(error instanceof SyntaxError);
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`Cannot read "${file}": `), error.message);
        return true;
      });
    for (const [damage, message] of bad) {
      const json = structuredClone(good);
      damage(json);
      await Deno.writeTextFile(file, JSON.stringify(json));
      await rejected(message);
    }
    await Deno.writeTextFile(file, "[]");
    await rejected(/it is no JSON object; remove the folder ".*hits" and compute the result again/);
    await Deno.writeTextFile(file, JSON.stringify({ ...good, dataType: "peaks" }));
    await rejected(/it is of run_7\/peaks; move its folder back to that name/);
    await Deno.remove(file);
    await rejected(/it is missing; remove the folder/);
  }));
