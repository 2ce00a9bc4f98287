import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chunk } from "../chunk/chunk.ts";
import { put, readAll, withStore } from "./_store_testing.ts";
import { chunkOf } from "./_testing.ts";

const ROWS: readonly (readonly [number, number])[] = [
  [0, 95],
  [5, 6],
  [12, 12],
  [14, 31],
  [20, 25],
  [33, 33],
  [38, 60],
  [41, 42],
  [55, 90],
  [70, 71],
];

function tenths(): Chunk[] {
  let cover: bigint | undefined;
  return Array.from({ length: 10 }, (_, k) => {
    const rows = ROWS.filter(([t]) => t >= k * 10 && t < k * 10 + 10);
    const chunk = chunkOf(k * 10, k * 10 + 10, rows, cover);
    cover = chunk.coverEnd;
    return chunk;
  });
}

Deno.test("a time range gives rows that start in it, touch it or lie inside it", () =>
  withStore(async (store) => {
    const result = await put(store, tenths());
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -5, max: 105 }),
        fc.integer({ min: 1, max: 60 }),
        async (from, length) => {
          const to = from + length;
          for (
            const [straddlers, wanted] of [
              ["start", ([t]: readonly [number, number]) => t >= from && t < to],
              ["touch", ([t, e]: readonly [number, number]) => t < to && (e > from || t >= from)],
              ["inside", ([t, e]: readonly [number, number]) => t >= from && t < to && e <= to],
            ] as const
          ) {
            const read = await readAll(result, { timeRange: [BigInt(from), BigInt(to)], straddlers });
            const rows = read.flatMap(({ rows }) =>
              rows.map(({ time, endtime }) => [Number(time), Number(endtime)])
            );
            assert.deepEqual(rows, ROWS.filter(wanted), `${straddlers} [${from}, ${to})`);
            read.forEach(({ start, end }, k) => {
              assert.ok(start < end);
              if (k > 0) assert.equal(start, read[k - 1]!.end);
            });
          }
        },
      ),
      { numRuns: 150 },
    );
  }));

Deno.test("rows that touch a range are looked for only in files that may have them", () =>
  withStore(async (store, root) => {
    const result = await put(store, [
      chunkOf(0, 10, [[0, 4]]),
      chunkOf(10, 20, [[12, 15]], 4n),
      chunkOf(20, 30, [[25, 40]], 15n),
      chunkOf(30, 40, [[31, 32]], 40n),
      chunkOf(40, 50, [[45, 46]], 40n),
    ]);
    for (const file of ["000000", "000001", "000004"]) {
      await Deno.remove(`${root}/run_7/hits-4f1a/${file}.arrow`);
    }
    const read = await readAll(result, { timeRange: [35n, 40n], straddlers: "touch" });
    assert.deepEqual(read.flatMap(({ rows }) => rows.map(({ time }) => time)), [25n]);
  }));
