import assert from "node:assert/strict";
import { WorkerPool } from "../pool/worker_pool.ts";
import { RoundRobin } from "./round_robin.ts";
import { SharedQueue } from "./shared_queue.ts";
import type { Queued, Strategy } from "./strategy.ts";
import { WorkStealing } from "./work_stealing.ts";

const WAIT = {
  module: "data:text/javascript,export const wait = ({ value, ms }) =>" +
    "new Promise((done) => setTimeout(() => done(value), ms));",
  export: "wait",
};

const STRATEGIES: readonly (readonly [string, <T extends Queued>() => Strategy<T>])[] = [
  ["SharedQueue", () => new SharedQueue()],
  ["WorkStealing", () => new WorkStealing()],
  ["RoundRobin", () => new RoundRobin()],
];

for (const [name, strategy] of STRATEGIES) {
  Deno.test(`${name} serves a pool whose workers come and go`, async () => {
    await using pool = new WorkerPool({ min: 0, max: 1, strategy });
    const cancel = new AbortController();
    const cancelled: Promise<unknown>[] = [];
    const tasks = Array.from({ length: 200 }, (_, value) => {
      const input = { value, ms: value % 10 === 0 ? 3 : 0 };
      if (value % 20 === 19) {
        const result = pool.run(WAIT, input, { signal: cancel.signal, priority: -1 });
        cancelled.push(assert.rejects(result, { name: "AbortError" }));
      }
      return pool.run(WAIT, input, {
        priority: value % 3,
        ...(value % 7 === 0 && { affinity: `key ${value % 2}` }),
      });
    });
    cancel.abort();
    for (const max of [3, 1, 2]) {
      await Promise.race([tasks[max * 40], Promise.all(tasks)]);
      pool.resize({ min: 0, max });
    }
    assert.deepEqual(await Promise.all(tasks), Array.from({ length: 200 }, (_, value) => value));
    await Promise.all(cancelled);
    const { queued, queuedBytes } = pool.load();
    assert.deepEqual([queued, queuedBytes], [0, 0]);
  });
}
