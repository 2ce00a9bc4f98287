import assert from "node:assert/strict";
import { UsageError } from "./errors.ts";
import { openExecutors } from "./executors.ts";

Deno.test("openExecutors() gives threads by default, as many as there are processors", async () => {
  const { provider, settings, workers, end } = await openExecutors({});
  assert.ok(provider);
  assert.deepEqual(settings, { executorType: undefined, maxWorkers: undefined });
  assert.equal(workers, navigator.hardwareConcurrency);
  await end();
});

Deno.test("openExecutors() takes a kind and a number of workers", async () => {
  const { settings, workers, end } = await openExecutors({ executor: "process", workers: "3" });
  assert.deepEqual(settings, { executorType: "process", maxWorkers: 3 });
  assert.equal(workers, 3);
  await end(new Error("enough"));
});

Deno.test("openExecutors() needs nothing for what is done in place", async () => {
  for (const given of [{ executor: "inline" }, { executor: "inline", workers: "1" }]) {
    const { provider, settings, workers, end } = await openExecutors(given);
    assert.deepEqual([provider, settings, workers], [undefined, {}, 0]);
    await end();
  }
});

Deno.test("openExecutors() explains what cannot be", async () => {
  for (
    const given of [{ executor: "gpu" }, { workers: "-1" }, { workers: "" }, {
      executor: "inline",
      workers: "2",
    }]
  ) {
    await assert.rejects(openExecutors(given), UsageError);
  }
});
