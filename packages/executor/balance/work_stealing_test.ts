import assert from "node:assert/strict";
import { testStrategy, type TestTask, testTask } from "./_conformance.ts";
import { WorkStealing } from "./work_stealing.ts";

testStrategy({
  name: "WorkStealing",
  make: (aging) => new WorkStealing({ aging }),
  skip: { "one order for all workers": "each worker has its own queue" },
});

function filled(workers: number, tasks: number): WorkStealing<TestTask> {
  const queues = new WorkStealing<TestTask>();
  for (let worker = 0; worker < workers; worker++) queues.join(worker);
  for (let id = 0; id < tasks; id++) assert.equal(queues.add(testTask(id)), id % workers);
  return queues;
}

Deno.test("WorkStealing takes from its own queue first, then from the longest", () => {
  const queues = filled(3, 9); // 0, 3, 6 | 1, 4, 7 | 2, 5, 8
  assert.deepEqual([0, 3, 6], [0, 0, 0].map((worker) => queues.take(worker)!.id));
  assert.equal(queues.take(1)!.id, 1);
  assert.equal(queues.stolen, 0);
  assert.equal(queues.take(0)!.id, 2); // worker 2 has three, worker 1 two
  assert.equal(queues.stolen, 1);
});

Deno.test("WorkStealing steals no task that is bound to another worker", () => {
  const queues = new WorkStealing<TestTask>();
  queues.join(0);
  queues.join(1);
  queues.add(testTask(0, { worker: 0 }));
  assert.equal(queues.take(1), undefined);
  assert.equal(queues.take(0)!.id, 0);
});

Deno.test("WorkStealing empties the queue of a worker that has left first, oldest task first", () => {
  const queues = filled(2, 4); // 0, 2 | 1, 3
  assert.deepEqual(queues.leave(0), []);
  queues.add(testTask(4, { queuedAt: 1 }));
  assert.deepEqual(Array.from({ length: 5 }, () => queues.take(1)!.id).sort(), [0, 1, 2, 3, 4]);
  assert.equal(queues.stolen, 0);
});
