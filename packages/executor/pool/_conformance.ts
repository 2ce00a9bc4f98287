// What a pool does with workers of any kind.

import assert from "node:assert/strict";
import fc from "fast-check";
import { WorkerLostError } from "../task/errors.ts";
import type { TaskFunction } from "../task/task.ts";
import type { Transport } from "../transport/transport.ts";
import { WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";

/** A function of the tests' tasks. */
export function task(name: keyof typeof import("./_tasks_testing.ts")): TaskFunction {
  return { module: new URL("./_tasks_testing.ts", import.meta.url).href, export: name };
}

/** What a promise rejects with. */
export function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => assert.fail("It should have rejected"), (error) => error);
}

/** What is to be tested. */
export interface PoolTestOptions {
  readonly name: string;
  readonly transport: () => Transport;
  /** Tests that do not apply, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Tests a pool on workers of one kind. */
export function testPool({ name, transport, skip = {} }: PoolTestOptions): void {
  const make = (options: WorkerPoolOptions = {}) =>
    new WorkerPool({ transport: transport(), max: 2, ...options });
  const names: string[] = [];
  const test = (title: string, run: () => Promise<void>) => {
    names.push(title);
    Deno.test({ name: `WorkerPool on ${name}: ${title}`, ignore: title in skip, fn: run });
  };

  test("gives results, in the order of inputs", async () => {
    await using pool = make();
    const inputs = Array.from({ length: 3000 }, (_, a) => ({ a, b: 1 }));
    assert.deepEqual(await pool.map(task("add"), inputs), inputs.map(({ a }) => a + 1));
    const { done, failed, queued, queuedBytes, run } = pool.stats();
    assert.deepEqual([done, failed, queued, queuedBytes], [3000, 0, 0, 0]);
    assert(run.p50 <= run.p95 && run.p95 <= run.p99);
  });

  test("any mix of tasks settles as each alone would", async () => {
    await using pool = make({ concurrency: 2 });
    const kind = fc.constantFrom("add", "identity", "sleep", "fail", "cancelled", "missing");
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { maxLength: 60 }), async (kinds) => {
        const results = await Promise.allSettled(kinds.map((what, a) => {
          if (what === "add") return pool.run(task("add"), { a, b: 1 });
          if (what === "identity") return pool.run(task("identity"), [a], { priority: a % 3 });
          if (what === "sleep") return pool.run(task("sleep"), { ms: a % 3, value: a });
          if (what === "missing") return pool.run({ ...task("add"), export: "nothing" }, a);
          if (what === "fail") return pool.run(task("fail"), { what: "type" });
          const controller = new AbortController();
          const result = pool.run(task("sleep"), { ms: 1 }, { signal: controller.signal });
          controller.abort(a);
          return result;
        }));
        for (const [a, what] of kinds.entries()) {
          const result = results[a]!;
          if (what === "add") assert.equal((result as PromiseFulfilledResult<unknown>).value, a + 1);
          else if (what === "identity") {
            assert.deepEqual((result as PromiseFulfilledResult<unknown>).value, [a]);
          } else if (what === "sleep") assert.equal((result as PromiseFulfilledResult<unknown>).value, a);
          else if (what === "cancelled") assert.equal((result as PromiseRejectedResult).reason, a);
          else assert((result as PromiseRejectedResult).reason instanceof TypeError);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("errors keep class, name, message, stack, causes, parts and properties", async () => {
    await using pool = make({ max: 1 });
    const thrown = (what: string) => errorOf(pool.run(task("fail"), { what }));
    const type = await thrown("type");
    assert(type instanceof TypeError);
    assert.equal(type.message, "Wrong type");
    assert.equal((type.cause as Error).message, "inner");
    assert.equal((type.cause as Error).cause, "innermost");
    assert.match(type.stack!, /_tasks_testing\.ts/);
    assert.match(type.stack!, /submitted to the pool[^]*_conformance\.ts/);
    const own = await thrown("own");
    assert(own instanceof RangeError);
    assert.deepEqual([own.name, own.message, (own as RangeError & { unit: string }).unit], [
      "WrongUnit",
      "Wrong unit",
      "furlong",
    ]);
    const many = await thrown("many");
    assert(many instanceof AggregateError);
    assert(many.errors[0] instanceof RangeError);
    assert.equal(many.errors[1], "two");
    const abort = await thrown("abort");
    assert(abort instanceof DOMException);
    assert.equal(abort.name, "AbortError");
    assert(await thrown("missing") instanceof Deno.errors.NotFound);
    assert.deepEqual(await thrown("plain"), { code: 7 });
    assert.match((await thrown("function")).message, /thrown that cannot be cloned: \[Function/);
    assert.equal(await pool.run(task("workerNumber"), 0), 0, "its worker lives on");
  });

  test("a module that can't be loaded and an export that is no function are clear errors", async () => {
    await using pool = make({ max: 1 });
    const module = new URL("./no_such_file.ts", import.meta.url).href;
    const missing = await errorOf(pool.run({ module, export: "run" }, 0));
    assert.match(missing.message, /Cannot load the module of task "run" of .*no_such_file\.ts/);
    assert(missing.cause instanceof Error);
    await assert.rejects(
      pool.run({ ...task("add"), export: "plus" }, 0),
      { name: "TypeError", message: /Cannot call task "plus".*no such export; functions there are .*add/ },
    );
    const broken = {
      module: "data:text/javascript,throw new RangeError('at load');export const f=1;",
      export: "f",
    };
    await assert.rejects(pool.run(broken, 0), { message: /Cannot load the module of task "f".*at load/ });
    const number = { module: "data:text/javascript,export const f = 1;", export: "f" };
    await assert.rejects(pool.run(number, 0), { message: /its type is number; there is no function/ });
    assert.equal(await pool.run(task("workerNumber"), 0), 0);
  });

  test("what can't be cloned is an error of its task only", async () => {
    await using pool = make({ max: 1 });
    await pool.map(task("identity"), [1, 2, 3]);
    const results = await Promise.allSettled([
      pool.run(task("identity"), 1),
      pool.run(task("identity"), () => 1),
      pool.run(task("unclonable"), 0),
      pool.run(task("identity"), 2),
    ]);
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "rejected", "fulfilled"]);
    const [, input, output] = results as PromiseRejectedResult[];
    assert.match(input!.reason.message, /Cannot send the input of task "identity"/);
    assert.match(output!.reason.message, /Cannot send the result of task "unclonable"/);
  });

  test("arrays arrive alike, the function's own, however they cross", async () => {
    await using pool = make({ max: 1 });
    const array = new Float32Array(5000).fill(1);
    assert.deepEqual(await pool.run(task("look"), { array }), ["Float32Array", false, 5000, 5000]);
    assert.equal(await pool.run(task("keep"), array), 1);
    array.fill(7);
    assert.equal(await pool.run(task("keep"), array), 1, "what a function keeps does not change");
    for (const Type of [Uint8Array, Int16Array, Float64Array, BigInt64Array]) {
      const sent = new Type(3000).subarray(10);
      assert.deepEqual(await pool.run(task("identity"), sent), sent.slice());
      assert.deepEqual(await pool.run(task("identity"), { a: 1, sent, b: [2] }), {
        a: 1,
        sent: sent.slice(),
        b: [2],
      });
      assert.deepEqual(await pool.run(task("identity"), [sent, 1]), [sent.slice(), 1]);
    }
    const twins = { all: array, part: array.subarray(0, 2000) };
    const back = await pool.run<typeof twins>(task("identity"), twins);
    assert.equal(back.all.buffer, back.part.buffer, "views that share a buffer go on sharing it");
  });

  test("moves buffers both ways", async () => {
    await using pool = make({ max: 1 });
    const array = new Float32Array(1000).fill(1);
    const result = pool.run(task("look"), { array }, { transfer: [array.buffer] });
    assert.deepEqual(await result, ["Float32Array", false, 1000, 1000]);
    assert(array.buffer.detached);
    assert.deepEqual(await pool.run(task("makeMoved"), { length: 3 }), new Float32Array(3).fill(2));
  });

  test("a queued task that is cancelled never runs, the next one is not harmed", async () => {
    await using pool = make({ max: 1 });
    const before = pool.run(task("sleep"), { ms: 20 });
    const controller = new AbortController();
    const cancelled = pool.submit(task("next"), 0, { signal: controller.signal });
    const after = pool.run(task("next"), 0);
    controller.abort(new RangeError("no more"));
    await assert.rejects(cancelled.result, { message: "no more" });
    await cancelled.ended;
    await before;
    assert.equal(await after, 1);
    await assert.rejects(pool.run(task("next"), 0, { signal: controller.signal }), { message: "no more" });
    assert.equal(pool.stats().cancelled, 2);
  });

  test("a running task that is cancelled rejects at once, hears of it, and its slot is free when it ends", async () => {
    await using pool = make({ max: 1 });
    await pool.warm({ functions: [task("untilAborted")] });
    const controller = new AbortController();
    const running = pool.submit(task("untilAborted"), 0, { signal: controller.signal });
    await pool.run(task("identity"), 0, { signal: AbortSignal.timeout(20) }).catch(() => {});
    controller.abort();
    await assert.rejects(running.result, { name: "AbortError" });
    await running.ended;
    assert.equal(await pool.run(task("workerNumber"), 0), 0, "the same worker");
  });

  test("timeouts count from the start of running; a function that listens keeps its worker", async () => {
    await using pool = make({ max: 1, grace: 60_000 });
    await pool.warm({ functions: [task("sleep"), task("untilAborted")] });
    const slow = pool.run(task("sleep"), { ms: 3000 });
    const patient = pool.run(task("sleep"), { ms: 0, value: "done" }, { timeout: 2500 });
    await slow;
    assert.equal(await patient, "done");
    await assert.rejects(pool.run(task("untilAborted"), 0, { timeout: 20 }), {
      name: "TaskTimeoutError",
      timeout: 20,
    });
    assert.equal(await pool.run(task("workerNumber"), 0), 0);
    assert.equal(pool.stats().timedOut, 1);
  });

  test("a function that ignores its timeout costs its worker, not its neighbours", async () => {
    await using pool = make({ max: 1, grace: 20 });
    await pool.warm({ functions: [task("sleep")] });
    const stuck = pool.submit(task("sleep"), { ms: 1e6 }, { timeout: 20 });
    const others = [1, 2, 3].map((value) => pool.run(task("sleep"), { ms: 0, value }));
    await assert.rejects(stuck.result, { name: "TaskTimeoutError" });
    assert.deepEqual(await Promise.all(others), [1, 2, 3]);
    await stuck.ended;
    assert.equal(pool.stats().died, 1);
    assert.equal(stuck.runsOn, pool.stats().stuck > 0);
    const next = pool.submit(task("workerNumber"), 0);
    assert.equal(await next.result, 1);
    await next.ended;
    assert.equal(next.runsOn, false);
  });

  for (const how of ["Deno.exit", "close", "process.exit", "reallyExit", "throw", "reject"]) {
    test(`a worker that ends by ${how} loses its task only`, async () => {
      await using pool = make({ max: 2, min: 2 });
      const inputs = Array.from({ length: 40 }, (_, value) => ({ ms: value % 2, value }));
      const others = pool.map(task("sleep"), inputs.slice(0, 20));
      const lost = pool.run(task("die"), { how });
      const more = pool.map(task("sleep"), inputs.slice(20));
      const error = await errorOf(lost);
      assert(error instanceof WorkerLostError, String(error));
      assert.match(error.message, /Task "die" of .* is lost: worker \d+ (called|died|exited|ended)/);
      if (how === "throw" || how === "reject") assert.match(String(error.cause ?? error.message), /boom/);
      assert.deepEqual(await others, inputs.slice(0, 20).map(({ value }) => value));
      assert.deepEqual(await more, inputs.slice(20).map(({ value }) => value));
      await pool.warm();
      assert.equal(pool.stats().workers, 2);
      assert.equal(pool.stats().lost, 1);
    });
  }

  test("a task that is declared safe runs again when its worker died", async () => {
    await using pool = make({ max: 1 });
    const counter = new Int32Array(new SharedArrayBuffer(4));
    assert.equal(await pool.run(task("dieOnce"), { counter }, { retries: 1 }), 42);
    const tries = new Int32Array(new SharedArrayBuffer(4));
    const error = await errorOf(pool.run(task("die"), { how: "Deno.exit", counter: tries }, { retries: 2 }));
    assert.match(error.message, /its retries are used up/);
    assert.equal(tries[0], 3);
    assert.deepEqual([pool.stats().retried, pool.stats().lost], [3, 1]);
  });

  test("tasks with an affinity key stay on one worker; its death fails them, a later one starts afresh", async () => {
    await using pool = make({ max: 2, min: 2 });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => pool.run<number>(task("next"), 0, { affinity: `key ${i % 2}` })),
    );
    assert.deepEqual(results.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => 1 + (i >> 1)));
    const options = { affinity: "key 0" };
    const worker = await pool.run(task("workerNumber"), 0, options);
    const dying = pool.run(task("die"), { how: "Deno.exit" }, options);
    const queued = pool.run(task("next"), 0, options);
    const [first, second] = await Promise.allSettled([dying, queued]) as PromiseRejectedResult[];
    assert(first!.reason instanceof WorkerLostError);
    assert(second!.reason instanceof WorkerLostError);
    assert.equal(second!.reason.worker, worker);
    assert.match(second!.reason.message, /the state of affinity key "key 0" is gone/);
    assert.notEqual(await pool.run(task("workerNumber"), 0, options), worker);
    assert(pool.release("key 0"));
    assert(!pool.release("key 0"));
  });

  test("scales up from nothing and down to nothing", async () => {
    await using pool = make({ min: 0, max: 2, idleTimeout: 10 });
    assert.equal(pool.stats().workers, 0);
    const numbers = await pool.map(task("workerNumber"), [0]);
    assert.equal(numbers.length, 1);
    while (pool.stats().workers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.notEqual(await pool.run(task("workerNumber"), 0), numbers[0]);
  });

  test("resize() changes the number of workers between tasks", async () => {
    await using pool = make({ min: 2, max: 2 });
    await pool.warm();
    const results = pool.map(task("sleep"), Array.from({ length: 20 }, (_, value) => ({ ms: 2, value })));
    pool.resize({ min: 1, max: 1 });
    assert.equal((await results).length, 20);
    assert.equal(pool.stats().workers, 1);
    pool.resize({ min: 3, max: 3 });
    await pool.warm();
    assert.equal(pool.stats().workers, 3);
    assert.equal(pool.stats().lost, 0);
    assert.throws(() => pool.resize({ min: 4 }), RangeError);
  });

  test("replaces workers after a number of tasks, harming none", async () => {
    await using pool = make({ max: 2, recycleAfterTasks: 5 });
    const numbers = await pool.map<number>(task("workerNumber"), Array(50).fill(0), { batch: false });
    const counts = Map.groupBy(numbers, (number) => number);
    assert(counts.size > 4);
    assert(pool.stats().recycled >= 4);
    assert.equal(pool.stats().lost, 0);
  });

  test("priorities come first", async () => {
    await using pool = make({ max: 1 });
    await pool.warm({ functions: [task("sleep")] });
    const order: number[] = [];
    const tasks = [0, 0, 0, 1, 5, 2].map((priority) =>
      pool.run(task("sleep"), { ms: 1 }, { priority }).then(() => order.push(priority))
    );
    await Promise.all(tasks);
    assert.deepEqual(order, [5, 2, 1, 0, 0, 0]);
  });

  test("the queue is bounded in tasks and bytes, ready() waits for room", async () => {
    await using pool = make({ max: 1, maxQueuedTasks: 3, maxQueuedBytes: 1000 });
    await pool.warm({ functions: [task("sleep")] });
    const input = { ms: 1 };
    const tasks = [1, 2, 3].map(() => pool.run(task("sleep"), input));
    assert.throws(() => pool.submit(task("sleep"), input), {
      name: "QueueFullError",
      message: /pool\.ready\(\)/,
    });
    await Promise.all(tasks);
    const large = pool.run(task("sleep"), input, { bytes: 5000 });
    assert.throws(() => pool.submit(task("sleep"), input, { bytes: 1 }), { name: "QueueFullError" });
    await large;
    let most = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 10; i++) {
        await pool.ready();
        const { result } = pool.submit(task("sleep"), { ms: 0 }, { bytes: 400 });
        const { queued, queuedBytes } = pool.stats();
        most = Math.max(most, queued);
        assert(queuedBytes <= 1600, `${queuedBytes}`);
        await result;
      }
    }));
    assert(most <= 3, `${most}`);
  });

  test("map() takes inputs that are larger together than the queue", async () => {
    await using pool = make({ max: 1, maxQueuedBytes: 1000 });
    const inputs = Array.from({ length: 12 }, (_, value) => ({ ms: 1, value }));
    const results = await pool.map(task("sleep"), inputs, { bytes: 600 });
    assert.deepEqual(results, inputs.map(({ value }) => value));
  });

  test("close() waits for what was submitted; then the pool refuses", async () => {
    const pool = make();
    const results = Array.from({ length: 10 }, (_, value) => pool.run(task("sleep"), { ms: 2, value }));
    await pool.close();
    assert.deepEqual(await Promise.all(results), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.throws(() => pool.submit(task("add"), { a: 1, b: 1 }), {
      message: /it is closed; make a new one/,
    });
    await assert.rejects(pool.ready(), { message: /it is closed/ });
    await assert.rejects(pool.warm(), { message: /it is closed/ });
  });

  test("abort() settles everything", async () => {
    const pool = make({ grace: 20 });
    await pool.warm({ functions: [task("sleep")] });
    const tasks = Array.from({ length: 10 }, () => pool.submit(task("sleep"), { ms: 1e6 }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const settled = Promise.allSettled(tasks.map(({ result }) => result));
    await pool.abort(new RangeError("enough"));
    for (const result of await settled) {
      assert.equal((result as PromiseRejectedResult).reason.message, "enough");
    }
    await Promise.all(tasks.map(({ ended }) => ended));
    assert.equal(pool.stats().workers, 0);
  });

  test("map() fails with the first error and leaves nothing running", async () => {
    await using pool = make();
    const inputs = Array.from({ length: 50 }, (_, i) => ({ ms: 1, what: i === 5 ? "own" : "" }));
    await assert.rejects(
      pool.map(task("fail"), inputs.map(() => ({ what: "own" }))),
      { name: "WrongUnit" },
    );
    assert.deepEqual([pool.stats().queued, pool.stats().busy], [0, 0]);
  });

  Deno.test(`WorkerPool on ${name}: skips only tests that there are`, () => {
    assert.deepEqual(Object.keys(skip).filter((title) => !names.includes(title)), []);
  });
}
