import assert from "node:assert/strict";
import { WorkerPool } from "../pool/worker_pool.ts";
import { poolOptions } from "./config.ts";
import { Presets } from "./presets.ts";

const NAMES = [
  "cpu_intensive",
  "event_grouping",
  "feature_computation",
  "io_intensive",
  "large_data",
  "small_data",
  "waveform_loading",
];

Deno.test("Presets has the names that users know, and a pool takes each of them", async () => {
  const presets = new Presets();
  assert.deepEqual(presets.names, NAMES);
  for (const name of NAMES) {
    const config = presets.get(name);
    assert.equal(config.type, "thread");
    assert.ok(config.maxWorkers === undefined || config.maxWorkers <= navigator.hardwareConcurrency);
    await using _pool = new WorkerPool(poolOptions(config, { maxWorkers: 2, idleTimeout: 100 }));
  }
});

Deno.test("Presets gives copies and keeps copies", () => {
  const presets = new Presets();
  const first = presets.get("large_data") as { maxWorkers: number };
  first.maxWorkers = 99;
  assert.notEqual(presets.get("large_data").maxWorkers, 99);
  const process = { heapLimit: 100 };
  presets.register("mine", { type: "process", process });
  process.heapLimit = 1;
  assert.deepEqual(presets.get("mine"), { type: "process", process: { heapLimit: 100 } });
  presets.register("mine", { maxWorkers: 5 }); // one's own may be changed
  assert.deepEqual(presets.get("mine"), { maxWorkers: 5 });
});

Deno.test("Presets names what was meant, and keeps its own", () => {
  const presets = new Presets();
  assert.throws(() => presets.get("io_intensiv"), {
    name: "RangeError",
    message: `Unknown executor preset "io_intensiv"; did you mean "io_intensive"? There are ${
      NAMES.join(", ")
    }`,
  });
  assert.throws(() => presets.get("toString"), {
    message: /Unknown executor preset "toString"; there are cpu_intensive/,
  });
  assert.throws(
    () => presets.register("small_data", {}),
    /Cannot change the built-in executor preset "small_data"/,
  );
  assert.throws(() => presets.register("", {}), /without a name/);
  assert.throws(() => presets.register("x", { maxWorker: 1 } as object), /did you mean "maxWorkers"/);
});
