import assert from "node:assert/strict";
import fc from "fast-check";
import { clusterStarts } from "@millrace/core/clusters";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { hitTable, randomHits, type TestHit } from "./_testing.ts";
import { findPeakPlaces } from "./kernels/peak_places.ts";
import { plainParts } from "./kernels/peak_parts.ts";
import { sumHits } from "./kernels/sum_hits.ts";
import { ResidentHits } from "./kernels/wasm_peaks.ts";
import { straxPeaks } from "./peaks.ts";

const config = {
  "peaks.channels": 3,
  "peaks.topChannels": 1,
  "peaks.gain": { default: 1, channels: { "0:1": 0.25 } },
  "peaks.gapThreshold": 60,
  "peaks.leftExtension": 20,
  "peaks.rightExtension": 30,
  "peaks.minChannels": 1,
  "peaks.tightLeft": 20,
  "peaks.tightRight": 20,
};

const run = (hits: readonly TestHit[], more: Record<string, unknown> = {}) =>
  rowsOf([tableSource("hits", hitTable(hits)), straxPeaks], "peaks", { ...config, ...more });

const variants: readonly [name: string, options: Record<string, unknown>][] = [
  ["whole", { "peaks.minChannels": 2 }],
  ["at most 150 ps long", { "peaks.maxDuration": 150 }],
  ["divided at local minima", { "peaks.split": "local_minimum", "peaks.splitIterations": 3 }],
  ["divided at natural breaks", { "peaks.split": "natural_breaks", "peaks.splitThreshold": 0.1 }],
];

for (const [name, options] of variants) {
  Deno.test(`peaks, ${name}, are the same for every chunking`, async () => {
    await fc.assert(
      fc.asyncProperty(randomHits(), (hits) =>
        testPlugin(straxPeaks, {
          inputs: { hits: hitTable(hits) },
          options: { ...config, ...options },
          chunkings: 4,
          ranges: 3,
        })),
      { numRuns: 6 },
    );
  });
}

Deno.test("peaks hold every hit once, further apart than the gap, and their areas add up", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits(), async (hits) => {
      const peaks = await run(hits);
      assert.equal(peaks.reduce((sum, peak) => sum + (peak.n_hits as number), 0), hits.length);
      const gain = (channel: number) => (channel === 1 ? 0.25 : 1);
      for (const [k, peak] of peaks.entries()) {
        const time = Number(peak.time), endtime = Number(peak.endtime);
        const inside = hits.filter((hit) => hit.time >= time && hit.time + 10 * hit.wave.length <= endtime);
        assert.equal(inside.length, peak.n_hits);
        const channels = [0, 0, 0], full = new Set<number>();
        const length = (endtime - time) / 10, sum = new Array<number>(length).fill(0);
        for (const { time: start, channel, wave, baseline = 100 } of inside) {
          wave.forEach((sample, i) => {
            const pe = (sample + baseline % 1) * gain(channel);
            channels[channel]! += pe;
            sum[(start - time) / 10 + i]! += pe;
          });
          if (Math.max(...wave) >= Math.floor(baseline)) full.add(channel);
        }
        const near = (a: unknown, b: number) =>
          assert.ok(Math.abs((a as number) - b) <= 1e-4 * Math.max(1, Math.abs(b)), `${a} ${b}`);
        near(peak.area, channels.reduce((a, b) => a + b, 0));
        (peak.area_per_channel as Float32Array).forEach((area, ch) => near(area, channels[ch]!));
        near((peak.data as Float32Array).reduce((a, b) => a + b, 0), peak.area as number);
        if (length <= 200) sum.forEach((x, i) => near((peak.data as Float32Array)[i], x));
        near(peak.area_fraction_top, channels[0]! / (peak.area as number));
        assert.equal(peak.n_saturated_channels, full.size);
        assert.deepEqual(
          [...peak.saturated_channel as Uint8Array].map(Boolean),
          [0, 1, 2].map((ch) => full.has(ch)),
        );
        assert.ok((peak.max_gap as number) < 60);
        assert.ok(
          (peak.center_time as bigint) >= (peak.time as bigint) &&
            (peak.center_time as bigint) <= (peak.endtime as bigint),
        );
        if (k > 0) assert.ok(time - Number(peaks[k - 1]!.endtime) >= 60 - 20 - 30);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("peaks: vectors and the readable form find the same places and sums", () => {
  fc.assert(
    fc.property(
      randomHits(),
      fc.integer({ min: 1, max: 80 }),
      fc.integer({ min: 0, max: 40 }),
      (list, gapThreshold, cut) => {
        const hits = hitTable(list).columns, toPe = Float64Array.of(1, 0, 0.37);
        const settings = {
          gapThreshold,
          maxDuration: 200,
          leftExtension: 20,
          rightExtension: 30,
          minArea: 9,
          minChannels: 1,
        };
        using resident = new ResidentHits(hits, toPe);
        const starts = clusterStarts(hits.time, hits.endtime, { gap: gapThreshold, maxSpan: 200 });
        const places = findPeakPlaces(hits, starts, toPe, settings);
        assert.deepEqual(resident.places(settings), places);
        const plain = sumHits(hits, toPe);
        for (const place of places) {
          // Also places that hits reach out of on both sides.
          for (
            const part of [place, {
              ...place,
              time: place.time + 10 * cut,
              length: Math.max(1, place.length - 2 * cut),
            }]
          ) {
            const a = plain(part), b = resident.sum(part);
            for (
              const name of ["hits", "maxGap", "firstChannel", "lastChannel", "saturatedChannels"] as const
            ) {
              assert.equal(b[name], a[name], name);
            }
            assert.deepEqual([...b.saturated], [...a.saturated]);
            const near = (x: number, y: number) =>
              assert.ok(Math.abs(x - y) <= 1e-5 * Math.max(1, Math.abs(y)), `${x} ${y}`);
            near(b.area, a.area);
            b.perChannel.forEach((x, i) => near(x, a.perChannel[i]!));
            assert.equal(b.waveform.length, a.waveform.length);
            b.waveform.forEach((x, i) => near(x, a.waveform[i]!));
            // Of the same sum, the same bits.
            const parts = plainParts(hits, toPe.length), area = Math.fround(b.area);
            for (const room of [1, 3, 7, 200]) {
              const data = new Float32Array(room).fill(7), other = new Float32Array(room).fill(8);
              const shape = parts.shape(b.waveform, area, data);
              const { at, ...found } = resident.shape(b.waveform, area, other);
              const { at: expected, ...rest } = shape;
              assert.deepEqual(found, rest);
              assert.deepEqual(other, data);
              if (area > 0) assert.deepEqual([...at.subarray(0, 21)], [...expected]);
            }
            const least = part.time + cut, most = part.time + 3 * cut;
            assert.equal(resident.coincident(part, least, most), parts.coincident(part, least, most));
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("peaks: [0, 2, 2, 0, 2, 2, 1] is divided into [0, 2, 2] and [0, 2, 2, 1]", async () => {
  const wave = [2, 2, 0, 2, 2, 1];
  const hits = [{ time: 10, channel: 0, wave: wave.slice(0, 2) }, {
    time: 40,
    channel: 0,
    wave: wave.slice(3),
  }];
  const more = { "peaks.leftExtension": 10, "peaks.rightExtension": 0 };
  const split = { "peaks.split": "local_minimum", "peaks.splitMinRatio": 0, "peaks.splitMinHeight": 1 };
  const peaks = await run(hits, { ...more, ...split, "peaks.splitIterations": 5 });
  assert.deepEqual(
    peaks.map(({ data, length }) => [...(data as Float32Array).subarray(0, length as number)]),
    [[0, 2, 2], [0, 2, 2, 1]],
  );
  assert.deepEqual(peaks.map(({ n_hits }) => n_hits), [1, 1]); // counted for parts too
});

Deno.test("peaks: natural breaks divide two humps, and the last part has the last sample", async () => {
  const hits = [{ time: 0, channel: 0, wave: [5, 50, 5] }, { time: 200, channel: 0, wave: [5, 50, 5, 3] }];
  const more = { "peaks.gapThreshold": 500, "peaks.leftExtension": 0, "peaks.rightExtension": 0 };
  const peaks = await run(hits, { ...more, "peaks.split": "natural_breaks", "peaks.splitLow": false });
  assert.equal(peaks.length, 2);
  assert.equal(peaks.at(-1)!.endtime, 240n);
  assert.deepEqual(peaks.map(({ area }) => area), [60, 63]);
});

Deno.test("peaks: widths of a flat peak are fractions of its length", async () => {
  const more = { "peaks.leftExtension": 0, "peaks.rightExtension": 0 };
  const [peak] = await run([{ time: 0, channel: 0, wave: new Array<number>(20).fill(4) }], more);
  assert.equal(peak!.median_time, 100);
  assert.equal(peak!.center_time, 100n);
  (peak!.width as Float32Array).forEach((width, k) => assert.ok(Math.abs(width - 20 * k) < 1e-3));
  (peak!.area_decile_from_midpoint as Float32Array).forEach((time, k) =>
    assert.ok(Math.abs(time - (20 * k - 100)) < 1e-3)
  );
});

Deno.test("peaks longer than 200 samples are sampled down", async () => {
  const more = { "peaks.leftExtension": 0, "peaks.rightExtension": 0 };
  const [peak] = await run([{ time: 0, channel: 0, wave: new Array<number>(401).fill(1) }], more);
  assert.deepEqual([peak!.dt, peak!.length, peak!.endtime, peak!.area], [30, 133, 3990n, 401]);
  assert.ok((peak!.data as Float32Array).subarray(0, 133).every((x) => x === 3));
});

Deno.test("peaks: hits as far apart as times go are peaks of their own, with and without a longest duration", async () => {
  // strax overflows where gaps and durations do not fit 32 bits of its samples.
  const far = 2 ** 52, hits = [0, far / 2, far - 1000].map((time) => ({ time, channel: 0, wave: [9, 9] }));
  for (const maxDuration of [150, 1e10]) {
    const peaks = await run(hits, { "peaks.maxDuration": maxDuration });
    assert.deepEqual(peaks.map(({ time }) => time), hits.map(({ time }) => BigInt(time - 20)));
    for (const { max_gap, length, n_hits } of peaks) assert.deepEqual([max_gap, length, n_hits], [0, 7, 1]);
  }
});

Deno.test("peaks: no cluster lasts longer than maxDuration but for its last hit", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits(), async (hits) => {
      for (const { time, endtime, n_hits } of await run(hits, { "peaks.maxDuration": 100 })) {
        // Extensions, a last hit that starts before the limit, and its 20 samples.
        assert.ok(Number((endtime as bigint) - (time as bigint)) <= 20 + 100 + 200 + 30);
        assert.ok((n_hits as number) >= 1);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("peaks: what cannot be is refused, with what to set", async () => {
  const hits = hitTable([{ time: 0, channel: 2, wave: [9] }, { time: 10, channel: 0, wave: [9] }]);
  const fails = async (more: Record<string, unknown>, message: RegExp, table = hits) => {
    await using ctx = new Context({ config: { ...config, ...more } });
    ctx.register(tableSource("hits", table), straxPeaks);
    await assert.rejects(
      ctx.getData("run", "peaks"),
      (error: Error) => message.test(`${error.message} ${error.cause}`),
    );
  };
  await fails({ "peaks.channels": 2 }, /hit in channel 2: set peaks.channels to more than that, it is 2/);
  await fails(
    { "peaks.topChannels": 4 },
    /contradict each other: 4 top channels are more than the 3 that there are: set peaks.topChannels/,
  );
  await fails(
    { "peaks.gapThreshold": 50 },
    /gapThreshold is 50 ps: it must be more than leftExtension \+ rightExtension/,
  );
  const mixed = hitTable([{ time: 0, channel: 2, wave: [9] }, { time: 10, channel: 0, wave: [9] }]);
  mixed.columns.dt[1] = 20;
  await fails({}, /sampling intervals of 10 and 20 ps/, mixed);
});
