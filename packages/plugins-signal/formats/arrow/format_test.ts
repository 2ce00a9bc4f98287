import assert from "node:assert/strict";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { TestFolder } from "../compass/_testing.ts";
import {
  type AnyTrace,
  anyTraces,
  brief,
  fromEachPlace,
  inOrder,
  readRun,
  sameForAnySize,
} from "../_testing.ts";

/** Bytes of traces as another program writes them, some rows a batch. */
function arrowBytes(
  traces: readonly AnyTrace[],
  { batch = 3, type = "file", item = new arrow.Uint16() as arrow.DataType, width = 0, compress = false } = {},
): Uint8Array {
  const { List, FixedSizeList, Field, Int64, Uint32, Uint16, vectorFromArray, Table } = arrow;
  const list = width > 0
    ? new FixedSizeList(width, new Field("item", item))
    : new List(new Field("item", item));
  const batches: arrow.Table[] = [];
  for (let from = 0; from < traces.length || from === 0; from += batch) {
    const some = traces.slice(from, from + batch);
    batches.push(
      new Table({
        time: vectorFromArray(some.map(({ time }) => time), new Int64()),
        board: vectorFromArray(some.map(({ board }) => board), new Uint16()),
        channel: vectorFromArray(some.map(({ channel }) => channel), new Uint16()),
        energy: vectorFromArray(some.map(({ energy }) => energy), new Uint16()),
        flags: vectorFromArray(some.map(({ flags }) => flags), new Uint32()),
        other: vectorFromArray(some.map(() => "text"), new arrow.Utf8()),
        wave: vectorFromArray(
          some.map(({ samples }) => item instanceof Int64 ? samples.map(BigInt) : samples),
          list,
        ),
      }),
    );
  }
  const options = compress ? { compressionType: arrow.CompressionType.ZSTD } : {};
  const writer = type === "file"
    ? new arrow.RecordBatchFileWriter(options)
    : new arrow.RecordBatchStreamWriter(options);
  const parts = batches.flatMap((table) =>
    table.batches.map((part) => new arrow.RecordBatch(batches[0]!.schema, part.data))
  );
  writer.writeAll(parts);
  return writer.toUint8Array(true);
}

const expected = (traces: readonly AnyTrace[]) => inOrder(traces);
const got = (rows: Awaited<ReturnType<typeof readRun>>["rows"]) =>
  rows.map(({ time, board, channel, energy, flags, wave }) => ({
    time,
    board,
    channel,
    energy,
    flags,
    samples: wave,
  }));

for (const type of ["file", "stream"]) {
  Deno.test(`Arrow ${type}s give every trace that was written, in time order, in several files`, () =>
    fc.assert(
      fc.asyncProperty(
        anyTraces(),
        fc.nat(12),
        fc.integer({ min: 1, max: 5 }),
        async (traces, cut, batch) => {
          using folder = new TestFolder();
          folder.file("a.arrow", arrowBytes(traces.slice(0, cut), { batch, type }));
          folder.file("b.arrow", arrowBytes(traces.slice(cut), { batch, type }));
          const { rows } = await readRun(folder.path, { dt: 2000 });
          assert.deepEqual(got(rows), expected(traces));
          if (type === "file") await fromEachPlace(folder.path, rows, { dt: 2000 });
        },
      ),
      { numRuns: 40 },
    ));
}

const traces: AnyTrace[] = [5n, 3n, 3n, 900n, 901n, 950n, 899n].map((time, i) => ({
  ...{ time, board: 0, channel: i % 3, energy: i, flags: i, samples: [i, 65535, 1, 2] },
}));

Deno.test("Arrow lists of fixed size, of other numbers and packed with zstd give the same rows, for any sizes", async () => {
  const { compressionRegistry, CompressionType } = arrow;
  compressionRegistry.set(CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync });
  for (
    const options of [{}, { width: 4 }, { item: new arrow.Int32() }, { item: new arrow.Float32() }, {
      item: new arrow.Int64(),
    }, { compress: true }]
  ) {
    using folder = new TestFolder();
    folder.file("a.arrow", arrowBytes(traces, options));
    assert.deepEqual(got(await sameForAnySize(folder.path, { dt: 10 })), expected(traces));
  }
});

Deno.test("Arrow and Parquet files of Polars, packed with LZ4, with large lists, are read", async () => {
  for (const ending of ["arrow", "parquet"]) {
    const path = new URL(`../../../core/interchange/fixtures/polars_lz4.${ending}`, import.meta.url).pathname;
    const { rows } = await readRun(path, { dt: 2000 });
    assert.deepEqual(
      brief(rows),
      Array.from({ length: 50 }, (_, i) => [
        ...[1_000_000n * BigInt(i), i % 4],
        ...Array.from({ length: 20 + i % 5 }, (_, k) => 8000 + (i * k) % 7 + (k === 10 ? 500 : 0)),
      ]),
    );
  }
});

Deno.test("Arrow files packed with LZ4 whose buffers are damaged are refused, with their name", async () => {
  using folder = new TestFolder();
  const path = new URL("../../../core/interchange/fixtures/polars_lz4.arrow", import.meta.url).pathname;
  const bytes = await Deno.readFile(path), magic = [4, 0x22, 0x4d, 0x18];
  const at = bytes.findIndex((_, k) => magic.every((byte, i) => bytes[k + i] === byte));
  for (const place of [at + 4, at + 6, at + 7]) {
    const file = folder.file("a.arrow", bytes.with(place, bytes[place]! ^ 0x3f));
    await assert.rejects(
      readRun(file, { dt: 2000 }),
      /^SyntaxError: Cannot read ".*a\.arrow": its compressed bytes are damaged/,
    );
  }
});

const vector = (values: unknown[], type: arrow.DataType) => arrow.vectorFromArray(values, type);
const longs = (type: arrow.DataType, ...values: bigint[]) =>
  arrow.makeVector(arrow.makeData({ type, data: BigInt64Array.from(values) } as never)) as arrow.Vector;
const waves = () => vector([[1, 2], [3, 4]], new arrow.List(new arrow.Field("item", new arrow.Uint16())));
/** A file of these columns. */
const file = (columns: Record<string, arrow.Vector>) => arrow.tableToIPC(new arrow.Table(columns), "file");

Deno.test("Arrow timestamps and durations of any unit are times; those since 1970 count from the first second", async () => {
  using folder = new TestFolder();
  const read = (time: arrow.Vector) =>
    readRun(folder.file("a.arrow", file({ time, wave: waves() })), { dt: 10 });
  const start = 1_638_368_781_500_000_000n;
  const stamps = await read(longs(new arrow.TimestampNanosecond(), start + 3n, start + 1n));
  assert.deepEqual(brief(stamps.rows), [[500_000_001_000n, 0, 3, 4], [500_000_003_000n, 0, 1, 2]]);
  assert.deepEqual(stamps.notices, [
    "Times count from 2021-12-01T14:26:21Z, which is 1638368781 s since 1970",
  ]);
  const lapse = await read(longs(new arrow.DurationMicrosecond(), 1n, 2n));
  assert.deepEqual(lapse.rows.map(({ time }) => time), [1_000_000n, 2_000_000n]);
});

Deno.test("Arrow traces without times follow each other, a channel a file, with dt of their own", async () => {
  using folder = new TestFolder();
  const dt = vector([5, 7], new arrow.Int32());
  folder.file("a.arrow", file({ samples: waves(), dt }));
  folder.file("b.arrow", file({ samples: waves(), dt }));
  const { rows } = await readRun(folder.path, { t0: 1 });
  assert.deepEqual(brief(rows), [[1n, 0, 1, 2], [1n, 1, 1, 2], [11n, 0, 3, 4], [11n, 1, 3, 4]]);
});

const int = (...values: number[]) => vector(values, new arrow.Int32());
const whole = file({ wave: waves() });
const rejected: Record<string, [bytes: Uint8Array, message: RegExp, options?: Record<string, number>]> = {
  "without traces": [
    file({ x: int(1) }),
    /it has the columns x; traces are a column of lists named wave, waveform/,
  ],
  "with samples of 16 floating bits": [
    file({ wave: vector([[1, 2]], new arrow.List(new arrow.Field("item", new arrow.Float16()))) }),
    /the column wave is of type List<Float16>; traces are lists of numbers/,
  ],
  "with 64-bit samples that are too large": [
    file({
      wave: vector([[1n, 2n ** 32n + 5n]], new arrow.List(new arrow.Field("item", new arrow.Int64()))),
    }),
    /sample 1 of row 0 is 4294967301; samples are integers from 0 to 65535/,
  ],
  "with traces that are no lists": [
    file({ wave: int(1) }),
    /the column wave is of type Int32; traces are lists of numbers/,
  ],
  "with times of text": [
    file({ wave: waves(), time: vector(["a", "b"], new arrow.Utf8()) }),
    /column time is of type Utf8/,
  ],
  "without an interval": [whole, /it has no column dt; .*--set raw_files\.dt=2ns/, {}],
  "with times and t0": [file({ wave: waves(), time: int(1, 2) }), /raw_files\.t0: it has times of its own/, {
    dt: 1,
    t0: 3,
  }],
  "with channels that are none": [file({ wave: waves(), channel: int(1, 70000) }), /row 1: channel is 70000/],
  "with an interval of 0": [
    file({ wave: waves(), dt: int(0, 0) }),
    /row 0: dt is 0; it is a whole number from 1/,
    {},
  ],
  "with times before the start": [file({ wave: waves(), time: int(-5, 1) }), /row 0: its time is -5 ps/],
  "with negative samples": [
    file({ wave: vector([[1], [2, -3]], new arrow.List(new arrow.Field("item", new arrow.Int16()))) }),
    /sample 1 of row 1 is -3/,
  ],
  "with a missing trace": [
    file({ wave: vector([[1], null], new arrow.List(new arrow.Field("item", new arrow.Int16()))) }),
    /row 1 has no trace/,
  ],
  "with a missing time": [
    file({ wave: waves(), time: vector([1, null], new arrow.Int32()) }),
    /some of time from row 0 on are missing/,
  ],
  "that is empty": [new Uint8Array(0), /a\.arrow" at byte 0: it is empty/],
  "without columns": [
    new Uint8Array(8).fill(255),
    /a\.arrow": at byte 0 of the stream a message of -1 bytes begins/,
  ],
};
for (const [name, [bytes, message, options]] of Object.entries(rejected)) {
  Deno.test(`an Arrow file ${name} is refused`, async () => {
    using folder = new TestFolder();
    await assert.rejects(readRun(folder.file("a.arrow", bytes), options ?? { dt: 10 }), message);
  });
}

Deno.test("an Arrow file that is cut anywhere is refused", async () => {
  using folder = new TestFolder();
  for (let bytes = 6; bytes < whole.length; bytes += 97) {
    const cut = folder.file("a.arrow", whole.subarray(0, bytes));
    await assert.rejects(
      readRun(cut, { dt: 10 }),
      new RegExp(`SyntaxError: .*a\\.arrow": its end is missing after ${bytes} bytes`),
    );
  }
});

/** The error of reading them, or the rows. */
async function outcome(folder: TestFolder, bytes: Uint8Array): Promise<unknown> {
  const file = folder.file("a.arrow", bytes);
  return await readRun(file, { dt: 10 }).then(({ rows }) => got(rows), (error) => error);
}

Deno.test("an Arrow file with a footer that counts or places its batches wrong is refused at once", async () => {
  using folder = new TestFolder();
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const length = view.getInt32(whole.length - 10, true), footer = whole.length - 10 - length;
  for (const wrong of [0, -1, length - 1, length + 1, 2 ** 31 - 1]) {
    const bytes = whole.slice();
    new DataView(bytes.buffer).setInt32(whole.length - 10, wrong, true);
    assert.match(String(await outcome(folder, bytes)), /Error: Cannot read ".*a\.arrow"/, `length ${wrong}`);
  }
  const rows = await outcome(folder, whole);
  assert.ok(Array.isArray(rows) && rows.length > 0);
  let refused = 0;
  for (let at = footer; at < whole.length - 6; at++) {
    for (const flip of [0x01, 0x80]) {
      const bytes = whole.slice();
      bytes[at]! ^= flip;
      const found = await outcome(folder, bytes);
      if (found instanceof Error) {
        refused++;
        assert.match(
          String(found),
          /Cannot read ".*a\.arrow"/,
          `byte ${at - footer} of ${length}: ${found.message}`,
        );
      } else assert.equal((found as unknown[]).length, rows.length, `byte ${at - footer} of ${length}`);
    }
  }
  assert.ok(refused > length / 8, `${refused} refused`);
});

const stream = arrowBytes(traces, { type: "stream" });

/** Where the messages of a stream lie and the flat buffers in them, by the library's own reader. */
function messagesOf(bytes: Uint8Array): [from: number, to: number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset), found: [number, number][] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getInt32(at + 4, true), end = at + 8 + length;
    found.push([at, end]);
    at = length === 0 ? bytes.length : end + arrow.Message.decode(bytes.subarray(at + 8, end)).bodyLength;
  }
  return found;
}

Deno.test("an Arrow stream whose description has a flipped bit is refused soon, or gives as many rows", async () => {
  using folder = new TestFolder();
  let refused = 0, accepted = 0;
  assert.equal((await outcome(folder, stream) as unknown[]).length, traces.length);
  const step = Number(Deno.env.get("MILLRACE_FLIP_STEP") ?? 7);
  for (const [from, to] of messagesOf(stream)) {
    for (let bit = 8 * from; bit < 8 * to; bit += step) {
      const bytes = stream.slice(), at = bit >> 3, start = performance.now();
      bytes[at]! ^= 1 << bit % 8;
      const found = await outcome(folder, bytes),
        what = `bit ${bit % 8} of byte ${at}, ${at - from} of ${to - from}`;
      assert.ok(performance.now() - start < 1000, `${what} took a second`);
      if (found instanceof Error) {
        refused++;
        assert.match(String(found), /Cannot (read|order) ".*a\.arrow"/, `${what}: ${found.stack}`);
      } else {
        accepted++;
        assert.equal((found as unknown[]).length, traces.length, what);
      }
    }
  }
  assert.ok(refused > accepted, `${refused} refused, ${accepted} read`);
});

Deno.test("an Arrow stream that is cut in it, or goes on behind its end, is refused, and may end without a mark", async () => {
  using folder = new TestFolder();
  const ends = messagesOf(stream).map(([from]) => from);
  for (let bytes = 16; bytes < stream.length; bytes += 13) {
    if (ends.includes(bytes)) continue;
    assert.match(
      String(await outcome(folder, stream.subarray(0, bytes))),
      /SyntaxError: Cannot read ".*a\.arrow": at byte \d+ of the stream .* are left: it is cut or damaged; copy it again/,
      `${bytes} bytes`,
    );
  }
  const open = await outcome(folder, stream.subarray(0, ends.at(-1)));
  assert.equal((open as unknown[]).length, traces.length);
  const two = new Uint8Array([...stream, ...stream]);
  assert.match(
    String(await outcome(folder, two)),
    /of the stream it ends, but \d+ bytes lie behind; copy it again/,
  );
});
