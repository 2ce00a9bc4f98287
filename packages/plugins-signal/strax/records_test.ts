import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { acquireRegion, kernelBuffers } from "@millrace/core/kernel-memory";
import { schema } from "@millrace/core/schema";
import { type ColumnInput, Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { randomPulses, rawTable, WIDTH } from "./_testing.ts";
import * as plain from "./kernels/record_rows.ts";
import * as vectors from "./kernels/wasm_rows.ts";
import { straxHits } from "./hits.ts";
import { straxRecords } from "./records.ts";

const config = { "records.baselineSamples": 4, "records.maxPulse": 48 };

Deno.test("records are the same for every chunking: a pulse may cross chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      randomPulses(),
      (pulses) =>
        testPlugin(straxRecords, {
          inputs: { raw_records: rawTable(pulses) },
          options: config,
          chunkings: 4,
          ranges: 4,
        }),
    ),
    { numRuns: 6 },
  );
});

Deno.test("records have each pulse's baseline taken away, in every fragment", async () => {
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const rows = await rowsOf(
        [tableSource("raw_records", rawTable(pulses)), straxRecords],
        "records",
        config,
      );
      const byPulse = new Map(pulses.map((pulse) => [`${pulse.channel} ${pulse.time}`, pulse]));
      for (const row of rows) {
        const k = row.record_i as number;
        const { samples } = byPulse.get(`${row.channel} ${(row.time as bigint) - BigInt(k * WIDTH * 2)}`)!;
        const first = samples.slice(0, Math.min(4, WIDTH));
        const mean = Math.fround(first.reduce((a, b) => a + b, 0) / first.length);
        const variance = first.reduce(
          (a, x) => a + (x - first.reduce((p, q) => p + q, 0) / first.length) ** 2,
          0,
        );
        assert.equal(row.baseline, mean);
        assert.ok(Math.abs((row.baseline_rms as number) - Math.sqrt(variance / first.length)) < 0.02);
        const part = samples.slice(k * WIDTH, (k + 1) * WIDTH);
        const data = Int16Array.from(
          { length: WIDTH },
          (_, i) => i < part.length ? Math.trunc(mean) - part[i]! : 0,
        );
        assert.deepEqual(row.data, data);
      }
    }),
    { numRuns: 30 },
  );
});

const besides = schema({
  area: "i32",
  baseline: "f32",
  baseline_rms: "f32",
  data: "i16[n]",
  behind: "i16[n]",
});
const fragments = schema({ channel: "u16", length: "i32", record_i: "i32", data: "i16[n]" });
const inPlace = { acquire: (bytes: number) => acquireRegion(bytes, Infinity)! };

Deno.test("records: vectors and the readable form give the same bits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 150 }),
      fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 60 }))),
      fc.boolean(),
      fc.array(fc.record({ pulse: fc.integer({ min: 0, max: 2 }), cut: fc.integer({ min: 0, max: 20 }) }), {
        maxLength: 9,
      }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      fc.integer({ min: 0, max: 5 }),
      (width, counts, flip, list, seed, from) => {
        const rows = list.length;
        from = Math.min(from, rows);
        let state = seed;
        const random = () => (state = Math.imul(state, 48271) & 0x7fffffff) % 65536 - 32768;
        const input = {
          channel: Uint16Array.from(list, ({ pulse }) => pulse),
          length: Int32Array.from(list, ({ cut }) => Math.max(0, width - cut)),
          record_i: new Int32Array(rows),
          data: Int16Array.from({ length: rows * width }, () => seed % 2 ? random() : 16000 + random() % 40),
        };
        const numbers = [0, 0, 0];
        list.forEach(({ pulse, cut }, i) => {
          input.record_i[i] = cut % 3 === 0 ? numbers[pulse] = 0 : numbers[pulse]!;
          numbers[pulse]!++;
        });
        const make = () => ({
          area: new Int32Array(rows - from),
          baseline: new Float32Array(rows - from),
          baseline_rms: new Float32Array(rows - from),
          data: new Int16Array((rows - from) * width),
        });
        const settings = { width, baselineSamples: (ch: number) => counts[ch]!, flip },
          a = make(),
          b = make();
        const missing = plain.recordRows(input, from, rows, settings, a);
        assert.equal(vectors.recordRows(input, from, rows, settings, b), missing);
        assert.deepEqual(b, a);
        // The same where the kernels work: they write nothing beside what is theirs.
        using there = Table.allocate(besides, rows - from, {
          widths: { data: width, behind: 8 },
          pool: inPlace,
        });
        const { behind, ...c } = there.columns;
        behind.fill(7);
        using given = Table.allocate(fragments, rows, { widths: { data: width }, pool: kernelBuffers });
        const names = ["channel", "length", "record_i", "data"] as const;
        for (const name of names) given.columns[name].set(input[name]);
        for (const samples of [input, given.columns]) {
          for (const column of Object.values(c)) column.fill(5);
          assert.equal(vectors.recordRows(samples, from, rows, settings, c), missing);
          assert.deepEqual(c, a);
        }
        for (const name of names) assert.deepEqual(given.columns[name], input[name]); // what is read stays as it is
        assert.ok(behind.every((value) => value === 7));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("records halves of an integral are rounded to the even number, as numpy does", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.4, 2.6, 0].map(plain.roundHalfEven), [0, 2, 2, 2, 3, 0]);
});

Deno.test("records: the baseline of a short pulse is the mean of the samples that it has", async () => {
  const table = rawTable([{ time: 0, channel: 0, samples: [100, 102] }]);
  const rows = await rowsOf([tableSource("raw_records", table), straxRecords], "records", {});
  assert.equal(rows[0]!.baseline, 101);
  assert.equal(rows[0]!.baseline_rms, 1);
});

Deno.test("records: a fragment whose predecessor is missing has no baseline, also after another pulse of its channel", async () => {
  const pulse = (time: number) => ({ time, channel: 1, samples: new Array<number>(3 * WIDTH).fill(100) });
  const whole = rawTable([pulse(0), pulse(100)]);
  const kept = whole.rows().filter((_, i) => i !== 3);
  const columns = Object.fromEntries(whole.schema.columns.map(({ name }) => [
    name,
    kept.map((row) => row[name as keyof typeof row]),
  ]));
  using without = Table.from(whole.schema, columns as Record<string, ColumnInput>, { t0: 0n });
  await using ctx = new Context({ config });
  ctx.register(tableSource("raw_records", without), straxRecords);
  const rows: Record<string, unknown>[] = [];
  const { notices } = await ctx.run("run", "records", {
    take: ({ table }) => void rows.push(...table.rows()),
  });
  assert.deepEqual(rows.map(({ baseline }) => baseline), [100, 100, 100, NaN, NaN]);
  assert.equal(notices.length, 1);
  assert.match(String(notices[0]), /have no predecessor/);
  await testPlugin(straxRecords, { inputs: { raw_records: without }, options: config });
});

Deno.test("records: a pulse longer than maxPulse is an error that names the option", async () => {
  const table = rawTable([{ time: 0, channel: 0, samples: new Array<number>(25).fill(1) }]);
  await using ctx = new Context({ config });
  ctx.register(tableSource("raw_records", table), straxRecords);
  await assert.rejects(
    ctx.getData("run", "records"),
    ({ cause }: Error) => /set records.maxPulse to more than 48 ps/.test(String(cause)),
  );
});

Deno.test("records: pulses are turned over as raw_records know their polarity, unless flip is set", async () => {
  const polarity = fc.constantFrom(-1, 0, 1);
  await fc.assert(
    fc.asyncProperty(randomPulses(), fc.tuple(polarity, polarity, polarity), async (list, known) => {
      const pulses = list.map((pulse) => ({ ...pulse, polarity: known[pulse.channel]! }));
      const source = tableSource("raw_records", rawTable(pulses));
      const of = (more: Record<string, unknown>) =>
        rowsOf([source, straxRecords], "records", { records: { baselineSamples: 4, ...more } });
      const [found, negative, positive] = await Promise.all([
        of({}),
        of({ flip: true }),
        of({ flip: false }),
      ]);
      assert.equal(found.length, negative.length);
      found.forEach((row, i) => {
        const expected = known[row.channel as number]! > 0 ? positive[i] : negative[i];
        assert.deepEqual(row, expected);
      });
      if (pulses.length > 0) {
        await testPlugin(straxRecords, { inputs: { raw_records: rawTable(pulses) }, options: config });
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("hits of positive pulses among negative ones are those of their mirror image", async () => {
  const traces = Array.from({ length: 8 }, (_, k) => {
    const samples = Array.from(
      { length: 4 * WIDTH },
      (_, i) => 1000 + (i % 2) - (i >= 6 && i < 9 ? 100 + k : 0),
    );
    const positive = k % 2 === 1;
    return {
      time: 1000 * k,
      channel: k % 2,
      polarity: positive ? 1 : -1,
      samples: positive ? samples.map((sample) => 2000 - sample) : samples,
    };
  });
  const settings = { records: { baselineSamples: 5 }, hits: { minAmplitude: 50 } };
  const hits = await rowsOf(
    [tableSource("raw_records", rawTable(traces)), straxRecords, straxHits],
    "hits",
    settings,
  );
  assert.equal(hits.length, traces.length);
  hits.forEach((hit, k) =>
    assert.ok(Math.abs((hit.area as number) - 3 * (100 + k)) < 10, `${hit.area} of ${k}`)
  );
});

Deno.test("records: a notice says that the polarity is not known, and none where it is or flip is set", async () => {
  const notices = async (polarity: number, settings: Record<string, unknown>) => {
    const table = rawTable([{ time: 0, channel: 0, samples: [100, 100, 90], polarity }]);
    await using ctx = new Context({ config: { records: settings } });
    ctx.register(tableSource("raw_records", table), straxRecords);
    return (await ctx.run("run", "records")).notices;
  };
  const [text, ...others] = await notices(0, {});
  assert.match(
    text!,
    /^records: The polarity is not known where .* taken as negative; set records\.flip$/,
  );
  assert.deepEqual(others, []);
  for (const settings of [{ flip: true }, { flip: false }]) assert.deepEqual(await notices(0, settings), []);
  for (const polarity of [-1, 1]) assert.deepEqual(await notices(polarity, {}), []);
});

Deno.test("records: pulses are turned over as flip says of their channel, for every chunking", async () => {
  const flip = { default: null, channels: { "0:1": false, "0:2": true } };
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (list) => {
      const pulses = list.map((pulse) => ({ ...pulse, polarity: 1 }));
      const of = (more: Record<string, unknown>) =>
        rowsOf([tableSource("raw_records", rawTable(pulses)), straxRecords], "records", {
          records: { baselineSamples: 4, ...more },
        });
      const [found, negative, positive] = await Promise.all([
        of({ flip }),
        of({ flip: true }),
        of({ flip: false }),
      ]);
      found.forEach((row, i) => assert.deepEqual(row, row.channel === 2 ? negative[i] : positive[i]));
      await testPlugin(straxRecords, {
        inputs: { raw_records: rawTable(pulses) },
        options: { ...config, "records.flip": flip },
        chunkings: 2,
        ranges: 2,
      });
    }),
    { numRuns: 20 },
  );
});

Deno.test("records: amplitudeBitShift multiplies the samples of a channel and not its baseline, for every chunking", async () => {
  const amplitudeBitShift = { default: 0, channels: { "0:1": 3 } };
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (list) => {
      const pulses = list.map((pulse) => ({ ...pulse, samples: pulse.samples.map((x) => x & 1023) }));
      const of = (more: Record<string, unknown>) =>
        rowsOf([tableSource("raw_records", rawTable(pulses)), straxRecords], "records", {
          records: { baselineSamples: 4, ...more },
        });
      const [plainRows, shifted] = await Promise.all([of({}), of({ amplitudeBitShift })]);
      plainRows.forEach((row, i) => {
        if (row.channel !== 1) return assert.deepEqual(shifted[i], row);
        const data = row.data as Int16Array, sum = data.reduce((a, b) => a + b, 0);
        assert.deepEqual(shifted[i], {
          ...row,
          data: data.map((x) => 8 * x),
          area: (row.area as number) + 7 * sum,
        });
      });
      await testPlugin(straxRecords, {
        inputs: { raw_records: rawTable(pulses) },
        options: { ...config, "records.amplitudeBitShift": amplitudeBitShift },
        chunkings: 2,
        ranges: 2,
      });
    }),
    { numRuns: 20 },
  );
});

Deno.test("records: the baseline is the mean of as many samples as baselineSamples says of the channel, for every chunking", async () => {
  const baselineSamples = { default: 4, channels: { "0:1": 1, "0:2": 40 } };
  let differ = 0;
  await fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const of = (samples: unknown) =>
        rowsOf([tableSource("raw_records", rawTable(pulses)), straxRecords], "records", {
          records: { baselineSamples: samples },
        });
      const [found, ...alike] = await Promise.all([baselineSamples, 4, 1, 40].map(of));
      found!.forEach((row, i) => assert.deepEqual(row, alike[row.channel as number]![i]));
      differ += found!.filter(({ baseline }, i) => baseline !== alike[0]![i]!.baseline).length;
      await testPlugin(straxRecords, {
        inputs: { raw_records: rawTable(pulses) },
        options: { ...config, "records.baselineSamples": baselineSamples },
        chunkings: 2,
        ranges: 2,
      });
    }),
    { numRuns: 20 },
  );
  assert.ok(differ > 0);
});

Deno.test("records: a sample that amplitudeBitShift makes too high is an error that names channel, option and remedy", async () => {
  const pulse = (top: number) => ({ time: 10, channel: 2, samples: [1000 + top, 1000 + top, 1000] });
  const run = (top: number) =>
    rowsOf([tableSource("raw_records", rawTable([pulse(top)])), straxRecords], "records", {
      records: { baselineSamples: 2, amplitudeBitShift: 5 },
    });
  assert.deepEqual((await run(1023))[0]!.data, Int16Array.of(0, 0, 32736, 0, 0, 0));
  await assert.rejects(
    run(1024),
    ({ cause }: Error) =>
      /samples of channel 2 at 10 ps: .* set records\.amplitudeBitShift to less, and multiply gain/.test(
        String(cause),
      ),
  );
});
