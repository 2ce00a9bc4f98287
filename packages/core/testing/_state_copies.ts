// An executor in place that gives each stretch of a plugin with state a copy of the state, as an interrupted run does.

import type { Chunk } from "../chunk/chunk.ts";
import { type Executor, InlineExecutor, type SubmitOptions } from "../engine/executor.ts";
import { keepsState } from "../engine/state_bytes.ts";
import { type Interval, type Stage, type StageResult, StageRunner } from "../engine/stage.ts";

/** Each stretch is computed as if another process had computed those before. */
export class StateCopies implements Executor {
  readonly name = "state copies";
  readonly concurrency = 1;
  readonly #others = new InlineExecutor();
  readonly #states = new Map<Stage, Uint8Array>();

  async submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): Promise<StageResult> {
    const { environment, signal } = options;
    if (!keepsState(stage.steps[0]!.plugin)) {
      return await this.#others.submit(stage, inputs, interval, options);
    }
    const runner = new StageRunner(stage, environment);
    const checkpoint = interval.call === "compute", before = this.#states.get(stage);
    const result = await runner.run(inputs, { ...interval, state: before, checkpoint }, signal);
    if (result.state) this.#states.set(stage, result.state);
    else this.#states.delete(stage); // it starts anew
    return result;
  }

  forget(stage: Stage): void {
    this.#states.delete(stage);
    this.#others.forget(stage);
  }
}
