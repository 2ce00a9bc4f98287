import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesRead } from "../_testing.ts";
import { Account, BufferPool } from "@millrace/core/buffers";
import {
  fileOf,
  inOrder,
  type ReadAll,
  readAll,
  sharedFile,
  sharedTest,
  type TestEvent,
  TestFolder,
} from "./_testing.ts";
import { openCompass } from "./reader.ts";

interface Truth {
  board: number;
  channel: number;
  timestamp_ps: number;
  energy: number;
  energy_short: number;
  flags: number;
  n: number;
}

sharedTest("openCompass() reads the real file as its truth says, in time order", async () => {
  const { rows, notices, pieces } = await readAll([sharedFile("compass_test_data.BIN")]);
  const truth: Truth[] = JSON.parse(await Deno.readTextFile(sharedFile("compass_test_data.events.json")));
  const npy = await Deno.readFile(sharedFile("compass_102x1000_u2.npy"));
  const samples = new Uint16Array(npy.slice(npy.length - 102 * 1000 * 2).buffer);
  const expected = truth.map((event, i) => ({ ...event, i }))
    .sort((a, b) => a.timestamp_ps - b.timestamp_ps || a.channel - b.channel)
    .map(({ timestamp_ps, board, channel, energy, energy_short, flags, n, i }, id) => ({
      time: BigInt(timestamp_ps),
      endtime: BigInt(timestamp_ps + n * 2000),
      board,
      channel,
      record_id: BigInt(id),
      dt: 2000,
      length: n,
      energy,
      energy_short,
      energy_calibrated: NaN,
      flags,
      polarity: 1,
      wave: [...samples.subarray(i * 1000, (i + 1) * 1000)],
    }));
  assert.equal(rows.length, 102);
  assert(
    truth.some((event, i) => i > 0 && event.timestamp_ps < truth[i - 1]!.timestamp_ps),
    "truth is out of order",
  );
  assert.deepEqual(rows, expected);
  assert.deepEqual(notices, []);
  assert.equal(pieces.at(-1)?.end, rows.at(-1)!.endtime);
});

sharedTest("openCompass() finds that the real file needs a window of 1912 ps", async () => {
  const path = sharedFile("compass_test_data.BIN");
  assert.equal((await readAll([path], { reorderWindow: 1912 })).rows.length, 102);
  await assert.rejects(
    readAll([path], { reorderWindow: 1911 }),
    /RangeError: Cannot order ".*compass_test_data.BIN" at byte \d+: .*set reorderWindow to at least 1912 ps \(it is 1911 ps\)/,
  );
});

const event = fc.record({
  board: fc.nat(1),
  channel: fc.nat(2),
  time: fc.bigInt(0n, 30n),
  energy: fc.nat(65535),
  calibrated: fc.double({ noNaN: true }),
  short: fc.nat(65535),
  flags: fc.nat(0xffffffff),
  samples: fc.array(fc.nat(65535), { maxLength: 4 }).chain((few) =>
    fc.constantFrom(few, Array.from({ length: 60 }, (_, k) => k * 1000))
  ),
}, { noNullPrototype: true });
const sizes = fc.record({
  maxRows: fc.integer({ min: 1, max: 9 }),
  maxBytes: fc.constantFrom(1, 150, 500, 1e6),
  readBytes: fc.constantFrom(1, 10, 64, 4096),
}, { noNullPrototype: true });

const baseTimes = [0n, 2n ** 32n - 9n, 2n ** 53n + 1n, 2n ** 63n - 2n ** 53n - 100n];

Deno.test("openCompass() gives the same rows for any pieces and reads", async () => {
  const file = fc.record({ content: fc.nat(15), events: fc.array(event, { maxLength: 25 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(file, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...baseTimes),
      sizes,
      async (files, base, options) => {
        using folder = new TestFolder();
        const all: TestEvent[] = [];
        const paths = files.map(({ content, events }, k) => {
          const moved = events.map((one) => ({ ...one, time: one.time + base }));
          for (const { samples, energy, calibrated, short, ...one } of moved) {
            all.push({
              ...one,
              energy: content & 1 ? energy : 0,
              calibrated: content & 2 ? calibrated : NaN,
              short: content & 4 ? short : 0,
              samples: content & 8 ? samples : [],
            });
          }
          return folder.file(`${k}.BIN`, fileOf(content, moved));
        });
        const limits = { dt: 7, reorderWindow: 30, ...options };
        const { rows, pieces, cursors } = await readAll(paths, limits);
        for (const [k, { end: at }] of pieces.entries()) {
          const resume = { at, cursor: cursors[k]! }, other = { maxRows: 1 + k % 5, readBytes: 1 + 50 * k };
          const rest = await readAll(paths, { ...limits, ...other, resume });
          assert.deepEqual(rest.rows, rows.filter(({ time }) => time >= at), `from ${at}: ${resume.cursor}`);
          assert.equal(rest.pieces[0]?.start ?? at, at);
          assert.equal(rest.pieces.at(-1)?.end ?? at, pieces.at(-1)!.end);
        }
        assert.deepEqual(
          rows,
          inOrder(all).map((one, i) => ({
            time: one.time,
            endtime: one.time + BigInt(7 * one.samples!.length),
            board: one.board,
            channel: one.channel,
            record_id: BigInt(i),
            dt: 7,
            length: one.samples!.length,
            energy: one.energy,
            energy_short: one.short,
            energy_calibrated: one.calibrated,
            flags: one.flags,
            polarity: 0,
            wave: one.samples,
          })),
        );
        let last = pieces[0]?.start;
        for (const { start, end, times } of pieces) {
          assert.equal(start, last); // Contiguous, so that equal times share a piece where all rows lie inside.
          assert(times.length > 0 && times.every((time) => start <= time && time < end));
          assert(times.length <= options.maxRows || times.at(-1) === times[options.maxRows - 1]);
          last = end;
        }
        if (rows.length > 0) {
          assert.equal(pieces[0]!.start, rows[0]!.time);
          const cover = rows.reduce(
            (max, { endtime }) => endtime > max ? endtime : max,
            rows.at(-1)!.time + 1n,
          );
          assert.equal(last, cover);
        } else assert.deepEqual(pieces, []);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("openCompass() goes on behind a piece without reading what is before, and finds the same faults", async () => {
  using folder = new TestFolder();
  const wave = Array.from({ length: 500 }, (_, k) => k);
  const events = Array.from({ length: 2000 }, (_, k) => ({
    time: BigInt(1000 * k + (k % 3 === 0 ? 900 : 0)),
    channel: k % 4,
    energy: k,
    samples: wave,
  }));
  const path = folder.file("a.BIN", fileOf(15, events));
  const limits = { dt: 2, reorderWindow: 1000, maxRows: 100, readBytes: 4096 };
  const { rows, pieces, cursors } = await readAll([path], limits);
  const bytes: number[] = [];
  const read = async (k: number) => {
    const resume = { at: pieces[k]!.end, cursor: cursors[k]! };
    let rest: ReadAll | undefined;
    bytes.push(await bytesRead(async () => rest = await readAll([path], { ...limits, resume })));
    return rest!;
  };
  const { size } = await Deno.stat(path);
  for (const k of [0, pieces.length >> 1, pieces.length - 2]) {
    assert.deepEqual((await read(k)).rows, rows.filter(({ time }) => time >= pieces[k]!.end));
  }
  const [all, half, few] = bytes as [number, number, number];
  assert.ok(
    all > 0.9 * size && half < 0.6 * size && few < 0.15 * size,
    `${bytes} bytes were read of ${size}`,
  );
  // A row that comes too late, behind the middle.
  events.splice(1500, 0, { ...events[1]!, time: 1_100_000n });
  folder.file("a.BIN", fileOf(15, events));
  const said = /RangeError: Cannot order ".*a.BIN" at byte \d+: .* set reorderWindow to at least 399000 ps/;
  await assert.rejects(readAll([path], limits), said);
  await assert.rejects(read(pieces.length >> 1), said);
  for (const cursor of ["", "1;2;x", "1;2;3;4", "a;1;0"]) {
    await assert.rejects(
      readAll([path], { ...limits, resume: { at: 5n, cursor } }),
      /SyntaxError: Cannot go on at ".*": it is no place in 1 files/,
    );
  }
  const { cursors: none } = await readAll([folder.file("b.BIN", fileOf(0, events.slice(0, 9)))], {
    ...limits,
    recover: true,
  });
  assert.deepEqual(
    new Set(none),
    new Set([undefined]),
    "with recover, what is left out depends on all before",
  );
});

Deno.test("openCompass() gives the same rows from several files as from one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(event, { maxLength: 40, selector: (one) => `${one.time} ${one.board} ${one.channel}` }),
      fc.integer({ min: 2, max: 5 }),
      fc.constantFrom(5, 1e6),
      sizes,
      async (events, count, window, options) => {
        using folder = new TestFolder();
        const nearly = events.sort((a, b) => Number(a.time / 4n - b.time / 4n)); // Out of order by 3 ps at most.
        const one = folder.file("one.BIN", fileOf(15, nearly));
        const parts = Array.from(
          { length: count },
          (_, k) =>
            folder.file(
              `part_${k}.BIN`,
              fileOf(15, nearly.filter((e) => (e.channel + e.energy) % count === k)),
            ),
        );
        const limits = { dt: 2000, reorderWindow: window };
        const whole = await readAll([one], limits);
        assert.equal(whole.rows.length, events.length);
        assert.deepEqual((await readAll(parts, { ...limits, ...options })).rows, whole.rows);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("openCompass() orders full ties by file, then by place in the file", async () => {
  using folder = new TestFolder();
  const a = folder.file("a.BIN", fileOf(1, [{ time: 5n, energy: 1 }, { time: 5n, energy: 2 }]));
  const b = folder.file("b.BIN", fileOf(1, [{ time: 5n, energy: 3 }]));
  for (const readBytes of [1, 1000]) {
    const options = { readBytes, maxRows: 1 };
    assert.deepEqual((await readAll([a, b], options)).rows.map((row) => row.energy), [1, 2, 3]);
    assert.deepEqual((await readAll([b, a], options)).rows.map((row) => row.energy), [3, 1, 2]);
  }
});

Deno.test("openCompass() cuts a run longer than a table can be, with empty pieces where nothing is", async () => {
  using folder = new TestFolder();
  const times = [3n, 2n ** 52n + 2n, 2n ** 52n + 3n, 2n ** 55n];
  const path = folder.file("long.BIN", fileOf(8, times.map((time) => ({ time, samples: [1, 2] }))));
  const { rows, pieces } = await readAll([path], { dt: 2 ** 28 });
  assert.deepEqual(rows.map((row) => [row.time, row.endtime]), times.map((time) => [time, time + 2n ** 29n]));
  assert.deepEqual(pieces.map((piece) => piece.times.length), [2, 1, 0, 0, 0, 0, 0, 1]);
  pieces.forEach(({ start, end }, k) => {
    if (k > 0) assert.equal(start, pieces[k - 1]!.end);
    assert(end - start <= (k < pieces.length - 1 ? 2n ** 52n : 2n ** 53n)); // The last covers its longest record.
  });
});

Deno.test("openCompass() gives no pieces for files without events", async () => {
  using folder = new TestFolder();
  const result = await readAll([folder.file("a.BIN", fileOf(9, [])), folder.file("b.BIN", fileOf(0, []))]);
  assert.deepEqual(result, { rows: [], pieces: [], cursors: [], notices: [] });
});

Deno.test("openCompass() holds little of files with very different rates", async () => {
  using folder = new TestFolder();
  const trace = Array.from({ length: 200 }, (_, k) => k);
  const every = (step: bigint, n: number, channel: number): TestEvent[] =>
    Array.from({ length: n }, (_, k) => ({ time: BigInt(k) * step, channel, samples: trace }));
  const fast = folder.file("fast.BIN", fileOf(8, every(1000n, 4000, 0)));
  const slow = folder.file("slow.BIN", fileOf(8, every(400_000n, 10, 1)));
  const late = folder.file(
    "late.BIN",
    fileOf(8, every(1000n, 2000, 2).map((one) => ({ ...one, time: one.time + 2_000_000n }))),
  );
  const account = new Account(), pool = new BufferPool();
  let rows = 0;
  const options = { account, pool, dt: 1, reorderWindow: 5000, maxRows: 50, readBytes: 8192 };
  for await (const { table } of openCompass([late, slow, fast], options)) {
    rows += table.length;
    table.release();
  }
  assert.equal(rows, 6010);
  assert(account.peak < 150_000, `${account.peak} bytes of 2.5 MB`);
  assert.equal(account.used, 0);
  assert(pool.made <= 3, `${pool.made} buffers for 120 tables`);
});

Deno.test("openCompass() lets go of everything when its reader stops early or fails", async () => {
  using folder = new TestFolder();
  const events = Array.from({ length: 100 }, (_, k) => ({ time: BigInt(k), samples: [k] }));
  const path = folder.file("a.BIN", fileOf(8, events));
  const account = new Account();
  const options = { account, pool: new BufferPool(), dt: 1, maxRows: 10, readBytes: 100, reorderWindow: 0 };
  for await (const { table } of openCompass([path], options)) {
    table.release();
    break;
  }
  assert.equal(account.used, 0);
  const small = new Account(6000);
  await assert.rejects(readAll([path], { ...options, account: small, maxRows: 1000, readBytes: 4096 }), {
    name: "MemoryBudgetError",
  });
  assert.equal(small.used, 0);
});

Deno.test("openCompass() stops when its signal says so", async () => {
  using folder = new TestFolder();
  const events = Array.from({ length: 1000 }, (_, k) => ({ time: BigInt(k) }));
  const path = folder.file("a.BIN", fileOf(0, events));
  const abort = new AbortController();
  let pieces = 0;
  await assert.rejects(async () => {
    for await (
      const { table } of openCompass([path], {
        signal: abort.signal,
        readBytes: 64,
        maxRows: 5,
        reorderWindow: 0,
      })
    ) {
      table.release();
      if (++pieces === 3) abort.abort(new Error("Enough"));
    }
  }, /Enough/);
  assert(pieces >= 3 && pieces <= 4, `${pieces} pieces`);
});

Deno.test("openCompass() reads more files than may be open at once", async () => {
  using folder = new TestFolder();
  const paths = Array.from(
    { length: 200 },
    (_, k) =>
      folder.file(
        `${k}.BIN`,
        fileOf(0, Array.from({ length: 9 }, (_, i) => ({ time: BigInt(1000 * i + k), channel: k }))),
      ),
  );
  const { rows } = await readAll(paths, { readBytes: 20, reorderWindow: 0 });
  assert.equal(rows.length, 1800);
  assert(rows.every((row, i) => i === 0 || rows[i - 1]!.time < row.time));
});

Deno.test("openCompass() refuses options out of range", async () => {
  await assert.rejects(readAll([]), /TypeError: Cannot read a run without files/);
  for (
    const options of [{ dt: 0 }, { dt: 1.5 }, { dt: 2 ** 28 + 1 }, { reorderWindow: -1 }, { maxRows: 0 }, {
      maxBytes: 0,
    }, { readBytes: 0.5 }]
  ) {
    const [name, value] = Object.entries(options)[0]!;
    await assert.rejects(readAll(["a"], options), {
      name: "RangeError",
      message: new RegExp(`with ${name} ${value}: it is a whole number from`),
    });
  }
});
