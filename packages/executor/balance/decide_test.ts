import assert from "node:assert/strict";
import fc from "fast-check";
import { balancerSettings } from "./balancer_settings.ts";
import { type BalancerState, decide, initialState, type LoadSample } from "./decide.ts";

const settings = balancerSettings({ min: 1, max: 8, memoryLimit: 1000 });
const calm: LoadSample = {
  time: 100,
  span: 100,
  workers: 4,
  busy: 2,
  load: 2,
  queued: 0,
  queueTime: 0,
  runTime: 10,
  memory: undefined,
};
const state = initialState(0);
const late = { ...state, late: true };
const seen = (busyMs: number, peakQueueTime: number) => ({ ...state, busyMs, peakQueueTime });
const wanted = (sample: Partial<LoadSample>, before: BalancerState = state) =>
  decide({ ...calm, ...sample }, before, settings).workers;

Deno.test("decide() adds what the backlog needs, and no more than there are tasks", () => {
  const backlog = { busy: 4, queued: 30, queueTime: 75 };
  assert.equal(wanted(backlog, late), 6); // 300 ms of work in 50 ms
  const two = { ...settings, concurrency: 2 };
  assert.equal(decide({ ...calm, ...backlog }, late, two).workers, 5); // at least one more
  assert.equal(wanted({ ...backlog, runTime: 1000 }, late), 8); // the most
  assert.equal(wanted({ ...backlog, queued: 1, runTime: 1000 }, late), 5);
  assert.equal(wanted({ ...backlog, runTime: undefined }, late), 8); // twice as many
});

Deno.test("decide() waits for a second look when the queue is short, not when it is long", () => {
  const short = { busy: 4, queued: 30, queueTime: 75 };
  const first = decide({ ...calm, ...short }, state, settings);
  assert.deepEqual([first.workers, first.state.late], [4, true]);
  assert.equal(wanted(short, first.state), 6);
  const between = decide({ ...calm, time: 200 }, first.state, settings); // nothing waits
  assert.equal(wanted({ ...short, time: 300 }, between.state), 4);
  assert.equal(wanted({ ...short, queueTime: 251 }), 6);
});

Deno.test("decide() adds nothing when nobody would use it", () => {
  assert.equal(wanted({ busy: 1, load: 3.5, queued: 30, queueTime: 300 }), 6); // just between tasks
  assert.equal(wanted({ busy: 4, queued: 5, queueTime: 50 }, late), 4); // within the target
  assert.equal(wanted({ busy: 1, load: 1, queued: 30, queueTime: 300 }), 4); // bound to one worker, the others are idle
  assert.equal(wanted({ busy: 4, queued: 0, queueTime: 0 }, late), 4);
});

Deno.test("decide() removes workers only after a whole cooldown below the threshold", () => {
  const idle = { busy: 0, load: 0 };
  assert.equal(wanted({ ...idle, time: 999 }), 4);
  assert.equal(wanted({ ...idle, time: 1000 }), 1);
  assert.equal(wanted({ ...idle, time: 1000 }, seen(900, 10)), 2); // 0.9 busy, 0.65 each
  assert.equal(wanted({ ...idle, time: 1000 }, seen(2000, 0)), 4); // not below 0.5
  assert.equal(wanted({ ...idle, time: 1000 }, seen(900, 60)), 4); // tasks had waited
});

Deno.test("decide() waits longer before it removes workers again that were missed, not when the pool was idle", () => {
  const removed = decide({ ...calm, time: 1000, busy: 1, load: 0 }, seen(900, 10), settings);
  assert.deepEqual([removed.workers, removed.state.patience], [2, 1]);
  const backlog = { ...calm, workers: 2, busy: 2, queued: 100, queueTime: 500 };
  const missed = decide({ ...backlog, time: 16_999 }, removed.state, settings);
  assert.equal(missed.state.patience, 2);
  assert.equal(decide({ ...backlog, time: 17_000 }, removed.state, settings).state.patience, 1);
  assert.equal(wanted({ workers: missed.workers, load: 0, time: 18_998 }, missed.state), missed.workers);
  assert.equal(wanted({ workers: missed.workers, load: 0, time: 18_999 }, missed.state), 1);

  const idle = decide({ ...calm, time: 1000, busy: 0, load: 0 }, state, settings);
  assert.equal(
    decide({ ...backlog, workers: 1, busy: 1, time: 1100 }, idle.state, settings).state.patience,
    1,
  );
});

Deno.test("decide() keeps within the memory limit, with room before it adds", () => {
  assert.equal(wanted({ memory: 2000, time: 100 }), 4); // not yet: the last change may still show
  assert.equal(wanted({ memory: 2000, time: 1000 }), 2);
  assert.equal(wanted({ memory: 1001, time: 1000 }), 3);
  const backlog = { busy: 4, queued: 100, queueTime: 300 };
  assert.equal(wanted({ ...backlog, memory: 560 }), 5); // 5 x 140 is below 800
  assert.equal(wanted({ ...backlog, memory: 800 }), 4);
  assert.equal(wanted({ ...backlog, workers: 1, busy: 1, memory: 5000 }), 1); // never below the minimum
});

Deno.test("decide() goes to the bounds when it is outside", () => {
  assert.equal(wanted({ workers: 0, busy: 0 }), 1);
  assert.equal(wanted({ workers: 20 }), 8);
  assert.match(
    decide({ ...calm, workers: 20 }, state, settings).reason!,
    /20 workers above the maximum of 8/,
  );
});

Deno.test("decide() stays within the bounds, gives a reason exactly when it changes something, and never both ways", () => {
  const positive = fc.double({ min: 0, max: 1e5, noNaN: true });
  const sample = fc.record({
    time: positive,
    span: positive,
    workers: fc.nat(12),
    busy: fc.nat(12),
    load: fc.double({ min: 0, max: 12, noNaN: true }),
    queued: fc.nat(1000),
    queueTime: positive,
    runTime: fc.option(positive, { nil: undefined }),
    memory: fc.option(fc.nat(3000), { nil: undefined }),
  });
  const before = fc.record({
    since: positive,
    busyMs: positive,
    peakQueueTime: positive,
    late: fc.boolean(),
    patience: fc.constantFrom(1, 2, 16),
    removedAt: fc.oneof(positive, fc.constant(-Infinity)),
  });
  fc.assert(fc.property(sample, before, (sample, before) => {
    const { workers, reason, state } = decide(sample, before, settings);
    assert.ok(Number.isInteger(workers) && workers >= settings.min && workers <= settings.max);
    assert.equal(reason === undefined, workers === sample.workers);
    assert.ok(Object.values(state).every((value) => !Number.isNaN(Number(value))));
    if (workers > sample.workers && sample.workers >= settings.min) assert.ok(sample.queued > 0);
    // Just after a change nothing is taken back.
    if (reason !== undefined) {
      const next = { ...sample, workers, queued: 0, queueTime: 0, time: sample.time + 1, span: 1 };
      assert.equal(decide(next, state, settings).workers, workers);
    }
  }));
});
