import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { stWaveforms } from "./st_waveforms.ts";

const run = (list: readonly TestRecord[], config: Record<string, unknown> = {}, options = {}) =>
  rowsOf([tableSource("records", recordTable(list)), stWaveforms], "st_waveforms", config, options);

const record = (time: bigint, samples: number[]): TestRecord => ({ time, samples, baseline: 5 });

Deno.test("st_waveforms of a given width are the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), (list) =>
      testPlugin(stWaveforms, {
        inputs: { records: recordTable(list) },
        options: { "st_waveforms.waveLength": 14 },
        chunkings: 3,
        ranges: 3,
      })),
    { numRuns: 8 },
  );
});

Deno.test("st_waveforms with the first record's width are the same for every chunking and time range", async () => {
  const first = record(0n, [1, 2, 3, 4]);
  const others = fc.array(
    fc.tuple(
      fc.bigInt({ min: 0n, max: 40n }),
      fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 4 }),
    ),
    { maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(others, (list) =>
      testPlugin(stWaveforms, {
        inputs: {
          records: recordTable([first, ...list.map(([time, samples]) => record(time + 1n, samples))]),
        },
        chunkings: 3,
        ranges: 4,
      })),
    { numRuns: 8 },
  );
});

Deno.test("st_waveforms fill short records up with zeros and keep their length", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), async (list) => {
      const rows = await run(list, { "st_waveforms.waveLength": 14 });
      const before = recordTable(list).rows();
      assert.equal(rows.length, before.length);
      rows.forEach((row, i) => {
        const { wave, ...rest } = before[i]!;
        const samples = [...wave as Uint16Array];
        assert.deepEqual(row, {
          ...rest,
          wave: Uint16Array.from([...samples, ...Array(14 - samples.length).fill(0)]),
        });
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("st_waveforms of records of one length are these records", async () => {
  const rows = await run([record(0n, [1, 2]), record(1n, [3, 65535])]);
  assert.deepEqual(rows.map((row) => row.wave), [Uint16Array.of(1, 2), Uint16Array.of(3, 65535)]);
});

Deno.test("st_waveforms have the width of the run's first record, also where a time range leaves it out", async () => {
  const list = [record(0n, [1, 2, 3]), record(10n, [4, 5])];
  const [row] = await run(list, {}, { timeRange: [10n, 20n] });
  assert.deepEqual([row!.wave, row!.length], [Uint16Array.of(4, 5, 0), 2]);
});

Deno.test("st_waveforms of a run without records have no rows", async () => {
  assert.deepEqual(await run([]), []);
});

const refused = (list: readonly TestRecord[], message: RegExp, config: Record<string, unknown> = {}) =>
  assert.rejects(run(list, config), ({ cause }: Error) => {
    assert.ok(cause instanceof RangeError);
    assert.match(cause.message, message);
    return true;
  });

Deno.test("st_waveforms refuse a record longer than the width, naming it and the remedy", async () => {
  const list = [record(0n, [1, 2]), { ...record(7n, [1, 2, 3]), board: 2, channel: 3 }];
  await refused(
    list,
    /^Cannot make a waveform: record 1 \(board 2, channel 3, 7 ps\) has 3 samples, the waveforms have 2; set st_waveforms\.waveLength to at least 3$/,
  );
  await refused(list, /record 0 .* has 2 samples, the waveforms have 1/, { "st_waveforms.waveLength": 1 });
});

Deno.test("st_waveforms refuse a first record without samples unless the width is given", async () => {
  const list = [record(0n, []), record(7n, [1])];
  await refused(
    list,
    /record 0 .* is the first of the run and has no samples; set st_waveforms\.waveLength$/,
  );
  assert.equal((await run(list, { "st_waveforms.waveLength": 1 })).length, 2);
});

Deno.test("st_waveforms end where their own samples end, in ps", async () => {
  const [row] = await run([{ time: 3n, dt: 2000, samples: [1, 2, 3], baseline: 5 }], {
    "st_waveforms.waveLength": 8,
  });
  assert.equal(row!.endtime, 3n + 3n * 2000n);
});

Deno.test("st_waveforms are a block in row order", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("records", recordTable([record(0n, [1, 2]), record(1n, [3])])), stWaveforms);
  using table = await ctx.getData("run", "st_waveforms");
  assert.deepEqual(table.get("wave", "u16[n]"), Uint16Array.of(1, 2, 3, 0));
});

Deno.test("st_waveforms keep their width across a long pause", async () => {
  const rows = await run([record(0n, [1, 2, 3]), record(10n ** 14n, [4, 5]), record(2n * 10n ** 14n, [6])]);
  assert.deepEqual(
    rows.map((row) => row.wave),
    [[1, 2, 3], [4, 5, 0], [6, 0, 0]].map((wave) => Uint16Array.from(wave)),
  );
});

Deno.test("st_waveforms have the rows of records whatever their kind is called", async () => {
  const one = { board: 1, channel: 2, samples: [1, 2], baseline: 5 };
  const table = recordTable([{ time: 3n, ...one }, { time: 9n, ...one }]);
  const [, row] = await rowsOf(
    [tableSource("records", table, { dataKind: "mine" }), stWaveforms],
    "st_waveforms",
  );
  assert.deepEqual([row!.time, row!.endtime, row!.board, row!.channel], [9n, 13n, 1, 2]);
});

Deno.test("st_waveforms of a set width need no other chunk: they are not stateful, and a range reads its own records", async () => {
  const list = Array.from({ length: 6 }, (_, k) => ({ time: BigInt(10 * k), baseline: 0, samples: [k, k] }));
  for (const waveLength of [null, 3]) {
    await using ctx = new Context({ config: { "st_waveforms.waveLength": waveLength } });
    ctx.register(tableSource("records", recordTable(list), { dataKind: "records" }), stWaveforms);
    const { plugin } = (await ctx.plan("run", "st_waveforms")).step("st_waveforms");
    assert.equal(plugin.stateful === undefined, waveLength !== null);
    assert.equal(plugin.running.parallel, waveLength === null ? false : undefined);
    using table = await ctx.getData("run", "st_waveforms", { timeRange: [20n, 40n] });
    assert.deepEqual(
      table.rows().map(({ wave }) => [...wave as Uint16Array]),
      [[2, 2], [3, 3]].map((two) => waveLength === null ? two : [...two, 0]),
    );
  }
});
