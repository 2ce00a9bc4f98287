import assert from "node:assert/strict";
import * as flechette from "@uwdata/flechette";
import { BufferPool } from "../../data/buffer_pool.ts";
import { kernelBuffers } from "../../data/kernel_memory.ts";
import { schema } from "../../data/schema.ts";
import { Table } from "../../data/table.ts";
import { plainRows } from "../_testing.ts";
import { decodeTable, openArrow } from "../arrow.ts";
import { fileOf, testCodec, waveforms, zstdForFlechette } from "./_testing.ts";
import { codecOf, CODECS, DEFAULT_CODEC } from "./codec.ts";

for (const codec of Object.values(CODECS)) testCodec(codec);

Deno.test("codecOf() names what a mistyped codec may have meant", () => {
  assert.equal(codecOf(DEFAULT_CODEC).name, DEFAULT_CODEC);
  assert.throws(() => codecOf("zst"), {
    name: "RangeError",
    message: 'Unknown codec "zst"; did you mean "zstd"? There are none, zstd, waveform',
  });
  assert.throws(() => codecOf("toString"), /Unknown codec "toString"/);
});

Deno.test("compressed files are smaller, waveforms smaller still", async () => {
  using table = waveforms(2000);
  const [none, zstd, waveform] = await Promise.all(
    [CODECS.none, CODECS.zstd, CODECS.waveform].map(async (codec) => (await fileOf(table, codec)).length),
  );
  assert.ok(zstd! < none! && waveform! < zstd!, `${none} ${zstd} ${waveform}`);
});

Deno.test("a buffer that says it is larger than its rows is refused before anything is allocated", async () => {
  using table = waveforms(30);
  const bytes = await fileOf(table, CODECS.zstd);
  // The frame of the waveforms: 30 rows of 40 samples.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 8;
  while (view.getBigInt64(at, true) !== 2400n) at += 8;
  for (const size of [2n ** 40n, 3000n, -2n]) {
    const bad = bytes.slice();
    new DataView(bad.buffer).setBigInt64(at, size, true);
    await assert.rejects(
      openArrow(bad, { name: "h.arrow" }),
      /^SyntaxError: Cannot read "h.arrow": column "wave" (says that it has \d+ bytes uncompressed|has a buffer of -2)/,
    );
  }
});

Deno.test("what comes out of a frame is no more and no less than it says", () => {
  const { decode, encode } = CODECS.zstd.buffers!;
  const bomb = encode(new Uint8Array(2 ** 24));
  assert.ok(bomb.length < 3000);
  assert.throws(() => decode(bomb, 1000), /its compressed bytes are damaged|bytes came out/);
  assert.throws(
    () => decode(encode(new Uint8Array(10)), 20),
    /10 bytes came out of its compressed ones, not 20/,
  );
  assert.throws(() => decode(new Uint8Array(9), 2 ** 30), /9 compressed bytes cannot hold 1073741824/);
  assert.throws(() => decode(Uint8Array.of(1, 2, 3, 4, 5), 5), /its compressed bytes are damaged/);
});

Deno.test("files whose samples alone are divided are read as well", async () => {
  using wanted = waveforms(12);
  const bytes = await Deno.readFile(new URL("./fixtures/plain_numbers.arrow", import.meta.url));
  using back = await decodeTable(bytes);
  assert.deepEqual(plainRows(back), plainRows(wanted));
});

Deno.test("files with shuffled numbers as they were first written are read, also into the kernels' memory", async () => {
  using wanted = numbersTable(300);
  const bytes = await Deno.readFile(new URL("./fixtures/shuffled_numbers.arrow", import.meta.url));
  for (const pool of [new BufferPool(), kernelBuffers]) {
    using back = await decodeTable(bytes, { pool });
    assert.deepEqual(plainRows(back), plainRows(wanted));
  }
});

/** Tables of samples and of all kinds of numbers beside them. */
const numbers = schema({
  time: "time",
  id: "u64",
  signed: "i64",
  area: "f32",
  level: "f64[3]",
  places: "i32[]",
  wave: "i16[]",
});

function numbersTable(rows: number): Table {
  const index = Array.from({ length: rows }, (_, i) => i);
  return Table.from(numbers, {
    time: index.map((i) => 10n ** 15n + BigInt(i) * 7_000n),
    id: index.map((i) => BigInt(i) << 40n),
    signed: index.map((i) => BigInt(i % 5) - 2n),
    area: index.map((i) => i / 3),
    level: index.map((i) => [i, -i, i / 7]),
    places: index.map((i) => [i, -i].slice(i % 3)),
    wave: index.map((i) => [i % 9, -3]),
  });
}

Deno.test("beside samples numbers are shuffled, without them they lie as they are", async () => {
  using table = numbersTable(20);
  const types = async (table: Table) =>
    Object.fromEntries(
      flechette.tableFromIPC(await fileOf(table, CODECS.waveform), { useBigInt: true }).schema.fields
        .map(({ name, metadata }) => [name, metadata?.get("millrace.codec")]),
    );
  await zstdForFlechette();
  const bytes = {
    time: "bytes",
    id: "bytes",
    signed: "bytes",
    area: "bytes",
    level: "bytes",
    places: "bytes",
  };
  assert.deepEqual(await types(table), { ...bytes, wave: "waveform" });
  using plain = table.project(schema({ time: "time", id: "u64", area: "f32" }));
  assert.deepEqual(await types(plain), { time: undefined, id: undefined, area: undefined });
});

Deno.test("damaged bytes of shuffled numbers name their column, and change no other", async () => {
  using table = numbersTable(300);
  const bytes = await fileOf(table, CODECS.waveform);
  const wanted = Object.fromEntries(numbers.columns.map(({ name }) => [name, columnRows(table, name)]));
  let refused = 0;
  for (let at = 8; at < bytes.length - 3000; at += 5) {
    const bad = bytes.slice();
    bad[at]! ^= 1 << (at % 8);
    const file = await openArrow(bad, { name: "h.arrow" }).catch((error) => {
      assert.match(error.message, /^Cannot read "h.arrow": /);
      refused++;
    });
    if (!file) continue;
    let changed = 0;
    for (const { name } of numbers.columns) {
      try {
        using part = file.table({ columns: [name], t0: table.t0 });
        if (columnRows(part, name) !== wanted[name]) changed++;
      } catch (error) {
        assert.match((error as Error).message, /^Cannot read "h.arrow": column "\w+"/);
        changed++;
        refused++;
      }
    }
    assert.ok(changed <= 1, `${changed} columns are not as they were after byte ${at}`);
  }
  assert.ok(refused > 50);
});

function columnRows(table: Table, name: string): string {
  return table.rows().map((row) => String(row[name])).join(";");
}

Deno.test("a shuffled buffer that is shorter than its rows need is refused", async () => {
  using table = numbersTable(30);
  const bytes = await fileOf(table, CODECS.waveform);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 8;
  while (view.getBigInt64(at, true) !== 240n) at += 8; // the times
  view.setBigInt64(at, 239n, true);
  await assert.rejects(
    openArrow(bytes, { name: "h.arrow" }),
    /^SyntaxError: Cannot read "h.arrow": column "time" is cut off: 239 bytes of 240$/,
  );
});
