// Threads that go on with a cancelled task, and those that do not.

import assert from "node:assert/strict";
import type { TaskFunction } from "../task/task.ts";
import { threadTransport } from "../transport/thread.ts";
import { WorkerPool } from "./worker_pool.ts";

function task(source: string): TaskFunction {
  return { module: `data:text/javascript,${encodeURIComponent(`export const f = ${source}`)}`, export: "f" };
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const NUMBER = task("(_, { worker }) => worker");
const SPIN = task("(ms) => { const end = performance.now() + ms; while (performance.now() < end); }");
const NEVER = task("(begun) => { Atomics.store(begun, 0, 1); return new Promise(() => {}); }");

Deno.test("a thread that waits for ever in a cancelled task is replaced after the grace", async () => {
  await using pool = new WorkerPool({ transport: threadTransport(), max: 1, grace: 40 });
  const worker = await pool.run(NUMBER, 0);
  const abort = new AbortController();
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const cancelled = pool.submit(NEVER, begun, { signal: abort.signal });
  while (Atomics.load(begun, 0) === 0) await sleep(1);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled.result, { message: "enough" });
  await cancelled.ended;
  assert.notEqual(await pool.run(NUMBER, 0), worker);
  const { died, stuck, lost } = pool.stats();
  assert.deepEqual({ died, stuck, lost }, { died: 1, stuck: 0, lost: 0 });
});

Deno.test("a busy thread ends the cancelled task that it has in hand, and lives on", async () => {
  await using pool = new WorkerPool({ transport: threadTransport(), max: 1, grace: 20 });
  await pool.warm({ functions: [SPIN] });
  const worker = await pool.run(NUMBER, 0);
  const abort = new AbortController();
  const cancelled = pool.submit(SPIN, 200, { signal: abort.signal });
  await sleep(10);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled.result, { message: "enough" });
  await cancelled.ended;
  assert.equal(await pool.run(NUMBER, 0), worker);
  assert.equal(pool.stats().died, 0);
});
