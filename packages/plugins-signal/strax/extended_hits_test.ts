import assert from "node:assert/strict";
import fc from "fast-check";
import type { Plugin } from "@millrace/core/plugin";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { hitTable, type Pulse, randomPulses, rawTable } from "./_testing.ts";
import { extendedHits } from "./extended_hits.ts";
import { filteredRecords } from "./filtered_records.ts";
import { straxHits } from "./hits.ts";
import { peakHitTimes } from "./peak_hit_times.ts";
import { peakWaveforms } from "./peak_waveforms.ts";
import { straxPeaks } from "./peaks.ts";
import { straxRecords } from "./records.ts";
import { simpleSummedWaveform } from "./simple_summed_waveform.ts";

const DT = 2, LEFT = 5, RIGHT = 9;
const config = {
  "records.baselineSamples": 3,
  "records.maxPulse": 48,
  "hits.minAmplitude": 3,
  "extended_hits.leftExtension": LEFT,
  "extended_hits.rightExtension": RIGHT,
  "peaks.channels": 3,
  "peaks.minChannels": 1,
  "peaks.gapThreshold": 18,
  "peaks.leftExtension": 6,
  "peaks.rightExtension": 10,
  "peaks.useExtended": true,
  "peaks.gain": { default: 1, channels: { "0:1": 0.5 } },
  "peak_waveforms.topChannels": 3,
  "peak_waveforms.useExtended": true,
  "peak_waveforms.maxExtension": 10,
  "peak_waveforms.gain": { default: 1, channels: { "0:1": 0.5 } },
  "simple_summed_waveform.gain": { default: 1, channels: { "0:1": 0.5 } },
};
const split = { "peaks.split": "local_minimum", "peaks.splitIterations": 3 };
const chain: readonly Plugin[] = [
  straxRecords,
  straxHits,
  extendedHits,
  straxPeaks,
  peakHitTimes,
  peakWaveforms,
  simpleSummedWaveform,
];
const run = (pulses: readonly Pulse[], type: string, more: Record<string, unknown> = {}) =>
  rowsOf([tableSource("raw_records", rawTable(pulses)), ...chain], type, { ...config, ...more });

for (
  const [plugin, more] of [
    [extendedHits, {}],
    [straxPeaks, {}],
    [straxPeaks, split],
    [peakHitTimes, split],
    [peakWaveforms, split],
    [peakWaveforms, { "peaks.useExtended": false, "peak_waveforms.useExtended": false }],
    [simpleSummedWaveform, split],
  ] as const
) {
  Deno.test(`${plugin.name} with samples around hits is the same for every chunking: ${JSON.stringify(more)}`, () =>
    fc.assert(
      fc.asyncProperty(randomPulses(), (pulses) =>
        testPlugin(plugin, {
          inputs: { raw_records: rawTable(pulses) as unknown as Table },
          register: chain.filter((other) => other !== plugin),
          options: { ...config, ...more },
          chunkings: 3,
          ranges: 3,
        })),
      { numRuns: 8 },
    ));
}

Deno.test("extended_hits are hits with the samples around them, in their pulse, each sample once", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const [records, hits, extended] = await Promise.all(
        ["records", "hits", "extended_hits"].map((type) => run(pulses, type)),
      );
      // Sample by time of each pulse.
      const sampleOf = new Map<string, number>();
      for (const { time, channel, data, length } of records!) {
        for (let k = 0; k < (length as number); k++) {
          sampleOf.set(`${channel} ${Number(time) + k * DT}`, (data as Int16Array)[k]!);
        }
      }
      const pulseOf = (channel: unknown, at: number) =>
        pulses.findIndex((pulse) =>
          pulse.channel === channel && pulse.time <= at && at < pulse.time + pulse.samples.length * DT
        );
      const used = new Set<string>();
      extended!.forEach(({ before, wave, ...row }, h) => {
        const { wave: inner, ...hit } = hits![h]!, all = wave as Int16Array, first = before as number;
        assert.deepEqual(row, hit);
        const time = Number(row.time), endtime = Number(row.endtime), own = (endtime - time) / DT;
        assert.deepEqual(all.subarray(first, first + own), inner);
        const start = time - first * DT, end = start + all.length * DT;
        all.forEach((sample, k) => {
          const key = `${row.channel} ${start + k * DT}`;
          assert.equal(sampleOf.get(key), sample);
          assert.ok(!used.has(key), key);
          used.add(key);
        });
        // As far as the extensions go unless the pulse ends there, or another hit has the sample.
        const pulse = pulseOf(row.channel, time);
        const isFree = (at: number) =>
          pulseOf(row.channel, at) === pulse &&
          !hits!.some((other) =>
            other.channel === row.channel && Number(other.time) <= at && at < Number(other.endtime)
          );
        assert.equal(pulseOf(row.channel, start), pulse);
        assert.equal(pulseOf(row.channel, end - DT), pulse);
        assert.ok(time - start <= LEFT + DT - 1 && end - endtime <= RIGHT);
        for (let at = endtime; at + DT <= endtime + RIGHT && isFree(at); at += DT) {
          assert.ok(at < end, `${at} ${end}`);
        }
      });
    }),
    { numRuns: 80 },
  ));

for (
  const more of [{}, split, { "peaks.useExtended": false, "peak_waveforms.useExtended": false, ...split }]
) {
  Deno.test(`data_top and data_start of a detector with top channels alone are the peak's data: ${JSON.stringify(more)}`, () =>
    fc.assert(
      fc.asyncProperty(randomPulses(), async (pulses) => {
        const [peaks, waves] = await Promise.all([
          run(pulses, "peaks", more),
          run(pulses, "peak_waveforms", more),
        ]);
        assert.equal(peaks.length, waves.length);
        waves.forEach(({ time, data_top, data_start }, i) => {
          assert.equal(time, peaks[i]!.time);
          const data = peaks[i]!.data as Float32Array;
          for (const wave of [data_top, data_start] as Float32Array[]) {
            wave.forEach((x, k) =>
              assert.ok(Math.abs(x - data[k]!) <= 1e-5 * Math.max(1, Math.abs(x)), `${x} ${data[k]}`)
            );
          }
        });
      }),
      { numRuns: 40 },
    ));
}

Deno.test("peak_waveforms of peaks that are sampled down: data_top as data, data_start as recorded", async () => {
  const wave = Array.from({ length: 150 }, (_, k) => 1 + k % 7);
  const hits = hitTable([{ time: 0, channel: 0, wave }, { time: 3000, channel: 1, wave }]);
  const options = {
    peaks: { channels: 2, gapThreshold: 2000, leftExtension: 0, rightExtension: 10 },
    peak_waveforms: { topChannels: 1 },
  };
  const of = async (type: string) =>
    (await rowsOf([tableSource("hits", hits), straxPeaks, peakWaveforms], type, options))[0]!;
  const { data, length, dt, area_per_channel } = await of("peaks");
  const { data_top, data_start } = await of("peak_waveforms");
  assert.deepEqual([dt, length], [30, 150]); // 451 samples, the last of which does not fill one
  const sum = (x: unknown) => (x as Float32Array).reduce((a, b) => a + b, 0);
  assert.equal(sum(data_top), (area_per_channel as Float32Array)[0]);
  assert.deepEqual((data_top as Float32Array).subarray(0, 50), (data as Float32Array).subarray(0, 50));
  assert.deepEqual([...data_start as Float32Array], [...wave, ...new Array<number>(50).fill(0)]);
});

Deno.test("peak_waveforms without top channels have NaN for them", async () => {
  const pulses = [{ time: 0, channel: 1, samples: [100, 100, 100, 50, 100] }];
  const [row] = await run(pulses, "peak_waveforms", { "peak_waveforms.topChannels": null });
  assert.ok((row!.data_top as Float32Array).every(Number.isNaN));
  assert.equal((row!.data_start as Float32Array).reduce((a, b) => a + b, 0), 25);
});

Deno.test("peak_hit_times are NaN with one hit, and of those whose maximum lies in the peak", async () => {
  const hits = hitTable([
    { time: 0, channel: 0, wave: [5, 9] },
    { time: 10, channel: 1, wave: [9, 5, 5, 5] },
    { time: 60, channel: 2, wave: [7] },
    { time: 1000, channel: 2, wave: [7] },
  ]);
  const options = {
    peaks: { channels: 3, gapThreshold: 100, minChannels: 1, leftExtension: 0, rightExtension: 0 },
  };
  const rows = await rowsOf([tableSource("hits", hits), straxPeaks, peakHitTimes], "peak_hit_times", options);
  assert.deepEqual(rows.map(({ min_diff, max_diff }) => [min_diff, max_diff]), [[0, 50], [NaN, NaN]]);
});

Deno.test("what does not fit to peaks is refused, with what to set", async () => {
  const pulses = [{ time: 0, channel: 1, samples: [100, 100, 100, 50, 100, 100] }];
  const cause = (pattern: RegExp) => ({ cause }: Error) => pattern.test(String(cause));
  await assert.rejects(
    run(pulses, "peak_waveforms", { "peak_waveforms.maxExtension": 3 }),
    cause(
      /hit in channel 1 at 6 ps is extended by 6 ps: set peak_waveforms\.maxExtension to at least that, it is 3 ps/,
    ),
  );
  await assert.rejects(
    rowsOf(
      [
        tableSource("raw_records", rawTable([])),
        tableSource("hits", hitTable([{ time: 0, channel: 0, wave: [9] }])),
        straxRecords,
        extendedHits,
      ],
      "extended_hits",
      {},
    ),
    cause(/Cannot extend the hit in channel 0 at 0 ps: it is in no record; give the records/),
  );
});

Deno.test("extended_hits without extensions, of hits in filtered records, have the samples as they were recorded", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), async (pulses) => {
      const more = {
        "hits.useFiltered": true,
        "extended_hits.leftExtension": 0,
        "extended_hits.rightExtension": 0,
      };
      const of = (type: string) =>
        rowsOf([tableSource("raw_records", rawTable(pulses)), ...chain, filteredRecords], type, {
          ...config,
          ...more,
        });
      const [records, hits, extended] = await Promise.all(["records", "hits", "extended_hits"].map(of));
      extended!.forEach(({ wave, before, time, channel, left, right }, h) => {
        assert.deepEqual([time, left, right, before], [hits![h]!.time, hits![h]!.left, hits![h]!.right, 0]);
        const start = (time as bigint) - BigInt(DT * (left as number));
        const record = records!.find((row) => row.channel === channel && row.time === start)!;
        assert.deepEqual(wave, (record.data as Int16Array).slice(left as number, right as number));
      });
    }),
    { numRuns: 30 },
  ));
