import assert from "node:assert/strict";
import zlib from "node:zlib";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { oddTable, rowsOf, testFormat } from "./_testing.ts";
import { exportRows } from "./export_rows.ts";
import { formatOf, FORMATS } from "./formats.ts";
import { importRows } from "./import_rows.ts";
import { plainRows } from "../store/_testing.ts";

for (const format of FORMATS) testFormat(format);

async function withText(ending: string, text: string, work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: `.${ending}` });
  try {
    await Deno.writeTextFile(path, text);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("formatOf() goes by the name, else by the ending", () => {
  assert.equal(formatOf("a/b.PARQUET").name, "parquet");
  assert.equal(formatOf("hits.ndjson").name, "jsonl");
  assert.equal(formatOf("hits.txt", "csv").name, "csv");
  assert.throws(
    () => formatOf("hits.xls"),
    /Cannot tell the format of "hits.xls" by its ending; there are .parquet, .csv/,
  );
  assert.throws(() => formatOf("hits.csv", "parket"), /Unknown format "parket"; did you mean "parquet"/);
});

Deno.test("npy refuses samples of different numbers a row, naming the column and what can hold them", async () => {
  using table = oddTable(true);
  await assert.rejects(
    exportRows([table], table.schema, "/nowhere/x.npy"),
    /^TypeError: Cannot write "\/nowhere\/x.npy" as npy: column "tags" .*; use .npz or .parquet, a data type .*, or leave the column out/,
  );
  await assert.rejects(
    exportRows([table], table.schema, "/nowhere/x.npz"),
    /Cannot write "\/nowhere\/x.npz": /,
  );
});

Deno.test("text without types: integers are i64, times times, other numbers f64", async () => {
  const wanted = [
    { time: 5n, channel: 1n, height: 2.5, ok: true, tags: [1n, 2n] },
    { time: 9n, channel: 2n, height: 3, ok: false, tags: [3n, 4n] },
  ];
  await withText(
    "csv",
    'time,channel,"height",ok,tags\r\n5,1,2.5,true,1 2\r\n9,2,3,false,3 4\r\n',
    async (path) => {
      assert.deepEqual(await rowsOf(path), wanted);
      assert.equal(
        (await importRows(path)).schema.text,
        '{"time":"time","channel":"i64","height":"f64","ok":"bool","tags":"i64[]"}',
      );
    },
  );
  const text =
    '{"time":5,"channel":1,"height":2.5,"ok":true,"tags":[1,2]}\n\n{"time":9,"channel":2,"height":3,"ok":false,"tags":[3,4]}';
  await withText("jsonl", text, async (path) => assert.deepEqual(await rowsOf(path), wanted));
});

Deno.test("what a text file has wrong is said with its line", async () => {
  const cases: [ending: string, text: string, message: RegExp][] = [
    ["csv", "", /it is empty; its first line names the columns/],
    ["csv", "time,time\n1,2\n", /"time" is empty or stands twice/],
    ["csv", "time,x\n1\n", /line 2: it has 1 fields, the first line 2/],
    ["csv", 'time,x\n1,"2\n', /line 2: a quoted field has no end/],
    ["csv", "time,x\n1,abc\n", /column "x" holds "abc", which is no number; leave it out/],
    ["csv", "time,x\n1.5,2\n", /column "time" holds times that are no whole numbers of picoseconds/],
    ["csv", "t,x\n1,2\n", /it has no column "time" of whole picoseconds .*; it has t \(i64\), x \(i64\)/],
    ["csv", "time,x\n5,2\n3,1\n", /row 1 starts before the one in front of it; sort the file by time/],
    ["csv", "time,endtime\n5,4\n", /row 0 ends before it starts/],
    ["jsonl", "", /it is empty, so that nothing says which columns it has/],
    ["jsonl", '{"time":1}\n[2]\n', /line 2: it is no object/],
    ["jsonl", '{"time":1,"x":2}\n{"time":2}\n', /line 2: column "x" is missing/],
    ["jsonl", '{"time":1,"x":2}\n{"time":2,"x":[1]}\n', /column "x" holds both numbers and lists/],
    ["jsonl", '{"time":1,\n', /line 1: /],
  ];
  for (const [ending, text, message] of cases) {
    await withText(ending, text, (path) =>
      assert.rejects(rowsOf(path), (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.includes(path), error.message);
        return true;
      }));
  }
  const types = schema({ time: "time", x: "u8" }) as unknown as Schema;
  await withText(
    "csv",
    "time,x\n1,2\n2,256\n",
    (path) => assert.rejects(rowsOf(path, { schema: types }), /line 3: 256 of column "x" is no u8/),
  );
  await withText(
    "csv",
    "time,y\n1,2\n",
    (path) => assert.rejects(rowsOf(path, { schema: types }), /it has no column "x"; there are time, y/),
  );
});

/** The files in a ZIP file as their directory says, inflated and compared with their checksums. */
function membersOf(
  bytes: Uint8Array,
): Record<string, { readonly packed: number; readonly bytes: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  const members: Record<string, { packed: number; bytes: Uint8Array }> = {};
  for (let k = view.getUint16(end + 10, true), at = view.getUint32(end + 16, true); k > 0; k--) {
    const number = (offset: number) => view.getUint32(at + offset, true);
    const nameBytes = view.getUint16(at + 28, true), head = number(42), packed = number(20);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    // The head in front of it says the same.
    assert.deepEqual(bytes.subarray(head + 8, head + 30), bytes.subarray(at + 10, at + 32));
    const start = head + 30 + nameBytes, stored = bytes.subarray(start, start + packed);
    const method = view.getUint16(at + 10, true);
    assert.ok([0, 8].includes(method));
    const plain = method === 8 ? new Uint8Array(zlib.inflateRawSync(stored)) : stored;
    assert.deepEqual([plain.length, zlib.crc32(plain)], [number(24), number(16)]);
    members[name] = { packed, bytes: plain };
    at += 46 + nameBytes;
  }
  return members;
}

Deno.test("compressed .npz files hold the same arrays, and other formats are not compressed on request", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_compress_" });
  try {
    using odd = oddTable(true);
    using zeros = Table.from(schema({ time: "time", wave: "u16[1000]" }), {
      time: Array.from({ length: 2000 }, (_, k) => BigInt(k)),
      wave: new Uint16Array(2_000_000),
    }) as unknown as Table;
    for (const table of [odd, zeros]) {
      const [plain, small] = [`${folder}/plain.npz`, `${folder}/small.npz`];
      await exportRows([table, table], table.schema, plain);
      await exportRows([table, table], table.schema, small, { compress: true });
      const [wanted, found] = [membersOf(await Deno.readFile(plain)), membersOf(await Deno.readFile(small))];
      assert.deepEqual(Object.keys(found), Object.keys(wanted));
      for (const [name, { bytes }] of Object.entries(found)) assert.deepEqual(bytes, wanted[name]!.bytes);
      if (table === zeros) assert.ok((await Deno.stat(small)).size < (await Deno.stat(plain)).size / 100);
      if (table === odd) continue; // its rows twice are not in order
      await exportRows([table], table.schema, small, { compress: true });
      assert.deepEqual(await rowsOf(small), plainRows(table));
    }
    for (const [ending, what] of [["csv", "use .npz or .parquet"], ["parquet", "it is compressed anyway"]]) {
      await assert.rejects(
        exportRows([odd], odd.schema, `${folder}/rows.${ending}`, { compress: true }),
        new RegExp(`TypeError: Cannot compress ".*rows.${ending}" as ${ending}: ${what}; leave that out`),
      );
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort(), [
      "plain.npz",
      "small.npz",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rows at one time stay together, and a long gap is several chunks", async () => {
  const times = [1n, 5n, 5n, 5n, 6n, 2n ** 55n];
  using table = Table.from(schema({ time: "time" }), { time: times.slice(0, 5) });
  using late = Table.from(schema({ time: "time" }), { time: times.slice(5) });
  const path = await Deno.makeTempFile({ suffix: ".npy" });
  try {
    await exportRows([table, late] as unknown as Table[], table.schema as unknown as Schema, path);
    const intervals: [bigint, bigint, number][] = [];
    // A row at a time: the times of one table lie within 2^53 ps.
    for await (using chunk of (await importRows(path, { rows: 1 })).chunks()) {
      intervals.push([chunk.start, chunk.end, chunk.length]);
    }
    assert.deepEqual(intervals.slice(0, 3), [[1n, 5n, 1], [5n, 6n, 3], [6n, 6n + 2n ** 53n, 1]]);
    assert.equal(intervals.reduce((sum, [, , rows]) => sum + rows, 0), 6);
    assert.equal(intervals.at(-1)![1], 2n ** 55n + 1n);
  } finally {
    await Deno.remove(path);
  }
});
