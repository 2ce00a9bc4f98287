import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { featuresInOrder, featureTable, randomFeatures, type TestFeature } from "../_features_testing.ts";
import { rowsOf } from "../_testing.ts";
import { events } from "./events.ts";

const run = (list: readonly TestFeature[], timeWindow: unknown, t0?: bigint) =>
  rowsOf([tableSource("basic_features", featureTable(list, t0)), events], "events", {
    "events.timeWindow": timeWindow,
  });

for (const timeWindow of [0, 4]) {
  Deno.test(`events are the same for every chunking, window ${timeWindow}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomFeatures, (list) =>
        testPlugin(events, {
          inputs: { basic_features: featureTable(list) },
          options: { timeWindow },
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 12 },
    );
  });
}

Deno.test("events have what their definition says", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, async (list) => {
      const groups: (TestFeature & { id: number })[][] = [];
      featuresInOrder(list).forEach((row, id) => {
        const open = groups.at(-1);
        if (open && row.time <= open[0]!.time + 4n) open.push({ ...row, id });
        else groups.push([{ ...row, id }]);
      });
      const expected = groups.map((group) => {
        const time = group[0]!.time, latest = group.at(-1)!.time;
        const sorted = group.toSorted((a, b) => a.board - b.board || a.channel - b.channel || a.id - b.id);
        return {
          time,
          endtime: latest + 1n,
          dt: Number(latest - time),
          n_hits: group.length,
          boards: Uint16Array.from(sorted, (r) => r.board),
          channels: Uint16Array.from(sorted, (r) => r.channel),
          offsets: Float64Array.from(sorted, (r) => Number(r.time - time)),
          heights: Float32Array.from(sorted, (r) => r.height),
          areas: Float32Array.from(sorted, (r) => r.area),
          record_ids: BigInt64Array.from(sorted, (r) => BigInt(r.id)),
        };
      });
      assert.deepEqual(await run(list, 4), expected);
    }),
    { numRuns: 150 },
  );
});

const row = (time: bigint, more: Partial<TestFeature> = {}) => ({
  time,
  board: 0,
  channel: 0,
  height: 1,
  area: 1,
  ...more,
});

Deno.test("events have the times of the earliest and the latest record, whatever their channels", async () => {
  const [event] = await run([row(0n, { channel: 5 }), row(49_000n, { channel: 1 })], "100 ns");
  assert.deepEqual([event!.time, event!.dt, event!.channels], [0n, 49_000, new Uint16Array([1, 5])]);
});

Deno.test("events tell boards apart", async () => {
  const [event] = await run([row(0n, { board: 1, channel: 0 }), row(1n, { board: 0, channel: 9 })], 10);
  assert.deepEqual([event!.boards, event!.channels], [new Uint16Array([0, 1]), new Uint16Array([9, 0])]);
});

Deno.test("an event does not grow with its records, and the window's end is in it", async () => {
  const sizes = async (times: bigint[]) =>
    (await run(times.map((t) => row(t)), 10)).map(({ n_hits }) => n_hits);
  assert.deepEqual(await sizes([0n, 8n, 10n, 11n, 18n]), [3, 2]);
});

Deno.test("events keep single ps beyond 2^53 ps", async () => {
  const start = 2n ** 53n + 1n;
  const [event] = await run([row(start), row(start + 3n)], 10, start);
  assert.deepEqual([event!.time, event!.endtime, event!.dt], [start, start + 4n, 3]);
});
