// What a strategy costs a task, beside the naive array. Run: deno bench packages/executor/balance

import { type TestTask, testTask } from "./_conformance.ts";
import { RoundRobin } from "./round_robin.ts";
import { SharedQueue } from "./shared_queue.ts";
import type { Strategy } from "./strategy.ts";
import { WorkStealing } from "./work_stealing.ts";

const TASKS = 20_000;
const WORKERS = 8;
const tasks = Array.from({ length: TASKS }, (_, id) => testTask(id, { queuedAt: id, bytes: 1 }));

/** All tasks in, all out, asked for by the workers in turn; a sum so that nothing is left out. */
function flood(strategy: Strategy<TestTask>): number {
  for (let worker = 0; worker < WORKERS; worker++) strategy.join(worker);
  for (const task of tasks) strategy.add(task);
  let sum = 0;
  for (let worker = 0; strategy.length > 0; worker = (worker + 1) % WORKERS) sum += strategy.take(worker)!.id;
  return check(sum);
}

function check(sum: number): number {
  if (sum !== TASKS * (TASKS - 1) / 2) throw new Error(`Tasks were lost: the sum is ${sum}`);
  return sum;
}

Deno.bench("20,000 tasks: array with shift()", { group: "flood", baseline: true }, () => {
  const queue: TestTask[] = [];
  for (const task of tasks) queue.push(task);
  let sum = 0;
  while (queue.length > 0) sum += queue.shift()!.id;
  check(sum);
});
Deno.bench("20,000 tasks: SharedQueue", { group: "flood" }, () => void flood(new SharedQueue()));
Deno.bench("20,000 tasks: WorkStealing", { group: "flood" }, () => void flood(new WorkStealing()));
Deno.bench("20,000 tasks: RoundRobin", { group: "flood" }, () => void flood(new RoundRobin()));
