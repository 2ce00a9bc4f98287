import assert from "node:assert/strict";
import fc from "fast-check";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { filteredSchema, type FilteredTypes } from "../filters/filtered_waveforms.ts";
import { findPeaks, type FindPeaksOptions } from "../kernels/mod.ts";
import { hit } from "./hit.ts";
import { signalPeaks } from "./signal_peaks.ts";
import { signalPeaksStream } from "./signal_peaks_stream.ts";

/** Records as if their samples had been filtered. */
function filteredTable(list: readonly TestRecord[]): Table<FilteredTypes> {
  const table = recordTable(list);
  const columns = Object.fromEntries(
    table.schema.columns.map(({ name }) => [name, table.rows().map((row) => row[name as "time"])]),
  );
  return Table.from(filteredSchema, columns as never, { t0: table.t0 });
}

const run = (list: readonly TestRecord[], options: Record<string, unknown>) =>
  rowsOf(
    [tableSource("filtered_waveforms", filteredTable(list), { dataKind: "records" }), signalPeaksStream],
    "signal_peaks_stream",
    { signal_peaks_stream: options },
  );

const loose = { height: 1, prominence: 2, width: 0.5, distance: 3 };

for (const options of [loose, { ...loose, useDerivative: false, heightMethod: "minmax" }]) {
  Deno.test(`signal_peaks_stream is the same for every chunking: ${JSON.stringify(options)}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), (list) =>
        testPlugin(signalPeaksStream, {
          inputs: { filtered_waveforms: filteredTable(list) },
          dataKinds: { filtered_waveforms: "records" },
          options,
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 10 },
    );
  });
}

/** Peaks of one record, from the definitions of the columns. */
function peaksOf(
  record: TestRecord,
  recordId: bigint,
  useDerivative: boolean,
  minmax: boolean,
  kernel: FindPeaksOptions,
) {
  const { time, samples: given, board = 0, channel = 0, polarity = -1, baseline, dt = 2 } = record;
  const samples = given.map(Math.fround);
  const signal = useDerivative
    ? samples.slice(1).map((v, k) => polarity * (v - samples[k]!))
    : samples.map((v) => polarity * (v - baseline));
  const found = findPeaks(Float64Array.from(signal), kernel);
  return Array.from(found.peaks, (position, p) => {
    const left = found.leftIps![p]!, right = found.rightIps![p]!;
    const half = (v: number) => v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);
    const around = samples.slice(Math.max(0, half(left) - 2), half(right) + 2);
    const lastSample = Math.min(samples.length - 1, Math.ceil(right) + (useDerivative ? 1 : 0));
    return {
      time: time + BigInt(Math.floor(left) * dt),
      endtime: time + BigInt((lastSample + 1) * dt),
      peakTime: time + BigInt(position * dt),
      board,
      channel,
      record_id: recordId,
      position,
      edge_start: f32(left),
      edge_end: f32(right),
      height: minmax
        ? Math.max(...around) - Math.min(...around)
        : polarity * (samples[half(right)]! - samples[half(left)]!),
      integral: f32(
        samples.slice(Math.floor(left), lastSample + 1).map((v) => polarity * (v - baseline))
          .reduce((sum, v) => v <= 0 ? sum : sum + v, 0),
      ),
      prominence: f32(found.prominences![p]!),
      width: f32(found.widths![p]!),
      dt,
    };
  });
}

for (
  const [useDerivative, heightMethod] of [[true, "diff"], [true, "minmax"], [false, "minmax"], [
    false,
    "diff",
  ]] as const
) {
  Deno.test(`signal_peaks_stream has the peaks of find_peaks: derivative ${useDerivative}, height ${heightMethod}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), async (list) => {
        const expected = recordTable(list).rows().flatMap((row, i) =>
          peaksOf(
            { ...row, samples: [...row.wave as Uint16Array] } as unknown as TestRecord,
            BigInt(i),
            useDerivative,
            heightMethod === "minmax",
            loose,
          )
        );
        expected.sort((a, b) =>
          Number(a.time - b.time) || a.board - b.board || a.channel - b.channel ||
          Number(a.endtime - b.endtime)
        );
        assert.deepEqual(await run(list, { ...loose, useDerivative, heightMethod }), expected);
      }),
      { numRuns: 100 },
    );
  });
}

const step = (sign: number) =>
  Array.from({ length: 60 }, (_, k) => 1000 + sign * Math.round(500 / (1 + Math.exp((30 - k) / 3))));

Deno.test("signal_peaks_stream finds a step of either polarity by default, and its height", async () => {
  for (const polarity of [1, -1]) {
    const rows = await run([{ time: 0n, dt: 2000, baseline: 1000, polarity, samples: step(polarity) }], {});
    assert.equal(rows.length, 1);
    const [{ peakTime, position, height, time, endtime, edge_start, edge_end }] = rows as [
      Record<string, number>,
    ];
    assert.ok(Math.abs(position! - 29.5) <= 0.5);
    assert.equal(peakTime, 2000n * BigInt(position!));
    assert.ok(height! > 300 && height! < 500);
    assert.deepEqual([time, endtime], [
      BigInt(2000 * Math.floor(edge_start!)),
      BigInt(2000 * (Math.ceil(edge_end!) + 2)),
    ]);
  }
});

Deno.test("signal_peaks_stream sees pulses of the record's own polarity only", async () => {
  assert.equal((await run([{ time: 0n, baseline: 1000, polarity: -1, samples: step(1) }], {})).length, 0);
});

Deno.test("signal_peaks_stream finds nothing in records without samples or with few", async () => {
  const list = [0, 1, 2].map((n) => ({
    time: BigInt(n),
    baseline: 0,
    polarity: 1,
    samples: Array(n).fill(9),
  }));
  assert.deepEqual(await run(list, { height: 0, width: 0, prominence: 0, distance: 1 }), []);
});

Deno.test("signal_peaks_stream finds more peaks than records", async () => {
  const samples = Array.from({ length: 401 }, (_, k) => 1000 + (k % 4 === 2 ? 50 : 0));
  const rows = await run([{ time: 7n, baseline: 1000, polarity: 1, samples }], {
    useDerivative: false,
    width: 0,
  });
  assert.deepEqual(rows.map(({ position }) => position), Array.from({ length: 100 }, (_, k) => 4 * k + 2));
});

Deno.test("signal_peaks_stream refuses a distance below 1, naming the option", async () => {
  await assert.rejects(run([], { distance: 0.5 }), /RangeError: Cannot set "signal_peaks_stream\.distance"/);
});

Deno.test("signal_peaks_stream has conditions by channel", async () => {
  const list = [0, 1, 2].map((channel) => ({
    time: BigInt(channel),
    channel,
    baseline: 1000,
    polarity: 1,
    samples: Array.from({ length: 40 }, (_, k) => 1000 + (k === 10 ? 50 : k === 30 ? 20 : 0)),
  }));
  const rows = await run(list, {
    useDerivative: false,
    width: 0,
    height: { default: 10, channels: { "0:1": 30, "0:2": 60 } },
  });
  assert.deepEqual(rows.map(({ channel, position }) => [channel, position]).sort(), [[0, 10], [0, 30], [
    1,
    10,
  ]]);
});

Deno.test("signal_peaks_stream has what is searched and the height by channel", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(24), async (list) => {
      const rows = await run(list, {
        ...loose,
        useDerivative: { default: true, channels: { "0:1": false } },
        heightMethod: { default: "diff", channels: { "0:1": "minmax", "0:2": "minmax" } },
        heightWindowExtension: { default: 2, channels: { "0:2": 6 } },
      });
      for (
        const [channel, options] of [
          [0, {}],
          [1, { useDerivative: false, heightMethod: "minmax" }],
          [2, { heightMethod: "minmax", heightWindowExtension: 6 }],
        ] as const
      ) {
        const ofChannel = (row: { board?: unknown; channel?: unknown }) =>
          row.board === 0 && row.channel === channel;
        assert.deepEqual(
          rows.filter(ofChannel),
          (await run(list, { ...loose, ...options })).filter(ofChannel),
        );
      }
    }),
    { numRuns: 30 },
  );
});

for (const [plugin, heightMethod, extension] of [[hit, "minmax", 4], [signalPeaks, "diff", 2]] as const) {
  Deno.test(`${plugin.name} finds what signal_peaks_stream finds with heightMethod ${heightMethod}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), async (list) => {
        const source = tableSource("filtered_waveforms", filteredTable(list), { dataKind: "records" });
        const own = await rowsOf([source, plugin], plugin.name, { [plugin.name]: loose });
        const options = { ...loose, heightMethod, heightWindowExtension: extension };
        assert.deepEqual(own, await run(list, options));
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("signal_peaks_stream keeps single ps beyond 2^53 ps", async () => {
  const start = 2n ** 53n + 1n;
  const record = (time: bigint, channel: number) => ({
    time,
    dt: 2000,
    channel,
    baseline: 1000,
    polarity: 1,
    samples: step(1),
  });
  const rows = await run([record(start, 0), record(start + 1n, 1)], {});
  const [a, b] = rows as unknown as [Record<string, bigint>, Record<string, bigint>];
  assert.equal(a.peakTime, start + 2000n * BigInt(a.position!));
  for (const name of ["time", "peakTime", "endtime"]) assert.equal(b[name], a[name]! + 1n, name);
});

Deno.test("signal_peaks_stream has the integral of every pulse, not 0", async () => {
  const samples = [1000, 1000, 1010, 1050, 1020, 1000, 1000];
  const [row] = await run([{ time: 0n, baseline: 1000, polarity: 1, samples }], {
    useDerivative: false,
    width: 0,
  });
  assert.equal(row!.integral, 80);
});
