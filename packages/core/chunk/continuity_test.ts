import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkOfRows, cuts, hits, sortedRows, streamOf } from "./_testing.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { Chunk } from "./chunk.ts";
import { checkContinuity, ContinuityChecker } from "./continuity.ts";

Deno.test("checkContinuity() takes every chunking of a stream, and none with a chunk left out (rule 6)", () => {
  fc.assert(fc.property(sortedRows, cuts, fc.nat(), (rows, cuts, pick) => {
    const chunks = streamOf(rows, cuts);
    checkContinuity(chunks);
    if (chunks.length < 3) return;
    const missing = 1 + pick % (chunks.length - 2); // neither the first nor the last
    assert.throws(() => checkContinuity(chunks.toSpliced(missing, 1)), /ps are missing/);
    assert.throws(() => checkContinuity(chunks.toSpliced(missing, 0, chunks[missing]!)), /ps overlap/);
  }));
});

Deno.test("checkContinuity() says how much is missing or twice", () => {
  const at = (start: number, end: number) => chunkOfRows([], start, end);
  assert.throws(() => checkContinuity([at(0, 10), at(13, 20)]), {
    name: "RangeError",
    message:
      "Cannot continue the stream after hits[0 .. 10) ps, 0 rows: 3 ps are missing before hits[13 .. 20) ps, 0 rows; " +
      "give empty chunks where there are no rows",
  });
  assert.throws(() => checkContinuity([at(0, 10), at(8, 20)]), {
    name: "RangeError",
    message: /2 ps overlap/,
  });
});

Deno.test("checkContinuity() refuses a coverEnd that falls (rule 2)", () => {
  const first = chunkOfRows(hits([0, 2]), 0, 1), second = chunkOfRows([], 1, 2);
  assert.throws(() => checkContinuity([first, second]), {
    name: "RangeError",
    message: /coverEnd falls from 2/,
  });
  checkContinuity([first, chunkOfRows([], 1, 2, { coverBefore: 2n })]);
});

Deno.test("checkContinuity() refuses another run, type or schema", () => {
  const first = chunkOfRows([], 0, 5);
  assert.throws(() => checkContinuity([first, chunkOfRows([], 5, 9, { runId: "b" })]), {
    name: "TypeError",
    message: /run "b"/,
  });
  assert.throws(() => checkContinuity([first, chunkOfRows([], 5, 9, { dataType: "b" })]), {
    name: "TypeError",
    message: /another data type/,
  });
  const other: Chunk = new Chunk(Table.empty(schema({ time: "time" })), {
    start: 5n,
    end: 9n,
    dataType: "hits",
    runId: "run",
  });
  assert.throws(() => checkContinuity([first as Chunk, other]), {
    name: "TypeError",
    message: /schemas differ/,
  });
});

Deno.test("ContinuityChecker remembers a chunk that was released", () => {
  const checker = new ContinuityChecker();
  const first = chunkOfRows(hits([1, 2]), 0, 5);
  checker.check(first);
  first.release();
  assert.throws(
    () => checker.check(chunkOfRows([], 6, 9)),
    /after hits\[0 \.\. 5\) ps, 1 rows: 1 ps are missing/,
  );
});
