import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { featureTable, randomFeatures, type TestFeature } from "../_features_testing.ts";
import { rowsOf } from "../_testing.ts";
import { events } from "./events.ts";
import { pairedEvents } from "./paired_events.ts";

const channels = ["1:0", "0:1"];
const config = { "events.timeWindow": 6, paired_events: { channels, timeWindow: 5 } };
const run = (list: readonly TestFeature[], more: Record<string, unknown> = {}) =>
  rowsOf([tableSource("basic_features", featureTable(list)), events, pairedEvents], "paired_events", {
    ...config,
    ...more,
  });

Deno.test("paired_events are the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, (list) =>
      testPlugin(pairedEvents, {
        inputs: { basic_features: featureTable(list) },
        register: [events],
        options: config,
        chunkings: 4,
        ranges: 4,
      })),
    { numRuns: 12 },
  );
});

Deno.test("paired_events are the events with all channels, values by channel", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, async (list) => {
      const all = await rowsOf([tableSource("basic_features", featureTable(list)), events], "events", {
        "events.timeWindow": 6,
      });
      const expected = all.flatMap((event) => {
        const boards = [...event.boards as Uint16Array], numbers = [...event.channels as Uint16Array];
        const places = channels.map((text) =>
          boards.findIndex((board, i) => `${board}:${numbers[i]}` === text)
        );
        if (places.includes(-1) || (event.dt as number) > 5) return [];
        const at = (name: string) => places.map((k) => (event[name] as Float64Array)[k]!);
        const offsets = at("offsets");
        return [{
          time: event.time,
          endtime: event.endtime,
          dt: event.dt,
          delta_t: offsets[1]! - offsets[0]!,
          offsets: Float64Array.from(offsets),
          heights: Float32Array.from(at("heights")),
          areas: Float32Array.from(at("areas")),
        }];
      });
      assert.deepEqual(await run(list), expected);
    }),
    { numRuns: 100 },
  );
});

const row = (time: bigint, board: number, channel: number, area: number) => ({
  time,
  board,
  channel,
  area,
  height: 1,
});

Deno.test("paired_events have values where their channel is, not where it stands in the event", async () => {
  // Channel 0 of board 0 is no part of the pair and stands first.
  const [pair] = await run([row(0n, 0, 0, 7), row(1n, 0, 1, 8), row(2n, 1, 0, 9)]);
  assert.deepEqual([pair!.areas, pair!.delta_t], [new Float32Array([9, 8]), -1]);
});

Deno.test("paired_events need every channel", async () => {
  assert.equal((await run([row(0n, 0, 1, 8), row(2n, 0, 1, 9)])).length, 0);
});

for (
  const [given, problem] of [
    [["0:1"], /at least 2 channels/],
    [["0:1", "3"], /"3" is no channel: write board:channel/],
    [["0:1", "0:1"], /a channel is there twice/],
  ] as const
) {
  Deno.test(`paired_events refuse channels ${JSON.stringify(given)}`, async () => {
    await assert.rejects(run([], { "paired_events.channels": given }), problem);
  });
}
