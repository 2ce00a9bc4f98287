import assert from "node:assert/strict";
import { testStrategy, testTask } from "./_conformance.ts";
import { SharedQueue } from "./shared_queue.ts";

testStrategy({ name: "SharedQueue", make: (aging) => new SharedQueue({ aging }) });

Deno.test("SharedQueue gives the oldest task to whoever asks", () => {
  const queue = new SharedQueue();
  queue.join(0);
  queue.join(1);
  for (let id = 0; id < 4; id++) assert.equal(queue.add(testTask(id)), -1);
  assert.deepEqual([1, 1, 0, 1].map((worker) => queue.take(worker)), [0, 1, 2, 3].map((id) => testTask(id)));
  assert.equal(queue.stolen, 0);
});
