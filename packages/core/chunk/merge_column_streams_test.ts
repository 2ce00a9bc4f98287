import assert from "node:assert/strict";
import fc from "fast-check";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk } from "./chunk.ts";
import { mergeColumnStreams } from "./merge_column_streams.ts";
import { rechunk } from "./rechunk.ts";

const stream = (name: string, times: readonly bigint[], rows: number, info: Record<string, unknown> = {}) => {
  const table = Table.from(schema({ time: "time", [name]: "u8" }) as Schema, {
    time: times,
    [name]: times.map((_, i) => i % 200),
  });
  return rechunk([
    new Chunk(table, { start: 0n, end: 100n, dataKind: "hits", dataType: name, runId: "run", ...info }),
  ], { rows });
};

async function rowsOf(chunks: AsyncIterable<Chunk>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (using chunk of chunks) rows.push(...chunk.table.rows());
  return rows;
}

Deno.test("mergeColumnStreams() pairs row with row, however the streams are cut", async () => {
  const times = fc.array(fc.bigInt({ min: 0n, max: 99n }), { maxLength: 30 }).map((list) =>
    list.sort((a, b) => Number(a - b))
  );
  await fc.assert(
    fc.asyncProperty(
      times,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      async (list, a, b) => {
        const merged = mergeColumnStreams(
          [stream("x", list, a), stream("y", list, b), stream("z", list, 1)],
          { dataType: "all" },
        );
        assert.deepEqual(await rowsOf(merged), list.map((time, i) => ({ time, x: i, y: i, z: i })));
      },
    ),
  );
});

Deno.test("mergeColumnStreams() refuses other rows, kinds and extents", async () => {
  const merged = (other: AsyncIterable<Chunk>) =>
    rowsOf(mergeColumnStreams([stream("x", [1n, 5n, 9n], 2), other]));
  await assert.rejects(
    merged(stream("y", [1n, 6n, 9n], 1)),
    /Cannot merge columns: row \d of .* has time|different numbers of rows/,
  );
  await assert.rejects(merged(stream("y", [1n, 5n], 9)), /different numbers of rows/);
  await assert.rejects(
    merged(stream("y", [1n, 5n, 9n], 2, { dataKind: "peaks" })),
    /of kind "hits" and .* of kind "peaks"/,
  );
  await assert.rejects(merged(stream("y", [1n, 5n, 9n], 9, { end: 90n })), /goes on where y has ended/);
  await assert.rejects(
    merged(stream("y", [1n, 5n, 9n], 9, { start: 1n })),
    /different intervals|starts where/,
  );
  await assert.rejects(merged(stream("x", [1n, 5n, 9n], 9)), /column/);
});
