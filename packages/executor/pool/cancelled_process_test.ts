// Processes that go on with a cancelled task, and those that do not.

import assert from "node:assert/strict";
import type { TaskFunction } from "../task/task.ts";
import { processTransport } from "../transport/process.ts";
import { WorkerPool } from "./worker_pool.ts";

const ignore = Deno.build.os === "windows";

function task(source: string): TaskFunction {
  return { module: `data:text/javascript,${encodeURIComponent(`export const f = ${source}`)}`, export: "f" };
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const NUMBER = task("(_, { worker }) => worker");
const NAP = task("(ms) => new Promise((done) => setTimeout(done, ms))");
const SPIN = task("(ms) => { const end = performance.now() + ms; while (performance.now() < end); }");
const FOREVER = task("() => { for (;;); }");

Deno.test("a process that has ended its cancelled task within the grace lives on", { ignore }, async () => {
  await using pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 60 });
  const worker = await pool.run(NUMBER, 0);
  const abort = new AbortController();
  const cancelled = pool.run(SPIN, 20, { signal: abort.signal });
  await sleep(5);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled, { message: "enough" });
  await sleep(120);
  assert.equal(pool.stats().died, 0);
  assert.equal(await pool.run(NUMBER, 0), worker);
});

Deno.test("a process that is at work for others too is killed once it is not", { ignore }, async () => {
  const pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 40, concurrency: 2 });
  await pool.warm({ functions: [NAP] });
  const abort = new AbortController();
  const innocent = pool.run(NAP, 150);
  const cancelled = pool.run(task("() => new Promise(() => {})"), 0, { signal: abort.signal });
  await sleep(20);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled, { message: "enough" });
  await innocent;
  let timer;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("it lives on")), 1000));
  try {
    await Promise.race([pool.close(), late]);
  } finally {
    clearTimeout(timer);
    await pool.abort();
  }
  assert.deepEqual([pool.stats().died, pool.stats().lost], [1, 0]);
});

Deno.test(
  "what a process has done is heard before it is killed, though the program was busy",
  { ignore },
  async () => {
    await using pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 40 });
    await pool.warm({ functions: [NAP, SPIN] });
    const abort = new AbortController();
    const cancelled = pool.run(SPIN, 20, { signal: abort.signal });
    await sleep(10);
    abort.abort(new Error("enough"));
    await assert.rejects(cancelled, { message: "enough" });
    const end = performance.now() + 100;
    while (performance.now() < end);
    await sleep(20);
    assert.equal(pool.stats().died, 0);
  },
);

Deno.test(
  "a task on a worker that is being killed does not run again after abort()",
  { ignore },
  async () => {
    const pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 30, concurrency: 2 });
    await pool.warm({ functions: [FOREVER, NAP] });
    const late = assert.rejects(pool.run(FOREVER, 0, { timeout: 20 }), { name: "TaskTimeoutError" });
    const ahead = pool.run(FOREVER, 0, { retries: 1 });
    const settled = assert.rejects(ahead, { message: "stop" });
    await late;
    while (pool.stats().died === 0) await sleep(0); // it is being killed
    let timer;
    const never = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("it hangs")), 3000));
    await Promise.race([pool.abort(new Error("stop")), never]);
    clearTimeout(timer);
    await settled;
  },
);
