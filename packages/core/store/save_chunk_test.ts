import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { decodeTable, encodeTable } from "./arrow.ts";
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

Deno.test("saveChunk() leaves nothing where a file cannot be written, on any thread", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const columns = schema({ time: "time", wave: "u16[2]" });
    const table = Table.from(columns, { time: [1n, 2n], wave: [[1, 2], [3, 4]] });
    using chunk = new Chunk(table, { start: 0n, end: 5n });
    using rows = rowsOf(chunk);
    for (const idle of [false, true]) {
      const request = { schema: columns.text, durable: true, codec: "waveform" } as const;
      const missing = saveChunk(rows, { ...request, path: `${folder}/none/a.arrow` }, { idle });
      await assert.rejects(missing, Deno.errors.NotFound);
      await Deno.mkdir(`${folder}/taken`);
      await assert.rejects(saveChunk(rows, { ...request, path: `${folder}/taken` }, { idle }));
      assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["taken"]);
      await Deno.remove(`${folder}/taken`);
      const { bytes } = await saveChunk(rows, { ...request, path: `${folder}/a.arrow` }, { idle });
      assert.equal((await Deno.stat(`${folder}/a.arrow`)).size, bytes);
      await Deno.remove(`${folder}/a.arrow`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveChunk() of long columns, whose buffers are used again, writes the same bytes every time", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const columns = schema({ time: "time", wave: "u16[500]", other: "i16[400]" }), rows = 3000;
    const of = (seed: number) => {
      const table = Table.allocate(columns, rows);
      const { time, wave, other } = table.columns;
      for (let i = 0; i < rows; i++) time[i] = i;
      for (let i = 0; i < wave.length; i++) wave[i] = 8000 + (Math.imul(i * seed, 0x9e3779b1) >>> 26);
      for (let i = 0; i < other.length; i++) other[i] = Math.imul(i + seed, 0x85ebca6b) >> 25;
      return new Chunk(table, { start: 0n, end: BigInt(rows) });
    };
    const request = { schema: columns.text, durable: false, codec: "waveform" } as const;
    const sums: Record<number, string> = {};
    for (const seed of [1, 3, 1, 3, 5, 1, 5]) {
      using chunk = of(seed);
      using given = rowsOf(chunk);
      const { sha256 } = await saveChunk(given, { ...request, path: `${folder}/a` }, { idle: true });
      assert.equal(sums[seed] ??= sha256, sha256);
      using back = await decodeTable(await Deno.readFile(`${folder}/a`));
      assert.deepEqual(back.columns, chunk.table.columns);
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
      const idle = await saveChunk(parts, { ...request, path: `${folder}/idle`, codec }, { idle: true });
      assert.deepEqual(idle, wanted, codec);
      assert.deepEqual(await Deno.readFile(`${folder}/idle`), await Deno.readFile(`${folder}/whole`));
      assert.deepEqual(await Deno.readFile(`${folder}/parts`), await Deno.readFile(`${folder}/whole`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveChunk() writes into buffers of earlier files, and never into those of parts that somebody has", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const columns = schema({ time: "time", endtime: "time", id: "f64", wave: "i16[]" });
    const tableOf = (seed: number, rows: number) => {
      let state = seed;
      const next = () => state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const index = Array.from({ length: rows }, (_, k) => k);
      return Table.from(columns, {
        time: index.map((k) => BigInt(100 * k)),
        endtime: index.map((k) => BigInt(100 * k + next() % (90 + seed))),
        id: index.map(() => next()),
        wave: index.map((k) => [k % 100, next() % 50, next() % 3000]),
      });
    };
    // Frames large enough to be joined in a buffer that is used again.
    const held = tableOf(5, 70_000);
    const parts = await encodeTable(held, { codec: "waveform" });
    const before = parts.map((part) => part.slice());
    for (const [seed, rows] of [[1, 70_000], [2, 90_000], [3, 60_000], [4, 71_000]] as const) {
      const table = tableOf(seed, rows);
      const chunk = new Chunk(table, { start: 0n, end: BigInt(100 * rows), runId: "r", dataType: "hits" });
      const path = `${folder}/${seed}.arrow`;
      const request = { path, schema: table.schema.text, durable: false, codec: "waveform" as const };
      const saved = await saveChunk(rowsOf(chunk), request);
      const longest = Array.from(table.columns.endtime, (end, k) => end - table.columns.time[k]!)
        .reduce((a, b) => Math.max(a, b));
      assert.equal(saved.longestRow, BigInt(longest));
      using back = await decodeTable(await Deno.readFile(path));
      for (const name of ["time", "endtime", "id"] as const) {
        assert.deepEqual(back.columns[name], table.columns[name].slice());
      }
      const { values, offsets } = back.get("wave", "i16[]");
      assert.deepEqual(values.slice(), table.columns.wave.values.slice());
      assert.deepEqual(offsets.slice(), table.columns.wave.offsets.slice());
      assert.deepEqual(parts, before);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
