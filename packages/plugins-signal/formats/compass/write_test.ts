import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "@millrace/core/buffers";
import { Table } from "@millrace/core/table";
import { fileOf, readAll, sharedFile, sharedTest, type TestEvent, TestFolder } from "./_testing.ts";
import { type CompassOptions, openCompass } from "./reader.ts";
import { rawSchema } from "./raw_schema.ts";
import { type ByteSink, CompassWriter, createCompass, type WriterOptions } from "./write.ts";

/** Keeps what is written, a few bytes at a time. */
class Kept implements ByteSink {
  bytes: number[] = [];
  most = 0;
  closed = 0;
  constructor(readonly atOnce: number = Infinity) {}
  write(bytes: Uint8Array): Promise<number> {
    this.most = Math.max(this.most, bytes.length);
    const part = bytes.subarray(0, Math.min(bytes.length, this.atOnce));
    for (const byte of part) this.bytes.push(byte);
    return Promise.resolve(part.length);
  }
  close(): void {
    this.closed++;
  }
}

async function copyOf(path: string, options: WriterOptions, reading: CompassOptions): Promise<Uint8Array> {
  const kept = new Kept();
  await using writer = new CompassWriter(kept, options);
  for await (const { table } of openCompass([path], reading)) {
    await writer.appendTable(table);
    table.release();
  }
  await writer.end();
  assert.equal(writer.bytes, kept.bytes.length);
  return new Uint8Array(kept.bytes);
}

sharedTest("CompassWriter writes the real file byte by byte", async () => {
  const path = sharedFile("compass_test_data.BIN");
  // The file is not in time order: its events are written in file order, one table a row.
  const bytes = await Deno.readFile(path);
  const ordered = new Map<string, number>();
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 102; i++) {
    const at = 2 + i * 2025;
    ordered.set(`${view.getBigUint64(at + 4, true)} ${view.getUint16(at + 2, true)}`, i);
  }
  const kept = new Kept();
  await using writer = new CompassWriter(kept);
  for await (const { table } of openCompass([path])) {
    const rows: Table<typeof rawSchema.types>[] = [];
    for (let i = 0; i < table.length; i++) {
      rows[ordered.get(`${table.times()[i]} ${table.columns.channel[i]}`)!] = table.slice(i, i + 1);
    }
    for (const row of rows) {
      await writer.appendTable(row);
      row.release();
    }
    table.release();
  }
  await writer.end();
  assert.equal(writer.events, 102);
  assert.deepEqual(new Uint8Array(kept.bytes), bytes);
});

const event = fc.record({
  board: fc.nat(65535),
  channel: fc.nat(65535),
  time: fc.oneof(
    fc.bigInt(0n, 9n),
    fc.bigInt(2n ** 32n - 2n, 2n ** 32n + 2n),
    fc.bigInt(2n ** 52n, 2n ** 52n + 5n),
  ),
  energy: fc.nat(65535),
  calibrated: fc.double(),
  short: fc.nat(65535),
  flags: fc.nat(0xffffffff),
  samples: fc.array(fc.nat(65535), { maxLength: 9 }),
}, { noNullPrototype: true });

Deno.test("CompassWriter writes what the reader reads: the same bytes, for any content and buffer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(event, {
        maxLength: 30,
        selector: ({ time, board, channel }) => `${time} ${board} ${channel}`,
      }),
      fc.nat(15),
      fc.constantFrom(1, 50, 5000),
      fc.constantFrom(1, 3, 1000),
      async (events, content, bufferBytes, maxRows) => {
        using folder = new TestFolder();
        const key = (a: TestEvent): [bigint, number, number] => [a.time, a.board!, a.channel!];
        events.sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          const k = x.findIndex((value, i) => value !== y[i]);
          return k < 0 ? 0 : x[k]! < y[k]! ? -1 : 1;
        });
        const bytes = fileOf(content, events);
        const path = folder.file("a.BIN", bytes);
        assert.deepEqual(await copyOf(path, { content, bufferBytes }, { dt: 1, maxRows }), bytes);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("CompassWriter carries times over 32 bits from any origin", async () => {
  const kept = new Kept(7);
  await using writer = new CompassWriter(kept, { content: 0 });
  const times = [2n ** 62n - 1n, 2n ** 62n, 2n ** 62n + 2n ** 32n, 2n ** 62n + 2n ** 50n + 1n];
  const n = times.length, zeros = new Array(n).fill(0);
  using table = Table.from(rawSchema, {
    time: times,
    endtime: times,
    board: zeros,
    channel: zeros,
    record_id: zeros,
    dt: zeros,
    length: zeros,
    energy: zeros,
    energy_short: zeros,
    energy_calibrated: zeros,
    flags: zeros,
    polarity: zeros,
    wave: Array.from({ length: n }, () => []),
  }, { t0: 2n ** 62n - 5n });
  using early = table.rebase(2n ** 62n + 2n ** 33n); // Offsets below 0.
  await writer.appendTable(table);
  await writer.appendTable(early);
  await writer.end();
  assert.deepEqual(new Uint8Array(kept.bytes), fileOf(0, [...times, ...times].map((time) => ({ time }))));
});

Deno.test("CompassWriter keeps its buffer bounded, and takes an event longer than it", async () => {
  const kept = new Kept();
  await using writer = new CompassWriter(kept, { bufferBytes: 1000 });
  const fields = { board: 0, channel: 0, timeHi: 0, timeLo: 0, flags: 0 };
  for (let i = 0; i < 100; i++) {
    writer.append(fields, new Uint16Array(20).fill(i));
    await writer.drain();
  }
  assert(kept.most >= 1000 && kept.most < 1100, `${kept.most} bytes at once`);
  writer.append(fields, new Uint16Array(10_000).fill(5));
  await writer.end();
  assert.equal(kept.bytes.length, 2 + 100 * 65 + 25 + 20_000);
  assert.deepEqual(kept.bytes.slice(-2), [5, 0]);
  await writer.end();
  assert.equal(kept.closed, 1);
});

Deno.test("CompassWriter refuses what the format cannot hold", async () => {
  const ok = { board: 0, channel: 0, timeHi: 0, timeLo: 0, flags: 0 };
  await using writer = new CompassWriter(new Kept(), { content: 5 });
  assert.throws(() => writer.append(ok, new Uint16Array(1)), /TypeError.*content 5: add 8/);
  assert.throws(() => writer.append({ ...ok, timeHi: 2 ** 31 }), /RangeError.*a time is 0 to 2\^63/);
  assert.throws(() => writer.append({ ...ok, timeHi: -1 }), RangeError);
  for (const bad of [{ board: 65536 }, { channel: -1 }, { energy: 70000 }, { short: -5 }]) {
    assert.throws(() => writer.append({ ...ok, ...bad }), /RangeError.*these are 0 to 65535/);
  }
  assert.equal(writer.events, 0);
  assert.throws(() => new CompassWriter(new Kept(), { content: 16 }), /RangeError.*content 16/);
  assert.throws(() => new CompassWriter(new Kept(), { bufferBytes: 0 }), /RangeError.*0 bytes/);
  await writer.end();
  assert.throws(() => writer.append(ok), /after the end/);
});

Deno.test("createCompass() replaces a file and closes it", async () => {
  using folder = new TestFolder();
  const path = folder.file("a.BIN", "something longer than that");
  {
    await using writer = await createCompass(path, { content: 0 });
    writer.append({ board: 1, channel: 2, timeHi: 3, timeLo: 4, flags: 5 });
  }
  const { rows } = await readAll([path], { pool: new BufferPool() });
  assert.deepEqual(rows.map(({ board, channel, time, flags }) => [board, channel, time, flags]), [[
    1,
    2,
    (3n << 32n) + 4n,
    5,
  ]]);
  await assert.rejects(createCompass(`${folder.path}/none/a.BIN`), { name: "NotFound" });
});
