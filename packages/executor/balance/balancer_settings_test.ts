import assert from "node:assert/strict";
import { balancerSettings } from "./balancer_settings.ts";

Deno.test("balancerSettings() fills in defaults that fit each other", () => {
  const settings = balancerSettings();
  assert.equal(settings.max, navigator.hardwareConcurrency);
  assert.equal(balancerSettings({ min: 99 }).max, 99);
  assert.deepEqual(balancerSettings(settings), settings);
});

for (
  const [settings, message] of [
    [{ min: -1 }, /min must be a whole number from 0: received -1/],
    [{ min: 1.5 }, /min must be a whole number/],
    [{ max: 0 }, /max must be a whole number from 1: received 0/],
    [{ min: 3, max: 2 }, /max must be a whole number from 3: received 2/],
    [{ targetQueueTime: 0 }, /targetQueueTime must be above 0 ms/],
    [
      { lowUtilisation: 0.8 },
      /lowUtilisation must be at least 0 and below highUtilisation \(0.8\): received 0.8/,
    ],
    [{ highUtilisation: 1.1 }, /highUtilisation must be above 0 and at most 1/],
    [{ memoryLimit: NaN }, /memoryLimit must be above 0 bytes: received NaN/],
    [{ interval: 0 }, /interval must be from 1/],
    [{ cooldown: -1 }, /cooldown must be at least 0 ms/],
    [{ historyLength: 0 }, /historyLength must be a whole number from 1/],
  ] as const
) {
  Deno.test(`balancerSettings(${JSON.stringify(settings)}) is refused`, () => {
    assert.throws(() => balancerSettings(settings), { name: "RangeError", message });
  });
}

Deno.test("balancerSettings() names a setting that it doesn't know", () => {
  assert.throws(
    () => balancerSettings({ maxWorkers: 3 } as object),
    {
      name: "TypeError",
      message: /Unknown load balancer setting "maxWorkers": use min, max, concurrency, targetQueueTime/,
    },
  );
});
