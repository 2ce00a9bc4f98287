import assert from "node:assert/strict";
import { PoolFailedError, WorkerLostError } from "../task/errors.ts";
import { Op } from "../transport/messages.ts";
import { threadTransport } from "../transport/thread.ts";
import type { Connection, Transport } from "../transport/transport.ts";
import { errorOf, task } from "./_conformance.ts";
import { WorkerPool } from "./worker_pool.ts";

const cells = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a task has begun that blocks its worker, and gives what ends it. */
async function block(pool: WorkerPool, options = {}) {
  const flag = cells(2);
  const blocking = pool.submit(task("untilFlag"), { flag }, options);
  while (Atomics.load(flag, 1) === 0) await pause(1);
  const end = () => {
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  return { blocking, end };
}

Deno.test("a busy thread is given up after its timeout, counted as stuck, and replaced", async () => {
  await using pool = new WorkerPool({ max: 1, grace: 10 });
  await pool.warm({ functions: [task("untilFlag")] });
  const { blocking, end } = await block(pool, { timeout: 20 });
  await assert.rejects(blocking.result, { name: "TaskTimeoutError" });
  assert.equal(await pool.run(task("workerNumber"), 0), 1);
  await blocking.ended;
  assert.ok(blocking.runsOn);
  end();
  assert.deepEqual([pool.stats().stuck, pool.stats().died], [1, 1]);
});

Deno.test("too many stuck threads fail the pool, and everything in it settles", async () => {
  await using pool = new WorkerPool({ max: 1, grace: 5, maxLost: 1 });
  const ends: (() => void)[] = [];
  for (let i = 0; i < 2; i++) {
    await pool.warm({ functions: [task("untilFlag")] });
    const { blocking, end } = await block(pool, { timeout: 10 });
    ends.push(end);
    const queued = pool.run(task("add"), { a: i, b: 1 });
    await assert.rejects(blocking.result, { name: "TaskTimeoutError" });
    if (i === 0) assert.equal(await queued, 1);
    else await assert.rejects(queued, PoolFailedError);
  }
  for (const end of ends) end();
  assert.throws(() => pool.submit(task("add"), 0), {
    name: "PoolFailedError",
    message: /2 workers are lost.*processes/,
  });
});

Deno.test("tasks that were sent ahead and not begun go to another worker, without retries", async () => {
  await using pool = new WorkerPool({ max: 1 });
  await pool.warm({ functions: [task("untilFlag"), task("die"), task("count")] });
  await pool.run(task("count"), { counter: cells(1) });
  const counter = cells(1);
  const dying = pool.run(task("die"), { how: "Deno.exit" });
  const others = Array.from({ length: 100 }, () => pool.run(task("count"), { counter }, { batch: false }));
  await assert.rejects(dying, WorkerLostError);
  assert.deepEqual((await Promise.all(others)).sort((a, b) => Number(a) - Number(b)), [...Array(100).keys()]);
  assert.equal(pool.stats().lost, 1);
});

Deno.test("a task that was sent ahead and is cancelled before its turn never runs", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const counter = cells(1);
  await pool.warm({ functions: [task("untilFlag"), task("count")] });
  // Quick enough that others are sent ahead behind it.
  const quick = cells(2);
  quick[0] = 1;
  await pool.run(task("untilFlag"), { flag: quick });
  const { blocking, end } = await block(pool);
  const controller = new AbortController();
  const ahead = Array.from(
    { length: 10 },
    () => pool.submit(task("count"), { counter }, { signal: controller.signal }),
  );
  const after = pool.run(task("count"), { counter });
  await pause(5);
  const { queued } = pool.stats();
  controller.abort();
  end();
  assert(queued < 11, "one at least is on the worker");
  const results = await Promise.allSettled(ahead.map(({ result }) => result));
  assert(results.every((result) => result.status === "rejected" && result.reason.name === "AbortError"));
  await Promise.all(ahead.map(({ ended }) => ended));
  await blocking.result;
  assert.equal(await after, 0, "none of them was counted");
});

Deno.test("a worker that answers before it dies: the answers count", async () => {
  for (let round = 0; round < 10; round++) {
    await using pool = new WorkerPool({ max: 1 });
    await pool.warm({ functions: [task("add"), task("die")] });
    const answered = pool.run(task("add"), { a: 1, b: 1 });
    const dying = pool.run(task("die"), { how: round % 2 ? "throw" : "Deno.exit" });
    assert.equal(await answered, 2);
    await assert.rejects(dying, WorkerLostError);
  }
});

Deno.test("transferred inputs are lost with the worker, and the error says so", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const buffer = new ArrayBuffer(8);
  const error = await errorOf(pool.run(task("die"), { how: "Deno.exit", buffer }, { transfer: [buffer] }));
  assert.match(error.message, /its input was transferred and is gone with the worker/);
});

/** A transport whose workers behave as told. */
function fake(run: (send: (message: unknown[]) => void, die: (how: string) => void) => void): Transport {
  return {
    kind: "fake",
    shared: false,
    start(_, events): Connection {
      queueMicrotask(() =>
        run(
          (message) => events.message(message),
          (how) => events.ended({ kind: "start", how, error: new Error("no memory") }),
        )
      );
      return {
        send() {},
        stop: () => Promise.resolve(),
        kill: () => Promise.resolve({ stopped: true }),
        memory: () => undefined,
        started: () => 0,
      };
    },
  };
}

Deno.test("workers that do not start fail the pool after three attempts", async () => {
  let starts = 0;
  await using pool = new WorkerPool({
    max: 1,
    transport: fake((_, die) => {
      starts++;
      die("could not start");
    }),
  });
  const tasks = [1, 2, 3].map((a) => pool.run(task("add"), { a, b: 1 }));
  const warm = pool.warm();
  for (const waiting of [...tasks, warm]) {
    const error = await errorOf(waiting);
    assert(error instanceof PoolFailedError);
    assert.match(error.message, /3 workers in a row did not start; the last one could not start/);
    assert.equal((error.cause as Error).message, "no memory");
  }
  assert.equal(starts, 3);
  await assert.rejects(pool.ready(), PoolFailedError);
});

Deno.test("warm() rejects when the pool is closed before its workers are ready", async () => {
  const pool = new WorkerPool({ max: 1, transport: fake(() => {}) });
  const warm = errorOf(pool.warm());
  await pool.close();
  assert.match((await warm).message, /it is closed/);
});

Deno.test("a worker is not busy while it starts or has no task", async () => {
  await using pool = new WorkerPool({ max: 1 });
  await pool.warm();
  await pause(5);
  assert.equal(pool.load().busyMs, 0);
  assert(pool.load().workerMs > 0);
  await pool.run(task("spin"), { ms: 2 });
  const { busyMs, runMs, workerMs } = pool.load();
  assert(busyMs >= 2 && runMs >= 2 && busyMs <= workerMs);
});

Deno.test("a worker that talks nonsense is replaced", async () => {
  let starts = 0;
  await using pool = new WorkerPool({
    max: 1,
    transport: fake((send) => {
      send([Op.ready]);
      if (starts++ > 0) return;
      queueMicrotask(() => send([Op.results, 77, 0, 0]));
    }),
  });
  await pool.warm();
  await pause(5);
  assert.equal(pool.stats().died, 1);
});

Deno.test("starting and stopping pools leaves nothing behind", async () => {
  const count = () => [...Deno.readDirSync("/proc/self/task")].length;
  const isLinux = Deno.build.os === "linux";
  const cycle = async () => {
    await using pool = new WorkerPool({ max: 1, transport: threadTransport() });
    await pool.run(task("add"), { a: 1, b: 1 });
  };
  for (let i = 0; i < 5; i++) await cycle();
  const before = isLinux ? count() : 0;
  for (let i = 0; i < 15; i++) await cycle();
  for (let i = 0; i < 100 && isLinux && count() > before + 2; i++) await pause(20);
  if (isLinux) assert(count() <= before + 2, `threads: ${before} before, ${count()} after`);
});

/** Keeps this program from hearing anything. */
function beBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

Deno.test("a task whose answer waits to be read when its timeout is over has not timed out", async () => {
  await using pool = new WorkerPool({ max: 1 });
  await pool.warm({ functions: [task("untilFlag")] });
  const flag = cells(2);
  const running = pool.run(task("untilFlag"), { flag }, { timeout: 40 });
  await Promise.resolve(); // it is sent at the end of this turn
  Atomics.wait(flag, 1, 0);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
  beBusy(150);
  await running;
  assert.equal(pool.stats().timedOut, 0);
});

Deno.test("a worker whose answer waits to be read when the grace is over is not lost", async () => {
  await using pool = new WorkerPool({ max: 1, grace: 20 });
  await pool.warm({ functions: [task("untilFlag")] });
  const { blocking, end } = await block(pool, { timeout: 20 });
  await assert.rejects(blocking.result, { name: "TaskTimeoutError" });
  end();
  beBusy(150);
  await blocking.ended;
  assert.equal(await pool.run(task("workerNumber"), 0), 0);
  assert.deepEqual([pool.stats().stuck, pool.stats().died], [0, 0]);
});
