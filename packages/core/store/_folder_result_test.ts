import assert from "node:assert/strict";
import fc from "fast-check";
import * as flechette from "@uwdata/flechette";
import { Chunk, NO_COVER } from "../chunk/chunk.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { KEY, put, type Read, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";
import { decodeChunk } from "./arrow.ts";
import { readByOthers, zstdForFlechette } from "./codecs/_testing.ts";

const streams = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 12 }),
    steps: fc.array(fc.nat(4), { maxLength: 6 }),
    long: fc.nat(20),
  }),
  { minLength: 1, maxLength: 6 },
).map((parts) => {
  let start = 0, cover = NO_COVER;
  return parts.map(({ length, steps, long }) => {
    const end = start + length;
    let at = start;
    const times = steps.map((step) => at += step).filter((time) => time < end);
    const rows = times.map((time, i) => [time, time + (i * 7 + long) % (long + 1)] as const);
    const stretch = { start, end, rows, coverBefore: cover };
    for (const [, e] of rows) if (BigInt(e) > cover) cover = BigInt(e);
    start = end;
    return stretch;
  });
});

Deno.test("metadata.json is readable, with 64-bit integers as strings", () =>
  withStore(async (store, root) => {
    const big = 2n ** 62n;
    const table = Table.from(schema({ time: "time" }), { time: [big + 1n] }) as unknown as Table;
    const meta = { schema: table.schema, lineage: null, lineageHash: "4f1a" };
    const result = await put(store, [new Chunk(table, { start: big, end: big + 9n })], meta);
    const text = await Deno.readTextFile(`${root}/run_7/hits-4f1a/metadata.json`);
    const json = JSON.parse(text);
    assert.equal(json.format, "millrace-result");
    assert.equal(json.version, 2);
    assert.deepEqual(json.schema, { time: "time" });
    assert.equal(json.start, "4611686018427387904");
    assert.deepEqual([json.state, json.chunks, json.target], ["complete", 1, null]);
    const journal = await Deno.readTextFile(`${root}/run_7/hits-4f1a/journal.tsv`);
    assert.deepEqual(journal.split("\n")[1]!.split("\t").slice(0, -1), [
      "000000.arrow",
      result.chunks[0]!.sha256,
      "1",
      "4611686018427387904",
      "4611686018427387913",
      "4611686018427387905",
      "4611686018427387905",
      "0",
      String(result.chunks[0]!.bytes),
      "-",
    ]);
    assert.deepEqual((await readAll((await store.open(KEY))!))[0]!.rows, [{ time: big + 1n }]);
  }));

Deno.test("a chunk without rows before any row keeps coverEnd at none", () =>
  withStore(async (store) => {
    await put(store, [chunkOf(0, 5, [])]);
    const [read] = await readAll((await store.open(KEY))!);
    assert.deepEqual(read, { start: 0n, end: 5n, coverEnd: NO_COVER, rows: [] });
  }));

Deno.test("chunk files are Arrow files that other programs read, all of one type", () =>
  withStore(async (store, root) => {
    await zstdForFlechette();
    await put(store, [chunkOf(0, 10, []), chunkOf(10, 20, [[11, 12], [15, 30]]), chunkOf(20, 30, [], 30n)]);
    const types: string[] = [];
    for (const k of [0, 1, 2]) {
      const bytes = await Deno.readFile(`${root}/run_7/hits-4f1a/00000${k}.arrow`);
      const read = flechette.tableFromIPC(bytes, { useBigInt: true });
      types.push(JSON.stringify(read.schema.fields));
      const keys = ["runId", "dataType", "dataKind", "start", "end"].map((key) =>
        read.schema.metadata?.get(`millrace.${key}`)
      );
      assert.deepEqual(keys, ["run_7", "hits", "pulses", `${k * 10}`, `${k * 10 + 10}`]);
      assert.equal(read.schema.metadata?.get("millrace.coverEnd"), k === 0 ? String(NO_COVER) : "30");
      if (k === 1) {
        const rows = readByOthers(bytes);
        assert.deepEqual(rows.map((row) => [row["time"], row["endtime"], row["ok"], row["tags"]]), [
          [11n, 12n, false, [1, 2, 3]],
          [15n, 30n, true, [0, 1, 2]],
        ]);
      }
    }
    assert.deepEqual(types, [types[0], types[0], types[0]]);
  }));

Deno.test("read() cuts rows, intervals and coverEnd exactly, and adjacent ranges make the whole", () =>
  withStore(async (store) => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.integer({ min: -3, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        async (parts, x, n) => {
          const result = await put(store, parts.map((p) => chunkOf(p.start, p.end, p.rows, p.coverBefore)));
          const y = x + n;
          const all = parts.flatMap((part) => part.rows);
          const coverAt = (t: bigint) =>
            all.filter(([time]) => BigInt(time) < t).map(([, e]) => BigInt(e)).reduce(
              (a, b) => a > b ? a : b,
              NO_COVER,
            );
          const read = await readAll(result, { timeRange: [BigInt(x), BigInt(y)] });
          const wanted = parts.filter((part) => part.start < y && part.end > x);
          assert.deepEqual(
            read.map(({ start, end }) => [start, end]),
            wanted.map((part) => [BigInt(Math.max(part.start, x)), BigInt(Math.min(part.end, y))]),
          );
          const ids = read.flatMap(({ rows }) => rows.map((row) => row.id));
          assert.deepEqual(ids, all.map(([time]) => time).filter((time) => x <= time && time < y));
          for (const { end, coverEnd } of read) assert.equal(coverEnd, coverAt(end));
          const rest = await readAll(result, { timeRange: [BigInt(y), 1000n] });
          const before = await readAll(result, { timeRange: [-1000n, BigInt(x)] });
          const rows = (reads: Read[]) => reads.flatMap((part) => part.rows);
          assert.deepEqual([...rows(before), ...rows(read), ...rows(rest)], rows(await readAll(result)));
        },
      ),
      { numRuns: 40 },
    );
  }));

Deno.test("a cut chunk's coverEnd counts the rows before the range, not those after it", () =>
  withStore(async (store) => {
    const result = await put(store, [
      chunkOf(0, 100, [[10, 250], [60, 70], [90, 900]]),
      chunkOf(100, 110, [], 900n),
    ]);
    const covers = async (from: bigint, to: bigint) =>
      (await readAll(result, { timeRange: [from, to] })).map(({ coverEnd }) => coverEnd);
    assert.deepEqual(await covers(50n, 80n), [250n]);
    assert.deepEqual(await covers(0n, 10n), [NO_COVER]);
    assert.deepEqual(await covers(80n, 105n), [900n, 900n]);
  }));

Deno.test("read() opens only the files that the range touches", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    await Deno.remove(`${root}/run_7/hits-4f1a/000000.arrow`);
    await Deno.remove(`${root}/run_7/hits-4f1a/000002.arrow`);
    assert.deepEqual(await readAll(result, { timeRange: [100n, 200n] }), [
      { start: 100n, end: 200n, coverEnd: 250n, rows: [] },
    ]);
    assert.deepEqual(await readAll(result, { timeRange: [300n, 400n] }), []);
    await assert.rejects(readAll(result, { timeRange: [99n, 200n] }), /000000\.arrow/);
    await assert.rejects(readAll(result, { timeRange: [100n, 201n] }), /000002\.arrow/);
  }));

Deno.test("read() gives the columns that are asked for with time and endtime, in the result's order", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    for await (using chunk of result.read({ columns: ["tags", "id"] })) {
      assert.deepEqual(Object.keys(chunk.columns), ["time", "endtime", "id", "tags"]);
    }
    const points = schema({ charge: "f32", time: "time" });
    const table = Table.from(points, { time: [1, 2], charge: [3, 4] }) as unknown as Table;
    const meta = { schema: table.schema, lineage: null, lineageHash: "4f1a" };
    const other = await put(store, [new Chunk(table, { start: 0n, end: 9n })], meta);
    const [read] = await readAll(other, { columns: [], timeRange: [0n, 2n] });
    assert.deepEqual([read!.rows, read!.coverEnd], [[{ time: 1n }], 1n]);
  }));

Deno.test("read() refuses an empty range and unknown columns at once", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    assert.throws(() => result.read({ timeRange: [5n, 5n] }), {
      name: "RangeError",
      message: "Cannot read hits from 5 to 5 ps: the range is empty",
    });
    assert.throws(() => result.read({ columns: ["height"] }), /Unknown column "height"/);
  }));

Deno.test("read() charges the account for what is held and gives all of it back", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const account = new Account(), pool = new BufferPool();
    for await (const chunk of result.read({ account, pool })) {
      assert.equal(account.used, chunk.table.heldBytes);
      chunk.release();
      assert.equal(account.used, 0);
    }
    assert.equal(pool.made, 1); // the chunk's, again and again
    for await (using _ of result.read({ account })) break;
    assert.equal(account.used, 0);
    await assert.rejects(readAll(result, { account: new Account(100) }), { name: "MemoryBudgetError" });
    const tight = new Account(6000);
    await assert.rejects(readAll(result, { account: tight }), { name: "MemoryBudgetError" });
    assert.equal(tight.used, 0);
  }));

Deno.test("a chunk file holds its whole chunk by itself", () =>
  withStore(async (store, root) => {
    await put(store, three());
    using chunk = await decodeChunk(await Deno.readFile(`${root}/run_7/hits-4f1a/000002.arrow`));
    assert.equal(String(chunk), "hits[200 .. 300) ps, 3 rows");
    assert.equal(chunk.coverEnd, 400n);
  }));
