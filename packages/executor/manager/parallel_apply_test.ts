import assert from "node:assert/strict";
import { WorkerPool } from "../pool/worker_pool.ts";
import { parallelApply } from "./parallel_apply.ts";

const subtract = { module: new URL("./_work_testing.ts", import.meta.url).href, export: "subtract" };
const TUPLES: readonly (readonly [number, number])[] = [[5, 3], [1, 4], [0, 0]];

Deno.test("parallelApply() calls a function with each tuple, wherever they come from", async () => {
  await using pool = new WorkerPool({ max: 2 });
  const later = async function* () {
    for (const tuple of TUPLES) yield await Promise.resolve(tuple);
  };
  for (const tuples of [TUPLES, TUPLES.values(), new Set(TUPLES), later()]) {
    assert.deepEqual(await parallelApply(subtract, tuples, { pool }), [2, -3, 0]);
  }
  assert.deepEqual(await parallelApply((a: number, b: number) => a - b, TUPLES, { type: "inline" }), [
    2,
    -3,
    0,
  ]);
});

Deno.test("parallelApply() counts the tuples of an array", async () => {
  const seen: unknown[] = [];
  await parallelApply(subtract, TUPLES, { maxWorkers: 1, onProgress: (...counts) => seen.push(counts) });
  assert.deepEqual(seen, [[1, 3], [2, 3], [3, 3]]);
});

Deno.test("parallelApply() says which export is missing, and refuses closures for workers", async () => {
  await using pool = new WorkerPool({ max: 1 });
  await assert.rejects(parallelApply({ ...subtract, export: "add" }, TUPLES, { pool }), {
    name: "ItemError",
    message:
      /Item 0 failed: Export "add" of .* is no function: the module exports double, later, subtract, whoAmI/,
  });
  await assert.rejects(parallelApply((a: number) => a, [[1]], { pool }), /Cannot run a closure in a worker/);
  await assert.rejects(
    parallelApply({ module: "./x.ts", export: "f" }, [[1]], { pool }),
    /is no absolute URL/,
  );
});

Deno.test("parallelApply() runs in each kind of executor", async () => {
  for (const type of ["inline", "thread", "process"] as const) {
    assert.deepEqual(await parallelApply(subtract, TUPLES, { type, maxWorkers: 1 }), [2, -3, 0], type);
  }
});
