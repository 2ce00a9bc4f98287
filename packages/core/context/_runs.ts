// The runs of a context: planned, started, followed to their end, and ended with it.

import type { Chunk } from "../chunk/chunk.ts";
import type { BufferPool } from "../data/buffer_pool.ts";
import { abortable } from "../engine/abortable.ts";
import { type Executor, type ExecutorProvider, isProvider, type RunSettings } from "../engine/executor.ts";
import { Graph, type Tap } from "../engine/graph.ts";
import type { RunEvent } from "../engine/node.ts";
import type { Config } from "../options/config.ts";
import type { Plugin, SaveWhen } from "../plugin/plugin.ts";
import type { Store } from "../store/types.ts";
import { openExecutor, placeOf } from "./_executors.ts";
import { columnsToRead } from "./_projection.ts";
import { type SaveSettings, Work } from "./_work.ts";
import type { Json } from "./lineage.ts";
import { makePlan, type Plan } from "./plan.ts";
import { checkRunOptions, type LoadOptions, type RunOptions, type RunReport } from "./run_options.ts";

/** What all runs of a context share. */
export interface RunsInput {
  /** Plugins by data type; more may be registered later. */
  readonly providers: ReadonlyMap<string, Plugin>;
  /** Option values; more may be set later. */
  readonly config: Config;
  readonly store: Store | undefined;
  /** When results are stored, by data type, over what plugins say. */
  readonly save: Readonly<Record<string, SaveWhen>>;
  /** Memory budget of a run, bytes. */
  readonly memory: number;
  readonly pool: BufferPool;
  readonly executor: Executor | ExecutorProvider | undefined;
  readonly onEvent: ((event: RunEvent) => void) | undefined;
}

/** What a plan depends on. */
export type PlanOptions = Pick<RunOptions, "fresh" | "config" | "signal" | keyof RunSettings>;

/** Looks at a chunk on its way. */
export type Take = (chunk: Chunk) => void | Promise<void>;

/** What a run is for. */
export interface Purpose {
  /** The targets are stored, and taken, instead of pulled. */
  readonly taken?: { readonly take: Take | undefined };
  /** Data type of which no stored result is looked for. */
  readonly ignore?: string;
}

/** Plans and runs; each run has its own graph and what it stores. */
export class Runs {
  readonly #input: RunsInput;
  readonly #running = new Map<Work, AbortController>();
  #closed = false;

  constructor(input: RunsInput) {
    this.#input = input;
  }

  /** Where results are kept. */
  get store(): Store | undefined {
    return this.#input.store;
  }

  /** @param ignore Data type of which no stored result is looked for. */
  async plan(
    runId: string,
    targets: readonly string[],
    options: PlanOptions,
    ignore?: string,
  ): Promise<Plan> {
    if (this.#closed) throw new TypeError("Cannot plan: the context is closed");
    const { providers, store, executor } = this.#input;
    const config = options.config
      ? this.#input.config.clone().set(options.config, "run options")
      : this.#input.config;
    config.check(new Set(providers.values()));
    return await makePlan({
      providers,
      config,
      runId,
      targets,
      store,
      fingerprint: async (plugin, values, run) => {
        const taken = plugin.fingerprint!(values, run);
        return await (options.signal ? abortable(taken, options.signal) : taken) as Json;
      },
      placeOf: (plugin) => placeOf(executor, plugin, options),
      fresh: options.fresh ?? false,
      ignore,
    });
  }

  /** Start a run whose targets are pulled, or stored and taken. Whoever starts it closes it. */
  async start(
    runId: string,
    targets: readonly string[],
    options: LoadOptions,
    { taken, ignore }: Purpose = {},
  ): Promise<Work> {
    const { store, memory, pool, save, executor, onEvent } = this.#input;
    const timeRange = checkRunOptions(options);
    const { chunkSize, maxWorkers, signal, fresh = false } = options;
    signal?.throwIfAborted();
    const listens = onEvent !== undefined || options.onEvent !== undefined;
    const event = (event: RunEvent): void => {
      if (event.type === "notice") work?.notice(event.plugin, event.text);
      onEvent?.(event);
      options.onEvent?.(event);
    };
    const task = listens ? event : undefined;
    const controller = new AbortController();
    const ends = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
    const named = options.save ?? [];
    const saving: SaveSettings = {
      policy: save,
      named: new Set([...named, ...(taken ? targets : [])]),
      memory,
      target: options.storedChunks ?? {},
      fresh,
      signal: ends,
      event,
    };
    let work: Work | undefined, plan: Plan;
    while (true) {
      plan = await this.plan(runId, [...new Set([...targets, ...named])], options, ignore);
      const place = openExecutor(executor, plan, memory, options);
      work = new Work(plan, timeRange ? undefined : store, place, task, saving);
      const mine = work;
      work.done = () => this.#running.delete(mine);
      this.#running.set(work, controller);
      try {
        if (await work.open()) break;
      } catch (error) {
        await work.close(error);
        throw error;
      }
      // Somebody else has completed a result meanwhile: it is read instead.
      await work.close();
    }
    // An executor of the run's own has so many workers.
    const ownExecutor = executor !== undefined && isProvider(executor);
    try {
      work.graph = new Graph(
        {
          plan,
          timeRange,
          executor: work.executor,
          pool,
          memory,
          chunkSize,
          maxWorkers: options.parallel === false ? 1 : ownExecutor ? undefined : maxWorkers,
          signal: ends,
          event,
          task,
          metricsEvery: listens ? options.metricsEvery : undefined,
          seen: taken && !taken.take ? [] : targets,
          columns: taken ? undefined : columnsToRead(plan, targets, options),
          placeBefore: work.placeBefore.bind(work),
        },
        taken ? [] : targets,
        [...work.taps, ...(taken ? tapsOf(plan, targets, work.taps, taken.take) : [])],
      );
    } catch (error) {
      await work.close(error);
      throw error;
    }
    return work;
  }

  /** A whole run: store its targets, and have each of their chunks looked at. */
  async run(
    runId: string,
    targets: readonly string[],
    options: RunOptions,
    take?: Take,
  ): Promise<RunReport> {
    const started = performance.now();
    const work = await this.start(runId, targets, options, { taken: { take } });
    let failure: unknown;
    try {
      const stored = await work.finish();
      return {
        runId,
        elapsedMs: performance.now() - started,
        plan: work.plan,
        plugins: work.graph.metrics,
        stored,
        resumed: work.resumed,
        notices: work.notices,
        peakBytes: work.graph.account.peak,
      };
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await work.close(failure);
    }
  }

  /** End all runs and wait until they have cleaned up. No other can be started. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running];
    for (const [, controller] of running) {
      controller.abort(new DOMException("The context was closed", "AbortError"));
    }
    for (const [work] of running) await work.close();
  }
}

/** What takes the targets of a run that are neither stored nor to be; all of them where somebody looks at them. */
function tapsOf(
  plan: Plan,
  targets: readonly string[],
  stored: readonly Tap[],
  take: Take | undefined,
): Tap[] {
  const isStored = (target: string) =>
    plan.step(target).results[target] !== undefined || stored.some(({ dataType }) => dataType === target);
  return targets
    .filter((target) => take || !isStored(target))
    .map((dataType) => ({ dataType, take: async (chunk) => await take?.(chunk) }));
}
