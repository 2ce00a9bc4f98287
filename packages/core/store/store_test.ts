import assert from "node:assert/strict";
import fc from "fast-check";
import * as flechette from "@uwdata/flechette";
import { Chunk, NO_COVER } from "../chunk/chunk.ts";
import { Account, BufferPool } from "../data/buffer_pool.ts";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { chunkOf, joined, plainRows, ROWS } from "./_testing.ts";
import { decodeChunk, encodeChunk } from "./arrow.ts";
import {
  FolderStore,
  type ReadOptions,
  type ResultWriter,
  type StoredMeta,
  type StoredResult,
} from "./store.ts";

const KEY = { runId: "run_7", dataType: "hits" };
const META: StoredMeta = {
  schema: ROWS as unknown as Schema,
  dataKind: "pulses",
  lineage: { hits: ["1.0.0", { threshold: 5 }] },
  lineageHash: "4f1a",
  notices: ["first"],
};

async function withStore(work: (store: FolderStore, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "millrace_store_" });
  try {
    await work(new FolderStore(root, { durable: false }), root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function put(store: FolderStore, chunks: readonly Chunk[], meta = META): Promise<StoredResult> {
  await using writer = await store.writer(KEY, meta);
  for (const chunk of chunks) {
    await writer.write(chunk);
    chunk.release();
  }
  return await writer.finish();
}

/** Everything below a folder, by path. */
async function filesIn(root: string, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = folder + name;
    if (isDirectory) found.push(`${path}/`, ...await filesIn(root, `${path}/`));
    else found.push(path);
  }
  return found.sort();
}

interface Read {
  start: bigint;
  end: bigint;
  coverEnd: bigint;
  rows: Record<string, unknown>[];
}

async function readAll(result: StoredResult, options?: ReadOptions): Promise<Read[]> {
  const read: Read[] = [];
  for await (using chunk of result.read(options)) {
    const { start, end, coverEnd } = chunk;
    read.push({ start, end, coverEnd, rows: plainRows(chunk.table) });
  }
  return read;
}

const three = () => [
  chunkOf(0, 100, [[10, 250], [20, 21]]),
  chunkOf(100, 200, [], 250n),
  chunkOf(200, 300, [[200, 200], [250, 260], [299, 400]], 250n),
];

Deno.test("a result reads back as it was written", () =>
  withStore(async (store, root) => {
    const written = three().map((chunk) => ({
      start: chunk.start,
      end: chunk.end,
      coverEnd: chunk.coverEnd,
      rows: plainRows(chunk.table),
    }));
    const finished = await put(store, three());
    const opened = await store.open(KEY);
    assert.deepEqual(await filesIn(root), [
      "run_7/",
      "run_7/hits/",
      "run_7/hits/000000.arrow",
      "run_7/hits/000001.arrow",
      "run_7/hits/000002.arrow",
      "run_7/hits/metadata.json",
    ]);
    for (const result of [finished, opened!]) {
      const { meta, chunks } = result;
      const { id, created, bytes, schema, ...rest } = meta;
      assert.deepEqual(rest, {
        ...KEY,
        dataKind: "pulses",
        lineage: META.lineage,
        lineageHash: "4f1a",
        notices: ["first"],
        start: 0n,
        end: 300n,
        rows: 5,
        longestRow: 240n,
      });
      assert.equal(schema.text, ROWS.text);
      assert.match(id, /^[0-9a-f-]{36}$/);
      assert.equal(new Date(created).toISOString(), created);
      assert.equal(bytes, chunks.reduce((sum, chunk) => sum + chunk.bytes, 0));
      assert.deepEqual(
        chunks.map(({ rows, start, end, coverEnd, firstStart }) => [rows, start, end, coverEnd, firstStart]),
        [[2, 0n, 100n, 250n, 10n], [0, 100n, 200n, 250n, null], [3, 200n, 300n, 400n, 200n]],
      );
      assert.deepEqual(await readAll(result), written);
    }
    for await (using chunk of opened!.read()) {
      assert.deepEqual([chunk.runId, chunk.dataType, chunk.dataKind], ["run_7", "hits", "pulses"]);
      assert.equal(chunk.t0, chunk.start);
      assert.equal(chunk.table.width("wave"), 3); // the empty one too
    }
  }));

Deno.test("metadata.json is readable, with 64-bit integers as strings", () =>
  withStore(async (store, root) => {
    const big = 2n ** 62n;
    const table = Table.from(schema({ time: "time" }), { time: [big + 1n] }) as unknown as Table;
    const meta = { schema: table.schema, lineage: null, lineageHash: "" };
    const result = await put(store, [new Chunk(table, { start: big, end: big + 9n })], meta);
    const text = await Deno.readTextFile(`${root}/run_7/hits/metadata.json`);
    const json = JSON.parse(text);
    assert.equal(json.format, "millrace-result");
    assert.equal(json.version, 1);
    assert.deepEqual(json.schema, { time: "time" });
    assert.equal(json.start, "4611686018427387904");
    assert.deepEqual(json.chunks, [{
      file: "000000.arrow",
      rows: 1,
      start: "4611686018427387904",
      end: "4611686018427387913",
      coverEnd: "4611686018427387905",
      firstStart: "4611686018427387905",
      bytes: result.chunks[0]!.bytes,
      crc32: result.chunks[0]!.crc32,
    }]);
    assert.ok(text.includes('\n    {"file":"000000.arrow"'));
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
    await put(store, [chunkOf(0, 10, []), chunkOf(10, 20, [[11, 12], [15, 30]]), chunkOf(20, 30, [], 30n)]);
    const types: string[] = [];
    for (const k of [0, 1, 2]) {
      const bytes = await Deno.readFile(`${root}/run_7/hits/00000${k}.arrow`);
      const read = flechette.tableFromIPC(bytes, { useBigInt: true });
      types.push(JSON.stringify(read.schema.fields));
      const keys = ["runId", "dataType", "dataKind", "start", "end"].map((key) =>
        read.schema.metadata?.get(`millrace.${key}`)
      );
      assert.deepEqual(keys, ["run_7", "hits", "pulses", `${k * 10}`, `${k * 10 + 10}`]);
      assert.equal(read.schema.metadata?.get("millrace.coverEnd"), k === 0 ? String(NO_COVER) : "30");
      if (k === 1) {
        assert.deepEqual([...read.getChild("time")], [11n, 15n]);
        assert.deepEqual([...read.getChild("endtime")], [12n, 30n]);
        assert.deepEqual([...read.getChild("ok")], [false, true]);
        assert.deepEqual([...read.getChild("tags")].map((row) => [...row]), [[1, 2, 3], [0, 1, 2]]);
      }
    }
    assert.deepEqual(types, [types[0], types[0], types[0]]);
  }));

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

Deno.test("read() opens only the files that the range touches", () =>
  withStore(async (store, root) => {
    const result = await put(store, three());
    await Deno.remove(`${root}/run_7/hits/000000.arrow`);
    await Deno.remove(`${root}/run_7/hits/000002.arrow`);
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
    const meta = { schema: table.schema, lineage: null, lineageHash: "" };
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
    assert.equal(pool.made, 2); // the file's and the chunk's, again and again
    for await (using _ of result.read({ account })) break;
    assert.equal(account.used, 0);
    await assert.rejects(readAll(result, { account: new Account(100) }), { name: "MemoryBudgetError" });
    const tight = new Account(6000);
    await assert.rejects(readAll(result, { account: tight }), { name: "MemoryBudgetError" });
    assert.equal(tight.used, 0);
  }));

Deno.test("write() keeps the rows while it works, so that the chunk may be released", () =>
  withStore(async (store) => {
    await using writer = await store.writer(KEY, META);
    const pool = new BufferPool();
    const chunk = chunkOf(0, 10, [[3, 4]]);
    const own = new Chunk(chunk.table.compact({ pool }), chunk);
    const work = writer.write(own);
    own.release();
    assert.equal(pool.idleBytes, 0);
    await work;
    assert.ok(pool.idleBytes > 0);
    const [read] = await readAll(await writer.finish());
    assert.deepEqual(read!.rows, plainRows(chunk.table));
  }));

Deno.test("write() calls that overlap are done in order, before finish()", () =>
  withStore(async (store) => {
    await using writer = await store.writer(KEY, META);
    const [result] = await Promise.all([
      (async () => {
        for (const chunk of three()) void writer.write(chunk);
        return await writer.finish({ notices: ["second"] });
      })(),
    ]);
    assert.deepEqual(result.chunks.map(({ rows }) => rows), [2, 0, 3]);
    assert.deepEqual((await store.open(KEY))!.meta.notices, ["first", "second"]);
  }));

Deno.test("write() stores a slice and a fixed width under an open one", () =>
  withStore(async (store) => {
    const chunk = chunkOf(0, 100, [[1, 2], [3, 9], [50, 60]]);
    const fixed = schema({ ...ROWS.types, wave: "u16[3]" });
    const table = Table.wrap(fixed, 3, chunk.table.columns as never).slice(1, 3) as unknown as Table;
    const result = await put(store, [new Chunk(table, { start: 0n, end: 100n })]);
    assert.equal(result.meta.schema.text, ROWS.text);
    const [read] = await readAll((await store.open(KEY))!);
    assert.deepEqual(read!.rows, plainRows(chunkOf(0, 100, [[3, 9], [50, 60]]).table));
  }));

Deno.test("write() refuses what doesn't follow, and goes on after it", () =>
  withStore(async (store) => {
    await using writer = await store.writer(KEY, META);
    await writer.write(chunkOf(0, 100, [[10, 250]]));
    const wide = Table.from(ROWS, {
      time: [101n],
      endtime: [102n],
      id: [1],
      wave: [[1, 2]],
      tags: [[]],
      ok: [true],
    });
    const info = { start: 100n, end: 200n, coverEnd: 250n };
    const other = Table.from(schema({ time: "time", id: "u32" }), { time: [101n], id: [4] });
    const good = () => chunkOf(100, 200, [[150, 160]], 250n);
    const bad: [Chunk, string, RegExp][] = [
      [chunkOf(101, 200, [], 250n), "RangeError", /result run_7\/hits: the chunk before ends at 100 ps/],
      [chunkOf(50, 200, [], 250n), "RangeError", /ends at 100 ps/],
      [
        chunkOf(100, 200, [[150, 160]]),
        "RangeError",
        /its coverEnd 160 is below the 250 of the chunk before/,
      ],
      [
        new Chunk(wide as unknown as Table, info),
        "RangeError",
        /column "wave" is 2 wide, in the chunks before 3/,
      ],
      [
        new Chunk(other as unknown as Table, info),
        "TypeError",
        /its columns are {"time":"time","id":"u32"}, not {/,
      ],
      [
        new Chunk(good().table, { ...info, runId: "run_8" }),
        "TypeError",
        /of run "run_8" to result run_7\/hits/,
      ],
      [
        new Chunk(good().table, { ...info, dataType: "peaks" }),
        "TypeError",
        /Cannot write chunk peaks\[100 \.\. 200\)/,
      ],
    ];
    for (const [chunk, name, message] of bad) {
      await assert.rejects(writer.write(chunk), (error: Error) => {
        assert.equal(error.name, name);
        assert.match(error.message, message);
        return true;
      });
    }
    await writer.write(new Chunk(good().table, { ...info, ...KEY, dataKind: "whatever" }));
    assert.equal((await writer.finish()).meta.rows, 2);
  }));

Deno.test("write() of times that don't fit 64 bits fails and leaves the writer usable", () =>
  withStore(async (store) => {
    await using writer = await store.writer(KEY, META);
    const far = Table.allocate(ROWS, 1, { t0: 2n ** 63n - 10n, widths: { wave: 3 } });
    far.columns.time[0] = far.columns.endtime[0] = 0;
    far.columns.tags.offsets.fill(0);
    const chunk = new Chunk(far as unknown as Table, { start: 2n ** 63n - 10n, end: 2n ** 63n - 1n });
    await assert.rejects(writer.write(chunk), /may not fit 64 bits/);
    await writer.write(chunkOf(0, 10, []));
    await writer.finish();
  }));

Deno.test("nothing is readable before finish(), and abort() leaves nothing", () =>
  withStore(async (store, root) => {
    {
      await using writer = await store.writer(KEY, META);
      for (const chunk of three()) await writer.write(chunk);
      assert.equal(await store.open(KEY), undefined);
      assert.deepEqual(await store.list(), []);
    }
    assert.deepEqual(await filesIn(root), ["run_7/"]);
    const writer = await store.writer(KEY, META);
    await writer.abort();
    await writer.abort();
    await assert.rejects(writer.write(chunkOf(0, 1, [])), {
      name: "TypeError",
      message: "Cannot write to result run_7/hits: it was aborted",
    });
    await assert.rejects(writer.finish(), /Cannot finish result run_7\/hits: it was aborted/);
  }));

Deno.test("a finished writer can't be used again, and its disposal keeps the result", () =>
  withStore(async (store) => {
    let kept: ResultWriter;
    {
      await using writer = kept = await store.writer(KEY, META);
      await assert.rejects(writer.finish(), /Cannot finish result run_7\/hits without chunks/);
      await writer.write(chunkOf(0, 1, []));
      await writer.finish();
    }
    await assert.rejects(kept.write(chunkOf(1, 2, [])), /it was finished/);
    await assert.rejects(kept.finish(), /it was finished/);
    assert.equal((await store.open(KEY))?.meta.end, 1n);
  }));

Deno.test("finish() replaces an earlier result, whose readers are told", () =>
  withStore(async (store, root) => {
    const first = await put(store, three());
    const reading = first.read()[Symbol.asyncIterator]();
    (await reading.next()).value.release();
    const second = await put(store, [chunkOf(0, 9, [[1, 2]])]);
    assert.notEqual(first.meta.id, second.meta.id);
    await assert.rejects(
      async () => await reading.next(),
      /Cannot read run_7\/hits on: the result was replaced or removed meanwhile; open it again/,
    );
    assert.equal((await store.open(KEY))!.meta.id, second.meta.id);
    assert.deepEqual(await filesIn(root), [
      "run_7/",
      "run_7/hits/",
      "run_7/hits/000000.arrow",
      "run_7/hits/metadata.json",
    ]);
  }));

Deno.test("readers see an old or a new result at every moment of many replacements by two writers", () =>
  withStore(async (store, root) => {
    const ids = new Set([(await put(store, [chunkOf(0, 9, [])])).meta.id]);
    let writing = true, opened = 0;
    const replace = async () => {
      for (let k = 0; k < 25; k++) ids.add((await put(store, [chunkOf(0, 9, [[k % 9, 20]])])).meta.id);
    };
    const look = async () => {
      const seen: string[] = [];
      while (writing) {
        const result = await store.open(KEY);
        assert.ok(result, "there was no result for a moment");
        seen.push(result.meta.id);
        opened++;
      }
      for (const id of seen) assert.ok(ids.has(id));
    };
    const looking = look();
    await Promise.all([replace(), replace()]);
    writing = false;
    await looking;
    assert.ok(opened > 0);
    assert.equal((await filesIn(root)).length, 4);
  }));

Deno.test("list() names all results in order, and damaged ones with their problem", () =>
  withStore(async (store, root) => {
    assert.deepEqual(await new FolderStore(`${root}/absent`).list(), []);
    for (const [runId, dataType] of [["run_8", "hits"], ["run_7", "peaks"], ["run_7", "hits"]] as const) {
      await using writer = await store.writer({ runId, dataType }, META);
      await writer.write(chunkOf(0, 9, []));
      await writer.finish();
    }
    await Deno.writeTextFile(`${root}/notes.txt`, "");
    await Deno.writeTextFile(`${root}/run_7/notes.txt`, "");
    await Deno.writeTextFile(`${root}/run_7/peaks/metadata.json`, "{");
    const list = await store.list();
    assert.deepEqual(list.map(({ runId, dataType, meta }) => [runId, dataType, meta?.rows]), [
      ["run_7", "hits", 0],
      ["run_7", "peaks", undefined],
      ["run_8", "hits", 0],
    ]);
    assert.match(
      list[1]!.problem!,
      /Cannot read ".*run_7\/peaks\/metadata.json": .*; remove the folder ".*peaks"/,
    );
  }));

Deno.test("names that can't be folders are refused with what is wrong", () =>
  withStore(async (store) => {
    const bad: [string, RegExp][] = [
      ["", /Cannot use "" as a run: it is empty; names are folder names/],
      ["..", /starts with a dot/],
      [".hidden", /starts with a dot/],
      ["a/b", /contains "\/"/],
      ["a\\b", /contains "\\\\"/],
      ["C:x", /contains ":"/],
      ["a\0b", /contains "\\u0000"/],
      ["a.", /ends with a dot or a space/],
      ["é".repeat(101), /longer than 200 bytes/],
    ];
    for (const [name, message] of bad) {
      await assert.rejects(store.open({ runId: name, dataType: "hits" }), { name: "TypeError", message });
      await assert.rejects(store.writer({ runId: "run", dataType: name }, META), { name: "TypeError" });
    }
    const key = { runId: "Run 7.2 (é)", dataType: "a.b-c_d" };
    await using writer = await store.writer(key, META);
    await writer.write(chunkOf(0, 9, []));
    await writer.finish();
    assert.equal((await store.list())[0]?.dataType, "a.b-c_d");
    assert.throws(() => new FolderStore(""), TypeError);
  }));

Deno.test("writer() refuses a schema without time and a lineage that JSON can't hold", () =>
  withStore(async (store, root) => {
    const heights = schema({ height: "f32" }) as unknown as Schema;
    await assert.rejects(store.writer(KEY, { ...META, schema: heights }), /has no column "time"/);
    await assert.rejects(
      store.writer(KEY, { ...META, lineage: undefined as never }),
      /its lineage is no JSON value/,
    );
    await assert.rejects(store.writer(KEY, { ...META, lineage: 5n as never }), TypeError);
    assert.deepEqual(await filesIn(root), []);
  }));

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
      [(j) => j.format = "strax", /"format" is "strax", not "millrace-result"/],
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

Deno.test("a chunk file holds its whole chunk by itself", () =>
  withStore(async (store, root) => {
    await put(store, three());
    using chunk = await decodeChunk(await Deno.readFile(`${root}/run_7/hits/000002.arrow`));
    assert.equal(String(chunk), "hits[200 .. 300) ps, 3 rows");
    assert.equal(chunk.coverEnd, 400n);
  }));
