import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { filesIn, KEY, META, put, readAll, three, withStore } from "./_store_testing.ts";
import { chunkOf, plainRows, ROWS } from "./_testing.ts";
import { FolderStore, type ResultWriter } from "./store.ts";

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
      "run_7/hits-4f1a/",
      "run_7/hits-4f1a/000000.arrow",
      "run_7/hits-4f1a/000001.arrow",
      "run_7/hits-4f1a/000002.arrow",
      "run_7/hits-4f1a/journal.tsv",
      "run_7/hits-4f1a/metadata.json",
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
        target: undefined,
        codec: "waveform",
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

Deno.test("nothing is readable before finish(), and close() leaves nothing", () =>
  withStore(async (store, root) => {
    {
      await using writer = await store.writer(KEY, META);
      for (const chunk of three()) await writer.write(chunk);
      assert.equal(await store.open(KEY), undefined);
      assert.deepEqual(await store.list(), []);
    }
    assert.deepEqual(await filesIn(root), []);
    const writer = await store.writer(KEY, META);
    await writer.close();
    await writer.close();
    await assert.rejects(writer.write(chunkOf(0, 1, [])), {
      name: "TypeError",
      message: "Cannot write to result run_7/hits: it was closed",
    });
    await assert.rejects(writer.finish(), /Cannot finish result run_7\/hits: it was closed/);
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

Deno.test("finish() replaces an earlier result, which its readers finish, and who comes too late is told", () =>
  withStore(async (store, root) => {
    const first = await put(store, three());
    const reading = first.read()[Symbol.asyncIterator]();
    (await reading.next()).value.release();
    const second = await put(store, [chunkOf(0, 9, [[1, 2]])]);
    assert.notEqual(first.meta.id, second.meta.id);
    let rows = 0;
    for (let next = await reading.next(); !next.done; next = await reading.next()) {
      using chunk = next.value;
      rows += chunk.length;
    }
    assert.equal(rows, 3);
    const third = await put(store, [chunkOf(0, 9, [[1, 3]])]);
    for (const late of [first, second]) {
      await assert.rejects(
        readAll(late),
        /Cannot read run_7\/hits on: the result was replaced or removed meanwhile; open it again/,
      );
    }
    assert.equal((await store.open(KEY))!.meta.id, third.meta.id);
    assert.deepEqual(await filesIn(root), [
      "run_7/",
      "run_7/hits-4f1a/",
      "run_7/hits-4f1a/000000.arrow",
      "run_7/hits-4f1a/journal.tsv",
      "run_7/hits-4f1a/metadata.json",
    ]);
  }));

Deno.test("readers see an old or a new result at every moment of many replacements", () =>
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
    await replace();
    await replace();
    writing = false;
    await looking;
    assert.ok(opened > 0);
    assert.equal((await filesIn(root)).length, 5);
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
    await Deno.writeTextFile(`${root}/run_7/peaks-4f1a/metadata.json`, "{");
    const list = await store.list();
    assert.deepEqual(list.map(({ runId, dataType, meta }) => [runId, dataType, meta?.rows]), [
      ["run_7", "hits", 0],
      ["run_7", "peaks", undefined],
      ["run_8", "hits", 0],
    ]);
    assert.match(
      list[1]!.problem!,
      /Cannot read ".*run_7\/peaks-4f1a\/metadata.json": .*; or remove the folder ".*peaks-4f1a"/,
    );
  }));

Deno.test("a folder is a result only if it holds metadata, a journal or chunks", () =>
  withStore(async (store, root) => {
    await Deno.mkdir(`${root}/run_8/RAW`, { recursive: true });
    await Deno.mkdir(`${root}/run_8/a:b`);
    await Deno.writeTextFile(`${root}/run_8/RAW/DataR.BIN`, "");
    await Deno.writeTextFile(`${root}/run_8/a:b/metadata.json`, "{}");
    await Deno.symlink(`${root}/run_8/RAW/DataR.BIN`, `${root}/link`);
    assert.deepEqual(await store.list(), []);
    assert.equal(await store.open({ runId: "run_8", dataType: "RAW" }), undefined);
    await Deno.writeTextFile(`${root}/run_8/RAW/000000.arrow`, "");
    const [damaged] = await store.list();
    assert.match(damaged!.problem!, /it was written by an older version of Millrace.*; remove the folder/);
    await assert.rejects(
      store.open({ runId: "run_8", dataType: "RAW" }),
      /it was written by an older version/,
    );
    await Deno.rename(`${root}/run_8/RAW`, `${root}/run_8/RAW-4f1a`);
    assert.match(
      (await store.list())[0]!.problem!,
      /metadata.json": it is missing; .*; or remove the folder/,
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
    await assert.rejects(
      store.writer(KEY, { ...META, lineageHash: "../x" }),
      /lineage hash: it has 4 to 64 digits/,
    );
    const target = { bytes: 0.5, spanPs: 1n };
    await assert.rejects(
      store.writer(KEY, META, { target }),
      /in chunks of 0.5 bytes and 1 ps: both are whole/,
    );
    assert.deepEqual(await filesIn(root), []);
  }));
