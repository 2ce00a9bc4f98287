/**
 * The context: plugins, their options and where results are kept; it plans and runs.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { Table } from "../data/table.ts";
import { parseBytes } from "../data/units.ts";
import type { Executor, ExecutorProvider, RunSettings } from "../engine/executor.ts";
import type { RunEvent } from "../engine/node.ts";
import { Config, type ConfigValues } from "../options/config.ts";
import type { Plugin, SaveWhen } from "../plugin/plugin.ts";
import { checkSelected, keptSchema } from "../select/select_chunks.ts";
import type { StorageProblem } from "../store/store.ts";
import type { Store } from "../store/types.ts";
import { gatherTable } from "./_gather.ts";
import { repairResult } from "./_repair.ts";
import { Runs } from "./_runs.ts";
import { openStore } from "./_stores.ts";
import { joinStreams, loadStream } from "./_streams.ts";
import type { InstallOptions, PluginSource } from "./install.ts";
import type { Plan } from "./plan.ts";
import { registerPlugins, type Registrable } from "./registration.ts";
import type { LoadOptions, RunOptions, RunReport } from "./run_options.ts";
import { DataStream } from "./stream.ts";

export type { PluginMetrics, RunEvent } from "../engine/node.ts";
export type { TaskEvent } from "../engine/task_event.ts";
export type { InstallOptions, PluginSource } from "./install.ts";
export type { Registrable } from "./registration.ts";
export type { LoadOptions, RunOptions, RunReport, TimeRangeInput } from "./run_options.ts";

/** What a {@linkcode Context} may be given. */
export interface ContextOptions {
  /**
   * Folder (or store) of results; of several, they are found in all, in order, and written to the first that may be written to.
   * Without one, nothing is stored.
   */
  readonly store?: string | URL | Store | readonly (string | URL | Store)[];
  /** When results are stored, by data type, over what their plugins say. */
  readonly save?: Readonly<Record<string, SaveWhen>>;
  /** Memory that a run may hold: bytes, or text such as `"512MiB"`. Default 1 GiB. */
  readonly memory?: number | string;
  /** Where work is done: workers come with an `ExecutorManager` of `@millrace/executor`. Default: in place. */
  readonly executor?: Executor | ExecutorProvider;
  /** Option values, as for {@linkcode Context.setConfig}. */
  readonly config?: ConfigValues;
  /** Where {@linkcode Context.registerFrom} gets plugins: a `PluginInstaller` of `@millrace/cli/installer`. */
  readonly plugins?: PluginSource;
  /** Told what a run does. */
  readonly onEvent?: (event: RunEvent) => void;
}

const DEFAULT_MEMORY = 2 ** 30;

/**
 * Plugins, options and a store; gives data, streams and plans.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, definePlugin, schema, Table, tableSource } from "@millrace/core";
 *
 * const times = Table.from(schema({ time: "time" }), { time: [5n, 10n, 30n] });
 * const doubled = definePlugin({
 *   provides: "doubled",
 *   dependsOn: ["triggers"],
 *   version: "1",
 *   schema: { time: "time", twice: "f64" },
 *   computeChunk(chunk, { emit }) {
 *     const time = chunk.table.get("time", "time");
 *     const out = emit(chunk.length);
 *     for (let i = 0; i < time.length; i++) {
 *       out.columns.time[i] = time[i]!;
 *       out.columns.twice[i] = 2 * time[i]!;
 *     }
 *     return out;
 *   },
 * });
 * await using ctx = new Context();
 * ctx.register(tableSource("triggers", times), doubled);
 * const data = await ctx.getData("run_1", "doubled");
 * assert.deepEqual([...data.times()], [5n, 10n, 30n]);
 * ```
 */
export class Context implements AsyncDisposable {
  readonly #providers = new Map<string, Plugin>();
  readonly #config = new Config();
  readonly #store: Store | undefined;
  readonly #memory: number;
  readonly #pool: BufferPool;
  readonly #runs: Runs;
  readonly #plugins: PluginSource | undefined;
  readonly #loaded: Partial<AsyncDisposable>[] = [];

  /**
   * A context without plugins.
   *
   * @throws {RangeError} On a memory budget that is none.
   */
  constructor(options: ContextOptions = {}) {
    const { store, memory = DEFAULT_MEMORY, executor, onEvent } = options;
    this.#store = store === undefined ? undefined : openStore(store);
    this.#memory = parseBytes(memory);
    this.#pool = new BufferPool({ maxIdle: this.#memory / 4 });
    this.#plugins = options.plugins;
    this.#runs = new Runs({
      providers: this.#providers,
      config: this.#config,
      store: this.#store,
      save: { ...options.save },
      memory: this.#memory,
      pool: this.#pool,
      executor,
      onEvent,
    });
    if (options.config) this.setConfig(options.config);
  }

  /** Plugins by the data types that they provide. */
  get providers(): ReadonlyMap<string, Plugin> {
    return this.#providers;
  }

  /** Where results are kept. */
  get store(): Store | undefined {
    return this.#store;
  }

  /**
   * Register plugins. The same plugin again does nothing.
   *
   * @throws {RangeError} When another plugin provides one of its data types already.
   * @throws {TypeError} On something that is no plugin.
   */
  register(...plugins: Registrable[]): this {
    registerPlugins(this.#providers, plugins);
    return this;
  }

  /**
   * Register the plugins of a package that others wrote. It is installed first where it is not yet; nobody is asked: all that
   * it wants must be named in `permissions`.
   *
   * @param specifier `@scope/name@range`, the URL of a module, or a folder.
   * @throws {TypeError} When the context was made without `plugins`.
   * @throws {Error} When it cannot be installed, is not trusted, or wants other permissions: says which.
   */
  async registerFrom(specifier: string, options: InstallOptions): Promise<this> {
    if (!this.#plugins) {
      throw new TypeError(
        `Cannot register "${specifier}": the context does not know how to install plugins; make it with ` +
          `new Context({ plugins: new PluginInstaller() }), with PluginInstaller from "@millrace/cli/installer"`,
      );
    }
    const loaded = await this.#plugins.load(specifier, options);
    this.#loaded.push(...loaded);
    return this.register(loaded);
  }

  /**
   * Set options: `{ "plugin.option": value }`, `{ plugin: { option: value } }`, or `{ option: value }` for every plugin that
   * has it. What is set last wins. Values are checked when a plan is made.
   *
   * @param source Where the values come from, for messages and plans.
   */
  setConfig(values: ConfigValues, source = "script"): this {
    this.#config.set(values, source);
    return this;
  }

  /**
   * What would be read and computed for some data types of a run.
   *
   * @throws {RangeError} On data types that nothing provides, circles, options that are unknown or not allowed.
   */
  async plan(
    runId: string,
    targets: string | readonly string[],
    options: Pick<RunOptions, "fresh" | "config" | "signal" | keyof RunSettings> = {},
  ): Promise<Plan> {
    return await this.#runs.plan(runId, typeof targets === "string" ? [targets] : targets, options);
  }

  /**
   * The chunks of a data type, or of several of one kind with their columns side by side. Nothing is read before the first is
   * asked for.
   *
   * @throws {SyntaxError} On a selection that cannot be read, with a mark under the place.
   * @throws {RangeError} On an unknown column.
   * @throws {PipelineError} While iterating: when a plugin fails.
   */
  getStream(runId: string, dataType: string | readonly string[], options: LoadOptions = {}): DataStream {
    const types = typeof dataType === "string" ? [dataType] : dataType;
    const { where, columns, rechunk, ...rest } = options;
    checkSelected(types.map((type) => this.#providers.get(type)?.schemas[type]), options);
    const plain = types.length === 1 && !where && !columns && !rechunk;
    const request = { runId, context: this, options: { ...rest } };
    return new DataStream(
      types.join("+"),
      () => loadStream(this.#runs, runId, types, options),
      plain ? request : undefined,
    );
  }

  /**
   * All rows of a data type, or of several of one kind with their columns side by side, as one table.
   *
   * @throws {SyntaxError} On a selection that cannot be read, with a mark under the place.
   * @throws {RangeError} When they do not fit the memory budget, or are more than 2^53 ps (2.5 h) apart, or on an unknown
   * column.
   * @throws {PipelineError} When a plugin fails.
   */
  async getData(
    runId: string,
    dataType: string | readonly string[],
    options: LoadOptions = {},
  ): Promise<Table> {
    const stream = this.getStream(runId, dataType, options);
    const table = await gatherTable(stream, runId, this.#memory);
    if (table) return table;
    const [first] = typeof dataType === "string" ? [dataType] : dataType;
    const { schemas } = (await this.plan(runId, first!)).step(first!);
    return Table.empty(keptSchema(schemas[first!]!, options.columns));
  }

  /**
   * The same data of several runs, by run: each within the memory budget, one after the other.
   *
   * @throws {RangeError} As {@linkcode Context.getData} does; what was there already is released then.
   */
  async getRuns(
    runIds: readonly string[],
    dataType: string | readonly string[],
    options: LoadOptions = {},
  ): Promise<Map<string, Table>> {
    const tables = new Map<string, Table>();
    try {
      for (const runId of new Set(runIds)) tables.set(runId, await this.getData(runId, dataType, options));
      return tables;
    } catch (error) {
      for (const table of tables.values()) table.release();
      throw error;
    }
  }

  /**
   * Compute data types and store them, going on where an interrupted run ended; with `take`, also look at every chunk of the targets on
   * its way (it stays the engine's), which are then all made.
   *
   * Stored are the `targets`, except those whose policy is `never`, what `save` names and what is stored `always`. What another
   * process is computing already is waited for.
   *
   * @throws {PipelineError} When a plugin fails: complete chunks are kept then, and the next run goes on behind them.
   */
  async run(
    runId: string,
    targets: string | readonly string[],
    options: RunOptions & { readonly take?: (chunk: Chunk) => void | Promise<void> } = {},
  ): Promise<RunReport> {
    const list = typeof targets === "string" ? [targets] : targets;
    return await this.#runs.run(runId, list, options, options.take);
  }

  /**
   * Look at every byte of a stored result, and compute anew what is damaged of it: only those chunks, or all of it where its
   * metadata or journal are.
   *
   * @returns What was damaged. All of it is right again.
   * @throws {RangeError} When the plan's lineage has no stored result: the inputs and options must be those it was made with.
   * @throws {Error} When what is computed is not what was stored.
   */
  async repair(
    runId: string,
    dataType: string,
    options: RunOptions = {},
  ): Promise<readonly StorageProblem[]> {
    return await repairResult(this.#runs, runId, dataType, options);
  }

  /**
   * Streams of several data types of one run as one stream, made of them by `join`. What they have in common is computed
   * once. `join` must read them in step: what one is ahead of the others waits in memory.
   *
   * @throws {RangeError} While iterating: on a data type named twice.
   * @throws {PipelineError} While iterating: when a plugin fails.
   */
  async *joinStreams(
    runId: string,
    dataTypes: readonly string[],
    join: (streams: readonly AsyncIterable<Chunk>[]) => AsyncIterable<Chunk>,
    options: RunOptions = {},
  ): AsyncGenerator<Chunk> {
    yield* joinStreams(this.#runs, runId, dataTypes, join, options);
  }

  /** End all runs, wait until they have cleaned up, and let go of idle buffers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runs.close();
    for (const plugin of this.#loaded) await plugin[Symbol.asyncDispose]?.();
    this.#pool.clear();
  }
}
