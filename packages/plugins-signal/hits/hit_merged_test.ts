import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, rowsOf } from "../_testing.ts";
import { hitTable, inOrder, randomHits, type TestHit } from "./_hits_testing.ts";
import { hitMerged } from "./hit_merged.ts";

const run = (hits: readonly TestHit[], type: string, options: Record<string, unknown>, t0?: bigint) =>
  rowsOf([tableSource("hit_threshold", hitTable(hits, t0), { dataKind: "hits" }), hitMerged], type, {
    hit_merged: options,
  });

const options = { mergeGap: 2, maxTotalWidth: 14 };

for (const more of [{}, { mergeGap: 0 }, { breakThresholdPs: 6 }]) {
  Deno.test(`hit_merged, clusters and components are the same for every chunking: ${JSON.stringify(more)}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomHits, (hits) =>
        testPlugin(hitMerged, {
          inputs: { hit_threshold: hitTable(hits) },
          dataKinds: { hit_threshold: "hits" },
          options: { hit_merged: { ...options, ...more } },
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 12 },
    );
  });
}

/** The definition once more, channel by channel on whole lists. */
function clustersOf(hits: readonly TestHit[], gap: bigint, longest: bigint): TestHit[][] {
  const max = (list: readonly bigint[]) => list.reduce((a, b) => (b > a ? b : a));
  const clusters: TestHit[][] = [];
  for (const place of new Set(hits.map(({ board, channel }) => 2 * board + channel))) {
    let open: TestHit[] = [];
    for (const hit of inOrder(hits).filter(({ board, channel }) => 2 * board + channel === place)) {
      const end = open.length > 0 ? max(open.map(({ endtime }) => endtime)) : 0n;
      const joins = open.length > 0 && gap > 0n && open[0]!.dt === hit.dt && hit.time - end <= gap &&
        max([end, hit.endtime]) - open[0]!.time <= longest;
      if (joins) open.push(hit);
      else clusters.push(open = [hit]);
    }
  }
  return clusters;
}

for (const gap of [0, 1, 3]) {
  Deno.test(`hit_merged has what its definition says for a gap of ${gap}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomHits, async (hits) => {
        const expected = clustersOf(hits, BigInt(gap), 14n).map((cluster) => {
          const [best] = cluster.toSorted((a, b) => b.height - a.height || Number(a.peakTime - b.peakTime));
          const one = new Set(cluster.map(({ record_id }) => record_id)).size === 1;
          const endtime = cluster.map((h) => h.endtime).reduce((a, b) => b > a ? b : a);
          return {
            time: cluster[0]!.time,
            endtime,
            peakTime: best!.peakTime,
            board: best!.board,
            channel: best!.channel,
            record_id: best!.record_id,
            position: best!.position,
            sample_start: one ? Math.min(...cluster.map((h) => h.edge_start)) : -1,
            sample_end: one ? Math.max(...cluster.map((h) => h.edge_end)) : -1,
            height: best!.height,
            integral: f32(cluster.reduce((sum, h) => sum + h.integral, 0)),
            width: f32(Number(endtime - cluster[0]!.time) / best!.dt),
            rise_time: best!.rise_time,
            fall_time: best!.fall_time,
            dt: best!.dt,
            component_count: cluster.length,
          };
        });
        expected.sort((a, b) =>
          Number(a.time - b.time) || a.board - b.board || a.channel - b.channel ||
          Number(a.endtime - b.endtime)
        );
        assert.deepEqual(await run(hits, "hit_merged", { mergeGap: gap, maxTotalWidth: 14 }), expected);
      }),
      { numRuns: 150 },
    );
  });
}

Deno.test("hit_merge_clusters and hit_merged_components name each hit's cluster and each cluster's hits", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits, async (hits) => {
      const clusters = clustersOf(hits, 2n, 14n);
      const places = new Map(
        clusters.flatMap((cluster) => cluster.map((hit, k) => [hit, [cluster[0]!.time, k]] as const)),
      );
      const found = await run(hits, "hit_merge_clusters", options);
      assert.deepEqual(
        found.map(({ time, cluster_time, cluster_place }) => [time, cluster_time, cluster_place]),
        inOrder(hits).map((hit) => [hit.time, ...places.get(hit)!]),
      );
      const components = await run(hits, "hit_merged_components", options);
      const text = (list: readonly unknown[]) => list.map(String).toSorted();
      assert.deepEqual(
        text(
          components.map((
            row,
          ) => [row.time, row.record_ids, row.positions, row.starts, row.heights, row.integrals]),
        ),
        text(clusters.map((cluster) => [
          cluster[0]!.time,
          cluster.map((h) => h.record_id),
          cluster.map((h) => h.position),
          cluster.map((h) => h.time - cluster[0]!.time),
          cluster.map((h) => h.height),
          cluster.map((h) => h.integral),
        ])),
      );
    }),
    { numRuns: 60 },
  );
});

const hit = (time: bigint, more: Partial<TestHit> = {}): TestHit => ({
  time,
  endtime: time + 4000n,
  peakTime: time + 2000n,
  board: 0,
  channel: 0,
  record_id: 0n,
  position: 1,
  edge_start: 0,
  edge_end: 2,
  height: 10,
  integral: 15,
  rise_time: 2000,
  fall_time: 0,
  dt: 2000,
  ...more,
});

Deno.test("hit_merged is in time order over all channels", async () => {
  const hits = [hit(0n, { channel: 1 }), hit(10_000n), hit(20_000n, { channel: 1 }), hit(30_000n)];
  const rows = await run(hits, "hit_merged", { mergeGap: "1 ns" });
  assert.deepEqual(rows.map(({ time, channel }) => [time, channel]), [[0n, 1], [10_000n, 0], [20_000n, 1], [
    30_000n,
    0,
  ]]);
});

Deno.test("hit_merged keeps single ps beyond 2^53 ps", async () => {
  const start = 2n ** 53n + 1n;
  const [row] = await run([hit(start), hit(start + 5001n)], "hit_merged", { mergeGap: "2 ns" }, start);
  assert.deepEqual([row!.time, row!.endtime, row!.component_count], [start, start + 9001n, 2]);
});

Deno.test("hit_merged joins a hit at exactly mergeGap and at exactly maxTotalWidth, and not 1 ps behind", async () => {
  const counts = async (mergeGap: number, maxTotalWidth: number) =>
    (await run([hit(0n), hit(5000n)], "hit_merged", { mergeGap, maxTotalWidth })).length;
  assert.deepEqual(
    [await counts(1000, 9000), await counts(999, 9000), await counts(1000, 8999)],
    [1, 2, 2],
  );
});

Deno.test("hit_merged does not merge hits of other sampling intervals, boards or channels", async () => {
  for (const more of [{ dt: 4000 }, { board: 1 }, { channel: 1 }]) {
    assert.equal((await run([hit(0n), hit(1000n, more)], "hit_merged", { mergeGap: "1 us" })).length, 2);
  }
});

Deno.test("hit_merged has the gap and the longest width of each channel, the same for every chunking", async () => {
  const byChannel = {
    mergeGap: { default: 2, channels: { "0:1": 0, "1:0": 5 } },
    maxTotalWidth: { default: 14, channels: { "1:0": 9 } },
  };
  const isOf = (board: number, channel: number) => (hit: { board?: unknown; channel?: unknown }) =>
    hit.board === board && hit.channel === channel;
  await fc.assert(
    fc.asyncProperty(randomHits, async (hits) => {
      await testPlugin(hitMerged, {
        inputs: { hit_threshold: hitTable(hits) },
        dataKinds: { hit_threshold: "hits" },
        options: { hit_merged: byChannel },
        chunkings: 3,
        ranges: 2,
      });
      const rows = await run(hits, "hit_merged", byChannel);
      for (
        const [board, channel, mergeGap, maxTotalWidth] of [[0, 0, 2, 14], [0, 1, 0, 14], [
          1,
          0,
          5,
          9,
        ]] as const
      ) {
        const alone = await run(hits, "hit_merged", { mergeGap, maxTotalWidth });
        assert.deepEqual(rows.filter(isOf(board, channel)), alone.filter(isOf(board, channel)));
      }
    }),
    { numRuns: 15 },
  );
});
