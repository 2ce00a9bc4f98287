// Workers in virtual time: what a strategy makes of tasks whose costs are known, without threads and clocks.

import { type TestTask, testTask } from "./_conformance.ts";
import type { Strategy } from "./strategy.ts";

/** What is simulated. */
export interface Simulation {
  readonly strategy: Strategy<TestTask>;
  readonly workers: number;
  /** Tasks that a worker is given beside the one it runs. */
  readonly ahead: number;
  /** Costs of the tasks in ms, all queued at time 0. */
  readonly costs: readonly number[];
}

/** Run all tasks. Gives the time at which the last one ended, in parts of the ideal (all work spread evenly). */
export function makespan({ strategy, workers, ahead, costs }: Simulation): number {
  // What each worker has been given and when it is through with all of it and with the first of it.
  const given: number[][] = Array.from({ length: workers }, () => []);
  const now = new Float64Array(workers);
  for (let worker = 0; worker < workers; worker++) strategy.join(worker);
  for (const id of costs.keys()) strategy.add(testTask(id));
  for (let slot = 0; slot <= ahead; slot++) {
    for (let worker = 0; worker < workers; worker++) take(worker);
  }
  for (let done = 0; done < costs.length; done++) {
    let next = -1; // the worker that ends a task first
    for (let worker = 0; worker < workers; worker++) {
      const cost = given[worker]![0];
      if (cost === undefined) continue;
      if (next === -1 || now[worker]! + cost < now[next]! + given[next]![0]!) next = worker;
    }
    if (next === -1) throw new Error(`${costs.length - done} tasks were given to nobody`);
    now[next]! += given[next]!.shift()!;
    take(next);
  }
  return Math.max(...now) / (costs.reduce((sum, cost) => sum + cost, 0) / workers);

  function take(worker: number): void {
    const task = strategy.take(worker);
    if (task) given[worker]!.push(costs[task.id]!);
  }
}

/** Costs of 400 tasks in ms, one in ten 50 times longer than the others, as in the comparison of pools. */
export function skewedCosts(seed: number): number[] {
  let state = seed;
  const random = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  return Array.from({ length: 400 }, () => random() < 0.1 ? 10 : 0.2);
}
