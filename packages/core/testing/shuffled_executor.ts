/**
 * An executor that computes several stretches at once and settles them in random order, in place.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 * import { ShuffledExecutor } from "@millrace/core/testing";
 *
 * const rows = Table.from(schema({ time: "time" }), { time: [1n, 2n, 3n] });
 * await using ctx = new Context({ executor: new ShuffledExecutor(1) });
 * ctx.register(tableSource("rows", rows));
 * assert.equal((await ctx.getData("run_1", "rows")).length, 3);
 * ```
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { Executor, SubmitOptions } from "../engine/executor.ts";
import { type Interval, type Stage, type StageResult, StageRunner } from "../engine/stage.ts";
import { Random } from "./_random.ts";

/**
 * Shows what a pool of workers would: stretches of a plugin without state are computed by objects of their own and finish
 * in any order; those of one with state come one after the other.
 */
export class ShuffledExecutor implements Executor {
  /** Name, for plans. */
  readonly name = "shuffled";
  /** Tasks of a stage that are computed at once. */
  readonly concurrency: number;
  readonly #random: Random;
  readonly #runners = new Map<Stage, StageRunner>();
  /** Tasks that were submitted. */
  submitted = 0;
  /** Tasks that settled before one that was submitted earlier. */
  overtaken = 0;
  #settled = 0;

  /**
   * An executor with an order of its own.
   *
   * @param seed Of the order.
   * @param concurrency Tasks of a stage that are computed at once.
   */
  constructor(seed: number, concurrency = 4) {
    this.#random = new Random(seed);
    this.concurrency = concurrency;
  }

  /** Compute one stretch, some time. */
  async submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): Promise<StageResult> {
    const number = this.submitted++;
    await this.#wait();
    try {
      return await this.#runner(stage, options).run(inputs, interval, options.signal);
    } finally {
      await this.#wait();
      if (number < this.#settled) this.overtaken++;
      this.#settled = Math.max(this.#settled, number);
    }
  }

  /** Forget a stage's state. */
  forget(stage: Stage): void {
    this.#runners.delete(stage);
  }

  #runner(stage: Stage, { affinity, environment }: SubmitOptions): StageRunner {
    if (affinity === undefined) return new StageRunner(stage, environment);
    let runner = this.#runners.get(stage);
    if (!runner) this.#runners.set(stage, runner = new StageRunner(stage, environment));
    return runner;
  }

  async #wait(): Promise<void> {
    for (let k = this.#random.below(24); k > 0; k--) await undefined;
  }
}
