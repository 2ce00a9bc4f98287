import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, type TestRecord } from "../_testing.ts";
import { hitThreshold } from "./hit_threshold.ts";

const run = (list: readonly TestRecord[], config: Record<string, unknown> = {}) =>
  rowsOf([tableSource("records", recordTable(list)), hitThreshold], "hit_threshold", config);

const options = {
  "hit_threshold.threshold": { default: 5, channels: { "0:1": 0.5, "1:2": 8 } },
  "hit_threshold.leftExtension": 1,
  "hit_threshold.rightExtension": 3,
};

for (const overlap of ["keep", "truncate"]) {
  Deno.test(`hit_threshold with overlap "${overlap}" is the same for every chunking`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), (list) =>
        testPlugin(hitThreshold, {
          inputs: { records: recordTable(list) },
          options: { ...options, "hit_threshold.overlap": overlap },
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 10 },
    );
  });
}

/** Hits of one record from the signal in double precision, windows as in WaveformAnalysis. */
function hitsOf(record: TestRecord, recordId: bigint, threshold: number, left: number, right: number) {
  const { time, board = 0, channel = 0, samples, baseline, polarity = -1, dt = 2 } = record;
  const signal = samples.map((sample) => polarity * (sample - baseline));
  const hits = [];
  for (let k = 0; k < samples.length; k++) {
    if (!(signal[k]! >= threshold) || signal[k - 1]! >= threshold) continue;
    let end = k;
    while (signal[end]! >= threshold) end++;
    const a = Math.max(0, k - left), b = Math.min(samples.length, end + right);
    const window = signal.slice(a, b), height = Math.max(...window), position = a + window.indexOf(height);
    const inside = samples.slice(a, b).filter((_, i) => window[i]! > 0);
    const total = inside.reduce((x, y) => x + y, 0);
    const at = (sample: number) => time + BigInt(sample * dt);
    hits.push({
      time: at(a),
      endtime: at(b),
      peakTime: at(position),
      board,
      channel,
      record_id: recordId,
      position,
      edge_start: a,
      edge_end: b,
      height: f32(height),
      integral: f32(polarity < 0 ? inside.length * baseline - total : total - inside.length * baseline),
      width: b - a,
      rise_time: (position - a) * dt,
      fall_time: (b - 1 - position) * dt,
      dt,
    });
  }
  return hits;
}

Deno.test("hit_threshold finds the hits of the formulas with each channel's threshold", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(24), async (list) => {
      const sorted = recordTable(list).rows().map((row): TestRecord => ({
        time: row.time as bigint,
        board: row.board as number,
        channel: row.channel as number,
        samples: [...row.wave as Uint16Array],
        baseline: row.baseline as number,
        polarity: row.polarity as number,
      }));
      const expected = sorted.flatMap((record, i) => {
        const channel = `${record.board}:${record.channel}`;
        return hitsOf(record, BigInt(i), channel === "0:1" ? 0.5 : channel === "1:2" ? 8 : 5, 1, 3);
      });
      expected.sort((a, b) =>
        Number(a.time - b.time) || a.board - b.board || a.channel - b.channel || Number(a.endtime - b.endtime)
      );
      assert.deepEqual(await run(list, options), expected);
    }),
    { numRuns: 100 },
  );
});

const pulse = (at: number, depth: number, length = 100) => {
  const samples = Array(length).fill(1000);
  samples[at] = 1000 - depth;
  return samples;
};

Deno.test("hit_threshold has the time of the maximum in ps: dt is ps as all times are", async () => {
  const [hit] = await run([{ time: 10_000n, dt: 2000, baseline: 1000, samples: pulse(50, 30) }]);
  assert.equal(hit!.peakTime, 10_000n + 50n * 2000n);
  assert.equal(hit!.time, 10_000n + 48n * 2000n);
  assert.equal(hit!.endtime, 10_000n + 53n * 2000n);
  assert.deepEqual([hit!.rise_time, hit!.fall_time, hit!.width, hit!.dt], [4000, 4000, 5, 2000]);
});

Deno.test("hit_threshold keeps single ps beyond 2^53 ps", async () => {
  const start = 2n ** 53n + 1n;
  const list = [0n, 1n, 2n].map((k) => ({
    time: start + k,
    dt: 1,
    channel: Number(k),
    baseline: 1000,
    samples: pulse(50, 30),
  }));
  const hits = await run(list);
  assert.deepEqual(hits.map((hit) => hit.peakTime), [start + 50n, start + 51n, start + 52n]);
  assert.deepEqual(hits.map((hit) => hit.endtime), [start + 53n, start + 54n, start + 55n]);
});

Deno.test("hit_threshold has the integral of every hit, not 0", async () => {
  const [hit] = await run([{ time: 0n, baseline: 1000, samples: pulse(50, 30) }]);
  assert.equal(hit!.integral, 30);
});

Deno.test("hit_threshold heeds the polarity of each record", async () => {
  const samples = [...Array(20).fill(1000), 1050, ...Array(20).fill(1000), 970, 1000];
  const hits = await run([
    { time: 0n, channel: 0, baseline: 1000, polarity: -1, samples },
    { time: 0n, channel: 1, baseline: 1000, polarity: 1, samples },
  ]);
  assert.deepEqual(hits.map(({ channel, position, height }) => [channel, position, height]), [[1, 20, 50], [
    0,
    41,
    30,
  ]]);
});

Deno.test("hit_threshold sees nothing behind a short record's end", async () => {
  const hits = await run([
    { time: 0n, baseline: 1000, samples: Array(100).fill(1000) },
    { time: 1n, baseline: 1000, samples: [1000, 1000, 1000] },
    { time: 2n, baseline: 1000, samples: [0, 0] },
  ]);
  assert.deepEqual(hits.map(({ record_id, edge_start, edge_end }) => [record_id, edge_start, edge_end]), [[
    2n,
    0,
    2,
  ]]);
});

Deno.test("hit_threshold sees samples above 32767 as what they are", async () => {
  const [hit] = await run([{ time: 0n, baseline: 60000, samples: [60000, 60000, 20000, 60000] }]);
  assert.deepEqual([hit!.position, hit!.height], [2, 40000]);
});

Deno.test("hit_threshold keeps overlapping windows or gives each sample to one hit", async () => {
  const samples = Array(40).fill(1000);
  samples[20] = 900;
  samples[23] = 950;
  const edges = async (overlap: string) =>
    (await run([{ time: 0n, baseline: 1000, samples }], { "hit_threshold.overlap": overlap }))
      .map(({ edge_start, edge_end, integral }) => [edge_start, edge_end, integral]);
  assert.deepEqual(await edges("keep"), [[18, 23, 100], [21, 26, 50]]);
  assert.deepEqual(await edges("truncate"), [[18, 23, 100], [23, 26, 50]]);
});

Deno.test("hit_threshold makes room for more hits than records", async () => {
  const samples = Array.from({ length: 3001 }, (_, k) => k % 2 === 0 ? 0 : 1000);
  const list = Array.from(
    { length: 5 },
    (_, k) => ({ time: BigInt(10 * k), channel: k, baseline: 1000, samples }),
  );
  const hits = await run(list, { "hit_threshold.leftExtension": 0, "hit_threshold.rightExtension": 0 });
  assert.equal(hits.length, 5 * 1501);
  for (const { channel, record_id, height, integral, edge_start, position } of hits) {
    assert.deepEqual([record_id, height, integral, position], [
      BigInt(channel as number),
      1000,
      1000,
      edge_start,
    ]);
  }
});

Deno.test("hit_threshold finds nothing in records without baseline or samples", async () => {
  assert.deepEqual(
    await run([{ time: 0n, baseline: NaN, samples: [0, 0] }, { time: 1n, baseline: 7, samples: [] }]),
    [],
  );
});

Deno.test("hit_threshold keeps record numbers beyond 2^32", async () => {
  const table = recordTable([{ time: 0n, baseline: 1000, samples: pulse(50, 30) }]);
  table.columns.record_id[0] = -(2n ** 40n) + 3n;
  const [hit] = await rowsOf([tableSource("records", table), hitThreshold], "hit_threshold");
  assert.equal(hit!.record_id, -(2n ** 40n) + 3n);
});

Deno.test("hit_threshold has extensions by channel", async () => {
  const list = [0, 1].map((channel) => ({
    time: BigInt(channel),
    channel,
    baseline: 1000,
    samples: pulse(50, 30),
  }));
  const hits = await run(list, {
    "hit_threshold.leftExtension": { default: 2, channels: { "0:1": 7 } },
    "hit_threshold.rightExtension": { channels: { "0:1": 0 } },
  });
  assert.deepEqual(
    hits.map(({ channel, edge_start, edge_end }) => [channel, edge_start, edge_end]).sort(),
    [[0, 48, 53], [1, 43, 51]],
  );
});
