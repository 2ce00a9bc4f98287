import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { codecNames } from "./codecs/codec.ts";
import { ChunkRows, rowsOf, saveChunk, saveThenSync } from "./save_chunk.ts";

const SAVED = { bytes: 3, sha256: "00", longestRow: 0n };

Deno.test("saveThenSync() lets the writer go before the disk has the file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const request = { path: `${folder}/000000.arrow`, schema: "{}", durable: true };
    const saved = await saveThenSync(async ({ path, durable }) => {
      assert.equal(durable, false);
      await Deno.writeTextFile(path, "abc");
      return SAVED;
    }, request);
    assert.equal(saved, SAVED);
    assert.equal(await Deno.readTextFile(request.path), "abc");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveThenSync() fails where the file cannot be synced, and leaves none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const request = { path: `${folder}/000000.arrow`, schema: "{}", durable: true };
    // Nothing is there.
    await assert.rejects(saveThenSync(() => Promise.resolve(SAVED), request), Deno.errors.NotFound);
    // What is there cannot be opened to be written.
    const blocked = saveThenSync(async ({ path }) => {
      await Deno.mkdir(path);
      return SAVED;
    }, request);
    await assert.rejects(blocked);
    await assert.rejects(Deno.stat(request.path), Deno.errors.NotFound);
    // Not asked to wait, it does not look.
    assert.equal(await saveThenSync(() => Promise.resolve(SAVED), { ...request, durable: false }), SAVED);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveChunk() leaves the chunk's own memory alone, with every codec", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const rows = 20_000;
    const columns = schema({ time: "time", wave: "u16[]", width: "u16[4]", height: "f64", good: "bool" });
    const numbers = Array.from({ length: rows }, (_, k) => k);
    const table = Table.from(columns, {
      time: numbers.map((k) => BigInt(k)),
      wave: numbers.map((k) => [k % 1000, 3 * k % 500, 7]),
      width: numbers.map((k) => [k % 9, 1, 2, 3]),
      height: numbers.map((k) => k / 2),
      good: numbers.map((k) => k % 3 === 0),
    });
    const before = table.rows();
    using chunk = new Chunk(table, { start: 0n, end: BigInt(rows) });
    for (const codec of codecNames()) {
      for (let twice = 0; twice < 2; twice++) {
        using given = rowsOf(chunk);
        await saveChunk(given, { path: `${folder}/a.arrow`, schema: columns.text, durable: false, codec });
        assert.deepEqual(chunk.table.rows(), before, codec);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveChunk() writes the rows of several tables as if they were in one, in any memory", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const rows = 3000;
    const columns = schema({ time: "time", endtime: "time", wave: "u16[]", width: "i16[3]", good: "bool" });
    const pool = new BufferPool({ shared: true });
    const of = (from: number, to: number, t0: bigint) => {
      const numbers = Array.from({ length: to - from }, (_, k) => from + k);
      return Table.from(columns, {
        time: numbers.map((k) => BigInt(k)),
        endtime: numbers.map((k) => BigInt(k + 40 + k % 7)),
        wave: numbers.map((k) => Array.from({ length: k % 50 }, (_, i) => (k * i) % 65536)),
        width: numbers.map((k) => [k % 9, -1, 2]),
        good: numbers.map((k) => k % 3 === 0),
      }, { t0, pool });
    };
    const info = { start: 0n, end: BigInt(rows), coverEnd: 5000n, runId: "r", dataType: "d", dataKind: "d" };
    const request = { schema: columns.text, durable: false };
    for (const codec of codecNames()) {
      using whole = new ChunkRows([of(0, rows, 0n)], info);
      const wanted = await saveChunk(whole, { ...request, path: `${folder}/whole`, codec });
      const longer = of(900, 2200, 17n);
      const middle = longer.slice(101, 1201);
      longer.release();
      using parts = new ChunkRows([of(0, 1001, 0n), middle, of(2101, 2101, 9n), of(2101, rows, 2101n)], info);
      assert.equal(parts.length, rows);
      const saved = await saveChunk(parts, { ...request, path: `${folder}/parts`, codec });
      assert.deepEqual(saved, wanted, codec);
      assert.deepEqual(await Deno.readFile(`${folder}/parts`), await Deno.readFile(`${folder}/whole`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
