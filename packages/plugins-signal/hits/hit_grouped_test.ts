import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { Table } from "@millrace/core/table";
import { rowsOf } from "../_testing.ts";
import { hitTable, inOrder, randomHits, type TestHit } from "./_hits_testing.ts";
import { hitGrouped } from "./hit_grouped.ts";
import { hitMerged } from "./hit_merged.ts";

/** Hits as `hit_merged` has them when nothing is merged. */
function mergedTable(hits: readonly TestHit[], t0?: bigint): Table {
  const schema = hitMerged.schemas.hit_merged!, rows = hitTable(hits, t0).rows();
  const renamed: Record<string, string> = { sample_start: "edge_start", sample_end: "edge_end" };
  const column = (name: string) =>
    name === "component_count" ? rows.map(() => 1) : rows.map((row) => row[renamed[name] ?? name]!);
  return Table.from(
    schema,
    Object.fromEntries(Object.keys(schema.types).map((name) => [name, column(name)])) as never,
    t0 === undefined ? {} : { t0 },
  );
}

const run = (hits: readonly TestHit[], options: Record<string, unknown>, t0?: bigint) =>
  rowsOf([tableSource("hit_merged", mergedTable(hits, t0)), hitGrouped], "hit_grouped", {
    hit_grouped: options,
  });

for (const maxSpan of [null, 7]) {
  Deno.test(`hit_grouped is the same for every chunking, maxSpan ${maxSpan}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomHits, (hits) =>
        testPlugin(hitGrouped, {
          inputs: { hit_merged: mergedTable(hits) },
          options: { timeWindow: 2, maxSpan },
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 12 },
    );
  });
}

Deno.test("hit_grouped has what its definition says", async () => {
  await fc.assert(
    fc.asyncProperty(randomHits, async (hits) => {
      const groups: TestHit[][] = [];
      let cover = 0n;
      for (const hit of inOrder(hits)) {
        const open = groups.at(-1);
        if (open && hit.time <= cover + 2n) open.push(hit);
        else {
          groups.push([hit]);
          cover = hit.endtime;
        }
        cover = hit.endtime > cover ? hit.endtime : cover;
      }
      const expected = groups.map((group) => {
        const time = group[0]!.time;
        const list = group.toSorted((a, b) =>
          a.board - b.board || a.channel - b.channel || a.dt - b.dt || Number(a.time - b.time)
        );
        return {
          time,
          endtime: group.map(({ endtime }) => endtime).reduce((a, b) => b > a ? b : a),
          n_hits: group.length,
          boards: Uint16Array.from(list, (h) => h.board),
          channels: Uint16Array.from(list, (h) => h.channel),
          starts: Float64Array.from(list, (h) => Number(h.time - time)),
          peak_offsets: Float64Array.from(list, (h) => Number(h.peakTime - time)),
          heights: Float32Array.from(list, (h) => h.height),
          integrals: Float32Array.from(list, (h) => h.integral),
          dts: Int32Array.from(list, (h) => h.dt),
          record_ids: BigInt64Array.from(list, (h) => h.record_id),
          sample_starts: Int32Array.from(list, (h) => h.edge_start),
          sample_ends: Int32Array.from(list, (h) => h.edge_end),
        };
      });
      assert.deepEqual(await run(hits, { timeWindow: 2 }), expected);
    }),
    { numRuns: 150 },
  );
});

Deno.test("hit_grouped joins a hit at exactly the window, and not 1 ps behind", async () => {
  const hit = (time: bigint): TestHit => ({
    ...{ time, endtime: time + 10n, peakTime: time, board: 0, channel: 0, record_id: 0n, position: 0 },
    ...{ edge_start: 0, edge_end: 10, height: 1, integral: 1, rise_time: 0, fall_time: 0, dt: 1 },
  });
  assert.equal((await run([hit(0n), hit(30n)], { timeWindow: 20 })).length, 1);
  assert.equal((await run([hit(0n), hit(31n)], { timeWindow: 20 })).length, 2);
});

Deno.test("hit_grouped keeps single ps beyond 2^53 ps", async () => {
  const start = 2n ** 53n + 1n;
  const hit = (time: bigint): TestHit => ({
    ...{ time, endtime: time + 10n, peakTime: time + 1n, board: 0, channel: 0, record_id: 0n, position: 0 },
    ...{ edge_start: 0, edge_end: 10, height: 1, integral: 1, rise_time: 0, fall_time: 0, dt: 1 },
  });
  const [row, ...others] = await run([hit(start), hit(start + 15n)], { timeWindow: 5 }, start);
  assert.deepEqual(others, []);
  assert.deepEqual([row!.time, row!.endtime, row!.starts], [start, start + 25n, Float64Array.of(0, 15)]);
  assert.equal((await run([hit(start), hit(start + 16n)], { timeWindow: 5 }, start)).length, 2);
});
