import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { butterworth, savgolFilter, sosfiltfilt } from "../kernels/mod.ts";
import { filteredWaveforms } from "./filtered_waveforms.ts";

const source = (list: readonly TestRecord[]) =>
  tableSource("records", recordTable(list), { dataKind: "records" });

const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}) =>
  rowsOf([source(list), filteredWaveforms], "filtered_waveforms", { filtered_waveforms: options });

const band = { filterType: "BW", filterOrder: 1, lowcut: 2e10, highcut: "100 GHz" }; // the tests' dt is 2 ps
const SETTINGS: Record<string, Record<string, unknown>> = {
  "Savitzky-Golay": { sgWindowSize: 7, sgPolyOrder: 3 },
  "Butterworth, a band": band,
  "Butterworth, low pass": { filterType: "BW", filterOrder: 2, highcut: 5e10 },
  "filters by channel": {
    filterType: { default: "SG", channels: { "0:1": "BW" } },
    sgWindowSize: { default: 7, channels: { "1:0": 5 } },
    lowcut: { channels: { "0:1": 2e10 } },
  },
};

for (const [name, options] of Object.entries(SETTINGS)) {
  Deno.test(`filtered_waveforms are the same for every chunking: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(30), (list) =>
        testPlugin(filteredWaveforms, {
          inputs: { records: recordTable(list) },
          dataKinds: { records: "records" },
          options,
          chunkings: 3,
          ranges: 3,
        })),
      { numRuns: 10 },
    );
  });
}

const samples = (n: number) => Array.from({ length: n }, (_, k) => (k * k * 31) % 500 + 1000);
const record = (n: number, more: Partial<TestRecord> = {}): TestRecord => ({
  time: 0n,
  baseline: 1010.5,
  samples: samples(n),
  ...more,
});

Deno.test("filtered_waveforms with SG are those of the kernel, rounded to f32, other columns as they were", async () => {
  const list = [record(50, { time: 5n, channel: 2, polarity: 1, dt: 4000, flags: 3 })];
  const [row] = await run(list);
  assert.deepEqual(row, {
    time: 5n,
    endtime: 200_005n,
    board: 0,
    channel: 2,
    record_id: 0n,
    dt: 4000,
    length: 50,
    flags: 3,
    baseline: 1010.5,
    polarity: 1,
    wave: Float32Array.from(savgolFilter(Float64Array.from(samples(50)), 11, 2)),
  });
});

Deno.test("filtered_waveforms with BW have frequencies in Hz and each record's own sampling interval", async () => {
  const options = { filterType: "BW", filterOrder: 2, lowcut: "10 MHz", highcut: 60e6 };
  const rows = await run([record(80, { dt: 2000 }), record(80, { time: 1n, channel: 1, dt: 4000 })], options);
  rows.forEach((row, i) => {
    const sos = butterworth(2, [10e6, 60e6], { btype: "band", fs: [500e6, 250e6][i]! });
    const expected = Float32Array.from(sosfiltfilt(sos, Float64Array.from(samples(80))));
    assert.deepEqual(row.wave, expected);
  });
});

for (
  const [options, expected] of [
    [{}, 1010.5],
    [{ filterType: "BW", highcut: 1e10 }, 1010.5],
    [{ filterType: "BW", lowcut: 1e10 }, 0],
    [band, 0],
  ] as const
) {
  Deno.test(`filtered_waveforms have the baseline of the filtered record: ${JSON.stringify(options)}`, async () => {
    const level = Array(200).fill(1010);
    const rows = await run(
      [record(0, { samples: level }), record(0, { time: 1n, samples: level, baseline: NaN })],
      options,
    );
    assert.deepEqual(rows.map(({ baseline }) => baseline), [expected, NaN]);
    const wave = rows[0]!.wave as Float32Array;
    assert.ok(wave.every((v) => Math.abs(v - Math.floor(expected)) < 1e-3));
  });
}

async function notices(list: readonly TestRecord[], options: Record<string, unknown>, chunkSize: number) {
  await using ctx = new Context({ config: { filtered_waveforms: options } });
  ctx.register(source(list), filteredWaveforms);
  return (await ctx.run("run", "filtered_waveforms", { chunkSize })).notices;
}

Deno.test("filtered_waveforms of short records have the longest window there is room for, or are as they were", async () => {
  const list = [10, 9, 4, 3, 2, 1, 0].map((n, k) => record(n, { time: BigInt(k) }));
  const waves = (await run(list)).map(({ wave }) => wave as Float32Array);
  const fitted = (n: number, window: number) =>
    Float32Array.from(savgolFilter(Float64Array.from(samples(n)), window, 2));
  assert.deepEqual(waves.slice(0, 4), [fitted(10, 9), fitted(9, 9), fitted(4, 3), fitted(3, 3)]);
  assert.deepEqual(waves.slice(4), [2, 1, 0].map((n) => Float32Array.from(samples(n))));
});

Deno.test("filtered_waveforms with BW of records as short as its start are as they were", async () => {
  // Order 1 as a band has 1 section and needs more than 3 x (2 + 1) samples.
  const [short, long] = await run([record(9), record(10, { time: 1n })], band);
  assert.deepEqual(short!.wave, Float32Array.from(samples(9)));
  assert.notDeepEqual(long!.wave, Float32Array.from(samples(10)));
});

Deno.test("filtered_waveforms say once that records are too short for the filter", async () => {
  const list = [record(8), record(7, { time: 1n }), record(0, { time: 2n }), record(30, { time: 3n })];
  for (const chunkSize of [1, 100]) {
    for (const options of [{}, band]) {
      const told = await notices(list, options, chunkSize);
      assert.equal(told.length, 1);
      assert.match(
        told[0]!,
        /^filtered_waveforms: Some records are too short for the filter.*set filtered_waveforms/,
      );
    }
  }
  assert.deepEqual(await notices([record(30), record(0, { time: 1n })], {}, 1), []);
});

for (
  const [options, problem] of [
    [{ sgWindowSize: 10 }, /sgWindowSize.*a window needs a middle/],
    [{ sgWindowSize: 5, sgPolyOrder: 5 }, /degree 5 isn't determined by 5 samples/],
    [{ filterType: "BW" }, /without a frequency; set filtered_waveforms\.lowcut or \.highcut/],
    [
      { filterType: "BW", highcut: 3e11 },
      /the frequency 300000000000 isn't between 0 and 250000000000.*sampled every 2 ps: set filtered_waveforms/,
    ],
    [{ filterType: "BW", lowcut: 2e11, highcut: 1e11 }, /aren't in order/],
    [{ filterType: "Bessel" }, /filterType.*Bessel/],
  ] as const
) {
  Deno.test(`filtered_waveforms refuse ${JSON.stringify(options)}`, async () => {
    await assert.rejects(run([record(50)], options), problem);
  });
}

Deno.test("filtered_waveforms of each channel are those of its own settings", async () => {
  const list = [0, 1, 2, 0, 1].map((channel, k) => record(90, { time: BigInt(k), channel }));
  const high = { filterType: "BW", filterOrder: 2, lowcut: 2e10 };
  const rows = await run(list, {
    filterType: { default: "SG", channels: { "0:1": "BW" } },
    filterOrder: 2,
    lowcut: { channels: { "0:1": 2e10 } },
    sgWindowSize: { default: 11, channels: { "0:2": 7 } },
  });
  const alone = async (options: Record<string, unknown>) => (await run([record(90)], options))[0]!;
  const expected = [await alone({}), await alone(high), await alone({ sgWindowSize: 7 })];
  rows.forEach((row) => {
    const { wave, baseline } = expected[row.channel as number]!;
    assert.deepEqual([row.wave, row.baseline], [wave, baseline]);
  });
});

Deno.test("filtered_waveforms refuse settings of one channel, naming it, before anything is read", async () => {
  await assert.rejects(run([], { filterType: { channels: { "0:3": "BW" } } }), {
    name: "RangeError",
    message: /contradict each other: of board 0, channel 3: .*set filtered_waveforms\.lowcut or \.highcut/,
  });
});
