import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chunkOfRows,
  collect,
  compareRows,
  coverOf,
  cuts,
  expected,
  type Hits,
  hits,
  type Row,
  rowsOf,
  sortedRows,
  streamOf,
} from "./_testing.ts";
import { Account } from "../data/buffer_pool.ts";
import { type Chunk, MAX_CHUNK_PS } from "./chunk.ts";
import { checkContinuity } from "./continuity.ts";
import { mergeStreams } from "./merge_streams.ts";
import { validate } from "./validate.ts";

/** A stream that counts how often it is read and whether it was closed. */
class Source implements AsyncIterable<Chunk<Hits>> {
  reads = 0;
  closed = 0;
  readonly #chunks: Chunk<Hits>[];
  readonly #failAt: number;

  constructor(chunks: Chunk<Hits>[], failAt = Infinity) {
    this.#chunks = chunks;
    this.#failAt = failAt;
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk<Hits>> {
    let k = 0;
    return {
      next: async () => {
        this.reads++;
        await Promise.resolve();
        if (k === this.#failAt) throw new Error("the source broke");
        const value = this.#chunks[k++];
        return value ? { done: false, value } : { done: true, value: undefined };
      },
      return: () => {
        this.closed++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

/** A stream that releases what was not taken when it is closed. */
async function* lazily(chunks: Chunk<Hits>[]): AsyncGenerator<Chunk<Hits>> {
  try {
    while (chunks.length > 0) yield chunks.shift()!;
  } finally {
    for (const chunk of chunks) chunk.release();
  }
}

const extent = fc.record({ start: fc.integer({ min: 0, max: 10 }), length: fc.integer({ min: 1, max: 30 }) });
const stream = fc.record({ rows: sortedRows, cuts, extent });

Deno.test("mergeStreams() gives all rows in order for every chunking and extent (rules 3, 6, 7)", async () => {
  const property = fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 4 }), async (streams) => {
    const lists: Row[][] = [];
    const inputs = streams.map(({ rows, cuts, extent: { start, length } }) => {
      const end = start + length;
      const own = rows.filter((row) => start <= row.time && row.time < end);
      lists.push(own);
      return new Source(streamOf(own, cuts, { start, end }));
    });
    const chunks = await collect(mergeStreams(inputs));
    assert.deepEqual(chunks.flatMap(rowsOf), expected(lists.flat().sort(compareRows)));
    assert.equal(chunks[0]!.start, BigInt(Math.min(...streams.map(({ extent }) => extent.start))));
    assert.equal(
      chunks.at(-1)!.end,
      BigInt(Math.max(...streams.map(({ extent: { start, length } }) => start + length))),
    );
    assert.equal(chunks.at(-1)!.coverEnd, coverOf(lists.flat()));
    checkContinuity(chunks);
    chunks.forEach((chunk, k) => {
      const { problems } = validate(chunk, k > 0 ? { previous: chunks[k - 1]! as Chunk } : {});
      assert.deepEqual(problems.filter(({ level }) => level === "error"), []);
    });
  });
  await fc.assert(property, { numRuns: 150 });
});

Deno.test("mergeStreams() goes on behind the end of a shorter stream (rule 7)", async () => {
  const short = streamOf(hits([1, 2]), [10], { end: 30 });
  const long = streamOf(hits([3, 4], [31, 32], [44, 45]), [20, 33], { end: 45 });
  const chunks = await collect(mergeStreams([short, long]));
  assert.deepEqual(chunks.flatMap((chunk) => [...chunk.table.times()]), [1n, 3n, 31n, 44n]);
  assert.equal(chunks.at(-1)!.end, 45n);
});

Deno.test("mergeStreams() emits what is known before it reads on", async () => {
  const slow = new Source(streamOf(hits([1, 2], [25, 26]), [20], { end: 40 }));
  const fast = new Source(streamOf(hits([2, 3], [12, 13]), [5, 10, 15], { end: 40 }));
  const merged = mergeStreams([slow, fast]);
  const first = (await merged.next()).value!;
  assert.deepEqual([first.start, first.end, first.length], [0n, 5n, 2]);
  assert.deepEqual([slow.reads, fast.reads], [1, 1]);
  await merged.next();
  assert.deepEqual([slow.reads, fast.reads], [1, 2]); // only the stream at the lowest frontier
  await merged.return();
  assert.deepEqual([slow.closed, fast.closed], [1, 1]);
});

Deno.test("mergeStreams() releases everything, exhausted or left early", async () => {
  for (const leaveAfter of [1, 2, Infinity]) {
    const account = new Account();
    const charged = (rows: Row[], cuts: number[]) =>
      streamOf(rows, cuts, { end: 40 }).map((chunk) => {
        const table = chunk.table.compact({ account });
        chunk.release();
        const { start, end, coverBefore, coverEnd, dataType, runId } = chunk;
        return new (chunk.constructor as typeof Chunk)(table, {
          start,
          end,
          coverBefore,
          coverEnd,
          dataType,
          runId,
        });
      });
    let seen = 0;
    const inputs = [charged(hits([1, 9], [15, 16]), [10, 20]), charged(hits([2, 4], [21, 22]), [5, 12])].map(
      lazily,
    );
    for await (using _chunk of mergeStreams(inputs, { account })) if (++seen >= leaveAfter) break;
    assert.ok(seen >= 1);
    assert.equal(account.used, 0, `after ${seen} chunks`);
  }
});

Deno.test("mergeStreams() delivers what came before an error, closes the others and throws it", async () => {
  const good = new Source(streamOf(hits([1, 2], [11, 12]), [10], { end: 40 }));
  const bad = new Source(streamOf(hits([3, 4]), [10], { end: 40 }), 1);
  const merged = mergeStreams([good, bad]);
  assert.equal((await merged.next()).value!.length, 2);
  await assert.rejects(merged.next(), { message: "the source broke" });
  assert.deepEqual([good.closed, bad.closed], [1, 0]); // one that threw is over already
});

Deno.test("mergeStreams() cuts a hole that is longer than a chunk may be", async () => {
  const far = MAX_CHUNK_PS * 2n;
  const late = chunkOfRows([], 0, 1, { start: far, end: far + 10n });
  const chunks = await collect(mergeStreams([[chunkOfRows(hits([0, 1]), 0, 10)], [late]]));
  assert.equal(chunks.at(-1)!.end, far + 10n);
  assert.equal(chunks.reduce((sum, chunk) => sum + chunk.length, 0), 1);
  checkContinuity(chunks);
});

Deno.test("mergeStreams() refuses streams that don't belong together or have holes", async () => {
  const one = streamOf([], [], { end: 10 });
  await assert.rejects(
    collect(mergeStreams([one, streamOf([], [], { end: 10, info: { runId: "other" } })])),
    TypeError,
  );
  const hole = [chunkOfRows([], 0, 5), chunkOfRows([], 6, 9)];
  await assert.rejects(collect(mergeStreams([streamOf([], [], { end: 10 }), hole])), /1 ps are missing/);
});

Deno.test("mergeStreams() of nothing is empty", async () => {
  assert.deepEqual(await collect(mergeStreams([])), []);
  assert.deepEqual(await collect(mergeStreams<Hits>([[], []])), []);
  const chunks = await collect(mergeStreams([[], streamOf(hits([1, 2]), [], { end: 5 })]));
  assert.deepEqual(chunks.map(({ start, end, length }) => [start, end, length]), [[0n, 5n, 1]]);
});
