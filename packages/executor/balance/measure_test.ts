import assert from "node:assert/strict";
import { measure, type PoolCounters } from "./measure.ts";

const none: PoolCounters = {
  workers: 2,
  busy: 0,
  queued: 0,
  started: 0,
  runMs: 0,
  busyMs: 0,
  memory: undefined,
};
const look = { time: 0, span: 100, concurrency: 1 };

Deno.test("measure() predicts the queue time from what waits, not from what had waited", () => {
  const now = { ...none, queued: 10, started: 5, runMs: 100 };
  assert.equal(measure({ ...look, before: none, now }).queueTime, 100);
  assert.equal(measure({ ...look, before: none, now, concurrency: 4 }).queueTime, 25);
  assert.equal(measure({ ...look, before: none, now: { ...now, workers: 0 } }).queueTime, 200);
  assert.equal(measure({ ...look, before: now, now: { ...now, queued: 0 } }).queueTime, 0);
});

Deno.test("measure() remembers the run time, and counts up while no task ends", () => {
  const first = measure({ ...look, before: none, now: { ...none, started: 4, runMs: 20 } });
  assert.equal(first.runTime, 5);
  const waiting = { ...none, busy: 2, queued: 1 };
  const second = measure({ ...look, before: none, now: waiting, last: first });
  assert.deepEqual([second.runTime, second.queueTime], [5, 2.5]);
  const third = measure({ ...look, before: waiting, now: waiting, last: second });
  assert.equal(third.queueTime, 102.5);
  assert.equal(measure({ ...look, before: waiting, now: waiting, last: third }).queueTime, 202.5);
});

Deno.test("measure() gives the busy workers on average, also between two looks at the same time", () => {
  assert.equal(measure({ ...look, before: none, now: { ...none, busyMs: 150 } }).load, 1.5);
  assert.equal(measure({ ...look, span: 0, before: none, now: { ...none, busy: 2 } }).load, 2);
});
