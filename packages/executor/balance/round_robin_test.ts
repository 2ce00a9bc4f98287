import assert from "node:assert/strict";
import { testStrategy, type TestTask, testTask } from "./_conformance.ts";
import { RoundRobin } from "./round_robin.ts";

testStrategy({
  name: "RoundRobin",
  make: (aging) => new RoundRobin({ aging }),
  skip: {
    "one order for all workers": "each worker has its own queue",
    "never idle while something waits": "what was dealt to a worker stays with it",
  },
});

Deno.test("RoundRobin deals in turn, also to workers that come later", () => {
  const turns = new RoundRobin<TestTask>();
  turns.join(7);
  turns.join(8);
  const ids = [0, 1, 2, 3, 4, 5];
  assert.deepEqual(ids.map((id) => turns.add(testTask(id, { queuedAt: id }))), [7, 8, 7, 8, 7, 8]);
  turns.join(9);
  assert.deepEqual([7, 8, 9].map((worker) => turns.take(worker)!.id).sort(), [0, 1, 2]); // the oldest
  turns.leave(9);
  const rest = [7, 8, 7, 8].flatMap((worker) => turns.take(worker)?.id ?? []);
  assert.deepEqual(rest.sort(), [3, 4, 5]);
  assert.equal(turns.length, 0);
});
