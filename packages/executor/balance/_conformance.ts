/**
 * What every balancing strategy keeps to, as tests: random histories against a model, and the cases that have gone wrong elsewhere.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Queued, Strategy } from "./strategy.ts";

/** A task as the tests have it. */
export interface TestTask extends Queued {
  readonly id: number;
}

/** A strategy to be tested. */
export interface StrategyCase {
  readonly name: string;
  /** Make an empty one, with the given value of a step of priority in ms. */
  readonly make: (aging: number) => Strategy<TestTask>;
  /** What doesn't hold for it, each with the reason. */
  readonly skip?: Partial<Record<"one order for all workers" | "never idle while something waits", string>>;
}

/** Make a task that isn't queued. */
export function testTask(id: number, fields: Partial<TestTask> = {}): TestTask {
  return {
    id,
    bytes: 0,
    priority: 0,
    worker: -1,
    queuedAt: 0,
    order: 0,
    list: undefined,
    previous: undefined,
    next: undefined,
    ...fields,
  };
}

type Step =
  | { readonly does: "join" | "leave" | "take"; readonly pick: number }
  | { readonly does: "add"; readonly bytes: number; readonly priority: number; readonly pick: number }
  | { readonly does: "remove"; readonly pick: number };

const pick = fc.nat(1000);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("join" as const, "leave" as const), pick }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant("take" as const), pick }) },
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant("add" as const),
        bytes: fc.nat(1000),
        priority: fc.constantFrom(0, 0, 0, 1, -1, 5, 0.5),
        pick,
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("remove" as const), pick }) },
  ),
  { maxLength: 120, size: "max" },
);

/** What a strategy must hold after each step, kept the plain way. */
class Model {
  readonly queued = new Map<number, TestTask>();
  readonly workers: number[] = [];

  check(strategy: Strategy<TestTask>): void {
    assert.equal(strategy.length, this.queued.size);
    assert.equal(strategy.bytes, this.queued.values().reduce((sum, { bytes }) => sum + bytes, 0));
  }

  /** What a worker may be given. */
  eligible(worker: number): TestTask[] {
    return this.queued.values().filter((task) => task.worker === -1 || task.worker === worker).toArray();
  }
}

/** Register the tests of a strategy. */
export function testStrategy({ name, make, skip = {} }: StrategyCase): void {
  const AGING = 50;
  const order = (task: TestTask) => task.queuedAt - task.priority * AGING;

  Deno.test(`${name} keeps to the model for any history`, () => {
    fc.assert(fc.property(steps, (history) => {
      const strategy = make(AGING);
      const model = new Model();
      let ids = 0;
      let nextWorker = 0;
      let time = 0;
      const given = (task: TestTask, worker: number) => {
        assert.equal(model.queued.get(task.id), task, `task ${task.id} was given, which is not queued`);
        assert.ok(task.worker === -1 || task.worker === worker, `task ${task.id} went to the wrong worker`);
        model.queued.delete(task.id);
      };
      const take = (worker: number) => {
        const eligible = model.eligible(worker);
        const task = strategy.take(worker);
        if (task === undefined) {
          assert.ok(eligible.every((task) => task.worker === -1), "a bound task was not given to its worker");
          if (!skip["never idle while something waits"]) assert.deepEqual(eligible, []);
          return false;
        }
        given(task, worker);
        for (const other of eligible) {
          if (!skip["one order for all workers"] || (task.worker === worker && other.worker === worker)) {
            assert.ok(order(other) >= order(task), `task ${task.id} was given before ${other.id}`);
          }
        }
        return true;
      };
      for (const step of history) {
        const worker = model.workers[step.pick % model.workers.length];
        if (step.does === "join") {
          model.workers.push(nextWorker);
          strategy.join(nextWorker++);
        } else if (step.does === "add") {
          const bound = step.pick % 3 === 0 && worker !== undefined ? worker : -1;
          const { bytes, priority } = step;
          const task = testTask(ids++, { bytes, priority, worker: bound, queuedAt: time += step.pick % 7 });
          model.queued.set(task.id, task);
          const first = strategy.add(task);
          if (bound !== -1) assert.equal(first, bound);
          else {assert.ok(
              first === -1 || model.workers.includes(first),
              `told to ask worker ${first}, which is gone`,
            );}
        } else if (step.does === "remove") {
          const task = [...model.queued.values()][step.pick % model.queued.size];
          if (!task) continue;
          assert.equal(strategy.remove(task), true);
          assert.equal(strategy.remove(task), false);
          model.queued.delete(task.id);
        } else if (worker !== undefined && step.does === "take") {
          take(worker);
        } else if (worker !== undefined) {
          model.workers.splice(model.workers.indexOf(worker), 1);
          const lost = strategy.leave(worker);
          const bound = model.queued.values().filter((task) => task.worker === worker).toArray();
          assert.deepEqual(lost.map(({ id }) => id).sort(), bound.map(({ id }) => id).sort());
          assert.ok(
            lost.every((task, k) => k === 0 || order(lost[k - 1]!) <= order(task)),
            "lost tasks out of order",
          );
          for (const { id } of bound) model.queued.delete(id);
        }
        model.check(strategy);
      }
      if (model.workers.length === 0) {
        model.workers.push(nextWorker);
        strategy.join(nextWorker);
      }
      for (const worker of model.workers) while (take(worker)) model.check(strategy);
      assert.equal(model.queued.size, 0, "tasks were left behind");
    }));
  });

  Deno.test(`${name} gives equal tasks of one worker first in, first out`, () => {
    const strategy = make(AGING);
    strategy.join(3);
    for (let id = 0; id < 100; id++) strategy.add(testTask(id)); // all at the same time
    assert.deepEqual(
      Array.from({ length: 100 }, () => strategy.take(3)!.id),
      Array.from({ length: 100 }, (_, k) => k),
    );
    assert.equal(strategy.take(3), undefined);
  });

  Deno.test(`${name} lets nothing wait for ever behind a flow of urgent tasks`, () => {
    for (const workers of [1, 2, 3]) {
      const strategy = make(AGING);
      for (let worker = 0; worker < workers; worker++) strategy.join(worker);
      strategy.add(testTask(0, { queuedAt: 0, priority: 0 }));
      let takenAt = -1;
      let id = 1;
      // Every ms a task more than is taken: without aging the first one would never be reached.
      for (let time = 0; time < 2000 && takenAt < 0; time++) {
        for (let k = 0; k <= workers; k++) strategy.add(testTask(id++, { queuedAt: time, priority: 4 }));
        for (let worker = 0; worker < workers; worker++) if (strategy.take(worker)?.id === 0) takenAt = time;
      }
      assert.ok(
        takenAt >= 4 * AGING / (workers + 1),
        `with ${workers} workers it went before urgent ones, at ${takenAt}`,
      );
      assert.ok(takenAt <= 4 * AGING * (workers + 2), `with ${workers} workers it waited until ${takenAt}`);
    }
  });

  Deno.test(`${name} keeps tasks until a worker comes, and after the last one has left`, () => {
    const strategy = make(AGING);
    assert.equal(strategy.length, 0);
    assert.equal(strategy.add(testTask(0, { bytes: 7 })), -1);
    strategy.join(0);
    assert.deepEqual(strategy.leave(0), []);
    assert.deepEqual([strategy.length, strategy.bytes], [1, 7]);
    strategy.join(1);
    assert.equal(strategy.take(1)?.id, 0);
    assert.equal(strategy.take(1), undefined);
    assert.deepEqual([strategy.length, strategy.bytes], [0, 0]);
  });

  Deno.test(`${name} can queue a task again once it was given, and tells another one's tasks apart`, () => {
    const strategy = make(AGING);
    const other = make(AGING);
    const task = testTask(0);
    strategy.join(0);
    strategy.add(task);
    assert.equal(other.remove(task), false);
    assert.throws(() => strategy.add(task), TypeError);
    assert.throws(() => other.add(task), TypeError);
    assert.equal(strategy.take(0), task);
    assert.equal(strategy.remove(task), false);
    strategy.add(task);
    assert.equal(strategy.take(0), task);
  });

  Deno.test(`${name} says what was wrong`, () => {
    const strategy = make(AGING);
    strategy.join(0);
    assert.throws(() => strategy.join(0), /worker 0: it has joined already/);
    assert.throws(() => strategy.leave(1), /Worker 1 has not joined: the workers are 0/);
    assert.throws(() => strategy.add(testTask(0, { worker: 5 })), /Worker 5 has not joined/);
    assert.throws(() => strategy.add(testTask(0, { priority: NaN })), /Priority must be a number/);
    assert.deepEqual([strategy.length, strategy.bytes], [0, 0]);
    strategy.add(testTask(0));
    assert.throws(() => strategy.take(1), /Worker 1 has not joined/);
    assert.throws(() => make(0), /Aging must be above 0/);
  });
}
