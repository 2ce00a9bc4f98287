import assert from "node:assert/strict";
import { WorkStealing } from "../balance/work_stealing.ts";
import { threadTransport } from "../transport/thread.ts";
import { Op } from "../transport/messages.ts";
import type { Transport } from "../transport/transport.ts";
import { WorkerPool } from "./worker_pool.ts";

const module = "data:text/javascript," + encodeURIComponent(`
export function spin({ ms, cells, k }, { worker }) {
  if (cells) Atomics.add(cells, k, 1);
  const end = performance.now() + ms;
  while (performance.now() < end);
  return worker;
}`);
const SPIN = { module, export: "spin" };

Deno.test("what waits behind a long task is taken back for a worker that has nothing to do", async () => {
  await using pool = new WorkerPool({ min: 2, max: 2 });
  for (let round = 0; round < 5; round++) {
    // A function of its own each round: how long it may take is not known from the long task of the one before.
    const work = {
      module: "data:text/javascript," + encodeURIComponent(`// ${round}
        export function work({ until, ms = 0 }) {
          for (const end = performance.now() + ms; performance.now() < end;);
          return until && Atomics.wait(until, 0, 0, 10_000);
        }`),
      export: "work",
    };
    await pool.warm({ functions: [work] });
    await pool.run(work, { ms: 2 }, { batch: false }); // so long that what is behind it is worth taking back
    const until = new Int32Array(new SharedArrayBuffer(4));
    const long = pool.run<string>(work, { until }, { batch: false });
    // One is behind the long task, which ends only when all of these have ended.
    await Promise.all(Array.from({ length: 6 }, () => pool.run(work, {}, { batch: false })));
    Atomics.store(until, 0, 1);
    Atomics.notify(until, 0);
    assert.notEqual(await long, "timed-out", `round ${round}`);
  }
});

for (const batch of [true, false]) {
  Deno.test(`what waits behind a task of a quick function that takes long is taken back (batch: ${batch})`, async () => {
    await using pool = new WorkerPool({ min: 2, max: 2 });
    const work = {
      module: "data:text/javascript," + encodeURIComponent(`// ${batch}
        export const work = ({ until }) => until && Atomics.wait(until, 0, 0, 10_000);`),
      export: "work",
    };
    await pool.warm({ functions: [work] });
    for (let k = 0; k < 500; k++) await pool.run(work, {}, { batch }); // known as quick
    const until = new Int32Array(new SharedArrayBuffer(4));
    const long = pool.run<string>(work, { until }, { batch });
    // Some are behind the long task, which ends only when all of these have ended.
    await Promise.all(Array.from({ length: 20 }, () => pool.run(work, {}, { batch })));
    Atomics.store(until, 0, 1);
    Atomics.notify(until, 0);
    assert.notEqual(await long, "timed-out");
  });
}

/** Threads, and how often something was to be taken back from one. */
function countingRecalls(): { transport: Transport; recalls: () => number } {
  const threads = threadTransport();
  let recalls = 0;
  const transport: Transport = {
    ...threads,
    start(worker, events) {
      const connection = threads.start(worker, events);
      const recall = connection.recall!.bind(connection);
      connection.recall = () => {
        recalls++;
        return recall();
      };
      return connection;
    },
  };
  return { transport, recalls: () => recalls };
}

Deno.test("nothing is taken back where only tasks wait that no other worker may have", async () => {
  const { transport, recalls } = countingRecalls();
  await using pool = new WorkerPool({ min: 2, max: 2, transport });
  await pool.warm({ functions: [SPIN] });
  await pool.run(SPIN, { ms: 1 }); // so long that what is behind it would be taken back
  const moved = () => {
    const buffer = new ArrayBuffer(100);
    return pool.run(SPIN, { ms: 1, buffer }, { transfer: [buffer], affinity: "a" });
  };
  const tasks = Array.from({ length: 8 }, () => [pool.run(SPIN, { ms: 1 }, { affinity: "a" }), moved()]);
  await Promise.all(tasks.flat());
  assert.equal(recalls(), 0);
});

Deno.test("what only one worker may have is sent ahead to it, and comes in order", async () => {
  const threads = threadTransport();
  let sent = 0;
  const transport: Transport = {
    ...threads,
    start(worker, events) {
      const connection = threads.start(worker, events);
      const send = connection.send.bind(connection);
      connection.send = (message, transfer) => {
        if (message[0] === Op.run) sent++;
        send(message, transfer);
      };
      return connection;
    },
  };
  await using pool = new WorkerPool({ min: 2, max: 2, transport });
  const options = { affinity: "a", batch: false };
  const order: number[] = [];
  const run = (k: number) => pool.run(SPIN, { ms: 2 }, options).then(() => order.push(k));
  await run(0);
  const before = sent;
  const tasks = [1, 2, 3].map(run);
  await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
  assert.ok(sent - before >= 2, `${sent - before} of them were sent`);
  await Promise.all(tasks);
  assert.deepEqual(order, [0, 1, 2, 3]);
});

Deno.test("what any worker may have is taken back once, the others stay", async () => {
  const { transport, recalls } = countingRecalls();
  await using pool = new WorkerPool({ min: 2, max: 2, transport });
  const until = new Int32Array(new SharedArrayBuffer(4));
  const work = {
    module: "data:text/javascript," +
      encodeURIComponent(`export const work = ({ until, ms = 0 }) => {
        for (const end = performance.now() + ms; performance.now() < end;);
        if (until) Atomics.wait(until, 0, 0, 10_000);
      };`),
    export: "work",
  };
  await pool.warm({ functions: [work] });
  await pool.run(work, { ms: 2 }, { batch: false });
  const options = { affinity: "a", batch: false };
  const stuck = [{ until }, {}, {}].map((input) => pool.run(work, input, options));
  const free = Array.from({ length: 6 }, () => pool.run(work, {}, { batch: false }));
  await Promise.all(free);
  const before = recalls();
  for (let k = 0; k < 10; k++) await pool.run(work, {}, { batch: false }); // each could look in vain
  assert.equal(recalls(), before);
  Atomics.store(until, 0, 1);
  Atomics.notify(until, 0);
  await Promise.all(stuck);
});

Deno.test("what was transferred or belongs to one worker is not taken back", async () => {
  await using pool = new WorkerPool({ min: 2, max: 2 });
  await pool.warm({ functions: [SPIN] });
  await pool.run(SPIN, { ms: 1 });
  const tasks = [
    pool.run<number>(SPIN, { ms: 20 }, { affinity: "a" }),
    ...Array.from({ length: 6 }, () => pool.run<number>(SPIN, { ms: 1 }, { affinity: "a" })),
    ...Array.from({ length: 6 }, () => {
      const buffer = new ArrayBuffer(100);
      return pool.run<number>(SPIN, { ms: 1, buffer }, { transfer: [buffer] });
    }),
  ];
  const workers = await Promise.all(tasks);
  assert.deepEqual(new Set(workers.slice(0, 7)).size, 1);
  assert.equal(pool.stats().lost, 0);
});

for (const strategy of ["shared queue", "work stealing"]) {
  Deno.test(`every task runs once, whatever is taken back, cancelled or resized (${strategy})`, async () => {
    let seed = strategy.length;
    const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
    await using pool = new WorkerPool({
      min: 2,
      max: 3,
      ...(strategy === "work stealing" ? { strategy: () => new WorkStealing() } : {}),
    });
    const count = 900;
    const cells = new Int32Array(new SharedArrayBuffer(4 * count));
    const cancelled = new Set<number>();
    const tasks: Promise<unknown>[] = [];
    for (let k = 0; k < count; k++) {
      const abort = new AbortController();
      const ms = random() < 0.05 ? 8 * random() : random() < 0.5 ? 0.4 * random() : 0;
      const cancels = random() < 0.05;
      const task = pool.run(SPIN, { ms, cells, k }, {
        priority: random() < 0.1 ? 1 : 0,
        ...(cancels ? { signal: abort.signal } : {}),
        ...(random() < 0.05 ? { affinity: `key ${k % 3}` } : {}),
        ...(random() < 0.1 ? { timeout: 5000 } : {}),
      });
      tasks.push(task.catch((error) => {
        if (!cancels) throw error;
        cancelled.add(k);
      }));
      if (cancels) setTimeout(() => abort.abort(new Error("enough")), 5 * random());
      if (random() < 0.05) {
        await Promise.race([
          task.catch(() => {}),
          new Promise((done) => setTimeout(done, 3)),
        ]);
      }
      if (random() < 0.01) pool.resize({ min: 1, max: 1 + Math.floor(3 * random()) });
    }
    await Promise.all(tasks);
    for (let k = 0; k < count; k++) {
      const runs = Atomics.load(cells, k);
      assert.ok(cancelled.has(k) ? runs <= 1 : runs === 1, `task ${k} ran ${runs} times`);
    }
    const { queued, done, cancelled: counted, lost, retried } = pool.stats();
    assert.deepEqual([queued, done + counted, lost, retried], [0, count, 0, 0]);
  });
}

Deno.test("what is sent and taken back while the worker has not read an earlier recall runs once", async () => {
  await using pool = new WorkerPool({ min: 2, max: 2 });
  await pool.warm({ functions: [SPIN] });
  await Promise.all([1, 1].map((ms) => pool.run(SPIN, { ms })));
  const count = 60;
  const cells = new Int32Array(new SharedArrayBuffer(4 * count));
  const tasks = [pool.run(SPIN, { ms: 200 })];
  for (let k = 0; k < count; k++) {
    tasks.push(pool.run(SPIN, { ms: 1, cells, k }));
    if (k % 12 === 11) await new Promise((done) => setTimeout(done, 20));
  }
  await Promise.all(tasks);
  await new Promise((done) => setTimeout(done, 50)); // the worker reads what it was sent meanwhile
  assert.deepEqual([...cells].filter((runs) => runs !== 1), []);
  const { died, done } = pool.stats();
  assert.deepEqual([died, done], [0, count + 3]);
});

Deno.test("a thread that is given up begins nothing more", async () => {
  await using pool = new WorkerPool({ min: 1, max: 1, grace: 10 });
  await pool.warm({ functions: [SPIN] });
  await pool.run(SPIN, { ms: 1 });
  const cells = new Int32Array(new SharedArrayBuffer(4 * 20));
  const tasks = [assert.rejects(pool.run(SPIN, { ms: 200 }, { timeout: 20 }), { name: "TaskTimeoutError" })];
  const others = Array.from({ length: 20 }, (_, k) => pool.run(SPIN, { ms: 0.5, cells, k }));
  await Promise.all([...tasks, ...others]);
  await new Promise((done) => setTimeout(done, 300)); // the thread has come to the end of its task
  assert.deepEqual([...cells].filter((runs) => runs !== 1), []);
});
