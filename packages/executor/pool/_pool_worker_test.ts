import assert from "node:assert/strict";
import type { TaskOptions } from "../task/task.ts";
import { Entry, Target } from "./_entry.ts";
import { PoolWorker } from "./_pool_worker.ts";

const target = new Target(0, { module: "data:,", export: "none" });
const entry = (options?: TaskOptions) => new Entry(target, 0, options, 0, 0);

Deno.test("who has begun holds its message when those that shared it are taken back", () => {
  const worker = new PoolWorker(0, 0);
  const batch = [entry(), entry(), entry()];
  for (const one of batch) worker.place(one);
  batch[2]!.closesMessage = true;
  worker.messages = 1;
  assert.deepEqual(worker.takeBack(1).entries, batch.slice(1));
  assert.deepEqual([worker.messages, worker.tasks], [1, 1]);
  worker.remove(batch[0]!);
  assert.deepEqual([worker.messages, worker.tasks], [0, 0]);
});

Deno.test("a task that is taken back has no timer of its old worker", () => {
  const worker = new PoolWorker(0, 0);
  const one = entry({ timeout: 10_000 });
  worker.place(one);
  one.timer = setTimeout(() => {}, 10_000); // the test's sanitizer finds it where it is left
  assert.deepEqual(worker.takeBack(0).entries, [one]);
  assert.equal(one.timer, undefined);
});
