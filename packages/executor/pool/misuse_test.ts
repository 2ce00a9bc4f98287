import assert from "node:assert/strict";
import type { TaskFunction, TaskOptions } from "../task/task.ts";
import { task } from "./_conformance.ts";
import { WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";

Deno.test("a pool refuses settings that are none", () => {
  const cases: [unknown, RegExp][] = [
    [{ min: 3, max: 2 }, /0 <= min <= max/],
    [{ max: 0 }, /max >= 1/],
    [{ min: 0.5 }, /whole numbers/],
    [{ concurrency: 0 }, /concurrency must be a whole number/],
    [{ concurrency: Infinity }, /concurrency must be finite/],
    [{ maxQueuedTasks: 0 }, /maxQueuedTasks/],
    [{ maxQueuedBytes: -1 }, /maxQueuedBytes/],
    [{ idleTimeout: NaN }, /idleTimeout/],
    [{ recycleAfterTasks: 1.5 }, /recycleAfterTasks/],
    [{ maxWorkers: 2 }, /Unknown pool option "maxWorkers": known are transport, min, max/],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => new WorkerPool(options as WorkerPoolOptions), { message });
  }
});

Deno.test("submit() refuses functions that are none, and says how to name one", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const cases: [unknown, RegExp][] = [
    [() => 1, /Cannot run a function in a worker: name it by \{ module, export \}/],
    [
      { module: "./work.ts", export: "run" },
      /no absolute URL: use new URL\("\.\/work\.ts", import\.meta\.url\)/,
    ],
    [{ module: "@millrace/core", export: "run" }, /import\.meta\.resolve\("@millrace\/core"\)/],
    [{ module: "ftp://host/x.ts", export: "run" }, /no absolute URL/],
    [{ module: "file:///x.ts" }, /must be \{ module, export \}/],
    [undefined, /must be \{ module, export \}/],
  ];
  for (const [fn, message] of cases) {
    assert.throws(() => pool.submit(fn as TaskFunction, 0), { name: "TypeError", message });
  }
  assert.equal(pool.stats().workers, 0);
});

Deno.test("submit() refuses options that are none", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const detached = new ArrayBuffer(8);
  detached.transfer();
  const buffer = new ArrayBuffer(8);
  const cases: [unknown, RegExp][] = [
    [{ transfer: [detached] }, /buffer 0 .* is detached, was it transferred before/],
    [{ transfer: [new Uint8Array(8)] }, /it is no ArrayBuffer/],
    [{ timeout: 0 }, /timeout must be ms above 0/],
    [{ timeout: 2 ** 31 }, /timeout/],
    [{ priority: NaN }, /priority/],
    [{ retries: -1 }, /retries/],
    [{ bytes: NaN }, /bytes/],
    [{ affinity: 7 }, /affinity must be a string/],
    [{ signal: {} }, /signal must be an AbortSignal/],
    [{ affinity: "a", retries: 1 }, /affinity and retries exclude each other/],
    [{ transfer: [buffer], retries: 1 }, /transfer and retries exclude each other/],
    [{ timeOut: 7 }, /Unknown task option "timeOut": known are transfer, signal/],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => pool.submit(task("add"), 0, options as TaskOptions), { message });
  }
  assert(!buffer.detached);
});

Deno.test("a lent buffer that is named twice in transfer costs its worker nothing", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const sum = {
    module: "data:text/javascript,export const sum = (array) => array.reduce((a, b) => a + b, 0);",
    export: "sum",
  };
  const array = new Float64Array(2000).fill(1);
  const { buffer } = array;
  assert.equal(await pool.run(sum, array, { lend: true, transfer: [buffer, buffer] }), 2000);
  assert.ok(buffer.detached);
  assert.equal(await pool.run(sum, [1, 2]), 3);
  assert.equal(pool.stats().died, 0);
});

Deno.test("an input that can be read only once fails alone, among tasks that share its message", async () => {
  await using pool = new WorkerPool({ min: 1, max: 1 });
  const length = {
    module: "data:text/javascript,export const length = ({ a }) => a.length;",
    export: "length",
  };
  for (let k = 0; k < 50; k++) await pool.run(length, { a: new Float32Array(2000) });
  let reads = 0;
  const bad = {
    get a() {
      if (reads++ > 0) throw new RangeError("Read once");
      return new Float32Array(2000);
    },
  };
  const good = () => pool.run<number>(length, { a: new Float32Array(2000) });
  const results = await Promise.allSettled([good(), pool.run(length, bad), good()]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.match(String((results[1] as PromiseRejectedResult).reason), /Cannot send the input .*: Read once/);
  assert.equal(await good(), 2000);
  assert.equal(pool.stats().died, 0);
});
