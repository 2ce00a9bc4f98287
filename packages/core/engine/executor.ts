/**
 * Where stages are computed: the interface that executors have, and the one that computes in place.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { type Interval, type Stage, type StageEnvironment, type StageResult, StageRunner } from "./stage.ts";

/** What an executor is told with a task. */
export interface SubmitOptions {
  /** Aborted when the run is: the task's result is no longer wanted. */
  readonly signal: AbortSignal;
  /** Tasks with the same affinity run in order in one place, where their state is; undefined for tasks without state. */
  readonly affinity: string | undefined;
  /** Bytes of the inputs. */
  readonly bytes: number;
  /** What the stage's code needs where it runs in place. */
  readonly environment: StageEnvironment;
}

/**
 * Computes stages.
 *
 * Failure contract: `submit` throws or rejects with a `StepError` when a plugin throws. The inputs stay the caller's until the
 * result is there. Results may settle in any order; the engine puts them back in order.
 */
export interface Executor {
  /** Name, for plans. */
  readonly name: string;
  /** How many tasks of a stage are worth submitting at once. */
  readonly concurrency: number;
  /** Compute one stretch; gives the outputs by data type. */
  submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): StageResult | Promise<StageResult>;
  /** A run has ended: forget its stages' state. */
  forget(stage: Stage): void;
}

/** Computes in place, on the calling thread, one task after the other. */
export class InlineExecutor implements Executor {
  /** Name, for plans. */
  readonly name = "inline";
  /** One at a time. */
  readonly concurrency = 1;
  readonly #runners = new Map<Stage, StageRunner>();

  /** Compute one stretch. */
  submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): StageResult | Promise<StageResult> {
    let runner = this.#runners.get(stage);
    if (!runner) this.#runners.set(stage, runner = new StageRunner(stage, options.environment));
    return runner.run(inputs, interval, options.signal);
  }

  /** Forget a stage's state. */
  forget(stage: Stage): void {
    this.#runners.delete(stage);
  }
}
