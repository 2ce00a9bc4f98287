import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { checkConfig, MOST_WORKERS } from "./config.ts";
import { ExecutorManager } from "./executor_manager.ts";

const MODULE = new URL("./_work_testing.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
const work = (name: string) => ({ module: MODULE, export: name });

/** Waits until something holds. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, "it never came to hold");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

Deno.test("ExecutorManager keeps workers warm from one lease to the next", async () => {
  await using manager = new ExecutorManager();
  const workers = new Set<unknown>();
  for (let round = 0; round < 5; round++) {
    await using lease = manager.getExecutor("features", { type: "thread", maxWorkers: 1 });
    workers.add(await lease.pool.run(work("whoAmI"), undefined));
  }
  assert.deepEqual([...workers], [0]); // numbers are never used again
  assert.deepEqual(manager.listExecutors(), [
    { name: "features", kind: "thread", workers: 1, refs: 0, queued: 0, state: "idle" },
  ]);
});

Deno.test("ExecutorManager counts leases and shares one pool among them", async () => {
  await using manager = new ExecutorManager();
  const first = manager.getExecutor("shared", { maxWorkers: 2 });
  const second = manager.getExecutor("shared");
  assert.equal(first.pool, second.pool);
  assert.equal(manager.listExecutors()[0]!.refs, 2);
  first.release();
  first.release(); // once is enough
  assert.equal(manager.listExecutors()[0]!.refs, 1);
  assert.throws(() => first.pool, {
    name: "TypeError",
    message: /Cannot use executor "shared": its lease was released/,
  });
  assert.equal(await second.pool.run(work("double"), 4), 8);
  await second[Symbol.asyncDispose]();
  assert.equal(manager.listExecutors()[0]!.refs, 0);
});

Deno.test("ExecutorManager ends idle workers without a lease, and starts new ones for the next", async () => {
  await using manager = new ExecutorManager({ idleTimeout: 20 });
  const lease = manager.getExecutor("briefly", { minWorkers: 2, maxWorkers: 2 });
  await lease.pool.warm();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(manager.listExecutors()[0]!.workers, 2); // kept as long as somebody holds it
  lease.release();
  await until(() => manager.listExecutors()[0]!.state === "cold");
  await using again = manager.getExecutor("briefly");
  assert.equal(await again.pool.run(work("double"), 1), 2);
});

Deno.test("a lease that ends leaves running tasks alone", async () => {
  await using manager = new ExecutorManager();
  const lease = manager.getExecutor("slow", { maxWorkers: 1 });
  const result = lease.pool.run(work("later"), { value: 5, wait: 20 });
  lease.release();
  assert.equal(manager.listExecutors()[0]!.state, "busy");
  assert.equal(await result, 5);
});

Deno.test("ExecutorManager refuses other settings while an executor is held, and takes them when it is free", async () => {
  await using manager = new ExecutorManager();
  const lease = manager.getExecutor("one", { maxWorkers: 1, type: "thread" });
  manager.getExecutor("one", { type: "thread", maxWorkers: 1 }).release(); // the order doesn't matter
  assert.throws(
    () => manager.getExecutor("one", { maxWorkers: 2 }),
    { name: "TypeError", message: /Cannot get executor "one" with \{ maxWorkers: 2 \}: it is in use with/ },
  );
  const running = lease.pool.run(work("later"), { value: 1, wait: 10 });
  lease.release();
  await using other = manager.getExecutor("one", { type: "inline" });
  assert.equal(other.kind, "inline");
  assert.equal(await running, 1); // the replaced pool ends its tasks
});

Deno.test("ExecutorManager runs tasks in each kind of executor", async () => {
  await using manager = new ExecutorManager({ defaultWorkers: 1 });
  for (const type of ["inline", "thread", "process"] as const) {
    await using lease = manager.getExecutor(type, { type });
    assert.equal(await lease.pool.run(work("double"), 21), 42);
  }
  const { executors, kinds, workers, refs, done, defaultWorkers } = manager.stats();
  assert.deepEqual({ executors, kinds, workers, refs, done, defaultWorkers }, {
    executors: 3,
    kinds: { inline: 1, thread: 1, process: 1 },
    workers: 3,
    refs: 0,
    done: 3,
    defaultWorkers: 1,
  });
  assert.deepEqual(manager.listExecutors().map(({ name }) => name), ["inline", "process", "thread"]);
});

Deno.test("ExecutorManager has as many workers as was configured", async () => {
  await using manager = new ExecutorManager();
  assert.equal(manager.defaultWorkers, navigator.hardwareConcurrency);
  manager.configureDefaultWorkers(3);
  await using lease = manager.getExecutor("three");
  await lease.pool.warm();
  assert.equal(manager.stats().workers, 3);
  assert.throws(() => manager.configureDefaultWorkers(0), RangeError);
  assert.throws(() => new ExecutorManager({ defaultWorkers: 1.5 }), RangeError);
  assert.throws(() => new ExecutorManager({ idleTimeout: -1 }), RangeError);
});

Deno.test("ExecutorManager uses presets by name, its own too", async () => {
  await using manager = new ExecutorManager();
  manager.registerPreset("tiny", { maxWorkers: 1 });
  await using lease = manager.getExecutor("t", "tiny");
  assert.equal(lease.kind, "thread");
  assert.deepEqual(manager.getPreset("tiny"), { maxWorkers: 1 });
  assert.throws(() => manager.getExecutor("x", "cpu-intensive"), {
    name: "RangeError",
    message: /Unknown executor preset "cpu-intensive"; did you mean "cpu_intensive"\?/,
  });
});

Deno.test("an executor with a load balancer grows under load and is left without one", async () => {
  await using manager = new ExecutorManager();
  const lease = manager.getExecutor("elastic", {
    minWorkers: 1,
    maxWorkers: 3,
    useLoadBalancer: { interval: 5, targetQueueTime: 1, cooldown: 10_000 },
  });
  const { pool, balancer } = lease;
  assert.deepEqual([lease.maxWorkers, pool.max], [3, 1]);
  await pool.warm({ workers: 1 });
  const tasks = Array.from({ length: 300 }, (_, value) => pool.run(work("later"), { value, wait: 5 }));
  await until(() => pool.load().workers === 3);
  assert.match(String(balancer), /1 -> [23] {2}Queue time/);
  lease.release();
  await Promise.all(tasks);
  await using again = manager.getExecutor("elastic");
  assert.notEqual(again.balancer, balancer);
});

Deno.test("ExecutorManager replaces an executor whose pool was closed by somebody", async () => {
  await using manager = new ExecutorManager();
  const lease = manager.getExecutor("broken", { maxWorkers: 1 });
  await lease.pool.abort();
  assert.equal(manager.listExecutors()[0]!.state, "ended");
  await using again = manager.getExecutor("broken");
  assert.equal(await again.pool.run(work("double"), 2), 4);
  lease.release();
  assert.equal(manager.listExecutors()[0]!.refs, 1);
});

Deno.test("shutdownExecutor() ends one executor and leaves the others", async () => {
  await using manager = new ExecutorManager();
  await using lease = manager.getExecutor("a", { maxWorkers: 1 });
  await using other = manager.getExecutor("b", { maxWorkers: 1 });
  const result = lease.pool.run(work("later"), { value: 3, wait: 10 });
  assert.equal(await manager.shutdownExecutor("a"), true);
  assert.equal(await result, 3);
  assert.equal(await manager.shutdownExecutor("a"), false);
  await assert.rejects(async () => await lease.pool.run(work("double"), 1), /closed/);
  assert.equal(await other.pool.run(work("double"), 1), 2);
  assert.deepEqual(manager.listExecutors().map(({ name }) => name), ["b"]);
});

Deno.test("a closed manager has waited for its tasks and gives no more leases", async () => {
  const manager = new ExecutorManager();
  const { pool } = manager.getExecutor("last", { maxWorkers: 1 });
  const result = pool.run(work("later"), { value: 3, wait: 10 });
  await manager.close();
  assert.equal(await result, 3);
  assert.throws(() => manager.getExecutor("last"), /Cannot get executor "last": the manager was closed/);
  await manager.close();
});

Deno.test("an aborted manager rejects its tasks with the reason", async () => {
  const manager = new ExecutorManager();
  const { pool } = manager.getExecutor("gone", { maxWorkers: 1 });
  const tasks = [1, 2, 3].map((value) => pool.run(work("later"), { value, wait: 5 }));
  const reason = new Error("closing time");
  const settled = Promise.allSettled(tasks);
  await manager.abort(reason);
  for (const { status, ...rest } of await settled) {
    assert.deepEqual({ status, ...rest }, { status: "rejected", reason });
  }
});

for (
  const [config, message] of [
    [{ type: "threads" }, /Unknown executor type "threads"; did you mean "thread"\?/],
    [
      { strategy: "stealing" },
      /Unknown strategy "stealing"; there are round_robin, shared_queue, work_stealing/,
    ],
    [{ max_workers: 2 }, /Unknown executor setting "max_workers"; did you mean "maxWorkers"\?/],
    [{ maxWorkers: 0 }, /maxWorkers must be a whole number from 1: received 0/],
    [{ minWorkers: 3, maxWorkers: 2 }, /maxWorkers must be a whole number from 3: received 2/],
    [{ minWorkers: -1 }, /minWorkers must be a whole number from 0/],
    [{ process: {} }, /Setting "process" is for executors of type "process": the type is "thread"/],
    [{ useLoadBalancer: { interval: 0 } }, /interval must be from 1/],
    [{ concurrency: 0 }, /concurrency must be a whole number/],
  ] as const
) {
  Deno.test(`ExecutorManager refuses ${JSON.stringify(config)}`, async () => {
    await using manager = new ExecutorManager();
    assert.throws(() => manager.getExecutor("wrong", config as object), { message });
    assert.deepEqual(manager.listExecutors(), []);
  });
}

Deno.test("a program that forgets its manager ends by itself when its workers have been idle", async () => {
  for (const forget of ["the manager", "the lease"]) {
    const script = `
      import { ExecutorManager } from ${
      JSON.stringify(new URL("./executor_manager.ts", import.meta.url).href)
    };
      const manager = new ExecutorManager({ idleTimeout: 50 });
      const lease = manager.getExecutor("forgotten", { maxWorkers: 2, useLoadBalancer: { interval: 10 } });
      console.log(await lease.pool.run({ module: ${JSON.stringify(MODULE)}, export: "double" }, 21));
      ${forget === "the manager" ? "lease.release();" : ""}
    `;
    const url = `data:application/typescript,${encodeURIComponent(script)}`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-prompt", "--no-lock", "--config", CONFIG, url],
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.deepEqual([code, text], [0, "42\n"], `${forget}: ${text}`);
  }
});

Deno.test("more workers than make sense are refused, wherever they are asked for", () => {
  for (const config of [{ maxWorkers: 1e5 }, { minWorkers: 1e5 }, { minWorkers: 2, maxWorkers: 1e9 }]) {
    assert.throws(() => checkConfig(config), {
      name: "RangeError",
      message: /Workers must be at most \d+: received 1/,
    });
  }
  assert.throws(() => new ExecutorManager({ defaultWorkers: MOST_WORKERS + 1 }), RangeError);
  assert.equal(checkConfig({ maxWorkers: MOST_WORKERS }).maxWorkers, MOST_WORKERS);
});
