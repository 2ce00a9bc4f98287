/**
 * Where stages are computed: the interface that executors have, and the one that computes in place.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import type { Memory } from "../data/buffer_pool.ts";
import type { ExecutorType, Plugin, SourceContext, SourcePiece } from "../plugin/plugin.ts";
import type { LoadedChunk, LoadRequest } from "../store/load_chunk.ts";
import type { ChunkRows, SavedChunk, SaveRequest } from "../store/save_chunk.ts";
import {
  type Interval,
  type Stage,
  type StageEnvironment,
  type StageResult,
  StageRunner,
  type StageStep,
} from "./stage.ts";
import type { Ran } from "./task_event.ts";

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
  /** Called once, before the result is there, with where and when it ran; not called for what ran in place at once. */
  readonly ran?: (ran: Ran) => void;
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
  /** Where buffers of the run come from and what they are charged to, where the executor decides that. */
  readonly memory?: Memory;
  /** Compute one stretch; gives the outputs by data type. */
  submit(
    stage: Stage,
    inputs: Readonly<Record<string, Chunk>>,
    interval: Interval,
    options: SubmitOptions,
  ): StageResult | Promise<StageResult>;
  /**
   * Read a source elsewhere; undefined (or no such method): it is read in place.
   *
   * @param ran Called before each piece and before the end, with where and when that was read.
   */
  readSource?(
    step: StageStep,
    context: SourceContext,
    ran?: (ran: Ran) => void,
  ): AsyncIterable<SourcePiece> | undefined;
  /** Read a stored chunk's file elsewhere, into the run's memory, telling `ran` where and when. Without it, that is done in place. */
  loadChunk?(request: LoadRequest, signal: AbortSignal, ran?: (ran: Ran) => void): Promise<LoadedChunk>;
  /** Write a chunk's file elsewhere, telling `ran` where and when. Without it, that is done in place. */
  saveChunk?(rows: ChunkRows, request: SaveRequest, ran?: (ran: Ran) => void): Promise<SavedChunk>;
  /** A run has ended: forget its stages' state. */
  forget(stage: Stage): void;
}

/** How a run wants to be computed. */
export interface RunSettings {
  /** Kind of executor, over what plugins say. */
  readonly executorType?: ExecutorType | undefined;
  /** Name of an executor preset, or settings. */
  readonly executorConfig?: string | Readonly<Record<string, unknown>> | undefined;
  /** Most workers. */
  readonly maxWorkers?: number | undefined;
  /** Scale workers with the load. */
  readonly useLoadBalancer?: boolean | undefined;
}

/** A run that wants an executor. */
export interface RunRequest extends RunSettings {
  /** Name of the run. */
  readonly runId: string;
  /** Memory budget, bytes. */
  readonly memory: number;
  /** Plugins that are computed. */
  readonly plugins: readonly Plugin[];
}

/** An executor for one run. Its disposal ends what is left of the run's work. */
export interface RunExecutor extends Executor, AsyncDisposable {}

/** Gives each run an executor: what a context is given to use workers. */
export interface ExecutorProvider {
  /**
   * Where a plugin is computed.
   *
   * @throws {TypeError} When it cannot be computed there: says what to do.
   */
  placeOf(plugin: Plugin, settings: RunSettings): ExecutorType;
  /** An executor for one run. */
  openRun(request: RunRequest): RunExecutor;
}

/** Whether something gives executors, rather than being one. */
export function isProvider(executor: Executor | ExecutorProvider): executor is ExecutorProvider {
  return "openRun" in executor;
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
