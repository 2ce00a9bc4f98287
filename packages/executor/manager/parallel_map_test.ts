import assert from "node:assert/strict";
import fc from "fast-check";
import { WorkerPool } from "../pool/worker_pool.ts";
import { ItemError, parallelMap } from "./parallel_map.ts";
import { parallelStream } from "./parallel_stream.ts";

const MODULE = new URL("./_work_testing.ts", import.meta.url).href;
const work = (name: string) => ({ module: MODULE, export: name });

Deno.test("parallelMap() gives results in order, whatever the items cost", async () => {
  await using pool = new WorkerPool({ max: 2 });
  const items = Array.from({ length: 300 }, (_, k) => ({ value: k, wait: k % 7 === 0 ? 2 : 0 }));
  const results = await parallelMap<typeof items[0], number>(work("later"), items, { pool, inFlight: 20 });
  assert.deepEqual(results, items.map(({ value }) => value));
});

Deno.test("parallelMap() makes a pool for the call and ends it", async () => {
  assert.deepEqual(await parallelMap<number, number>(work("double"), [1, 2, 3], { maxWorkers: 1 }), [
    2,
    4,
    6,
  ]);
  assert.deepEqual(await parallelMap(work("double"), [4], { preset: "small_data" }), [8]);
  assert.deepEqual(await parallelMap(work("double"), [5, 6], { type: "inline" }), [10, 12]);
  assert.deepEqual(await parallelMap(work("double"), [], { maxWorkers: 1 }), []);
});

Deno.test("parallelMap() of a closure is the map of the closure, in place", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), async (items, inFlight) => {
      const results = await parallelMap((x: number) => x % 2 ? x : Promise.resolve(x), items, {
        type: "inline",
        inFlight,
      });
      assert.deepEqual(results, items);
    }),
  );
});

Deno.test("parallelMap() takes no more items than may be in flight", async () => {
  for (const isAsync of [false, true]) {
    let taken = 0;
    let running = 0;
    let peak = 0;
    const sync = function* () {
      for (; taken < 50; taken++) yield taken;
    };
    const later = async function* () {
      for (const item of sync()) yield await Promise.resolve(item);
    };
    await parallelMap(
      async (item: number) => {
        assert.ok(taken - item <= 4);
        peak = Math.max(peak, ++running);
        await new Promise((resolve) => setTimeout(resolve, item % 3));
        running--;
      },
      isAsync ? later() : sync(),
      { type: "inline", inFlight: 4 },
    );
    assert.equal(peak, 4);
    assert.equal(taken, 50);
  }
});

Deno.test("parallelMap() goes on when the pool's queue was full", async () => {
  await using pool = new WorkerPool({ max: 1, maxQueuedTasks: 2 });
  const items = Array.from({ length: 60 }, (_, k) => k);
  assert.deepEqual(await parallelMap(work("double"), items, { pool }), items.map((k) => 2 * k));
});

Deno.test("parallelMap() counts what is done", async () => {
  const seen: unknown[] = [];
  const options = { type: "inline", onProgress: (...counts: unknown[]) => seen.push(counts) } as const;
  await parallelMap((x: number) => x, [5, 6], options);
  await parallelMap((x: number) => x, new Set([5]), options);
  assert.deepEqual(seen, [[1, 2], [2, 2], [1, undefined]]);
});

Deno.test("the first failure names the item, cancels what waits and leaves nothing running", async () => {
  await using pool = new WorkerPool({ max: 2 });
  const items = Array.from({ length: 100 }, (_, k) => ({ value: k, fails: k === 7, wait: 1 }));
  const error = await parallelMap(work("later"), items, { pool }).then(() => undefined, (error) => error);
  assert.ok(error instanceof ItemError);
  assert.equal(error.index, 7);
  assert.equal(error.message, "Item 7 failed: No 7");
  assert.ok(error.cause instanceof RangeError);
  const { busy, queued, done } = pool.load();
  assert.deepEqual([busy, queued], [0, 0]);
  assert.ok(done < 90, `${done} were done`);
  assert.deepEqual(await parallelMap(work("double"), [1], { pool }), [2]); // the pool is as good as before
});

Deno.test("an item that can't be sent is named too", async () => {
  await using pool = new WorkerPool({ max: 1 });
  await assert.rejects(parallelMap<unknown, number>(work("double"), [1, () => 2], { pool }), {
    name: "ItemError",
    index: 1,
    message: /Item 1 failed: Cannot send the input/,
  });
});

Deno.test("an abort ends everything with its reason", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const abort = new AbortController();
  const items = Array.from({ length: 100 }, (_, k) => ({ value: k, wait: 1 }));
  const options = {
    pool,
    signal: abort.signal,
    onProgress: (done: number) => done === 3 && abort.abort(new Error("enough")),
  };
  await assert.rejects(parallelMap(work("later"), items, options), { message: "enough" });
  assert.equal(pool.load().busy + pool.load().queued, 0);
  await assert.rejects(parallelMap(work("later"), items, options), { message: "enough" }); // aborted before
  const never = new ReadableStream<number>(); // gives nothing, for ever
  const second = new AbortController();
  const hung = parallelMap((x: number) => x, never, { type: "inline", signal: second.signal });
  second.abort(new Error("no more waiting"));
  await assert.rejects(hung, { message: "no more waiting" });
});

Deno.test("a source that throws ends the call; what was taken before is waited for", async () => {
  let ended = 0;
  const source = function* () {
    yield 1;
    yield 2;
    throw new RangeError("no third");
  };
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    ended++;
  };
  await assert.rejects(parallelMap(slow, source(), { type: "inline", inFlight: 5 }), { message: "no third" });
  assert.equal(ended, 2);
});

Deno.test("parallelMap() says how to mend what can't be", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const closure = (x: number) => x;
  await assert.rejects(parallelMap(closure, [1]), {
    name: "TypeError",
    message: /closure.*export it from a module/s,
  });
  await assert.rejects(parallelMap(closure, [1], { pool }), { name: "TypeError", message: /type: "inline"/ });
  await assert.rejects(
    parallelMap(work("double"), [1], { pool, maxWorkers: 3 }),
    /"maxWorkers" is for a new pool/,
  );
  await assert.rejects(
    parallelMap(work("double"), [1], { pool, preset: "small_data" }),
    /"preset" is for a new pool/,
  );
  await assert.rejects(
    parallelMap(work("double"), [1], { pool, inFlight: 0 }),
    /inFlight must be a whole number/,
  );
  await assert.rejects(
    parallelMap(work("double"), [1], { preset: "smal_data" }),
    /did you mean "small_data"/,
  );
  await assert.rejects(
    parallelMap(work("double"), [1], { workers: 2 } as object),
    /Unknown executor setting "workers"/,
  );
  await assert.rejects(parallelMap(work("none"), [1], { pool }), {
    name: "ItemError",
    message: /Item 0 failed: .*"none"/,
  });
});

Deno.test("parallelStream() gives the first results while the source still has more", async () => {
  const more = Promise.withResolvers<void>();
  const source = async function* () {
    yield 1;
    await more.promise;
    yield 2;
  };
  const stream = parallelStream((x: number) => x, source(), { type: "inline", inFlight: 5 });
  assert.deepEqual(await stream.next(), { value: 1, done: false });
  more.resolve();
  assert.deepEqual(await stream.next(), { value: 2, done: false });
  assert.equal((await stream.next()).done, true);
});

Deno.test("leaving parallelStream() early cancels what waits and closes the source", async () => {
  await using pool = new WorkerPool({ max: 1 });
  let isClosed = false;
  const source = function* () {
    try {
      for (let value = 0;; value++) yield { value, wait: 1 };
    } finally {
      isClosed = true;
    }
  };
  for await (const value of parallelStream(work("later"), source(), { pool, inFlight: 50 })) {
    if (value === 2) break;
  }
  assert.ok(isClosed);
  assert.equal(pool.load().busy + pool.load().queued, 0);
  assert.ok(pool.load().done < 40);
});

Deno.test("a source that can't be closed is told of, unless something failed before", async () => {
  const stubborn = () =>
    ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return: () => {
          throw new RangeError("not now");
        },
      }),
    }) as Iterable<number>;
  const broken = async () => {
    for await (const _ of parallelStream((x: number) => x, stubborn(), { type: "inline" })) break;
  };
  await assert.rejects(broken(), { message: "not now" });
  const fails = () => {
    throw new Error("first");
  };
  await assert.rejects(parallelMap(fails, stubborn(), { type: "inline" }), {
    message: "Item 0 failed: first",
  });
});
