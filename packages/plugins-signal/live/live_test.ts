import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { featuresInOrder, featureTable, randomFeatures, type TestFeature } from "../_features_testing.ts";
import { rowsOf } from "../_testing.ts";
import { liveHistogram } from "./live_histogram.ts";
import { liveRate } from "./live_rate.ts";

const histogram = { range: { default: [0, 100], channels: { "0:1": [-10, 33] } }, bins: 7 };
const run = (list: readonly TestFeature[], plugin: typeof liveRate, more: Record<string, unknown> = {}) =>
  rowsOf([tableSource("basic_features", featureTable(list)), plugin], plugin.name, {
    interval: 8,
    ...(plugin === liveHistogram ? { live_histogram: { ...histogram, ...more } } : {}),
  });

for (const plugin of [liveRate, liveHistogram]) {
  for (const interval of [8, 1, 1000]) {
    Deno.test(`${plugin.name} is the same for every chunking, interval ${interval}`, async () => {
      await fc.assert(
        fc.asyncProperty(randomFeatures, (list) =>
          testPlugin(plugin, {
            inputs: { basic_features: featureTable(list) },
            options: plugin === liveRate ? { interval } : { interval, ...histogram },
            chunkings: 5,
            ranges: 4,
          })),
        { numRuns: 12 },
      );
    });
  }
}

/** Rows by interval and channel. */
function groupsOf(list: readonly TestFeature[]): TestFeature[][] {
  const groups = new Map<string, TestFeature[]>();
  for (const row of featuresInOrder(list)) {
    const key = [row.time / 8n, row.board, row.channel].join();
    groups.set(key, [...groups.get(key) ?? [], row]);
  }
  return [...groups.values()].sort(([a], [b]) =>
    Number(a!.time / 8n - b!.time / 8n) || a!.board - b!.board || a!.channel - b!.channel
  );
}

const heads = (group: readonly TestFeature[]) => {
  const { time, board, channel } = group[0]!;
  return { time: time / 8n * 8n, endtime: time / 8n * 8n + 8n, board, channel };
};

Deno.test("live_rate counts the records of each channel and interval", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, async (list) => {
      const expected = groupsOf(list).map((group) => ({
        ...heads(group),
        count: group.length,
        rate: group.length / 8e-12,
      }));
      assert.deepEqual(await run(list, liveRate), expected);
    }),
    { numRuns: 100 },
  );
});

Deno.test("live_histogram has every record's value in its bin, edges as numpy.histogram has them", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, async (list) => {
      const expected = groupsOf(list).map((group) => {
        const { board, channel } = group[0]!,
          [low, high] = board === 0 && channel === 1 ? [-10, 33] : [0, 100];
        const edges = Array.from({ length: 8 }, (_, k) => low! + k * (high! - low!) / 7);
        const counts = Uint32Array.from(
          { length: 7 },
          (_, k) =>
            group.filter(({ area }) => area >= edges[k]! && (k === 6 ? area <= high! : area < edges[k + 1]!))
              .length,
        );
        return {
          ...heads(group),
          low,
          high,
          below: group.filter(({ area }) => area < low!).length,
          above: group.filter(({ area }) => area > high!).length,
          counts,
        };
      });
      assert.deepEqual(await run(list, liveHistogram), expected);
    }),
    { numRuns: 100 },
  );
});

Deno.test("live_histogram looks at the quantity that is asked for", async () => {
  const list = [{ time: 0n, board: 0, channel: 0, height: 5, area: 50 }];
  for (const [quantity, bin] of [["area", 5], ["height", 0], ["amp", 0]] as const) {
    const [row] = await run(list, liveHistogram, { quantity, range: [0, 100], bins: 10 });
    assert.equal((row!.counts as Uint32Array).indexOf(1), bin);
  }
});

Deno.test("intervals are counted from the start of the run also before it and far behind it", async () => {
  const at = async (time: bigint) =>
    (await run([{ time, board: 0, channel: 0, height: 1, area: 1 }], liveRate))[0]!.time;
  assert.equal(await at(-1n), -8n);
  assert.equal(await at(2n ** 60n + 9n), 2n ** 60n + 8n);
});

Deno.test("live_histogram refuses a range without two ends", async () => {
  await assert.rejects(run([], liveHistogram, { range: [5, null] }), /two ends/);
});
