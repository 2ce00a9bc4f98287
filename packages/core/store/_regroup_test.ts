import assert from "node:assert/strict";
import fc from "fast-check";
import { type Chunk, NO_COVER } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { Regrouper } from "./_regroup.ts";
import type { ChunkRows } from "./save_chunk.ts";
import { chunkOf, plainRows } from "./_testing.ts";

const rows = fc.array(fc.record({ step: fc.nat(6), length: fc.nat(20) }), { maxLength: 40 }).map((list) => {
  let at = 0;
  return list.map(({ step, length }) => [at += step, at + length] as const);
});

interface Piece {
  start: bigint;
  end: bigint;
  coverEnd: bigint;
  rows: unknown[];
}

function regroup(chunks: readonly Chunk[], target: { bytes: number; spanPs: bigint }): Piece[] {
  const pool = new BufferPool();
  const regrouper = new Regrouper(target, pool, undefined, NO_COVER);
  const pieces: Piece[] = [];
  const take = (stored: ChunkRows) => {
    const { info: { start, end, coverEnd }, tables } = stored;
    pieces.push({ start, end, coverEnd, rows: tables.flatMap(plainRows) });
    stored.release();
  };
  for (const chunk of chunks) {
    regrouper.add(chunk).forEach(take);
    chunk.release();
  }
  const last = regrouper.finish();
  if (last) take(last);
  regrouper.clear();
  return pieces;
}

/** The stretch `[0, end)` cut at some times. */
function cut(list: readonly (readonly [number, number])[], end: number, cuts: readonly number[]): Chunk[] {
  const edges = [0, ...new Set(cuts.filter((t) => t > 0 && t < end).toSorted((a, b) => a - b)), end];
  let cover: bigint | undefined;
  return edges.slice(1).map((to, k) => {
    const part = list.filter(([t]) => t >= edges[k]! && t < to);
    const chunk = chunkOf(edges[k]!, to, part, cover);
    cover = chunk.coverEnd === NO_COVER ? undefined : chunk.coverEnd;
    return chunk;
  });
}

Deno.test("chunks end where the rows say, however they came, with every row once and true covers", () => {
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.nat(250), { maxLength: 30 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 60 }),
      (list, cuts, bytes, span) => {
        const target = { bytes, spanPs: BigInt(span) };
        const end = (list.at(-1)?.[0] ?? 0) + 7;
        const whole = regroup(cut(list, end, []), target);
        assert.deepEqual(regroup(cut(list, end, cuts), target), whole);
        assert.deepEqual(regroup(cut(list, end, Array.from({ length: end }, (_, t) => t)), target), whole);
        assert.deepEqual(whole.flatMap(({ rows }) => rows), plainRows(chunkOf(0, end, list).table));
        let at = 0n, cover = NO_COVER;
        for (const piece of whole) {
          assert.equal(piece.start, at);
          at = piece.end;
          const times = (piece.rows as { time: bigint; endtime: bigint }[]).map(({ time, endtime }) => {
            if (endtime > cover) cover = endtime;
            assert.ok(piece.start <= time && time < piece.end);
            return time;
          });
          assert.equal(piece.coverEnd, cover);
          if (times.length > 0) {
            assert.ok(piece.end <= (times[0]! / target.spanPs + 1n) * target.spanPs || at === BigInt(end));
          }
        }
        assert.equal(at, BigInt(end));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("what waits is copied out of large buffers and joined from many small ones", () => {
  const regrouper = new Regrouper(
    { bytes: 2 ** 20, spanPs: 10n ** 15n },
    new BufferPool(),
    undefined,
    NO_COVER,
  );
  for (let k = 0; k < 2000; k++) {
    using chunk = chunkOf(k, k + 1, [[k, k + 1]]);
    assert.deepEqual(regrouper.add(chunk), []);
  }
  using all = regrouper.finish()!;
  assert.deepEqual([all.length, all.info.start, all.info.end], [2000, 0n, 2000n]);
  assert.ok(all.tables.length < 300, "many small tables became one");
});
