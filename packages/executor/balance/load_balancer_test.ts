import assert from "node:assert/strict";
import { randomNumbers, SimulatedPool } from "./_simulated_pool_testing.ts";
import { type BalancerSettings, LoadBalancer, useLoadBalancer } from "./load_balancer.ts";

/** Let a load run through a simulated pool; `arrive` gives the run times of the tasks that come at a ms. */
function run(
  pool: SimulatedPool,
  duration: number,
  arrive: (time: number) => readonly number[],
  settings?: Partial<BalancerSettings>,
): { readonly balancer: LoadBalancer | undefined; readonly counts: readonly number[] } {
  using balancer = settings ? new LoadBalancer(pool, settings, () => pool.now) : undefined;
  const counts: number[] = [];
  while (pool.now < duration || !pool.idle) {
    if (pool.now < duration) { for (const time of arrive(pool.now)) pool.submit(time); }
    pool.step();
    if (balancer && pool.now % balancer.settings.interval === 0) {
      balancer.check();
      counts.push(balancer.workers);
    }
    assert.ok(pool.now < 100 * duration, "the pool never ends");
  }
  return { balancer, counts };
}

Deno.test("LoadBalancer doesn't flap under a constant noisy load", () => {
  // Poisson arrivals, run times from 2 to 38 ms: `load` workers are busy on average.
  for (const load of [0.3, 0.9, 1.5, 2.6, 3.4, 4.7, 6.1]) {
    for (const seed of [1, 2, 3]) {
      const random = randomNumbers(seed * 7919);
      const pool = new SimulatedPool(1);
      const arrive = () => random() < load / 20 ? [2 + 36 * random()] : [];
      const { balancer, counts } = run(pool, 120_000, arrive, { min: 1, max: 12 });
      const history = balancer!.history();
      const settled = history.filter(({ time }) => time > 20_000);
      const text = `load ${load}, seed ${seed}:\n${balancer}`;
      assert.ok(settled.length <= 8, text); // in 100 s
      const busy = counts.slice(200);
      const mean = busy.reduce((sum, workers) => sum + workers, 0) / busy.length;
      assert.ok(mean >= load && mean <= 2 * load + 1, `${mean} workers, ${text}`);
    }
  }
});

Deno.test("LoadBalancer follows bursts, and gives the workers back in the pauses", () => {
  // Every 5 s a burst of 400 tasks of 20 ms.
  const burst = (time: number) => time % 5000 === 0 ? Array.from({ length: 400 }, () => 20) : [];
  const small = new SimulatedPool(1);
  const large = new SimulatedPool(8);
  const balanced = new SimulatedPool(1);
  run(small, 30_000, burst);
  run(large, 30_000, burst);
  const { balancer } = run(balanced, 30_000, burst, { min: 1, max: 8, cooldown: 500 });
  const text = JSON.stringify({ small, large, balanced }) + `\n${balancer}`;
  assert.ok(balanced.waitMs <= 1.3 * large.waitMs, text);
  assert.ok(balanced.waitMs < 0.1 * small.waitMs, text);
  assert.ok(balanced.workerMs < 0.5 * large.workerMs, text);
});

Deno.test("LoadBalancer keeps to its bounds and to the memory limit, whatever comes", () => {
  const random = randomNumbers(5);
  const pool = new SimulatedPool(20);
  pool.memoryPerWorker = 100;
  const { balancer, counts } = run(
    pool,
    20_000,
    () => random() < 0.6 ? [5 + 30 * random()] : [],
    { min: 2, max: 16, memoryLimit: 1000 },
  );
  assert.ok(counts.every((workers) => workers >= 2 && workers <= 16));
  const after = counts.slice(20);
  assert.ok(after.every((workers) => workers <= 10), String(balancer));
  assert.match(String(balancer), /16 -> 10 {2}Memory of .* is above the limit/);
});

Deno.test("LoadBalancer ends all workers of an idle pool when it may, and starts them again", () => {
  const pool = new SimulatedPool(4);
  const { counts, balancer } = run(
    pool,
    6000,
    (time) => time === 5000 ? [100, 100, 100] : [],
    { min: 0, max: 4, cooldown: 1000 },
  );
  assert.equal(counts[20], 0, String(balancer));
  assert.ok(pool.idle);
  assert.match(String(balancer), /0 -> \d {2}No worker was kept: 2 tasks/);
});

Deno.test("LoadBalancer remembers a bounded number of changes, with what was measured", () => {
  const pool = new SimulatedPool(1);
  const { balancer } = run(
    pool,
    40_000,
    (time) => time % 4000 === 0 ? Array.from({ length: 100 }, () => 20) : [],
    { min: 1, max: 4, cooldown: 300, historyLength: 5 },
  );
  const history = balancer!.history();
  assert.equal(history.length, 5, String(balancer));
  assert.equal(balancer!.toString().split("\n").length, 5);
  for (const [k, { from, to, time, reason, sample }] of history.entries()) {
    assert.notEqual(from, to);
    if (k > 0) {
      assert.equal(from, history[k - 1]!.to);
      assert.ok(time > history[k - 1]!.time);
    }
    assert.match(reason, to > from ? /Queue time \d/ : /Utilisation 0\.\d\d was below 0.50 for/);
    assert.ok(to > from ? sample.queued > 0 : sample.queued === 0);
  }
});

Deno.test("useLoadBalancer looks at the pool by itself until it is disposed", async () => {
  let looks = 0;
  const seen = Promise.withResolvers<void>();
  const pool = {
    load: () => {
      if (++looks === 3) seen.resolve();
      return new SimulatedPool(1).load();
    },
    resize: () => {},
  };
  {
    using balancer = useLoadBalancer(pool, { interval: 1, max: 2 });
    assert.equal(balancer.toString(), "1 workers, no change");
    const alive = setInterval(() => {}, 1000); // the balancer's own timer keeps nothing alive
    await seen.promise;
    clearInterval(alive);
  }
  const before = looks;
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(looks, before);
});

Deno.test("a LoadBalancer leaves a pool alone that was closed", () => {
  const pool = Object.assign(new SimulatedPool(4), { isOpen: true });
  using balancer = new LoadBalancer(pool, { min: 1, max: 4, cooldown: 10 }, () => pool.now);
  pool.isOpen = false;
  pool.now += 1000;
  balancer.check();
  assert.equal(balancer.workers, 4); // otherwise 1, and one would be kept alive in a pool that has ended
});
