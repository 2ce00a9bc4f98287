import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chunkOfRows,
  collect,
  cuts,
  expected,
  type Hits,
  hits,
  type Row,
  rowsOf,
  shape,
  sortedRows,
  streamOf,
} from "./_testing.ts";
import { Account } from "../data/buffer_pool.ts";
import { Chunk, MAX_CHUNK_PS } from "./chunk.ts";
import { checkContinuity } from "./continuity.ts";
import { rechunk, type RechunkOptions } from "./rechunk.ts";

const options: fc.Arbitrary<RechunkOptions> = fc.record({
  rows: fc.integer({ min: 1, max: 8 }),
  bytes: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 500 })),
  maxSpan: fc.bigInt({ min: 1n, max: 40n }),
  prefer: fc.constantFrom("sealed", "any"),
});

Deno.test("rechunk() gives the same chunks for every chunking of its input", async () => {
  await fc.assert(
    fc.asyncProperty(sortedRows, cuts, options, async (rows, cuts, options) => {
      const whole = await collect(rechunk(streamOf(rows, []), options));
      const again = await collect(rechunk(streamOf(rows, cuts), options));
      assert.deepEqual(again.map(shape), whole.map(shape));
      assert.deepEqual(whole.flatMap(rowsOf), expected(rows));
      checkContinuity(whole);
    }),
    { numRuns: 300 },
  );
});

Deno.test("rechunk() keeps its limits, but for rows at one time (rule 1)", async () => {
  await fc.assert(
    fc.asyncProperty(sortedRows, cuts, options, async (rows, cuts, options) => {
      const chunks = await collect(rechunk(streamOf(rows, cuts), options));
      for (const chunk of chunks) {
        assert.ok(chunk.end - chunk.start <= options.maxSpan!);
        const oneTime = new Set(chunk.columns.time).size <= 1;
        assert.ok(chunk.length <= options.rows! || oneTime);
        assert.ok(chunk.table.nbytes - 4 <= options.bytes! || oneTime);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("rechunk() seals every chunk that can be, at its last such place", async () => {
  await fc.assert(
    fc.asyncProperty(sortedRows, cuts, fc.integer({ min: 1, max: 8 }), async (rows, cuts, count) => {
      const chunks = await collect(rechunk(streamOf(rows, cuts), { rows: count, prefer: "sealed" }));
      for (const [k, chunk] of chunks.entries()) {
        if (k === chunks.length - 1) continue;
        // All places where this chunk could have ended: starts of rows with at most `count` rows from its start on.
        const from = rows.findIndex((row) => BigInt(row.time) >= chunk.start);
        const places = rows.slice(from + 1).filter((row, i) =>
          i < count && row.time > rows[from + i]!.time &&
          rows.slice(0, from + 1 + i).every((r) => r.endtime <= row.time)
        );
        const last = places.at(-1);
        if (last) assert.equal(chunk.end, BigInt(last.time));
        else if (chunk.length <= count) assert.equal(chunk.sealed, false);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("rechunk() cuts dense data without a gap all the same", async () => {
  const bricks = hits(...Array.from({ length: 12 }, (_, i) => [i, i + 2] as const));
  const chunks = await collect(rechunk(streamOf(bricks, [5], { end: 14 }), { rows: 5, prefer: "sealed" }));
  assert.deepEqual(chunks.map((chunk) => [chunk.length, chunk.sealed]), [[5, false], [5, false], [2, true]]);
});

Deno.test("rechunk() prefers a sealed place to the end of maxSpan", async () => {
  const ends = async (rows: Row[], prefer: "sealed" | "any") =>
    (await collect(rechunk(streamOf(rows, [4], { end: 16 }), { rows: 9, maxSpan: 10n, prefer }))).map((
      { end },
    ) => end);
  const over = hits([0, 2], [8, 15]);
  assert.deepEqual(await ends(over, "sealed"), [8n, 16n]);
  assert.deepEqual(await ends(over, "any"), [10n, 16n]);
  assert.deepEqual(await ends(hits([0, 2], [8, 10]), "sealed"), [10n, 16n]);
});

Deno.test("rechunk() passes empty stretches on within maxSpan (rule 6)", async () => {
  const chunks = await collect(rechunk(streamOf([], [3, 7, 20]), { rows: 5, maxSpan: 10n }));
  assert.deepEqual(chunks.map(({ start, end }) => [start, end]), [[0n, 10n], [10n, 20n], [20n, 30n], [
    30n,
    31n,
  ]]);
});

Deno.test("rechunk() cuts at 2^53 ps where nothing else does", async () => {
  const at = (start: bigint, end: bigint, rows: Row[] = []) => chunkOfRows(rows, 0, 1, { start, end });
  const stream = [
    at(0n, MAX_CHUNK_PS - 5n),
    at(MAX_CHUNK_PS - 5n, 2n * MAX_CHUNK_PS - 9n),
    at(2n * MAX_CHUNK_PS - 9n, 2n * MAX_CHUNK_PS + 1n),
  ];
  const chunks = await collect(rechunk(stream, { rows: 5 }));
  assert.deepEqual(chunks.map(({ end }) => end), [MAX_CHUNK_PS, 2n * MAX_CHUNK_PS, 2n * MAX_CHUNK_PS + 1n]);
});

Deno.test("rechunk() emits a chunk as soon as the next row is known", async () => {
  let read = 0;
  function* lazily(): Generator<Chunk<Hits>> {
    for (const chunk of streamOf(hits([1, 2], [5, 6], [11, 12], [21, 22]), [10, 20])) {
      read++;
      yield chunk;
    }
  }
  const stream = rechunk(lazily(), { rows: 2 });
  const first = (await stream.next()).value!;
  assert.deepEqual([first.end, read], [11n, 2]);
  await stream.return();
});

Deno.test("rechunk() releases everything and closes its input, exhausted, failed or left early", async () => {
  for (const stopAfter of [1, 2, Infinity]) {
    for (const failAt of [2, Infinity]) {
      const account = new Account();
      let closed = false;
      const source = async function* (): AsyncGenerator<Chunk<Hits>> {
        try {
          let k = 0;
          for (const chunk of streamOf(hits([1, 9], [5, 6], [11, 12], [21, 22], [22, 23]), [10, 20])) {
            if (k++ === failAt) throw new Error("the source broke");
            const table = chunk.table.compact({ account });
            const { start, end, coverBefore, coverEnd } = chunk;
            yield new Chunk(table, { start, end, coverBefore, coverEnd });
          }
        } finally {
          closed = true;
        }
      };
      let seen = 0;
      const run = async () => {
        for await (using _chunk of rechunk(source(), { rows: 1, account })) if (++seen >= stopAfter) break;
      };
      if (failAt === 2 && stopAfter === Infinity) await assert.rejects(run(), /the source broke/);
      else await run();
      assert.ok(seen > 0 && closed);
      assert.equal(account.used, 0);
    }
  }
});

Deno.test("rechunk() refuses limits that make no sense, and holes", async () => {
  await assert.rejects(collect(rechunk([], {})), { name: "RangeError", message: /give rows or bytes/ });
  await assert.rejects(collect(rechunk([], { rows: 0 })), { name: "RangeError", message: /limits above 0/ });
  await assert.rejects(collect(rechunk([], { rows: 1, maxSpan: 0n })), RangeError);
  const hole = [chunkOfRows([], 0, 5), chunkOfRows([], 6, 9)];
  await assert.rejects(collect(rechunk(hole, { rows: 1 })), /1 ps are missing/);
  assert.deepEqual(await collect(rechunk<Hits>([], { rows: 1 })), []);
});
