/**
 * The context: plugins, their options and where results are kept; it plans and runs.
 * @module
 */
import { Chunk } from "../chunk/chunk.ts";
import { mergeColumnStreams } from "../chunk/merge_column_streams.ts";
import { rechunk } from "../chunk/rechunk.ts";
import { checkSelected, keptSchema, selectChunks, type SelectOptions } from "../select/select_chunks.ts";
import { concatTables } from "../chunk/concat_tables.ts";
import { Account, BufferPool, MemoryBudgetError } from "../data/buffer_pool.ts";
import type { Schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { formatBytes, parseBytes, parseTime } from "../data/units.ts";
import { abortable } from "../engine/abortable.ts";
import {
  type Executor,
  type ExecutorProvider,
  InlineExecutor,
  isProvider,
  type RunSettings,
} from "../engine/executor.ts";
import { Graph, type Tap } from "../engine/graph.ts";
import type { PluginMetrics, RunEvent } from "../engine/node.ts";
import { Config, type ConfigValues } from "../options/config.ts";
import { PluginBase } from "../plugin/classes.ts";
import type { Plugin, SaveWhen, TimeRange } from "../plugin/plugin.ts";
import { folderName } from "../store/_folders.ts";
import { FolderStore, type StorageProblem, StoreLocations, verifyResult } from "../store/store.ts";
import type { ChunkTarget, Store, StoredResult } from "../store/types.ts";
import { columnsToRead } from "./_projection.ts";
import { type SaveSettings, Work } from "./_work.ts";
import type { InstallOptions, PluginSource } from "./install.ts";
import type { Json } from "./lineage.ts";
import { makePlan, type Plan } from "./plan.ts";
import { DataStream } from "./stream.ts";

export type { PluginMetrics, RunEvent } from "../engine/node.ts";
export type { TaskEvent } from "../engine/task_event.ts";
export type { InstallOptions, PluginSource } from "./install.ts";

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

/** What may be registered: a plugin, a plugin class or an object of one, or a list of those. */
export type Registrable = Plugin | PluginBase | (new () => PluginBase) | readonly Registrable[];

/** How one request runs. The settings for executors take effect with one that has workers. */
export interface RunOptions extends RunSettings {
  /** Only rows that start in `[start, end)`, ps. Nothing is stored then. */
  readonly timeRange?: TimeRangeInput;
  /**
   * Rows a chunk, over what plugins say. `"auto"`: such that plugins work on a chunk for some 12 ms, or 50 ms where results
   * are stored, as is found out on the way.
   */
  readonly chunkSize?: number | "auto";
  /** Whether several stretches of a plugin may be computed at once. Default true; takes effect with an executor that can. */
  readonly parallel?: boolean;
  /** Option values of this run alone, over those of the context. */
  readonly config?: ConfigValues;
  /** Compute anew what is stored, and what an interrupted run left. */
  readonly fresh?: boolean;
  /**
   * Where chunks of results that are begun now end: `bytes` of rows in memory, `spanPs` at most. Changes no row and no lineage, and is kept
   * with the result, also when it is gone on with. Default: 8 MiB (less with little memory) and 60 s.
   */
  readonly storedChunks?: Partial<ChunkTarget>;
  /** Data types to compute and store too, beside what plugins and context say; none whose policy is `never`. */
  readonly save?: readonly string[];
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** Told what the run does, beside the context's own listener. What it throws ends the run. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Tell how things stand (a `metrics` event) every so many milliseconds. Default: never. */
  readonly metricsEvery?: number;
}

/** How data are given: {@linkcode RunOptions}, and which of them. */
export interface LoadOptions extends RunOptions, SelectOptions {
  /** Most rows or bytes of a chunk that is given, however it was computed or stored. Default: as they come. */
  readonly rechunk?: { readonly rows?: number; readonly bytes?: number };
}

/** Start (included) and end (excluded): picoseconds, or text such as `"1.5ms"`. */
export type TimeRangeInput = readonly [start: bigint | number | string, end: bigint | number | string];

/** What a finished run tells. */
export interface RunReport {
  /** Name of the run. */
  readonly runId: string;
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** Counts by plugin, in the order of the work. */
  readonly plugins: ReadonlyMap<string, PluginMetrics>;
  /** Stored results by data type: written now, or found. */
  readonly stored: ReadonlyMap<string, StoredResult>;
  /** Where results were gone on with that an interrupted run had left, by data type, ps. */
  readonly resumed: ReadonlyMap<string, bigint>;
  /** What plugins had to say. */
  readonly notices: readonly string[];
  /** Highest number of bytes held at once. */
  readonly peakBytes: number;
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
  readonly #save: Readonly<Record<string, SaveWhen>>;
  readonly #memory: number;
  readonly #executor: Executor | ExecutorProvider | undefined;
  readonly #pool: BufferPool;
  readonly #plugins: PluginSource | undefined;
  readonly #loaded: Partial<AsyncDisposable>[] = [];
  readonly #onEvent: ((event: RunEvent) => void) | undefined;
  readonly #running = new Map<Work, AbortController>();
  #closed = false;

  /**
   * A context without plugins.
   *
   * @throws {RangeError} On a memory budget that is none.
   */
  constructor(options: ContextOptions = {}) {
    const { store, memory = DEFAULT_MEMORY } = options;
    this.#store = Array.isArray(store)
      ? new StoreLocations((store as readonly (string | URL | Store)[]).map(storeOf))
      : store === undefined
      ? undefined
      : storeOf(store as string | URL | Store);
    this.#save = { ...options.save };
    this.#memory = parseBytes(memory);
    this.#pool = new BufferPool({ maxIdle: this.#memory / 4 });
    this.#executor = options.executor;
    this.#plugins = options.plugins;
    this.#onEvent = options.onEvent;
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
    for (const plugin of plugins.flatMap(toPlugins)) {
      for (const type of plugin.provides) {
        const other = this.#providers.get(type);
        if (!other || other === plugin) continue;
        throw new RangeError(
          `Cannot register plugin "${plugin.name}" ${plugin.version}${fromModule(plugin)}: ` +
            `"${other.name}" ${other.version}${fromModule(other)} provides "${type}" already; ` +
            "of plugin sets that share a name, register one",
        );
      }
      for (const type of plugin.provides) this.#providers.set(type, plugin);
    }
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
    return await this.#plan(runId, targets, options);
  }

  async #plan(
    runId: string,
    targets: string | readonly string[],
    options: Pick<RunOptions, "fresh" | "config" | "signal" | keyof RunSettings>,
    ignore?: string,
  ): Promise<Plan> {
    if (this.#closed) throw new TypeError("Cannot plan: the context is closed");
    const config = options.config ? this.#config.clone().set(options.config, "run options") : this.#config;
    config.check(new Set(this.#providers.values()));
    return await makePlan({
      providers: this.#providers,
      config,
      runId,
      targets: typeof targets === "string" ? [targets] : targets,
      store: this.#store,
      fingerprint: async (plugin, values, run) => {
        const taken = plugin.fingerprint!(values, run);
        return await (options.signal ? abortable(taken, options.signal) : taken) as Json;
      },
      placeOf: (plugin) => this.#placeOf(plugin, options),
      fresh: options.fresh ?? false,
      ignore,
    });
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
      () => this.#load(runId, types, options),
      plain ? request : undefined,
    );
  }

  async *#load(runId: string, types: readonly string[], options: LoadOptions): AsyncGenerator<Chunk> {
    const { where, columns, rechunk: limits } = options;
    let chunks: AsyncIterable<Chunk> = types.length === 1
      ? this.#stream(runId, types[0]!, options)
      : this.joinStreams(runId, types, (streams) => mergeColumnStreams(streams), options);
    if (where !== undefined || columns) chunks = selectChunks(chunks, { where, columns });
    if (limits) chunks = rechunk(chunks, limits);
    yield* chunks;
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
    const account = new Account(this.#memory);
    const parts: Table[] = [];
    try {
      for await (const { table } of stream) {
        if (parts.length > 0 && table.length === 0) {
          table.release();
          continue;
        }
        // A view would keep its whole buffer; what is gathered is counted.
        const part = table.nbytes * 2 < table.heldBytes ? table.compact() : table.share();
        table.release();
        parts.push(part);
        account.charge(part.heldBytes);
      }
      if (parts.length === 0) {
        const [first] = typeof dataType === "string" ? [dataType] : dataType;
        const { schemas } = (await this.plan(runId, first!)).step(first!);
        return Table.empty(keptSchema(schemas[first!]!, options.columns));
      }
      const filled = parts.filter((part) => part.length > 0);
      return concatTables(filled.length > 0 ? filled : parts.slice(0, 1));
    } catch (error) {
      if (!(error instanceof MemoryBudgetError)) throw error;
      const budget = formatBytes(this.#memory);
      throw new RangeError(
        `"${stream.dataType}" of run "${runId}" does not fit the memory budget of ${budget}: read it with getStream, ` +
          "ask for a time range, or give a larger budget",
        { cause: error },
      );
    } finally {
      for (const part of parts) part.release();
    }
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
    const started = performance.now();
    const list = typeof targets === "string" ? [targets] : targets;
    const work = await this.#start(runId, list, options, { take: options.take });
    let failure: unknown;
    try {
      const stored = await work.finish();
      return {
        runId,
        elapsedMs: performance.now() - started,
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
    const plan = await this.#plan(runId, [dataType], options, dataType);
    const lineageHash = plan.step(dataType).hashes[dataType]!;
    for (const store of storesOf(this.#store)) {
      if (!(store instanceof FolderStore)) continue;
      const summary = (await store.list()).find((one) =>
        one.runId === runId && one.dataType === dataType && one.partial === undefined &&
        (one.lineageHash === lineageHash || one.folder.endsWith(folderName(dataType, lineageHash)))
      );
      if (!summary) continue;
      const { problems } = await verifyResult(summary, options.signal);
      if (problems.length === 0) return problems;
      if (problems.some(({ chunk, file }) => chunk === undefined && /^(metadata|journal)\./.test(file))) {
        await store.remove(summary);
        await this.run(runId, dataType, options);
        return problems;
      }
      const result = (await store.open({ runId, dataType, lineageHash }))!;
      for (const { chunk: index, file } of problems) {
        if (index === undefined) await Deno.remove(`${summary.folder}/${file}`, { recursive: true });
        else await this.#repairChunk(store, result, index, options);
      }
      return problems;
    }
    throw new RangeError(
      `Cannot repair "${dataType}" of run "${runId}": no result of lineage ${lineageHash} is stored; give the inputs and options ` +
        "that it was made with",
    );
  }

  async #repairChunk(
    store: FolderStore,
    result: StoredResult,
    index: number,
    options: RunOptions,
  ): Promise<void> {
    const { start, end, coverEnd, rows } = result.chunks[index]!;
    const { runId, dataType, dataKind, schema } = result.meta;
    const parts: Table[] = [];
    try {
      const stream = this.#stream(runId, dataType, { ...options, timeRange: [start, end] }, dataType);
      for await (const { table } of stream) parts.push(table);
      const filled = parts.filter((part) => part.length > 0);
      const table = filled.length > 0
        ? concatTables(filled, { t0: start })
        : await this.#noRows(result, schema, start);
      using chunk = new Chunk(table, { start, end, coverEnd, runId, dataType, dataKind });
      if (chunk.length !== rows) {
        throw new Error(
          `Cannot repair chunk ${index} of ${runId}/${dataType}: ${chunk.length} rows were computed, ${rows} were stored`,
        );
      }
      await store.replaceChunk(result, index, chunk);
    } finally {
      for (const part of parts) part.release();
    }
  }

  /** A table without rows, as wide as the other chunks of a result. */
  async #noRows(result: StoredResult, schema: Schema, t0: bigint): Promise<Table> {
    const other = result.chunks.find(({ rows }) => rows > 0);
    if (!other) return Table.allocate(schema, 0, { t0 });
    for await (using chunk of result.read({ timeRange: [other.start, other.end] })) {
      const widths: Record<string, number> = {};
      for (const { name, kind } of schema.columns) {
        if (kind === "fixed") widths[name] = chunk.table.width(name);
      }
      return Table.allocate(schema, 0, { t0, widths });
    }
    return Table.allocate(schema, 0, { t0 });
  }

  async *#stream(
    runId: string,
    dataType: string,
    options: LoadOptions,
    ignore?: string,
  ): AsyncGenerator<Chunk> {
    const work = await this.#start(runId, [dataType], options, undefined, ignore);
    let failure: unknown;
    try {
      for (let chunk = await work.graph.pull(dataType); chunk; chunk = await work.graph.pull(dataType)) {
        yield chunk;
      }
      await work.finish();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await work.close(failure);
    }
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
    if (new Set(dataTypes).size < dataTypes.length) {
      throw new RangeError(`Cannot join streams: a data type is named twice in ${dataTypes.join(", ")}`);
    }
    const work = await this.#start(runId, dataTypes, options);
    // The streams are asked at once, the graph answers one after the other.
    let last: Promise<unknown> = Promise.resolve();
    const pull = (dataType: string): Promise<Chunk | undefined> => {
      const next = last.then(() => work.graph.pull(dataType));
      last = next.catch(() => {}); // told to whoever asked
      return next;
    };
    async function* chunks(dataType: string): AsyncGenerator<Chunk> {
      for (let chunk = await pull(dataType); chunk; chunk = await pull(dataType)) yield chunk;
    }
    let failure: unknown;
    try {
      yield* join(dataTypes.map(chunks));
      await work.finish();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await work.close(failure);
    }
  }

  /** Start a run whose targets are pulled, or stored and taken. */
  async #start(
    runId: string,
    targets: readonly string[],
    options: LoadOptions,
    taken?: { readonly take: ((chunk: Chunk) => void | Promise<void>) | undefined },
    ignore?: string,
  ): Promise<Work> {
    const { chunkSize, maxWorkers, signal, fresh = false, config } = options;
    const timeRange = options.timeRange && checkRange(options.timeRange);
    if (chunkSize !== "auto") checkCount("chunkSize", chunkSize);
    const { bytes, spanPs } = options.storedChunks ?? {};
    checkCount("storedChunks.bytes", bytes);
    if (spanPs !== undefined && spanPs <= 0n) {
      throw new RangeError(`storedChunks.spanPs must be above 0 ps: received ${spanPs}`);
    }
    checkCount("maxWorkers", maxWorkers);
    checkCount("metricsEvery", options.metricsEvery);
    signal?.throwIfAborted();
    const listens = this.#onEvent !== undefined || options.onEvent !== undefined;
    const event = (event: RunEvent): void => {
      if (event.type === "notice") work?.notice(event.plugin, event.text);
      this.#onEvent?.(event);
      options.onEvent?.(event);
    };
    const task = listens ? event : undefined;
    const controller = new AbortController();
    const ends = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
    const saving: SaveSettings = {
      policy: this.#save,
      named: new Set([...options.save ?? [], ...(taken ? targets : [])]),
      memory: this.#memory,
      target: options.storedChunks ?? {},
      fresh,
      signal: ends,
      event,
    };
    let work: Work | undefined, plan: Plan;
    while (true) {
      plan = await this.#plan(
        runId,
        [...new Set([...targets, ...options.save ?? []])],
        { fresh, ...settingsOf(options), ...(config ? { config } : {}), ...(signal ? { signal } : {}) },
        ignore,
      );
      const executor = this.#executorFor(plan, options);
      work = new Work(plan, timeRange ? undefined : this.#store, executor, task, saving);
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
    try {
      work.graph = new Graph(
        {
          plan,
          timeRange,
          executor: work.executor,
          pool: this.#pool,
          memory: this.#memory,
          chunkSize,
          // An executor of the run's own has so many workers.
          maxWorkers: options.parallel === false ? 1 : this.#hasProvider ? undefined : maxWorkers,
          signal: ends,
          event,
          task,
          metricsEvery: listens ? options.metricsEvery : undefined,
          columns: taken ? undefined : columnsToRead(plan, targets, options),
        },
        taken ? [] : targets,
        [...work.taps, ...(taken ? tapsOf(targets, work.taps, taken.take) : [])],
      );
    } catch (error) {
      await work.close(error);
      throw error;
    }
    return work;
  }

  get #hasProvider(): boolean {
    return this.#executor !== undefined && isProvider(this.#executor);
  }

  #placeOf(plugin: Plugin, settings: RunSettings): string {
    const executor = this.#executor;
    if (!executor) return "inline";
    return isProvider(executor) ? executor.placeOf(plugin, settings) : executor.name;
  }

  #executorFor(plan: Plan, settings: RunSettings): Executor {
    const executor = this.#executor ?? new InlineExecutor();
    if (!isProvider(executor)) return executor;
    const plugins = plan.steps.flatMap(({ plugin, stored }) => stored ? [] : [plugin]);
    return executor.openRun({ runId: plan.runId, memory: this.#memory, plugins, ...settingsOf(settings) });
  }

  /** End all runs, wait until they have cleaned up, and let go of idle buffers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const running = [...this.#running];
    for (const [, controller] of running) {
      controller.abort(new DOMException("The context was closed", "AbortError"));
    }
    for (const [work] of running) await work.close();
    for (const plugin of this.#loaded) await plugin[Symbol.asyncDispose]?.();
    this.#pool.clear();
  }
}

function settingsOf(options: RunSettings): RunSettings {
  const { executorType, executorConfig, maxWorkers, useLoadBalancer } = options;
  return { executorType, executorConfig, maxWorkers, useLoadBalancer };
}

/** What takes the targets of a run that are not stored anyway; all of them where somebody looks at them. */
function tapsOf(
  targets: readonly string[],
  stored: readonly Tap[],
  take: ((chunk: Chunk) => void | Promise<void>) | undefined,
): Tap[] {
  return targets.filter((target) => take || !stored.some(({ dataType }) => dataType === target)).map((
    dataType,
  ) => ({
    dataType,
    take: async (chunk) => await take?.(chunk),
  }));
}

function checkRange([from, to]: TimeRangeInput): TimeRange {
  const start = parseTime(from), end = parseTime(to);
  if (start < end) return [start, end];
  throw new RangeError(`The time range [${from}, ${to}) is empty: its start must be below its end`);
}

/** Where a plugin comes from, as far as that is known. */
const fromModule = ({ module }: Plugin) => (module === undefined ? "" : ` (${module})`);

function checkCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  throw new RangeError(`${name} must be a whole number above 0: received ${value}`);
}

function storesOf(store: Store | undefined): readonly Store[] {
  if (store instanceof StoreLocations) return store.stores.flatMap(storesOf);
  return store ? [store] : [];
}

function storeOf(store: string | URL | Store): Store {
  if (typeof store === "string") return new FolderStore(store);
  return store instanceof URL ? new FolderStore(decodeURIComponent(store.pathname)) : store;
}

function toPlugins(item: Registrable): Plugin[] {
  if (Array.isArray(item)) return (item as readonly Registrable[]).flatMap(toPlugins);
  if (item instanceof PluginBase) return [item.toPlugin()];
  if (typeof item === "function" && item.prototype instanceof PluginBase) {
    const made = classes.get(item) ?? new item().toPlugin();
    classes.set(item, made);
    return [made];
  }
  const plugin = item as Partial<Plugin>;
  if (
    typeof plugin === "object" && plugin !== null && Array.isArray(plugin.provides) &&
    typeof plugin.geometry === "function"
  ) {
    return [plugin as Plugin];
  }
  throw new TypeError(
    `Cannot register ${typeof item === "function" ? item.name : String(item)}: it is no plugin`,
  );
}

// A class gives one plugin, however often it is registered.
const classes = new WeakMap<new () => PluginBase, Plugin>();
