import assert from "node:assert/strict";
import fc from "fast-check";
import type { TestTask } from "./_conformance.ts";
import { makespan, skewedCosts } from "./_simulation_testing.ts";
import { RoundRobin } from "./round_robin.ts";
import { SharedQueue } from "./shared_queue.ts";
import { WorkStealing } from "./work_stealing.ts";

const STRATEGIES = {
  shared: () => new SharedQueue<TestTask>(),
  stealing: () => new WorkStealing<TestTask>(),
  roundRobin: () => new RoundRobin<TestTask>(),
};

/** Median and 95th percentile of the makespan over 100 seeds; the first is that of the comparison of pools. */
function spread(name: keyof typeof STRATEGIES, workers: number, ahead: number) {
  const spans = Array.from(
    { length: 100 },
    (_, k) => makespan({ strategy: STRATEGIES[name](), workers, ahead, costs: skewedCosts(7 + 97 * k) }),
  );
  const sorted = spans.toSorted((a, b) => a - b);
  return { first: spans[0]!, median: sorted[50]!, high: sorted[95]! };
}

Deno.test("skewed tasks: a shared queue with one task ahead keeps within 1.10 of the ideal", () => {
  const two = spread("shared", 2, 1);
  assert.ok(two.first <= 1.1 && two.high <= 1.1, JSON.stringify(two));
  const four = spread("shared", 4, 1);
  assert.ok(four.first <= 1.1 && four.high <= 1.1, JSON.stringify(four));
});

Deno.test("skewed tasks: stealing keeps two workers within 1.05 of the ideal, with and without a task ahead", () => {
  for (const ahead of [0, 1]) {
    const two = spread("stealing", 2, ahead);
    assert.ok(two.first <= 1.05 && two.high <= 1.05, JSON.stringify(two));
  }
});

Deno.test("skewed tasks: workers in turn are clearly worse", () => {
  for (const workers of [2, 4, 8]) {
    const baseline = spread("roundRobin", workers, 1);
    for (const name of ["shared", "stealing"] as const) {
      const better = spread(name, workers, 1);
      assert.ok(baseline.first > better.first, `${name} ${better.first} with ${workers} workers`);
      assert.ok(
        baseline.median - 1 > 3 * (better.median - 1),
        `${name} ${better.median} with ${workers} workers`,
      );
    }
  }
});

Deno.test("no task waits while a worker is idle: Graham's bound on the makespan", () => {
  // R. L. Graham, Bounds for certain multiprocessing anomalies, 1966: at most sum / W + (1 - 1 / W) max.
  const costs = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 80 });
  fc.assert(fc.property(costs, fc.integer({ min: 1, max: 9 }), (costs, workers) => {
    const ideal = costs.reduce((sum, cost) => sum + cost, 0) / workers;
    const bound = 1 + (1 - 1 / workers) * Math.max(...costs) / ideal;
    for (const name of ["shared", "stealing"] as const) {
      const span = makespan({ strategy: STRATEGIES[name](), workers, ahead: 0, costs });
      assert.ok(span <= bound + 1e-9, `${name}: ${span} > ${bound}`);
    }
  }));
});
