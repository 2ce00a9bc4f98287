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

/** Let the task of two files come to its end, and do nothing else until well after that. */
function beBusyUntilEnded(go: string, done: string): void {
  Deno.writeTextFileSync(go, "go");
  while (Deno.readTextFileSync(done) !== "ended");
  const end = performance.now() + 500;
  while (performance.now() < end);
}

const NUMBER = task("(_, { worker }) => worker");
const NAP = task("(ms) => new Promise((done) => setTimeout(done, ms))");
const SPIN = task("(ms) => { const end = performance.now() + ms; while (performance.now() < end); }");
const FOREVER = task("() => { for (;;); }");

Deno.test("a process that has ended its cancelled task within the grace lives on", { ignore }, async () => {
  await using pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 1500 });
  const worker = await pool.run(NUMBER, 0);
  const abort = new AbortController();
  const cancelled = pool.submit(SPIN, 20, { signal: abort.signal });
  await sleep(5);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled.result, { message: "enough" });
  await cancelled.ended;
  await sleep(1700); // the grace is over
  assert.equal(pool.stats().died, 0);
  assert.equal(await pool.run(NUMBER, 0), worker);
});

Deno.test("a process that is at work for others too is killed once it is not", { ignore }, async () => {
  const pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 40, concurrency: 2 });
  await pool.warm({ functions: [NAP] });
  const abort = new AbortController();
  const innocent = pool.run(NAP, 150);
  const flag = await Deno.makeTempFile();
  const never = task("(flag) => { Deno.writeTextFileSync(flag, 'begun'); return new Promise(() => {}); }");
  const cancelled = pool.run(never, flag, { signal: abort.signal });
  while (await Deno.readTextFile(flag) === "") await sleep(1);
  abort.abort(new Error("enough"));
  await assert.rejects(cancelled, { message: "enough" });
  await innocent;
  let timer;
  const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("it lives on")), 60_000));
  try {
    await Promise.race([pool.close(), late]);
  } finally {
    clearTimeout(timer);
    await pool.abort();
    await Deno.remove(flag);
  }
  assert.deepEqual([pool.stats().died, pool.stats().lost], [1, 0]);
});

Deno.test(
  "what a process has done is heard before it is killed, though the program was busy",
  { ignore },
  async () => {
    await using pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 40 });
    const [go, done] = [await Deno.makeTempFile(), await Deno.makeTempFile()];
    const waits = task(`({ go, done }) => {
      Deno.writeTextFileSync(done, "begun");
      while (Deno.readTextFileSync(go) === "");
      Deno.writeTextFileSync(done, "ended");
    }`);
    await pool.warm({ functions: [waits] });
    const abort = new AbortController();
    const cancelled = pool.submit(waits, { go, done }, { signal: abort.signal });
    while (await Deno.readTextFile(done) !== "begun") await sleep(1);
    abort.abort(new Error("enough"));
    await assert.rejects(cancelled.result, { message: "enough" });
    beBusyUntilEnded(go, done);
    await cancelled.ended;
    assert.equal(pool.stats().died, 0);
    for (const file of [go, done]) await Deno.remove(file);
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
    const never = new Promise((_, reject) => timer = setTimeout(() => reject(new Error("it hangs")), 60_000));
    await Promise.race([pool.abort(new Error("stop")), never]);
    clearTimeout(timer);
    await settled;
  },
);
