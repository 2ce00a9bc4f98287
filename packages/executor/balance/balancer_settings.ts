/**
 * Settings of the load balancer, their defaults and checks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { balancerSettings } from "@millrace/executor/balancer-settings";
 *
 * const settings = balancerSettings({ max: 4 });
 * assert.deepEqual([settings.min, settings.max, settings.interval], [1, 4, 100]);
 * assert.throws(() => balancerSettings({ min: 5, max: 4 }), RangeError);
 * ```
 * @module
 */

/** When the load balancer adds and removes workers. Times are in ms. */
export interface BalancerSettings {
  /** Fewest workers; 0 lets a pool without work end all of them. Default: 1. */
  readonly min: number;
  /** Most workers. Default: the machine's processors, or `min` where that is more. */
  readonly max: number;
  /** Tasks that a worker runs at once, as the pool was told. Default: 1. */
  readonly concurrency: number;
  /** Workers are added when a task would wait longer than this. Default: 50. */
  readonly targetQueueTime: number;
  /** Workers are removed when they were busy for less than this part of the time. Default: 0.5. */
  readonly lowUtilisation: number;
  /** Workers are added only when at least this part of them is busy. Default: 0.8. */
  readonly highUtilisation: number;
  /** Bytes that all workers may use together. Default: `Infinity`. */
  readonly memoryLimit: number;
  /** Between two looks at the pool. Default: 100. */
  readonly interval: number;
  /** How long workers must have had too little to do, with no change, before some are removed. Default: 1000. */
  readonly cooldown: number;
  /** Changes that are remembered. Default: 256. */
  readonly historyLength: number;
}

/**
 * Fill in the defaults and check.
 *
 * @throws {RangeError} On a number out of range; the message names it.
 * @throws {TypeError} On a setting that doesn't exist.
 */
export function balancerSettings(settings: Partial<BalancerSettings> = {}): BalancerSettings {
  const min = settings.min ?? 1;
  const filled: BalancerSettings = {
    min,
    max: settings.max ?? Math.max(min, navigator.hardwareConcurrency, 1),
    concurrency: settings.concurrency ?? 1,
    targetQueueTime: settings.targetQueueTime ?? 50,
    lowUtilisation: settings.lowUtilisation ?? 0.5,
    highUtilisation: settings.highUtilisation ?? 0.8,
    memoryLimit: settings.memoryLimit ?? Infinity,
    interval: settings.interval ?? 100,
    cooldown: settings.cooldown ?? 1000,
    historyLength: settings.historyLength ?? 256,
  };
  for (const name of Object.keys(settings)) {
    if (!(name in filled)) {
      throw new TypeError(`Unknown load balancer setting "${name}": use ${Object.keys(filled).join(", ")}`);
    }
  }
  check("min", Number.isInteger(filled.min) && filled.min >= 0, "a whole number from 0");
  check(
    "max",
    Number.isInteger(filled.max) && filled.max >= Math.max(1, min),
    `a whole number from ${Math.max(1, min)}`,
  );
  check(
    "concurrency",
    Number.isInteger(filled.concurrency) && filled.concurrency >= 1,
    "a whole number from 1",
  );
  check("targetQueueTime", filled.targetQueueTime > 0, "above 0 ms");
  check(
    "highUtilisation",
    filled.highUtilisation > 0 && filled.highUtilisation <= 1,
    "above 0 and at most 1",
  );
  check(
    "lowUtilisation",
    filled.lowUtilisation >= 0 && filled.lowUtilisation < filled.highUtilisation,
    `at least 0 and below highUtilisation (${filled.highUtilisation})`,
  );
  check("memoryLimit", filled.memoryLimit > 0, "above 0 bytes");
  check("interval", filled.interval >= 1 && filled.interval < 2 ** 31, "from 1 to 2^31 ms");
  check("cooldown", filled.cooldown >= 0, "at least 0 ms");
  check(
    "historyLength",
    Number.isInteger(filled.historyLength) && filled.historyLength >= 1,
    "a whole number from 1",
  );
  return filled;

  function check(name: keyof BalancerSettings, holds: boolean, range: string): void {
    if (!holds) {
      throw new RangeError(`Load balancer setting ${name} must be ${range}: received ${filled[name]}`);
    }
  }
}
